/**
 * What the search knows of a thread: the events of one path through it, with their dependencies, and terms for the values
 * that are not known before the reads are. A front end (a litmus test, a scenario) walks its own code and records a path up to
 * the first choice that depends on a value not yet known; what follows the choice is asked for when it is needed.
 *
 * Dependencies are those of herd7's C semantics: they flow through registers, and a condition controls the events of
 * its branches only, not what stands after them.
 */

export const EventKind = {
	Read: 0,
	Write: 1,
	/** The two halves of a spin_lock(), or of a spin_trylock() that got the lock. */
	LockRead: 2,
	LockWrite: 3,
	Unlock: 4,
	/** A spin_trylock() that failed, or a spin_is_locked() that saw a holder. */
	SawLocked: 5,
	/** A spin_is_locked() that saw no holder. */
	SawUnlocked: 6,
	ReaderLock: 7,
	ReaderUnlock: 8,
	GracePeriod: 9,
	/** synchronize_srcu(); has a location. */
	SleepableGracePeriod: 10,
	/** Fences: what they order is in the relations; they are no events of the graph. */
	FullFence: 11,
	ReadFence: 12,
	WriteFence: 13,
	BeforeAtomic: 14,
	AfterAtomic: 15,
	AfterSpinlock: 16,
	AfterUnlockLock: 17,
	AfterSleepableUnlock: 18,
	CompilerFence: 19,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** The first kind that is only a fence. */
export const firstFenceKind = EventKind.FullFence;

/** How an access is marked: linux-kernel.def's tags. `srcu` is a read or write of srcu_read_lock() and srcu_read_unlock(). */
export type Tag = "plain" | "once" | "acquire" | "release" | "full" | "noreturn" | "srcu";

/** Where an event comes from, for those who show it. */
export interface EventSource {
	/** As written, white space folded. */
	readonly text: string;
	/** Offset into the source text, UTF-16 code units. */
	readonly pos: number;
	readonly end: number;
}

/** An event of a path. Other events of the thread go by their index in the path. */
export interface PathEvent {
	readonly kind: EventKind;
	readonly tag: Tag;
	/** A half of a read-modify-write, failed ones included. */
	readonly atomic: boolean;
	/** Of the write half: its read half. -1 elsewhere. */
	readonly readHalf: number;
	/** Term of the address; -1 where there is none. */
	readonly address: number;
	/** Term of the value: written, or read (then its own `read` term); -1 where there is none. */
	readonly value: number;
	/** Events of different statements are ordered by these numbers; those of one statement only by `after`. */
	readonly statement: number;
	readonly after: readonly number[];
	/** Loads that this event depends on. */
	readonly addressDependencies: readonly number[];
	readonly dataDependencies: readonly number[];
	readonly controlDependencies: readonly number[];
	readonly source: EventSource;
	/** The write stands for memory being freed, or handed out (again): whoever sees the former has used it too late. */
	readonly lifetime?: "free" | "allocate";
	/** Races of this access are known and harmless: data_race(). */
	readonly raceAllowed?: boolean;
	/** The instruction that makes the event, in the front end's own numbers; where it asks to be told of addresses. */
	readonly origin?: number;
	/** Part of an `atomic { }`, whose accesses are separate ones here. */
	readonly glued?: boolean;
}

/** Something that must hold: a violation when the term is 0. */
export interface PathCheck {
	readonly term: number;
	/** How many events of the path come before it. */
	readonly after: number;
	/** Loads that the term is computed from. */
	readonly data: readonly number[];
	/** For the front end: what it is that failed. Undefined: nothing, the path is not gone unless the term is not 0. */
	readonly failure: unknown;
}

/** A value in terms of the values read: `undefined` operands do not occur; NaN is a value that is not known yet. */
export type Term =
	| { readonly kind: "constant"; readonly value: number }
	| { readonly kind: "read"; readonly event: number }
	| { readonly kind: "select"; readonly condition: number; readonly then: number; readonly otherwise: number }
	| {
			readonly kind: "apply";
			readonly operation: (a: number, b: number) => number;
			readonly a: number;
			readonly b: number;
	  };

/** Where a path stops. */
export type PathEnd =
	| {
			readonly kind: "finished";
			/** Term of each register at the end, by the register's name. */
			readonly registers: ReadonlyMap<string, number>;
	  }
	/** Alternative 1 is taken when the term is not 0, alternative 0 when it is; without a term every alternative is possible. */
	| {
			readonly kind: "choice";
			readonly condition: number | undefined;
			readonly alternatives: number;
			/** Alternative for a value of the condition, where there are more than two. */
			readonly alternativeOf?: (value: number) => number;
			/** Whether code from here on may write to, or lock, what is at an address. */
			readonly mayWrite: (address: number) => boolean;
			/** Whether code from here on may write to what is at an address by a plain store. */
			readonly mayWritePlainly: (address: number) => boolean;
			/**
			 * Whether a write from here on to what is at an address may take effect before the condition is known: not one that marked
			 * accesses do in its branches. Only then can it help somebody who waits for such a write to guess the condition.
			 */
			readonly mayRunAhead: (address: number) => boolean;
			/** The path that follows when this alternative is taken; the same object every time. */
			readonly take: (alternative: number) => Path;
	  }
	/** The thread waits for what does not hold here: others may go on, but this is no complete execution. */
	| {
			readonly kind: "waiting";
			/** Loads that what it waits for rests on: while they read what is not the last in coherence order, it may still come. */
			readonly on: readonly number[];
	  }
	/** The thread cannot be followed further: a limit of the front end. The exploration is not complete. */
	| { readonly kind: "blocked"; readonly reason: string; readonly unsupported?: boolean };

/** The alternative that a choice takes for a value of its condition. */
export function alternativeFor(end: PathEnd & { kind: "choice" }, value: number): number {
	return end.alternativeOf ? end.alternativeOf(value) : value === 0 ? 0 : 1;
}

export interface Path {
	/** Different for different paths of a thread. */
	readonly id: number;
	readonly events: readonly PathEvent[];
	readonly terms: readonly Term[];
	readonly checks: readonly PathCheck[];
	readonly end: PathEnd;
}

export interface Thread {
	readonly name: string;
	readonly start: () => Path;
}

/** What is explored: threads over a memory that is addressed by numbers. */
export interface LkmmProgram {
	readonly threads: readonly Thread[];
	/** Index of the location at an address, or undefined when nothing is there. */
	readonly locationAt: (address: number) => number | undefined;
	readonly locations: readonly MemoryLocation[];
	/** Whether an event whose address is not known yet may turn out to be at this one. */
	readonly mayBeAt?: (event: PathEvent, address: number) => boolean;
	/** Told of the address of every event with an origin once it is known. */
	readonly located?: (event: PathEvent, address: number) => void;
}

export interface MemoryLocation {
	readonly name: string;
	readonly address: number;
	readonly initial: number;
}

/** Evaluates the terms of a path. `values[i]` of a `read` term is what `readValue` says of its event, NaN when it is not known. */
export function evaluateTerms(path: Path, readValue: (event: number) => number, values: Float64Array): void {
	const { terms } = path;
	for (let i = 0; i < terms.length; i++) {
		const term = terms[i] as Term;
		if (term.kind === "constant") values[i] = term.value;
		else if (term.kind === "read") values[i] = readValue(term.event);
		else if (term.kind === "select") {
			const condition = values[term.condition] as number;
			values[i] = Number.isNaN(condition)
				? Number.NaN
				: (values[condition !== 0 ? term.then : term.otherwise] as number);
		} else {
			const a = values[term.a] as number;
			const b = values[term.b] as number;
			values[i] = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : term.operation(a, b);
		}
	}
}
