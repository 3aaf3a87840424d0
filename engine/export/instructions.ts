/** Single instructions as Promela statements. */
import { freed, live } from "../memory/layout.ts";
import type { Expression, Instruction, InstructionBody, Place, Thread } from "../program/program.ts";
import {
	droppedText,
	freeText,
	holdsText,
	irqsOffText,
	ownsText,
	queuedText,
	readersText,
	readerText,
	takenText,
} from "./locks.ts";
import { updateText } from "./look.ts";
import type { ModelContext } from "./promela.ts";
import { divisors, promelaCondition, promelaValue, type Scope } from "./symbolic.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** How expressions and registers read where the instruction stands. */
export interface Wording extends Scope {
	/** Where an expression is made of registers that have been written down. */
	substituted(expression: Expression): Expression;
	readonly leaves: Scope;
}

export class InstructionWriter {
	private readonly context: ModelContext;
	private readonly index: number;
	private readonly thread: Thread;
	private readonly plain: Scope;
	private readonly isInit: boolean;
	/** How what an instruction reads is written. */
	wording: Wording;

	/** `isInit`: nobody else runs, and there are no contexts. */
	constructor(context: ModelContext, index: number, thread: Thread, plain: Scope, wording: Wording, isInit: boolean) {
		this.context = context;
		this.index = index;
		this.thread = thread;
		this.plain = plain;
		this.wording = wording;
		this.isInit = isInit;
	}

	value(expression: Expression): string {
		return promelaValue(this.wording.substituted(expression), this.wording.leaves);
	}

	condition(expression: Expression): string {
		return promelaCondition(this.wording.substituted(expression), this.wording.leaves);
	}

	/** Name of a register that is assigned to. */
	private register(register: number): string {
		return this.plain.register(register);
	}

	/** Statement that stops where an expression divides by zero; empty where none does. */
	zero(...expressions: Expression[]): string {
		const { wording } = this;
		const zeros = expressions.flatMap((each) => divisors(wording.substituted(each), wording.leaves));
		return zeros.length === 0 ? "" : `${wrongIf(zeros.join(" || "), "division_by_zero")}; `;
	}

	/** Condition: loading again would make a difference, or go wrong. */
	differs(instruction: Body<"reload">): string {
		const { fits, live: lives, word } = this.place(instruction.place);
		const tests = [fits, lives].filter((test) => test !== "true").join(" && ");
		const differs = `${this.register(instruction.register)} != ${word}`;
		return tests === "" ? differs : `!(${tests}) || ${differs}`;
	}

	/** What an instruction only looks up for a register: how it is written, and statements to go before. */
	found(
		instruction: Instruction,
	): { readonly register: number; readonly before: string; readonly text: string } | undefined {
		switch (instruction.kind) {
			case "load": {
				const { before, cell } = this.resolve(instruction.place);
				return { register: instruction.register, before, text: cell };
			}
			case "is_locked": {
				const { before, cell } = this.resolve(instruction.lock);
				return { register: instruction.register, before, text: `(${cell} != 0)` };
			}
			case "holds": {
				const { before, cell } = this.resolve(instruction.lock);
				const text = holdsText(cell, this.index, instruction.shared);
				return { register: instruction.register, before, text };
			}
			case "context_get":
				return { register: instruction.register, before: "", text: this.contextText(instruction.context) };
			default:
				return undefined;
		}
	}

	private place(place: Place) {
		return this.context.places.resolve(this.index, place, this.wording);
	}

	/** Statements that resolve a place, and the word there. */
	resolve(place: Place): { readonly before: string; readonly cell: string; readonly cells: readonly number[] } {
		const { fits, live: lives, fault, word, cells } = this.place(place);
		const tests = [fits, lives].filter((test) => test !== "true").join(" && ");
		const zero = this.zero(place.base, place.offset);
		return { before: tests === "" ? zero : `${zero}if :: ${tests} :: else -> ${fault} fi; `, cell: word, cells };
	}

