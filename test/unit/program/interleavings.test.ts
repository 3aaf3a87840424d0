/** What lowering, reloads, register sharing and the machine make of a scenario is what its syntax tree says. */
import assert from "node:assert/strict";
import { defaultCheckOptions, runPrograms } from "../../../engine/check.ts";
import { registersWord } from "../../../engine/memory/layout.ts";
import { Machine } from "../../../engine/memory/sc.ts";
import { defaultLowerOptions, lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { forEachStart, forEachStep } from "../../../engine/search/successors.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";
import { randomScenario, threadVariables } from "./randomScenario.ts";
import { outcomesOf } from "./treeInterpreter.ts";

const scenarios = Number(process.env.MMSCN_SCENARIOS ?? 200);
const firstSeed = Number(process.env.MMSCN_SEED ?? 1);
/** Larger scenarios are left out. */
const statesMax = 6_000;

/** Final states and violations of a Program, as the machine's definition has them. */
function outcomesOfProgram(program: Program): { final: Set<string>; violations: Set<string> } {
	const machine = new Machine(program);
	const final = new Set<string>();
	const violations = new Set<string>();
	const known = new Set<string>();
	const queue: Int32Array[] = [];
	const into = new Int32Array(machine.layout.words);
	const visit = (outcome: ReturnType<Machine["step"]>) => {
		if (outcome.kind === "fault") violations.add(outcome.fault.kind);
		assert.notEqual(outcome.kind, "limit");
		if (outcome.kind !== "done" || known.has(into.join())) return true;
		known.add(into.join());
		queue.push(Int32Array.from(into));
		return true;
	};
	forEachStart(machine, into, visit);
	for (let from = queue.pop(); from; from = queue.pop()) {
		const words = from;
		const moved = program.threads.map((_, thread) => forEachStep(machine, words, thread, into, visit));
		if (moved.includes(true)) continue;
		const standing = program.threads.map((_, thread) => machine.nextInstruction(words, thread));
		if (standing.some((instruction) => instruction?.kind === "reload")) continue;
		if (program.threads.some((_, thread) => machine.running(words, thread))) violations.add("deadlock");
		else final.add(finalOf(program, machine, words));
	}
	return { final, violations };
}

function finalOf(program: Program, machine: Machine, words: Int32Array): string {
	const pathAt = new Map<number, string>();
	for (const { address, object, field } of program.instances)
		pathAt.set(address, [program.objects[object]?.name, field].filter(Boolean).join("."));
	const paths = program.cells.map(({ object, field }) =>
		[program.objects[object]?.name ?? "", field].filter(Boolean).join("."),
	);
	program.cells.forEach((cell, index) => {
		if (!pathAt.has(cell.address)) pathAt.set(cell.address, paths[index] as string);
	});
	const value = (word: number) => (pathAt.has(word) ? `@${pathAt.get(word)}` : word);
	const cells = program.cells.flatMap((cell, index) =>
		cell.lock ? [] : [[paths[index] as string, value(words[index] as number)]],
	);
	const [property] = program.properties;
	const variables = program.threads.flatMap((thread, number) => {
		if (thread.kind === "callback") return [];
		const of = property?.variables.filter((variable) => variable.thread === number) ?? [];
		const base = (machine.layout.threads[number] as number) + registersWord;
		return [
			[thread.name, of.map((variable, index) => [threadVariables[index], value(words[base + variable.of] as number)])],
		];
	});
	return JSON.stringify([cells.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)), variables]);
}

/** How the engine's answers differ from the tree's, or undefined; `skipped` when the scenario is too large. */
function difference(text: string, reload: boolean): string | undefined {
	const module = analyzeText(text);
	const errors = module.diagnostics.filter((diagnostic) => diagnostic.severity === "error");
	if (errors.length > 0) return errors.map(({ message, pos, end }) => `${message}: ${text.slice(pos, end)}`).join("\n");
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const expected = outcomesOf(module, reload, threadVariables, statesMax);
	if (!expected) return "skipped";
	const { programs, problems } = lowerCheck(module, scenario, check, { ...defaultLowerOptions, reload });
	if (problems.length > 0) return problems.map((problem) => problem.message).join("\n");
	const found = outcomesOfProgram(programs[0] as Program);
	const lacks = (one: ReadonlySet<string>, two: ReadonlySet<string>) => [...one].filter((element) => !two.has(element));
	const lines = [
		...lacks(expected.violations, found.violations).map((kind) => `the engine misses ${kind}`),
		...lacks(found.violations, expected.violations).map((kind) => `the engine invents ${kind}`),
		...lacks(expected.final, found.final)
			.slice(0, 1)
			.map((state) => `the engine misses the end ${state}`),
		...lacks(found.final, expected.final)
			.slice(0, 1)
			.map((state) => `the engine invents the end ${state}`),
	];
	const result = runPrograms(module.file, programs, { ...defaultCheckOptions, shallowTransitions: 20 });
	if (
		result.ok !== (expected.violations.size === 0) ||
		(result.violation && !expected.violations.has(result.violation.kind))
	)
		lines.push(
			`the search says ${result.verdict} ${result.violation?.kind ?? ""}; there is ${[...expected.violations].join(", ") || "nothing"}`,
		);
	for (const kind of expected.violations) {
		const asked = programs.map((program) => ({ ...program, expect: [kind] }));
		if (!runPrograms(module.file, asked).ok) lines.push(`the search does not find ${kind}`);
	}
	return lines.length > 0 ? lines.join("\n") : undefined;
}

describe("programs and syntax trees", () => {
	for (const reload of [false, true]) {
		it(`mean the same, ${reload ? "with" : "without"} the compiler's reloads`, function () {
			this.timeout(0);
			let skipped = 0;
			const failures: string[] = [];
			for (let index = 0; index < scenarios; index++) {
				const text = randomScenario(firstSeed + index);
				const different = difference(text, reload);
				if (different === "skipped") skipped++;
				else if (different)
					failures.push(`seed ${firstSeed + index}: ${different}\n${text.slice(text.indexOf("scenario s"))}`);
			}
			const shortest = failures.sort((a, b) => a.length - b.length)[0];
			assert.equal(
				failures.length,
				0,
				`${failures.length} of ${scenarios} scenarios differ; the shortest:\n${shortest}`,
			);
			assert.ok(skipped < scenarios / 3, `${skipped} of ${scenarios} scenarios were too large`);
		});
	}
});
