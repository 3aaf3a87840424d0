/** Which statements no interleaving reached, over the results of one search. Knows nothing of VS Code. */
import type { CheckResult, Coverage, Location } from "../engine/verdict/verdict.ts";

export interface NeverReached {
	readonly location: Location;
	readonly text: string;
	/** The checks that are safe without it. */
	readonly checks: readonly string[];
	/** The checks whose parameters leave it out. */
	readonly leftOutOf: readonly string[];
}

type Unreached = Coverage["unreached"][number];

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
	const found = new Map<string, NeverReached & { readonly scenario: string }>();
	const add = (scenario: string, { location, text }: Unreached, more: Partial<NeverReached>) => {
		const known = found.get(keyOf(location)) ?? { scenario, location, text, checks: [], leftOutOf: [] };
		found.set(keyOf(location), {
			...known,
			checks: [...known.checks, ...(more.checks ?? [])],
			leftOutOf: [...known.leftOutOf, ...(more.leftOutOf ?? [])],
		});
	};
	for (const { scenario, check, coverage } of covered) {
		for (const one of coverage?.unreached ?? []) add(scenario, one, { checks: [check] });
		for (const one of coverage?.leftOut ?? []) add(scenario, one, { leftOutOf: [check] });
	}
	return [...found.values()].flatMap(({ scenario, ...one }) => {
		const checks = covered.filter((result) => result.scenario === scenario).length;
		return one.checks.length + one.leftOutOf.length === checks && !ran.has(lineOf(one.location)) ? [one] : [];
	});
}

function lineOf({ file, line }: Location): string {
	return `${file}:${line}`;
}
