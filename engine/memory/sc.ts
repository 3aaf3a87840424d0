/**
 * Sequential consistency: one shared memory, one step at a time. This interpreter is the definition of what a Program
 * means; whatever is faster must agree with it.
 */
import { deadRegisters } from "../program/liveness.ts";
import type { Expression, Instruction, InstructionBody, Place, Program } from "../program/program.ts";
import type { Limit } from "../verdict/verdict.ts";
import { type Fault, resolve } from "./access.ts";
import { DivisionByZero, evaluate } from "./expression.ts";
import {
	finished,
	freed,
	irqWord,
	type Layout,
	layoutOf,
	live,
	notStarted,
	pcWord,
	preemptWord,
	rcuWord,
	registersWord,
	spinWord,
} from "./layout.ts";
import {
	available,
	dropped,
	holdsAtAll,
	holdsExclusive,
	holdsShared,
	isHeld,
	mayQueue,
	taken,
	writerWaits,
} from "./locks.ts";

/** Local instructions that one step may take; more is a loop that never touches shared memory, or nearly so. */
export const localInstructionsMax = 100_000;

/** How a step ended. `disabled`: it cannot be taken now, and the words are not to be used. */
export type Outcome =
	| { readonly kind: "done" }
	| { readonly kind: "disabled" }
	/** `thread`: who went wrong; the number after the last thread's is init. */
	| { readonly kind: "fault"; readonly fault: Fault; readonly instruction: number; readonly thread: number }
	| { readonly kind: "limit"; readonly limit: Limit; readonly instruction: number };

/** Told what happens during a step; only replay listens. */
export interface Observer {
	/** A step begins, or is tried: what was heard of a step that proved disabled is void. */
	begin?(): void;
	instruction?(thread: number, instruction: number): void;
	register?(register: number, value: number): void;
	read?(cell: number, value: number): void;
	write?(cell: number, before: number, after: number): void;
	lock?(cell: number, taken: boolean, shared: boolean): void;
	/** A writer goes into the lock's queue. */
	queue?(cell: number): void;
	lifetime?(object: number, before: number, after: number): void;
	reload?(text: string, before: number, after: number): void;
}

const done: Outcome = { kind: "done" };
const disabled: Outcome = { kind: "disabled" };

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Whether a thread stops before this instruction and lets others run. */
export function isStop(instruction: Instruction, contextIsShared: boolean): boolean {
	if (instruction.glued) return false;
	switch (instruction.kind) {
		case "load":
		case "store":
		case "update":
		case "lock":
		case "unlock":
		case "downgrade":
		case "is_locked":
		case "irqs_disabled_on":
		case "grace_period_begin":
		case "grace_period_end":
		case "call_rcu":
		case "allocate":
		case "free":
		case "await":
			return true;
		case "context":
		case "context_set":
			return contextIsShared;
		default:
			return false;
	}
}

/** Executes steps of a Program on states of `layout.words` words. Holds no state of its own between steps. */
export class Machine {
	readonly program: Program;
	readonly layout: Layout;
	/** How many alternatives each choice of the last step had. */
	readonly arities: number[] = [];
	private choices: readonly number[] = [];
	private words: Int32Array;
	private thread = 0;
	private base = 0;
	private observer: Observer | undefined;
	private fault: Fault | undefined;
	private lenient = false;
	private readonly dead: readonly (readonly Int32Array[])[];
	/** Rows in which properties are evaluated. */
	private readonly scratches = new Map<Program["properties"][number], Int32Array>();

	constructor(program: Program) {
		this.program = program;
		this.layout = layoutOf(program);
		this.words = new Int32Array(this.layout.words);
		this.dead = deadRegisters(program);
	}

	/** Thread number that `init` goes by. */
	get initThread(): number {
		return this.program.threads.length;
	}

