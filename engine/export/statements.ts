/** The instructions of a thread as Promela statements, as far as one step goes. */
import { freed, live } from "../memory/layout.ts";
import { isStop } from "../memory/sc.ts";
import { successors } from "../program/liveness.ts";
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
import { divisors, NotExportable, promelaCondition, promelaValue, type Scope } from "./symbolic.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Statements of one step past which the export gives up. */
const statementsMax = 5000;

/** Stands for "the thread has ended" where a program counter is asked for. */
export const ended = -1;

/** Writes instructions one after the other, up to where the step ends. */
export class StatementWriter {
	private readonly context: ModelContext;
	private readonly index: number;
	private readonly thread: Thread;
	private readonly scope: Scope;
	private readonly atStop: (pc: number) => string;
	private readonly runsOn: boolean;
	private readonly needed: (pc: number, register: number) => boolean;
	private readonly labels: string;
	/** Where ways through the step come together: each is written once, at a label. */
	private joins: ReadonlySet<number> = new Set();
	private readonly pending: number[] = [];
	private leave = "";
	private statements = 0;

	constructor(
		context: ModelContext,
		index: number,
		thread: Thread,
		scope: Scope,
		labels: string,
		atStop: (pc: number) => string,
		/** Whether what an instruction leaves in a register is ever read. */
		needed: (pc: number, register: number) => boolean,
		runsOn = false,
	) {
		this.needed = needed;
		this.labels = labels;
		this.context = context;
		this.index = index;
		this.thread = thread;
		this.scope = scope;
		this.atStop = atStop;
		this.runsOn = runsOn;
	}

	/**
	 * Statements from an instruction on. `first`: it begins the step, whatever it is. `ready`: label to put at the end, where stops
	 * do not jump away themselves.
	 */
	write(start: number, first: boolean, ready?: string): string {
		this.joins = this.joinsFrom(start, first);
		this.leave = ready && this.joins.size > 0 ? `; goto ${ready}` : "";
		const parts = [this.from(start, first)];
		for (let index = 0; index < this.pending.length; index++) {
			const pc = this.pending[index] as number;
			parts.push(`${this.labels}${pc}:`, `		skip;\n${this.from(pc, false, 2, true)}`);
		}
		if (this.leave !== "") parts.push(`${ready}:`, "		skip");
		const text = parts.reduce((all, part, index) =>
			index === 0 ? part : `${all}${all.endsWith(":") ? "" : ";"}\n${part}`,
		);
		return ready ? `${text};` : text;
	}

