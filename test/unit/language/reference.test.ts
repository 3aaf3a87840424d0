/** docs/language.md: every example is a file without mistakes, and every check of it finds what it expects. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runPrograms } from "../../../engine/check.ts";
import { annotationRules } from "../../../engine/language/checker/annotations.ts";
import { validationCodes } from "../../../engine/language/validation/rule.ts";
import { validate } from "../../../engine/language/validation/validate.ts";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import { violationKinds } from "../../../engine/verdict/verdict.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";
import { root } from "./fixtures.ts";

const text = readFileSync(join(root, "docs/language.md"), "utf8");

/** The fences with the line that each begins at. */
const examples = [...text.matchAll(/^```mmscn\n([\s\S]*?)^```$/gm)].map((match) => ({
	line: text.slice(0, match.index).split("\n").length,
	text: match[1] ?? "",
}));

describe("docs/language.md", () => {
	it("has no fences of another kind", () => {
		assert.equal(examples.length * 2, [...text.matchAll(/^```/gm)].length);
		assert.ok(examples.length > 0);
	});

	for (const example of examples) {
		describe(`line ${example.line}`, () => {
			const module = analyzeText(example.text);
			it("has no diagnostics", () => {
				assert.deepEqual(
					module.diagnostics.map((one) => one.message),
					[],
				);
			});
			it("is warned of nothing where every check is safe", () => {
				for (const { code, pos } of validate(module)) {
					const scenario = module.scenarios.find((one) => one.pos <= pos && pos < one.end);
					const expected = scenario?.members.flatMap((member) =>
						member.kind === "check" ? member.expect.map((word) => word.text) : [],
					);
					assert.ok(
						expected?.some((word) => word !== "safe"),
						code,
					);
				}
			});
			it("has a check in every scenario", () => {
				assert.ok(module.scenarios.length > 0);
				for (const scenario of module.scenarios) assert.ok(scenario.members.some((member) => member.kind === "check"));
			});
			for (const scenario of module.scenarios) {
				for (const check of scenario.members) {
					if (check.kind !== "check") continue;
					it(`${scenario.name.text}.${check.name.text} finds what it expects`, () => {
						const { programs, problems } = lowerCheck(module, scenario, check);
						assert.deepEqual(problems, []);
						const result = runPrograms(module.file, programs);
						assert.ok(
							result.ok,
							`expected ${result.expected}, found ${result.verdict} ${result.violation?.message ?? ""}`,
						);
					});
				}
			}
		});
	}

	it("explains every kind of violation", () => {
		const explained = [...text.matchAll(/^\| `([a-z_]+)` \| (?!functions)/gm)].map((match) => match[1]);
		assert.deepEqual(
			violationKinds.filter((kind) => !explained.includes(kind)),
			[],
		);
	});

	it("explains every warning of the rules that need no search", () => {
		const explained = [...text.matchAll(/^\| `([a-z-]+)` \| /gm)].map((match) => match[1]);
		assert.deepEqual(
			validationCodes.filter((code) => !explained.includes(code)),
			[],
		);
	});

	it("names annotations that exist", () => {
		const named = [...text.matchAll(/`(__(?:must_hold|acquires|releases|guarded_by|lock_rank|byref))/g)].map(
			(match) => match[1] ?? "",
		);
		assert.ok(named.length > 0);
		for (const name of named) assert.ok(annotationRules.has(name), name);
	});
});
