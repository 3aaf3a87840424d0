/**
 * What client and server say to each other beyond the language server protocol. Types only: the client and the server
 * package of the protocol each bring a copy of their own, so that shared request objects would not match.
 *
 * In everything that the server sends, the `file` of a `Location` and of a `CheckResult` is a URI: the document's own,
 * or `mmscn-kernel:/mm/filemap.mmscn` for a file of the kernel model.
 */
import type { Parameters, RacesOfCheck } from "../engine/byHand.ts";
import type { Era } from "../engine/rules/prose.ts";
import type { ExecutionGraph } from "../engine/verdict/executionGraph.ts";
import type { GraphLayout } from "../engine/verdict/graphPicture.ts";
import type { CheckResult, Location } from "../engine/verdict/verdict.ts";
import type { Walk } from "../engine/verdict/walk.ts";

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
	/** Tells the program of that version from others. */
	readonly program: string;
	readonly results: readonly CheckResult[];
	/** Every race of one check of the document, where somebody asked for them. */
	readonly races?: DistinctRacesResult;
	/** Of the answer to a search: what each check says of its parameters, as written. */
	readonly parameters?: Readonly<Record<string, string>>;
}

/** One check of a scenario. */
export interface CheckArguments {
	readonly uri: string;
	readonly scenario: string;
	readonly check: string;
}

/** Every distinct race of one check of one version of a document. */
export interface DistinctRacesResult extends RacesOfCheck, CheckArguments {
	/** What the check asks for. The races are those that interleavings show, under either. */
	readonly memory: CheckResult["memory"];
	readonly version: number;
	/** As in `Results`. */
	readonly program: string;
}

/** A schedule of a check; `parameters` tell which one, where the check leaves some open. */
export interface ScheduleParameters extends CheckArguments {
	readonly schedule: string;
	readonly parameters?: Parameters;
}

/** Which program a version of a document is: versions that differ in comments and white space alone are the same. */
export interface ProgramOfVersion {
	readonly version: number;
	readonly program: string;
}

/** The kernel version that hovers speak of, and who says so. */
export interface KernelVersionInForce {
	/** "v6.8"; absent when nobody says one. */
	readonly version?: string;
	readonly from?: Era["from"];
}

/** Formats a counterexample can be written in. `comment` is the ASCII diagram as a C comment. */
export type TraceFormat = "ascii" | "comment" | "markdown" | "svg" | "mermaid" | "json";

/** What a rule of the kernel model says, and where that is written. */
export interface RuleText {
	readonly id: string;
	readonly statement: string;
	/** Versions, kernel files and mails, how it is enforced. */
	readonly facts: readonly string[];
	/** Where it stands in the kernel model. */
	readonly location?: Location;
}

/** An execution graph laid out with the edges of its cycle alone, and with all edges. */
export interface GraphPicture {
	readonly cycle: GraphLayout;
	readonly all: GraphLayout;
}

/** Requests of the client, by method. Each answers with `result`, or with an error whose message is for the user. */
export interface Requests {
	/** Searches, and answers with the results of the checks asked for. A scenario with errors is not searched. */
	readonly "mmscn/explore": { readonly params: ExploreParameters; readonly result: Results };
	/** The text of a file of the kernel model; `path` is relative to engine/kernel ("mm/filemap.mmscn"). */
	readonly "mmscn/kernelDocument": {
		readonly params: { readonly path: string };
		readonly result: { readonly text: string };
	};
	/** Which program a document is now. */
	readonly "mmscn/program": {
		readonly params: { readonly uri: string };
		readonly result: ProgramOfVersion;
	};
	/** The last result of each check of a document, for a client that was reloaded. Empty when nothing was searched. */
	readonly "mmscn/lastResults": { readonly params: { readonly uri: string }; readonly result: Results };
	/** Searches on past each race of a check. Progress and cancelling as of `mmscn/explore`. */
	readonly "mmscn/distinctRaces": {
		readonly params: CheckArguments & Pick<ExploreParameters, "workDoneToken">;
		readonly result: DistinctRacesResult;
	};
	/**
	 * Where a schedule, or its first `steps` steps, leads, and what could run there. Searches nothing. `memory` is what the check asks
	 * for; walks are interleavings under either.
	 */
	readonly "mmscn/walk": {
		readonly params: ScheduleParameters & { readonly steps?: number };
		readonly result: Walk & ProgramOfVersion & { readonly memory: CheckResult["memory"] };
	};
	/**
	 * Searches the interleavings that begin with a schedule's steps. `safe` says that nothing goes wrong after these, no more.
	 * Progress and cancelling as of `mmscn/explore`.
	 */
	readonly "mmscn/exploreFrom": {
		readonly params: ScheduleParameters & Pick<ExploreParameters, "workDoneToken">;
		readonly result: CheckResult;
	};
	/** The kernel version in force at an offset of a document, in UTF-16 code units. */
	readonly "mmscn/kernelVersion": {
		readonly params: { readonly uri: string; readonly offset?: number };
		readonly result: KernelVersionInForce;
	};
	/** Where everything of execution graphs stands in a picture, for each graph. */
	readonly "mmscn/drawGraphs": {
		readonly params: { readonly graphs: readonly ExecutionGraph[] };
		readonly result: { readonly pictures: readonly GraphPicture[] };
	};
	/** What rules say, in the order asked for; those that the model does not have are left out. */
	readonly "mmscn/rules": {
		readonly params: { readonly ids: readonly string[] };
		readonly result: { readonly rules: readonly RuleText[] };
	};
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
	/** Which program a document is, after each edit: results of another one are of an earlier text. */
	readonly "mmscn/program": ProgramOfVersion & { readonly uri: string };
}

/** The arguments of the command `mmscn.explore`, as a code lens carries them. */
export interface ExploreArguments {
	readonly uri: string;
	readonly scenario: string;
	readonly check?: string;
}
