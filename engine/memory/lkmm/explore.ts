/**
 * Finds every consistent execution of a program exactly once.
 *
 * A backtracking search over executions that grow: the threads run as far as values are known, also past reads whose value is
 * not (so load buffering is found); then one read is given its write, or one write its place in coherence order, and whatever
 * the axioms already forbid is dropped. A read takes one of the writes that exist, or is put off until there are more. When
 * nothing else is left, a condition is guessed and held against its value later, as herd7 does with every condition.
 *
 * The shape is that of stateless model checkers which build execution graphs: M. Kokologiannakis, V. Vafeiadis, "HMC: Model
 * Checking for Hardware Memory Models", ASPLOS 2020; M. Kokologiannakis, I. Marmanis, V. Gladstein, V. Vafeiadis, "Truly
 * Stateless, Optimal Dynamic Partial Order Reduction", POPL 2022. They add one event at a time and revisit reads when
 * a write comes; putting reads off instead needs no revisits, and a program's straight-line parts are all there from the start.
 */
import { type Axiom, type Communication, fromInitial, notYet, Relations } from "./axioms.ts";
import { type Flag, flagsOf, judgePlainAccesses, type Race } from "./races.ts";
import { buildSkeleton, isBefore, type Skeleton } from "./skeleton.ts";
import {
	type EventKey,
	heldBefore,
	indexOfKey,
	keyOf,
	State,
	type ThreadPart,
	threadOfKey,
	unlockOf,
} from "./state.ts";
import { EventKind, type LkmmProgram, type Path, type PathEvent, type Term } from "./thread.ts";

/** The search gives up beyond these and says which. */
export interface ExploreLimits {
	/** Wall-clock time, seconds. */
	readonly seconds: number;
	/** Consistent executions. */
	readonly executions: number;
}

export interface ExploreOptions {
	readonly model: "lkmm" | "sc";
	readonly limits: ExploreLimits;
	/** Asked now and then; the search stops when it returns true. */
	readonly cancelled?: (() => boolean) | undefined;
	readonly onProgress?: ((executions: number) => void) | undefined;
	/** Called once for every consistent execution; the execution is valid during the call only. Returns true to stop. */
	readonly onExecution: (execution: Execution) => boolean;
	/** Whether a partial execution can be dropped because nobody asks for what it leads to. */
	readonly irrelevant?: ((state: State) => boolean) | undefined;
	/** What has gone wrong in an execution, which need not be complete; it is not followed further. Undefined: nothing. */
	readonly faultOf?: ((state: State) => ExecutionFault | undefined) | undefined;
	/** Called for every fault of a consistent execution. Returns true to stop. */
	readonly onFault?: ((fault: ExecutionFault, execution: Execution) => boolean) | undefined;
}

/** Something that has gone wrong, to a front end that knows what. */
export interface ExecutionFault {
	readonly thread: number;
	/** How many events of the thread come before what went wrong, or are it. */
	readonly after: number;
	/** The thread goes on afterwards: its later events happen. Otherwise they would not have. */
	readonly goesOn?: boolean;
}

/** `events`: a thread makes more accesses, or goes round a loop more often, than can be followed. */
export type ExploreLimit = "seconds" | "executions" | "cancelled" | "events" | "unsupported";

export interface ExploreStatistics {
	readonly executions: number;
	/** Partial executions whose consistency was checked. */
	readonly checked: number;
	/** Those that could neither go on nor be completed. */
	readonly deadEnds: number;
	readonly seconds: number;
	readonly limit?: ExploreLimit;
	/** More about the limit, where there is more: what is not supported, which thread makes too many accesses. */
	readonly reason?: string;
}

/** A complete, consistent execution. */
export interface Execution {
	readonly state: State;
	readonly skeleton: Skeleton;
	readonly communication: Communication;
	readonly relations: Relations;
	readonly races: readonly Race[];
	readonly flags: ReadonlySet<Flag>;
	/** Value of a location at the end; NaN where nothing determines it. */
	readonly finalValue: (location: number) => number;
	/** Value of a thread's register at the end; undefined for a name that the thread does not have. */
	readonly finalRegister: (thread: number, name: string) => number | undefined;
}

interface Cached {
	readonly skeleton: Skeleton;
	readonly relations: Relations;
}

/** How many partial executions are handled between looks at the clock. */
const stepsBetweenLooks = 64;
const skeletonsMaximum = 20_000;

