import type { Fault } from "../memory/access.ts";
import type { Limit } from "../verdict/verdict.ts";
import type { StateFault } from "./judge.ts";
import type { Schedule } from "./schedule.ts";

/** Every limit of a search, in one place. Hitting one makes the verdict `inconclusive`, and the verdict says which. */
export interface Limits {
	/** States kept at the most. */
	readonly statesMax: number;
	/** Wall time, in seconds. */
	readonly secondsMax: number;
	/** Memory of the search's tables, in MiB. */
	readonly memoryMaxMiB: number;
	/** Steps of one interleaving. */
	readonly stepsMax: number;
}

export const defaultLimits: Limits = {
	statesMax: 20_000_000,
	secondsMax: 300,
	memoryMaxMiB: 2048,
	stepsMax: 100_000,
};

/** What a running search reports. */
export interface Progress {
	readonly states: number;
	readonly transitions: number;
	readonly seconds: number;
	/** States found whose steps were not all taken yet. */
	readonly frontier: number;
	readonly memoryMiB: number;
}

export interface SearchOptions {
	readonly limits: Limits;
	/** False: every interleaving, one by one, as the oracle does it. */
	readonly reduction: boolean;
	/** The reduced search goes on however little it leaves out. */
	readonly neverGivesUp?: boolean;
	/** Kinds of violation to go on for: others are kept, and reported only when none of these exists. Absent: the first of any kind. */
	readonly wanted?: readonly string[];
	/** Hears of every violation, in the order of fewest context switches; the search goes on to its end and reports none itself. */
	readonly onViolation?: (fault: Fault | StateFault, thread: number | undefined, schedule: () => Schedule) => void;
	/** Polled at least every `pollTransitions` transitions; true ends the search as `inconclusive`, limit `cancelled`. */
	readonly cancelled?: () => boolean;
	readonly onProgress?: (progress: Progress) => void;
	/** Milliseconds since some moment; absent: the machine's own clock. */
	readonly now?: () => number;
}

/** Transitions, or pieces of work of that size, between two looks at the clock and at `cancelled`. */
export const pollTransitions = 2048;
/** Milliseconds between two progress reports. */
export const progressMilliseconds = 100;

/** What one search weighs at the moment. */
export interface Weight {
	readonly states: number;
	readonly frontier: number;
	readonly bytes: number;
}

/** Thrown by `Watch.work`. */
export class SearchEnded extends Error {
	readonly limit: Limit;

	constructor(limit: Limit) {
		super(limit);
		this.limit = limit;
	}
}

/** Watches the limits of one question, which may take more than one search. */
export class Watch {
	private readonly now: () => number;
	private readonly started: number;
	private reported = Number.NEGATIVE_INFINITY;
	private untilPoll = pollTransitions;
	private readonly options: SearchOptions;
	/** Everything that holds memory now. */
	private readonly weigh = new Set<() => Weight>();
	transitions = 0;

	constructor(options: SearchOptions) {
		this.options = options;
		this.now = options.now ?? (() => performance.now());
		this.started = this.now();
	}

	get seconds(): number {
		return (this.now() - this.started) / 1000;
	}

	/** Counts what `weight` says from now on. */
	add(weight: () => Weight): void {
		this.weigh.add(weight);
	}

	/** Stops counting what is given up. */
	remove(weight: () => Weight): void {
		this.weigh.delete(weight);
	}

	/** Counts a transition; the limit that is hit now, if any. */
	transition(): Limit | undefined {
		this.transitions++;
		return --this.untilPoll > 0 ? undefined : this.poll();
	}

	/** Counts a piece of work that is no transition, and takes no longer than one. Throws `SearchEnded` when a limit is hit. */
	work(): void {
		if (--this.untilPoll > 0) return;
		const limit = this.poll();
		if (limit) throw new SearchEnded(limit);
	}

	/** What `long` returns, whose parts count as `work`; the limit that ended it otherwise. */
	within<Result>(long: () => Result): { readonly result: Result } | { readonly limit: Limit } {
		try {
			return { result: long() };
		} catch (error) {
			if (error instanceof SearchEnded) return { limit: error.limit };
			throw error;
		}
	}

	private poll(): Limit | undefined {
		this.untilPoll = pollTransitions;
		const { options } = this;
		if (options.cancelled?.()) return "cancelled";
		const now = this.now();
		if (now - this.started > options.limits.secondsMax * 1000) return "seconds";
		let states = 0;
		let frontier = 0;
		let bytes = 0;
		for (const weight of this.weigh) {
			const weighed = weight();
			states += weighed.states;
			frontier += weighed.frontier;
			bytes += weighed.bytes;
		}
		const memoryMiB = bytes / (1024 * 1024);
		if (memoryMiB > options.limits.memoryMaxMiB) return "memory";
		if (options.onProgress && now - this.reported >= progressMilliseconds) {
			this.reported = now;
			options.onProgress({ states, transitions: this.transitions, seconds: this.seconds, frontier, memoryMiB });
		}
		return undefined;
	}
}
