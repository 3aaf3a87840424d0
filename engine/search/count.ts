/** Counts complete interleavings: paths from the start to a state in which nothing can go on, or to a violation. */
import type { StateGraph } from "./graph.ts";

export interface Count {
	readonly interleavings: number;
	readonly violating: number;
}

/** Undefined where a cycle makes the number infinite. Exact up to 2^53. */
export function countInterleavings(graph: StateGraph): Count | undefined {
	const states = graph.violating.length;
	const waiting = new Int32Array(states);
	const predecessors: number[][] = Array.from({ length: states }, () => []);
	const ready: number[] = [];
	for (let state = 0; state < states; state++) {
		waiting[state] = graph.firstEdge.at(state + 1) - graph.firstEdge.at(state);
		if (waiting[state] === 0) ready.push(state);
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			predecessors[graph.edgeTo.at(edge)]?.push(state);
		}
	}
	const all = new Float64Array(states);
	const bad = new Float64Array(states);
	let finished = 0;
	for (let state = ready.pop(); state !== undefined; state = ready.pop()) {
		finished++;
		const wrong = graph.violatingSteps.at(state);
		all[state] = wrong;
		bad[state] = wrong;
		if (graph.violating.at(state) || (wrong === 0 && graph.firstEdge.at(state) === graph.firstEdge.at(state + 1))) {
			all[state] = graph.violating.at(state) === 2 ? 0 : 1;
			bad[state] = graph.violating.at(state) === 1 ? 1 : 0;
		}
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			const next = graph.edgeTo.at(edge);
			all[state] = (all[state] as number) + (all[next] as number);
			bad[state] = (bad[state] as number) + (bad[next] as number);
		}
		for (const before of predecessors[state] ?? []) {
			waiting[before] = (waiting[before] as number) - 1;
			if (waiting[before] === 0) ready.push(before);
		}
	}
	if (finished < states) return undefined;
	const sum = (of: Float64Array) => graph.initial.reduce((total, state) => total + (of[state] as number), 0);
	return { interleavings: sum(all), violating: sum(bad) };
}
