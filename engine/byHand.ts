/** What may be asked about one check beyond its verdict: every race, what else could run, what could happen from here. */
import type { CheckOptions } from "./check.ts";
import { underInterleavings } from "./program/interleaved.ts";
import type { Program } from "./program/program.ts";
import { type DistinctRace, distinctRaces } from "./search/distinctRaces.ts";
import { exploreFrom } from "./search/exploreFrom.ts";
import { formatSchedule, parseSchedule } from "./search/schedule.ts";
import type { CheckResult, Limit, SearchStatistics, Trace, Verdict } from "./verdict/verdict.ts";
import { type Walk, walk } from "./verdict/walk.ts";

/** One of the distinct races of a check, as a result of that check. */
export interface RaceOfCheck {
	readonly result: CheckResult;
	/** The lines that race: of the earlier half, where there is one, and of the violation. */
	readonly lines: DistinctRace["lines"];
	/** Transitions and states that violate in this way. */
	readonly count: number;
}

/** Every distinct race of a check, fewest context switches first. */
export interface RacesOfCheck {
	readonly races: readonly RaceOfCheck[];
	readonly stats: SearchStatistics;
}

/**
 * The distinct races of all programs of a check; one that several parameters show is there once, with its counts added up. What
 * takes weak memory is not among them, and livelocks are not. `stats.limit` says that there may be more.
 */
export function everyRace(file: string, programs: readonly Program[], options: CheckOptions): RacesOfCheck {
	const races = new Map<string, DistinctRace>();
	let stats: SearchStatistics = { states: 0, transitions: 0, seconds: 0 };
	for (const program of programs) {
		const found = distinctRaces(underInterleavings(program), options);
		const limit: Limit | undefined = stats.limit ?? found.limit;
		stats = {
			states: stats.states + found.stats.states,
			transitions: stats.transitions + found.stats.transitions,
			seconds: stats.seconds + found.stats.seconds,
			...(limit && { limit }),
		};
		for (const race of found.races) {
			const key = `${race.trace.violation.kind} ${race.lines.map((at) => `${at.file}:${at.line}`).join(" ")}`;
			const known = races.get(key);
			if (known === undefined) races.set(key, race);
			else {
				const easier = length(race.trace) < length(known.trace) ? race : known;
				races.set(key, { ...easier, count: known.count + race.count });
			}
		}
		if (found.limit === "cancelled") break;
	}
	const sorted = [...races.values()].sort((one, two) => length(one.trace) - length(two.trace));
	return {
		races: sorted.map(({ trace, lines, count }) => ({
			result: resultOf(file, programs, { verdict: "race", memory: "sc", violation: trace.violation, trace, stats }),
			lines,
			count,
		})),
		stats,
	};
}

/** Context switches count first, then steps, of which there are fewer than this. */
const stepsOfSwitch = 2 ** 32;
const length = (trace: Trace) => trace.contextSwitches * stepsOfSwitch + trace.steps.length;

/** Which of a check's programs is meant, where its parameters are open; the one that a schedule fits best, where it is not said. */
export type Parameters = Trace["parameters"];

/**
 * Walks a schedule string, or only its first `steps` steps, through the program with these parameters, or through the one that
 * it fits furthest. An error message when it is no schedule string.
 */
export function walkCheck(
	programs: readonly Program[],
	text: string,
	{ parameters, steps }: { readonly parameters?: Parameters | undefined; readonly steps?: number | undefined } = {},
): Walk | string {
	const schedule = parseSchedule(text);
	if (typeof schedule === "string") return schedule;
	const { initial } = schedule;
	const cut = steps === undefined ? text : formatSchedule({ initial, steps: schedule.steps.slice(0, steps) });
	let best: Walk | undefined;
	for (const program of meant(programs, parameters)) {
		const walked = walk(underInterleavings(program), cut);
		if (typeof walked === "string") return walked;
		if (!best || howWell(walked) > howWell(best)) best = walked;
	}
	return best ?? "there is no program to walk through";
}

/** How well a walk fits: best the whole schedule that leads to a violation, then the whole of it, then by the steps that fitted. */
const howWell = ({ misfit, trace, steps }: Walk) =>
	misfit === undefined ? stepsOfSwitch + (trace ? 1 : 0) : steps.length;

/**
 * Searches on from where a schedule string leads, in the program with these parameters, or in the first that it fits. See
 * exploreFrom for what the verdict says. An error message when it fits none.
 */
export function searchFrom(
	file: string,
	programs: readonly Program[],
	text: string,
	options: CheckOptions,
	parameters?: Parameters,
): CheckResult | string {
	let problem = "there is no program to search";
	const wanted = (programs[0]?.expect ?? []).filter((kind) => kind !== "safe" && kind !== "reachable");
	for (const program of meant(programs, parameters)) {
		const verdict = exploreFrom(program, text, { ...options, ...(wanted.length > 0 && { wanted }) });
		if (typeof verdict !== "string") return resultOf(file, programs, verdict);
		problem = verdict;
	}
	return problem;
}

function meant(programs: readonly Program[], parameters: Parameters | undefined): readonly Program[] {
	if (parameters === undefined) return programs;
	const same = programs.filter((program) => {
		const names = new Set([...Object.keys(parameters), ...Object.keys(program.parameters)]);
		return [...names].every((name) => parameters[name] === program.parameters[name]);
	});
	return same.length > 0 ? same : programs;
}

function resultOf(file: string, programs: readonly Program[], verdict: Verdict): CheckResult {
	const expect: readonly string[] = programs[0]?.expect ?? [];
	return {
		file,
		scenario: programs[0]?.scenario ?? "",
		check: programs[0]?.check ?? "",
		...(programs[0]?.meaning === undefined ? {} : { meaning: programs[0].meaning }),
		...verdict,
		expected: expect.join(" | "),
		ok: expect.includes(verdict.violation?.kind ?? verdict.verdict),
	};
}
