/** Steps of a Program as fast as they go: compiled where code may be generated, interpreted where not. */
import type { Program } from "../program/program.ts";
import {
	type AccessFunction,
	compileProgram,
	divisionByZero,
	type StepFunction,
	type StepRecord,
	stepRecord,
} from "./compiled/compile.ts";
import { type Region, regionAt, stopsOf } from "./compiled/region.ts";
import { type Layout, pcWord } from "./layout.ts";
import type { Machine, Outcome } from "./sc.ts";

export const stepDone = 0;
export const stepDisabled = 1;
/** A fault or a limit: `outcome` says which. */
export const stepStopped = 2;

const done: Outcome = { kind: "done" };

/**
 * Takes steps on one row of words at a time, and takes them back. `base` is the state that steps start from; `words` equals it
 * before `take` and after `undo`.
 */
export class Stepper {
	readonly machine: Machine;
	readonly words: Int32Array;
	readonly base: Int32Array;
	/** Alternatives and changes of the last step. */
	readonly record: StepRecord;
	/** By thread and program counter at which a thread can stand. */
	readonly regions: readonly (readonly (Region | undefined)[])[];
	/** Whether `record.changed` and `record.started` say all that the last step changed outside its own thread. */
	changesKnown = false;
	/** Why the last step was stopped. */
	outcome: Outcome = done;
	private readonly steps: readonly (readonly (StepFunction | undefined)[])[] | undefined;
	private readonly accesses: readonly (readonly (AccessFunction | undefined)[])[] | undefined;
	private readonly threads: readonly number[];

	/** `compile` false: interpret everything. */
	constructor(machine: Machine, compile = true) {
		this.machine = machine;
		this.words = new Int32Array(machine.layout.words);
		this.base = new Int32Array(machine.layout.words);
		this.threads = machine.layout.threads;
		const compiled = compile ? compileProgram(machine.program, machine.layout) : undefined;
		this.record = compiled?.record ?? stepRecord();
		this.steps = compiled?.steps;
		this.accesses = compiled?.accesses;
		this.regions = compiled?.regions ?? regionsOf(machine.program, machine.layout);
	}

	/** Program counter of a thread in `words`. */
	pc(thread: number): number {
		return this.words[(this.threads[thread] as number) + pcWord] as number;
	}

	/** Takes the step that `record.choices` picks; stepDone, stepDisabled or stepStopped. Whatever it is, `undo` comes next. */
	take(thread: number): number {
		const pc = this.pc(thread);
		if (pc < 0) {
			this.record.arityCount = 0;
			return stepDisabled;
		}
		const compiled = this.steps?.[thread]?.[pc];
		if (compiled) {
			let result: number;
			try {
				result = compiled(this.words);
			} catch (error) {
				if (error !== divisionByZero) throw error;
				result = stepStopped;
			}
			this.changesKnown = result !== stepStopped;
			if (result !== stepStopped) return result;
			this.words.set(this.base);
		}
		return this.interpret(thread);
	}

	private interpret(thread: number): number {
		const { machine, record } = this;
		this.changesKnown = false;
		record.started = 0;
		const outcome = machine.step(this.words, thread, Array.from(record.choices.subarray(0, record.choiceCount)));
		if (machine.arities.length > record.arities.length) {
			record.arities = new Int32Array(machine.arities.length * 2);
			const choices = new Int32Array(record.arities.length);
			choices.set(record.choices.subarray(0, record.choiceCount));
			record.choices = choices;
		}
		record.arities.set(machine.arities);
		record.arityCount = machine.arities.length;
		if (outcome.kind === "done") return stepDone;
		if (outcome.kind === "disabled") return stepDisabled;
		this.outcome = outcome;
		return stepStopped;
	}

