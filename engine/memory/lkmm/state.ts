/** A partial execution: how far the threads have gone, what they read from, and the coherence order so far. */
import { fromInitial, notYet } from "./communication.ts";
import {
	alternativeFor,
	EventKind,
	evaluateTerms,
	type LkmmProgram,
	type Path,
	type PathEnd,
	type PathEvent,
} from "./thread.ts";

/** An event of an execution, whatever its neighbours: `thread << keyShift | index in the path`. */
export type EventKey = number;
const keyShift = 8;
const indexMask = (1 << keyShift) - 1;

export const keyOf = (thread: number, index: number): EventKey => (thread << keyShift) | index;
export const threadOfKey = (key: EventKey): number => key >> keyShift;
export const indexOfKey = (key: EventKey): number => key & indexMask;

/** A condition that was decided before its value was known. */
interface Guess {
	readonly thread: number;
	readonly term: number;
	readonly taken: number;
	readonly end: PathEnd & { kind: "choice" };
}

/** What each thread's part holds; parts are shared between states until they change. */
export interface ThreadPart {
	readonly path: Path;
	/** Value of each term; NaN while it is not known. */
	readonly values: Float64Array;
	/** Location of each event; -1 without one or while its address is not known. */
	readonly location: Int16Array;
	/** Write that each event reads from, as a key; `fromInitial` or `notYet`. */
	readonly rf: Int32Array;
	/** How many writes of the location have been offered to each read; -1 before the first time. */
	readonly offered: Int16Array;
	/** Whether each write, lock and unlock has its place in coherence order. */
	readonly placed: Uint8Array;
	/** Every value and location is known. */
	readonly settled: boolean;
	/** Something has changed since the values were computed. */
	readonly stale: boolean;
}

/** An address that is no location: the program is wrong, and no verdict can be given. */
export class InvalidAccess extends Error {
	readonly thread: number;
	readonly event: PathEvent;
	readonly address: number;

	constructor(thread: number, event: PathEvent, address: number) {
		super(`${event.source.text}: there is nothing at address ${address}`);
		this.thread = thread;
		this.event = event;
		this.address = address;
	}
}

export class State {
	readonly program: LkmmProgram;
	readonly parts: ThreadPart[];
	/** Writes of each location in coherence order; of a lock, the LockWrites only. */
	readonly order: (readonly EventKey[])[];
	/** Placed writes, lock writes and unlocks of each location in the order in which they were found. */
	readonly arrivals: (readonly EventKey[])[];
	readonly guesses: Guess[];
	/** An access of what is no location, if there was one. */
	invalid: InvalidAccess | undefined;

	private constructor(
		program: LkmmProgram,
		parts: ThreadPart[],
		order: (readonly EventKey[])[],
		arrivals: (readonly EventKey[])[],
		guesses: Guess[],
	) {
		this.program = program;
		this.parts = parts;
		this.order = order;
		this.arrivals = arrivals;
		this.guesses = guesses;
	}

	/** Before anything is decided. */
	static initial(program: LkmmProgram): State {
		const parts = program.threads.map((thread) => extendPart(undefined, thread.start()));
		const lists = program.locations.map((): readonly EventKey[] => []);
		return new State(program, parts, [...lists], [...lists], []);
	}

	copy(): State {
		const copy = new State(this.program, [...this.parts], [...this.order], [...this.arrivals], [...this.guesses]);
		copy.invalid = this.invalid;
		return copy;
	}

	event(key: EventKey): PathEvent {
		return (this.parts[threadOfKey(key)] as ThreadPart).path.events[indexOfKey(key)] as PathEvent;
	}

	locationOf(key: EventKey): number {
		return (this.parts[threadOfKey(key)] as ThreadPart).location[indexOfKey(key)] as number;
	}

	rfOf(key: EventKey): EventKey {
		return (this.parts[threadOfKey(key)] as ThreadPart).rf[indexOfKey(key)] as number;
	}

	isPlaced(key: EventKey): boolean {
		return (this.parts[threadOfKey(key)] as ThreadPart).placed[indexOfKey(key)] === 1;
	}

