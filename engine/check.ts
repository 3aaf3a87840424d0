/** One check of a scenario, from the checked tree to its result. */
import type { CheckMember, ScenarioItem } from "./language/syntax.ts";
import { Machine } from "./memory/sc.ts";
import { underInterleavings } from "./program/interleaved.ts";
import {
	type CheckedModule,
	defaultLowerOptions,
	type LoweringProblem,
	type LowerOptions,
	lowerCheck,
} from "./program/lower/lower.ts";
import type { Program } from "./program/program.ts";
import { coverageOf, type ReachedStatement, statementsReached } from "./search/coverage.ts";
import { explore } from "./search/explore.ts";
import { exploreUnderLkmm } from "./search/exploreUnderLkmm.ts";
import { defaultLimits, type Limits, type Progress } from "./search/limits.ts";
import { parseSchedule } from "./search/schedule.ts";
import { isTrace, type ReplayFailure, replay } from "./verdict/replay.ts";
import type { CheckResult, Coverage, SearchStatistics, Trace, Verdict } from "./verdict/verdict.ts";

export interface CheckOptions {
	readonly limits: Limits;
	readonly reduction: boolean;
	readonly countInterleavings: boolean;
	/** After `safe`: also find the statements that no interleaving reached. */
	readonly coverage?: boolean;
	/** Transitions that the plain search may take before the reduced one begins; see explore.ts. */
	readonly shallowTransitions?: number;
	readonly lower: LowerOptions;
	readonly cancelled?: () => boolean;
	readonly onProgress?: (progress: Progress) => void;
}

export const defaultCheckOptions: CheckOptions = {
	limits: defaultLimits,
	reduction: true,
	countInterleavings: false,
	lower: defaultLowerOptions,
};

/** Searches one check. `problems` says why it cannot be searched; then there is no result. */
export function runCheck(
	module: CheckedModule,
	scenario: ScenarioItem,
	check: CheckMember,
	options: CheckOptions = defaultCheckOptions,
): { readonly result?: CheckResult; readonly problems: readonly LoweringProblem[] } {
	const { programs, problems } = lowerCheck(module, scenario, check, options.lower);
	if (problems.length > 0) return { problems };
	return { result: runPrograms(module.file, programs, options), problems: [] };
}

/** Searches the programs of one check, one for each combination of its open parameters, and adds them up. */
export function runPrograms(
	file: string,
	programs: readonly Program[],
	options: CheckOptions = defaultCheckOptions,
): CheckResult {
	const [first] = programs;
	if (!first) throw new Error("a check has at least one program");
	const wanted = first.expect.filter((kind) => kind !== "safe" && kind !== "reachable");
	let best: Verdict | undefined;
	let stats: SearchStatistics = { states: 0, transitions: 0, seconds: 0 };
	for (const program of programs) {
		const search = program.memory === "lkmm" ? exploreUnderLkmm : explore;
		const verdict = search(program, { ...options, ...(wanted.length > 0 ? { wanted } : {}) });
		stats = sum(stats, verdict.stats);
		best = worse(best, verdict, wanted);
		if (
			verdict.stats.limit === "cancelled" ||
			(best.verdict === "race" && (wanted.length === 0 || wanted.includes(best.violation?.kind ?? "")))
		)
			break;
	}
	const coverage = options.coverage && best?.verdict === "safe" ? coverageOfAll(programs, options) : undefined;
	const verdict = { ...(best as Verdict), stats, ...(coverage ? { coverage } : {}) };
	return {
		file,
		scenario: first.scenario,
		check: first.check,
		...(first.meaning === undefined ? {} : { meaning: first.meaning }),
		...verdict,
		expected: first.expect.join(" | "),
		ok: meets(verdict, first),
	};
}

/** States that are explored again, at the most, to find what was never reached. */
export const coverageStatesMax = 50_000;

/** Statements that no interleaving of any of the programs reached; undefined where that is too much to find out. */
function coverageOfAll(programs: readonly Program[], options: CheckOptions): Coverage | undefined {
	const reached = new Map<string, ReachedStatement>();
	for (const given of programs) {
		const program = underInterleavings(given);
		const coverage = coverageOf(new Machine(program), coverageStatesMax, options.cancelled);
		if (!coverage) return undefined;
		for (const statement of statementsReached(program, coverage)) {
			const { file, line, column } = statement.location;
			const key = `${file}:${line}:${column}`;
			const known = reached.get(key);
			if (known === undefined || statement.reached || (known.leftOut && !statement.leftOut))
				reached.set(key, statement);
		}
	}
	const all = [...reached.values()].filter(({ leftOut }) => !leftOut);
	const leftOut = [...reached.values()].filter((one) => one.leftOut).map(({ location, text }) => ({ location, text }));
	return {
		statements: all.length,
		unreached: all.flatMap(({ location, text, reached }) => (reached ? [] : [{ location, text }])),
		...(leftOut.length > 0 && { leftOut }),
	};
}

/** `reachable` speaks of the scenario's `exists`; where it has none, nothing was reached. */
function meets(verdict: Verdict, { expect, properties }: Program): boolean {
	const asksExists = properties.some(({ property }) => property === "exists");
	if (verdict.verdict === "safe") return expect.includes("safe") || (expect.includes("reachable") && asksExists);
	return verdict.verdict === "race" && expect.includes(verdict.violation?.kind ?? "");
}

/** The verdict that counts: a wanted race, any race, inconclusive, safe. */
function worse(one: Verdict | undefined, two: Verdict, wanted: readonly string[]): Verdict {
	const weight = (verdict: Verdict) =>
		verdict.verdict === "race"
			? wanted.includes(verdict.violation?.kind ?? "")
				? 3
				: 2
			: verdict.verdict === "inconclusive"
				? 1
				: 0;
	return one && weight(one) >= weight(two) ? one : two;
}

function sum(one: SearchStatistics, two: SearchStatistics): SearchStatistics {
	const limit = one.limit ?? two.limit;
	const interleavings = two.interleavings === undefined ? undefined : (one.interleavings ?? 0) + two.interleavings;
	const violating =
		two.violatingInterleavings === undefined
			? undefined
			: (one.violatingInterleavings ?? 0) + two.violatingInterleavings;
	return {
		states: one.states + two.states,
		transitions: one.transitions + two.transitions,
		seconds: one.seconds + two.seconds,
		...(limit ? { limit } : {}),
		...(interleavings === undefined ? {} : { interleavings }),
		...(violating === undefined ? {} : { violatingInterleavings: violating }),
	};
}

/** Replays a schedule string on the first program of a check that it fits. */
export function replaySchedule(programs: readonly Program[], text: string): Trace | ReplayFailure {
	const schedule = parseSchedule(text);
	if (typeof schedule === "string") return { message: schedule, steps: [], initial: [] };
	let furthest: ReplayFailure | undefined;
	for (const program of programs) {
		const result = replay(underInterleavings(program), schedule);
		if (isTrace(result)) return result;
		if (!furthest || result.steps.length > furthest.steps.length) furthest = result;
	}
	return furthest ?? { message: "there is no program to replay on", steps: [], initial: [] };
}
