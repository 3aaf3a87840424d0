/** From a schedule to a Trace: the steps are taken again, one by one, and written down. No search. */

import type { Fault } from "../memory/access.ts";
import { irqWord, preemptWord, rcuWord, registersWord } from "../memory/layout.ts";
import { holdsExclusive, holdsShared } from "../memory/locks.ts";
import { Machine, type Observer } from "../memory/sc.ts";
import type { Display, Program, Site } from "../program/program.ts";
import { formatSchedule, type Schedule } from "../search/schedule.ts";
import { decisiveSteps } from "./decisive.ts";
import { ValueDisplay } from "./display.ts";
import { changesOfMentioned } from "./mentioned.ts";
import { describeFault, describeWaiting } from "./message.ts";
import { deadlockedOr, type StateFault } from "./terminal.ts";
import type {
	AccessRecord,
	Change,
	InitialValue,
	Location,
	PendingStatement,
	Trace,
	TraceStep,
	Value,
	Violation,
} from "./verdict.ts";

/** Why a schedule does not fit a program, and how far it did. */
export interface ReplayFailure {
	readonly message: string;
	/** Steps that fitted. */
	readonly steps: readonly TraceStep[];
	readonly initial: readonly InitialValue[];
}

interface StepRecord {
	instructions: { thread: number; pc: number }[];
	accesses: AccessRecord[];
	/** Cell that the instruction with this index read. */
	reads: Map<number, number>;
	/** Last value that a register got; it may be cleared by the end of the step when nobody needs it any more. */
	registers: Map<number, number>;
	note?: string;
}

/**
 * Replays a schedule. The Trace ends in the violation that the last step or the state after it shows; a schedule that
 * cannot be taken, or that violates nothing, is a ReplayFailure.
 */
export function replay(program: Program, schedule: Schedule): Trace | ReplayFailure {
	return new Replay(program, schedule).run();
}

/** Whether a replay succeeded. */
export function isTrace(result: Trace | ReplayFailure): result is Trace {
	return "violation" in result;
}

class Replay {
	private readonly program: Program;
	private readonly schedule: Schedule;
	private readonly machine: Machine;
	private readonly display: ValueDisplay;
	private readonly words: Int32Array;
	private readonly steps: TraceStep[] = [];
	/** Step that last wrote each cell, or freed each object. */
	private readonly writtenBy = new Map<number, number>();
	private readonly freedBy = new Map<number, number>();
	private initial: readonly InitialValue[] = [];

	constructor(program: Program, schedule: Schedule) {
		this.program = program;
		this.schedule = schedule;
		this.machine = new Machine(program);
		this.display = new ValueDisplay(program);
		this.words = this.machine.blank();
	}

	run(): Trace | ReplayFailure {
		const started = this.machine.start(this.words, this.schedule.initial);
		this.initial = this.initialValues();
		if (started.kind === "fault") {
			return this.trace(started.fault, this.siteOf(Math.max(0, this.program.init ? -1 : 0), started.instruction));
		}
		if (started.kind !== "done") return this.failure("the scenario's init cannot run to its end");
		let cycleStart: Int32Array | undefined;
		for (const [index, step] of this.schedule.steps.entries()) {
			if (index === this.schedule.cycleFrom) cycleStart = Int32Array.from(this.words);
			const name = this.program.threads[step.thread]?.name;
			if (name === undefined) return this.failure(`step ${index + 1}: there is no thread number ${step.thread + 1}`);
			const before = Int32Array.from(this.words);
			const record: StepRecord = { instructions: [], accesses: [], reads: new Map(), registers: new Map() };
			const outcome = this.machine.step(this.words, step.thread, step.choices, this.observer(record, step.thread));
			if (outcome.kind === "disabled") {
				this.words.set(before);
				return this.failure(`step ${index + 1}: ${name} cannot take a step here`);
			}
			if (outcome.kind === "limit") return this.failure(`step ${index + 1}: limit "${outcome.limit}"`);
			this.push(step.thread, before, record);
			if (outcome.kind === "fault") {
				if (index !== this.schedule.steps.length - 1)
					return this.failure(`step ${index + 1} already violates: ${outcome.fault.detail}`);
				return this.trace(outcome.fault, this.siteOf(step.thread, outcome.instruction));
			}
		}
		if (cycleStart) {
			if (!this.words.every((word, index) => word === cycleStart[index]))
				return this.failure("the cycle does not come back to where it began");
			return this.trace(this.livelock(), this.lastSite());
		}
		const fault = deadlockedOr(this.machine, this.words);
		return fault
			? this.trace(fault, this.lastSite(fault))
			: this.failure("the schedule fits, and nothing is wrong at its end");
	}

