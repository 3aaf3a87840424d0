/**
 * What client and server say to each other beyond the language server protocol. Types only: the client and the server
 * package of the protocol each bring a copy of their own, so that shared request objects would not match.
 *
 * In everything that the server sends, the `file` of a `Location` and of a `CheckResult` is a URI: the document's own,
 * or `mmscn-kernel:/mm/filemap.mmscn` for a file of the kernel model.
 */
import type { CheckResult } from "../engine/verdict/verdict.ts";

/** A URI of a file of the kernel model has this scheme; its path is the file's path under engine/kernel. */
export type KernelScheme = "mmscn-kernel";

export interface ExploreParameters {
	readonly uri: string;
	readonly scenario: string;
	/** Every check of the scenario, when absent. */
	readonly check?: string;
	/**
	 * Progress is reported here as the protocol's WorkDoneProgress; its message says how many states were seen.
	 * Cancelling the request stops the search.
	 */
	readonly workDoneToken?: string | number;
}

/** Results belong to one version of one document, and are worth nothing for another. */
export interface Results {
	readonly uri: string;
	readonly version: number;
	readonly results: readonly CheckResult[];
}

/** Formats a counterexample can be written in. `comment` is the ASCII diagram as a C comment. */
export type TraceFormat = "ascii" | "comment" | "markdown" | "svg" | "mermaid" | "json";

/** Requests of the client, by method. Each answers with `result`, or with an error whose message is for the user. */
export interface Requests {
	/** Searches, and answers with the results of the checks asked for. A scenario with errors is not searched. */
	readonly "mmscn/explore": { readonly params: ExploreParameters; readonly result: Results };
	/** The text of a file of the kernel model; `path` is relative to engine/kernel ("mm/filemap.mmscn"). */
	readonly "mmscn/kernelDocument": {
		readonly params: { readonly path: string };
		readonly result: { readonly text: string };
	};
	/** The last result of each check of a document, for a client that was reloaded. Empty when nothing was searched. */
	readonly "mmscn/lastResults": { readonly params: { readonly uri: string }; readonly result: Results };
	/** One counterexample as text. */
	readonly "mmscn/exportTrace": {
		readonly params: { readonly result: CheckResult; readonly format: TraceFormat };
		readonly result: { readonly text: string };
	};
}

/** Notifications of the server, by method. */
export interface Notifications {
	/** The last result of each check of a document, whenever one changed. */
	readonly "mmscn/results": Results;
}

/** The arguments of the command `mmscn.explore`, as a code lens carries them. */
export interface ExploreArguments {
	readonly uri: string;
	readonly scenario: string;
	readonly check?: string;
}
