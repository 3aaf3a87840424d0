/** The places that a write can take in coherence order, and the writes that a read can read from, as far as is cheap to tell. */
import { fromInitial, notYet } from "./communication.ts";
import type { Ordering } from "./ordering.ts";
import { moreMayCome, waitsForItself } from "./prospects.ts";
import { isBefore } from "./skeleton.ts";
import { type EventKey, heldBefore, indexOfKey, keyOf, type State, type ThreadPart, threadOfKey } from "./state.ts";
import { EventKind, type PathEvent } from "./thread.ts";

/** One way to go on: what it does to the state. */
export type Option = (state: State) => void;

/** `ordering`, here and below: of the state, where it is known. */
export function lockPlaces(state: State, lock: EventKey, ordering: Ordering | undefined): readonly Option[] {
	if (heldBefore(state, lock) !== undefined) return [];
	const { low, high } = bounds(state, lock);
	const order = state.order[state.locationOf(lock)] as readonly EventKey[];
	const options: Option[] = [];
	for (let position = low; position <= high; position++) {
		if (fits(order, position, lock, ordering)) options.push((next) => next.place(lock, position));
	}
	return options;
}

/** Whether what is known to be ordered leaves a write this place. */
function fits(order: readonly EventKey[], position: number, write: EventKey, ordering: Ordering | undefined): boolean {
	if (!ordering) return true;
	return order.every((other, at) =>
		at < position ? !ordering.isVisibleTo(write, other) : !ordering.isVisibleTo(other, write),
	);
}

/** Where in its location's order a write may stand as far as its own thread's accesses of the location tell; inclusive. */
function bounds(state: State, write: EventKey): { low: number; high: number } {
	const thread = threadOfKey(write);
	const index = indexOfKey(write);
	const part = state.parts[thread] as ThreadPart;
	const location = part.location[index] as number;
	const order = state.order[location] as readonly EventKey[];
	let low = 0;
	let high = order.length;
	const own = part.path.events[index] as PathEvent;
	for (let i = 0; i < part.path.events.length; i++) {
		const event = part.path.events[i] as PathEvent;
		if (i === index || part.location[i] !== location || event.kind === EventKind.Unlock) continue;
		let at: number;
		if (part.placed[i] === 1) at = order.indexOf(keyOf(thread, i));
		else if (event.kind === EventKind.Read && part.rf[i] !== notYet)
			at = part.rf[i] === fromInitial ? -1 : order.indexOf(part.rf[i] as number);
		else continue;
		if (isBefore(event, own, i)) {
			if (at + 1 > low) low = at + 1;
		} else if (isBefore(own, event, index)) {
			const last = event.kind === EventKind.Read ? Math.max(at, 0) : at;
			if (event.kind === EventKind.Read && at < 0) high = -1;
			else if (last < high) high = last;
		}
	}
	return { low, high };
}

export function writePlaces(state: State, write: EventKey, ordering: Ordering | undefined): readonly Option[] {
	const { low, high } = bounds(state, write);
	const event = state.event(write);
	const order = state.order[state.locationOf(write)] as readonly EventKey[];
	const options: Option[] = [];
	if (event.readHalf >= 0) {
		const source = state.rfOf(keyOf(threadOfKey(write), event.readHalf));
		const position = source === fromInitial ? 0 : order.indexOf(source) + 1;
		if (
			position >= low &&
			position <= high &&
			!splitsUpdate(state, order, position) &&
			fits(order, position, write, ordering)
		)
			options.push((next) => next.place(write, position));
		return options;
	}
	for (let position = low; position <= high; position++) {
		if (!splitsUpdate(state, order, position) && fits(order, position, write, ordering))
			options.push((next) => next.place(write, position));
	}
	return options;
}

/** Whether the write at `position` is the second half of an update, which follows what it read. */
function splitsUpdate(state: State, order: readonly EventKey[], position: number): boolean {
	const next = order[position];
	if (next === undefined) return false;
	const event = state.event(next);
	return event.kind === EventKind.Write && event.readHalf >= 0;
}

