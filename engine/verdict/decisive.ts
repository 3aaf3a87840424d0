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

const place = (access: AccessRecord) => `${access.object}\0${access.field}`;
const aboutContext = /\b(rcu|irq|irqs|interrupts|preempt|preemption|reader)\b/i;
const gracePeriodCall = /^_*(call_rcu|kfree_rcu|synchronize_rcu)/;
const called = /\w+(?=\s*\()/g;

/** Whether a function of this name starts a grace period or waits for one. */
export function startsGracePeriod(name: string): boolean {
	return gracePeriodCall.test(name);
}

interface Seen {
	readonly index: number;
	readonly thread: number;
	readonly access: AccessRecord;
	/** Taking or releasing a lock. */
	readonly locks: boolean;
	/** It left another value than it found. */
	readonly changes: boolean;
}

/** The accesses of a step. Of a bit lock, the word that the bit is in is part of the lock: that it changes is no news. */
function seenIn(step: TraceStep, index: number): Seen[] {
	const merged = mergedAccesses(step);
	const takesLock = merged.some((access) => access.kind === "lock" || access.kind === "unlock");
	return merged.map((access) => {
		const locks = access.kind === "lock" || access.kind === "unlock";
		const changed = step.changes.some((one) => one.object === access.object && one.field === access.field);
		return { index, thread: step.thread, access, locks, changes: changed && (locks || !takesLock) };
	});
}

/**
 * Two accesses to one place by different threads matter to each other when one of them changes it and they do not
 * commute: two counts that go up and down in either order come to the same. Where the violation is about the place,
 * everything that touches it matters.
 */
function conflict(one: Seen, other: Seen, violation: Violation): boolean {
	if (one.thread === other.thread) return false;
	if (one.locks && other.locks) return true;
	const suffering = violation.object === one.access.object && violation.field === one.access.field;
	const writing = one.access.kind !== "read" || other.access.kind !== "read";
	if (suffering) return writing;
	if (!one.changes && !other.changes) return false;
	return one.access.kind !== "update" || other.access.kind !== "update";
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
	const byPlace = new Map<string, Seen[]>();
	const before = heldBefore(steps);
	for (const [index, step] of steps.entries()) {
		if (step.role !== undefined || step.note !== undefined) decisive.add(index);
		if ((step.text.match(called) ?? []).some(startsGracePeriod)) decisive.add(index);
		const had = before[index] ?? [];
		const moved = [...step.held.filter((one) => !had.includes(one)), ...had.filter((one) => !step.held.includes(one))];
		const insideLock = step.callStack.some((frame) => /lock/.test(frame.function) && !/^_*rcu_/.test(frame.function));
		// A spinlock turns preemption off as well: that goes without saying.
		if (!insideLock && moved.some((one) => aboutContext.test(one))) decisive.add(index);
		for (const seen of seenIn(step, index)) {
			if (seen.access.kind === "free") decisive.add(index);
			const there = byPlace.get(place(seen.access)) ?? [];
			byPlace.set(place(seen.access), there);
			for (const earlier of there) {
				if (!conflict(earlier, seen, violation)) continue;
				decisive.add(index);
				decisive.add(earlier.index);
			}
			there.push(seen);
		}
	}
	return decisive;
}