/** Explores all consistent executions. Throws `InvalidAccess` when one of them accesses what is no location. */
export function explore(program: LkmmProgram, options: ExploreOptions): ExploreStatistics {
	return new Search(program, options).run();
}

class Search {
	private readonly program: LkmmProgram;
	private readonly options: ExploreOptions;
	private readonly cache = new Map<string, Cached>();
	private readonly begin = performance.now();
	private executions = 0;
	private checked = 0;
	private deadEnds = 0;
	private steps = 0;
	private stopped = false;
	private limit: ExploreLimit | undefined;
	private reason: string | undefined;
	private races: readonly Race[] = [];

	constructor(program: LkmmProgram, options: ExploreOptions) {
		this.program = program;
		this.options = options;
	}

	run(): ExploreStatistics {
		this.visit(State.initial(this.program));
		return {
			executions: this.executions,
			checked: this.checked,
			deadEnds: this.deadEnds,
			seconds: (performance.now() - this.begin) / 1000,
			...(this.limit && { limit: this.limit }),
			...(this.reason !== undefined && { reason: this.reason }),
		};
	}

	private stop(limit: ExploreLimit): void {
		this.limit ??= limit;
		this.stopped = true;
	}

	private look(): void {
		if (++this.steps % stepsBetweenLooks !== 0) return;
		const { limits, cancelled, onProgress } = this.options;
		if (cancelled?.()) this.stop("cancelled");
		else if ((performance.now() - this.begin) / 1000 > limits.seconds) this.stop("seconds");
		if (this.steps % (stepsBetweenLooks * 16) === 0) onProgress?.(this.executions);
	}

	/** Explores what a state, that this call owns, leads to. */
	private visit(state: State): void {
		this.look();
		if (this.stopped) return;
		for (;;) {
			if (!this.advance(state)) return;
			const fault = this.options.faultOf?.(state);
			if (fault !== undefined) {
				if (state.guesses.length === 0 && isDecided(state, fault)) {
					const happens = (fault.goesOn || !dependsOnLater(state, fault)) && this.violated(state) === undefined;
					if (happens && this.options.onFault?.(fault, this.executionOf(state, []))) this.stopped = true;
					return;
				}
			} else if (state.invalid) {
				if (state.guesses.length === 0 && this.violated(state) === undefined) throw state.invalid;
				return;
			}
			if (this.options.irrelevant?.(state)) return;
			if (
				state.guesses.length === 0 &&
				state.parts.some(({ path }) => path.end.kind === "blocked" && path.end.unsupported)
			) {
				this.complete(state);
				return;
			}
			const options = decide(state);
			if (options === "complete") {
				this.complete(state);
				return;
			}
			if (options.length === 0) {
				this.deadEnds++;
				return;
			}
			if (options.length > 1) {
				if (this.violated(state) !== undefined) return;
				for (const option of options) {
					const next = state.copy();
					option(next);
					this.visit(next);
					if (this.stopped) return;
				}
				return;
			}
			// What is forced is checked with the next choice, or at the end.
			(options[0] as Option)(state);
		}
	}

	/** Computes values and lets the threads run; false when the state contradicts itself. */
	private advance(state: State): boolean {
		return state.settle() && placeUnlocks(state);
	}

	/** The axiom that a state violates. What plain accesses do is in `races` afterwards. */
	private violated(state: State): Axiom | undefined {
		this.checked++;
		const { skeleton, relations } = this.derived(state);
		const axiom = relations.violated(communicationOf(state, skeleton), this.options.model === "sc");
		if (axiom !== undefined) return axiom;
		const { consistent, races } = judgePlainAccesses(relations);
		this.races = races;
		return consistent ? undefined : "plain-coherence";
	}

	private derived(state: State): Cached {
		let key = "";
		for (const part of state.parts) key += `${part.path.id},`;
		let found = this.cache.get(key);
		if (!found) {
			if (this.cache.size >= skeletonsMaximum) this.cache.clear();
			const skeleton = buildSkeleton(state.parts.map((part) => part.path));
			found = { skeleton, relations: new Relations(skeleton) };
			this.cache.set(key, found);
		}
		return found;
	}

