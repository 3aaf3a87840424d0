/**
 * Sequential consistency: one shared memory, one step at a time. This interpreter is the definition of what a Program
 * means; whatever is faster must agree with it.
 */
import { deadRegisters } from "../program/liveness.ts";
import type { Instruction, InstructionBody, Program } from "../program/program.ts";
import type { Limit } from "../verdict/verdict.ts";
import type { Fault } from "./access.ts";
import { DivisionByZero } from "./expression.ts";
import { execute } from "./interpreted/execute.ts";
import { callbackBusy, disabledStep, Execution, type Observer, queuedStep } from "./interpreted/execution.ts";
import {
	irqWord,
	type Layout,
	layoutOf,
	live,
	notStarted,
	pcWord,
	preemptWord,
	registersWord,
	spinWord,
} from "./layout.ts";

/** Local instructions that one step may take; more is a loop that never touches shared memory, or nearly so. */
export const localInstructionsMax = 100_000;

/** How a step ended. `disabled`: it cannot be taken now, and the words are not to be used. */
export type Outcome =
	| { readonly kind: "done" }
	| { readonly kind: "disabled" }
	/** `thread`: who went wrong; the number after the last thread's is init. */
	| { readonly kind: "fault"; readonly fault: Fault; readonly instruction: number; readonly thread: number }
	| { readonly kind: "limit"; readonly limit: Limit; readonly instruction: number };

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
	private readonly at: Execution;
	private readonly dead: readonly (readonly Int32Array[])[];
	/** Rows in which properties are evaluated. */
	private readonly scratches = new Map<Program["properties"][number], Int32Array>();

	constructor(program: Program) {
		this.program = program;
		this.layout = layoutOf(program);
		this.at = new Execution(program, this.layout);
		this.dead = deadRegisters(program);
	}

	/** How many alternatives each choice of the last step had. */
	get arities(): number[] {
		return this.at.arities;
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
		this.at.begin(words, choices, observer);
		if (this.program.init) {
			this.at.enter(this.initThread);
			while (this.at.pc >= 0) {
				const outcome = this.run(true);
				if (outcome.kind === "disabled") {
					const fault: Fault = { kind: "deadlock", detail: "init waits for something that nobody will do" };
					return { kind: "fault", fault, instruction: this.at.pc, thread: this.at.thread };
				}
				if (outcome.kind !== "done") return outcome;
			}
			// Nobody reads its registers again.
			words.fill(0, this.at.base + irqWord);
		}
		for (let thread = 0; thread < this.program.threads.length; thread++) {
			this.at.enter(thread);
			if (this.at.pc < 0) continue;
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
		this.at.begin(words, choices, observer);
		this.at.enter(thread);
		if (this.at.pc < 0 || this.isHeldOff(thread)) return disabled;
		return this.run(true);
	}

	/** Whether another thread keeps this one off their common CPU: it has preemption or interrupts off, or spins in a lock's section. */
	private isHeldOff(thread: number): boolean {
		for (const mate of this.layout.cpuMates[thread] ?? []) {
			const base = this.layout.threads[mate] as number;
			if (this.at.words[base + irqWord] || this.at.words[base + preemptWord] || this.at.words[base + spinWord])
				return true;
		}
		return false;
	}

	/**
	 * The access that the thread stands before, when that is a plain or marked access to one cell; taking a lock that is a bit, when
	 * it is clear, and giving it back are marked writes of the bit's word.
	 */
	nextAccess(words: Int32Array, thread: number): { cell: number; writes: boolean; plain: boolean } | undefined {
		const instruction = this.nextInstruction(words, thread);
		if (!instruction) return undefined;
		this.at.begin(words, [], undefined);
		this.at.enter(thread);
		if (instruction.kind === "lock" || instruction.kind === "unlock") return this.bitAccess(words, instruction);
		if (instruction.kind !== "load" && instruction.kind !== "store" && instruction.kind !== "update") return undefined;
		// "Any data races due to accesses in expr should be ignored": Documentation/dev-tools/kcsan.rst on data_race(expr).
		if (instruction.kind !== "update" && instruction.marking === "data_race") return undefined;
		const cell = this.at.cellOf(instruction.place);
		this.at.fault = undefined;
		if (cell < 0) return undefined;
		const plain = instruction.kind !== "update" && instruction.marking === "plain";
		return { cell, writes: instruction.kind !== "load", plain };
	}

	private bitAccess(words: Int32Array, { kind, bit }: Body<"lock"> | Body<"unlock">) {
		if (!bit) return undefined;
		const cell = this.at.cellOf(bit.word);
		this.at.fault = undefined;
		if (cell < 0) return undefined;
		const isSet = ((words[cell] as number) & (1 << this.at.value(bit.number))) !== 0;
		return kind === "lock" && isSet ? undefined : { cell, writes: true, plain: false };
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
		this.at.begin(scratch, [], undefined);
		this.at.thread = this.initThread;
		this.at.base = words.length;
		scratch[this.at.base + pcWord] = code.entry;
		this.at.lenient = true;
		let outcome: Outcome = done;
		while (this.at.pc >= 0 && outcome.kind === "done") outcome = this.interpret(code.instructions, true);
		this.at.lenient = false;
		return outcome.kind === "done" && scratch[words.length + registersWord] !== 0;
	}

	private scratchFor(property: Program["properties"][number], length: number): Int32Array {
		const known = this.scratches.get(property);
		if (known) return known;
		const scratch = new Int32Array(length);
		this.scratches.set(property, scratch);
		return scratch;
	}

	private run(startsAtStop: boolean): Outcome {
		const thread = this.at.thread === this.initThread ? this.program.init : this.program.threads[this.at.thread];
		return thread ? this.interpret(thread.instructions, startsAtStop) : disabled;
	}

	private interpret(instructions: readonly Instruction[], startsAtStop: boolean): Outcome {
		let first = startsAtStop;
		const pcAt = this.at.base + pcWord;
		for (let count = 0; count < localInstructionsMax; count++) {
			const pc = this.at.words[pcAt] as number;
			const instruction = instructions[pc] as Instruction;
			if (!first && isStop(instruction, this.layout.contextIsShared)) return this.stop(pc);
			let skip = false;
			if (instruction.kind === "reload" && !first) {
				// Alternative 1 stands still here, so that others may run before the compiler's second load.
				if (this.at.choose(2) === 1 && !instruction.glued) return this.stop(pc);
				skip = this.at.lastChoice === 0;
			}
			first = false;
			this.at.observer?.instruction?.(this.at.thread, pc);
			let next: number;
			try {
				next = skip ? (instruction as Body<"reload">).next : execute(this.at, instruction);
			} catch (error) {
				if (!(error instanceof DivisionByZero)) throw error;
				return {
					kind: "fault",
					fault: { kind: "division_by_zero", detail: "division by zero" },
					instruction: pc,
					thread: this.at.thread,
				};
			}
			if (this.at.fault) return { kind: "fault", fault: this.at.fault, instruction: pc, thread: this.at.thread };
			if (next === disabledStep) return disabled;
			if (next === queuedStep) return this.stop(pc);
			if (next === callbackBusy) return { kind: "limit", limit: "rcu_callbacks", instruction: pc };
			this.at.words[pcAt] = next;
			if (next < 0) return this.stop(instructions.length);
		}
		return { kind: "limit", limit: "steps", instruction: this.at.words[pcAt] as number };
	}

	private stop(pc: number): Outcome {
		const dead = this.dead[this.at.thread]?.[pc];
		if (dead)
			for (let i = 0; i < dead.length; i++) this.at.words[this.at.base + registersWord + (dead[i] as number)] = 0;
		return done;
	}
}