export function sources(state: State, read: EventKey, ordering: Ordering | undefined): readonly Option[] {
	const event = state.event(read);
	const location = state.locationOf(read);
	const arrivals = state.arrivals[location] as readonly EventKey[];
	const part = state.parts[threadOfKey(read)] as ThreadPart;
	const offered = part.offered[indexOfKey(read)] as number;
	const candidates: EventKey[] = arrivals.slice(Math.max(offered, 0));
	const options: Option[] = [];
	const offer = (source: EventKey) => options.push((next) => next.readFrom(read, source));
	if (event.kind === EventKind.Read) {
		if (offered < 0 && mayRead(state, read, fromInitial, ordering)) offer(fromInitial);
		for (const source of candidates)
			if (state.event(source).kind === EventKind.Write && mayRead(state, read, source, ordering)) offer(source);
	} else {
		const held = heldBefore(state, read);
		const thread = threadOfKey(read);
		if (event.kind === EventKind.SawLocked) {
			for (const source of candidates) {
				if (state.event(source).kind !== EventKind.LockWrite) continue;
				if (held === undefined ? threadOfKey(source) !== thread : source === held) offer(source);
			}
		} else if (held === undefined) {
			if (offered < 0) offer(fromInitial);
			for (const source of candidates) {
				if (state.event(source).kind !== EventKind.Unlock) continue;
				if (threadOfKey(source) !== thread || isLastUnlockBefore(state, source, read)) offer(source);
			}
		}
	}
	if (moreMayCome(state, read, ordering) && !waitsForItself(state, location, read))
		options.push((next) => next.markOffered(read));
	return options;
}

function isLastUnlockBefore(state: State, unlock: EventKey, event: EventKey): boolean {
	const part = state.parts[threadOfKey(event)] as ThreadPart;
	for (let i = indexOfKey(event) - 1; i > indexOfKey(unlock); i--) {
		if (part.location[i] === state.locationOf(event) && part.path.events[i]?.kind === EventKind.Unlock) return false;
	}
	return indexOfKey(unlock) < indexOfKey(event);
}

/** Whether coherence along the read's own thread, the atomicity of updates, and what is ordered leave it this source. */
function mayRead(state: State, read: EventKey, source: EventKey, ordering: Ordering | undefined): boolean {
	const thread = threadOfKey(read);
	const index = indexOfKey(read);
	const part = state.parts[thread] as ThreadPart;
	const location = part.location[index] as number;
	const order = state.order[location] as readonly EventKey[];
	const at = source === fromInitial ? -1 : order.indexOf(source);
	const own = part.path.events[index] as PathEvent;
	if (own.atomic && splitsUpdate(state, order, at + 1) && hasWriteHalf(part, index)) return false;
	if (ordering) {
		if (source !== fromInitial && ordering.isBefore(read, source)) return false;
		for (let later = at + 1; later < order.length; later++)
			if (ordering.isVisibleTo(order[later] as EventKey, read)) return false;
	}
	if (isSealed(state, order, at) && comesAfterWhatIsToCome(state, part, location, own)) return false;
	for (let i = 0; i < part.path.events.length; i++) {
		const event = part.path.events[i] as PathEvent;
		if (i === index || part.location[i] !== location || event.kind === EventKind.Unlock) continue;
		let other: number;
		const isWrite = part.placed[i] === 1;
		if (isWrite) other = order.indexOf(keyOf(thread, i));
		else if (event.kind === EventKind.Read && part.rf[i] !== notYet)
			other = part.rf[i] === fromInitial ? -1 : order.indexOf(part.rf[i] as number);
		else continue;
		if (isBefore(event, own, i) ? other > at : isBefore(own, event, index) && (isWrite ? at >= other : at > other))
			return false;
	}
	return true;
}

/** Whether no write can come before the one at this position any more: each is an update, of the one before it. */
function isSealed(state: State, order: readonly EventKey[], position: number): boolean {
	for (let i = 0; i <= position; i++) if (!splitsUpdate(state, order, i)) return false;
	return true;
}

/** Whether the thread has an access before this one that writes, or reads, what has no place in coherence order yet. */
function comesAfterWhatIsToCome(state: State, part: ThreadPart, location: number, own: PathEvent): boolean {
	const arrived = (state.arrivals[location] as readonly EventKey[]).length;
	return part.path.events.some((event, i) => {
		if (part.location[i] !== location || !isBefore(event, own, i)) return false;
		if (event.kind === EventKind.Write) return part.placed[i] !== 1;
		return event.kind === EventKind.Read && part.rf[i] === notYet && (part.offered[i] as number) >= arrived;
	});
}

function hasWriteHalf({ path }: ThreadPart, read: number): boolean {
	return path.events.some((event) => event.readHalf === read);
}
