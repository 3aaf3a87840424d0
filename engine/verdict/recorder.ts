/** Takes steps of a program and writes down what each of them did, in words a reader understands. */

import type { Observer } from "../memory/interpreted/execution.ts";
import { irqWord, preemptWord, rcuWord, registersWord } from "../memory/layout.ts";
import { holdsExclusive, holdsShared } from "../memory/locks.ts";
import { Machine, type Outcome } from "../memory/sc.ts";
import type { Display, Program, Site } from "../program/program.ts";
import type { ScheduledStep } from "../search/schedule.ts";
import { ValueDisplay } from "./display.ts";
import { spansHeld } from "./spans.ts";
import type {
	AccessRecord,
	Change,
	InitialValue,
	LocalValue,
	Location,
	TraceSpan,
	TraceStep,
	TraceThread,
} from "./verdict.ts";

interface StepRecord {
	instructions: { thread: number; pc: number }[];
	accesses: AccessRecord[];
	/** Cell that the instruction with this index read. */
	reads: Map<number, number>;
	/** Last value that a register got; it may be cleared by the end of the step when nobody needs it any more. */
	registers: Map<number, number>;
	/** "takes folio (folio lock)", by the place of the lock. */
	readonly locks: Map<string, string>;
	note?: string;
}

/** A run of a program, step by step, as far as it has come. */
export class Recorder {
	readonly program: Program;
	readonly machine: Machine;
	/** The state after the last step. */
	readonly words: Int32Array;
	readonly steps: TraceStep[] = [];
	/** Rules of the kernel model at what each step touches, and at the functions it is in. */
	readonly rules: (readonly string[])[] = [];
	/** Step that last wrote each cell. */
	readonly writtenBy = new Map<number, number>();
	/** Step that last ended each object's life. */
	readonly freedBy = new Map<number, number>();
	/** Grace periods and IPIs, as far as they have come: `to` is -1 while one is under way. */
	private readonly waits: { kind: "grace_period" | "ipi"; thread: number; period: number; from: number; to: number }[] =
		[];
	private readonly display: ValueDisplay;
	private initialValues: readonly InitialValue[] = [];

	constructor(program: Program) {
		this.program = program;
		this.machine = new Machine(program);
		this.display = new ValueDisplay(program);
		this.words = this.machine.blank();
	}

	/** Values of memory before the first step. */
	get initial(): readonly InitialValue[] {
		return this.initialValues;
	}

	get threads(): readonly TraceThread[] {
		return this.program.threads.map(({ name, cpu, kind, location }) => ({ name, cpu, kind, location }));
	}

	/** What was held and waited for, and from when to when. */
	get spans(): readonly TraceSpan[] {
		const end = this.steps.length;
		const labels = { grace_period: "grace period", ipi: "IPI in flight" } as const;
		const waits = this.waits.map(({ kind, thread, from, to }): TraceSpan => {
			return { kind, thread, label: labels[kind], from, to: to < 0 ? end : to };
		});
		return [...spansHeld(this.steps), ...waits].sort((a, b) => a.thread - b.thread || a.from - b.from);
	}

	/** Runs init and the threads' local prefixes. */
	start(choices: readonly number[]): Outcome {
		const outcome = this.machine.start(this.words, choices);
		this.initialValues = this.valuesNow();
		return outcome;
	}

	/** Takes a step and writes it down; one that is disabled or hits a limit leaves everything as it was. */
	step(step: ScheduledStep): Outcome {
		const before = Int32Array.from(this.words);
		const record: StepRecord = {
			instructions: [],
			accesses: [],
			reads: new Map(),
			registers: new Map(),
			locks: new Map(),
		};
		const outcome = this.machine.step(this.words, step.thread, step.choices, this.observer(record, step.thread));
		if (outcome.kind === "disabled" || outcome.kind === "limit") this.words.set(before);
		else this.push(step.thread, before, record);
		return outcome;
	}

	/** Where an instruction of a thread comes from; thread -1 is init. */
	siteOf(thread: number, pc: number): Site {
		const owner =
			thread < 0 || thread === this.program.threads.length ? this.program.init : this.program.threads[thread];
		const site = this.program.sites[owner?.instructions[pc]?.site ?? -1];
		const location = owner?.location ?? nowhere;
		return site ?? { location, callStack: [], text: "", rules: [] };
	}