	private complete(state: State): void {
		const blocked = state.parts.find((part) => part.path.end.kind === "blocked")?.path.end;
		if (blocked?.kind === "blocked") {
			if (this.violated(state) === undefined) {
				this.limit ??= blocked.unsupported ? "unsupported" : "events";
				this.reason ??= blocked.reason;
			}
			return;
		}
		if (state.parts.some((part) => part.path.end.kind === "waiting")) return;
		if (this.violated(state) !== undefined) return;
		const { races } = this;
		if (this.executions >= this.options.limits.executions) {
			this.stop("executions");
			return;
		}
		this.executions++;
		if (this.options.onExecution(this.executionOf(state, races))) this.stopped = true;
	}

	/** An execution whose relations have just been computed. */
	private executionOf(state: State, races: readonly Race[]): Execution {
		const { skeleton, relations } = this.derived(state);
		const communication = communicationOf(state, skeleton);
		const value = (event: number) =>
			state.valueOf(keyOf(skeleton.threadOf[event] as number, skeleton.localOf[event] as number));
		return {
			state,
			skeleton,
			communication,
			relations,
			races,
			flags: flagsOf(relations, communication, races, value),
			finalValue: (location) => finalValue(state, location),
			finalRegister: (thread, name) => finalRegister(state, thread, name),
		};
	}
}

/** Whether all that has happened is decided, up to the fault in its thread: what everyone reads, and the order of all writes. */
function isDecided(state: State, fault: ExecutionFault): boolean {
	return state.parts.every(({ path, location, rf, placed }, thread) =>
		path.events.every((event, i) => {
			if (event.address < 0 || (thread === fault.thread && i >= fault.after)) return true;
			if ((location[i] as number) < 0) return false;
			if (isRead(event)) return rf[i] !== notYet;
			const isWrite =
				event.kind === EventKind.Write || event.kind === EventKind.LockWrite || event.kind === EventKind.Unlock;
			return !isWrite || placed[i] === 1;
		}),
	);
}

/** Whether somebody has read what the thread would not have done any more after its fault. */
function dependsOnLater(state: State, fault: ExecutionFault): boolean {
	return state.parts.some(({ path, rf }, thread) =>
		path.events.some((_, i) => {
			const source = rf[i] as number;
			if (source < 0 || threadOfKey(source) !== fault.thread || indexOfKey(source) < fault.after) return false;
			return thread !== fault.thread || i < fault.after;
		}),
	);
}

function finalValue(state: State, location: number): number {
	const last = (state.order[location] as readonly EventKey[]).at(-1);
	return last === undefined ? (state.program.locations[location]?.initial ?? 0) : state.valueOf(last);
}

/** Value of a register when its thread has ended; undefined before that, or for an unknown name. NaN when it is not known yet. */
export function finalRegister(state: State, thread: number, name: string): number | undefined {
	const part = state.parts[thread];
	if (part?.path.end.kind !== "finished") return undefined;
	const term = part.path.end.registers.get(name);
	return term === undefined ? undefined : (part.values[term] as number);
}

/** The communications of a state by the events of its skeleton. */
export function communicationOf(state: State, skeleton: Skeleton): Communication {
	const { events } = skeleton.size;
	const rf = new Int16Array(events).fill(notYet);
	const location = new Int16Array(events);
	const position = new Int16Array(events);
	const dense = (key: EventKey) => (skeleton.denseOf[threadOfKey(key)] as Int16Array)[indexOfKey(key)] as number;
	for (let event = 0; event < events; event++) {
		const part = state.parts[skeleton.threadOf[event] as number] as ThreadPart;
		const index = skeleton.localOf[event] as number;
		location[event] = part.location[index] as number;
		const source = part.rf[index] as number;
		rf[event] = source < 0 ? source : dense(source);
	}
	const coherence = state.order.map((order) => {
		const writes: number[] = [];
		/** Unlock before the next lock; `fromInitial` before the first, undefined while it is not known. */
		let free: number | undefined = fromInitial;
		for (const key of order) {
			const write = dense(key);
			writes.push(write);
			position[write] = writes.length;
			const { kind, readHalf } = state.event(key);
			if (kind !== EventKind.LockWrite) continue;
			rf[dense(keyOf(threadOfKey(key), readHalf))] = free ?? notYet;
			const unlock = unlockOf(state, key);
			free = unlock === undefined ? undefined : dense(unlock);
			if (free === undefined) continue;
			writes.push(free);
			position[free] = writes.length;
		}
		return writes;
	});
	return { rf, location, coherence, position };
}

// ------------------------------------------------------------------------------------------------------- decisions

type Option = (state: State) => void;

