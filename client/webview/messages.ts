/** What the extension and its counterexample view say to each other. */
import type { CheckResult, Location } from "../../engine/verdict/verdict.ts";
import type { TraceFormat } from "../../server/protocol.ts";

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
	| { readonly type: "export"; readonly format?: TraceFormat }
	/** After each drawing: what a reader of the screen is told, and how much is drawn. */
	| {
			readonly type: "drawn";
			readonly step: number;
			readonly rows: number;
			readonly lanes: number;
			readonly announcement: string;
	  };
