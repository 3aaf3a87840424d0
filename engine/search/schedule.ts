/**
 * A schedule as a short string: one letter per thread in the order of the program, a count for a run of steps, `.` before
 * the alternatives of a step that chose. `a3bc.1a2` is three steps of the first thread, one of the second, one of the third
 * that took alternative 1, two of the first. A leading `=1_0;` gives the choices made before the first step. `(…)` at the end
 * is a cycle that may go on for ever.
 */

export interface ScheduledStep {
	readonly thread: number;
	/** Alternatives taken, in order; missing ones are 0. */
	readonly choices: readonly number[];
}

export interface Schedule {
	readonly initial: readonly number[];
	readonly steps: readonly ScheduledStep[];
	/** Index of the first step of the cycle of a livelock. */
	readonly cycleFrom?: number;
}

const letter = (thread: number) => String.fromCharCode(97 + thread);
const significant = (choices: readonly number[]) => {
	let length = choices.length;
	while (length > 0 && choices[length - 1] === 0) length--;
	return choices.slice(0, length);
};

/** The string of a schedule. */
export function formatSchedule(schedule: Schedule): string {
	const initial = significant(schedule.initial);
	let text = initial.length > 0 ? `=${initial.join("_")};` : "";
	let index = 0;
	while (index < schedule.steps.length) {
		if (index === schedule.cycleFrom) text += "(";
		const { thread, choices } = schedule.steps[index] as ScheduledStep;
		const chosen = significant(choices);
		let run = 1;
		if (chosen.length === 0) {
			for (;;) {
				const next = schedule.steps[index + run];
				if (
					!next ||
					next.thread !== thread ||
					significant(next.choices).length > 0 ||
					index + run === schedule.cycleFrom
				)
					break;
				run++;
			}
		}
		text += letter(thread) + (chosen.length > 0 ? `.${chosen.join("_")}` : run > 1 ? String(run) : "");
		index += run;
	}
	return schedule.cycleFrom === undefined ? text : `${text})`;
}

/** Steps that a schedule string may stand for, at the most. */
export const scheduleStepsMax = 1_000_000;

/** Reads a schedule string; an error message when it is not one. */
export function parseSchedule(text: string): Schedule | string {
	const numbers = (list: string) => list.split("_").map(Number);
	const match = /^(?:=(\d+(?:_\d+)*);)?(.*)$/s.exec(text.trim());
	const body = match?.[2] ?? "";
	const steps: ScheduledStep[] = [];
	let cycleFrom: number | undefined;
	const token = /([a-z])(?:\.(\d+(?:_\d+)*)|(\d+))?|([()])/y;
	let at = 0;
	while (at < body.length) {
		token.lastIndex = at;
		const found = token.exec(body);
		if (!found) return `not a schedule: unexpected "${body.slice(at, at + 8)}"`;
		at = token.lastIndex;
		if (found[4] === "(") {
			if (cycleFrom !== undefined) return "not a schedule: two cycles";
			cycleFrom = steps.length;
			continue;
		}
		if (found[4] === ")") {
			if (cycleFrom === undefined || at !== body.length) return 'not a schedule: unexpected ")"';
			continue;
		}
		const thread = (found[1] as string).charCodeAt(0) - 97;
		const count = found[3] === undefined ? 1 : Number(found[3]);
		if (steps.length + count > scheduleStepsMax) return `not a schedule: more than ${scheduleStepsMax} steps`;
		for (let i = 0; i < count; i++) steps.push({ thread, choices: found[2] === undefined ? [] : numbers(found[2]) });
	}
	return {
		initial: match?.[1] === undefined ? [] : numbers(match[1]),
		steps,
		...(cycleFrom === undefined ? {} : { cycleFrom }),
	};
}
