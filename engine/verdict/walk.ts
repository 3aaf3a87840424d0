/**
 * Going on by hand: where a schedule leads, which threads can take a step there, and what that step would be. The way of a
 * user who asks "and if the other CPU had been faster?".
 */
import type { Program } from "../program/program.ts";
import { formatSchedule, parseSchedule, type Schedule, type ScheduledStep } from "../search/schedule.ts";
import { forEachStep } from "../search/successors.ts";
import { Recorder } from "./recorder.ts";
import { isTrace, replay } from "./replay.ts";
import type { Frame, InitialValue, Location, Trace, TraceSpan, TraceStep, TraceThread } from "./verdict.ts";

/** One step that could be taken next. */
export interface Alternative {
	readonly thread: number;
	readonly name: string;
	/** The statement that the thread stands before, and the calls that it is in, outermost first. */
	readonly text: string;
	readonly callStack: readonly Frame[];
	readonly location: Location;
	/** Which of the step's nondeterministic outcomes, "" where there is but one. */
	readonly choices: string;
	/** Schedule string of the walk with this step added. */
	readonly schedule: string;
	/** The step would violate something. */
	readonly violates: boolean;
}

/** A run as far as somebody has walked it. */
export interface Walk {
	readonly schedule: string;
	readonly threads: readonly TraceThread[];
	readonly parameters: Readonly<Record<string, string>>;
	readonly initial: readonly InitialValue[];
	readonly steps: readonly TraceStep[];
	readonly spans: readonly TraceSpan[];
	/** What can be done next; empty at the end. */
	readonly alternatives: readonly Alternative[];
	/** The counterexample, where the walk has come to a violation. */
	readonly trace?: Trace;
	/** Why the rest of the schedule does not fit the program any more; the steps that fitted stand above. */
	readonly misfit?: string;
}

/** Walks a schedule string through a program, as far as it fits. An error message when it is no schedule string. */
export function walk(program: Program, text: string): Walk | string {
	const schedule = parseSchedule(text);
	if (typeof schedule === "string") return schedule;
	const recorder = new Recorder(program);
	const started = recorder.start(schedule.initial);
	let misfit = started.kind === "disabled" ? "the scenario's init cannot run to its end" : undefined;
	let ended = started.kind !== "done";
	let taken = 0;
	for (const step of schedule.steps) {
		if (ended) break;
		const outcome = recorder.step(step);
		if (outcome.kind === "disabled" || outcome.kind === "limit") {
			const name = program.threads[step.thread]?.name ?? `thread number ${step.thread + 1}`;
			misfit = `step ${taken + 1}: ${name} cannot take a step here`;
			break;
		}
		taken++;
		ended = outcome.kind === "fault";
	}
	if (ended && taken < schedule.steps.length) misfit ??= `step ${taken} violates already`;
	const fitted: Schedule = { initial: schedule.initial, steps: schedule.steps.slice(0, taken) };
	const { cycleFrom } = schedule;
	const cycle = misfit === undefined && cycleFrom !== undefined ? { ...fitted, cycleFrom } : fitted;
	const replayed = replay(program, cycle);
	return {
		schedule: formatSchedule(cycle),
		threads: recorder.threads,
		parameters: program.parameters,
		initial: recorder.initial,
		steps: recorder.steps,
		spans: recorder.spans,
		alternatives: ended ? [] : alternatives(recorder, fitted),
		...(isTrace(replayed) ? { trace: replayed } : {}),
		...(misfit === undefined ? {} : { misfit }),
	};
}

function alternatives(recorder: Recorder, schedule: Schedule): Alternative[] {
	const { program, machine, words } = recorder;
	const into = new Int32Array(words.length);
	const from = Int32Array.from(words);
	const found: Alternative[] = [];
	program.threads.forEach((thread, index) => {
		if (!machine.running(words, index)) return;
		const pc = words[machine.layout.threads[index] as number] as number;
		const site = recorder.siteOf(index, pc);
		const several: { step: ScheduledStep; violates: boolean }[] = [];
		forEachStep(machine, from, index, into, (outcome, choices) => {
			several.push({ step: { thread: index, choices: [...choices] }, violates: outcome.kind === "fault" });
			return true;
		});
		for (const { step, violates } of several) {
			found.push({
				thread: index,
				name: thread.name,
				text: site.text,
				callStack: site.callStack,
				location: site.location,
				choices: several.length > 1 ? step.choices.join("_") : "",
				schedule: formatSchedule({ initial: schedule.initial, steps: [...schedule.steps, step] }),
				violates,
			});
		}
	});
	return found;
}
