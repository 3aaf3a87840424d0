/** What the extension and its counterexample view say to each other. */
import type { CheckResult, FenceFix, Location } from "../../engine/verdict/verdict.ts";
import type { Alternative, Walk } from "../../engine/verdict/walk.ts";
import type { GraphPicture, RuleText, TraceFormat } from "../../server/protocol.ts";

export type { RuleText };

/** Everything the view shows. It is kept across a reload of the window, and given back to the extension then. */
export interface ViewState {
	/** URI of the document that was searched. */
	readonly uri: string;
	/** Tells whether the document is still the text that was searched, after a reload. */
	readonly fingerprint: string;
	readonly stale: boolean;
	readonly results: readonly CheckResult[];
	/** Index into `results`. */
	readonly shown: number;
	/** Index into the trace's steps. */
	readonly step: number;
	/** Show every step, not only those that tell the race. */
	readonly everyStep: boolean;
	/** The races of the check on show, where somebody asked for every one. */
	readonly races?: RacesOnShow;
	/** A run that the user walks by hand; it is on show instead of the counterexample. */
	readonly walk?: WalkOnShow;
	/** Of a result with execution graphs. */
	readonly graph?: GraphState;
}

/** Which of a check's races is on show. */
export interface RacesOnShow {
	/** From 0; -1 when none of them is. */
	readonly at: number;
	readonly of: number;
	/** Transitions and states that violate in the way on show. */
	readonly count: number;
}

export interface WalkOnShow {
	readonly scenario: string;
	readonly check: string;
	/** What the check asks for; the walk is an interleaving under either. */
	readonly memory: CheckResult["memory"];
	readonly walk: Walk;
	/** There is a place to go back to, or forth to. */
	readonly undo: boolean;
	readonly redo: boolean;
	/** What a search from here said. */
	readonly said?: string;
}

/** What a view of execution graphs shows. */
export interface GraphState {
	/** One for each graph of the result. */
	readonly pictures: readonly GraphPicture[];
	/** Index into `pictures`. */
	readonly witness: number;
	/** The selected edge: index into the layout's lines. */
	readonly line: number;
	/** Every communication and dependency, not only the cycle. */
	readonly all: boolean;
}

export type ToView =
	| { readonly type: "show"; readonly state: ViewState }
	/** The document has no counterexample any more. */
	| { readonly type: "clear" }
	| { readonly type: "stale"; readonly stale: boolean }
	| { readonly type: "select"; readonly step: number }
	/** What could run instead of a step of the run with this schedule. */
	| {
			readonly type: "alternatives";
			readonly schedule: string;
			readonly step: number;
			readonly alternatives: readonly Alternative[];
	  }
	/** A picture to be answered as PNG. */
	| { readonly type: "draw"; readonly id: number; readonly svg: string }
	/** What rules of the kernel model say. */
	| { readonly type: "rules"; readonly rules: readonly RuleText[] };

export type FromView =
	| { readonly type: "ready" }
	/** The user went to a step; `focus` when the editor is to take the keyboard. */
	| { readonly type: "step"; readonly step: number; readonly focus: boolean }
	| { readonly type: "choose"; readonly shown: number }
	/** Another race of the check on show. */
	| { readonly type: "race"; readonly at: number }
	/** The user goes on by hand where this schedule leads. */
	| { readonly type: "walk"; readonly schedule: string }
	| { readonly type: "undo" }
	| { readonly type: "redo" }
	/** Back to the counterexample. */
	| { readonly type: "leaveWalk" }
	/** After so many steps of the run on show: search on from there, or copy the schedule that leads there. */
	| { readonly type: "searchFrom"; readonly steps: number }
	| { readonly type: "copySchedule"; readonly steps: number }
	| { readonly type: "open"; readonly location: Location }
	/** Characters of the searched document: UTF-16 code units. */
	| { readonly type: "openRange"; readonly pos: number; readonly end: number }
	/** A picture that was asked for, in base64; or why there is none. */
	| { readonly type: "png"; readonly id: number; readonly data: string }
	| { readonly type: "noPng"; readonly id: number; readonly message: string }
	| { readonly type: "insertFences"; readonly fix: FenceFix }
	/** `witness` is the execution on show, where there are several. */
	| { readonly type: "export"; readonly format?: TraceFormat; readonly witness?: number }
	/** After each drawing: what a reader of the screen is told, and how much is drawn. */
	| {
			readonly type: "drawn";
			readonly step: number;
			readonly rows: number;
			/** Rows that were rendered for it; the others stayed as they were. */
			readonly rendered?: number;
			readonly lanes: number;
			readonly announcement: string;
	  };
