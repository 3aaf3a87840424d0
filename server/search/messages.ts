/** What the server and a search worker say to each other. Plain data, except for the cancel flag. */
import type { CheckOptions } from "../../engine/check.ts";
import type { LoweringProblem } from "../../engine/program/lower/lower.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";

/** What every worker is started with. */
export interface WorkerContext {
	/** The kernel model's texts, by path. */
	readonly kernel: ReadonlyMap<string, string>;
}

/** What can be asked of a search in a thread. */
export type JobOptions = Omit<CheckOptions, "cancelled" | "onProgress">;

/** One check to be searched. The worker sees the texts that the editor shows, saved or not. */
export interface SearchJob {
	readonly id: number;
	/** URI of the document with the scenario. */
	readonly uri: string;
	/** Texts of the document and of what it includes outside of the kernel model, by URI. */
	readonly texts: Readonly<Record<string, string>>;
	readonly scenario: string;
	readonly check: string;
	readonly options: JobOptions;
	/** One Int32; anything but 0 stops the search. */
	readonly cancel: SharedArrayBuffer;
}

export interface SearchProgress {
	readonly states: number;
	readonly transitions: number;
	readonly seconds: number;
	readonly memoryMiB: number;
}

export type WorkerReply =
	| ({ readonly kind: "progress"; readonly id: number } & SearchProgress)
	| { readonly kind: "result"; readonly id: number; readonly result: CheckResult }
	| ({ readonly kind: "failed"; readonly id: number } & SearchFailure);

/** The scenario cannot be searched; the message is for the user. */
export interface SearchFailure {
	readonly message: string;
	/** Where the reasons stand, if they have a place. */
	readonly problems?: readonly LoweringProblem[];
}
