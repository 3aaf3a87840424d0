/** From a schedule to a Trace: the steps are taken again, one by one, and written down. No search. */

import type { Fault } from "../memory/access.ts";
import type { Program, Site } from "../program/program.ts";
import { formatSchedule, type Schedule } from "../search/schedule.ts";
import { decisiveSteps } from "./decisive.ts";
import { changesOfMentioned } from "./mentioned.ts";
import { describeFault, describeWaiting } from "./message.ts";
import { Recorder } from "./recorder.ts";
import { deadlockedOr, type StateFault } from "./terminal.ts";
import type { InitialValue, PendingStatement, Trace, TraceStep, Violation } from "./verdict.ts";
import { whyOf } from "./why.ts";

/** Why a schedule does not fit a program, and how far it did. */
export interface ReplayFailure {
	readonly message: string;
	/** Steps that fitted. */
	readonly steps: readonly TraceStep[];
	readonly initial: readonly InitialValue[];
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
	private readonly recorder: Recorder;

	constructor(program: Program, schedule: Schedule) {
		this.program = program;
		this.schedule = schedule;
		this.recorder = new Recorder(program);
	}

	run(): Trace | ReplayFailure {
		const { recorder } = this;
		const started = recorder.start(this.schedule.initial);
		if (started.kind === "fault")
			return this.trace(started.fault, recorder.siteOf(started.thread, started.instruction));
		if (started.kind !== "done") return this.failure("the scenario's init cannot run to its end");
		let cycleStart: Int32Array | undefined;
		for (const [index, step] of this.schedule.steps.entries()) {
			if (index === this.schedule.cycleFrom) cycleStart = Int32Array.from(recorder.words);
			const name = this.program.threads[step.thread]?.name;
			if (name === undefined) return this.failure(`step ${index + 1}: there is no thread number ${step.thread + 1}`);
			const outcome = recorder.step(step);
			if (outcome.kind === "disabled") return this.failure(`step ${index + 1}: ${name} cannot take a step here`);
			if (outcome.kind === "limit") return this.failure(`step ${index + 1}: limit "${outcome.limit}"`);
			if (outcome.kind === "fault") {
				if (index !== this.schedule.steps.length - 1)
					return this.failure(`step ${index + 1} already violates: ${outcome.fault.detail}`);
				return this.trace(outcome.fault, recorder.siteOf(step.thread, outcome.instruction));
			}
		}
		if (cycleStart) {
			if (!recorder.words.every((word, index) => word === cycleStart[index]))
				return this.failure("the cycle does not come back to where it began");
			return this.trace(this.livelock(), this.lastSite());
		}
		const fault = deadlockedOr(recorder.machine, recorder.words);
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

	private lastSite(fault?: StateFault): Site {
		const property = fault?.property === undefined ? undefined : this.program.properties[fault.property];
		if (property) return { location: property.location, callStack: [], text: property.text, rules: [] };
		const thread = fault?.threads[fault.threads.length - 1];
		if (thread !== undefined) {
			const pc = this.recorder.words[this.recorder.machine.layout.threads[thread] as number] as number;
			if (pc >= 0) return this.recorder.siteOf(thread, pc);
		}
		const last = this.recorder.steps[this.recorder.steps.length - 1];
		return last
			? { location: last.location, callStack: last.callStack, text: last.text, rules: [] }
			: this.recorder.siteOf(0, 0);
	}

	private failure(message: string): ReplayFailure {
		return { message, steps: this.recorder.steps, initial: this.recorder.initial };
	}

	private trace(fault: Fault | StateFault, site: Site): Trace {
		const { threads } = this.recorder;
		// Of a property that fails at the end, what it names was settled by an earlier step than the last.
		const property = "property" in fault ? this.program.properties[fault.property ?? -1] : undefined;
		const settling = property === undefined ? [] : changesOfMentioned(this.recorder.steps, threads, property.text);
		const last = settling.at(-1) ?? this.recorder.steps.length - 1;
		const thread = this.recorder.steps[last]?.thread ?? 0;
		const earlier =
			settling.length > 0
				? settling.findLast((index) => this.recorder.steps[index]?.thread !== thread)
				: this.earlierHalf(fault);
		const steps = this.recorder.steps.map((step, index): TraceStep => {
			if (index === last) return { ...step, role: "violation" };
			return index === earlier ? { ...step, role: "earlier" } : step;
		});
		const pending = this.pending(fault, site);
		const cell = fault.cell === undefined ? undefined : this.program.cells[fault.cell];
		const object = fault.object ?? cell?.object;
		// What the violating place says, then what the two steps say that made it wrong.
		const pair = [last, earlier ?? -1].flatMap((index) => this.recorder.rules[index] ?? []);
		const rules = [...new Set([...site.rules, ...pair])];
		const violation: Violation = {
			kind: fault.kind,
			message:
				fault.kind === "deadlock"
					? describeWaiting(threads, pending)
					: describeFault(this.program, fault, this.program.threads[thread]?.name ?? "init"),
			location: site.location,
			...(object === undefined ? {} : { object: this.program.objects[object]?.name ?? "?" }),
			...(cell ? { field: cell.field } : {}),
			...(rules.length > 0 ? { rules } : {}),
			...(property?.meaning === undefined ? {} : { meaning: property.meaning }),
			...(earlier !== undefined && earlier < last ? { pair: [earlier, last] as const } : {}),
		};
		const trace: Trace = {
			schedule: formatSchedule(this.schedule),
			contextSwitches: this.recorder.steps.filter(
				(step, index) => index > 0 && step.thread !== this.recorder.steps[index - 1]?.thread,
			).length,
			threads,
			parameters: this.program.parameters,
			initial: this.recorder.initial,
			steps,
			...(pending.length > 0 ? { pending } : {}),
			violation,
		};
		const decisive = [...decisiveSteps(trace)].sort((a, b) => a - b);
		const told = { ...trace, decisive, spans: this.recorder.spans };
		return { ...told, why: whyOf(told, this.recorder.rules) };
	}

	/** Where the threads of a deadlock or a data race stand; the statement that fails, where it comes after the last access. */
	private pending(fault: Fault | StateFault, site: Site): PendingStatement[] {
		const standing = (thread: number, { location, callStack, text }: Site): PendingStatement => {
			return { thread, location, threadLocation: callStack[0]?.call ?? location, callStack, text };
		};
		if (!("threads" in fault)) {
			const last = this.recorder.steps.at(-1);
			if (last === undefined || site.text === "") return [];
			const { file, line, column } = last.location;
			const same = file === site.location.file && line === site.location.line && column === site.location.column;
			return same || last.text === site.text ? [] : [standing(last.thread, site)];
		}
		if (fault.kind !== "deadlock" && fault.kind !== "data_race") return [];
		return fault.threads.flatMap((thread) => {
			const pc = this.recorder.words[this.recorder.machine.layout.threads[thread] as number] as number;
			return pc < 0 ? [] : [standing(thread, this.recorder.siteOf(thread, pc))];
		});
	}

	/** The step that made the violating one wrong: the free, or the last write by another thread. */
	private earlierHalf(fault: Fault): number | undefined {
		const last = this.recorder.steps.length - 1;
		const thread = this.recorder.steps[last]?.thread;
		if ((fault.kind === "use_after_free" || fault.kind === "double_free") && fault.object !== undefined)
			return this.recorder.freedBy.get(fault.object);
		const byOthers = (index: number | undefined) =>
			index !== undefined && this.recorder.steps[index]?.thread !== thread;
		const accesses = this.recorder.steps[last]?.accesses ?? [];
		for (const access of [...accesses].reverse()) if (byOthers(access.readsFrom)) return access.readsFrom;
		if (fault.cell !== undefined && byOthers(this.recorder.writtenBy.get(fault.cell)))
			return this.recorder.writtenBy.get(fault.cell);
		for (let index = last - 1; index >= 0; index--) {
			if (this.recorder.steps[index]?.thread === thread) continue;
			if (
				this.recorder.steps[index]?.accesses.some(
					(access) => access.kind === "write" || access.kind === "free" || access.kind === "lock",
				)
			)
				return index;
		}
		return undefined;
	}
}
