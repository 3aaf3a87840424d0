/**
 * What a piece of a thread would find, as one Promela expression over the state it starts in: whether a step is enabled (its
 * waits may come after its loads), or what a property evaluates to. The code is run symbolically, path by path.
 */
import type { Layout } from "../memory/layout.ts";
import { isStop } from "../memory/sc.ts";
import { successors } from "../program/liveness.ts";
import type { Expression, Instruction, Place, Program, Thread } from "../program/program.ts";
import {
	type ContextName,
	contextsOf,
	droppedText,
	freeText,
	holdsText,
	irqsOffText,
	mayQueueText,
	ownsText,
	readersText,
	readerText,
	takenText,
} from "./locks.ts";
import { Path } from "./path.ts";
import type { Places, Resolution } from "./places.ts";
import { divisors, NotExportable, promelaCondition, promelaValue } from "./symbolic.ts";

/** Paths that one look may follow before the export gives up. */
export const lookPathsMax = 2000;

/** A place as one path finds it. */
interface Access {
	/** The word can be accessed. */
	readonly valid: string;
	readonly value: string;
	readonly place: Resolution;
}

const and = (conditions: readonly string[]) => (conditions.length === 0 ? "true" : conditions.join(" && "));

export class Look {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly places: Places;
	private readonly contexts: readonly ContextName[];
	private paths = 0;

	constructor(program: Program, layout: Layout, places: Places) {
		this.program = program;
		this.layout = layout;
		this.places = places;
		this.contexts = contextsOf(program);
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
					condition === "true" || inner === otherwise ? inner : guarded(condition, inner, otherwise),
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
				return wrap(without === "true" ? "true" : `(${without} || ${this.reloadEnabled(code, instruction, path)})`);
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
		const { valid, value } = this.access(code, instruction.place, path);
		const differs = `${value} != ${path.register(instruction.register)}`;
		return valid === "true" ? differs : `(!(${valid}) || ${differs})`;
	}

