import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runCheck } from "../../../engine/check.ts";
import type { CheckMember } from "../../../engine/language/syntax.ts";
import { renderTrace, traceFormats } from "../../../engine/verdict/render.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import { analyzeFile } from "../scenarios/analyzeFile.ts";
import { matchesGolden } from "../scenarios/golden.ts";

const root = new URL("../../../", import.meta.url);

/** Weak counterexamples whose text is pinned: seeds 2 and 3. */
const pinned = [
	["page_anon_exclusive", "exclusive_clearing_weak", "without_mb_after_clear"],
	["page_anon_exclusive", "exclusive_clearing_weak", "without_wmb_after_bit"],
	["page_anon_exclusive", "exclusive_clearing_weak", "without_mb_after_pin"],
	["page_anon_exclusive", "exclusive_clearing_weak", "without_rmb_before_bit"],
	["gup_fast_vs_thp_collapse", "collapse_weak", "relaxed_reference"],
	["gup_fast_vs_thp_collapse", "collapse_weak", "flush_without_barrier"],
] as const;

function resultOf(file: string, scenario: string, check: string): CheckResult {
	const module = analyzeFile(fileURLToPath(new URL(`scenarios/seeds/${file}.mmscn`, root)));
	const item = module.scenarios.find(({ name }) => name.text === scenario);
	const member = item?.members.find((one): one is CheckMember => one.kind === "check" && one.name.text === check);
	assert.ok(item && member);
	const { result } = runCheck(module, item, member);
	assert.ok(result);
	return result;
}

describe("a weak counterexample as text", () => {
	for (const [file, scenario, check] of pinned) {
		it(`${scenario}, ${check}`, () => {
			const result = resultOf(file, scenario, check);
			assert.equal(result.ok, true);
			assert.equal(result.trace, undefined, "it takes weak memory");
			const text = renderTrace(result, "ascii");
			assert.ok(text.split("\n").every((line) => line.length <= 75 && /^[\x20-\x7e]*$/.test(line)));
			matchesGolden(`weak/${scenario}/${check}.txt`, text);
		});
	}

	it("says the same in every format", () => {
		const result = resultOf("gup_fast_vs_thp_collapse", "collapse_weak", "relaxed_reference");
		for (const format of traceFormats) {
			const text = renderTrace(result, format);
			assert.match(text, /folio\._refcount/, format);
			assert.match(text, /mm\.pmd/, format);
			assert.ok(text.endsWith("\n"), format);
		}
	});
});
