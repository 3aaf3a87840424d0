/** Which registers still matter where: the others are cleared at every stop, so that states differing only in them are one. */

import { registersRead } from "../memory/expression.ts";
import type { Expression, Instruction, Place, Program, Thread } from "./program.ts";

/** Program counters that may follow an instruction. */
export function successors(instruction: Instruction): readonly number[] {
	if (instruction.kind === "end") return [];
	if (instruction.kind === "branch") return [instruction.then, instruction.otherwise];
	return [instruction.next];
}

/** Registers that an instruction reads. */
export function registersUsed(instruction: Instruction): ReadonlySet<number> {
	const used = new Set<number>();
	const place = (at: Place) => {
		registersRead(at.base, used);
		registersRead(at.offset, used);
	};
	const expression = (value: Expression) => registersRead(value, used);
	switch (instruction.kind) {
		case "assign":
		case "context_set":
			expression(instruction.value);
			break;
		case "branch":
		case "check":
		case "await":
			expression(instruction.condition);
			break;
		case "holds":
		case "is_locked":
		case "downgrade":
			place(instruction.lock);
			break;
		case "load":
			place(instruction.place);
			break;
		case "reload":
			place(instruction.place);
			used.add(instruction.register);
			break;
		case "store":
			place(instruction.place);
			expression(instruction.value);
			break;
		case "update":
			place(instruction.place);
			expression(instruction.operand);
			if (instruction.compare) expression(instruction.compare.value);
			break;
		case "lock":
		case "unlock":
			place(instruction.lock);
			if (instruction.bit) {
				place(instruction.bit.word);
				expression(instruction.bit.number);
			}
			break;
		case "irqs_disabled_on":
			expression(instruction.cpu);
			break;
		case "call_rcu":
			for (const argument of instruction.arguments) expression(argument.value);
			break;
		case "free":
			expression(instruction.pointer);
			break;
		default:
			break;
	}
	return used;
}

/** Register that an instruction overwrites without reading it, if any. */
export function registerDefined(instruction: Instruction): number | undefined {
	switch (instruction.kind) {
		case "assign":
		case "choose":
		case "holds":
		case "context_get":
		case "load":
		case "is_locked":
		case "irqs_disabled_on":
		case "allocate":
		case "update":
			return instruction.register;
		case "lock":
			return instruction.try;
		default:
			return undefined;
	}
}

/** For each program counter of the thread, the registers whose value may still be read from there on. */
export function liveRegisters(thread: Thread, always: ReadonlySet<number>): readonly ReadonlySet<number>[] {
	const count = thread.instructions.length;
	const predecessors: number[][] = Array.from({ length: count }, () => []);
	thread.instructions.forEach((instruction, pc) => {
		for (const next of successors(instruction)) predecessors[next]?.push(pc);
	});
	const live: Set<number>[] = thread.instructions.map(() => new Set(always));
	const work = thread.instructions.map((_, pc) => pc);
	while (work.length > 0) {
		const pc = work.pop() as number;
		const instruction = thread.instructions[pc] as Instruction;
		const into = live[pc] as Set<number>;
		const before = into.size;
		const defined = registerDefined(instruction);
		for (const next of successors(instruction)) {
			for (const register of live[next] ?? []) if (register !== defined || always.has(register)) into.add(register);
		}
		for (const register of registersUsed(instruction)) into.add(register);
		if (into.size !== before) work.push(...(predecessors[pc] ?? []));
	}
	return live;
}

/** For each thread, the registers that properties look at: they live to the end. */
export function registersOfProperties(program: Program): readonly ReadonlySet<number>[] {
	return program.threads.map((_, thread) => {
		const registers = new Set<number>();
		for (const property of program.properties) {
			for (const variable of property.variables) if (variable.thread === thread) registers.add(variable.of);
		}
		return registers;
	});
}

/** For each thread and program counter, the registers to clear when the thread stops there; the last entry is for its end. */
export function deadRegisters(program: Program): readonly (readonly Int32Array[])[] {
	const always = registersOfProperties(program);
	return program.threads.map((thread, index) => {
		const keep = always[index] as ReadonlySet<number>;
		const dead = (live: ReadonlySet<number>) =>
			Int32Array.from(thread.registers.map((_, register) => register).filter((register) => !live.has(register)));
		return [...liveRegisters(thread, keep).map(dead), dead(keep)];
	});
}
