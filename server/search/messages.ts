/** What the server and a search worker say to each other. Plain data, except for the cancel flag. */
import type { Parameters, RacesOfCheck } from "../../engine/byHand.ts";
import type { CheckOptions } from "../../engine/check.ts";
import type { FenceFixes } from "../../engine/fenceFix.ts";
import type { LoweringProblem } from "../../engine/program/lower/lower.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { Walk } from "../../engine/verdict/walk.ts";

/** What every worker is started with. */
export interface WorkerContext {
	/** The kernel model's texts, by path. */
	readonly kernel: ReadonlyMap<string, string>;
}

/** What can be asked of a search in a thread. */
export type JobOptions = Omit<CheckOptions, "cancelled" | "onProgress">;

/** What is asked about a check beyond its verdict. */
export type Question =
	| { readonly kind: "every_race" }
	/** Which barriers would forbid a race that takes weak memory. */
	| { readonly kind: "fences"; readonly race: CheckResult }
	| {
			readonly kind: "walk";
			readonly schedule: string;
			/** Only so many of its steps. */
			readonly steps?: number;
			readonly parameters?: Parameters;
	  }
	| { readonly kind: "search_from"; readonly schedule: string; readonly parameters?: Parameters };

/** What a search thread answers to each question. */
export interface Answers {
	readonly every_race: RacesOfCheck;
	readonly fences: FenceFixes;
	readonly walk: Walk;
	readonly search_from: CheckResult;
}

/** A result, or the answer to the job's question. */
export type Answer = CheckResult | Answers[keyof Answers];

/** One check, or litmus test, to be searched. The worker sees the texts that the editor shows, saved or not. */
export interface SearchJob {
	readonly id: number;
	/** What to search; by default a check. */
	readonly kind?: "check" | "litmus";
	/** URI of the document with the scenario or the litmus test. */
	readonly uri: string;
	/** Texts of the document and of what it includes outside of the kernel model, by URI. */
	readonly texts: Readonly<Record<string, string>>;
	readonly scenario: string;
	readonly check: string;
	readonly options: JobOptions;
	/** Instead of searching a check. */
	readonly question?: Question;
	/** One Int32; anything but 0 stops the search. */
	readonly cancel: SharedArrayBuffer;
}

export interface SearchProgress {
	readonly states: number;
	readonly transitions: number;
	readonly seconds: number;
	/** States found whose steps were not all taken yet. */
	readonly frontier: number;
	readonly memoryMiB: number;
}

export type WorkerReply =
	| ({ readonly kind: "progress"; readonly id: number } & SearchProgress)
	| { readonly kind: "result"; readonly id: number; readonly result: Answer }
	| ({ readonly kind: "failed"; readonly id: number } & SearchFailure);

/** The scenario cannot be searched; the message is for the user. */
export interface SearchFailure {
	readonly message: string;
	/** Where the reasons stand, if they have a place. */
	readonly problems?: readonly LoweringProblem[];
}
