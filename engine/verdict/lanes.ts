/** Which column of a picture each thread stands in. */
import { isSamePlace } from "./callTree.ts";
import type { Trace } from "./verdict.ts";

export interface Lane {
	/** "CPU 0"; "RCU" for a callback that runs beside the thread that asked for it. */
	readonly title: string;
	/** Names of the threads that run here; of callbacks where nothing else does. */
	readonly names: readonly string[];
}

/**
 * One lane per CPU that takes part, in order, and the lane of each thread (-1 for one that took no step). A callback goes on where the thread that called
 * call_rcu() stands, as commit messages draw it, unless that one still runs: then it has a lane of its own.
 */
export function lanesOf(trace: Trace): { readonly lanes: readonly Lane[]; readonly laneOf: readonly number[] } {
	const { threads, steps } = trace;
	const ran = new Set(steps.map((step) => step.thread));
	const ofThreads = threads.filter((one, thread) => one.kind === "thread" && (ran.size === 0 || ran.has(thread)));
	const cpus = [...new Set(ofThreads.map((one) => one.cpu))].sort((a, b) => a - b);
	const lanes: { title: string; names: string[]; lastStep: number }[] = cpus.map((cpu) => ({
		title: `CPU ${cpu}`,
		names: [...new Set(ofThreads.filter((one) => one.cpu === cpu).map((one) => one.name))],
		lastStep: steps.findLastIndex((step) => threads[step.thread]?.kind === "thread" && step.cpu === cpu),
	}));
	const laneOf = threads.map((one) => (one.kind === "thread" ? cpus.indexOf(one.cpu) : -1));
	const byBeginning = [...threads.keys()]
		.filter((thread) => laneOf[thread] === -1)
		.map((thread) => ({ thread, first: steps.findIndex((step) => step.thread === thread) }))
		.sort((one, other) => one.first - other.first || one.thread - other.thread);
	for (const { thread, first } of byBeginning) {
		const callback = threads[thread];
		// A callback that never ran is not shown.
		if (callback === undefined || first < 0) continue;
		const last = steps.findLastIndex((step) => step.thread === thread);
		const caller = steps.findLastIndex((step, index) => index < first && isSamePlace(step.location, callback.location));
		const lane = laneOf[steps[caller]?.thread ?? -1] ?? -1;
		const there = lanes[lane];
		if (there !== undefined && there.lastStep < first) {
			laneOf[thread] = lane;
			there.lastStep = last;
		} else laneOf[thread] = lanes.push({ title: "RCU", names: [callback.name], lastStep: last }) - 1;
	}
	return { lanes: lanes.map(({ title, names }) => ({ title, names })), laneOf };
}
