/** What a search did and why it stopped, in words for the output channel. Knows nothing of VS Code. */
import type { CheckResult, SearchStatistics } from "../engine/verdict/verdict.ts";

const count = new Intl.NumberFormat("en");

const limits: Readonly<Record<NonNullable<SearchStatistics["limit"]>, string>> = {
	states: "the limit on states (mmscn.search.statesMax)",
	seconds: "the limit on seconds (mmscn.search.secondsMax)",
	memory: "the limit on memory (mmscn.search.memoryMaxMiB)",
	steps: "the limit on steps of one interleaving (mmscn.search.stepsMax)",
	allocations: "the limit on objects allocated from one pool",
	rcu_callbacks: "the limit on RCU callbacks under way",
	cancelled: "cancelled",
	unsupported: "something that cannot be searched",
};

/** "1,234 states, 5,678 transitions, 0.12 s; stopped by the limit on states (mmscn.search.statesMax)". */
export function searchAccount(stats: SearchStatistics, end?: string): string {
	const { states, transitions, seconds, limit } = stats;
	const why = limit ? `stopped by ${limits[limit]}` : (end ?? "searched to the end");
	return `${count.format(states)} states, ${count.format(transitions)} transitions, ${seconds.toFixed(2)} s; ${why}`;
}

/**
 * The lines about one result: what was searched, with which parameters, what was found, and why the search stopped. `written` is
 * what the check says of its parameters; a counterexample has the values of all.
 */
export function resultAccount(result: CheckResult, written = ""): string[] {
	const { check, scenario, verdict, violation, trace, memory, stats, reason, coverage, expected, ok } = result;
	const chosen = Object.entries(trace?.parameters ?? {}).map(([name, value]) => `${name} = ${value}`);
	const parameters = chosen.length > 0 ? chosen.join(", ") : written;
	const model = memory === "lkmm" ? "Linux-kernel memory model" : "sequential consistency";
	const what = violation ? `${verdict}: ${violation.message}` : verdict;
	const end = verdict === "race" ? "stopped at the counterexample" : "searched to the end";
	const { unreached = [], leftOut = [] } = coverage ?? {};
	return [
		`${scenario}, ${check}${parameters === "" ? "" : ` (${parameters})`}, ${model}`,
		`  ${what}${ok ? ", as expected" : `; expected ${expected.replaceAll("_", " ")}`}`,
		`  ${searchAccount(stats, end)}${reason === undefined ? "" : `: ${reason}`}`,
		...(coverage && unreached.length > 0
			? [`  ${unreached.length} of ${coverage.statements} statements never ran:`]
			: []),
		...unreached.map(({ location, text }) => `    line ${location.line}: ${text}`),
		...(leftOut.length > 0 ? [`  left out by the parameters, and not counted:`] : []),
		...leftOut.map(({ location, text }) => `    line ${location.line}: ${text}`),
		...(trace ? [`  schedule ${trace.schedule}`] : []),
	];
}
