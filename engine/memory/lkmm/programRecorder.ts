/** What a thread of a Program knows as its path is recorded: its registers, its context, what it holds; and what has to be true on the way. */
import type { Expression, Instruction, Place, Program } from "../../program/program.ts";
import type { Fault } from "../access.ts";
import { evaluateBinary } from "../expression.ts";
import type { ProgramMemory } from "./programMemory.ts";
import type { Writes } from "./programWrites.ts";
import { noLoads, PathRecorder, type Recorded, unionOf } from "./recorder.ts";
import { EventKind } from "./thread.ts";

/** What a check of a path stands for when it fails. */
export interface ProgramFailure {
	/** Says what is wrong, given the values that the fault depends on. */
	readonly fault: (state: { readonly termValue: (term: number) => number }) => Fault;
	readonly site: number;
}

export interface Code {
	readonly memory: ProgramMemory;
	readonly index: number;
	readonly joins: Int32Array;
	readonly writes: readonly Writes[];
	/** Locks that may be held shared, by address. */
	readonly counted: ReadonlySet<number>;
	nextId: number;
}

export interface Held {
	readonly address: Recorded;
	readonly spinning: boolean;
	readonly shared: boolean;
}

/** An instruction of one kind. */
export type Body<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;

export const add = (a: number, b: number): number => (a + b) | 0;
export const same = (a: number, b: number): number => (a === b ? 1 : 0);
export const different = (a: number, b: number): number => (a === b ? 0 : 1);

export abstract class ProgramRecorder extends PathRecorder {
	protected readonly code: Code;
	protected registers: Recorded[];
	protected held: Held[] = [];
	protected rcu = 0;
	protected preempt = 0;
	protected irq = 0;
	protected pc: number;
	/** The present access is part of a step that the scenario says is one. */
	protected glued = false;

	constructor(code: Code, parent?: ProgramRecorder) {
		super();
		this.code = code;
		if (parent) {
			this.continueFrom(parent);
			this.registers = [...parent.registers];
			this.held = [...parent.held];
			this.rcu = parent.rcu;
			this.preempt = parent.preempt;
			this.irq = parent.irq;
			this.pc = parent.pc;
			return;
		}
		const zero = { term: this.constant(0), data: noLoads, control: noLoads };
		this.registers = this.thread.registers.map(() => zero);
		this.pc = this.thread.entry;
	}

	protected get thread(): Program["threads"][number] {
		return this.program.threads[this.code.index] as Program["threads"][number];
	}

	protected get program(): Program {
		return this.code.memory.program;
	}

	protected check(condition: Recorded, site: number, fault: ProgramFailure["fault"]): void {
		const known = this.known(condition.term);
		if (known !== undefined && known !== 0) return;
		const failure: ProgramFailure = { fault, site };
		this.checks.push({ term: condition.term, after: this.events.length, data: condition.data, failure });
	}

	protected fail(site: number, fault: Fault): void {
		this.check(this.fixed(0), site, () => fault);
	}

	/** A condition under which alone this path is gone. */
	protected assume(condition: Recorded): void {
		this.checks.push({ term: condition.term, after: this.events.length, data: condition.data, failure: undefined });
	}

	protected endChecks(instruction: Instruction): void {
		if (this.rcu > 0)
			this.fail(instruction.site, { kind: "rcu_reader_left_open", detail: "the thread ends inside rcu_read_lock()" });
		else if (this.irq > 0)
			this.fail(instruction.site, { kind: "lock_misuse", detail: "the thread ends with interrupts off" });
		else if (this.preempt > 0)
			this.fail(instruction.site, { kind: "lock_misuse", detail: "the thread ends with preemption off" });
		else if (this.held.length > 0)
			this.fail(instruction.site, { kind: "lock_misuse", detail: "the thread ends holding a lock" });
	}

	protected isReader(): boolean {
		return this.rcu > 0 || this.preempt > 0 || this.irq > 0 || this.held.some(({ spinning }) => spinning);
	}

	protected inAtomic(): boolean {
		return this.isReader() || this.thread.kind === "callback";
	}