	/** Value that an event writes or reads; NaN while it is not known. */
	valueOf(key: EventKey): number {
		const part = this.parts[threadOfKey(key)] as ThreadPart;
		const term = part.path.events[indexOfKey(key)]?.value ?? -1;
		return term < 0 ? Number.NaN : (part.values[term] as number);
	}

	/** Reads `read` from `source`, a key or `fromInitial`. */
	readFrom(read: EventKey, source: EventKey): void {
		const thread = threadOfKey(read);
		const part = this.parts[thread] as ThreadPart;
		const rf = part.rf.slice();
		rf[indexOfKey(read)] = source;
		this.parts[thread] = { ...part, rf, stale: true };
	}

	/** What is at the read's location so far has been offered to it. */
	markOffered(read: EventKey): void {
		const thread = threadOfKey(read);
		const part = this.parts[thread] as ThreadPart;
		const offered = part.offered.slice();
		offered[indexOfKey(read)] = (this.arrivals[this.locationOf(read)] as readonly EventKey[]).length;
		this.parts[thread] = { ...part, offered };
	}

	/** Puts a write at `position` of its location's coherence order; -1 for an unlock, whose place is its lock's. */
	place(write: EventKey, position: number): void {
		const thread = threadOfKey(write);
		const part = this.parts[thread] as ThreadPart;
		const placed = part.placed.slice();
		placed[indexOfKey(write)] = 1;
		this.parts[thread] = { ...part, placed };
		const location = part.location[indexOfKey(write)] as number;
		this.arrivals[location] = [...(this.arrivals[location] as readonly EventKey[]), write];
		if (position < 0) return;
		const order = this.order[location] as readonly EventKey[];
		this.order[location] = [...order.slice(0, position), write, ...order.slice(position)];
	}

	/** Goes on with an alternative of the thread's choice, whether or not its condition is known. */
	take(thread: number, alternative: number): void {
		const part = this.parts[thread] as ThreadPart;
		const { end } = part.path;
		if (end.kind !== "choice") throw new Error("the thread has no choice to make");
		if (end.condition !== undefined && Number.isNaN(part.values[end.condition] as number)) {
			this.guesses.push({ thread, term: end.condition, taken: alternative, end });
		}
		this.parts[thread] = extendPart(part, end.take(alternative));
	}

	/**
	 * Computes what follows from what has been decided: values, addresses, and how far the threads go.
	 * Returns false when a guess was wrong.
	 */
	settle(): boolean {
		for (let changed = true; changed; ) {
			changed = false;
			for (let thread = 0; thread < this.parts.length; thread++) {
				const { settled, stale } = this.parts[thread] as ThreadPart;
				if (settled || !stale || !this.settleThread(thread)) continue;
				changed = true;
				this.spread(thread);
			}
		}
		for (let i = this.guesses.length - 1; i >= 0; i--) {
			const { thread, term, taken, end } = this.guesses[i] as Guess;
			const value = (this.parts[thread] as ThreadPart).values[term] as number;
			if (Number.isNaN(value)) continue;
			if (alternativeFor(end, value) !== taken) return false;
			this.guesses.splice(i, 1);
		}
		for (const { path, values } of this.parts) {
			for (const { term, failure } of path.checks) if (failure === undefined && values[term] === 0) return false;
		}
		return true;
	}

	/** What has become known in a thread may be what others read. */
	private spread(thread: number): void {
		for (let other = 0; other < this.parts.length; other++) {
			const part = this.parts[other] as ThreadPart;
			if (other !== thread && !part.settled && !part.stale) this.parts[other] = { ...part, stale: true };
		}
	}

