/** What of a partial execution is decided next, and the ways in which it can be. */
import { notYet } from "./communication.ts";
import { lockPlaces, type Option, sources, writePlaces } from "./options.ts";
import type { Ordering } from "./ordering.ts";
import { guessable, isPutOff, isRead, moreMayCome, readsOf, waitsForItself } from "./prospects.ts";
import {
	type EventKey,
	heldBefore,
	keyOf,
	knowsLocksBefore,
	type State,
	type ThreadPart,
	threadOfKey,
	unlockOf,
} from "./state.ts";
import { EventKind, type PathEvent } from "./thread.ts";

/** Gives the unlocks that have appeared their place; false when a lock that nobody releases is not the last. */
export function placeUnlocks(state: State): boolean {
	for (let thread = 0; thread < state.parts.length; thread++) {
		const { path, location, placed } = state.parts[thread] as ThreadPart;
		for (let i = 0; i < path.events.length; i++) {
			const { kind } = path.events[i] as PathEvent;
			if (kind !== EventKind.Unlock && kind !== EventKind.LockWrite) continue;
			// What the thread holds afterwards is known only together with this address.
			if ((location[i] as number) < 0) break;
			if (kind === EventKind.LockWrite || placed[i] === 1) continue;
			const key = keyOf(thread, i);
			const lock = heldBefore(state, key);
			if (lock === undefined || state.isPlaced(lock)) state.place(key, -1);
		}
	}
	for (const [location, order] of state.order.entries()) {
		if (order.length < 2 || state.arrivals[location] === undefined) continue;
		for (let i = 0; i + 1 < order.length; i++) {
			const key = order[i] as EventKey;
			if (state.event(key).kind !== EventKind.LockWrite || unlockOf(state, key) !== undefined) continue;
			const part = state.parts[threadOfKey(key)] as ThreadPart;
			if (part.path.end.kind === "finished" && knowsLocksBefore(part, part.path.events.length)) return false;
		}
	}
	return true;
}

/** What is undecided in a partial execution. */
interface Open {
	readonly locks: EventKey[];
	readonly writes: EventKey[];
	/** Reads that something can be offered to. */
	readonly reads: EventKey[];
	/** Reads that were put off and have not been offered anything since. */
	readonly waiting: EventKey[];
	/** Threads that have a choice to make which rests on nothing. */
	readonly choosers: number[];
	/** A thread waits to know where to go on. */
	stalled: boolean;
	any: boolean;
}

function openIn(state: State): Open {
	const open: Open = { locks: [], writes: [], reads: [], waiting: [], choosers: [], stalled: false, any: false };
	for (const [thread, part] of state.parts.entries()) {
		const { events, end } = part.path;
		for (let i = 0; i < events.length; i++) {
			const event = events[i] as PathEvent;
			if (event.address < 0) continue;
			const key = keyOf(thread, i);
			if ((part.location[i] as number) < 0) open.any = true;
			else if (event.kind === EventKind.LockWrite) {
				if (part.placed[i] === 1) continue;
				if (knowsLocksBefore(part, i)) open.locks.push(key);
				else open.any = true;
			} else if (event.kind === EventKind.Write) {
				if (part.placed[i] !== 0) continue;
				if (event.readHalf < 0 || part.rf[event.readHalf] !== notYet) open.writes.push(key);
				else open.any = true;
			} else if (isRead(event) && part.rf[i] === notYet) {
				open.any = true;
				if (event.kind !== EventKind.Read && !knowsLocksBefore(part, i)) continue;
				(isPutOff(state, key) ? open.waiting : open.reads).push(key);
			}
		}
		if (end.kind !== "choice") continue;
		open.any = true;
		open.stalled = true;
		if (end.condition === undefined) open.choosers.push(thread);
	}
	return open;
}

/**
 * What can be decided next; no options when the execution cannot be completed. With `ordering`, of the state, it is what leaves
 * the fewest ways.
 */
export function decide(state: State, ordering?: Ordering): readonly Option[] | "complete" {
	const open = openIn(state);
	if (ordering) return leastOptions(state, open, ordering);
	const [lock] = open.locks;
	if (lock !== undefined) return lockPlaces(state, lock, undefined);
	const [chooser] = open.choosers;
	if (chooser !== undefined) return alternatives(state, chooser);
	const [write] = open.writes;
	if (write !== undefined) return writePlaces(state, write, undefined);
	const lockRead = open.reads.find((read) => state.event(read).kind !== EventKind.Read);
	if (lockRead !== undefined) return sources(state, lockRead, undefined);
	for (const read of open.waiting) if (waitsForItself(state, state.locationOf(read))) return [];
	const read = (open.stalled ? awaited(state, undefined) : undefined) ?? open.reads[0];
	if (read !== undefined) return sources(state, read, undefined);
	if (!open.any) return state.parts.every(isDetermined) ? "complete" : [];
	return guesses(state, undefined);
}