	private livelock(): StateFault {
		const from = this.schedule.cycleFrom ?? 0;
		const threads = [...new Set(this.schedule.steps.slice(from).map((step) => step.thread))];
		const names = threads.map((thread) => this.program.threads[thread]?.name).join(" and ");
		return {
			kind: "livelock",
			detail: `${names} can repeat steps ${from + 1} to ${this.schedule.steps.length} for ever without getting anywhere`,
			threads,
		};
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

	private siteOf(thread: number, pc: number): Site {
		const owner = thread < 0 ? this.program.init : this.program.threads[thread];
		const site = this.program.sites[owner?.instructions[pc]?.site ?? -1];
		const location = owner?.location ?? nowhere;
		return site ?? { location, callStack: [], text: "", rules: [] };
	}

	private lastSite(fault?: StateFault): Site {
		const property = fault?.property === undefined ? undefined : this.program.properties[fault.property];
		if (property) return { location: property.location, callStack: [], text: property.text, rules: [] };
		const thread = fault?.threads[fault.threads.length - 1];
		if (thread !== undefined) {
			const pc = this.words[this.machine.layout.threads[thread] as number] as number;
			if (pc >= 0) return this.siteOf(thread, pc);
		}
		const last = this.steps[this.steps.length - 1];
		return last
			? { location: last.location, callStack: last.callStack, text: last.text, rules: [] }
			: this.siteOf(0, 0);
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
			const display = cell?.display ?? copied ?? owner?.registers[instruction.register]?.display;
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

	private initialValues(): InitialValue[] {
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

	private failure(message: string): ReplayFailure {
		return { message, steps: this.steps, initial: this.initial };
	}

	private trace(fault: Fault | StateFault, site: Site): Trace {
		const threads = this.program.threads.map(({ name, cpu, kind, location }) => ({ name, cpu, kind, location }));
		// Of a property that fails at the end, what it names was settled by an earlier step than the last.
		const property = "property" in fault ? this.program.properties[fault.property ?? -1] : undefined;
		const settling = property === undefined ? [] : changesOfMentioned(this.steps, threads, property.text);
		const last = settling.at(-1) ?? this.steps.length - 1;
		const thread = this.steps[last]?.thread ?? 0;
		const earlier =
			settling.length > 0
				? settling.findLast((index) => this.steps[index]?.thread !== thread)
				: this.earlierHalf(fault);
		const steps = this.steps.map((step, index): TraceStep => {
			if (index === last) return { ...step, role: "violation" };
			return index === earlier ? { ...step, role: "earlier" } : step;
		});
		const pending = this.pending(fault, site);
		const cell = fault.cell === undefined ? undefined : this.program.cells[fault.cell];
		const object = fault.object ?? cell?.object;
		const violation: Violation = {
			kind: fault.kind,
			message:
				fault.kind === "deadlock"
					? describeWaiting(threads, pending)
					: describeFault(this.program, fault, this.program.threads[thread]?.name ?? "init"),
			location: site.location,
			...(object === undefined ? {} : { object: this.program.objects[object]?.name ?? "?" }),
			...(cell ? { field: cell.field } : {}),
			...(site.rules.length > 0 ? { rules: site.rules } : {}),
			...(earlier !== undefined && earlier < last ? { pair: [earlier, last] as const } : {}),
		};
		const trace: Trace = {
			schedule: formatSchedule(this.schedule),
			contextSwitches: this.steps.filter((step, index) => index > 0 && step.thread !== this.steps[index - 1]?.thread)
				.length,
			threads,
			parameters: this.program.parameters,
			initial: this.initial,
			steps,
			...(pending.length > 0 ? { pending } : {}),
			violation,
		};
		return { ...trace, decisive: [...decisiveSteps(trace)].sort((a, b) => a - b) };
	}

	/** Where the threads of a deadlock or a data race stand; the statement that fails, where it comes after the last access. */
	private pending(fault: Fault | StateFault, site: Site): PendingStatement[] {
		const standing = (thread: number, { location, callStack, text }: Site): PendingStatement => {
			return { thread, location, threadLocation: callStack[0]?.call ?? location, callStack, text };
		};
		if (!("threads" in fault)) {
			const last = this.steps.at(-1);
			if (last === undefined || site.text === "") return [];
			const { file, line, column } = last.location;
			const same = file === site.location.file && line === site.location.line && column === site.location.column;
			return same || last.text === site.text ? [] : [standing(last.thread, site)];
		}
		if (fault.kind !== "deadlock" && fault.kind !== "data_race") return [];
		return fault.threads.flatMap((thread) => {
			const pc = this.words[this.machine.layout.threads[thread] as number] as number;
			return pc < 0 ? [] : [standing(thread, this.siteOf(thread, pc))];
		});
	}

	/** The step that made the violating one wrong: the free, or the last write by another thread. */
	private earlierHalf(fault: Fault): number | undefined {
		const last = this.steps.length - 1;
		const thread = this.steps[last]?.thread;
		if ((fault.kind === "use_after_free" || fault.kind === "double_free") && fault.object !== undefined)
			return this.freedBy.get(fault.object);
		const byOthers = (index: number | undefined) => index !== undefined && this.steps[index]?.thread !== thread;
		const accesses = this.steps[last]?.accesses ?? [];
		for (const access of [...accesses].reverse()) if (byOthers(access.readsFrom)) return access.readsFrom;
		if (fault.cell !== undefined && byOthers(this.writtenBy.get(fault.cell))) return this.writtenBy.get(fault.cell);
		for (let index = last - 1; index >= 0; index--) {
			if (this.steps[index]?.thread === thread) continue;
			if (
				this.steps[index]?.accesses.some(
					(access) => access.kind === "write" || access.kind === "free" || access.kind === "lock",
				)
			)
				return index;
		}
		return undefined;
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
