/**
 * Every shipped scenario: each check meets its expectation, with and without reduction; each counterexample replays from its
 * schedule alone; state counts and ASCII diagrams are pinned in test/golden (UPDATE_GOLDEN=1 rewrites them).
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultCheckOptions, replaySchedule, runPrograms } from "../../../engine/check.ts";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import { renderTrace } from "../../../engine/verdict/render.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import { analyzeFile } from "./analyzeFile.ts";
import { matchesGolden } from "./golden.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const scenarios = join(root, "scenarios");

const files = readdirSync(scenarios, { recursive: true, encoding: "utf8" })
	.filter((path) => path.endsWith(".mmscn"))
	.sort();

describe("shipped scenarios", () => {
	it("exist", () => assert.ok(files.length > 0));

	for (const path of files) {
		describe(path, () => {
			const module = analyzeFile(join(scenarios, path));
			const counts: string[] = [];

			it("has no diagnostics", () => {
				assert.deepEqual(
					module.diagnostics.map((diagnostic) => diagnostic.message),
					[],
				);
			});

			for (const scenario of module.scenarios) {
				for (const check of scenario.members) {
					if (check.kind !== "check") continue;
					const name = `${scenario.name.text}.${check.name.text}`;
					it(`${name} meets its expectation, reduced and not`, function () {
						this.timeout(60_000);
						const { programs, problems } = lowerCheck(module, scenario, check);
						assert.deepEqual(problems, []);
						if (programs[0]?.memory === "lkmm") return;
						const result = runPrograms(module.file, programs, { ...defaultCheckOptions, shallowTransitions: 0 });
						const plain = runPrograms(module.file, programs, { ...defaultCheckOptions, reduction: false });
						assert.ok(
							result.ok,
							`expected ${result.expected}, found ${result.verdict} ${result.violation?.message ?? ""}`,
						);
						assert.equal(plain.verdict, result.verdict);
						assert.equal(plain.violation?.kind, result.violation?.kind);
						assert.equal(plain.trace?.contextSwitches, result.trace?.contextSwitches);
						assert.equal(plain.trace?.steps.length, result.trace?.steps.length);
						counts.push(
							`${name} ${result.verdict} ${result.violation?.kind ?? ""} ${result.stats.states} reduced, ${plain.stats.states} in all`,
						);
						if (result.trace) {
							const replayed = replaySchedule(programs, result.trace.schedule);
							assert.ok("violation" in replayed, "message" in replayed ? replayed.message : "");
							assert.deepEqual(replayed, result.trace);
							matchesGolden(`${path.replace(/\.mmscn$/, "")}/${check.name.text}.txt`, diagram(path, result));
						}
					});
				}
			}

			it("has the states that are pinned", () =>
				matchesGolden(`${path.replace(/\.mmscn$/, "")}/states.txt`, `${counts.join("\n")}\n`));
		});
	}
});

function diagram(path: string, result: CheckResult): string {
	return `${renderTrace({ ...result, file: `scenarios/${path}` }, "ascii").trimEnd()}\n`;
}