	/** Returns whether anything became known. */
	private settleThread(thread: number): boolean {
		const part = this.parts[thread] as ThreadPart;
		const { path, rf } = part;
		const values = new Float64Array(path.terms.length);
		evaluateTerms(
			path,
			(event) => {
				const source = rf[event] as number;
				if (source === notYet) return Number.NaN;
				if (source !== fromInitial) return this.valueOf(source);
				const location = part.location[event] as number;
				return location < 0 ? Number.NaN : (this.program.locations[location]?.initial ?? Number.NaN);
			},
			values,
		);
		let changed = false;
		let settled = true;
		for (let i = 0; i < values.length; i++) {
			if (Number.isNaN(values[i] as number)) settled = false;
			else if (Number.isNaN(part.values[i] as number)) changed = true;
		}
		const location = this.locate(thread, path, values, part.location);
		const updated: ThreadPart = {
			...part,
			values,
			location,
			settled: settled && path.end.kind !== "choice",
			stale: changed,
		};
		this.parts[thread] = updated;
		const { end } = path;
		if (end.kind === "choice" && end.condition !== undefined) {
			const value = values[end.condition] as number;
			if (!Number.isNaN(value)) {
				this.parts[thread] = extendPart(updated, end.take(alternativeFor(end, value)));
				return true;
			}
		}
		return changed;
	}

	private locate(thread: number, path: Path, values: Float64Array, known: Int16Array): Int16Array {
		let result = known;
		for (let i = 0; i < path.events.length; i++) {
			if ((known[i] as number) >= 0) continue;
			const event = path.events[i] as PathEvent;
			if (event.address < 0) continue;
			const address = values[event.address] as number;
			if (Number.isNaN(address)) continue;
			const location = this.program.locationAt(address);
			if (location === undefined) {
				this.invalid ??= new InvalidAccess(thread, event, address);
				continue;
			}
			if (result === known) result = known.slice();
			result[i] = location;
			if (event.origin !== undefined) this.program.located?.(event, address);
		}
		return result;
	}
}

function extended<T extends Int16Array | Int32Array | Uint8Array>(previous: T | undefined, next: T): T {
	if (previous) next.set(previous);
	return next;
}

/** The part of a thread that goes on along `path`, of which its present path is a beginning. */
function extendPart(part: ThreadPart | undefined, path: Path): ThreadPart {
	const events = path.events.length;
	const values = new Float64Array(path.terms.length).fill(Number.NaN);
	if (part) values.set(part.values);
	return {
		path,
		values,
		location: extended(part?.location, new Int16Array(events).fill(-1)),
		rf: extended(part?.rf, new Int32Array(events).fill(notYet)),
		offered: extended(part?.offered, new Int16Array(events).fill(-1)),
		placed: extended(part?.placed, new Uint8Array(events)),
		settled: false,
		stale: true,
	};
}

/**
 * Whether it is known which locks a thread has taken and given back before one of its events: while the address of an unlock is
 * not, its lock only seems to be held.
 */
export function knowsLocksBefore({ path, location }: ThreadPart, index: number): boolean {
	for (let i = 0; i < index; i++) {
		const { kind } = path.events[i] as PathEvent;
		if ((kind === EventKind.LockWrite || kind === EventKind.Unlock) && (location[i] as number) < 0) return false;
	}
	return true;
}

/** The unlock of the same lock that ends the critical section which `lock` begins; undefined when there is none (yet). */
export function unlockOf(state: State, lock: EventKey): EventKey | undefined {
	const thread = threadOfKey(lock);
	const part = state.parts[thread] as ThreadPart;
	const location = state.locationOf(lock);
	for (let i = indexOfKey(lock) + 1; i < part.path.events.length; i++) {
		if (part.location[i] !== location) continue;
		const { kind } = part.path.events[i] as PathEvent;
		if (kind === EventKind.Unlock) return keyOf(thread, i);
		if (kind === EventKind.LockWrite) return undefined;
	}
	return undefined;
}

/** The lock write of the critical section that an event of the same lock stands in; undefined when it stands in none. */
export function heldBefore(state: State, event: EventKey): EventKey | undefined {
	const thread = threadOfKey(event);
	const part = state.parts[thread] as ThreadPart;
	const location = state.locationOf(event);
	for (let i = indexOfKey(event) - 1; i >= 0; i--) {
		if (part.location[i] !== location) continue;
		const { kind } = part.path.events[i] as PathEvent;
		if (kind === EventKind.Unlock) return undefined;
		if (kind === EventKind.LockWrite) return keyOf(thread, i);
	}
	return undefined;
}
