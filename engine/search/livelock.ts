/**
 * Livelock: an execution that goes on for ever although every thread gets its turns. Under weak fairness (a thread that could
 * always take a step does take one) such an execution exists exactly if some strongly connected component of the state graph
 * has, for every thread, a step of that thread inside it or a state in which that thread cannot step
 * (Lichtenstein and Pnueli, POPL 1985). Locks are strongly fair: the kernel's queue their waiters, so that who waits for a lock
 * that is free again and again gets it. Such states are cut out, and what is left is decomposed anew (Emerson and Lei, 1987).
 */
import type { Stepper } from "../memory/stepper.ts";
import { forEachCyclicComponent } from "./components.ts";
import type { StateGraph } from "./graph.ts";
import type { Watch } from "./limits.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";

export interface Livelock {
	readonly schedule: Schedule;
	readonly threads: readonly number[];
}

/**
 * A fair cycle of the graph, if there is one, with a schedule that leads into it and around it once. Throws `SearchEnded` at a
 * limit of the search.
 */
export function findLivelock(stepper: Stepper, graph: StateGraph, watch: Watch): Livelock | undefined {
	let found: Livelock | undefined;
	const visit = (states: readonly number[]): boolean => {
		const cut = statesOfStarved(stepper, graph, states, watch);
		if (cut.size > 0) {
			forEachCyclicComponent(graph, visit, watch, new Set(states.filter((state) => !cut.has(state))));
			return found === undefined;
		}
		const moving = fairThreads(stepper, graph, states, watch);
		if (!moving) return true;
		found = lasso(graph, states, moving);
		return false;
	};
	forEachCyclicComponent(graph, visit, watch);
	return found;
}

/** Whether the thread's next step takes a lock, and waits for it if need be. */
function waitsForLock(stepper: Stepper, thread: number): boolean {
	const next = stepper.machine.nextInstruction(stepper.words, thread);
	return next?.kind === "lock" && next.try === undefined;
}

/** States of the component in which a thread that never steps in it could take the lock it waits for. */
function statesOfStarved(
	stepper: Stepper,
	graph: StateGraph,
	states: readonly number[],
	watch: Watch,
): ReadonlySet<number> {
	const inside = new Set(states);
	const moving = new Set<number>();
	for (const state of states) {
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			if (inside.has(graph.edgeTo.at(edge))) moving.add(graph.edgeThread.at(edge));
		}
	}
	const cut = new Set<number>();
	for (const state of states) {
		watch.work();
		graph.table.load(state);
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			const thread = graph.edgeThread.at(edge);
			if (!moving.has(thread) && waitsForLock(stepper, thread)) cut.add(state);
		}
	}
	return cut;
}

/** Threads that step inside the component, if it is fair; `mustMove` are those that can step everywhere in it, or take a lock. */
function fairThreads(
	stepper: Stepper,
	graph: StateGraph,
	states: readonly number[],
	watch: Watch,
): { readonly mustMove: readonly number[]; readonly threads: readonly number[] } | undefined {
	const inside = new Set(states);
	const { machine } = stepper;
	const threads = machine.program.threads.length;
	const stepsInside = new Uint8Array(threads);
	const idleSomewhere = new Uint8Array(threads);
	const enabled = new Uint8Array(threads);
	const takesLock = new Uint8Array(threads);
	for (const state of states) {
		watch.work();
		enabled.fill(0);
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			const thread = graph.edgeThread.at(edge);
			enabled[thread] = 1;
			if (inside.has(graph.edgeTo.at(edge))) stepsInside[thread] = 1;
		}
		graph.table.load(state);
		for (let thread = 0; thread < threads; thread++) {
			// Who stands before a reload that nothing calls for could have gone on without it: that is no reason to be idle.
			const reloads = machine.nextInstruction(stepper.words, thread)?.kind === "reload";
			if (!enabled[thread] && !reloads) idleSomewhere[thread] = 1;
			if (enabled[thread] && waitsForLock(stepper, thread)) takesLock[thread] = 1;
		}
	}
	const all = Array.from({ length: threads }, (_, thread) => thread);
	if (all.some((thread) => !stepsInside[thread] && !idleSomewhere[thread])) return undefined;
	return {
		mustMove: all.filter((thread) => !idleSomewhere[thread] || takesLock[thread]),
		threads: all.filter((thread) => stepsInside[thread]),
	};
}

function lasso(
	graph: StateGraph,
	states: readonly number[],
	moving: { mustMove: readonly number[]; threads: readonly number[] },
): Livelock {
	const inside = new Set(states);
	const anywhere = () => true;
	const prefix = pathTo(graph, graph.initial, (state) => inside.has(state), anywhere);
	const start = prefix.end;
	const initial = graph.initialChoices[graph.initial.indexOf(prefix.start)] ?? [];
	const cycle: ScheduledStep[] = [];
	let at = start;
	const wanted = moving.mustMove.length > 0 ? moving.mustMove : moving.threads.slice(0, 1);
	for (const thread of wanted) {
		const path = pathThroughEdge(graph, at, thread, inside);
		cycle.push(...path.steps);
		at = path.end;
	}
	if (at !== start)
		cycle.push(
			...pathTo(
				graph,
				[at],
				(state) => state === start,
				(state) => inside.has(state),
			).steps,
		);
	return {
		schedule: { initial, steps: [...prefix.steps, ...cycle], cycleFrom: prefix.steps.length },
		threads: moving.threads,
	};
}

interface Path {
	readonly steps: readonly ScheduledStep[];
	readonly start: number;
	readonly end: number;
}

const stepOf = (graph: StateGraph, edge: number): ScheduledStep => ({
	thread: graph.edgeThread.at(edge),
	choices: graph.edgeChoices.get(edge) ?? [],
});

/** Shortest path from one of the states to a state that is wanted, through states that are allowed. */
function pathTo(
	graph: StateGraph,
	from: readonly number[],
	wanted: (state: number) => boolean,
	allowed: (state: number) => boolean,
): Path {
	const via = new Map<number, { edge: number; state: number } | undefined>(from.map((state) => [state, undefined]));
	const queue = [...from];
	for (const state of queue) {
		if (wanted(state)) {
			const steps: ScheduledStep[] = [];
			let start = state;
			for (let at = via.get(state); at; at = via.get(at.state)) {
				steps.push(stepOf(graph, at.edge));
				start = at.state;
			}
			return { steps: steps.reverse(), start, end: state };
		}
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			const next = graph.edgeTo.at(edge);
			if (via.has(next) || !allowed(next)) continue;
			via.set(next, { edge, state });
			queue.push(next);
		}
	}
	throw new Error("a component's states reach each other, so there is a path");
}

/** Shortest path inside the component that ends with a step of the thread. */
function pathThroughEdge(graph: StateGraph, from: number, thread: number, inside: ReadonlySet<number>): Path {
	const edgeOf = (state: number) => {
		for (let edge = graph.firstEdge.at(state); edge < graph.firstEdge.at(state + 1); edge++) {
			if (graph.edgeThread.at(edge) === thread && inside.has(graph.edgeTo.at(edge))) return edge;
		}
		return -1;
	};
	const path = pathTo(
		graph,
		[from],
		(state) => edgeOf(state) >= 0,
		(state) => inside.has(state),
	);
	const edge = edgeOf(path.end);
	return { steps: [...path.steps, stepOf(graph, edge)], start: from, end: graph.edgeTo.at(edge) };
}
