/** What the view draws: a counterexample, or a run that somebody walks by hand and in which nothing need be wrong. */
import type { Trace, Violation } from "../engine/verdict/verdict.ts";
import type { Walk } from "../engine/verdict/walk.ts";
import type { ViewState } from "./webview/messages.ts";

export type Run = Omit<Trace, "violation"> & { readonly violation?: Violation };

/** A walk as a run: the counterexample that it has come to, else its steps. */
export function runOfWalk(walk: Walk): Run {
	if (walk.trace) return walk.trace;
	const { schedule, threads, parameters, initial, steps, spans } = walk;
	const contextSwitches = steps.filter((step, index) => index > 0 && step.thread !== steps[index - 1]?.thread).length;
	return { schedule, contextSwitches, threads, parameters, initial, steps, spans };
}

/** What the view shows: the walk, where there is one, else the counterexample chosen. */
export function runOnShow(state: Pick<ViewState, "results" | "shown" | "walk">): Run | undefined {
	return state.walk ? runOfWalk(state.walk.walk) : state.results[state.shown]?.trace;
}
