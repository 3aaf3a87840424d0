/**
 * What keeps the fixed variants safe is needed: taking away a lock, a recheck, a READ_ONCE(), an irq-disable or an RCU reader
 * must turn a check red. test/golden/mutations.txt lists every mutation with what catches it; those that nothing catches stand
 * there too, and harmless.ts says why.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { coverageStatesMax, defaultCheckOptions, runPrograms } from "../../../engine/check.ts";
import { underInterleavings } from "../../../engine/program/interleaved.ts";
import { defaultLowerOptions, lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { analyzeFile } from "./analyzeFile.ts";
import { matchesGolden } from "./golden.ts";
import { whyHarmless } from "./harmless.ts";
import { mutationsOf } from "./mutations.ts";
import { touchedBy } from "./touched.ts";

const scenarios = join(dirname(fileURLToPath(import.meta.url)), "../../../scenarios");
/** Enough for every shipped scenario; a mutated one that needs more counts as not caught. */
const mutationLimits = { ...defaultCheckOptions.limits, statesMax: 200_000, secondsMax: 20 };

interface Line {
	readonly mutation: string;
	readonly caughtBy: string | undefined;
	/** A plain load that gives the compiler nothing to repeat: its value is used once. */
	readonly usedOnce: boolean;
}

const reloads = (program: Program) =>
	program.threads.reduce((sum, thread) => sum + thread.instructions.filter(({ kind }) => kind === "reload").length, 0);

/** All mutations of one file's safe checks, each with the first check that catches it. */
function mutate(path: string): Line[] {
	const module = analyzeFile(join(scenarios, path));
	const lines = new Map<string, Line>();
	for (const scenario of module.scenarios) {
		for (const check of scenario.members) {
			if (check.kind !== "check" || !check.expect.some((name) => name.text === "safe") || check.memory?.text === "lkmm")
				continue;
			// Asked for as a program of execution graphs, it comes without reloads: mutations go first.
			const { programs } = lowerCheck(module, scenario, check, { ...defaultLowerOptions, memory: "lkmm" });
			for (const program of programs) {
				const touched = touchedBy(program, coverageStatesMax);
				assert.ok(touched, `${check.name.text} is too large to see what runs`);
				const before = reloads(underInterleavings(program));
				for (const mutation of mutationsOf(program, touched)) {
					const name = `${scenario.name.text}, ${mutation.name}`;
					if (lines.get(name)?.caughtBy) continue;
					const mutated = underInterleavings(mutation.program);
					const usedOnce = mutation.name.includes("READ_ONCE") && reloads(mutated) === before;
					const result = usedOnce
						? undefined
						: runPrograms(module.file, [mutated], { ...defaultCheckOptions, limits: mutationLimits });
					const caughtBy = result?.verdict === "race" ? `${check.name.text}: ${result.violation?.kind}` : undefined;
					lines.set(name, { mutation: name, caughtBy, usedOnce });
				}
			}
		}
	}
	return [...lines.values()];
}

const whyNot = (file: string, line: Line) =>
	line.usedOnce ? "the value is used once: there is nothing to load again" : whyHarmless(file, line.mutation);

describe("mutations of the fixed variants", () => {
	for (const folder of ["seeds"]) {
		for (const file of readdirSync(join(scenarios, folder)).sort()) {
			it(`${folder}/${file}: each is caught, or known to be harmless`, function () {
				this.timeout(300_000);
				const lines = mutate(`${folder}/${file}`);
				assert.ok(lines.length > 0, "there is nothing to take away");
				assert.ok(
					lines.some((line) => line.caughtBy),
					"nothing is caught",
				);
				const text = lines.map(
					(line) =>
						`${line.caughtBy ? `caught by ${line.caughtBy}` : `not caught: ${whyNot(file, line) ?? "?"}`}\n    ${line.mutation}\n`,
				);
				matchesGolden(`mutations/${file.replace(/\.mmscn$/, "")}.txt`, text.sort().join(""));
				const unexplained = lines.filter((line) => !line.caughtBy && whyNot(file, line) === undefined);
				assert.deepEqual(
					unexplained.map((line) => line.mutation),
					[],
					"nothing catches these, and nobody has said why they are harmless",
				);
			});
		}
	}
});
