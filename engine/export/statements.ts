/** The instructions of a thread as Promela statements, as far as one step goes. */
import { isStop } from "../memory/sc.ts";
import { registerDefined, registersUsed, successors } from "../program/liveness.ts";
import type { Expression, Instruction, InstructionBody, Place, Thread } from "../program/program.ts";
import { InstructionWriter } from "./instructions.ts";
import { Pending, type Texts, timesRead } from "./pending.ts";
import type { ModelContext } from "./promela.ts";
import { NotExportable, promelaCondition, type Scope } from "./symbolic.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Statements of one step past which the export gives up. */
const statementsMax = 5000;

/** Stands for "the thread has ended" where a program counter is asked for. */
export const ended = -1;

/** Writes instructions one after the other, up to where the step ends. */
export class StatementWriter {
	private readonly context: ModelContext;
	private readonly thread: Thread;
	private readonly scope: Scope;
	private readonly atStop: (pc: number, written: ReadonlySet<number>) => string;
	private readonly runsOn: boolean;
	private readonly live: readonly ReadonlySet<number>[];
	private readonly labels: string;
	/** Where ways through the step come together: each is written once, at a label. */
	private joins: ReadonlySet<number> = new Set();
	private readonly waiting: number[] = [];
	/** Registers that may have been assigned to on the ways to a join. */
	private readonly writtenAt = new Map<number, Set<number>>();
	private writtenGrew = false;
	private readonly instructions: InstructionWriter;
	private readonly texts: Texts = { all: [] };
	private leave = "";
	private statements = 0;

	constructor(
		context: ModelContext,
		index: number,
		thread: Thread,
		scope: Scope,
		labels: string,
		/** Statements for a thread that stops there; `written`: registers that the step may have assigned to. */
		atStop: (pc: number, written: ReadonlySet<number>) => string,
		/** Of each program counter, the registers that are read from there on. */
		live: readonly ReadonlySet<number>[],
		/** Nobody else runs: nothing stops it. */
		runsOn = false,
	) {
		this.live = live;
		this.labels = labels;
		this.context = context;
		this.thread = thread;
		this.scope = scope;
		this.atStop = atStop;
		this.runsOn = runsOn;
		this.instructions = new InstructionWriter(
			context,
			index,
			thread,
			scope,
			new Pending(scope, this.texts, new Set()),
			runsOn,
		);
	}

	/**
	 * Statements from an instruction on. `first`: it begins the step, whatever it is. `ready`: label to put at the end, where stops
	 * do not jump away themselves.
	 */
	write(start: number, first: boolean, ready?: string): string {
		this.joins = this.joinsFrom(start, first);
		this.leave = ready && this.joins.size > 0 ? `; goto ${ready}` : "";
		// What has been assigned to where ways come together is known when all of them have been written.
		let text: string;
		do {
			this.writtenGrew = false;
			text = this.attempt(start, first, ready);
		} while (this.writtenGrew);
		return ready ? `${text};` : text;
	}

