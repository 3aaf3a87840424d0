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
import { findLivelock, hasCycle } from "./livelock.ts";
import type { Schedule } from "./schedule.ts";

export interface ExploreOptions extends SearchOptions {
	/** Also count the complete interleavings. */
	readonly countInterleavings?: boolean;
}

/** Searches every interleaving of a Program under sequential consistency. A Program under another model is `inconclusive`. */
export function explore(program: Program, options: ExploreOptions): Verdict {
	// Searched here are the executions of sequential consistency; of a weaker model's, these are some, and "safe" would be a guess.
	if (program.memory !== "sc") {
		const stats = { states: 0, transitions: 0, seconds: 0, limit: "unsupported" } as const;
		return { verdict: "inconclusive", memory: program.memory, stats };
	}
	const stepper = new Stepper(new Machine(program));
	const watch = new Watch(options);
	const found = new InterleavingSearch(stepper, options, watch).run() as Found;
	const { transitions, seconds } = watch;
	const counted = options.countInterleavings && !found.limit ? count(stepper, options, watch) : undefined;
	const stats: SearchStatistics = { states: found.states, transitions, seconds, ...(counted ?? {}) };
	const isWanted = !options.wanted || (found.fault && options.wanted.includes(found.fault.kind));
	if (found.fault && found.schedule && isWanted) return race(program, found.schedule, stats);
	if (found.limit && found.fault && found.schedule)
		return race(program, found.schedule, { ...stats, limit: found.limit });
	if (found.limit) return inconclusive(found.limit, stats);
	if (program.threads.some(hasCycle)) {
		const graph = buildGraph(stepper, options, watch);
		const { seconds } = watch;
		if (graph.limit) return inconclusive(graph.limit, { ...stats, seconds });
		const livelock = findLivelock(stepper, graph);
		if (livelock && (!found.schedule || options.wanted?.includes("livelock")))
			return race(program, livelock.schedule, { ...stats, seconds });
	}
	if (found.fault && found.schedule) return race(program, found.schedule, stats);
	const unmet = found.unmet[0];
	if (unmet !== undefined) {
		const property = program.properties[unmet];
		const message = `exists (${property?.text ?? ""}): no interleaving ends that way`;
		const location = property?.location ?? { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
		return { verdict: "race", memory: "sc", violation: { kind: "unreachable", message, location }, stats };
	}
	return { verdict: "safe", memory: "sc", stats };
}

function race(program: Program, schedule: Schedule, stats: SearchStatistics): Verdict {
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