	private access(code: number, place: Place, path: Path): Access {
		const found = this.places.resolve(code, place, path);
		// A property sees what a freed object last held.
		const lives = code < this.program.threads.length ? found.live : found.ever;
		if (lives !== "true" && path.freed)
			throw new NotExportable("a wait after something is freed or allocated in the same step cannot be exported");
		const tests = [found.fits, lives].filter((test) => test !== "true");
		return { valid: and(tests), value: path.read(found), place: found };
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
			const found = this.access(code, place, path);
			need(found.valid, atFault);
			return found;
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
				return path.set(instruction.register, access(instruction.place).value);
			case "reload":
				return need(this.reloadEnabled(code, instruction, path), "false");
			case "store":
				return path.store(access(instruction.place).place, this.value(instruction.value, path));
			case "update": {
				const { place, value: before } = access(instruction.place);
				const after = updateText(instruction.update, before, this.value(instruction.operand, path));
				const compare = instruction.compare && this.value(instruction.compare.value, path);
				const stores = `${before} ${instruction.compare?.unless ? "!=" : "=="} ${compare}`;
				path.store(place, compare === undefined ? after : `(${stores} -> ${after} : ${before})`);
				return path.set(instruction.register, before);
			}
			case "is_locked":
				return path.set(instruction.register, `(${access(instruction.lock).value} != 0)`);
			case "holds":
				return path.set(instruction.register, holdsText(access(instruction.lock).value, index, instruction.shared));
			case "lock":
				return this.lock(instruction, index, path, need, access);
			case "might_sleep":
				return need(
					this.program.threads[index]?.kind === "callback"
						? "false"
						: not(readerText(this.contexts, index, (name) => path.word(name))),
					atFault,
				);
			case "unlock":
				return this.unlock(instruction, index, path, (condition) => need(condition, atFault), access);
			case "downgrade": {
				const { place, value } = access(instruction.lock);
				need(ownsText(value, index, false), atFault);
				return path.store(place, `(${takenText(`(${droppedText(value, index, false)})`, index, true)})`);
			}
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
				path.write(name, after);
				return this.quiesce(index, path);
			}
			case "context_set":
				path.write(`irq[${index}]`, promelaCondition(instruction.value, path));
				return this.quiesce(index, path);
			case "call_rcu":
				return path.write(`waits[${instruction.gracePeriod}]`, this.readers(path));
			case "free":
				path.freed = true;
				return undefined;
			case "choose":
				return path.set(instruction.register, ambiguous);
			case "allocate":
				path.freed = true;
				return path.set(instruction.register, ambiguous);
			default:
				return undefined;
		}
	}

	private lock(
		instruction: Extract<Instruction, { kind: "lock" }>,
		index: number,
		path: Path,
		need: (condition: string, otherwise: string) => void,
		access: (place: Place) => Access,
	): void {
		const { place, value } = access(instruction.lock);
		const bit = instruction.bit;
		const word = bit && access(bit.word);
		const mask = bit ? `(1 << ${this.value(bit.number, path)})` : "";
		const free = `(${and([freeText(value, instruction), ...(word ? [`(${word.value} & ${mask}) == 0`] : [])])})`;
		if (instruction.try === undefined) {
			need(not(holdsText(value, index, true)), "true");
			need(free, mayQueueText(value, instruction));
		} else path.set(instruction.try, free);
		const when = (taken: string, old: string) =>
			instruction.try === undefined ? taken : `(${free} -> ${taken} : ${old})`;
		path.store(place, when(`(${takenText(value, index, instruction.shared)})`, value));
		if (word) path.store(word.place, when(`(${word.value} | ${mask})`, word.value));
		if (instruction.spinning) {
			const before = path.word(`spin[${index}]`);
			path.write(`spin[${index}]`, when(`(${before} + 1)`, before));
		}
	}

	private unlock(
		instruction: Extract<Instruction, { kind: "unlock" }>,
		index: number,
		path: Path,
		need: (condition: string) => void,
		access: (place: Place) => Access,
	): void {
		const { place, value } = access(instruction.lock);
		need(ownsText(value, index, instruction.shared));
		path.store(place, `(${droppedText(value, index, instruction.shared)})`);
		if (instruction.bit) {
			const word = access(instruction.bit.word);
			const mask = `(1 << ${this.value(instruction.bit.number, path)})`;
			need(`(${word.value} & ${mask}) != 0`);
			path.store(word.place, `(${word.value} & ~${mask})`);
		}
		if (instruction.spinning) {
			path.write(`spin[${index}]`, `(${path.word(`spin[${index}]`)} - 1)`);
			this.quiesce(index, path);
		}
	}

	/** A thread that is no reader any more has left all grace periods. */
	private quiesce(index: number, path: Path): void {
		const reads = readerText(this.contexts, index, (name) => path.word(name));
		for (let period = 0; period < this.program.gracePeriods; period++) {
			const name = `waits[${period}]`;
			const before = path.word(name);
			path.write(name, `(${reads} -> ${before} : ${before} & ~${1 << index})`);
		}
	}

	private contextText(index: number, context: "irq" | "preempt" | "rcu" | "atomic", path: Path): string {
		if (context !== "atomic" && !this.contexts.includes(context)) return "0";
		return context === "atomic"
			? readerText(this.contexts, index, (name) => path.word(name))
			: path.word(`${context}[${index}]`);
	}

	private readers(path: Path): string {
		return readersText(this.program, this.contexts, (name) => path.word(name));
	}

	private irqsOff(cpu: string, path: Path): string {
		return irqsOffText(this.program, this.contexts, cpu, (name) => path.word(name));
	}
}

const not = (condition: string) => (condition === "false" ? "true" : `!${condition}`);

/** `inner` where the condition holds, and a known answer where it does not. */
function guarded(condition: string, inner: string, otherwise: string): string {
	if (otherwise === "true")
		return `(${/^!\w+\([^()]*\)$/.test(condition) ? condition.slice(1) : `!(${condition})`} || ${inner})`;
	if (otherwise === "false") return inner === "true" ? `(${condition})` : `(${condition} && ${inner})`;
	return inner === "true" ? `(${condition} || ${otherwise})` : `((${condition}) -> ${inner} : ${otherwise})`;
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
