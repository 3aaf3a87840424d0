/** The instructions of a thread as Promela statements, as far as one step goes. */
import { freed, live } from "../memory/layout.ts";
import { sharedBit, writerWaits } from "../memory/locks.ts";
import { isStop } from "../memory/sc.ts";
import { successors } from "../program/liveness.ts";
import type { Expression, Instruction, InstructionBody, Place, Thread } from "../program/program.ts";
import {
	droppedText,
	freeText,
	holdsText,
	irqsOffText,
	readersText,
	readerText,
	takenText,
	updateText,
} from "./look.ts";
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
		runsOn = false,
	) {
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
			const statement = instruction.kind === "lock" ? this.lock(instruction, pc) : this.statement(instruction);
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
			? `${tabs}	${this.statement(instruction)};\n${next}`
			: `${tabs}	${this.atStop(pc)}${this.leave}`;
		const guard = instruction.glued
			? `${this.register(instruction.register)} != ${this.readText(instruction.place)}`
			: "true";
		return `${tabs}if\n${tabs}:: true ->\n${next}\n${tabs}:: ${guard} ->	/* the compiler loads again */\n${again}\n${tabs}fi`;
	}

	private readText(place: Place): string {
		return this.context.places
			.resolve(this.index, place, this.scope)
			.cases.reduceRight(
				(otherwise, { condition, cell }) =>
					condition
						? `(${condition} -> ${this.context.names.cells[cell]} : ${otherwise})`
						: `${this.context.names.cells[cell]}`,
				"0",
			);
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
		return zeros.length === 0 ? "" : `if :: ${zeros.join(" || ")} -> VIOLATION(division_by_zero) :: else fi; `;
	}

	private end(tabs: string): string {
		const { context, index } = this;
		if (this.runsOn) return `${tabs}skip${this.leave}`;
		const checks: string[] = [];
		if (context.hasContexts) {
			checks.push(`:: rcu[${index}] > 0 -> VIOLATION(rcu_reader_left_open)`);
			checks.push(`:: rcu[${index}] == 0 && (irq[${index}] > 0 || preempt[${index}] > 0) -> VIOLATION(lock_misuse)`);
		}
		const held = context.layout.lockCells.map((cell) => holdsText(context.names.cells[cell] ?? "", index, true));
		if (held.length > 0)
			checks.push(
				`:: ${context.hasContexts ? `rcu[${index}] == 0 && irq[${index}] == 0 && preempt[${index}] == 0 && ` : ""}(${held.join(" || ")}) -> VIOLATION(lock_misuse)`,
			);
		const check =
			checks.length === 0
				? ""
				: `${tabs}if\n${checks.map((each) => `${tabs}${each}\n`).join("")}${tabs}:: else\n${tabs}fi;\n`;
		return `${check}${tabs}${this.atStop(ended)}${this.leave}`;
	}

	/** Statements that resolve a place, and the cell's name: `m[at]` where it depends. */
	private resolve(place: Place, variable = "at"): { readonly before: string; readonly cell: string } {
		const { places, names } = this.context;
		const { cases, faults } = places.resolve(this.index, place, this.scope);
		const zero = this.zero(place.base, place.offset);
		const [only] = cases;
		if (only && only.condition === undefined)
			return { before: `${zero}${this.alive(only.object)}`, cell: names.cells[only.cell] as string };
		const chosen = cases.map(
			({ condition, cell, object }) =>
				` :: ${condition} -> ${this.alive(object)}${variable} = ${cell} /* ${names.cells[cell]} */`,
		);
		const wrong = faults.map(({ condition, kind }) => ` :: ${condition ?? "else"} -> VIOLATION(${kind})`);
		const rest = faults.some(({ condition }) => condition === undefined)
			? ""
			: " :: else -> VIOLATION(wild_dereference)";
		return { before: `${zero}if${chosen.join("")}${wrong.join("")}${rest} fi; `, cell: `m[${variable}]` };
	}

	private alive(object: number): string {
		if (!this.context.places.mayDie(object)) return "";
		return `if :: alive[${object}] == ${live} :: alive[${object}] == ${freed} -> VIOLATION(use_after_free) :: else -> VIOLATION(wild_dereference) fi; `;
	}

	/** The statement of an instruction that neither branches nor ends; empty where it does nothing. */
	private statement(instruction: Instruction): string {
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
				return `${this.zero(instruction.condition)}if :: ${promelaCondition(instruction.condition, this.scope)} :: else -> VIOLATION(${instruction.violation}) fi`;
			case "await":
				return this.runsOn
					? `if :: ${promelaCondition(instruction.condition, this.scope)} :: else -> VIOLATION(deadlock) fi`
					: "";
			case "might_sleep":
				if (this.thread.kind === "callback") return "VIOLATION(sleep_in_atomic)";
				return context.hasContexts && !this.runsOn
					? `if :: ${readerText(index, asIs)} -> VIOLATION(sleep_in_atomic) :: else fi`
					: "";
			case "load":
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
			case "is_locked": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${this.register(instruction.register)} = (${cell} != 0)`;
			}
			case "holds": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}${this.register(instruction.register)} = ${holdsText(cell, index, instruction.shared)}`;
			}
			case "unlock":
				return this.unlock(instruction);
			case "downgrade": {
				const { before, cell } = this.resolve(instruction.lock);
				return `${before}if :: !${holdsText(cell, index, false)} -> VIOLATION(lock_misuse) :: else fi; ${cell} = ${takenText(droppedText(cell, index, false), index, true)}`;
			}
			case "context_get":
				if (this.runsOn || !context.hasContexts) return `${this.register(instruction.register)} = 0`;
				return `${this.register(instruction.register)} = ${instruction.context === "atomic" ? readerText(index, asIs) : `${instruction.context}[${index}]`}`;
			case "context":
				return this.runsOn ? "" : this.changeContext(instruction);
			case "context_set":
				return this.runsOn
					? ""
					: `irq[${index}] = ${promelaCondition(instruction.value, this.scope)}; ${this.quiesce()}`;
			case "irqs_disabled_on":
				return `${this.register(instruction.register)} = ${context.hasContexts ? irqsOffText(context.program, this.value(instruction.cpu), asIs) : "0"}`;
			case "grace_period_begin":
				return `waits[${instruction.gracePeriod}] = ${readersText(context.program, asIs)}`;
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

	private update(instruction: Body<"update">): string {
		const { before, cell } = this.resolve(instruction.place);
		const { compare } = instruction;
		const zero = this.zero(instruction.operand, ...(compare ? [compare.value] : []));
		const write = `${cell} = ${updateText(instruction.update, "before", "operand")}`;
		const stores = compare
			? `if :: before ${compare.unless ? "!=" : "=="} ${this.value(compare.value)} -> ${write} :: else fi`
			: write;
		const keep = instruction.register === undefined ? "" : `; ${this.register(instruction.register)} = before`;
		return `${before}${zero}before = ${cell}; operand = ${this.value(instruction.operand)}; ${stores}${keep}`;
	}

	private lock(instruction: Body<"lock">, pc: number): string {
		const { index } = this;
		const { before, cell } = this.resolve(instruction.lock);
		const bit = instruction.bit;
		const word = bit ? this.resolve(bit.word, "object") : undefined;
		const mask = bit ? `(1 << ${this.value(bit.number)})` : "";
		const free = [freeText(cell, instruction), ...(word ? [`(${word.cell} & ${mask}) == 0`] : [])].join(" && ");
		const take = [
			`${cell} = ${takenText(cell, index, instruction.shared)}`,
			...(word ? [`${word.cell} = ${word.cell} | ${mask}`] : []),
			...(instruction.spinning && !this.runsOn ? [`spin[${index}] = spin[${index}] + 1`] : []),
		].join("; ");
		const begin = `${before}${word?.before ?? ""}`;
		if (instruction.try !== undefined) {
			const register = this.register(instruction.try);
			return `${begin}if :: ${free} -> ${register} = 1; ${take} :: else -> ${register} = 0 fi`;
		}
		const queue =
			instruction.queues && !this.runsOn
				? `if :: ${free} :: else -> ${cell} = ${cell} | ${writerWaits}; ${this.atStop(pc)}${this.leave} fi; `
				: "";
		const wait = this.runsOn ? `if :: ${free} :: else -> VIOLATION(deadlock) fi; ` : queue;
		return `${begin}if :: ${holdsText(cell, index, true)} -> VIOLATION(lock_misuse) :: else fi; ${wait}${this.order(instruction.lock)}${take}`;
	}

	/** The documented lock order, for each lock that this may be. */
	private order(place: Place): string {
		const { context, index } = this;
		const rank = (cell: number) => context.program.cells[cell]?.lock?.rank;
		const checks = context.places.resolve(index, place, this.scope).cases.flatMap(({ condition, cell }) => {
			const own = rank(cell);
			if (own === undefined) return [];
			const later = context.layout.lockCells.filter((other) => (rank(other) ?? own) > own);
			if (later.length === 0) return [];
			const held = later.map((other) => holdsText(context.names.cells[other] ?? "", index, true)).join(" || ");
			return [`:: ${condition ? `${condition} && ` : ""}(${held}) -> VIOLATION(lock_order)`];
		});
		return checks.length === 0 ? "" : `if ${checks.join(" ")} :: else fi; `;
	}

	private unlock(instruction: Body<"unlock">): string {
		const { index } = this;
		const { before, cell } = this.resolve(instruction.lock);
		const bit = instruction.bit;
		const word = bit ? this.resolve(bit.word, "object") : undefined;
		const mask = bit ? `(1 << ${this.value(bit.number)})` : "";
		const clear = word
			? `; ${word.before}if :: (${word.cell} & ${mask}) != 0 :: else -> VIOLATION(lock_misuse) fi; ${word.cell} = ${word.cell} & ~${mask}`
			: "";
		const spin = instruction.spinning && !this.runsOn ? `; spin[${index}] = spin[${index}] - 1; ${this.quiesce()}` : "";
		const held = instruction.shared ? `(${cell} & ${sharedBit(index)}) != 0` : holdsText(cell, index, false);
		return `${before}if :: ${held} :: else -> VIOLATION(lock_misuse) fi; ${cell} = ${droppedText(cell, index, instruction.shared)}${clear}${spin}`;
	}

	private changeContext(instruction: Body<"context">): string {
		const { index } = this;
		const name = `${instruction.context}[${index}]`;
		if (instruction.context === "irq") return `${name} = ${instruction.change > 0 ? 1 : 0}; ${this.quiesce()}`;
		if (instruction.change > 0) return `${name} = ${name} + 1`;
		return `if :: ${name} > 0 :: else -> VIOLATION(lock_misuse) fi; ${name} = ${name} - 1; ${this.quiesce()}`;
	}

	private quiesce(): string {
		const periods = this.context.program.gracePeriods;
		if (periods === 0) return "skip";
		const leave = Array.from(
			{ length: periods },
			(_, period) => `waits[${period}] = waits[${period}] & ~${1 << this.index}`,
		);
		return `if :: ${readerText(this.index, asIs)} :: else -> ${leave.join("; ")} fi`;
	}

	private callRcu(instruction: Body<"call_rcu">): string {
		const { context } = this;
		const given = instruction.arguments.map(
			(argument) => `${context.register(instruction.thread, argument.register)} = ${this.value(argument.value)}; `,
		);
		return `if :: running[${instruction.thread}] -> LIMIT(rcu_callbacks) :: else fi; ${given.join("")}waits[${instruction.gracePeriod}] = ${readersText(context.program, asIs)}; running[${instruction.thread}] = true`;
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
		const { program, values, layout, names } = this.context;
		const pointer = this.value(instruction.pointer);
		const known = values.values(this.index, instruction.pointer);
		const choices = program.objects.flatMap((object, number) => {
			if (known && !known.has(object.address)) return [];
			const locks = layout.lockCells.filter((cell) => program.cells[cell]?.object === number);
			// Memory that is type-safe stays a lock: who holds it may be late.
			const locked = locks
				.map((cell) =>
					layout.typesafe[number] === 1
						? holdsText(names.cells[cell] ?? "", this.index, true)
						: `${names.cells[cell]} != 0`,
				)
				.join(" || ");
			const held = locks.length === 0 ? "" : `if :: ${locked} -> VIOLATION(lock_misuse) :: else fi; `;
			return [
				` :: ${pointer} == ${object.address} -> if :: alive[${number}] == ${live} :: else -> VIOLATION(double_free) fi; ${held}alive[${number}] = ${freed}`,
			];
		});
		return `${this.zero(instruction.pointer)}if :: ${pointer} == 0${choices.join("")} :: else -> VIOLATION(invalid_free) fi`;
	}
}

const asIs = (name: string) => name;