	/** Makes a change of context, which may begin or end an RCU reader: any of preemption off, interrupts off, a spinlock is one. */
	protected asReader(change: () => void): void {
		const before = this.isReader();
		change();
		const after = this.isReader();
		if (before === after || this.program.gracePeriods === 0) return;
		this.counter++;
		this.event(after ? EventKind.ReaderLock : EventKind.ReaderUnlock);
	}

	protected changeContext(instruction: Body<"context">): void {
		const { context, change } = instruction;
		this.asReader(() => {
			if (context === "irq") this.irq = change > 0 ? 1 : 0;
			else this[context] += change;
		});
		if (this.rcu < 0 || this.preempt < 0) {
			const what =
				this.rcu < 0 ? "rcu_read_unlock() without rcu_read_lock()" : "preempt_enable() without preempt_disable()";
			this.fail(instruction.site, { kind: "lock_misuse", detail: what });
			this.rcu = Math.max(this.rcu, 0);
			this.preempt = Math.max(this.preempt, 0);
		}
	}

	protected context(context: "irq" | "preempt" | "rcu" | "atomic"): number {
		return context === "atomic" ? (this.isReader() ? 1 : 0) : this[context];
	}

	/** Address of a place, with the check that something is there. */
	protected place(place: Place, site: number): Recorded {
		const base = this.evaluate(place.base, site);
		const offset = this.evaluate(place.offset, site);
		const address = {
			term: this.apply(add, base.term, offset.term),
			data: unionOf(base.data, offset.data),
			control: noLoads,
		};
		const { faultAt } = this.code.memory;
		const { structure, text } = place;
		const valid = this.apply((b, o) => (faultAt(b, o, structure, text) ? 0 : 1), base.term, offset.term);
		this.check({ ...address, term: valid }, site, ({ termValue }) => {
			return (
				faultAt(termValue(base.term), termValue(offset.term), structure, text) ?? {
					kind: "wild_dereference",
					detail: text,
				}
			);
		});
		return address;
	}

	protected fixed(value: number): Recorded {
		return { term: this.constant(value), data: noLoads, control: noLoads };
	}

	protected set(register: number, { term, data, control }: Recorded): void {
		this.registers[register] = { term, data, control: unionOf(control, this.controlling()) };
	}

	protected evaluate(expression: Expression, site: number): Recorded {
		switch (expression.op) {
			case "constant":
				return this.fixed(expression.value);
			case "register":
				return this.registers[expression.register] as Recorded;
			case "unary": {
				const operand = this.evaluate(expression.operand, site);
				const { operator } = expression;
				const operation =
					operator === "not"
						? (a: number) => (a === 0 ? 1 : 0)
						: operator === "negate"
							? (a: number) => -a | 0
							: (a: number) => ~a;
				return { ...operand, term: this.apply(operation, operand.term, operand.term) };
			}
			case "binary":
				return this.binary(expression, site);
			case "select": {
				const parts = [expression.condition, expression.then, expression.otherwise].map((part) =>
					this.evaluate(part, site),
				);
				const [condition, then, otherwise] = parts as [Recorded, Recorded, Recorded];
				const known = this.known(condition.term);
				const term =
					known !== undefined
						? (known !== 0 ? then : otherwise).term
						: this.term({ kind: "select", condition: condition.term, then: then.term, otherwise: otherwise.term });
				return {
					term,
					data: unionOf(...parts.map((part) => part.data)),
					control: unionOf(...parts.map((part) => part.control)),
				};
			}
		}
	}

	protected binary(expression: Extract<Expression, { op: "binary" }>, site: number): Recorded {
		const left = this.evaluate(expression.left, site);
		const right = this.evaluate(expression.right, site);
		const { operator } = expression;
		const divides = /divide|remainder/.test(operator);
		if (divides) this.check(right, site, () => ({ kind: "division_by_zero", detail: "division by zero" }));
		const operation = (a: number, b: number) => (divides && b === 0 ? 0 : evaluateBinary(operator, a, b));
		return {
			term: this.apply(operation, left.term, right.term),
			data: unionOf(left.data, right.data),
			control: unionOf(left.control, right.control),
		};
	}
}
