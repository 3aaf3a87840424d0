/** Loads, stores and atomic updates of one word. */
import type { InstructionBody } from "../../program/program.ts";
import { updated } from "../expression.ts";
import { registersWord } from "../layout.ts";
import { disabledStep, type Execution } from "./execution.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** A load into a register. The next program counter, or a marker. */
export function load(step: Execution, instruction: Body<"load">): number {
	const cell = step.cellOf(instruction.place);
	if (cell >= 0) step.setRegister(instruction.register, step.read(cell));
	return instruction.next;
}

/** A load that the compiler repeats; not enabled where it would bring what is there already. The next program counter, or a marker. */
export function reload(step: Execution, instruction: Body<"reload">): number {
	const cell = step.cellOf(instruction.place);
	if (cell < 0) return instruction.next;
	const before = step.words[step.base + registersWord + instruction.register] as number;
	// Loading the same value again changes nothing; only a step that makes a difference is one.
	if (before === step.words[cell]) return disabledStep;
	const after = step.read(cell);
	step.setRegister(instruction.register, after);
	step.observer?.reload?.(instruction.place.text, before, after);
	return instruction.next;
}

/** A store. The next program counter, or a marker. */
export function store(step: Execution, instruction: Body<"store">): number {
	const cell = step.cellOf(instruction.place);
	if (cell >= 0) step.write(cell, step.value(instruction.value));
	return instruction.next;
}

/** An atomic update; the register gets what was there before. The next program counter, or a marker. */
export function update(step: Execution, instruction: Body<"update">): number {
	const cell = step.cellOf(instruction.place);
	if (cell < 0) return instruction.next;
	const before = step.read(cell);
	const operand = step.value(instruction.operand);
	const compare = instruction.compare;
	const stores = !compare || (before === step.value(compare.value)) !== compare.unless;
	if (stores) step.write(cell, updated(instruction.update, before, operand));
	step.setRegister(instruction.register, before);
	return instruction.next;
}
