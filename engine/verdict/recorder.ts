/** Takes steps of a program and writes down what each of them did, in words a reader understands. */
import { irqWord, preemptWord, rcuWord, registersWord } from "../memory/layout.ts";
import { holdsExclusive, holdsShared } from "../memory/locks.ts";
import { Machine, type Observer, type Outcome } from "../memory/sc.ts";
import type { Display, Program, Site } from "../program/program.ts";
import type { ScheduledStep } from "../search/schedule.ts";
import { ValueDisplay } from "./display.ts";
import type { AccessRecord, Change, InitialValue, Location, TraceStep, TraceThread, Value } from "./verdict.ts";

interface StepRecord {
	instructions: { thread: number; pc: number }[];
	accesses: AccessRecord[];
	/** Cell that the instruction with this index read. */
	reads: Map<number, number>;
	/** Last value that a register got; it may be cleared by the end of the step when nobody needs it any more. */
	registers: Map<number, number>;
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

	/** Runs init and the threads' local prefixes. */
	start(choices: readonly number[]): Outcome {
		const outcome = this.machine.start(this.words, choices);
		this.initialValues = this.valuesNow();
		return outcome;
	}

	/** Takes a step and writes it down; one that is disabled or hits a limit leaves everything as it was. */
	step(step: ScheduledStep): Outcome {
		const before = Int32Array.from(this.words);
		const record: StepRecord = { instructions: [], accesses: [], reads: new Map(), registers: new Map() };
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
			lock: (cell, taken) => access(taken ? "lock" : "unlock", cell, this.words[cell] as number),
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

	private locals(thread: number, wordsBefore: Int32Array, record: StepRecord): { name: string; value: Value }[] {
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
		const locals: { name: string; value: Value }[] = [];
		for (const [register, display] of displays) {
			const name = owner?.registers[register]?.name;
			const value = record.registers.get(register);
			if (name === undefined || value === undefined || wordsBefore[before + register] === value) continue;
			locals.push({ name, value: this.display.value(value, display) });
		}
		return locals;
	}

	private held(thread: number): string[] {
		const { program, words, machine } = this;
		const base = machine.layout.threads[thread] as number;
		const held: string[] = [];
		for (const cell of machine.layout.lockCells) {
			const word = words[cell] as number;
			const at = program.cells[cell];
			const name = `${program.objects[at?.object ?? 0]?.name} (${at?.lock?.name})`;
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

function effectOf(record: StepRecord, changes: readonly Change[]): string {
	const parts: string[] = [];
	const name = (object: string, field: string) => (field ? `${object}.${field}` : object);
	for (const access of record.accesses) {
		if (access.kind === "read") {
			const overwritten = changes.some((change) => change.object === access.object && change.field === access.field);
			if (!overwritten) parts.push(`reads ${name(access.object, access.field)} = ${access.value?.text ?? "?"}`);
		}
	}
	for (const change of changes) {
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
		if (silent) parts.push(`writes ${name(access.object, access.field)} = ${access.value?.text ?? "?"} again`);
	}
	return parts.join("; ");
}
