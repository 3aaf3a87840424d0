/** What the extension and its counterexample view say to each other. */
import type { CheckResult, FenceFix, Location } from "../../engine/verdict/verdict.ts";
import type { GraphPicture, TraceFormat } from "../../server/protocol.ts";

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
	/** Of a result with execution graphs. */
	readonly graph?: GraphState;
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
	| { readonly type: "select"; readonly step: number };

export type FromView =
	| { readonly type: "ready" }
	/** The user went to a step; `focus` when the editor is to take the keyboard. */
	| { readonly type: "step"; readonly step: number; readonly focus: boolean }
	| { readonly type: "choose"; readonly shown: number }
	| { readonly type: "open"; readonly location: Location }
	/** Characters of the searched document: UTF-16 code units. */
	| { readonly type: "openRange"; readonly pos: number; readonly end: number }
	| { readonly type: "insertFences"; readonly fix: FenceFix }
	/** `witness` is the execution on show, where there are several. */
	| { readonly type: "export"; readonly format?: TraceFormat; readonly witness?: number }
	/** After each drawing: what a reader of the screen is told, and how much is drawn. */
	| {
			readonly type: "drawn";
			readonly step: number;
			readonly rows: number;
			readonly lanes: number;
			readonly announcement: string;
	  };
