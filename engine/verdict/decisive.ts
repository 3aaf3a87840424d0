/** Which steps of a trace a reader needs in order to see the race, and which are only on the way. */
import type { AccessRecord, Trace, TraceStep, Violation } from "./verdict.ts";

/**
 * A read-modify-write is one access of kind `update`, also where it is written down as a read and a write of one step.
 * Accesses in the order of the step.
 */
export function mergedAccesses(step: TraceStep): AccessRecord[] {
	const merged: AccessRecord[] = [];
	for (const access of step.accesses) {
		const index = merged.findIndex((one) => place(one) === place(access));
		const there = merged[index];
		if (there?.kind === "read" && access.kind === "write") merged[index] = { ...there, ...access, kind: "update" };
		else merged.push(access);
	}
	return merged;
}

const changing = (access: AccessRecord) => access.kind !== "read";
const locking = (access: AccessRecord) => access.kind === "lock" || access.kind === "unlock";
const place = (access: AccessRecord) => `${access.object}\0${access.field}`;
const aboutContext = /\b(rcu|irq|irqs|interrupts|preempt|preemption|reader)\b/i;
const gracePeriodCall = /^_*(call_rcu|kfree_rcu|synchronize_rcu)/;
const called = /\w+(?=\s*\()/g;

/** Whether a function of this name starts a grace period or waits for one. */
export function startsGracePeriod(name: string): boolean {
	return gracePeriodCall.test(name);
}

/**
 * Two accesses to one place by different threads matter to each other when one of them changes it and they do not
 * commute: two counts that go up and down in either order come to the same. Where the violation is about the place,
 * everything that touches it matters.
 */
function conflict(one: AccessRecord, other: AccessRecord, violation: Violation): boolean {
	if (!changing(one) && !changing(other)) return false;
	if (locking(one) || locking(other)) return true;
	const suffering = violation.object === one.object && violation.field === one.field;
	return suffering || one.kind !== "update" || other.kind !== "update";
}

/** What a thread held or was before its step: the list of the same thread's step before. */
function heldBefore(steps: readonly TraceStep[]): (readonly string[])[] {
	const held = new Map<number, readonly string[]>();
	return steps.map((step) => {
		const before = held.get(step.thread) ?? [];
		held.set(step.thread, step.held);
		return before;
	});
}

/**
 * Indices of the decisive steps: the racing pair, accesses of different threads that conflict, ends of lifetimes, RCU
 * readers, interrupts and grace periods, and whatever the machine did that the source does not say.
 */
export function decisiveSteps(trace: Trace): ReadonlySet<number> {
	const { steps, violation } = trace;
	const decisive = new Set<number>(violation.pair ?? []);
	const byPlace = new Map<
		string,
		{ readonly index: number; readonly thread: number; readonly access: AccessRecord }[]
	>();
	const before = heldBefore(steps);
	for (const [index, step] of steps.entries()) {
		if (step.role !== undefined || step.note !== undefined) decisive.add(index);
		if ((step.text.match(called) ?? []).some(startsGracePeriod)) decisive.add(index);
		const had = before[index] ?? [];
		const moved = [...step.held.filter((one) => !had.includes(one)), ...had.filter((one) => !step.held.includes(one))];
		if (moved.some((one) => aboutContext.test(one))) decisive.add(index);
		for (const access of mergedAccesses(step)) {
			if (access.kind === "free") decisive.add(index);
			const there = byPlace.get(place(access)) ?? [];
			byPlace.set(place(access), there);
			for (const earlier of there) {
				if (earlier.thread === step.thread || !conflict(earlier.access, access, violation)) continue;
				decisive.add(index);
				decisive.add(earlier.index);
			}
			there.push({ index, thread: step.thread, access });
		}
	}
	return decisive;
}
