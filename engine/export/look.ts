/**
 * What a piece of a thread would find, as one Promela expression over the state it starts in: whether a step is enabled (its
 * waits may come after its loads), or what a property evaluates to. The code is run symbolically, path by path.
 */

import { type Layout, live } from "../memory/layout.ts";
import { anyHolder, anySharedHolder, holderMask, sharedBit, writerWaits } from "../memory/locks.ts";
import { isStop } from "../memory/sc.ts";
import { successors } from "../program/liveness.ts";
import type { Expression, Instruction, InstructionBody, Place, Program, Thread } from "../program/program.ts";
import type { Places } from "./places.ts";
import { divisors, NotExportable, promelaCondition, promelaValue, type Scope } from "./symbolic.ts";

/** Paths that one look may follow before the export gives up. */
export const lookPathsMax = 2000;

/** Registers and words as they are on one path, by name. */
class Path implements Scope {
	private readonly registers: Map<number, string>;
	private readonly words: Map<string, string>;
	private readonly name: (register: number) => string;

	constructor(
		name: (register: number) => string,
		registers = new Map<number, string>(),
		words = new Map<string, string>(),
	) {
		this.name = name;
		this.registers = registers;
		this.words = words;
	}

	register(register: number): string {
		return this.registers.get(register) ?? this.name(register);
	}

	set(register: number | undefined, value: string): void {
		if (register !== undefined) this.registers.set(register, value);
	}

	word(name: string): string {
		return this.words.get(name) ?? name;
	}

	write(name: string, value: string): void {
		this.words.set(name, value);
	}

	fork(): Path {
		return new Path(this.name, new Map(this.registers), new Map(this.words));
	}
}

const and = (conditions: readonly string[]) => (conditions.length === 0 ? "true" : conditions.join(" && "));
const or = (conditions: readonly string[]) => (conditions.length === 0 ? "false" : conditions.join(" || "));

export class Look {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly places: Places;
	private readonly cellName: (cell: number) => string;
	private paths = 0;

	constructor(program: Program, layout: Layout, places: Places, cellName: (cell: number) => string) {
		this.program = program;
		this.layout = layout;
		this.places = places;
		this.cellName = cellName;
	}

	/** Whether the step that begins at `pc` is enabled; a step that would fault is. */
	enabled(index: number, pc: number, name: (register: number) => string): string {
		this.paths = 0;
		const thread = this.program.threads[index] as Thread;
		const text = this.follow(thread, index, index, pc, new Path(name), true, () => "true");
		if (text.includes(ambiguous))
			throw new NotExportable(`${thread.name}: a wait that depends on a choice in the same step cannot be exported`);
		return text;
	}

	/** The value of a property's code; it does not hold where the code faults. */
	property(index: number, code: number, name: (register: number) => string): string {
		this.paths = 0;
		const property = this.program.properties[index];
		if (!property) return "true";
		const variables = new Map(property.variables.map((variable) => [variable.register, variable]));
		const scope = (register: number) => (variables.has(register) ? name(register) : "0");
		const result = (path: Path) => `(${path.register(0)} != 0)`;
		return this.follow(property.code, -1, code, property.code.entry, new Path(scope), true, result, "false");
	}

	private follow(
		thread: Thread,
		index: number,
		code: number,
		start: number,
		path: Path,
		first: boolean,
		atEnd: (path: Path) => string,
		atFault = "true",
	): string {
		if (index >= 0 && !this.mayWait(thread, start, first)) return atEnd(path);
		if (++this.paths > lookPathsMax) throw new NotExportable(`${thread.name}: too many paths in one step to export`);
		let pc = start;
		let isFirst = first;
		let steps = 0;
		const conditions: { condition: string; otherwise: string }[] = [];
		// Wraps what follows: where a condition fails, the answer is known.
		const wrap = (text: string) =>
			conditions.reduceRight(
				(inner, { condition, otherwise }) =>
					condition === "true" ? inner : inner === otherwise ? inner : `((${condition}) -> ${inner} : ${otherwise})`,
				text,
			);
		const need = (condition: string, otherwise: string) => conditions.push({ condition, otherwise });
		for (;;) {
			const instruction = thread.instructions[pc] as Instruction;
			if (++steps > lookPathsMax) throw new NotExportable(`${thread.name}: a loop inside one step cannot be exported`);
			const stops = index >= 0 && !isFirst && isStop(instruction, this.layout.contextIsShared);
			if (stops || instruction.kind === "end") return wrap(atEnd(path));
			const recurse = (next: number, forked: Path) =>
				this.follow(thread, index, code, next, forked, false, atEnd, atFault);
			if (instruction.kind === "branch") {
				const condition = promelaCondition(instruction.condition, path);
				const then = recurse(instruction.then, path.fork());
				const otherwise = recurse(instruction.otherwise, path.fork());
				return wrap(then === otherwise ? then : `(${condition} -> ${then} : ${otherwise})`);
			}
			if (instruction.kind === "reload" && !isFirst) {
				// Standing still before it, or going on without it, is enabled as what follows is.
				if (!instruction.glued) return wrap("true");
				const without = recurse(instruction.next, path.fork());
				return wrap(without === "true" ? "true" : or([without, this.reloadEnabled(code, instruction, path)]));
			}
			this.one(instruction, index, code, path, need, atFault);
			isFirst = false;
			pc = instruction.next;
		}
	}

