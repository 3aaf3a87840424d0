/** The table of checks that `mmscn check` prints. */
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { type Colour, coloured, type Terminal } from "./terminal.ts";

/** How a check stands to its expectation. */
export type Standing = "met" | "not met" | "inconclusive";

/** An inconclusive search has met no expectation and broken none. */
export function standing(result: CheckResult): Standing {
	if (result.verdict === "inconclusive") return "inconclusive";
	return result.ok ? "met" : "not met";
}

const marks: Readonly<Record<Standing, { readonly text: string; readonly colour: Colour }>> = {
	met: { text: "ok", colour: "green" },
	"not met": { text: "FAIL", colour: "red" },
	inconclusive: { text: "?", colour: "yellow" },
};

const verdictColumns = "inconclusive (rcu_callbacks)".length;
const statesColumns = "99,999,999".length;
const secondsColumns = "9999.99 s".length;
const markColumns = 4;

/** The verdict as `expect` would name it: "use_after_free", "safe", "inconclusive (states)". */
export function verdictWords(result: CheckResult): string {
	if (result.verdict === "inconclusive") return `inconclusive (${result.stats.limit ?? "unknown limit"})`;
	if (result.verdict === "safe") return "safe";
	return result.violation?.kind ?? "reachable";
}

/** "1,234,567". */
export function grouped(count: number): string {
	return count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Rows under one another; widths are settled before the first check was searched, so that rows can be printed as they come. */
export class CheckTable {
	private readonly terminal: Terminal;
	private readonly nameColumns: number;
	private readonly expectedColumns: number;

	constructor(
		terminal: Terminal,
		checks: readonly { readonly scenario: string; readonly check: string; readonly expected: string }[],
	) {
		this.terminal = terminal;
		const longest = (texts: readonly string[], least: number) =>
			texts.reduce((most, one) => Math.max(most, one.length), least);
		this.nameColumns = longest(
			checks.map((one) => `${one.scenario}.${one.check}`),
			"check".length,
		);
		this.expectedColumns = longest(
			checks.map((one) => one.expected),
			"expected".length,
		);
	}

	head(): string {
		return this.line("", "check", "verdict", "expected", "states", "time", "bold");
	}

	row(result: CheckResult): string {
		const { text, colour } = marks[standing(result)];
		const name = `${result.scenario}.${result.check}`;
		const seconds = `${result.stats.seconds.toFixed(2)} s`;
		const line = this.line(text, name, verdictWords(result), result.expected, grouped(result.stats.states), seconds);
		const extra = otherwise(result) + interleavings(result) + coloured(this.terminal, "dim", neverRan(result));
		return coloured(this.terminal, colour, line.slice(0, markColumns)) + line.slice(markColumns) + extra;
	}

	private line(
		mark: string,
		name: string,
		verdict: string,
		expected: string,
		states: string,
		time: string,
		colour?: Colour,
	): string {
		const cells = [
			mark.padEnd(markColumns),
			name.padEnd(this.nameColumns),
			verdict.padEnd(verdictColumns),
			expected.padEnd(this.expectedColumns),
			states.padStart(statesColumns),
			time.padStart(secondsColumns),
		];
		const line = cells.join("  ");
		return colour === undefined ? line : coloured(this.terminal, colour, line);
	}
}

/** What a check that was searched under both models is under the other one, where that is something else. */
function otherwise({ otherwise: other }: CheckResult): string {
	return other?.differs ? `  under ${other.memory}: ${other.kind ?? other.verdict}` : "";
}

function interleavings({ stats }: CheckResult): string {
	if (stats.interleavings === undefined) return "";
	const violating = stats.violatingInterleavings;
	return `  ${violating === undefined ? "" : `${grouped(violating)} of `}${grouped(stats.interleavings)} interleavings`;
}

/** A "safe" about statements that never ran says nothing about them. */
function neverRan({ coverage }: CheckResult): string {
	if (coverage === undefined || coverage.unreached.length === 0) return "";
	return `  ${coverage.unreached.length} of ${coverage.statements} statements never ran`;
}

/** "5 checks: 4 as expected, 1 not as expected". */
export function summary(results: readonly CheckResult[]): string {
	const count = (which: Standing) => results.filter((one) => standing(one) === which).length;
	const parts = [`${count("met")} as expected`];
	if (count("not met") > 0) parts.push(`${count("not met")} not as expected`);
	if (count("inconclusive") > 0) parts.push(`${count("inconclusive")} inconclusive`);
	return `${results.length} check${results.length === 1 ? "" : "s"}: ${parts.join(", ")}`;
}
