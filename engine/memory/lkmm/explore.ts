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
import { type Axiom, Relations } from "./axioms.ts";
import { type Communication, fromInitial, notYet } from "./communication.ts";
import { decide, placeUnlocks } from "./decide.ts";
import { happenedBefore, isDecided, stuckThreads } from "./happened.ts";
import { inferredOrder } from "./inference.ts";
import type { Option } from "./options.ts";
import { type Ordering, orderingOf } from "./ordering.ts";
import { type Flag, flagsOf, judgePlainAccesses, type Race } from "./races.ts";
import { type Relation, unite } from "./relation.ts";
import { buildSkeleton, type Skeleton } from "./skeleton.ts";
import { type EventKey, indexOfKey, keyOf, State, type ThreadPart, threadOfKey, unlockOf } from "./state.ts";
import { EventKind, type LkmmProgram, type Path } from "./thread.ts";

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
	/** Called for every consistent execution in which these threads wait for ever. Returns true to stop. */
	readonly onStuck?: ((threads: readonly number[], execution: Execution) => boolean) | undefined;
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

/** The ordering of an execution, and how far its threads had gone. */
interface Known {
	readonly ordering: Ordering;
	readonly paths: readonly Path[];
}

interface Decision {
	readonly options: readonly Option[] | "complete";
	readonly known: Known | undefined;
}

/** How many partial executions are handled between looks at the clock. */
const stepsBetweenLooks = 64;
const skeletonsMaximum = 20_000;
/** Rounds in which one inferred order may lead to another. */
const inferencesMaximum = 3;

/** Explores all consistent executions. Throws `InvalidAccess` when one of them accesses what is no location. */
export function explore(program: LkmmProgram, options: ExploreOptions): ExploreStatistics {
	const exploration = startExploration(program, options);
	while (exploration.advanceFor(Number.POSITIVE_INFINITY));
	return exploration.statistics();
}

/** An exploration that is done a piece at a time, by whoever has other things to see to meanwhile. */
export interface Exploration {
	/** Goes on for so many milliseconds; false when there is nothing left to do. Throws as `explore` does. */
	readonly advanceFor: (milliseconds: number) => boolean;
	readonly statistics: () => ExploreStatistics;
}

/** Begins an exploration, and does nothing yet. */
export function startExploration(program: LkmmProgram, options: ExploreOptions): Exploration {
	return new Search(program, options);
}

/** A partial execution with the ways to go on; those before `next` have been gone. */
interface Branch {
	readonly state: State;
	readonly options: readonly Option[];
	next: number;
}

class Search {
	private readonly options: ExploreOptions;
	/** Ways that have not been gone yet, the next at the end. */
	private readonly branches: Branch[];
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
		this.options = options;
		this.branches = [{ state: State.initial(program), options: [() => undefined], next: 0 }];
		if (options.cancelled?.()) this.stop("cancelled");
	}

	statistics(): ExploreStatistics {
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

	/** Goes on for so many milliseconds; false when there is nothing left to do. */
	advanceFor(milliseconds: number): boolean {
		const until = performance.now() + milliseconds;
		while (!this.stopped) {
			const branch = this.branches.at(-1);
			if (!branch) return false;
			const option = branch.options[branch.next++] as Option;
			const isLast = branch.next === branch.options.length;
			if (isLast) this.branches.pop();
			const state = isLast ? branch.state : branch.state.copy();
			option(state);
			const further = this.follow(state);
			if (further) this.branches.push(further);
			if (performance.now() > until) return !this.stopped;
		}
		return false;
	}

	/** Follows what a state, that this call owns, leads to, up to where there are several ways. */
	private follow(state: State): Branch | undefined {
		this.look();
		let known: Known | undefined;
		while (!this.stopped && this.advance(state)) {
			const fault = this.options.faultOf?.(state);
			if (fault !== undefined) {
				const happened = happenedBefore(state, fault);
				const reached = (happened[fault.thread] as number) >= fault.after;
				if (state.guesses.length === 0 && isDecided(state, fault, happened)) {
					const happens = reached && this.violated(state) === undefined;
					if (happens && this.options.onFault?.(fault, this.executionOf(state, []))) this.stopped = true;
					return undefined;
				}
			} else if (state.invalid) {
				if (state.guesses.length === 0 && this.violated(state) === undefined) throw state.invalid;
				return undefined;
			}
			if (this.options.irrelevant?.(state)) return undefined;
			const decision = isUnsupported(state) ? undefined : this.decide(state, known);
			const options = decision?.options ?? "complete";
			known = decision?.known;
			if (options === "complete") {
				this.complete(state);
				return undefined;
			}
			if (options.length > 1) return { state, options, next: 0 };
			const [forced] = options;
			if (!forced) return undefined;
			// What is forced is checked with the next choice, or at the end.
			forced(state);
		}
		return undefined;
	}

	/**
	 * What can be decided next in a state; nothing when it leads nowhere. `earlier` is the ordering of what the state was before: what it
	 * forces stays forced, and need not be looked at again.
	 */
	private decide(state: State, earlier: Known | undefined): Decision {
		// Once a thread has gone on, what it does now may contradict the rest: better found out at once.
		const known = earlier?.paths.every((path, thread) => state.parts[thread]?.path === path) ? earlier : undefined;
		const first = decide(state, known?.ordering);
		if (first === "complete" || first.length === 1) return { options: first, known };
		if (first.length === 0) {
			this.deadEnds++;
			return { options: first, known };
		}
		if (this.violated(state) !== undefined || !this.infer(state)) return { options: [], known: undefined };
		const ordering = orderingOf(this.derived(state).relations);
		const options = decide(state, ordering);
		if (options.length === 0) this.deadEnds++;
		return { options, known: { ordering, paths: state.parts.map(({ path }) => path) } };
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

	/** Adds what follows from the reads that were put off to the relations of a consistent state; false when it contradicts them. */
	private infer(state: State): boolean {
		const { skeleton, relations } = this.derived(state);
		let inferred: Relation | undefined;
		for (let round = 0; round < inferencesMaximum; round++) {
			const more = inferredOrder(state, skeleton, relations.happensBeforeStar);
			if (!more) break;
			if (inferred) unite(more, inferred);
			inferred = more;
			const axiom = relations.violated(communicationOf(state, skeleton), this.options.model === "sc", inferred);
			if (axiom !== undefined || !judgePlainAccesses(relations).consistent) return false;
		}
		return true;
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
		if (state.parts.some((part) => part.path.end.kind === "waiting")) {
			const stuck = stuckThreads(state);
			if (!this.options.onStuck || stuck === undefined || this.violated(state) !== undefined) return;
			if (this.options.onStuck(stuck, this.executionOf(state, this.races))) this.stopped = true;
			return;
		}
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

/** Whether a thread has come to what is not supported, without anything being guessed. */
function isUnsupported({ guesses, parts }: State): boolean {
	return guesses.length === 0 && parts.some(({ path }) => path.end.kind === "blocked" && path.end.unsupported === true);
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
		if (index >= part.path.events.length) {
			location[event] = -1;
			continue;
		}
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
			free = unlock === undefined ? skeleton.unlocksToCome.get(write) : dense(unlock);
			if (free === undefined) continue;
			location[free] = location[write] as number;
			writes.push(free);
			position[free] = writes.length;
		}
		return writes;
	});
	return { rf, location, coherence, position };
}
