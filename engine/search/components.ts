/** Strongly connected components, iteratively (Tarjan 1972), so that deep graphs do not overflow the stack. */
import type { StateGraph } from "./graph.ts";
import type { Watch } from "./limits.ts";

/** Calls `visit` with each component that holds a cycle; it returns false to stop. `within`: only these states, and edges between them. */
export function forEachCyclicComponent(
	graph: StateGraph,
	visit: (states: readonly number[]) => boolean,
	watch: Watch,
	within?: ReadonlySet<number>,
): void {
	const count = graph.violating.length;
	const index = new Int32Array(count).fill(-1);
	const low = new Int32Array(count);
	const onStack = new Uint8Array(count);
	const stack: number[] = [];
	const callState: number[] = [];
	const callEdge: number[] = [];
	let counter = 0;
	const open = (state: number) => {
		index[state] = low[state] = counter++;
		stack.push(state);
		onStack[state] = 1;
		callState.push(state);
		callEdge.push(graph.firstEdge.at(state));
	};
	for (const root of within ?? graph.initial) {
		if (index[root] !== -1) continue;
		open(root);
		while (callState.length > 0) {
			watch.work();
			const state = callState[callState.length - 1] as number;
			const edge = callEdge[callEdge.length - 1] as number;
			if (edge < graph.firstEdge.at(state + 1)) {
				callEdge[callEdge.length - 1] = edge + 1;
				const next = graph.edgeTo.at(edge);
				if (within && !within.has(next)) continue;
				if (index[next] === -1) open(next);
				else if (onStack[next]) low[state] = Math.min(low[state] as number, index[next] as number);
				continue;
			}
			callState.pop();
			callEdge.pop();
			const parent = callState[callState.length - 1];
			if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[state] as number);
			if (low[state] !== index[state]) continue;
			const component = stack.splice(stack.lastIndexOf(state));
			for (const member of component) onStack[member] = 0;
			if (isCyclic(graph, component) && !visit(component)) return;
		}
	}
}

function isCyclic(graph: StateGraph, component: readonly number[]): boolean {
	if (component.length > 1) return true;
	const state = component[0] as number;
	for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
		if (graph.edgeTo.at(edge) === state) return true;
	}
	return false;
}