	/** Whether a step that is at `start` may yet come to an instruction that is not always enabled. */
	private mayWait(thread: Thread, start: number, first: boolean): boolean {
		const seen = new Set<number>();
		const work = [start];
		for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
			const instruction = thread.instructions[pc] as Instruction;
			const isFirst = first && pc === start && seen.size === 0;
			if (seen.has(pc) || (!isFirst && isStop(instruction, this.layout.contextIsShared))) continue;
			seen.add(pc);
			const waits =
				instruction.kind === "await" ||
				instruction.kind === "grace_period_end" ||
				(instruction.kind === "lock" && instruction.try === undefined) ||
				(instruction.kind === "reload" && (isFirst || instruction.glued));
			if (waits) return true;
			work.push(...successors(instruction));
		}
		return false;
	}

	private reloadEnabled(code: number, instruction: Extract<Instruction, { kind: "reload" }>, path: Path): string {
		const read = this.read(code, instruction.place, path);
		return `(${read.valid} -> ${read.value} != ${path.register(instruction.register)} : true)`;
	}

	/** Whether a place is one that can be accessed, and the value there. */
	private read(code: number, place: Place, path: Path): { valid: string; value: string } {
		const { cases } = this.places.resolve(code, place, path);
		const valid = cases.map(({ condition, object }) =>
			and([...(condition ? [condition] : []), ...this.aliveTest(code, object, path)]),
		);
		const value = cases.reduceRight(
			(otherwise, { condition, cell }) =>
				condition
					? `(${condition} -> ${path.word(this.cellName(cell))} : ${otherwise})`
					: path.word(this.cellName(cell)),
			"0",
		);
		return { valid: valid.length === 1 ? (valid[0] as string) : `(${or(valid.map((each) => `(${each})`))})`, value };
	}

	private aliveTest(code: number, object: number, path: Path): string[] {
		if (!this.places.mayDie(object)) return [];
		const word = path.word(`alive[${object}]`);
		// A property sees what a freed object last held.
		return [code < this.program.threads.length ? `${word} == ${live}` : `${word} != 0`];
	}

	private write(code: number, place: Place, path: Path, value: (before: string) => string): void {
		for (const { condition, cell } of this.places.resolve(code, place, path).cases) {
			const name = this.cellName(cell);
			const before = path.word(name);
			path.write(name, condition ? `(${condition} -> ${value(before)} : ${before})` : value(before));
		}
	}

	private value(expression: Expression, path: Path): string {
		return promelaValue(expression, path);
	}

	/** Follows one instruction; `need` takes note of what must hold to get past it. */
	private one(
		instruction: Instruction,
		index: number,
		code: number,
		path: Path,
		need: (condition: string, otherwise: string) => void,
		atFault: string,
	): unknown {
		const access = (place: Place) => {
			const read = this.read(code, place, path);
			need(read.valid, atFault);
			return read.value;
		};
		for (const expression of expressionsOf(instruction))
			for (const zero of divisors(expression, path)) need(`!${zero}`, atFault);
		switch (instruction.kind) {
			case "assign":
				return path.set(instruction.register, this.value(instruction.value, path));
			case "check":
				return need(promelaCondition(instruction.condition, path), atFault);
			case "await":
				return need(promelaCondition(instruction.condition, path), "false");
			case "load":
				return path.set(instruction.register, access(instruction.place));
			case "reload":
				return need(this.reloadEnabled(code, instruction, path), "false");
			case "store":
				access(instruction.place);
				return this.write(code, instruction.place, path, () => this.value(instruction.value, path));
			case "update": {
				const before = access(instruction.place);
				const operand = this.value(instruction.operand, path);
				const compare = instruction.compare && this.value(instruction.compare.value, path);
				this.write(code, instruction.place, path, (old) => {
					const after = updateText(instruction.update, old, operand);
					if (compare === undefined) return after;
					return `(${old} ${instruction.compare?.unless ? "!=" : "=="} ${compare} -> ${after} : ${old})`;
				});
				return path.set(instruction.register, before);
			}
			case "is_locked":
				return path.set(instruction.register, `(${access(instruction.lock)} != 0)`);
			case "holds":
				return path.set(instruction.register, holdsText(access(instruction.lock), index, instruction.shared));
			case "lock":
				return this.lock(instruction, index, code, path, need, access);
			case "might_sleep":
				return need(
					this.program.threads[index]?.kind === "callback"
						? "false"
						: `!${readerText(index, (name) => path.word(name))}`,
					atFault,
				);
			case "unlock":
				need(holdsText(access(instruction.lock), index, instruction.shared), atFault);
				this.write(code, instruction.lock, path, (old) => droppedText(old, index, instruction.shared));
				if (instruction.bit) {
					const mask = `(1 << ${this.value(instruction.bit.number, path)})`;
					need(`(${access(instruction.bit.word)} & ${mask}) != 0`, atFault);
					this.write(code, instruction.bit.word, path, (old) => `(${old} & ~${mask})`);
				}
				if (instruction.spinning) path.write(`spin[${index}]`, `(${path.word(`spin[${index}]`)} - 1)`);
				return undefined;
			case "grace_period_begin":
				return path.write(`waits[${instruction.gracePeriod}]`, this.readers(path));
			case "grace_period_end":
				return need(`${path.word(`waits[${instruction.gracePeriod}]`)} == 0`, "false");
			case "irqs_disabled_on":
				return path.set(instruction.register, this.irqsOff(this.value(instruction.cpu, path), path));
			case "context_get":
				return path.set(instruction.register, this.contextText(index, instruction.context, path));
			case "context": {
				const name = `${instruction.context}[${index}]`;
				const before = path.word(name);
				if (instruction.context !== "irq" && instruction.change < 0) need(`${before} > 0`, atFault);
				const after =
					instruction.context === "irq" ? (instruction.change > 0 ? "1" : "0") : `(${before} + ${instruction.change})`;
				return path.write(name, after);
			}
			case "context_set":
				return path.write(`irq[${index}]`, promelaCondition(instruction.value, path));
			case "free":
				this.program.objects.forEach((object, number) => {
					const name = `alive[${number}]`;
					const pointer = this.value(instruction.pointer, path);
					if (this.places.mayDie(number))
						path.write(name, `(${pointer} == ${object.address} -> 2 : ${path.word(name)})`);
				});
				return undefined;
			case "choose":
			case "allocate":
				return path.set(instruction.register, ambiguous);
			default:
				return undefined;
		}
	}

	private lock(
		instruction: Extract<Instruction, { kind: "lock" }>,
		index: number,
		code: number,
		path: Path,
		need: (condition: string, otherwise: string) => void,
		access: (place: Place) => string,
	): void {
		const word = access(instruction.lock);
		const bit = instruction.bit;
		const mask = bit ? `(1 << ${this.value(bit.number, path)})` : "";
		const bitFree = bit ? [`(${access(bit.word)} & ${mask}) == 0`] : [];
		const free = `(${and([freeText(word, instruction), ...bitFree])})`;
		if (instruction.try === undefined) {
			need(`!${holdsText(word, index, true)}`, "true");
			need(free, mayQueueText(word, instruction));
		} else path.set(instruction.try, free);
		const when = (taken: string, old: string) =>
			instruction.try === undefined ? taken : `(${free} -> ${taken} : ${old})`;
		this.write(code, instruction.lock, path, (old) => when(takenText(old, index, instruction.shared), old));
		if (bit) this.write(code, bit.word, path, (old) => when(`(${old} | ${mask})`, old));
		if (instruction.spinning) {
			const before = path.word(`spin[${index}]`);
			path.write(`spin[${index}]`, when(`(${before} + 1)`, before));
		}
	}

	private contextText(index: number, context: "irq" | "preempt" | "rcu" | "atomic", path: Path): string {
		return context === "atomic" ? readerText(index, (name) => path.word(name)) : path.word(`${context}[${index}]`);
	}

	private readers(path: Path): string {
		return readersText(this.program, (name) => path.word(name));
	}

	private irqsOff(cpu: string, path: Path): string {
		return irqsOffText(this.program, cpu, (name) => path.word(name));
	}
}