	private attempt(start: number, first: boolean, ready: string | undefined): string {
		this.waiting.length = 0;
		this.texts.all.length = 0;
		const parts = [this.from(start, first, new Pending(this.scope, this.texts, new Set()))];
		for (let index = 0; index < this.waiting.length; index++) {
			const pc = this.waiting[index] as number;
			parts.push(
				`${this.labels}${pc}:`,
				`		skip;\n${this.from(pc, false, new Pending(this.scope, this.texts, new Set(this.writtenAt.get(pc))), 2, true)}`,
			);
		}
		if (this.leave !== "") parts.push(`${ready}:`, "		skip");
		return parts.reduce((all, part, index) => (index === 0 ? part : `${all}${all.endsWith(":") ? "" : ";"}\n${part}`));
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

	private from(start: number, first: boolean, pending: Pending, depth = 2, atLabel = false): string {
		const tabs = "\t".repeat(depth);
		let text = "";
		let pc = start;
		let isFirst = first;
		const settled = (at: number) => line(tabs, pending.settleAll(this.livesAt(at)));
		for (;;) {
			if (++this.statements > statementsMax)
				throw new NotExportable(`${this.thread.name}: a step is too long to export (a loop inside one step?)`);
			const instruction = this.thread.instructions[pc] as Instruction;
			if (!isFirst && this.joins.has(pc) && !(atLabel && pc === start && text === "")) {
				if (!this.waiting.includes(pc)) this.waiting.push(pc);
				text += settled(pc);
				this.reach(pc, pending.written);
				return `${text}${tabs}goto ${this.labels}${pc}`;
			}
			if (!isFirst && !this.runsOn && isStop(instruction, this.context.layout.contextIsShared))
				return `${text}${settled(pc)}${tabs}${this.atStop(pc, pending.written)}${this.leave}`;
			if (instruction.kind === "end") return `${text}${settled(pc)}${this.end(tabs, pending)}`;
			if (instruction.kind === "branch") {
				text += line(tabs, this.prepare(instruction, pc, pending));
				const condition = pending.substituted(instruction.condition);
				if (condition.op !== "constant") return `${text}${this.branch(instruction, condition, pending, depth)}`;
				isFirst = false;
				pc = condition.value !== 0 ? instruction.then : instruction.otherwise;
				continue;
			}
			if (instruction.kind === "reload" && !isFirst)
				return `${text}${settled(pc)}${this.mayReload(instruction, pc, pending, depth)}`;
			isFirst = false;
			text += line(tabs, this.one(instruction, pc, pending));
			pc = successors(instruction)[0] as number;
		}
	}

	private reach(join: number, written: ReadonlySet<number>): void {
		const known = this.writtenAt.get(join) ?? new Set();
		this.writtenAt.set(join, known);
		const before = known.size;
		for (const register of written) known.add(register);
		if (known.size > before) this.writtenGrew = true;
	}

	private readonly livesAt =
		(pc: number) =>
		(register: number): boolean =>
			this.live[pc]?.has(register) === true;

	private readonly livesAfter =
		(pc: number) =>
		(register: number): boolean =>
			successors(this.thread.instructions[pc] as Instruction).some((next) => this.live[next]?.has(register));

	/** Statements that bring down what the instruction cannot read as it is. */
	private prepare(instruction: Instruction, pc: number, pending: Pending): string {
		const lives = this.livesAfter(pc);
		const inside = expressionOf(instruction);
		const defined = registerDefined(instruction);
		let text = "";
		for (const register of registersUsed(instruction)) {
			const times = inside ? timesRead(inside, register) : Number.POSITIVE_INFINITY;
			// A place is written several times over.
			const isElsewhere = inside === undefined || (instruction.kind === "store" && inPlace(instruction, register));
			text += pending.settleUnless(
				register,
				isElsewhere ? Number.POSITIVE_INFINITY : times,
				!lives(register) || register === defined,
			);
		}
		return text;
	}

	/** An instruction that neither branches nor ends: what it does, and what has to be done before. */
	private one(instruction: Instruction, pc: number, pending: Pending): string {
		const { instructions } = this;
		const lives = this.livesAfter(pc);
		instructions.wording = pending;
		if (instruction.kind === "assign" && instruction.value.op === "register" && lives(instruction.value.register)) {
			const shared = pending.share(instruction.register, instruction.value.register, lives);
			if (shared !== undefined) return shared;
		}
		let before = this.prepare(instruction, pc, pending);
		if (instruction.kind === "assign") {
			const zero = instructions.zero(instruction.value);
			if (!lives(instruction.register)) return `${before}${zero}`;
			if (zero === "") return `${before}${pending.stand(instruction.register, instruction.value, lives)}`;
		}
		const found = instructions.found(instruction);
		if (found) {
			if (!lives(found.register)) return `${before}${found.before}`;
			const stands = pending.standForText(found.register, found.text, registersUsed(instruction), lives);
			return `${before}${found.before}${stands}`;
		}
		const used = registersUsed(instruction);
		const matters = (register: number) => lives(register) || used.has(register);
		if (changesState(instruction)) before += pending.settleMemory(matters);
		const defined = instruction.kind === "reload" ? instruction.register : registerDefined(instruction);
		if (defined !== undefined)
			before += `${used.has(defined) ? pending.settle(defined) : ""}${pending.overwrite(defined, matters)}`;
		const queued = () => {
			const inQueue = pending.fork();
			return `${inQueue.settleAll(this.livesAt(pc))}${this.atStop(pc, inQueue.written)}${this.leave}`;
		};
		return `${before}${instructions.statement(instruction, queued)}`;
	}

	private branch(instruction: Body<"branch">, condition: Expression, pending: Pending, depth: number): string {
		const tabs = "\t".repeat(depth);
		this.instructions.wording = pending;
		const check = line(tabs, this.instructions.zero(instruction.condition));
		const way = (pc: number) => this.from(pc, false, pending.fork(), depth + 1);
		return `${check}${tabs}if\n${tabs}:: ${promelaCondition(condition, pending.leaves)} ->\n${way(instruction.then)}\n${tabs}:: else ->\n${way(instruction.otherwise)}\n${tabs}fi`;
	}

	/** Everything has been written down. */
	private mayReload(
		instruction: Extract<Instruction, { kind: "reload" }>,
		pc: number,
		pending: Pending,
		depth: number,
	): string {
		const tabs = "\t".repeat(depth);
		this.instructions.wording = pending;
		const guard = instruction.glued ? this.instructions.differs(instruction) : "true";
		const load = instruction.glued ? this.instructions.statement(instruction, () => "") : "";
		const next = this.from(instruction.next, false, pending.fork(), depth + 1);
		pending.written.add(instruction.register);
		const again = instruction.glued
			? `${tabs}	${load};\n${this.from(instruction.next, false, pending.fork(), depth + 1)}`
			: `${tabs}	${this.atStop(pc, pending.written)}${this.leave}`;
		return `${tabs}if\n${tabs}:: true ->\n${next}\n${tabs}:: ${guard} ->	/* the compiler loads again */\n${again}\n${tabs}fi`;
	}

	private end(tabs: string, pending: Pending): string {
		if (this.runsOn) return `${tabs}skip${this.leave}`;
		return `${tabs}${this.atStop(ended, pending.written)}${this.leave}`;
	}
}

/** A line of statements; none where there are none. */
const line = (tabs: string, statements: string) =>
	statements === "" ? "" : `${tabs}${statements.replace(/; $/, "")};\n`;

/** The one expression of an instruction that is written once, where it has one. */
function expressionOf(instruction: Instruction): Expression | undefined {
	switch (instruction.kind) {
		case "assign":
		case "store":
			return instruction.value;
		case "branch":
		case "check":
			return instruction.condition;
		default:
			return undefined;
	}
}

const inPlace = ({ place }: { readonly place: Place }, register: number) =>
	timesRead(place.base, register) + timesRead(place.offset, register) > 0;

/** Whether an instruction may change a word of memory, or a context. */
const changesState = ({ kind }: Instruction) => /^(store|update|lock|unlock|downgrade|context|context_set)$/.test(kind);
