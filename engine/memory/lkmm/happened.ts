/** What has happened in a partial execution when a thread stops at a fault, or waits for ever. */
import { fromInitial, notYet } from "./communication.ts";
import type { ExecutionFault } from "./explore.ts";
import { isRead } from "./prospects.ts";
import { type EventKey, indexOfKey, keyOf, type State, threadOfKey, unlockOf } from "./state.ts";
import { EventKind } from "./thread.ts";

/** Whether all that has happened is decided, up to the fault in its thread: what everyone reads, and the order of all writes. */
export function isDecided(state: State, fault: ExecutionFault, happened: readonly number[]): boolean {
	return state.parts.every(({ path, location, rf, placed }, thread) =>
		path.events.every((event, i) => {
			if (event.address < 0 || i >= (happened[thread] as number)) return true;
			if (thread === fault.thread && i >= fault.after) return true;
			if ((location[i] as number) < 0) return false;
			if (isRead(event)) return rf[i] !== notYet;
			const isWrite =
				event.kind === EventKind.Write || event.kind === EventKind.LockWrite || event.kind === EventKind.Unlock;
			return !isWrite || placed[i] === 1;
		}),
	);
}

/**
 * How many events of each thread can have happened when a thread has stopped at its fault: what it would have done next has not, nor
 * what rests on that, be it by reading or by getting a lock.
 */
export function happenedBefore(state: State, fault: ExecutionFault): number[] {
	const happened = state.parts.map(({ path }, thread) =>
		thread === fault.thread && !fault.goesOn ? fault.after : path.events.length,
	);
	const has = (key: EventKey) => indexOfKey(key) < (happened[threadOfKey(key)] as number);
	/** Whether an event rests on what has not happened. */
	const isLate = (key: EventKey) => {
		const { kind } = state.event(key);
		if (kind !== EventKind.LockWrite) return state.rfOf(key) >= 0 && !has(state.rfOf(key));
		const order = state.order[state.locationOf(key)] ?? [];
		const previous = order[order.indexOf(key) - 1];
		if (previous === undefined || !state.isPlaced(key)) return false;
		const unlock = unlockOf(state, previous);
		return unlock === undefined || !has(unlock);
	};
	for (let changed = true; changed; ) {
		changed = false;
		for (let thread = 0; thread < happened.length; thread++) {
			const count = happened[thread] as number;
			for (let i = 0; i < count; i++) {
				if (!isLate(keyOf(thread, i))) continue;
				const { readHalf } = state.event(keyOf(thread, i));
				happened[thread] = readHalf < 0 ? i : readHalf;
				changed = true;
				break;
			}
		}
	}
	return happened;
}

/**
 * The threads that wait, when that is for ever: everything has been written, and what they read is the last in coherence order.
 * Undefined when something may still come, or somebody waits for a lock of theirs.
 */
export function stuckThreads(state: State): number[] | undefined {
	const waiting: number[] = [];
	for (const [thread, { path, rf, location }] of state.parts.entries()) {
		if (path.end.kind !== "waiting") continue;
		waiting.push(thread);
		for (const load of path.end.on) {
			const order = state.order[location[load] as number] ?? [];
			if (rf[load] !== (order.at(-1) ?? fromInitial)) return undefined;
		}
	}
	for (const order of state.order) {
		for (const [i, key] of order.entries()) {
			const isLast = i === order.length - 1;
			if (!isLast && state.event(key).kind === EventKind.LockWrite && unlockOf(state, key) === undefined)
				return undefined;
		}
	}
	return waiting;
}