	private observer(record: StepRecord, thread: number): Observer {
		const { program, display } = this;
		const access = (kind: AccessRecord["kind"], cell: number, raw: number) => {
			const at = program.cells[cell];
			if (!at) return;
			const writer = this.writtenBy.get(cell);
			record.accesses.push({
				kind,
				object: program.objects[at.object]?.name ?? "?",
				field: at.field,
				value: display.value(raw, at.display),
				...(kind === "read" && writer !== undefined ? { readsFrom: writer } : {}),
			});
		};
		return {
			instruction: (_thread, pc) => record.instructions.push({ thread, pc }),
			register: (register, value) => record.registers.set(register, value),
			read: (cell, value) => {
				record.reads.set(record.instructions.length - 1, cell);
				access("read", cell, value);
			},
			write: (cell, _before, after) => {
				access("write", cell, after);
				this.writtenBy.set(cell, this.steps.length);
			},
			lock: (cell, taken) => {
				access(taken ? "lock" : "unlock", cell, this.words[cell] as number);
				const at = program.cells[cell];
				const object = program.objects[at?.object ?? -1]?.name ?? "?";
				record.locks.set(placeOf(object, at?.field ?? ""), `${taken ? "takes" : "releases"} ${this.lockName(cell)}`);
			},
			queue: () => {
				record.note = "waits in the queue: no new readers";
			},
			lifetime: (object, _before, after) => {
				record.accesses.push({
					kind: after === 1 ? "allocate" : "free",
					object: program.objects[object]?.name ?? "?",
					field: "",
				});
				if (after !== 1) this.freedBy.set(object, this.steps.length);
			},
			reload: (text) => {
				record.note = `the compiler reloads ${text}`;
			},
		};
	}

	private push(thread: number, before: Int32Array, record: StepRecord): void {
		const first = record.instructions[0];
		const site = this.siteOf(thread, first?.pc ?? 0);
		const changes = this.changes(before);
		this.rules.push(site.rules);
		this.follow(thread, record);
		this.steps.push({
			thread,
			cpu: this.program.threads[thread]?.cpu ?? 0,
			location: site.location,
			threadLocation: site.callStack[0]?.call ?? site.location,
			callStack: site.callStack,
			text: site.text,
			effect: effectOf(record, changes),
			accesses: record.accesses,
			changes,
			locals: this.locals(thread, before, record),
			...(record.note ? { note: record.note } : {}),
			held: this.held(thread),
		});
	}

	/** What begins or ends with this step although no thread holds it. */
	private follow(thread: number, record: StepRecord): void {
		const now = this.steps.length;
		const owner = this.program.threads[thread];
		for (const { pc } of record.instructions) {
			const instruction = owner?.instructions[pc];
			if (instruction?.kind === "grace_period_begin" || instruction?.kind === "call_rcu")
				this.waits.push({ kind: "grace_period", thread, period: instruction.gracePeriod, from: now, to: -1 });
			else if (instruction?.kind === "grace_period_end") {
				const begun = this.waits.findLast((one) => one.period === instruction.gracePeriod && one.to < 0);
				if (begun) begun.to = now;
			} else if (instruction?.kind === "irqs_disabled_on") {
				// It is sent as soon as the thread has nothing else to do; the step is its answer.
				const sent = this.steps.findLastIndex((step) => step.thread === thread);
				this.waits.push({ kind: "ipi", thread, period: -1, from: Math.max(0, sent), to: now });
			}
		}
	}

	/** "folio (folio lock)". */
	private lockName(cell: number): string {
		const at = this.program.cells[cell];
		return `${this.program.objects[at?.object ?? 0]?.name} (${at?.lock?.name})`;
	}

	private changes(before: Int32Array): Change[] {
		const { program, display, words } = this;
		const changes: Change[] = [];
		program.cells.forEach((cell, index) => {
			if (before[index] === words[index]) return;
			changes.push({
				object: program.objects[cell.object]?.name ?? "?",
				field: cell.field,
				before: display.value(before[index] as number, cell.display),
				after: display.value(words[index] as number, cell.display),
			});
		});
		program.objects.forEach((object, index) => {
			const at = this.machine.layout.lifetimes + index;
			if (before[at] === words[at]) return;
			changes.push({
				object: object.name,
				field: "",
				before: display.lifetime(before[at] as number),
				after: display.lifetime(words[at] as number),
			});
		});
		return changes;
	}