	/** Makes `words` equal to `base` again after a step of the thread. */
	undo(thread: number): void {
		if (!this.changesKnown || this.record.started !== 0) {
			this.words.set(this.base);
			return;
		}
		const { words, base, record } = this;
		for (let index = 0; index < record.changedCount; index++) {
			const at = record.changed[index] as number;
			words[at] = base[at] as number;
		}
		const end = this.threads[thread + 1] ?? words.length;
		for (let at = this.threads[thread] as number; at < end; at++) words[at] = base[at] as number;
	}

	/** Before the first alternative of a thread's step. */
	firstChoices(): void {
		this.record.choiceCount = 0;
	}

	/** Moves on to the next combination of alternatives, later choices varying fastest; false after the last. */
	nextChoices(): boolean {
		const { record } = this;
		const { choices, arities } = record;
		let digit = record.arityCount - 1;
		while (
			digit >= 0 &&
			(digit < record.choiceCount ? (choices[digit] as number) : 0) + 1 >= (arities[digit] as number)
		)
			digit--;
		if (digit < 0) return false;
		for (let index = record.choiceCount; index <= digit; index++) choices[index] = 0;
		choices[digit] = (choices[digit] as number) + 1;
		record.choiceCount = digit + 1;
		return true;
	}

	/** The alternatives that the last step took. */
	taken(): readonly number[] {
		const { record } = this;
		if (record.arityCount === 0) return none;
		return Array.from({ length: record.arityCount }, (_, index) =>
			index < record.choiceCount ? (record.choices[index] as number) : 0,
		);
	}

	/** Whether the thread runs and its next step is sure to be enabled, from its program counter alone. */
	surelyCanStep(thread: number): boolean {
		const pc = this.pc(thread);
		return pc >= 0 && this.regions[thread]?.[pc]?.mayBeDisabled === false;
	}

	/**
	 * Whether no thread has an enabled step in `words`, which need not equal `base`. Leaves `words` and what is known of the last
	 * step as they were.
	 */
	nobodyCanStep(): boolean {
		const { words, record } = this;
		const running: number[] = [];
		for (let thread = 0; thread < this.machine.program.threads.length; thread++)
			if (this.pc(thread) >= 0) running.push(thread);
		if (running.length === 0) return true;
		const before = words.slice();
		const base = this.base.slice();
		const choices = record.choices.slice(0, record.choiceCount);
		const arities = record.arities.slice(0, record.arityCount);
		const changed = record.changed.slice(0, record.changedCount);
		const { started } = record;
		const { changesKnown, outcome } = this;
		this.base.set(before);
		const can = running.some((thread) => this.canStep(thread));
		words.set(before);
		this.base.set(base);
		record.choices.set(choices);
		record.choiceCount = choices.length;
		record.arities.set(arities);
		record.arityCount = arities.length;
		record.changed.set(changed);
		record.changedCount = changed.length;
		record.started = started;
		this.changesKnown = changesKnown;
		this.outcome = outcome;
		return !can;
	}

	/** Whether the thread has an enabled step in `base`, which `words` must equal. */
	canStep(thread: number): boolean {
		if (this.pc(thread) < 0) return false;
		if (this.surelyCanStep(thread)) return true;
		this.firstChoices();
		do {
			const result = this.take(thread);
			this.undo(thread);
			if (result !== stepDisabled) return true;
		} while (this.nextChoices());
		return false;
	}

	/** Cell that the thread's next instruction loads, stores, updates or has its bit lock in; -1 where it would fault, and for others. */
	nextCell(thread: number): number {
		const pc = this.pc(thread);
		if (pc < 0) return -1;
		if (this.accesses) return this.accesses[thread]?.[pc]?.(this.words) ?? -1;
		return this.machine.nextAccess(this.words, thread)?.cell ?? -1;
	}
}

const none: readonly number[] = [];

function regionsOf(program: Program, layout: Layout): (Region | undefined)[][] {
	return program.threads.map((thread, index) => {
		const regions: (Region | undefined)[] = thread.instructions.map(() => undefined);
		for (const pc of stopsOf(thread, layout.contextIsShared)) regions[pc] = regionAt(thread, pc, layout, index);
		return regions;
	});
}
