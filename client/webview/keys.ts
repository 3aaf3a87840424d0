/** The keys that lead from step to step. */
import type { Trace } from "../../engine/verdict/verdict.ts";
import { contextSwitches } from "./timeline.ts";

/** What of a key press matters here. */
export interface KeyStroke {
	readonly key: string;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
}

/** The step that a key leads to, which may lie past an end; undefined for keys that belong to somebody else. */
export function stepForKey(event: KeyStroke, trace: Trace, step: number): number | undefined {
	if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
	switch (event.key) {
		case "ArrowDown":
		case "ArrowRight":
			return step + 1;
		case "ArrowUp":
		case "ArrowLeft":
			return step - 1;
		case "Home":
			return 0;
		case "End":
			return trace.steps.length - 1;
		case "n":
			return contextSwitches(trace).find((one) => one > step) ?? step;
		case "p":
			return contextSwitches(trace).findLast((one) => one < step) ?? 0;
		case "Enter":
			return step;
		default:
			return undefined;
	}
}
