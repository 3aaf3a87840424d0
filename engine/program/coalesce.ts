/**
 * Registers that are never needed at the same time share one: inlining gives each call variables of its own, and a state has a
 * word for every register. Greedy colouring of the interference graph (Chaitin et al., 1981). Variables share only with
 * variables of the same name, so that a trace still says which is which; temporaries share among themselves.
 */
import { liveRegisters, registerDefined, successors } from "./liveness.ts";
import type { Expression, Instruction, Place, Thread } from "./program.ts";

/** The thread with fewer registers. Those in `kept` keep their numbers, and nobody shares them. */
export function coalesced(
	thread: Thread,
	kept: ReadonlySet<number>,
): { readonly thread: Thread; readonly numbers: readonly number[] } {
	const interferes = interference(thread);
	const numbers = new Array<number>(thread.registers.length).fill(-1);
	const registers: Thread["registers"][number][] = [];
	const classes = new Map<string, number[]>();
	const members: number[][] = [];
	for (const [register, info] of thread.registers.entries()) {
		const key = info.name === undefined ? "" : `${info.name} ${JSON.stringify(info.display)}`;
		const candidates = classes.get(key) ?? [];
		classes.set(key, candidates);
		const fits = (colour: number) => (members[colour] as number[]).every((other) => !interferes(register, other));
		let colour = kept.has(register) ? undefined : candidates.find(fits);
		if (colour === undefined) {
			colour = registers.push(info) - 1;
			members.push([]);
			if (!kept.has(register)) candidates.push(colour);
		}
		members[colour]?.push(register);
		numbers[register] = colour;
	}
	const instructions = thread.instructions.map((instruction) =>
		renumbered(instruction, (register) => numbers[register] as number),
	);
	return { thread: { ...thread, instructions, registers }, numbers };
}

/** Two registers interfere when one is written while the other is still needed. */
function interference(thread: Thread): (one: number, two: number) => boolean {
	const count = thread.registers.length;
	const row = Math.ceil(count / 32);
	const bits = new Int32Array(count * row);
	const join = (one: number, two: number) => {
		const at = one * row + (two >> 5);
		bits[at] = (bits[at] as number) | (1 << (two & 31));
		const back = two * row + (one >> 5);
		bits[back] = (bits[back] as number) | (1 << (one & 31));
	};
	const live = liveRegisters(thread, new Set());
	thread.instructions.forEach((instruction) => {
		const defined = registerDefined(instruction);
		if (defined === undefined) return;
		for (const next of successors(instruction))
			for (const other of live[next] ?? []) if (other !== defined) join(defined, other);
	});
	// What is needed at the entry was never written: it is 0 there (or an argument of a callback), each a value of its own.
	const entry = [...(live[thread.entry] ?? [])];
	for (const one of entry) for (const two of entry) if (one !== two) join(one, two);
	return (one, two) => ((bits[one * row + (two >> 5)] as number) & (1 << (two & 31))) !== 0;
}

type Number = (register: number) => number;

function inExpression(expression: Expression, number: Number): Expression {
	switch (expression.op) {
		case "constant":
			return expression;
		case "register":
			return { op: "register", register: number(expression.register) };
		case "unary":
			return { ...expression, operand: inExpression(expression.operand, number) };
		case "binary":
			return {
				...expression,
				left: inExpression(expression.left, number),
				right: inExpression(expression.right, number),
			};
		case "select":
			return {
				op: "select",
				condition: inExpression(expression.condition, number),
				then: inExpression(expression.then, number),
				otherwise: inExpression(expression.otherwise, number),
			};
	}
}

const inPlace = (place: Place, number: Number): Place => ({
	...place,
	base: inExpression(place.base, number),
	offset: inExpression(place.offset, number),
});

/** An instruction with other register numbers. `call_rcu` arguments name registers of the callback, which keep theirs. */
function renumbered(instruction: Instruction, number: Number): Instruction {
	const bit = (of: { readonly word: Place; readonly number: Expression }) => ({
		word: inPlace(of.word, number),
		number: inExpression(of.number, number),
	});
	switch (instruction.kind) {
		case "assign":
			return { ...instruction, register: number(instruction.register), value: inExpression(instruction.value, number) };
		case "context_set":
			return { ...instruction, value: inExpression(instruction.value, number) };
		case "branch":
		case "check":
		case "await":
			return { ...instruction, condition: inExpression(instruction.condition, number) };
		case "choose":
		case "context_get":
		case "allocate":
			return { ...instruction, register: number(instruction.register) };
		case "holds":
		case "is_locked":
			return { ...instruction, register: number(instruction.register), lock: inPlace(instruction.lock, number) };
		case "downgrade":
			return { ...instruction, lock: inPlace(instruction.lock, number) };
		case "load":
		case "reload":
			return { ...instruction, register: number(instruction.register), place: inPlace(instruction.place, number) };
		case "store":
			return {
				...instruction,
				place: inPlace(instruction.place, number),
				value: inExpression(instruction.value, number),
			};
		case "update":
			return {
				...instruction,
				register: instruction.register === undefined ? undefined : number(instruction.register),
				place: inPlace(instruction.place, number),
				operand: inExpression(instruction.operand, number),
				...(instruction.compare
					? { compare: { ...instruction.compare, value: inExpression(instruction.compare.value, number) } }
					: {}),
			};
		case "lock":
			return {
				...instruction,
				lock: inPlace(instruction.lock, number),
				try: instruction.try === undefined ? undefined : number(instruction.try),
				...(instruction.bit ? { bit: bit(instruction.bit) } : {}),
			};
		case "unlock":
			return {
				...instruction,
				lock: inPlace(instruction.lock, number),
				...(instruction.bit ? { bit: bit(instruction.bit) } : {}),
			};
		case "irqs_disabled_on":
			return { ...instruction, register: number(instruction.register), cpu: inExpression(instruction.cpu, number) };
		case "call_rcu":
			return {
				...instruction,
				arguments: instruction.arguments.map(({ register, value }) => ({
					register,
					value: inExpression(value, number),
				})),
			};
		case "free":
			return { ...instruction, pointer: inExpression(instruction.pointer, number) };
		case "might_sleep":
		case "fence":
		case "context":
		case "grace_period_begin":
		case "grace_period_end":
		case "end":
			return instruction;
	}
}
