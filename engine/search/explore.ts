/** One question, one answer: searches a Program and composes the Verdict. */
import { Machine } from "../memory/sc.ts";
import { Stepper } from "../memory/stepper.ts";
import type { Program } from "../program/program.ts";
import { isTrace, replay } from "../verdict/replay.ts";
import type { Limit, SearchStatistics, Verdict } from "../verdict/verdict.ts";
import { countInterleavings } from "./count.ts";
import { buildGraph } from "./graph.ts";
import { type Found, InterleavingSearch } from "./interleavings.ts";
import { type SearchOptions, Watch } from "./limits.ts";
import { findLivelock } from "./livelock.ts";
import { ReducedSearch } from "./reducedSearch.ts";
import type { Schedule } from "./schedule.ts";

export interface ExploreOptions extends SearchOptions {
	/** Also count the complete interleavings. */
	readonly countInterleavings?: boolean;
	/** Instead of `shallowTransitions`. */
	readonly shallowTransitions?: number;
}

/** Searches every interleaving of a Program under sequential consistency. A Program under another model is `inconclusive`. */
export function explore(program: Program, options: ExploreOptions): Verdict {
	// Searched here are the executions of sequential consistency; of a weaker model's, these are some, and "safe" would be a guess.
	if (program.memory !== "sc") {
		const stats = { states: 0, transitions: 0, seconds: 0, limit: "unsupported" } as const;
		return { verdict: "inconclusive", memory: program.memory, stats };
	}
	return exploreMachine(new Machine(program), options, (schedule) => schedule);
}

/**
 * Searches what a machine can do from where it starts. `fromBeginning` makes a schedule of the search, which begins where the
 * machine starts, one that begins where the program does.
 */
export function exploreMachine(
	machine: Machine,
	options: ExploreOptions,
	fromBeginning: (schedule: Schedule) => Schedule,
): Verdict {
	const { program } = machine;
	const race = (schedule: Schedule, stats: SearchStatistics) => raceOf(program, fromBeginning(schedule), stats);
	const stepper = new Stepper(machine);
	const watch = new Watch(options);
	const found = search(stepper, options, watch);
	const { transitions, seconds } = watch;
	const counted = options.countInterleavings && !found.limit ? count(stepper, options, watch) : undefined;
	const stats: SearchStatistics = { states: found.states, transitions, seconds, ...(counted ?? {}) };
	const isWanted = !options.wanted || (found.fault && options.wanted.includes(found.fault.kind));
	if (found.fault && found.schedule && isWanted) return race(found.schedule, stats);
	if (found.limit && found.fault && found.schedule) return race(found.schedule, { ...stats, limit: found.limit });
	if (found.limit) return inconclusive(found.limit, stats);
	if (!found.terminates) {
		const graph = buildGraph(stepper, options, watch);
		const { seconds } = watch;
		if (graph.limit) return inconclusive(graph.limit, { ...stats, seconds });
		const answer = watch.within(() => findLivelock(stepper, graph, watch));
		if ("limit" in answer) return inconclusive(answer.limit, { ...stats, seconds: watch.seconds });
		const livelock = answer.result;
		if (livelock && (!found.schedule || options.wanted?.includes("livelock")))
			return race(livelock.schedule, { ...stats, seconds });
	}
	if (found.fault && found.schedule) return race(found.schedule, stats);
	const unmet = found.unmet[0];
	if (unmet !== undefined) {
		const property = program.properties[unmet];
		const message = `exists (${property?.text ?? ""}): no interleaving ends that way`;
		const location = property?.location ?? { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
		return { verdict: "race", memory: "sc", violation: { kind: "unreachable", message, location }, stats };
	}
	return { verdict: "safe", memory: "sc", stats };
}

/** Transitions that the plain search may take before the reduced one is asked whether there is anything to find. */
export const shallowTransitions = 20_000;

/**
 * Everything but livelocks. With reduction: a little of the plain search, which ends small questions and finds shallow races;
 * then the reduced search, which says whether there is anything; and if so the plain search again, up to the counterexample with
 * the fewest context switches.
 */
function search(stepper: Stepper, options: ExploreOptions, watch: Watch): Found {
	const plain = new InterleavingSearch(stepper, options, watch);
	const early = plain.run(options.reduction ? (options.shallowTransitions ?? shallowTransitions) : undefined);
	if (early) return early;
	const reduced = new ReducedSearch(stepper, options, watch).run();
	if (!reduced) return plain.run() as Found;
	const isWanted = reduced.fault && (!options.wanted || options.wanted.includes(reduced.fault.kind));
	const sum = { states: plain.table.size + reduced.states, terminates: reduced.terminates };
	if (!reduced.fault || (reduced.incomplete && !isWanted)) return { ...reduced, ...sum };
	const found = plain.run(undefined, !isWanted) as Found;
	const all = { ...sum, states: plain.table.size + reduced.states };
	const foundWanted = found.fault && (!options.wanted || options.wanted.includes(found.fault.kind));
	// There may be a race, but no room to find the way to it with the fewest context switches.
	if (isWanted && !foundWanted && reduced.schedule)
		return { ...found, ...all, fault: reduced.fault, schedule: reduced.schedule };
	return { ...found, ...all, ...(reduced.limit ? { limit: reduced.limit } : {}) };
}

function raceOf(program: Program, schedule: Schedule, stats: SearchStatistics): Verdict {
	const trace = replay(program, schedule);
	if (!isTrace(trace)) throw new Error(`the search's own schedule does not replay: ${trace.message}`);
	return { verdict: "race", memory: "sc", violation: trace.violation, trace, stats };
}

function inconclusive(limit: Limit, stats: SearchStatistics): Verdict {
	return { verdict: "inconclusive", memory: "sc", stats: { ...stats, limit } };
}

function count(stepper: Stepper, options: SearchOptions, watch: Watch): Partial<SearchStatistics> {
	const graph = buildGraph(stepper, options, watch);
	const counted = graph.limit ? undefined : countInterleavings(graph);
	return counted ? { interleavings: counted.interleavings, violatingInterleavings: counted.violating } : {};
}
