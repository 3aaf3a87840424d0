/** The result of a litmus test as text, in the form that herd7's users know. */
import type { LitmusResult } from "./explore.ts";

/** Lines of the report, without the last line's newline: states, witnesses, flags, condition, observation. */
export function printLitmusResult(result: LitmusResult): string {
	const required =
		result.quantifier === "exists" ? "Allowed" : result.quantifier === "forall" ? "Required" : "Forbidden";
	const lines = [`Test ${result.test} ${required}`, `States ${result.states.length}`];
	for (const { values } of result.states)
		lines.push(values.map((value, i) => `${result.places[i]}=${value};`).join(" "));
	lines.push(
		result.ok ? "Ok" : "No",
		"Witnesses",
		`Positive: ${result.positive} Negative: ${result.negative}`,
		...result.flags.map((flag) => `Flag ${flag}`),
		`Condition ${result.conditionText}`,
		observation(result),
	);
	if (result.limit)
		lines.push(`Incomplete: the limit of ${result.limit} was reached; the numbers are of what was seen`);
	return lines.join("\n");
}

/** The line that sums a result up: "Observation MP Sometimes 1 3". */
export function observation(result: LitmusResult): string {
	const holding = result.quantifier === "not_exists" ? result.negative : result.positive;
	const failing = result.quantifier === "not_exists" ? result.positive : result.negative;
	return `Observation ${result.test} ${result.verdict} ${holding} ${failing}`;
}