/** A value that the look does not know; a wait must not depend on it. */
export const ambiguous = "UNKNOWN";

function expressionsOf(instruction: Instruction): Expression[] {
	switch (instruction.kind) {
		case "assign":
		case "store":
		case "context_set":
			return [instruction.value];
		case "branch":
		case "check":
		case "await":
			return [instruction.condition];
		case "update":
			return [instruction.operand, ...(instruction.compare ? [instruction.compare.value] : [])];
		case "free":
			return [instruction.pointer];
		default:
			return [];
	}
}

/** New value of an atomic update. */
export function updateText(update: "add" | "and" | "or" | "xor" | "exchange", before: string, operand: string): string {
	const operators = { add: "+", and: "&", or: "|", xor: "^" };
	return update === "exchange" ? operand : `(${before} ${operators[update]} ${operand})`;
}

/** Whether a thread holds a lock, exclusively or (with `shared`) in any way. */
export const holdsText = (word: string, thread: number, shared: boolean): string =>
	shared
		? `((${word} & ${holderMask}) == ${thread + 1} || (${word} & ${sharedBit(thread)}) != 0)`
		: `((${word} & ${holderMask}) == ${thread + 1})`;

/** Whether a lock can be had, as the instruction asks for it (`available` in engine/memory/locks.ts). */
export function freeText(word: string, instruction: Extract<InstructionBody, { kind: "lock" }>): string {
	const tries = instruction.try !== undefined;
	if (!instruction.shared) return tries ? `${word} == 0` : `(${word} & ${anyHolder}) == 0`;
	if (tries) return `(${word} & ${holderMask | writerWaits}) == 0`;
	const noWriter = `(${word} & ${holderMask}) == 0`;
	if (instruction.barges) return noWriter;
	return `(${noWriter} && ((${word} & ${writerWaits}) == 0 || (${word} & ${anySharedHolder}) == 0))`;
}