	/** A state in which nothing has run, not even `init`. */
	blank(): Int32Array {
		const { program, layout } = this;
		const words = new Int32Array(layout.words);
		program.cells.forEach((cell, index) => {
			words[index] = cell.initial;
		});
		program.objects.forEach((object, index) => {
			words[layout.lifetimes + index] = object.initiallyLive ? live : 0;
		});
		program.threads.forEach((thread, index) => {
			words[(layout.threads[index] as number) + pcWord] = thread.kind === "callback" ? notStarted : thread.entry;
		});
		if (program.init) words[(layout.threads[this.initThread] as number) + pcWord] = program.init.entry;
		return words;
	}

	/**
	 * Brings a blank state to where the search starts: `init` runs to its end, then each thread's local prefix.
	 * `choices` as in `step`.
	 */
	start(words: Int32Array, choices: readonly number[], observer?: Observer): Outcome {
		this.begin(words, choices, observer);
		if (this.program.init) {
			this.enter(this.initThread);
			while (this.pc >= 0) {
				const outcome = this.run(true);
				if (outcome.kind === "disabled") {
					const fault: Fault = { kind: "deadlock", detail: "init waits for something that nobody will do" };
					return { kind: "fault", fault, instruction: this.pc, thread: this.thread };
				}
				if (outcome.kind !== "done") return outcome;
			}
			// Nobody reads its registers again.
			words.fill(0, this.base + irqWord);
		}
		for (let thread = 0; thread < this.program.threads.length; thread++) {
			this.enter(thread);
			if (this.pc < 0) continue;
			const outcome = this.run(false);
			if (outcome.kind !== "done") return outcome;
		}
		return done;
	}

	/** Whether the thread has a next instruction at all. */
	running(words: Int32Array, thread: number): boolean {
		return (words[(this.layout.threads[thread] as number) + pcWord] as number) >= 0;
	}

	/** The instruction that the thread stands before, if it is running. */
	nextInstruction(words: Int32Array, thread: number): Instruction | undefined {
		return this.program.threads[thread]?.instructions[
			words[(this.layout.threads[thread] as number) + pcWord] as number
		];
	}

	/**
	 * Takes one step of `thread`, changing `words` in place: the shared access it stands before, and all local work up to
	 * the next one. The i-th nondeterministic choice of the step takes alternative `choices[i]`, or 0; `arities` then says
	 * how many there were.
	 */
	step(words: Int32Array, thread: number, choices: readonly number[], observer?: Observer): Outcome {
		this.begin(words, choices, observer);
		this.enter(thread);
		if (this.pc < 0 || this.isHeldOff(thread)) return disabled;
		return this.run(true);
	}

	/** Whether another thread keeps this one off their common CPU: it has preemption or interrupts off, or spins in a lock's section. */
	private isHeldOff(thread: number): boolean {
		for (const mate of this.layout.cpuMates[thread] ?? []) {
			const base = this.layout.threads[mate] as number;
			if (this.words[base + irqWord] || this.words[base + preemptWord] || this.words[base + spinWord]) return true;
		}
		return false;
	}

	/** Place of the access that the thread stands before, when that is a plain or marked access to one cell. */
	nextAccess(words: Int32Array, thread: number): { cell: number; writes: boolean; plain: boolean } | undefined {
		const instruction = this.nextInstruction(words, thread);
		if (!instruction || (instruction.kind !== "load" && instruction.kind !== "store" && instruction.kind !== "update"))
			return undefined;
		this.begin(words, [], undefined);
		this.enter(thread);
		// "Any data races due to accesses in expr should be ignored": Documentation/dev-tools/kcsan.rst on data_race(expr).
		if (instruction.kind !== "update" && instruction.marking === "data_race") return undefined;
		const cell = this.cellOf(instruction.place);
		this.fault = undefined;
		if (cell < 0) return undefined;
		const plain = instruction.kind !== "update" && instruction.marking === "plain";
		return { cell, writes: instruction.kind !== "load", plain };
	}

