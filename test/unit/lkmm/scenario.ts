/** Scenario texts searched under the Linux-kernel memory model, for tests. */
import assert from "node:assert/strict";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { exploreUnderLkmm } from "../../../engine/search/exploreUnderLkmm.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

/** The programs of the only check of a scenario. */
export function programsOf(text: string): readonly Program[] {
	const module = analyzeText(text);
	const errors = module.diagnostics.filter(({ severity }) => severity === "error");
	assert.deepEqual(
		errors.map(({ message }) => message),
		[],
	);
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const { programs, problems } = lowerCheck(module, scenario, check);
	assert.deepEqual(problems, []);
	return programs;
}

const options = { limits: { ...defaultLimits, secondsMax: 60 }, reduction: true };

/** The verdict under lkmm of a scenario with these members; `with_` are the check's options, `before` stands before it. */
export function underLkmm(members: string, with_ = "", before = ""): Verdict {
	const [program] = programsOf(
		`${before}\nscenario s {\n${members}\n\tcheck c () under lkmm ${with_} expect safe;\n}\n`,
	);
	return exploreUnderLkmm(program as Program, options);
}

/** The verdict under sequential consistency of the same. */
export function underSc(members: string, with_ = "", before = ""): Verdict {
	const [program] = programsOf(`${before}\nscenario s {\n${members}\n\tcheck c () ${with_} expect safe;\n}\n`);
	return explore(program as Program, options);
}

/** "safe", "inconclusive (limit: reason)", or the kind of the violation; with `!` when it takes weak memory. */
export function told(verdict: Verdict): string {
	if (verdict.verdict === "inconclusive") return `inconclusive (${verdict.stats.limit}: ${verdict.reason ?? ""})`;
	if (verdict.verdict === "safe") return "safe";
	return `${verdict.violation?.kind}${verdict.graph ? "!" : ""}`;
}
