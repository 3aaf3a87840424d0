/** Which statements no interleaving reached, over the results of one search. Knows nothing of VS Code. */
import type { CheckResult, Location } from "../engine/verdict/verdict.ts";

export interface NeverReached {
	readonly location: Location;
	readonly text: string;
	/** The checks that are safe without it. */
	readonly checks: readonly string[];
}

const keyOf = ({ file, line, column }: Location) => `${file}:${line}:${column}`;

/**
 * Statements that none of the safe checks reached. One that a counterexample goes through, or that another safe check reached,
 * is not among them: it is not dead, whatever one check says.
 */
export function neverReached(results: readonly CheckResult[]): NeverReached[] {
	const ran = new Set(
		results
			.flatMap(({ trace }) => (trace?.steps ?? []).flatMap((step) => [step.location, step.threadLocation]))
			.map(lineOf),
	);
	const covered = results.filter((result) => result.coverage !== undefined);
	const found = new Map<string, NeverReached>();
	for (const { check, coverage } of covered) {
		for (const { location, text } of coverage?.unreached ?? []) {
			const known = found.get(keyOf(location));
			found.set(keyOf(location), { location, text, checks: [...(known?.checks ?? []), check] });
		}
	}
	return [...found.values()].filter(
		({ location, checks }) => checks.length === covered.length && !ran.has(lineOf(location)),
	);
}

function lineOf({ file, line }: Location): string {
	return `${file}:${line}`;
}