	/** Runs a property's code over a state: its register 0. A dereference that faults makes the property not hold. */
	holdsIn(words: Int32Array, property: Program["properties"][number]): boolean {
		const code = property.code;
		const scratch = this.scratchFor(property, words.length + registersWord + code.registers.length);
		scratch.set(words);
		scratch.fill(0, words.length);
		for (const variable of property.variables) {
			const from = (this.layout.threads[variable.thread] as number) + registersWord + variable.of;
			scratch[words.length + registersWord + variable.register] = words[from] as number;
		}
		this.begin(scratch, [], undefined);
		this.thread = this.initThread;
		this.base = words.length;
		scratch[this.base + pcWord] = code.entry;
		this.lenient = true;
		let outcome: Outcome = done;
		while (this.pc >= 0 && outcome.kind === "done") outcome = this.interpret(code.instructions, true);
		this.lenient = false;
		return outcome.kind === "done" && scratch[words.length + registersWord] !== 0;
	}

	private scratchFor(property: Program["properties"][number], length: number): Int32Array {
		const known = this.scratches.get(property);
		if (known) return known;
		const scratch = new Int32Array(length);
		this.scratches.set(property, scratch);
		return scratch;
	}

	private begin(words: Int32Array, choices: readonly number[], observer: Observer | undefined): void {
		this.words = words;
		this.choices = choices;
		this.arities.length = 0;
		this.observer = observer;
		this.fault = undefined;
		observer?.begin?.();
	}

	private enter(thread: number): void {
		this.thread = thread;
		this.base = this.layout.threads[thread] as number;
	}

	private get pc(): number {
		return this.words[this.base + pcWord] as number;
	}

	private choose(alternatives: number): number {
		const index = this.arities.length;
		this.arities.push(alternatives);
		return this.choices[index] ?? 0;
	}

	private value(expression: Expression): number {
		return evaluate(expression, this.words, this.base + registersWord);
	}

	private setRegister(register: number | undefined, value: number): void {
		if (register === undefined) return;
		this.words[this.base + registersWord + register] = value;
		this.observer?.register?.(register, value);
	}

	/** The cell of a place, or -1 with `fault` set. */
	private cellOf(place: Place): number {
		const resolved = resolve(
			this.program,
			this.layout,
			this.words,
			this.value(place.base),
			this.value(place.offset),
			place.structure,
			place.text,
		);
		if (typeof resolved === "number") return resolved;
		// A property looks from outside: what a freed object last held is still there to be seen.
		if (this.lenient && resolved.kind === "use_after_free" && resolved.cell !== undefined) return resolved.cell;
		this.fault = resolved;
		return -1;
	}

	private write(cell: number, value: number): void {
		const before = this.words[cell] as number;
		this.words[cell] = value;
		this.observer?.write?.(cell, before, value);
	}

	private read(cell: number): number {
		const value = this.words[cell] as number;
		this.observer?.read?.(cell, value);
		return value;
	}

	private run(startsAtStop: boolean): Outcome {
		const thread = this.thread === this.initThread ? this.program.init : this.program.threads[this.thread];
		return thread ? this.interpret(thread.instructions, startsAtStop) : disabled;
	}

	private interpret(instructions: readonly Instruction[], startsAtStop: boolean): Outcome {
		let first = startsAtStop;
		const pcAt = this.base + pcWord;
		for (let count = 0; count < localInstructionsMax; count++) {
			const pc = this.words[pcAt] as number;
			const instruction = instructions[pc] as Instruction;
			if (!first && isStop(instruction, this.layout.contextIsShared)) return this.stop(pc);
			let skip = false;
			if (instruction.kind === "reload" && !first) {
				// Alternative 1 stands still here, so that others may run before the compiler's second load.
				if (this.choose(2) === 1 && !instruction.glued) return this.stop(pc);
				skip = (this.choices[this.arities.length - 1] ?? 0) === 0;
			}
			first = false;
			this.observer?.instruction?.(this.thread, pc);
			let next: number;
			try {
				next = skip ? (instruction as Body<"reload">).next : this.execute(instruction);
			} catch (error) {
				if (!(error instanceof DivisionByZero)) throw error;
				return {
					kind: "fault",
					fault: { kind: "division_by_zero", detail: "division by zero" },
					instruction: pc,
					thread: this.thread,
				};
			}
			if (this.fault) return { kind: "fault", fault: this.fault, instruction: pc, thread: this.thread };
			if (next === disabledStep) return disabled;
			if (next === queuedStep) return this.stop(pc);
			if (next === callbackBusy) return { kind: "limit", limit: "rcu_callbacks", instruction: pc };
			this.words[pcAt] = next;
			if (next < 0) return this.stop(instructions.length);
		}
		return { kind: "limit", limit: "steps", instruction: this.words[pcAt] as number };
	}