/** The decision that leaves the fewest ways; among equals in the order of `decide`. */
function leastOptions(state: State, open: Open, ordering: Ordering): readonly Option[] | "complete" {
	for (const read of open.waiting) {
		if (!moreMayCome(state, read, ordering) || waitsForItself(state, state.locationOf(read))) return [];
	}
	// The order of critical sections decides most of the rest.
	const locks = least(open.locks, (lock) => lockPlaces(state, lock, ordering));
	if (locks) return locks;
	const [chooser] = open.choosers;
	const writes = least(open.writes, (write) => writePlaces(state, write, ordering));
	if (writes || chooser !== undefined)
		return writes && (chooser === undefined || writes.length <= 1) ? writes : alternatives(state, chooser as number);
	const reads = least(earliest(open, ordering), (read) => sources(state, read, ordering));
	if (reads) return reads;
	if (!open.any) return state.parts.every(isDetermined) ? "complete" : [];
	return guesses(state, ordering);
}

/** The fewest options that one of these has; undefined when there are none of these. */
function least(
	keys: readonly EventKey[],
	optionsOf: (key: EventKey) => readonly Option[],
): readonly Option[] | undefined {
	let fewest: readonly Option[] | undefined;
	for (const key of keys) {
		const options = optionsOf(key);
		if (!fewest || options.length < fewest.length) fewest = options;
		if (fewest.length <= 1) break;
	}
	return fewest;
}

/**
 * The reads that come before the others, as far as is known: what a later one can read depends on what the earlier ones lead to.
 */
function earliest({ reads, waiting }: Open, ordering: Ordering): readonly EventKey[] {
	const isLater = (read: EventKey) =>
		reads.some((other) => (threadOfKey(other) === threadOfKey(read) ? other < read : ordering.isBefore(other, read))) ||
		waiting.some((other) => ordering.isBefore(other, read));
	const found = reads.filter((read) => !isLater(read));
	return found.length > 0 ? found : reads;
}

function guesses(state: State, ordering: Ordering | undefined): readonly Option[] {
	const thread = guessable(state, ordering);
	return thread === undefined ? [] : alternatives(state, thread);
}

/**
 * Whether the values of a thread are known, or at least consistent: loads and stores that only copy one another's value in a
 * circle have some value, which herd7 leaves open. What computes with such a value has none.
 */
function isDetermined({ settled, path, values }: ThreadPart): boolean {
	return (
		settled ||
		path.end.kind === "blocked" ||
		path.end.kind === "waiting" ||
		path.terms.every((term, i) => term.kind === "read" || !Number.isNaN(values[i] as number))
	);
}

/**
 * A read that a thread waits for, to know where to go on or what it accesses. Others can be decided when everything is there: then
 * none needs to be put off.
 */
function awaited(state: State, ordering: Ordering | undefined): EventKey | undefined {
	let putOff: EventKey | undefined;
	const seen = new Set<EventKey>();
	const visit = (thread: number, term: number): EventKey | undefined => {
		const part = state.parts[thread] as ThreadPart;
		if (term < 0 || !Number.isNaN(part.values[term] as number)) return undefined;
		for (const index of readsOf(part.path, term)) {
			const key = keyOf(thread, index);
			if (seen.has(key) || !Number.isNaN(state.valueOf(key))) continue;
			seen.add(key);
			const source = part.rf[index] as number;
			const location = part.location[index] as number;
			let found: EventKey | undefined;
			if (source >= 0) found = visit(threadOfKey(source), state.event(source).value);
			else if (location < 0) found = visit(thread, part.path.events[index]?.address ?? -1);
			else if (
				(part.offered[index] as number) < (state.arrivals[location] as readonly EventKey[]).length ||
				(part.offered[index] as number) < 0
			) {
				// One that need not be put off comes first: it opens no second way.
				if (!moreMayCome(state, key, ordering)) return key;
				putOff ??= key;
			}
			if (found !== undefined) return found;
		}
		return undefined;
	};
	for (const [thread, part] of state.parts.entries()) {
		const { end } = part.path;
		const found = end.kind === "choice" && end.condition !== undefined ? visit(thread, end.condition) : undefined;
		if (found !== undefined) return found;
	}
	return putOff;
}

function alternatives(state: State, thread: number): readonly Option[] {
	const end = state.parts[thread]?.path.end;
	if (end?.kind !== "choice") return [];
	return Array.from({ length: end.alternatives }, (_, alternative) => (next: State) => next.take(thread, alternative));
}