	/**
	 * The statement of an instruction that neither branches nor ends; empty where it does nothing. `queued`: what to do after a writer
	 * has gone into a lock's queue.
	 */
	statement(instruction: Instruction, queued: () => string): string {
		const { context, index } = this;
		switch (instruction.kind) {
			case "assign":
				return `${this.zero(instruction.value)}${this.register(instruction.register)} = ${this.value(instruction.value)}`;
			case "choose": {
				const values = Array.from(
					{ length: instruction.high - instruction.low + 1 },
					(_, step) => instruction.low + step,
				);
				return `if${values.map((value) => ` :: ${this.register(instruction.register)} = ${value}`).join("")} fi`;
			}
			case "check":
				return `${this.zero(instruction.condition)}${wrongUnless(this.condition(instruction.condition), instruction.violation)}`;
			case "await":
				return this.isInit ? wrongUnless(this.condition(instruction.condition), "deadlock") : "";
			case "might_sleep":
				if (this.thread.kind === "callback") return wrongIf("true", "sleep_in_atomic");
				return context.contexts.length > 0 && !this.isInit
					? wrongIf(readerText(context.contexts, index, asIs), "sleep_in_atomic")
					: "";
			case "reload": {
				const { before, cell } = this.resolve(instruction.place);
				return `${before}${this.register(instruction.register)} = ${cell}`;
			}
			case "store": {
				const { before, cell } = this.resolve(instruction.place);
				return `${before}${this.zero(instruction.value)}${cell} = ${this.value(instruction.value)}`;
			}
			case "update":
				return this.update(instruction);
			case "lock":
				return this.lock(instruction, queued);
			case "unlock":
				return this.unlock(instruction);
			case "downgrade": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${wrongUnless(ownsText(cell, index, false), "lock_misuse")}; ${cell} = ${takenText(`(${droppedText(cell, index, false)})`, index, true)}`;
			}
			case "context":
				return this.isInit ? "" : this.changeContext(instruction);
			case "context_set":
				return this.isInit ? "" : `irq[${index}] = ${this.condition(instruction.value)}${this.quiesce()}`;
			case "irqs_disabled_on":
				return `${this.register(instruction.register)} = ${irqsOffText(context.program, context.contexts, this.value(instruction.cpu), asIs)}`;
			case "grace_period_begin":
				return `waits[${instruction.gracePeriod}] = ${readersText(context.program, context.contexts, asIs)}`;
			case "call_rcu":
				return this.callRcu(instruction);
			case "allocate":
				return this.allocate(instruction);
			case "free":
				return this.free(instruction);
			default:
				return "";
		}
	}

	private contextText(context: "irq" | "preempt" | "rcu" | "atomic"): string {
		const { contexts } = this.context;
		if (this.isInit || (context !== "atomic" && !contexts.includes(context))) return "0";
		return context === "atomic" ? readerText(contexts, this.index, asIs) : `${context}[${this.index}]`;
	}

	private update(instruction: Body<"update">): string {
		const { before, cell } = this.resolve(instruction.place);
		const { compare } = instruction;
		const zero = this.zero(instruction.operand, ...(compare ? [compare.value] : []));
		const operand = this.value(instruction.operand);
		if (compare === undefined && instruction.register === undefined)
			return `${before}${zero}${cell} = ${updateText(instruction.update, cell, operand)}`;
		const after = updateText(instruction.update, "before", operand);
		const stores = compare
			? `${cell} = (before ${compare.unless ? "!=" : "=="} ${this.value(compare.value)} -> ${after} : before)`
			: `${cell} = ${after}`;
		const keep = instruction.register === undefined ? "" : `; ${this.register(instruction.register)} = before`;
		return `${before}${zero}before = ${cell}; ${stores}${keep}`;
	}

	/** The bit that a bit lock also sets, and how to get there. */
	private bit(bit: Body<"lock">["bit"], lock: string) {
		if (bit === undefined) return undefined;
		const { before, cell } = this.resolve(bit.word);
		// Lock and bit are mostly in the same struct, whose pointer has been looked at.
		return { before: before === lock ? "" : before, cell, mask: this.mask(bit.number) };
	}

	private mask(number: Expression): string {
		const { op, ...constant } = this.wording.substituted(number);
		return op === "constant" && "value" in constant ? String(1 << constant.value) : `(1 << ${this.value(number)})`;
	}

	private lock(instruction: Body<"lock">, queued: () => string): string {
		const { index } = this;
		const { before, cell, cells } = this.resolve(instruction.lock);
		const bit = this.bit(instruction.bit, before);
		const free = [freeText(cell, instruction), ...(bit ? [`(${bit.cell} & ${bit.mask}) == 0`] : [])].join(" && ");
		const take = [
			`${cell} = ${takenText(cell, index, instruction.shared)}`,
			...(bit ? [`${bit.cell} = ${bit.cell} | ${bit.mask}`] : []),
			...(instruction.spinning && !this.isInit ? [`spin[${index}] = spin[${index}] + 1`] : []),
		].join("; ");
		const begin = `${before}${bit?.before ?? ""}`;
		if (instruction.try !== undefined) {
			const register = this.register(instruction.try);
			return `${begin}if :: ${free} -> ${register} = 1; ${take} :: else -> ${register} = 0 fi`;
		}
		const wait = this.isInit
			? `${wrongUnless(free, "deadlock")}; `
			: instruction.queues
				? `if :: ${free} :: else -> ${cell} = ${queuedText(cell)}; ${queued()} fi; `
				: "";
		return `${begin}${wrongIf(holdsText(cell, index, true), "lock_misuse")}; ${wait}${this.order(instruction.lock, cells)}${take}`;
	}

	/** The documented lock order, for each lock that this may be. */
	private order(place: Place, cells: readonly number[]): string {
		const { context, index } = this;
		const ranks = new Set(cells.map((cell) => context.program.cells[cell]?.lock?.rank));
		const [rank] = ranks;
		if (ranks.size === 1) {
			const held = rank === undefined ? "false" : context.order.heldAfter(rank, index);
			return held === "false" ? "" : `${wrongIf(held, "lock_order")}; `;
		}
		const { at } = this.place(place);
		return `${wrongIf(context.order.outOfOrder(at, index), "lock_order")}; `;
	}

	private unlock(instruction: Body<"unlock">): string {
		const { index } = this;
		const { before, cell } = this.resolve(instruction.lock);
		const bit = this.bit(instruction.bit, before);
		const clear = bit
			? `; ${bit.before}${wrongUnless(`(${bit.cell} & ${bit.mask}) != 0`, "lock_misuse")}; ${bit.cell} = ${bit.cell} & ~${bit.mask}`
			: "";
		const spin = instruction.spinning && !this.isInit ? `; spin[${index}] = spin[${index}] - 1${this.quiesce()}` : "";
		return `${before}${wrongUnless(ownsText(cell, index, instruction.shared), "lock_misuse")}; ${cell} = ${droppedText(cell, index, instruction.shared)}${clear}${spin}`;
	}

	private changeContext(instruction: Body<"context">): string {
		const { index } = this;
		const name = `${instruction.context}[${index}]`;
		if (instruction.context === "irq") return `${name} = ${instruction.change > 0 ? 1 : 0}${this.quiesce()}`;
		if (instruction.change > 0) return `${name} = ${name} + 1`;
		return `${wrongUnless(`${name} > 0`, "lock_misuse")}; ${name} = ${name} - 1${this.quiesce()}`;
	}

	/** What follows a change of context: who is no reader any more leaves all grace periods. */
	private quiesce(): string {
		const { program, contexts } = this.context;
		const reads = readerText(contexts, this.index, asIs);
		return Array.from(
			{ length: program.gracePeriods },
			(_, period) => `; waits[${period}] = (${reads} -> waits[${period}] : waits[${period}] & ~${1 << this.index})`,
		).join("");
	}

	private callRcu(instruction: Body<"call_rcu">): string {
		const { context } = this;
		const given = instruction.arguments.map(
			(argument) => `${context.register(instruction.thread, argument.register)} = ${this.value(argument.value)}; `,
		);
		return `if :: running[${instruction.thread}] -> LIMIT(rcu_callbacks) :: else fi; ${given.join("")}waits[${instruction.gracePeriod}] = ${readersText(context.program, context.contexts, asIs)}; running[${instruction.thread}] = true; unfinished = unfinished + 1`;
	}

	private allocate(instruction: Body<"allocate">): string {
		const { program } = this.context;
		const register = this.register(instruction.register);
		const objects = program.pools[instruction.pool]?.objects ?? [];
		const choices = objects.map(
			(object) =>
				` :: alive[${object}] != ${live} -> alive[${object}] = ${live}; ${register} = ${program.objects[object]?.address ?? 0}`,
		);
		return `if${choices.join("")} :: else -> ${register} = 0 fi`;
	}

	private free(instruction: Body<"free">): string {
		const { program, values, layout, memory } = this.context;
		const pointer = this.value(instruction.pointer);
		const known = values.values(this.index, instruction.pointer);
		const objects = program.objects.flatMap((object, number) =>
			!known || known.has(object.address) ? [{ ...object, number }] : [],
		);
		const [only] = objects;
		const isOne = objects.length === 1 && only !== undefined;
		const locked = objects.flatMap(({ number, address }) => {
			const locks = layout.lockCells.filter((cell) => program.cells[cell]?.object === number);
			if (locks.length === 0) return [];
			// Memory that is type-safe stays a lock: who holds it may be late.
			const tests = locks.map((cell) => {
				const name = memory.names[cell] ?? "";
				return layout.typesafe[number] === 1 ? holdsText(name, this.index, true) : `${name} != 0`;
			});
			return [isOne ? tests.join(" || ") : `(${pointer} == ${address} && (${tests.join(" || ")}))`];
		});
		const held = locked.length === 0 ? "" : `${wrongIf(locked.join(" || "), "lock_misuse")}; `;
		const alive = isOne ? `alive[${only.number}]` : `alive[owner[(${pointer}) >> 8]]`;
		const starts = isOne
			? `${pointer} == ${only.address}`
			: `${pointer} > 0 && ${pointer} < TOP && (${pointer} & 255) == 0 && begins[(${pointer}) >> 8] != 0`;
		return `${this.zero(instruction.pointer)}if :: ${pointer} == 0 :: ${starts} -> ${wrongUnless(`${alive} == ${live}`, "double_free")}; ${held}${alive} = ${freed} :: else -> wrong = invalid_free; goto violation fi`;
	}
}

const asIs = (name: string) => name;

/** Ends the search where a condition holds, with that kind of violation. */
export const wrongIf = (condition: string, kind: string) =>
	`if :: ${condition} -> wrong = ${kind}; goto violation :: else fi`;
const wrongUnless = (condition: string, kind: string) =>
	`if :: ${condition} :: else -> wrong = ${kind}; goto violation fi`;