	private stop(pc: number): Outcome {
		const dead = this.dead[this.thread]?.[pc];
		if (dead) for (let i = 0; i < dead.length; i++) this.words[this.base + registersWord + (dead[i] as number)] = 0;
		return done;
	}

	/** Executes one instruction; the next program counter, or one of the negative markers below. */
	private execute(instruction: Instruction): number {
		switch (instruction.kind) {
			case "assign":
				this.setRegister(instruction.register, this.value(instruction.value));
				return instruction.next;
			case "branch":
				return this.value(instruction.condition) !== 0 ? instruction.then : instruction.otherwise;
			case "choose":
				this.setRegister(instruction.register, instruction.low + this.choose(instruction.high - instruction.low + 1));
				return instruction.next;
			case "check":
				if (this.value(instruction.condition) === 0)
					this.fault = { kind: instruction.violation, detail: instruction.message };
				return instruction.next;
			case "await":
				return this.value(instruction.condition) !== 0 ? instruction.next : disabledStep;
			case "might_sleep":
				return this.mightSleep(instruction);
			case "fence":
				return instruction.next;
			case "holds":
				return this.holds(instruction);
			case "context_get":
				this.setRegister(instruction.register, this.contextValue(instruction.context));
				return instruction.next;
			case "end":
				return this.end();
			case "load":
				return this.load(instruction);
			case "reload":
				return this.reload(instruction);
			case "store":
				return this.store(instruction);
			case "update":
				return this.update(instruction);
			case "lock":
				return this.lock(instruction);
			case "unlock":
				return this.unlock(instruction);
			case "downgrade":
				return this.downgrade(instruction);
			case "is_locked": {
				const cell = this.cellOf(instruction.lock);
				if (cell >= 0) this.setRegister(instruction.register, this.read(cell) !== 0 ? 1 : 0);
				return instruction.next;
			}
			case "context":
				return this.changeContext(instruction);
			case "context_set":
				this.words[this.base + irqWord] = this.value(instruction.value) !== 0 ? 1 : 0;
				this.quiesce();
				return instruction.next;
			case "irqs_disabled_on":
				return this.irqsDisabledOn(instruction);
			case "grace_period_begin":
				this.words[this.layout.gracePeriods + instruction.gracePeriod] = this.readers();
				return instruction.next;
			case "grace_period_end":
				return this.words[this.layout.gracePeriods + instruction.gracePeriod] === 0 ? instruction.next : disabledStep;
			case "call_rcu":
				return this.callRcu(instruction);
			case "allocate":
				return this.allocate(instruction);
			case "free":
				return this.free(instruction);
		}
	}

	private load(instruction: Body<"load">): number {
		const cell = this.cellOf(instruction.place);
		if (cell >= 0) this.setRegister(instruction.register, this.read(cell));
		return instruction.next;
	}

	private reload(instruction: Body<"reload">): number {
		const cell = this.cellOf(instruction.place);
		if (cell < 0) return instruction.next;
		const before = this.words[this.base + registersWord + instruction.register] as number;
		// Loading the same value again changes nothing; only a step that makes a difference is one.
		if (before === this.words[cell]) return disabledStep;
		const after = this.read(cell);
		this.setRegister(instruction.register, after);
		this.observer?.reload?.(instruction.place.text, before, after);
		return instruction.next;
	}

	private store(instruction: Body<"store">): number {
		const cell = this.cellOf(instruction.place);
		if (cell >= 0) this.write(cell, this.value(instruction.value));
		return instruction.next;
	}

	private update(instruction: Body<"update">): number {
		const cell = this.cellOf(instruction.place);
		if (cell < 0) return instruction.next;
		const before = this.read(cell);
		const operand = this.value(instruction.operand);
		const compare = instruction.compare;
		const stores = !compare || (before === this.value(compare.value)) !== compare.unless;
		if (stores) this.write(cell, updated(instruction.update, before, operand));
		this.setRegister(instruction.register, before);
		return instruction.next;
	}

