/** One step while it is being taken: whose it is, on which words, what was chosen, who listens, what went wrong. */
import type { Expression, Place, Program } from "../../program/program.ts";
import { type Fault, resolve } from "../access.ts";
import { evaluate } from "../expression.ts";
import { type Layout, pcWord, registersWord } from "../layout.ts";

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

// What an instruction comes to that is no program counter.
/** The step cannot be taken now, and its words are void. */
export const disabledStep = -10;
/** The RCU callback that is to be queued waits already. */
export const callbackBusy = -11;
/** The thread stays before the lock in whose queue it is now. */
export const queuedStep = -12;

export class Execution {
	readonly program: Program;
	readonly layout: Layout;
	/** How many alternatives each choice had. */
	readonly arities: number[] = [];
	words: Int32Array;
	thread = 0;
	/** Where the thread's own words begin. */
	base = 0;
	observer: Observer | undefined;
	/** Set when the step goes wrong. */
	fault: Fault | undefined;
	/** A property looks from outside: what a freed object last held is still there to be seen. */
	lenient = false;
	private choices: readonly number[] = [];

	constructor(program: Program, layout: Layout) {
		this.program = program;
		this.layout = layout;
		this.words = new Int32Array(layout.words);
	}

	/** A step on these words, of whichever thread. */
	begin(words: Int32Array, choices: readonly number[], observer: Observer | undefined): void {
		this.words = words;
		this.choices = choices;
		this.arities.length = 0;
		this.observer = observer;
		this.fault = undefined;
		observer?.begin?.();
	}

	/** From here on it is the step of this thread. */
	enter(thread: number): void {
		this.thread = thread;
		this.base = this.layout.threads[thread] as number;
	}

	get pc(): number {
		return this.words[this.base + pcWord] as number;
	}

	/** Alternative that the next choice takes, of so many. */
	choose(alternatives: number): number {
		const index = this.arities.length;
		this.arities.push(alternatives);
		return this.choices[index] ?? 0;
	}

	/** Alternative that the last choice took. */
	get lastChoice(): number {
		return this.choices[this.arities.length - 1] ?? 0;
	}

	value(expression: Expression): number {
		return evaluate(expression, this.words, this.base + registersWord);
	}

	setRegister(register: number | undefined, value: number): void {
		if (register === undefined) return;
		this.words[this.base + registersWord + register] = value;
		this.observer?.register?.(register, value);
	}

	/** The cell of a place, or -1 with `fault` set. */
	cellOf(place: Place): number {
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
		if (this.lenient && resolved.kind === "use_after_free" && resolved.cell !== undefined) return resolved.cell;
		this.fault = resolved;
		return -1;
	}

	write(cell: number, value: number): void {
		const before = this.words[cell] as number;
		this.words[cell] = value;
		this.observer?.write?.(cell, before, value);
	}

	read(cell: number): number {
		const value = this.words[cell] as number;
		this.observer?.read?.(cell, value);
		return value;
	}

	/** The step goes wrong at a lock; what an instruction returns then matters no more. */
	misuse(cell: number, detail: string): number {
		this.fault = { kind: "lock_misuse", detail, cell };
		return 0;
	}
}
