/** What the picture of a counterexample is made of, read off its trace: nothing here is found out anew. */
import type { Change, TraceSpan, Value } from "../../engine/verdict/verdict.ts";
import { decisiveSteps } from "../annotations.ts";
import type { Run } from "../run.ts";

/** A span of the trace with its place beside others. */
export interface Span extends TraceSpan {
	/** Column of the span beside others of its thread that overlap it, from 0. */
	readonly column: number;
}

/** Every span of the trace, by thread, then by start. */
export function spansOf(trace: Run): Span[] {
	const placed: Span[] = [];
	for (const span of trace.spans ?? []) {
		const taken = placed.filter((one) => one.thread === span.thread && one.to > span.from).map(({ column }) => column);
		let column = 0;
		while (taken.includes(column)) column++;
		placed.push({ ...span, column });
	}
	return placed;
}

/** Whether a step is the end of the grace period that a callback waited for: its thread's first step, which touches nothing. */
export function endsGracePeriod(trace: Run, index: number): boolean {
	const step = trace.steps[index];
	if (!step || trace.threads[step.thread]?.kind !== "callback" || step.role) return false;
	return step.accesses.length === 0 && trace.steps.findIndex((one) => one.thread === step.thread) === index;
}

/** The threads that take a step, in order: each has a lane. */
export function lanesOf(trace: Run): number[] {
	return [...trace.threads.keys()].filter((thread) => trace.steps.some((step) => step.thread === thread));
}

/** The steps that have a row: every one, or those that tell the race, and the selected one in any case. */
export function visibleSteps(trace: Run, everyStep: boolean, selected: number): number[] {
	const decisive = new Set(decisiveSteps(trace));
	return [...trace.steps.keys()].filter((step) => everyStep || decisive.has(step) || step === selected);
}

/** Those of the visible steps before which, among them, another thread ran. */
export function contextSwitches(trace: Run, visible: readonly number[]): number[] {
	const thread = (step: number | undefined) => (step === undefined ? undefined : trace.steps[step]?.thread);
	return visible.filter((step, place) => place > 0 && thread(visible[place - 1]) !== thread(step));
}

/** The fields that these steps touch, and the objects whose lifetime they change, as "object.field". */
export function touchedBy(trace: Run, steps: readonly number[]): ReadonlySet<string> {
	const name = (object: string, field: string) => `${object}.${field}`;
	const names = steps.flatMap((index) => {
		const step = trace.steps[index];
		return step ? [...step.changes, ...step.accesses].map(({ object, field }) => name(object, field)) : [];
	});
	const { object, field } = trace.violation ?? {};
	return new Set(object === undefined ? names : [...names, name(object, field ?? "")]);
}

/** One field of an object at a step. */
export interface FieldState {
	/** Path inside the object; "" for the object's lifetime. */
	readonly field: string;
	readonly value: Value;
	/** Set when the selected step changed the field: what it was before. */
	readonly before: Value | undefined;
}

export interface ObjectState {
	readonly object: string;
	readonly fields: readonly FieldState[];
}

const keyOf = (object: string, field: string) => `${object}\u0000${field}`;

/** The objects after a step (counted from 0), in the order in which the trace first names them. */
export function objectsAfter(trace: Run, step: number): ObjectState[] {
	const now = new Map<string, { object: string; field: string; value: Value; before: Value | undefined }>();
	for (const { object, field, value } of trace.initial) {
		now.set(keyOf(object, field), { object, field, value, before: undefined });
	}
	const apply = (change: Change, index: number) => {
		const { object, field } = change;
		const entry = now.get(keyOf(object, field)) ?? {
			object,
			field,
			value: change.before,
			before: undefined,
		};
		if (index <= step) entry.value = change.after;
		// Several changes of one field in one step read as one.
		if (index === step) entry.before ??= change.before;
		now.set(keyOf(object, field), entry);
	};
	for (const [index, { changes }] of trace.steps.entries()) for (const change of changes) apply(change, index);
	const byObject = new Map<string, FieldState[]>();
	for (const { object, ...state } of now.values()) {
		const fields = byObject.get(object);
		if (fields) fields.push(state);
		else byObject.set(object, [state]);
	}
	return [...byObject].map(([object, fields]) => ({ object, fields }));
}

/** A thread's locals after a step, by name, with the ones that this step set marked. */
export function localsAfter(
	trace: Run,
	thread: number,
	step: number,
): { name: string; value: Value; changed: boolean }[] {
	const now = new Map<string, { name: string; value: Value; changed: boolean }>();
	for (const [index, one] of trace.steps.entries()) {
		if (index > step || one.thread !== thread) continue;
		for (const { name, value } of one.locals) now.set(name, { name, value, changed: index === step });
	}
	return [...now.values()];
}

/** What each thread holds after a step; threads that hold nothing are left out. */
export function heldAfter(trace: Run, step: number): { thread: number; held: readonly string[] }[] {
	return trace.threads.flatMap((_, thread) => {
		const last = trace.steps.findLast((one, index) => index <= step && one.thread === thread);
		return last && last.held.length > 0 ? [{ thread, held: last.held }] : [];
	});
}
