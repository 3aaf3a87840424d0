import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runCheck } from "../../../engine/check.ts";
import { fenceFixes, inserted } from "../../../engine/fenceFix.ts";
import type { CheckMember } from "../../../engine/language/syntax.ts";
import type { CheckResult, FenceFix } from "../../../engine/verdict/verdict.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

function searched(
	text: string,
	scenario: string,
	check: string,
): { readonly result: CheckResult; readonly tree: object } {
	const module = analyzeText(text);
	assert.deepEqual(
		module.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message),
		[],
	);
	const item = module.scenarios.find(({ name }) => name.text === scenario);
	const member = item?.members.find((one): one is CheckMember => one.kind === "check" && one.name.text === check);
	assert.ok(item && member);
	const { result } = runCheck(module, item, member);
	assert.ok(result);
	return { result, tree: module.tree };
}

/** The fixes of a check, and how many searches they took. */
function fixesOf(
	text: string,
	scenario: string,
	check: string,
): { readonly fixes: readonly FenceFix[]; readonly searches: number } {
	const module = analyzeText(text);
	let searches = 0;
	const { fixes } = fenceFixes(module.tree, searched(text, scenario, check).result, {
		search: (changed) => {
			searches++;
			return { result: searched(changed, scenario, check).result };
		},
	});
	return { fixes, searches };
}

/** "smp_wmb above: statement; …" of each fix. */
const told = (fixes: readonly FenceFix[]) =>
	fixes.map(({ insertions }) =>
		insertions.map(({ fence, thread, before }) => `${thread}: ${fence} above ${before}`).sort(),
	);

const two = (one: string, other: string, property: string) => `scenario s {
	int x, y;

	thread one {
		${one}
	}

	thread two {
		${other}
	}

	${property}
	check c () under lkmm expect safe;
}
`;

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

