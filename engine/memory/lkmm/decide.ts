/** What of a partial execution is decided next, and the ways in which it can be. */
import { notYet } from "./axioms.ts";
import { lockPlaces, moreMayCome, type Option, sources, writePlaces } from "./options.ts";
import { type EventKey, heldBefore, keyOf, type State, type ThreadPart, threadOfKey, unlockOf } from "./state.ts";
import { EventKind, type Path, type PathEvent, type Term } from "./thread.ts";

/** Gives the unlocks that have appeared their place; false when a lock that nobody releases is not the last. */
export function placeUnlocks(state: State): boolean {
	for (const [thread, part] of state.parts.entries()) {
		for (let i = 0; i < part.path.events.length; i++) {
			const event = part.path.events[i] as PathEvent;
			if (event.kind !== EventKind.Unlock || (part.location[i] as number) < 0) continue;
			const key = keyOf(thread, i);
			if (state.isPlaced(key)) continue;
			const lock = heldBefore(state, key);
			if (lock === undefined || state.isPlaced(lock)) state.place(key, -1);
		}
	}
	for (const [location, order] of state.order.entries()) {
		if (order.length < 2 || state.arrivals[location] === undefined) continue;
		for (let i = 0; i + 1 < order.length; i++) {
			const key = order[i] as EventKey;
			if (state.event(key).kind !== EventKind.LockWrite || unlockOf(state, key) !== undefined) continue;
			if (state.parts[threadOfKey(key)]?.path.end.kind === "finished") return false;
		}
	}
	return true;
}

/** What can be decided next; no options when the execution cannot be completed. */
export function decide(state: State): readonly Option[] | "complete" {
	let write: EventKey | undefined;
	let lock: EventKey | undefined;
	let read: EventKey | undefined;
	let lockRead: EventKey | undefined;
	let chooser: number | undefined;
	/** Locations of reads that were put off and have not been offered anything since. */
	const waiting = new Set<number>();
	let stalled = false;
	let open = false;
	for (const [thread, part] of state.parts.entries()) {
		const { events, end } = part.path;
		for (let i = 0; i < events.length; i++) {
			const event = events[i] as PathEvent;
			const { kind } = event;
			if (event.address < 0) continue;
			if ((part.location[i] as number) < 0) open = true;
			else if (kind === EventKind.LockWrite) {
				if (part.placed[i] === 0) lock ??= keyOf(thread, i);
			} else if (kind === EventKind.Write) {
				if (part.placed[i] !== 0) continue;
				if (event.readHalf < 0 || part.rf[event.readHalf] !== notYet) write ??= keyOf(thread, i);
				else open = true;
			} else if (kind === EventKind.Read || kind === EventKind.SawLocked || kind === EventKind.SawUnlocked) {
				if (part.rf[i] !== notYet) continue;
				open = true;
				const arrived = (state.arrivals[part.location[i] as number] as readonly EventKey[]).length;
				if (arrived > (part.offered[i] as number) || (part.offered[i] as number) < 0) {
					read ??= keyOf(thread, i);
					if (kind !== EventKind.Read) lockRead ??= keyOf(thread, i);
				} else waiting.add(part.location[i] as number);
			}
		}
		if (end.kind === "choice") {
			open = true;
			stalled = true;
			if (end.condition === undefined) chooser ??= thread;
		}
	}
	if (lock !== undefined) return lockPlaces(state, lock);
	if (chooser !== undefined) return alternatives(state, chooser);
	if (write !== undefined) return writePlaces(state, write);
	if (lockRead !== undefined) return sources(state, lockRead);
	for (const location of waiting) if (waitsForItself(state, location)) return [];
	if (read !== undefined) return sources(state, (stalled ? awaited(state) : undefined) ?? read);
	if (!open) return state.parts.every(isDetermined) ? "complete" : [];
	return guesses(state);
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
function awaited(state: State): EventKey | undefined {
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
				if (!moreMayCome(state, key)) return key;
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

const readsOfTerms = new WeakMap<Path, Map<number, readonly number[]>>();

/** Events whose values a term is computed from. */
function readsOf(path: Path, term: number): readonly number[] {
	let known = readsOfTerms.get(path);
	if (!known) {
		known = new Map();
		readsOfTerms.set(path, known);
	}
	let reads = known.get(term);
	if (!reads) {
		const found = path.terms[term] as Term;
		if (found.kind === "constant") reads = [];
		else if (found.kind === "read") reads = [found.event];
		else {
			const parts = found.kind === "select" ? [found.condition, found.then, found.otherwise] : [found.a, found.b];
			reads = [...new Set(parts.flatMap((part) => readsOf(path, part)))];
		}
		known.set(term, reads);
	}
	return reads;
}

function alternatives(state: State, thread: number): readonly Option[] {
	const end = state.parts[thread]?.path.end;
	if (end?.kind !== "choice") return [];
	return Array.from({ length: end.alternatives }, (_, alternative) => (next: State) => next.take(thread, alternative));
}

/**
 * When every read waits for writes that do not exist yet: the condition of a thread is guessed whose writes need not wait for it, if
 * somebody waits for such a write. Were there none, what happens before would have a cycle.
 */
function guesses(state: State): readonly Option[] {
	const wanted = state.parts.map(({ path, location, rf }) => {
		const locations = path.events.flatMap((event, i) =>
			isRead(event) && rf[i] === notYet && (location[i] as number) >= 0 ? [location[i] as number] : [],
		);
		return new Set(locations.map((at) => state.program.locations[at]?.address as number));
	});
	for (const [thread, { path }] of state.parts.entries()) {
		if (path.end.kind !== "choice") continue;
		const { mayRunAhead } = path.end;
		// A thread does not read what it writes later.
		if (
			wanted.some((addresses, reader) => reader !== thread && [...addresses].some((address) => mayRunAhead(address)))
		) {
			return alternatives(state, thread);
		}
	}
	return [];
}

/**
 * Whether nobody can be the next to write to a location where reads wait for more: every thread that may has such a read before, and
 * coherence puts what it writes behind what that will have read.
 */
function waitsForItself(state: State, location: number): boolean {
	const arrived = (state.arrivals[location] as readonly EventKey[]).length;
	const address = state.program.locations[location]?.address as number;
	for (const { path, location: locations, placed, rf, offered } of state.parts) {
		const { events, end } = path;
		let isWaiting = false;
		for (let i = 0; i < events.length && !isWaiting; i++) {
			const event = events[i] as PathEvent;
			if (event.address < 0 || ((locations[i] as number) >= 0 && locations[i] !== location)) continue;
			if (isRead(event)) isWaiting = locations[i] === location && rf[i] === notYet && (offered[i] as number) >= arrived;
			else if (
				placed[i] !== 1 &&
				(event.kind === EventKind.Write || event.kind === EventKind.LockWrite || event.kind === EventKind.Unlock)
			)
				return false;
		}
		if (!isWaiting && end.kind === "choice" && end.mayWrite(address)) return false;
	}
	return true;
}

export function isRead(event: PathEvent | undefined): boolean {
	return (
		event !== undefined &&
		(event.kind === EventKind.Read || event.kind === EventKind.SawLocked || event.kind === EventKind.SawUnlocked)
	);
}