/** Gives the unlocks that have appeared their place; false when a lock that nobody releases is not the last. */
function placeUnlocks(state: State): boolean {
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
function decide(state: State): readonly Option[] | "complete" {
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

function isRead(event: PathEvent | undefined): boolean {
	return (
		event !== undefined &&
		(event.kind === EventKind.Read || event.kind === EventKind.SawLocked || event.kind === EventKind.SawUnlocked)
	);
}

function lockPlaces(state: State, lock: EventKey): readonly Option[] {
	if (heldBefore(state, lock) !== undefined) return [];
	const { low, high } = bounds(state, lock);
	const options: Option[] = [];
	for (let position = low; position <= high; position++) options.push((next) => next.place(lock, position));
	return options;
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

function writePlaces(state: State, write: EventKey): readonly Option[] {
	const { low, high } = bounds(state, write);
	const event = state.event(write);
	const order = state.order[state.locationOf(write)] as readonly EventKey[];
	const options: Option[] = [];
	if (event.readHalf >= 0) {
		const source = state.rfOf(keyOf(threadOfKey(write), event.readHalf));
		const position = source === fromInitial ? 0 : order.indexOf(source) + 1;
		if (position >= low && position <= high && !splitsUpdate(state, order, position))
			options.push((next) => next.place(write, position));
		return options;
	}
	for (let position = low; position <= high; position++) {
		if (!splitsUpdate(state, order, position)) options.push((next) => next.place(write, position));
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

function sources(state: State, read: EventKey): readonly Option[] {
	const event = state.event(read);
	const location = state.locationOf(read);
	const arrivals = state.arrivals[location] as readonly EventKey[];
	const part = state.parts[threadOfKey(read)] as ThreadPart;
	const offered = part.offered[indexOfKey(read)] as number;
	const candidates: EventKey[] = arrivals.slice(Math.max(offered, 0));
	const options: Option[] = [];
	const offer = (source: EventKey) => options.push((next) => next.readFrom(read, source));
	if (event.kind === EventKind.Read) {
		if (offered < 0 && mayRead(state, read, fromInitial)) offer(fromInitial);
		for (const source of candidates)
			if (state.event(source).kind === EventKind.Write && mayRead(state, read, source)) offer(source);
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
	if (moreMayCome(state, read)) options.push((next) => next.markOffered(read));
	return options;
}

function isLastUnlockBefore(state: State, unlock: EventKey, event: EventKey): boolean {
	const part = state.parts[threadOfKey(event)] as ThreadPart;
	for (let i = indexOfKey(event) - 1; i > indexOfKey(unlock); i--) {
		if (part.location[i] === state.locationOf(event) && part.path.events[i]?.kind === EventKind.Unlock) return false;
	}
	return indexOfKey(unlock) < indexOfKey(event);
}

/** Whether coherence along the read's own thread, and the atomicity of updates, leave it this source. */
function mayRead(state: State, read: EventKey, source: EventKey): boolean {
	const thread = threadOfKey(read);
	const index = indexOfKey(read);
	const part = state.parts[thread] as ThreadPart;
	const location = part.location[index] as number;
	const order = state.order[location] as readonly EventKey[];
	const at = source === fromInitial ? -1 : order.indexOf(source);
	const own = part.path.events[index] as PathEvent;
	if (own.atomic && splitsUpdate(state, order, at + 1) && hasWriteHalf(part, index)) return false;
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

function hasWriteHalf({ path }: ThreadPart, read: number): boolean {
	return path.events.some((event) => event.readHalf === read);
}

/** Whether a write that this read could read from may still appear, or get its place. */
function moreMayCome(state: State, read: EventKey): boolean {
	const location = state.locationOf(read);
	const reader = threadOfKey(read);
	const own = state.event(read);
	for (const [thread, { path, location: locations, placed }] of state.parts.entries()) {
		const { events, end } = path;
		for (let i = 0; i < events.length; i++) {
			const event = events[i] as PathEvent;
			if (event.kind !== EventKind.Write && event.kind !== EventKind.LockWrite && event.kind !== EventKind.Unlock)
				continue;
			if (placed[i] === 1 || (locations[i] !== location && (locations[i] as number) >= 0)) continue;
			if (thread !== reader || isBefore(event, own, i)) return true;
		}
		if (thread === reader || end.kind !== "choice") continue;
		if (end.mayWrite(state.program.locations[location]?.address as number)) return true;
	}
	return false;
}
