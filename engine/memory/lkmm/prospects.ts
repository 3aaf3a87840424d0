/** What may still come in a partial execution: writes for the reads that were put off, from threads that have more to do. */
import { notYet } from "./communication.ts";
import type { Ordering } from "./ordering.ts";
import { isBefore } from "./skeleton.ts";
import { type EventKey, indexOfKey, keyOf, type State, type ThreadPart, threadOfKey } from "./state.ts";
import { EventKind, type Path, type PathEvent, type Term } from "./thread.ts";

/** Whether an event reads what it says it reads: the halves of spin_lock() read what coherence order says. */
export function isRead(event: PathEvent | undefined): boolean {
	return (
		event !== undefined &&
		(event.kind === EventKind.Read || event.kind === EventKind.SawLocked || event.kind === EventKind.SawUnlocked)
	);
}

export function isWrite({ kind }: PathEvent): boolean {
	return kind === EventKind.Write || kind === EventKind.LockWrite || kind === EventKind.Unlock;
}

/** Whether a write that this read could read from may still appear, or get its place. */
export function moreMayCome(state: State, read: EventKey, ordering: Ordering | undefined): boolean {
	const location = state.locationOf(read);
	const reader = threadOfKey(read);
	const own = state.event(read);
	const address = state.program.locations[location]?.address as number;
	for (const [thread, { path, location: locations, placed }] of state.parts.entries()) {
		const { events, end } = path;
		for (let i = 0; i < events.length; i++) {
			const event = events[i] as PathEvent;
			if (!isWrite(event) || placed[i] === 1 || !mayBeAt(state, event, locations[i] as number, location)) continue;
			if (thread === reader ? isBefore(event, own, i) : !ordering?.isBefore(read, keyOf(thread, i))) return true;
		}
		if (thread === reader || end.kind !== "choice" || !end.mayWrite(address)) continue;
		if (!comesBeforeTheRest(path, thread, read, ordering, end.mayRunAhead(address))) return true;
	}
	return false;
}

/** Whether an event is, or may turn out to be, at `location`; `known` is its own, -1 while it is not known. */
export function mayBeAt({ program }: State, event: PathEvent, known: number, location: number): boolean {
	if (known >= 0) return known === location;
	const address = program.locations[location]?.address as number;
	return program.mayBeAt?.(event, address) ?? true;
}

/**
 * Whether nobody can be the next to write to a location where reads wait for more: every thread that may has such a read before, and
 * coherence puts what it writes behind what that will have read. `putOff` is a read that would wait, too.
 */
export function waitsForItself(state: State, location: number, putOff?: EventKey): boolean {
	const arrived = (state.arrivals[location] as readonly EventKey[]).length;
	const address = state.program.locations[location]?.address as number;
	for (const [thread, part] of state.parts.entries()) {
		const { path, location: locations, placed, rf, offered } = part;
		const { events, end } = path;
		let isWaiting = false;
		for (let i = 0; i < events.length && !isWaiting; i++) {
			const event = events[i] as PathEvent;
			if (event.address < 0 || !mayBeAt(state, event, locations[i] as number, location)) continue;
			if (isRead(event)) {
				if (locations[i] !== location || rf[i] !== notYet) continue;
				isWaiting = (offered[i] as number) >= arrived || keyOf(thread, i) === putOff;
			} else if (placed[i] !== 1 && isWrite(event)) return false;
		}
		if (isWaiting || end.kind !== "choice" || !end.mayWrite(address)) continue;
		return false;
	}
	return true;
}

/**
 * Whether what a thread does from its next choice on comes after a read of another thread, so that this cannot read it.
 * `runningAhead`: what counts need not wait for the choice's condition.
 */
export function comesBeforeTheRest(
	path: Path,
	thread: number,
	read: EventKey,
	ordering: Ordering | undefined,
	runningAhead: boolean,
): boolean {
	if (!ordering) return false;
	const { always, condition } = gatesOf(path);
	const isGate = (index: number) => ordering.isBefore(read, keyOf(thread, index));
	return always.some(isGate) || (!runningAhead && condition.some(isGate));
}

interface Gates {
	/** Events that come before whatever the thread does after the path. */
	readonly always: readonly number[];
	/** Loads that the condition of the choice rests on: they come before what it controls. */
	readonly condition: readonly number[];
}

const gates = new WeakMap<Path, Gates>();

export function gatesOf(path: Path): Gates {
	let known = gates.get(path);
	if (!known) {
		known = findGates(path);
		gates.set(path, known);
	}
	return known;
}

function findGates(path: Path): Gates {
	const { events, end } = path;
	const updating = new Set(events.map(({ readHalf }) => readHalf));
	const always = new Set<number>();
	for (const [index, event] of events.entries()) {
		const { kind, tag, atomic } = event;
		if (kind === EventKind.LockRead) always.add(index);
		if (kind === EventKind.Read && tag === "acquire" && (!atomic || updating.has(index))) always.add(index);
		const isFull = kind === EventKind.Write && tag === "full";
		if (isFull) always.add(index);
		if (!isFull && kind !== EventKind.FullFence) continue;
		for (const [before, other] of events.entries())
			if (other.address >= 0 && isBefore(other, event, before)) always.add(before);
	}
	const condition = end.kind === "choice" && end.condition !== undefined ? readsOf(path, end.condition) : [];
	return { always: [...always], condition };
}

const readsOfTerms = new WeakMap<Path, Map<number, readonly number[]>>();

/** Events whose values a term is computed from. */
export function readsOf(path: Path, term: number): readonly number[] {
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

/**
 * Threads whose condition may have to be guessed when every read waits for writes that do not exist yet: those whose writes need not
 * wait for it, if somebody waits for such a write. Were there none, what happens before would have a cycle.
 */
export function guessable(state: State, ordering: Ordering | undefined): number | undefined {
	const waiting = state.parts.map(({ path, location, rf }, thread) =>
		path.events.flatMap((event, i) => {
			if (!isRead(event) || rf[i] !== notYet || (location[i] as number) < 0) return [];
			return [{ read: keyOf(thread, i), address: state.program.locations[location[i] as number]?.address as number }];
		}),
	);
	for (const [thread, { path }] of state.parts.entries()) {
		const { end } = path;
		if (end.kind !== "choice") continue;
		// A thread does not read what it writes later.
		const isAwaited = waiting.some(
			(reads, reader) =>
				reader !== thread &&
				reads.some(
					({ read, address }) => end.mayRunAhead(address) && !comesBeforeTheRest(path, thread, read, ordering, true),
				),
		);
		if (isAwaited) return thread;
	}
	return undefined;
}

/** Whether a read has been offered all that has arrived, and waits for more. */
export function isPutOff(state: State, read: EventKey): boolean {
	const part = state.parts[threadOfKey(read)] as ThreadPart;
	const index = indexOfKey(read);
	const arrived = (state.arrivals[part.location[index] as number] as readonly EventKey[]).length;
	return (part.offered[index] as number) >= arrived;
}