/** Whether a writer that cannot have the lock may go into its queue. */
function mayQueueText(word: string, instruction: Extract<Instruction, { kind: "lock" }>): string {
	if (instruction.queues === undefined) return "false";
	const notYet = `(${word} & ${writerWaits}) == 0`;
	return instruction.queues === "always" ? `(${notYet})` : `(${notYet} && (${word} & ${anySharedHolder}) != 0)`;
}

export const takenText = (word: string, thread: number, shared: boolean): string =>
	shared ? `(${word} | ${sharedBit(thread)})` : String(thread + 1);

export const droppedText = (word: string, thread: number, shared: boolean): string =>
	shared ? `(${word} & ~${sharedBit(thread)})` : `(${word} & ~${holderMask})`;

/** Whether a thread is a reader: what a grace period waits for. */
export const readerText = (thread: number, word: (name: string) => string): string =>
	`(${["irq", "preempt", "rcu", "spin"].map((context) => `${word(`${context}[${thread}]`)} != 0`).join(" || ")})`;

/** Bit mask of the threads that are readers. */
export const readersText = (program: Program, word: (name: string) => string): string =>
	`(${program.threads.map((_, thread) => `(${readerText(thread, word)} -> ${1 << thread} : 0)`).join(" | ")})`;

/** Whether a thread on the CPU has interrupts off. */
export function irqsOffText(program: Program, cpu: string, word: (name: string) => string): string {
	const tests = program.threads.flatMap((thread, index) =>
		thread.kind === "thread" ? [`(${cpu} == ${thread.cpu} && ${word(`irq[${index}]`)} != 0)`] : [],
	);
	return tests.length === 0 ? "0" : `(${tests.join(" || ")})`;
}