	private lock(instruction: Body<"lock">): number {
		const cell = this.cellOf(instruction.lock);
		if (cell < 0) return instruction.next;
		const word = this.words[cell] as number;
		const bit = instruction.bit;
		const wordCell = bit ? this.cellOf(bit.word) : -1;
		if (bit && wordCell < 0) return instruction.next;
		const mask = bit ? 1 << this.value(bit.number) : 0;
		const free = available(word, instruction) && (!bit || ((this.words[wordCell] as number) & mask) === 0);
		const tries = instruction.try !== undefined;
		if (!tries && holdsAtAll(word, this.thread)) {
			return this.misuse(
				cell,
				`${instruction.lock.text} is taken again by the thread that holds it: it waits for itself`,
			);
		}
		if (!free && !tries) return this.queue(instruction, cell);
		this.setRegister(instruction.try, free ? 1 : 0);
		if (!free) {
			this.observer?.read?.(bit ? wordCell : cell, this.words[bit ? wordCell : cell] as number);
			return instruction.next;
		}
		if (!tries && !this.inOrder(cell)) return instruction.next;
		this.words[cell] = taken(word, this.thread, instruction.shared);
		if (bit) this.write(wordCell, (this.words[wordCell] as number) | mask);
		if (instruction.spinning) this.words[this.base + spinWord] = (this.words[this.base + spinWord] as number) + 1;
		this.observer?.lock?.(cell, true, instruction.shared);
		return instruction.next;
	}

	/** A lock that cannot be had now: a writer may go into its queue, and stands where it stood. */
	private queue(instruction: Body<"lock">, cell: number): number {
		const word = this.words[cell] as number;
		if (!mayQueue(word, instruction)) return disabledStep;
		this.words[cell] = word | writerWaits;
		this.observer?.queue?.(cell);
		return queuedStep;
	}

	/** Lock order against the documented hierarchy; a lock without a rank has no order. */
	private inOrder(cell: number): boolean {
		const wanted = this.program.cells[cell]?.lock;
		if (wanted?.rank === undefined) return true;
		for (const other of this.layout.lockCells) {
			const held = this.program.cells[other]?.lock;
			if (held?.rank === undefined || held.rank <= wanted.rank || !holdsAtAll(this.words[other] as number, this.thread))
				continue;
			this.fault = {
				kind: "lock_order",
				detail: `takes ${wanted.name} while holding ${held.name}, which comes after it in the lock hierarchy`,
				cell,
			};
			return false;
		}
		return true;
	}

	private unlock(instruction: Body<"unlock">): number {
		const cell = this.cellOf(instruction.lock);
		if (cell < 0) return instruction.next;
		const word = this.words[cell] as number;
		const held = instruction.shared ? holdsShared(word, this.thread) : holdsExclusive(word, this.thread);
		if (!held) return this.misuse(cell, `${instruction.lock.text} is unlocked by a thread that does not hold it`);
		this.words[cell] = dropped(word, this.thread, instruction.shared);
		if (instruction.bit) {
			const wordCell = this.cellOf(instruction.bit.word);
			if (wordCell < 0) return instruction.next;
			const mask = 1 << this.value(instruction.bit.number);
			const before = this.words[wordCell] as number;
			// Somebody stored to the word and lost the bit: the lock was free for anybody.
			if ((before & mask) === 0)
				return this.misuse(
					cell,
					`${instruction.lock.text} is unlocked, but its bit in ${instruction.bit.word.text} is clear`,
				);
			this.write(wordCell, before & ~mask);
		}
		if (instruction.spinning) this.words[this.base + spinWord] = (this.words[this.base + spinWord] as number) - 1;
		if (instruction.spinning) this.quiesce();
		this.observer?.lock?.(cell, false, instruction.shared);
		return instruction.next;
	}

