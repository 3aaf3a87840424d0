import assert from "node:assert/strict";
import fc from "fast-check";
import { Machine } from "../../../engine/memory/sc.ts";
import { Stepper, stepDisabled, stepDone } from "../../../engine/memory/stepper.ts";
import type { Program } from "../../../engine/program/program.ts";
import { forEachStart, forEachStep } from "../../../engine/search/successors.ts";
import { cook, recipes } from "../search/randomPrograms.ts";
import { samples } from "../search/samples.ts";

interface Taken {
	readonly kind: string;
	readonly choices: readonly number[];
	readonly words: readonly number[];
}

/** Every way the thread can take its next step, by the interpreter. */
function interpreted(machine: Machine, from: Int32Array, thread: number): Taken[] {
	const into = new Int32Array(from.length);
	const taken: Taken[] = [];
	forEachStep(machine, from, thread, into, (outcome, choices) => {
		taken.push({ kind: outcome.kind, choices: [...choices], words: outcome.kind === "done" ? [...into] : [] });
		return true;
	});
	return taken;
}

function compiled(stepper: Stepper, from: Int32Array, thread: number): Taken[] {
	stepper.base.set(from);
	stepper.words.set(from);
	const taken: Taken[] = [];
	stepper.firstChoices();
	do {
		const result = stepper.take(thread);
		const kind = result === stepDone ? "done" : stepper.outcome.kind;
		if (result !== stepDisabled)
			taken.push({ kind, choices: stepper.taken(), words: result === stepDone ? [...stepper.words] : [] });
		stepper.undo(thread);
		assert.deepEqual(stepper.words, from);
	} while (stepper.nextChoices());
	return taken;
}

/** Compares all steps of up to `statesMax` states. */
function assertAgree(program: Program, statesMax: number): void {
	const machine = new Machine(program);
	const stepper = new Stepper(machine);
	const interpreting = new Stepper(machine, false);
	const seen = new Set<string>();
	const states: Int32Array[] = [];
	const meet = (words: Int32Array) => {
		if (seen.size >= statesMax || seen.has(words.join())) return;
		seen.add(words.join());
		states.push(words);
	};
	const into = new Int32Array(machine.layout.words);
	forEachStart(machine, into, (outcome) => {
		if (outcome.kind === "done") meet(Int32Array.from(into));
		return true;
	});
	for (const state of states) {
		for (let thread = 0; thread < program.threads.length; thread++) {
			const expected = interpreted(machine, state, thread);
			assert.deepEqual(compiled(stepper, state, thread), expected);
			assert.deepEqual(compiled(interpreting, state, thread), expected);
			assert.equal(stepper.canStep(thread), expected.length > 0);
			assert.equal(stepper.nextCell(thread), machine.nextAccess(Int32Array.from(state), thread)?.cell ?? -1);
			for (const step of expected) if (step.kind === "done") meet(Int32Array.from(step.words));
		}
	}
}

describe("compiled steps", function () {
	this.timeout("5m");

	for (const sample of samples)
		it(`are those of the interpreter: ${sample.name}`, () => assertAgree(sample.program, 500));

	it("are those of the interpreter on random programs", () => {
		fc.assert(
			fc.property(recipes, (recipe) => assertAgree(cook(recipe), 150)),
			{ numRuns: 400 },
		);
	});
});