	private joinsFrom(start: number, first: boolean): ReadonlySet<number> {
		const reached = new Map<number, number>([[start, first ? 0 : 1]]);
		const work = [start];
		for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
			for (const next of successors(this.thread.instructions[pc] as Instruction)) {
				const instruction = this.thread.instructions[next] as Instruction;
				if (!this.runsOn && isStop(instruction, this.context.layout.contextIsShared)) continue;
				const times = (reached.get(next) ?? 0) + 1;
				reached.set(next, times);
				if (times === 1) work.push(next);
			}
		}
		return new Set([...reached].flatMap(([pc, times]) => (times > 1 ? [pc] : [])));
	}

	private from(start: number, first: boolean, depth = 2, atLabel = false): string {
		const tabs = "\t".repeat(depth);
		let text = "";
		let pc = start;
		let isFirst = first;
		for (;;) {
			if (++this.statements > statementsMax)
				throw new NotExportable(`${this.thread.name}: a step is too long to export (a loop inside one step?)`);
			const instruction = this.thread.instructions[pc] as Instruction;
			if (!isFirst && this.joins.has(pc) && !(atLabel && pc === start && text === "")) {
				if (!this.pending.includes(pc)) this.pending.push(pc);
				return `${text}${tabs}goto ${this.labels}${pc}`;
			}
			if (!isFirst && !this.runsOn && isStop(instruction, this.context.layout.contextIsShared))
				return `${text}${tabs}${this.atStop(pc)}${this.leave}`;
			if (instruction.kind === "end") return `${text}${this.end(tabs)}`;
			if (instruction.kind === "branch") return `${text}${this.branch(instruction, depth)}`;
			if (instruction.kind === "reload" && !isFirst) return `${text}${this.mayReload(instruction, pc, depth)}`;
			isFirst = false;
			const statement = this.statement(instruction, pc);
			if (statement !== "") text += `${tabs}${statement};\n`;
			pc = successors(instruction)[0] as number;
		}
	}

	private branch(instruction: Body<"branch">, depth: number): string {
		const tabs = "\t".repeat(depth);
		const zero = this.zero(instruction.condition);
		const check = zero === "" ? "" : `${tabs}${zero}\n`;
		return `${check}${tabs}if\n${tabs}:: ${promelaCondition(instruction.condition, this.scope)} ->\n${this.from(instruction.then, false, depth + 1)}\n${tabs}:: else ->\n${this.from(instruction.otherwise, false, depth + 1)}\n${tabs}fi`;
	}

	private mayReload(instruction: Extract<Instruction, { kind: "reload" }>, pc: number, depth: number): string {
		const tabs = "\t".repeat(depth);
		const next = this.from(instruction.next, false, depth + 1);
		const again = instruction.glued
			? `${tabs}	${this.statement(instruction, pc)};\n${next}`
			: `${tabs}	${this.atStop(pc)}${this.leave}`;
		const guard = instruction.glued ? this.differs(instruction) : "true";
		return `${tabs}if\n${tabs}:: true ->\n${next}\n${tabs}:: ${guard} ->	/* the compiler loads again */\n${again}\n${tabs}fi`;
	}

	private differs(instruction: Body<"reload">): string {
		const { fits, live: lives, word } = this.context.places.resolve(this.index, instruction.place, this.scope);
		const tests = [fits, lives].filter((test) => test !== "true").join(" && ");
		const differs = `${this.register(instruction.register)} != ${word}`;
		return tests === "" ? differs : `!(${tests}) || ${differs}`;
	}

	private value(expression: Expression): string {
		return promelaValue(expression, this.scope);
	}

	private register(register: number): string {
		return this.scope.register(register);
	}

	/** Statement that stops where an expression divides by zero; empty where none does. */
	private zero(...expressions: Expression[]): string {
		const zeros = expressions.flatMap((expression) => divisors(expression, this.scope));
		return zeros.length === 0 ? "" : `${wrongIf(zeros.join(" || "), "division_by_zero")}; `;
	}

	private end(tabs: string): string {
		if (this.runsOn) return `${tabs}skip${this.leave}`;
		return `${tabs}${this.atStop(ended)}${this.leave}`;
	}

	/** Statements that resolve a place, and the word there. */
	private resolve(place: Place): { readonly before: string; readonly cell: string; readonly cells: readonly number[] } {
		const { fits, live: lives, fault, word, cells } = this.context.places.resolve(this.index, place, this.scope);
		const tests = [fits, lives].filter((test) => test !== "true").join(" && ");
		const zero = this.zero(place.base, place.offset);
		return { before: tests === "" ? zero : `${zero}if :: ${tests} :: else -> ${fault} fi; `, cell: word, cells };
	}

	/** The statement of an instruction that neither branches nor ends; empty where it does nothing. */
	private statement(instruction: Instruction, pc: number): string {
		const { context, index } = this;
		switch (instruction.kind) {
			case "assign":
				return this.assign(instruction, pc);
			case "choose": {
				const values = Array.from(
					{ length: instruction.high - instruction.low + 1 },
					(_, step) => instruction.low + step,
				);
				return `if${values.map((value) => ` :: ${this.register(instruction.register)} = ${value}`).join("")} fi`;
			}
			case "check":
				return `${this.zero(instruction.condition)}${wrongUnless(promelaCondition(instruction.condition, this.scope), instruction.violation)}`;
			case "await":
				return this.runsOn ? wrongUnless(promelaCondition(instruction.condition, this.scope), "deadlock") : "";
			case "might_sleep":
				if (this.thread.kind === "callback") return wrongIf("true", "sleep_in_atomic");
				return context.contexts.length > 0 && !this.runsOn
					? wrongIf(readerText(context.contexts, index, asIs), "sleep_in_atomic")
					: "";
			case "load":
			case "reload": {
				const { before, cell } = this.resolve(instruction.place);
				if (!this.needed(pc, instruction.register)) return before.replace(/; $/, "");
				return `${before}${this.register(instruction.register)} = ${cell}`;
			}
			case "store": {
				const { before, cell } = this.resolve(instruction.place);
				return `${before}${this.zero(instruction.value)}${cell} = ${this.value(instruction.value)}`;
			}
			case "update":
				return this.update(instruction);
			case "is_locked": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${this.register(instruction.register)} = (${cell} != 0)`;
			}
			case "holds": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${this.register(instruction.register)} = ${holdsText(cell, index, instruction.shared)}`;
			}
			case "lock":
				return this.lock(instruction, pc);
			case "unlock":
				return this.unlock(instruction);
			case "downgrade": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${wrongUnless(ownsText(cell, index, false), "lock_misuse")}; ${cell} = ${takenText(`(${droppedText(cell, index, false)})`, index, true)}`;
			}
			case "context_get":
				return `${this.register(instruction.register)} = ${this.contextText(instruction.context)}`;
			case "context":
				return this.runsOn ? "" : this.changeContext(instruction);
			case "context_set":
				return this.runsOn ? "" : `irq[${index}] = ${promelaCondition(instruction.value, this.scope)}${this.quiesce()}`;
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
		if (this.runsOn || (context !== "atomic" && !contexts.includes(context))) return "0";
		return context === "atomic" ? readerText(contexts, this.index, asIs) : `${context}[${this.index}]`;
	}

	private assign(instruction: Body<"assign">, pc: number): string {
		const register = this.register(instruction.register);
		const value = this.value(instruction.value);
		const zero = this.zero(instruction.value);
		if (value === register || !this.needed(pc, instruction.register)) return zero.replace(/; $/, "");
		return `${zero}${register} = ${value}`;
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
		return { before: before === lock ? "" : before, cell, mask: `(1 << ${this.value(bit.number)})` };
	}

	private lock(instruction: Body<"lock">, pc: number): string {
		const { index } = this;
		const { before, cell, cells } = this.resolve(instruction.lock);
		const bit = this.bit(instruction.bit, before);
		const free = [freeText(cell, instruction), ...(bit ? [`(${bit.cell} & ${bit.mask}) == 0`] : [])].join(" && ");
		const take = [
			`${cell} = ${takenText(cell, index, instruction.shared)}`,
			...(bit ? [`${bit.cell} = ${bit.cell} | ${bit.mask}`] : []),
			...(instruction.spinning && !this.runsOn ? [`spin[${index}] = spin[${index}] + 1`] : []),
		].join("; ");
		const begin = `${before}${bit?.before ?? ""}`;
		if (instruction.try !== undefined) {
			const register = this.register(instruction.try);
			return `${begin}if :: ${free} -> ${register} = 1; ${take} :: else -> ${register} = 0 fi`;
		}
		const queue = `if :: ${free} :: else -> ${cell} = ${queuedText(cell)}; ${this.atStop(pc)}${this.leave} fi; `;
		const wait = this.runsOn ? `${wrongUnless(free, "deadlock")}; ` : instruction.queues ? queue : "";
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
		const { at } = context.places.resolve(this.index, place, this.scope);
		return `${wrongIf(context.order.outOfOrder(at, index), "lock_order")}; `;
	}

	private unlock(instruction: Body<"unlock">): string {
		const { index } = this;
		const { before, cell } = this.resolve(instruction.lock);
		const bit = this.bit(instruction.bit, before);
		const clear = bit
			? `; ${bit.before}${wrongUnless(`(${bit.cell} & ${bit.mask}) != 0`, "lock_misuse")}; ${bit.cell} = ${bit.cell} & ~${bit.mask}`
			: "";
		const spin = instruction.spinning && !this.runsOn ? `; spin[${index}] = spin[${index}] - 1${this.quiesce()}` : "";
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
