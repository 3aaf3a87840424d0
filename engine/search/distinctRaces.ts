/**
 * Every distinct race of a Program: the search goes on past each violation, and what it finds is grouped by the kind of the
 * violation and the two lines that race. Each group keeps its counterexample with the fewest context switches.
 */
import type { Fault } from "../memory/access.ts";
import { Machine } from "../memory/sc.ts";
import { Stepper } from "../memory/stepper.ts";
import type { Program } from "../program/program.ts";
import { isTrace, replay } from "../verdict/replay.ts";
import type { Limit, Location, SearchStatistics, Trace, TraceStep } from "../verdict/verdict.ts";
import { InterleavingSearch } from "./interleavings.ts";
import type { StateFault } from "./judge.ts";
import { type SearchOptions, Watch } from "./limits.ts";
import type { Schedule } from "./schedule.ts";

export interface DistinctRace {
	readonly trace: Trace;
	/** The lines that race: of the earlier half, where there is one, and of the violation. */
	readonly lines: readonly Location[];
	/** Steps of the state graph, and states of it, that violate in this way. */
	readonly count: number;
}

export interface DistinctRaces {
	/** In the order of fewest context switches, then fewest steps. */
	readonly races: readonly DistinctRace[];
	readonly stats: SearchStatistics;
	/** Hit before everything was seen: there may be more. */
	readonly limit?: Limit;
}

/** Different violations that are replayed, at the most; past it `limit` is "states". */
export const violationsMax = 10_000;

/** Searches a whole Program for all of its races. Livelocks are not among them: they are cycles, not steps. */
export function distinctRaces(program: Program, options: SearchOptions): DistinctRaces {
	const first = new Map<string, { readonly schedule: Schedule; count: number }>();
	let crowded = false;
	const onViolation = (fault: Fault | StateFault, thread: number | undefined, schedule: () => Schedule) => {
		const key = `${fault.kind} ${thread} ${fault.cell} ${fault.object} ${fault.detail}`;
		const known = first.get(key);
		if (known) known.count++;
		else if (first.size < violationsMax) first.set(key, { schedule: schedule(), count: 1 });
		else crowded = true;
	};
	const watch = new Watch(options);
	const found = new InterleavingSearch(new Stepper(new Machine(program)), { ...options, onViolation }, watch).run();
	const limit = found?.limit ?? (crowded ? "states" : undefined);
	const stats = { states: found?.states ?? 0, transitions: watch.transitions, seconds: watch.seconds };
	return { races: grouped(program, [...first.values()]), stats, ...(limit ? { limit } : {}) };
}

function grouped(
	program: Program,
	violations: readonly { readonly schedule: Schedule; readonly count: number }[],
): DistinctRace[] {
	const groups = new Map<string, DistinctRace>();
	for (const { schedule, count } of violations) {
		const trace = replay(program, schedule);
		if (!isTrace(trace)) throw new Error(`the search's own schedule does not replay: ${trace.message}`);
		const lines = linesOf(trace);
		const key = `${trace.violation.kind} ${lines.map(({ file, line }) => `${file}:${line}`).join(" ")}`;
		const known = groups.get(key);
		groups.set(key, known ? { ...known, count: known.count + count } : { trace, lines, count });
	}
	return [...groups.values()].sort(
		(one, two) =>
			one.trace.contextSwitches - two.trace.contextSwitches || one.trace.steps.length - two.trace.steps.length,
	);
}

/** Where a race shows in the scenario itself. */
function linesOf(trace: Trace): Location[] {
	const at = (step: TraceStep | undefined) => (step ? [step.threadLocation] : []);
	const pair = trace.violation.pair;
	if (pair) return pair.flatMap((index) => at(trace.steps[index]));
	const last = trace.steps.find((step) => step.role === "violation");
	return last ? at(last) : [trace.violation.location];
}
