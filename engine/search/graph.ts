/** The graph of reachable states, with its edges: what livelock detection and counting need and the search itself does not keep. */
import { type Stepper, stepDisabled, stepDone } from "../memory/stepper.ts";
import type { Limit } from "../verdict/verdict.ts";
import { Judge } from "./judge.ts";
import type { SearchOptions, Watch } from "./limits.ts";
import { NumberList } from "./rowTable.ts";
import { StateTable } from "./stateTable.ts";
import { forEachStart } from "./successors.ts";

export interface StateGraph {
	readonly table: StateTable;
	readonly initial: readonly number[];
	/** Choices by which each initial state was reached. */
	readonly initialChoices: readonly (readonly number[])[];
	/** Edges of state s are those in [firstEdge(s), firstEdge(s + 1)). */
	readonly firstEdge: NumberList;
	readonly edgeTo: NumberList;
	readonly edgeThread: NumberList;
	/** Alternatives, where the step chose. */
	readonly edgeChoices: ReadonlyMap<number, readonly number[]>;
	/** For each state, how many of its steps violate something. */
	readonly violatingSteps: NumberList;
	/** 1 where the state itself violates a property of states or of last states; 2 where it is the dead end of a reload that nothing calls for. */
	readonly violating: NumberList;
	readonly limit?: Limit;
}

/** Builds the graph breadth first. Violating steps and states end there, as in the search. */
export function buildGraph(stepper: Stepper, options: SearchOptions, watch: Watch): StateGraph {
	const table = new StateTable(stepper);
	const judge = new Judge(stepper.machine, options.wanted, (thread) => stepper.nextCell(thread));
	const firstEdge = new NumberList();
	const edgeTo = new NumberList();
	const edgeThread = new NumberList();
	const edgeChoices = new Map<number, readonly number[]>();
	const violatingSteps = new NumberList();
	const violating = new NumberList();
	const initial: number[] = [];
	const initialChoices: (readonly number[])[] = [];
	let limit: Limit | undefined;
	// Whoever asked for the graph holds it to the end.
	watch.add(() => ({
		states: table.size,
		frontier: table.size - violating.length,
		bytes: table.bytes + edgeTo.bytes * 2 + firstEdge.bytes * 3,
	}));
	forEachStart(stepper.machine, stepper.words, (outcome, choices) => {
		stepper.base.set(stepper.words);
		if (outcome.kind !== "done") return true;
		const added = table.addAny();
		if (added < 0) return true;
		initial.push(added);
		initialChoices.push(choices);
		return true;
	});
	for (let state = 0; state < table.size && !limit; state++) {
		firstEdge.push(edgeTo.length);
		table.load(state);
		let bad = judge.ofState(stepper.words) ? 1 : 0;
		let steps = 0;
		let wrong = 0;
		for (let thread = 0; thread < stepper.machine.program.threads.length && !bad && !limit; thread++) {
			stepper.firstChoices();
			do {
				const result = stepper.take(thread);
				if (result !== stepDisabled) {
					steps++;
					limit = table.size > options.limits.statesMax ? "states" : watch.transition();
				}
				if (result === stepDone) {
					const added = table.addStep(thread);
					if (stepper.record.arityCount > 0) edgeChoices.set(edgeTo.length, stepper.taken());
					edgeTo.push(added < 0 ? ~added : added);
					edgeThread.push(thread);
				} else if (result !== stepDisabled) {
					if (stepper.outcome.kind === "fault") wrong++;
					if (stepper.outcome.kind === "limit") limit = stepper.outcome.limit;
				}
				stepper.undo(thread);
			} while (!limit && stepper.nextChoices());
		}
		if (steps === 0 && !bad) bad = judge.waitsToReload(stepper.words) ? 2 : judge.ofLastState(stepper.words) ? 1 : 0;
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
	};
}
