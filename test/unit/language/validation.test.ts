/** Rules that need no search: fixtures whose comments say what they must find and nothing else, and no false alarm on what is shipped. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyze, ModuleCache } from "../../../engine/language/analyze.ts";
import { validationCodes } from "../../../engine/language/validation/rule.ts";
import { validate } from "../../../engine/language/validation/validate.ts";
import { analyzeFile, analyzeText } from "../scenarios/analyzeFile.ts";
import { resolveOnDisk, root, withMarkers, withoutMarkers } from "./fixtures.ts";

const folder = join(root, "test/unit/language/validation");
/** `UPDATE_FIXTURES=1` rewrites the markers to what is reported now; read the difference before it is committed. */
const update = process.env.UPDATE_FIXTURES === "1";

/** Shipped scenarios that do what a rule forbids, to show what comes of it. */
const meant: ReadonlySet<string> = new Set(["seeds/compaction_vs_truncation.mmscn compaction_on_paper tag-not-tested"]);

describe("validation", () => {
	const cache = new ModuleCache();

	for (const code of validationCodes) {
		it(code, () => {
			const file = join(folder, `${code}.mmscn`);
			const expected = readFileSync(file, "utf8");
			const module = analyze(file, withoutMarkers(expected), resolveOnDisk, cache);
			assert.deepEqual(
				module.diagnostics.map((one) => one.message),
				[],
			);
			const diagnostics = validate(module);
			const actual = withMarkers({ ...module, diagnostics });
			if (update) writeFileSync(file, actual);
			else assert.equal(actual, expected);
			assert.ok(diagnostics.some((one) => one.code === code));
			assert.ok(diagnostics.every((one) => one.severity !== "error"));
		});
	}

	it("has no fixture without a code", () =>
		assert.deepEqual(
			readdirSync(folder).sort(),
			validationCodes.map((code) => `${code}.mmscn`),
		));

	for (const base of ["scenarios", "engine/kernel"]) {
		it(`is silent about ${base}`, function () {
			this.timeout(60_000);
			const files = readdirSync(join(root, base), { recursive: true, encoding: "utf8" }).filter((path) =>
				path.endsWith(".mmscn"),
			);
			assert.ok(files.length > 0);
			const found = files.flatMap((path) => {
				const module = analyzeFile(join(root, base, path));
				return validate(module).map(({ code, pos }) => {
					const scenario = module.scenarios.find((one) => one.pos <= pos && pos < one.end);
					return `${path} ${scenario?.name.text} ${code}`;
				});
			});
			assert.deepEqual(
				found.filter((one) => !meant.has(one)),
				[],
			);
		});
	}

	it("is silent while the file has errors", () => {
		const module = analyzeText(
			"#include <linux/rcupdate.mmscn>\nscenario s { thread t { rcu_read_lock(); might_sleep(); oops(); rcu_read_unlock(); } }",
		);
		assert.ok(module.hasErrors);
		assert.deepEqual(validate(module), []);
	});

	it("ends on loops in loops, and on calls that go deep", function () {
		this.timeout(60_000);
		const loops = "while (READ_ONCE(x)) { rcu_read_lock(); ".repeat(40) + "rcu_read_unlock(); }".repeat(40);
		const calls = Array.from({ length: 3000 }, (_, n) => `static void f${n + 1}(void) { f${n}(); }`).join("\n");
		const module = analyzeText(
			`#include <linux/rcupdate.mmscn>\nint x;\nstatic void f0(void) { might_sleep(); }\n${calls}\n` +
				`scenario s { thread t { ${loops} } thread u { rcu_read_lock(); f3000(); rcu_read_unlock(); } thread v { rcu_read_lock(); f9(); } check c () expect safe; }`,
		);
		assert.deepEqual(module.diagnostics, []);
		assert.ok(validate(module).every((one) => one.code === "sleep-in-atomic"));
	});

	it("mends what has one right way", () => {
		const text =
			"#include <mm/pagemap.mmscn>\nscenario s { struct folio folio; thread t { folio.mapping->host = NULL; } check c () expect safe; }";
		const module = analyzeText(text);
		const [first] = validate(module);
		const [edit] = first?.fix?.edits ?? [];
		assert.ok(edit);
		const mended = analyzeText(text.slice(0, edit.pos) + edit.text + text.slice(edit.end));
		assert.match(mended.text, /folio_mapping\(&folio\)->host = NULL/);
		assert.deepEqual([...mended.diagnostics, ...validate(mended)], []);
	});
});
