import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { analyze, includeDepthMaximum, ModuleCache, type Resolve } from "../../../engine/language/analyze.ts";
import { diagnosticCodes } from "../../../engine/language/diagnostic-codes.ts";
import { fixtureFiles, fixtureFolder, resolveOnDisk, root, withMarkers, withoutMarkers } from "./fixtures.ts";

/** `UPDATE_FIXTURES=1` rewrites the markers to what is reported now; read the difference before it is committed. */
const update = process.env.UPDATE_FIXTURES === "1";

describe("diagnostics", () => {
	const cache = new ModuleCache();

	for (const name of fixtureFiles()) {
		it(name, () => {
			const file = join(fixtureFolder, name);
			const expected = readFileSync(file, "utf8");
			const module = analyze(file, withoutMarkers(expected), resolveOnDisk, cache);
			const actual = withMarkers(module);
			if (update) writeFileSync(file, actual);
			else assert.equal(actual, expected);
			const code = name.replace(/\.mmscn$/, "");
			assert.ok(
				module.diagnostics.some((one) => one.code === code),
				`nothing in ${name} is ${code}`,
			);
		});
	}

	it("each code has a fixture, and no others exist", () => {
		const codes = fixtureFiles().map((name) => name.replace(/\.mmscn$/, ""));
		// A fixture for that one would take as many files; it has a test of its own below.
		assert.deepEqual([...codes, "include-depth"].sort(), [...diagnosticCodes].sort());
	});

	it("include-depth: a chain of includes ends with one error", () => {
		const chain: Resolve = (path) => {
			const number = Number(/^f(\d+)$/.exec(path)?.[1] ?? Number.NaN);
			return Number.isNaN(number) ? undefined : { file: path, text: `#include "f${number + 1}"\n` };
		};
		const module = analyze("f0", '#include "f1"\n', chain);
		const deepest = [module, ...module.closure].filter((one) =>
			one.diagnostics.some((each) => each.code === "include-depth"),
		);
		assert.equal(deepest.length, 1);
		assert.equal(module.closure.length, includeDepthMaximum - 1);
		assert.deepEqual(
			module.diagnostics.map((one) => one.code),
			["include-errors"],
		);
	});

	it("each code is documented, and no others are", () => {
		const text = readFileSync(join(root, "docs/diagnostics.md"), "utf8");
		const documented = [...text.matchAll(/^### `([a-z-]+)`$/gm)].map((match) => match[1]);
		assert.deepEqual(documented, [...diagnosticCodes].sort());
	});

	const sections = readFileSync(join(root, "docs/diagnostics.md"), "utf8").split(/^### /m).slice(1);
	for (const section of sections) {
		const code = /^`([a-z-]+)`/.exec(section)?.[1] ?? "";
		const example = /^```mmscn\n([\s\S]*?)^```$/m.exec(section)?.[1];
		// Examples that take several files are no fences of the language.
		if (example === undefined) continue;
		it(`the documented example of ${code} has that mistake only`, () => {
			const { diagnostics } = analyze("/nowhere/example.mmscn", example, resolveOnDisk, cache);
			assert.deepEqual([...new Set(diagnostics.map((one) => one.code))], [code]);
		});
	}

	it("codes are sorted", () => {
		assert.deepEqual([...diagnosticCodes], [...diagnosticCodes].sort());
	});
});
