/** Threads compute what C computes: random programs, run by the engine and by a C compiler. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Machine } from "../../../engine/memory/sc.ts";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";
import { type RandomProgram, randomProgram } from "./randomC.ts";

const programs = Number(process.env.MMSCN_C_PROGRAMS ?? 1_000);
const firstSeed = Number(process.env.MMSCN_C_SEED ?? 1);

/** Words of the language are 32 bits wide, `long` included. */
const prelude = `#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
#define long int
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#define likely(x) (!!(x))
#define unlikely(x) (!!(x))
`;

function asC(program: RandomProgram, name: string): string {
	const results = program.results.map((result) => `\tprintf("%d ", (int)(${result}));\n`).join("");
	const objects = program.objects.map((object) => `static ${object};\n`).join("");
	return `${program.declarations}${objects}static void ${name}(void)\n{\n${program.body}${results}\tputchar('\\n');\n}\n`;
}

function asScenario(program: RandomProgram, values: readonly number[]): string {
	const claim = (result: string, value: number) =>
		`\t\tassert((int)(${result}) == ${value === -2147483648 ? "-2147483647 - 1" : value});\n`;
	const claims = program.results.map((result, index) => claim(result, values[index] as number)).join("");
	const objects = program.objects.map((object) => `\t${object};\n`).join("");
	return `${program.declarations}scenario s {\n${objects}\tthread t {\n${program.body}${claims}\t}\n\tcheck c () expect safe;\n}\n`;
}

/** What went wrong, or undefined. */
function disagreement(text: string): string | undefined {
	const module = analyzeText(text);
	const errors = module.diagnostics.filter((diagnostic) => diagnostic.severity === "error");
	if (errors.length > 0) return errors.map(({ message, pos, end }) => `${message}: ${text.slice(pos, end)}`).join("\n");
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const lowered = lowerCheck(module, scenario, check);
	if (lowered.problems.length > 0) return lowered.problems.map((problem) => problem.message).join("\n");
	const [program] = lowered.programs;
	assert.ok(program);
	const machine = new Machine(program);
	const words = machine.blank();
	let outcome = machine.start(words, []);
	while (outcome.kind === "done" && machine.running(words, 0)) outcome = machine.step(words, 0, []);
	return outcome.kind === "done" ? undefined : JSON.stringify(outcome);
}

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;

describe("threads and C", () => {
	it("compute the same", function () {
		if (!hasCompiler) {
			console.log("      gcc is not installed: random programs are not compared with C");
			this.skip();
		}
		this.timeout(0);
		const directory = mkdtempSync(join(tmpdir(), "mmscn-c-"));
		try {
			const all = Array.from({ length: programs }, (_, index) => randomProgram(firstSeed + index, `p${index}_`));
			const calls = all.map((_, index) => `\tp${index}_main();\n`).join("");
			const text = `${prelude}${all.map((program, index) => asC(program, `p${index}_main`)).join("")}int main(void)\n{\n${calls}\treturn 0;\n}\n`;
			writeFileSync(join(directory, "all.c"), text);
			execFileSync("gcc", ["-std=gnu11", "-w", "-O0", "-fwrapv", "-fno-strict-aliasing", "-o", "all", "all.c"], {
				cwd: directory,
			});
			const lines = execFileSync(join(directory, "all"), { encoding: "utf8", maxBuffer: 64 << 20 }).split("\n");
			const failures = all.flatMap((program, index) => {
				const scenario = asScenario(program, (lines[index] ?? "").trim().split(" ").map(Number));
				const wrong = disagreement(scenario);
				return wrong ? [`seed ${firstSeed + index}: ${wrong}\n${scenario}`] : [];
			});
			assert.equal(
				failures.length,
				0,
				`${failures.length} of ${programs} programs disagree; the shortest:\n${failures.sort((a, b) => a.length - b.length)[0]}`,
			);
		} finally {
			rmSync(directory, { recursive: true, force: true });
		}
	});
});
