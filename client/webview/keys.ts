/** The keys that lead from step to step. */
import type { Run } from "../run.ts";
import { contextSwitches } from "./timeline.ts";

/** What of a key press matters here. */
export interface KeyStroke {
	readonly key: string;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
}

/** The step among the visible ones that a key leads to; undefined for keys that belong to somebody else. */
export function stepForKey(event: KeyStroke, trace: Run, visible: readonly number[], step: number): number | undefined {
	if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
	switch (event.key) {
		case "ArrowDown":
		case "ArrowRight":
			return visible.find((one) => one > step) ?? step;
		case "ArrowUp":
		case "ArrowLeft":
			return visible.findLast((one) => one < step) ?? step;
		case "Home":
			return visible[0];
		case "End":
			return visible.at(-1);
		case "n":
			return contextSwitches(trace, visible).find((one) => one > step) ?? step;
		case "p":
			return contextSwitches(trace, visible).findLast((one) => one < step) ?? visible[0];
		case "Enter":
			return step;
		default:
			return undefined;
	}
}
