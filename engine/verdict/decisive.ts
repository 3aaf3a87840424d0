/** Which steps of a trace a reader needs in order to see the race, and which are only on the way. */
import { changesOfMentioned } from "./mentioned.ts";
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

/**
 * Steps at which an RCU reader or a section with interrupts or preemption off begins or ends while others run in between:
 * only then can it have kept anybody from anything. Those that are part of a lock go without saying.
 */
function contextBoundaries(steps: readonly TraceStep[]): number[] {
	const found: number[] = [];
	const open = new Map<string, { readonly index: number; readonly insideLock: boolean }>();
	const held = new Map<number, readonly string[]>();
	/** Where the uninterrupted run of the present thread begins. */
	let othersSince = 0;
	for (const [index, step] of steps.entries()) {
		if (steps[index - 1]?.thread !== step.thread) othersSince = index;
		const before = held.get(step.thread) ?? [];
		held.set(step.thread, step.held);
		const insideLock = step.callStack.some((frame) => /lock/.test(frame.function) && !/^_*rcu_/.test(frame.function));
		const key = (what: string) => `${step.thread}\0${what}`;
		for (const what of step.held) {
			if (!before.includes(what) && aboutContext.test(what)) open.set(key(what), { index, insideLock });
		}
		for (const what of before) {
			if (step.held.includes(what)) continue;
			const begun = open.get(key(what));
			open.delete(key(what));
			if (begun !== undefined && !begun.insideLock && begun.index < othersSince) found.push(begun.index, index);
		}
	}
	for (const [name, { index, insideLock }] of open) {
		const thread = Number(name.split("\0")[0]);
		const later = steps.findIndex((step, at) => at > index && step.thread !== thread);
		if (!insideLock && later >= 0) found.push(index);
	}
	return found;
}

/**
 * Where the thread that breaks a property counted something up or down, and went by the count later on: of an object that the
 * property names, while another thread ran in between. That one need not touch the count for it to tell the story.
 */
export function ownCounts({
	steps,
	violation,
}: Pick<Trace, "steps" | "violation">): { raised: number; read: number }[] {
	if (violation.kind !== "invariant") return [];
	const thread = steps.find(({ role }) => role === "violation")?.thread;
	return steps.flatMap((step, read) => {
		if (step.thread !== thread) return [];
		return mergedAccesses(step).flatMap(({ kind, object, readsFrom: raised }) => {
			const from = raised === undefined ? undefined : steps[raised];
			if (raised === undefined || kind !== "read" || from?.thread !== thread || !named(violation.message, object))
				return [];
			const alone = steps.slice(raised, read).every((one) => one.thread === thread);
			return !alone && mergedAccesses(from).some((one) => one.kind === "update" && one.object === object)
				? [{ raised, read }]
				: [];
		});
	});
}

/** Whether a text speaks of an object. */
const named = (text: string, object: string) =>
	(text.match(/[\w.]+/g) ?? []).some((word) => word === object || word.startsWith(`${object}.`));

/**
 * Indices of the decisive steps: the racing pair, accesses of different threads that conflict, ends of lifetimes, RCU
 * readers, interrupts and grace periods, and whatever the machine did that the source does not say.
 */
export function decisiveSteps(trace: Trace): ReadonlySet<number> {
	const { steps, violation } = trace;
	const decisive = new Set<number>([...(violation.pair ?? []), ...contextBoundaries(steps)]);
	if (violation.kind === "invariant") {
		for (const index of changesOfMentioned(steps, trace.threads, violation.message)) decisive.add(index);
	}
	for (const { raised, read } of ownCounts(trace)) decisive.add(raised).add(read);
	const byPlace = new Map<string, Seen[]>();
	for (const [index, step] of steps.entries()) {
		if (step.role !== undefined || step.note !== undefined) decisive.add(index);
		if ((step.text.match(called) ?? []).some(startsGracePeriod)) decisive.add(index);
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