	private locals(thread: number, wordsBefore: Int32Array, record: StepRecord): LocalValue[] {
		const owner = this.program.threads[thread];
		// A value that was loaded or copied is shown as what it was loaded from: flags by name, pointers with their tags.
		const displays = new Map<number, Display>();
		for (const [index, { pc }] of record.instructions.entries()) {
			const instruction = owner?.instructions[pc];
			if (!instruction || !("register" in instruction) || instruction.register === undefined) continue;
			const cell = this.program.cells[record.reads.get(index) ?? -1];
			const copied =
				instruction.kind === "assign" && instruction.value.op === "register"
					? displays.get(instruction.value.register)
					: undefined;
			const own = owner?.registers[instruction.register];
			// Temporaries of several types may share a register: what it shows says nothing of a truth value.
			const isTruth = own?.name !== undefined && own.display.kind === "bool";
			const display = isTruth ? own.display : (cell?.display ?? copied ?? own?.display);
			if (display) displays.set(instruction.register, display);
		}
		const before = (this.machine.layout.threads[thread] as number) + registersWord;
		const spokenOf = this.program.properties
			.flatMap(({ variables }) => variables)
			.filter((one) => one.thread === thread)
			.map(({ of }) => of);
		const locals: LocalValue[] = [];
		for (const [register, display] of displays) {
			const name = owner?.registers[register]?.name;
			const value = record.registers.get(register);
			if (name === undefined || value === undefined || wordsBefore[before + register] === value) continue;
			const inner = !spokenOf.includes(register) && spokenOf.some((other) => owner?.registers[other]?.name === name);
			locals.push({ name, value: this.display.value(value, display), ...(inner && { inner: true as const }) });
		}
		return locals;
	}

	private held(thread: number): string[] {
		const { words, machine } = this;
		const base = machine.layout.threads[thread] as number;
		const held: string[] = [];
		for (const cell of machine.layout.lockCells) {
			const word = words[cell] as number;
			const name = this.lockName(cell);
			if (holdsExclusive(word, thread)) held.push(name);
			else if (holdsShared(word, thread)) held.push(`${name}, shared`);
		}
		if ((words[base + rcuWord] as number) > 0) held.push("RCU reader");
		if ((words[base + irqWord] as number) > 0) held.push("interrupts off");
		if ((words[base + preemptWord] as number) > 0) held.push("preemption off");
		return held;
	}

	private valuesNow(): InitialValue[] {
		const { program, display, words, machine } = this;
		const cells = program.cells.map((cell, index) => ({
			object: program.objects[cell.object]?.name ?? "?",
			field: cell.field,
			type: cell.type,
			value: display.value(words[index] as number, cell.display),
		}));
		const lifetimes = program.objects.map((object, index) => ({
			object: object.name,
			field: "",
			type: object.type,
			value: display.lifetime(words[machine.layout.lifetimes + index] as number),
		}));
		// A lone word has the field "" as well; its value says more than its lifetime.
		return [
			...lifetimes.filter((value) => !cells.some((cell) => cell.object === value.object && cell.field === "")),
			...cells,
		];
	}
}

const nowhere: Location = { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };

const placeOf = (object: string, field: string) => `${object}\0${field}`;

/** What a step did, in words. Of a lock only that it is taken or released: the words that say so are its own affair. */
function effectOf(record: StepRecord, changes: readonly Change[]): string {
	const { locks } = record;
	const name = (object: string, field: string) => (field ? `${object}.${field}` : object);
	const parts: string[] = [...new Set(locks.values())];
	const ofLock = ({ object, field }: { readonly object: string; readonly field: string }) =>
		// Of a bit lock, the word that the bit is in is part of the lock.
		locks.size > 0 && (locks.has(placeOf(object, field)) || record.accesses.every((one) => one.object === object));
	const others = changes.filter((change) => !ofLock(change));
	for (const access of record.accesses) {
		if (access.kind === "read") {
			const overwritten = changes.some((change) => change.object === access.object && change.field === access.field);
			if (!overwritten) parts.push(`reads ${name(access.object, access.field)} = ${access.value?.text ?? "?"}`);
		}
	}
	for (const change of others) {
		if (
			change.field === "" &&
			(change.after.text === "freed" || change.before.text === "unallocated" || change.before.text === "freed")
		) {
			parts.push(change.after.text === "freed" ? `frees ${change.object}` : `allocates ${change.object}`);
		} else {
			parts.push(`${name(change.object, change.field)}: ${change.before.text} ⇒ ${change.after.text}`);
		}
	}
	for (const access of record.accesses) {
		const silent =
			access.kind === "write" &&
			!changes.some((change) => change.object === access.object && change.field === access.field);
		if (silent && !ofLock(access))
			parts.push(`writes ${name(access.object, access.field)} = ${access.value?.text ?? "?"} again`);
	}
	return parts.join("; ");
}