	private downgrade(instruction: Body<"downgrade">): number {
		const cell = this.cellOf(instruction.lock);
		if (cell < 0) return instruction.next;
		const word = this.words[cell] as number;
		if (!holdsExclusive(word, this.thread)) {
			return this.misuse(cell, `${instruction.lock.text} is downgraded by a thread that does not hold it exclusively`);
		}
		this.words[cell] = taken(dropped(word, this.thread, false), this.thread, true);
		this.observer?.lock?.(cell, true, true);
		return instruction.next;
	}

	private holds(instruction: Body<"holds">): number {
		const cell = this.cellOf(instruction.lock);
		if (cell < 0) return instruction.next;
		const word = this.words[cell] as number;
		const held = instruction.shared ? holdsAtAll(word, this.thread) : holdsExclusive(word, this.thread);
		this.setRegister(instruction.register, held ? 1 : 0);
		return instruction.next;
	}

	private misuse(cell: number, detail: string): number {
		this.fault = { kind: "lock_misuse", detail, cell };
		return 0;
	}

	private contextValue(context: "irq" | "preempt" | "rcu" | "atomic"): number {
		const word = (offset: number) => this.words[this.base + offset] as number;
		if (context === "irq") return word(irqWord);
		if (context === "preempt") return word(preemptWord);
		if (context === "rcu") return word(rcuWord);
		return word(irqWord) || word(preemptWord) || word(rcuWord) || word(spinWord) ? 1 : 0;
	}

	private mightSleep(instruction: Body<"might_sleep">): number {
		const why =
			this.contextValue("rcu") > 0
				? "inside rcu_read_lock()"
				: this.contextValue("irq")
					? "with interrupts off"
					: (this.words[this.base + spinWord] as number) > 0
						? "under a spinlock"
						: this.contextValue("preempt") > 0
							? "with preemption off"
							: this.program.threads[this.thread]?.kind === "callback"
								? "in an RCU callback"
								: undefined;
		if (why) this.fault = { kind: "sleep_in_atomic", detail: `${instruction.what} may sleep, ${why}` };
		return instruction.next;
	}

	private changeContext(instruction: Body<"context">): number {
		const at =
			this.base + (instruction.context === "irq" ? irqWord : instruction.context === "preempt" ? preemptWord : rcuWord);
		const before = this.words[at] as number;
		if (instruction.context === "irq") {
			this.words[at] = instruction.change > 0 ? 1 : 0;
		} else {
			if (before + instruction.change < 0) {
				const what =
					instruction.context === "rcu"
						? "rcu_read_unlock() without rcu_read_lock()"
						: "preempt_enable() without preempt_disable()";
				this.fault = { kind: "lock_misuse", detail: what };
				return instruction.next;
			}
			this.words[at] = before + instruction.change;
		}
		this.quiesce();
		return instruction.next;
	}

	private isReader(base: number): boolean {
		const words = this.words;
		return (
			words[base + irqWord] !== 0 ||
			words[base + preemptWord] !== 0 ||
			words[base + rcuWord] !== 0 ||
			words[base + spinWord] !== 0
		);
	}

	/** Threads in an RCU read-side critical section, as a bit mask. Whoever waits for the grace period itself counts as well. */
	private readers(): number {
		let mask = 0;
		for (let thread = 0; thread < this.program.threads.length; thread++) {
			if (this.isReader(this.layout.threads[thread] as number)) mask |= 1 << thread;
		}
		return mask;
	}

	/** After a change of context: a thread that is no reader any more has left all grace periods that waited for it. */
	private quiesce(): void {
		if (this.isReader(this.base)) return;
		const { gracePeriods } = this.layout;
		for (let period = 0; period < this.program.gracePeriods; period++) {
			this.words[gracePeriods + period] = (this.words[gracePeriods + period] as number) & ~(1 << this.thread);
		}
	}

	private irqsDisabledOn(instruction: Body<"irqs_disabled_on">): number {
		const cpu = this.value(instruction.cpu);
		let off = 0;
		this.program.threads.forEach((thread, index) => {
			if (
				thread.cpu === cpu &&
				thread.kind === "thread" &&
				this.words[(this.layout.threads[index] as number) + irqWord] !== 0
			)
				off = 1;
		});
		this.setRegister(instruction.register, off);
		return instruction.next;
	}

