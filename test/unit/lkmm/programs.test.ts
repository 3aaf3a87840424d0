import assert from "node:assert/strict";
import fc from "fast-check";
import type { Instruction, Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { exploreExecutions } from "../../../engine/search/exploreUnderLkmm.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { cook, recipes } from "../search/randomPrograms.ts";

/** Violations that are about memory; what is about locks and waiting is found among the interleavings. */
const kinds = ["use_after_free", "double_free", "null_dereference", "tagged_dereference", "assertion", "invariant"];
const options = { limits: { ...defaultLimits, secondsMax: 5 }, reduction: true };

/** The program with a full barrier before every instruction. */
function fenced(program: Program): Program {
	const separate = (instructions: readonly Instruction[]): Instruction[] =>
		instructions.flatMap((instruction, pc): Instruction[] => {
			const fence: Instruction = { kind: "fence", fence: "mb", next: 2 * pc + 1, site: instruction.site, glued: false };
			if (instruction.kind === "end") return [fence, instruction];
			if (instruction.kind === "branch")
				return [fence, { ...instruction, then: 2 * instruction.then, otherwise: 2 * instruction.otherwise }];
			return [fence, { ...instruction, next: 2 * instruction.next }];
		});
	const threads = program.threads.map((thread) => ({
		...thread,
		entry: 2 * thread.entry,
		instructions: separate(thread.instructions),
	}));
	return { ...program, threads };
}

const isAboutMemory = (verdict: Verdict) => verdict.verdict === "race" && kinds.includes(verdict.violation?.kind ?? "");

/** Whether something is wrong with a program under sequential consistency; undefined for programs that the graphs have nothing to say of. */
function wrongUnderSc(program: Program): boolean | undefined {
	const isSeparate = (instruction: Instruction) =>
		instruction.kind === "reload" || (instruction.glued && ["load", "store", "update"].includes(instruction.kind));
	if (program.threads.some((thread) => thread.instructions.some(isSeparate))) return undefined;
	// Where threads can wait for one another for ever, a violation may stand behind what the graphs leave out.
	if (explore(program, { ...options, wanted: ["deadlock"] }).violation?.kind === "deadlock") return undefined;
	if (explore(program, { ...options, wanted: ["livelock"] }).violation?.kind === "livelock") return undefined;
	const verdict = explore(program, { ...options, wanted: kinds });
	return verdict.verdict === "safe" ? false : isAboutMemory(verdict) ? true : undefined;
}

describe("lkmm: random scenarios", () => {
	it("finds what interleavings find; nothing else when everything is fenced", () => {
		let compared = 0;
		let wrong = 0;
		for (const recipe of fc.sample(recipes, { seed: 20260505, numRuns: 600 })) {
			const claims = recipe.claims.filter(({ property }) => property === "finally" || property === "never");
			const program = cook({ ...recipe, claims, leaks: false, oneCpu: false, dataRaces: false });
			const expected = wrongUnderSc(program);
			if (expected === undefined) continue;
			const loose = exploreExecutions(program, { ...options, wanted: kinds });
			const tight = exploreExecutions(fenced(program), { ...options, wanted: kinds });
			const isUnclear = (verdict: Verdict) =>
				verdict.verdict === "inconclusive" || (verdict.verdict === "race" && !isAboutMemory(verdict));
			if (isUnclear(loose) || isUnclear(tight)) continue;
			compared++;
			if (expected) {
				wrong++;
				assert.ok(isAboutMemory(loose), JSON.stringify(recipe));
			}
			assert.equal(isAboutMemory(tight), expected, JSON.stringify(recipe));
		}
		assert.ok(compared > 120 && wrong > 40, `${compared} compared, ${wrong} of them wrong`);
	}).timeout(120_000);
});
