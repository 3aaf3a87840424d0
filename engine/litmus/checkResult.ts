/** A litmus test as every surface shows checks: its result in herd7's terms, with its witnesses. */
import type { CheckResult, Limit } from "../verdict/verdict.ts";
import type { LitmusResult } from "./explore.ts";
import { printLitmusResult } from "./print.ts";
import type { LitmusTest } from "./syntax.ts";

/** What a comment `Result: Never` in the test says, as the kernel's own tests have it; undefined where there is none. */
export function expectedVerdict(text: string): LitmusResult["verdict"] | undefined {
	for (const [comment] of text.matchAll(/\(\*[\s\S]*?\*\)/g)) {
		const said = /^[\s(*]*Result:\s*(Never|Sometimes|Always)\b/m.exec(comment)?.[1];
		if (said === "Never" || said === "Sometimes" || said === "Always") return said;
	}
	return undefined;
}

const limits: Readonly<Record<NonNullable<LitmusResult["limit"]>, Limit>> = {
	executions: "states",
	events: "steps",
	seconds: "seconds",
	cancelled: "cancelled",
	unsupported: "unsupported",
};

/**
 * The result as that of a check: a race when an execution ends as an `exists` or `~exists` asks, or not as a `forall` does, and safe
 * when none does. What the result is held against is what the test's own comment says, if anything.
 */
export function litmusCheckResult(file: string, test: LitmusTest, found: LitmusResult): CheckResult {
	const expected = expectedVerdict(test.text);
	const { executions, checked, seconds } = found.stats;
	const isFound = test.quantifier === "forall" ? found.verdict !== "Always" : found.verdict !== "Never";
	const limit = found.limit && limits[found.limit];
	const [witness] = found.witnesses;
	return {
		file,
		scenario: test.name,
		check: test.quantifier,
		memory: found.model,
		verdict: limit !== undefined ? "inconclusive" : isFound ? "race" : "safe",
		expected: expected ?? "any",
		ok: limit === undefined && (expected === undefined || expected === found.verdict),
		stats: { states: executions, transitions: checked, seconds, ...(limit === undefined ? {} : { limit }) },
		litmus: {
			verdict: found.verdict,
			positive: found.positive,
			negative: found.negative,
			states: found.states.length,
			report: printLitmusResult(found),
		},
		...(witness && { graph: witness, witnesses: found.witnesses }),
	};
}