	private callRcu(instruction: Body<"call_rcu">): number {
		const target = this.layout.threads[instruction.thread] as number;
		const callback = this.program.threads[instruction.thread];
		if (!callback || this.words[target + pcWord] !== notStarted) return callbackBusy;
		for (const argument of instruction.arguments) {
			this.words[target + registersWord + argument.register] = this.value(argument.value);
		}
		this.words[this.layout.gracePeriods + instruction.gracePeriod] = this.readers();
		this.words[target + pcWord] = callback.entry;
		return instruction.next;
	}

	private allocate(instruction: Body<"allocate">): number {
		const pool = this.program.pools[instruction.pool];
		const available = (pool?.objects ?? []).filter((object) => this.words[this.layout.lifetimes + object] !== live);
		const object = available.length > 0 ? available[this.choose(available.length)] : undefined;
		if (object === undefined) {
			this.setRegister(instruction.register, 0);
			return instruction.next;
		}
		this.setLifetime(object, live);
		this.setRegister(instruction.register, this.program.objects[object]?.address ?? 0);
		return instruction.next;
	}

	private setLifetime(object: number, lifetime: number): void {
		const at = this.layout.lifetimes + object;
		const before = this.words[at] as number;
		this.words[at] = lifetime;
		this.observer?.lifetime?.(object, before, lifetime);
	}

	private free(instruction: Body<"free">): number {
		const pointer = this.value(instruction.pointer);
		if (pointer === 0) return instruction.next;
		const object = this.program.objects.findIndex((candidate) => candidate.address === pointer);
		if (object < 0) {
			this.fault = { kind: "invalid_free", detail: `${instruction.text} is not the start of an object` };
			return instruction.next;
		}
		if (this.words[this.layout.lifetimes + object] !== live) {
			this.fault = { kind: "double_free", detail: instruction.text, object };
			return instruction.next;
		}
		// Memory that is type-safe by RCU stays a lock: a reader may hold it for a moment, until it sees that it came too late.
		const typesafe = this.layout.typesafe[object] === 1;
		for (const cell of this.layout.lockCells) {
			const lock = this.words[cell] as number;
			if (this.program.cells[cell]?.object === object && (typesafe ? holdsAtAll(lock, this.thread) : lock !== 0)) {
				const name = this.program.cells[cell]?.lock?.name ?? "its lock";
				return this.misuse(
					cell,
					isHeld(lock)
						? `${instruction.text} is freed while ${name} is held`
						: `${instruction.text} is freed while somebody waits for ${name}`,
				);
			}
		}
		this.setLifetime(object, freed);
		return instruction.next;
	}

	private end(): number {
		const word = (offset: number) => this.words[this.base + offset] as number;
		if (this.thread !== this.initThread) {
			if (word(rcuWord) > 0)
				this.fault = { kind: "rcu_reader_left_open", detail: "the thread ends inside rcu_read_lock()" };
			else if (word(irqWord) > 0) this.fault = { kind: "lock_misuse", detail: "the thread ends with interrupts off" };
			else if (word(preemptWord) > 0)
				this.fault = { kind: "lock_misuse", detail: "the thread ends with preemption off" };
			const held = this.layout.lockCells.find((cell) => holdsAtAll(this.words[cell] as number, this.thread));
			if (held !== undefined && !this.fault) {
				return this.misuse(held, `the thread ends holding ${this.program.cells[held]?.lock?.name ?? "a lock"}`);
			}
		}
		return this.program.threads[this.thread]?.kind === "callback" ? notStarted : finished;
	}
}

/** Negative results of `execute` that are no program counter. */
const disabledStep = -10;
const callbackBusy = -11;
/** The thread stays before the lock in whose queue it is now. */
const queuedStep = -12;

/** New value of an atomic update. */
export function updated(update: Body<"update">["update"], before: number, operand: number): number {
	switch (update) {
		case "add":
			return (before + operand) | 0;
		case "and":
			return before & operand;
		case "or":
			return before | operand;
		case "xor":
			return before ^ operand;
		case "exchange":
			return operand;
	}
}
