/** The graph of reachable states, with its edges: what livelock detection and counting need and the search itself does not keep. */
import type { Machine } from "../memory/sc.ts";
import type { Limit } from "../verdict/verdict.ts";
import { Judge } from "./judge.ts";
import { type SearchOptions, Watch } from "./limits.ts";
import { NumberList, StateTable } from "./stateTable.ts";
import { forEachStart, forEachStep } from "./successors.ts";

export interface StateGraph {
	readonly table: StateTable;
	readonly initial: readonly number[];
	/** Choices by which each initial state was reached. */
	readonly initialChoices: readonly (readonly number[])[];
	/** Edges of state s are those in [firstEdge(s), firstEdge(s + 1)). */
	readonly firstEdge: NumberList;
	readonly edgeTo: NumberList;
	readonly edgeThread: NumberList;
	readonly edgeChoices: (readonly number[])[];
	/** For each state, how many of its steps violate something. */
	readonly violatingSteps: NumberList;
	/** 1 where the state itself violates a property of states or of last states; 2 where it is the dead end of a reload that nothing calls for. */
	readonly violating: NumberList;
	readonly limit?: Limit;
	readonly transitions: number;
	readonly seconds: number;
}

/** Builds the graph breadth first. Violating steps and states end there, as in the search. */
export function buildGraph(machine: Machine, options: SearchOptions): StateGraph {
	const table = new StateTable(machine.layout.words);
	const judge = new Judge(machine);
	const watch = new Watch(options);
	const firstEdge = new NumberList();
	const edgeTo = new NumberList();
	const edgeThread = new NumberList();
	const edgeChoices: (readonly number[])[] = [];
	const violatingSteps = new NumberList();
	const violating = new NumberList();
	const initial: number[] = [];
	const initialChoices: (readonly number[])[] = [];
	let limit: Limit | undefined;
	const from = new Int32Array(machine.layout.words);
	const into = new Int32Array(machine.layout.words);
	forEachStart(machine, into, (outcome, choices) => {
		if (outcome.kind !== "done") return true;
		const added = table.add(into);
		if (added < 0) return true;
		initial.push(added);
		initialChoices.push(choices);
		return true;
	});
	for (let state = 0; state < table.size && !limit; state++) {
		firstEdge.push(edgeTo.length);
		table.get(state, from);
		let bad = judge.ofState(from) ? 1 : 0;
		let steps = 0;
		let wrong = 0;
		for (let thread = 0; thread < machine.program.threads.length && !bad; thread++) {
			forEachStep(machine, from, thread, into, (outcome, choices) => {
				steps++;
				if (outcome.kind === "fault") wrong++;
				if (outcome.kind === "limit") limit = outcome.limit;
				if (outcome.kind !== "done") return true;
				const added = table.add(into);
				edgeTo.push(added < 0 ? ~added : added);
				edgeThread.push(thread);
				edgeChoices.push(choices);
				const hit = watch.transition(
					table.size,
					() => table.size - state,
					() => table.bytes + edgeTo.bytes * 3,
				);
				if (hit) limit = hit;
				return !hit;
			});
		}
		if (steps === 0 && !bad) bad = judge.waitsToReload(from) ? 2 : judge.ofLastState(from) ? 1 : 0;
		violating.push(bad);
		violatingSteps.push(wrong);
	}
	firstEdge.push(edgeTo.length);
	return {
		table,
		initial,
		initialChoices,
		firstEdge,
		edgeTo,
		edgeThread,
		edgeChoices,
		violatingSteps,
		violating,
		...(limit ? { limit } : {}),
		transitions: watch.transitions,
		seconds: watch.seconds,
	};
}