describe("barriers that forbid a weak counterexample", () => {
	const storeBuffering = two(
		"int r;\n\n\t\tWRITE_ONCE(x, 1);\n\t\tr = READ_ONCE(y);",
		"int r;\n\n\t\tWRITE_ONCE(y, 1);\n\t\tr = READ_ONCE(x);",
		"never (one.r == 0 && two.r == 0);",
	);
	const messagePassing = two(
		"WRITE_ONCE(x, 1);\n\t\tWRITE_ONCE(y, 1);",
		"int a = READ_ONCE(y);\n\t\tint b = READ_ONCE(x);",
		"never (two.a == 1 && two.b == 0);",
	);

	it("finds the full barrier on each side of store buffering", () => {
		const { fixes } = fixesOf(storeBuffering, "s", "c");
		assert.deepEqual(told(fixes), [["one: smp_mb above r = READ_ONCE(y);", "two: smp_mb above r = READ_ONCE(x);"]]);
	});

	it("offers the weakest that do: smp_wmb() and smp_rmb() for message passing", () => {
		const { fixes } = fixesOf(messagePassing, "s", "c");
		assert.deepEqual(told(fixes)[0], [
			"one: smp_wmb above WRITE_ONCE(y, 1);",
			"two: smp_rmb above int b = READ_ONCE(x);",
		]);
	});

	it("puts each barrier on a line of its own, with the indentation of its place", () => {
		const { fixes } = fixesOf(messagePassing, "s", "c");
		const text = inserted(messagePassing, fixes[0]?.insertions ?? []);
		assert.match(text, /\n\t\tWRITE_ONCE\(x, 1\);\n\t\tsmp_wmb\(\);\n\t\tWRITE_ONCE\(y, 1\);\n/);
		assert.equal(searched(text, "s", "c").result.verdict, "safe");
	});

	it("keeps the lines' ends of the file", () => {
		const text = messagePassing.replaceAll("\n", "\r\n");
		const { fixes } = fixesOf(text, "s", "c");
		assert.equal(fixes[0]?.insertions[0]?.text.endsWith("();\r\n"), true);
	});

	it("never comes between an if without braces and its statement", () => {
		const text = two(
			"WRITE_ONCE(x, 1);\n\t\tif (READ_ONCE(x))\n\t\t\tWRITE_ONCE(y, 1);",
			"int a = smp_load_acquire(&y);\n\t\tint b = READ_ONCE(x);",
			"never (two.a == 1 && two.b == 0);",
		);
		const { fixes } = fixesOf(text, "s", "c");
		assert.ok(fixes.length > 0);
		for (const { insertions } of fixes)
			assert.equal(searched(inserted(text, insertions), "s", "c").result.verdict, "safe");
		assert.deepEqual(told(fixes)[0], ["one: smp_wmb above if (READ_ONCE(x)) WRITE_ONCE(y, 1);"]);
	});

	it("parts statements that share a line", () => {
		const text = two(
			"WRITE_ONCE(x, 1); WRITE_ONCE(y, 1);",
			"int a = smp_load_acquire(&y), b = READ_ONCE(x);",
			"never (two.a == 1 && two.b == 0);",
		);
		const [fix] = fixesOf(text, "s", "c").fixes;
		assert.match(
			inserted(text, fix?.insertions ?? []),
			/WRITE_ONCE\(x, 1\); \n\t\t\tsmp_wmb\(\);\n\t\t\tWRITE_ONCE\(y, 1\);/,
		);
	});

	it("offers nothing where no barrier helps, and nothing that was not searched", () => {
		const race = two("WRITE_ONCE(x, 1);", "int a = READ_ONCE(x);", "never (two.a == 1);");
		assert.deepEqual(fixesOf(race, "s", "c"), { fixes: [], searches: 0 });
		const module = analyzeText(storeBuffering);
		const { result } = searched(storeBuffering, "s", "c");
		assert.deepEqual(fenceFixes(module.tree, result, { search: () => undefined }).fixes, []);
		assert.deepEqual(fenceFixes(module.tree, result, { search: () => assert.fail(), cancelled: () => true }), {
			fixes: [],
			isComplete: false,
		});
	});

	for (const [check, fix] of [
		["without_mb_after_clear", "ksm: smp_mb above pinned = folio_maybe_dma_pinned(&folio);"],
		["without_wmb_after_bit", "ksm: smp_wmb above WRITE_ONCE(pte, mk_pte(&folio.page, PAGE_READONLY));"],
		["without_mb_after_pin", "gup_fast: smp_mb above if (ptep_get_lockless(&pte) == first) {"],
		["without_rmb_before_bit", "gup_fast: smp_rmb above ok = PageAnonExclusive(&folio.page);"],
	] as const) {
		it(`knows what seed 2 lacks: ${check}`, () => {
			const { fixes, searches } = fixesOf(
				read("scenarios/seeds/page_anon_exclusive.mmscn"),
				"exclusive_clearing_weak",
				check,
			);
			assert.ok(searches < 10);
			assert.ok(
				told(fixes).some((one) => one.length === 1 && one[0] === fix),
				JSON.stringify(told(fixes)),
			);
		});
	}

	for (const [check, fix] of [
		["relaxed_reference", "gup_fast: smp_mb above ok = pmdp_get_lockless(&mm.pmd[0]) == pmd;"],
		["flush_without_barrier", "khugepaged: smp_mb above suitable = folio_ref_count(&folio) == 1;"],
	] as const) {
		it(`knows what seed 3 lacks: ${check}`, () => {
			const { fixes } = fixesOf(read("scenarios/seeds/gup_fast_vs_thp_collapse.mmscn"), "collapse_weak", check);
			assert.deepEqual(told(fixes), [[fix]]);
		});
	}

	it("looks into functions of the same file", () => {
		const { fixes } = fixesOf(
			read("scenarios/history/d19_migration_entry_vs_split.mmscn"),
			"migration_entry_vs_split",
			"v6_19",
		);
		assert.equal(fixes.length, 1);
		assert.equal(fixes[0]?.insertions[0]?.fence, "smp_rmb");
	});
});
