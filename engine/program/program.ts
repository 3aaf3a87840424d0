/**
 * A Program: what a scenario means once names, types, calls and constants are gone. Plain data (it is posted to workers).
 * Explorers know nothing else.
 *
 * Memory is a row of cells, one 32-bit word each. Every cell has an address; every struct instance, also a nested one,
 * starts at an address of its own that is a multiple of `objectAlignment`, so that the low bits of a pointer are free for tags.
 * A thread is a graph of instructions over registers that only it sees.
 */
import type { Location, ViolationKind } from "../verdict/verdict.ts";

/** Pointers to structs have this many low bits free: 8, enough for mapping tags and the flag bits of a pte. */
export const objectAlignment = 256;
/** Addresses of consecutive cells differ by this. */
export const cellStride = 8;

export type UnaryOperator = "negate" | "complement" | "not";
export type BinaryOperator =
	| "add"
	| "subtract"
	| "multiply"
	| "divide"
	| "divide_unsigned"
	| "remainder"
	| "remainder_unsigned"
	| "and"
	| "or"
	| "xor"
	| "shift_left"
	| "shift_right"
	| "shift_right_unsigned"
	| "equal"
	| "not_equal"
	| "less"
	| "less_equal"
	| "less_unsigned"
	| "less_equal_unsigned";

/** Side-effect free, over registers of one thread; 32-bit two's complement, results normalised with `| 0`. */
export type Expression =
	| { readonly op: "constant"; readonly value: number }
	| { readonly op: "register"; readonly register: number }
	| { readonly op: "unary"; readonly operator: UnaryOperator; readonly operand: Expression }
	| { readonly op: "binary"; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
	| {
			readonly op: "select";
			readonly condition: Expression;
			readonly then: Expression;
			readonly otherwise: Expression;
	  };

/**
 * Where an access goes: the word at `base + offset`. `structure` is the struct type that must start at `base` (index into
 * `Program.structures`), or -1 when `base` is a pointer to a single word (`unsigned long *`).
 */
export interface Place {
	readonly base: Expression;
	/** In bytes, a multiple of cellStride. */
	readonly offset: Expression;
	readonly structure: number;
	/** As a reader would write it: "folio->mapping". */
	readonly text: string;
}

/** How the source marked an access; LKMM and the compiler's freedom depend on it. */
export type Marking = "plain" | "once" | "acquire" | "release" | "dereference" | "data_race";
export type Ordering = "noreturn" | "relaxed" | "acquire" | "release" | "full";
export type Update = "add" | "and" | "or" | "xor" | "exchange";
export type Fence =
	| "mb"
	| "rmb"
	| "wmb"
	| "before_atomic"
	| "after_atomic"
	| "after_spinlock"
	| "after_unlock_lock"
	| "barrier"
	| "compiler";

export type Context = "irq" | "preempt" | "rcu";

export type Instruction = InstructionBody & {
	/** Index into `Program.sites`. */
	readonly site: number;
	/** No other thread runs between the instruction before and this one (inside `atomic { }`, or part of one primitive). */
	readonly glued: boolean;
};

export type InstructionBody =
	// ---- local: never a step of their own
	| {
			readonly kind: "assign";
			readonly register: number;
			readonly value: Expression;
			/** An argument of a call that the compiler does not see through: the value is used here, not only given another name. */
			readonly handedOver?: true;
			readonly next: number;
	  }
	| { readonly kind: "branch"; readonly condition: Expression; readonly then: number; readonly otherwise: number }
	/** Every value low…high (constants) is a transition of its own. */
	| {
			readonly kind: "choose";
			readonly register: number;
			readonly low: number;
			readonly high: number;
			readonly next: number;
	  }
	/** A violation unless the condition holds. Kind `unreachable` never stands here. */
	| {
			readonly kind: "check";
			readonly condition: Expression;
			readonly violation: ViolationKind;
			readonly message: string;
			readonly next: number;
	  }
	/** The whole step is not enabled unless the condition holds (`wait_until`); its accesses are undone. */
	| { readonly kind: "await"; readonly condition: Expression; readonly next: number }
	/** A violation where sleeping is not allowed. */
	| { readonly kind: "might_sleep"; readonly what: string; readonly next: number }
	| { readonly kind: "fence"; readonly fence: Fence; readonly next: number }
	| {
			readonly kind: "holds";
			readonly register: number;
			readonly lock: Place;
			readonly shared: boolean;
			readonly next: number;
	  }
	/** Own context: 0/1 for irq, nesting depth for preempt and rcu; "atomic" is any of them or a spinning lock held. */
	| {
			readonly kind: "context_get";
			readonly register: number;
			readonly context: Context | "atomic";
			readonly next: number;
	  }
	| { readonly kind: "end" }
	// ---- shared: a step begins at each of these unless `glued`
	| {
			readonly kind: "load";
			readonly register: number;
			readonly place: Place;
			readonly marking: Marking;
			readonly next: number;
	  }
	/** The compiler may do a plain load again here: either nothing happens, or a step that loads `place` into `register`. */
	| { readonly kind: "reload"; readonly register: number; readonly place: Place; readonly next: number }
	| {
			readonly kind: "store";
			readonly place: Place;
			readonly value: Expression;
			readonly marking: Marking;
			readonly next: number;
	  }
	/** `register` (absent: nobody asks) gets the old value. With `compare`, nothing is stored unless old (==, or != when `unless`) compare. */
	| {
			readonly kind: "update";
			readonly register: number | undefined;
			readonly place: Place;
			readonly update: Update;
			readonly operand: Expression;
			readonly compare?: { readonly value: Expression; readonly unless: boolean };
			readonly ordering: Ordering;
			readonly next: number;
	  }
	/** `bit`: the lock is this bit of the word at `bit.word`, and `lock` is where the holder is remembered. */
	| {
			readonly kind: "lock";
			readonly lock: Place;
			readonly shared: boolean;
			/** Register that gets 1 or 0 for a trylock; absent: waits. */
			readonly try: number | undefined;
			readonly bit?: { readonly word: Place; readonly number: Expression };
			readonly spinning: boolean;
			/**
			 * A writer that cannot have the lock now takes a step into its queue, once somebody shares it ("behind_readers") or whoever
			 * has it ("always", where a trylock or `is_locked` could tell). Absent: nobody could notice.
			 */
			readonly queues?: "behind_readers" | "always";
			/** A reader that takes the lock past a writer in the queue: a softirq, or BH off (kernel/locking/qrwlock.c). */
			readonly barges?: true;
			readonly next: number;
	  }
	| {
			readonly kind: "unlock";
			readonly lock: Place;
			readonly shared: boolean;
			readonly bit?: { readonly word: Place; readonly number: Expression };
			readonly spinning: boolean;
			readonly next: number;
	  }
	| { readonly kind: "downgrade"; readonly lock: Place; readonly next: number }
	| { readonly kind: "is_locked"; readonly register: number; readonly lock: Place; readonly next: number }
	/** Leaving the last of irq, preempt and rcu ends a reader. `change`: +1, -1; for irq set (1) or clear (0) through `set`. */
	| { readonly kind: "context"; readonly context: Context; readonly change: 1 | -1; readonly next: number }
	| { readonly kind: "context_set"; readonly context: "irq"; readonly value: Expression; readonly next: number }
	| { readonly kind: "irqs_disabled_on"; readonly register: number; readonly cpu: Expression; readonly next: number }
	/** Takes note of the readers running now, in grace period `gracePeriod`. */
	| { readonly kind: "grace_period_begin"; readonly gracePeriod: number; readonly next: number }
	/** Not enabled while a reader that the grace period has noted is still running. */
	| { readonly kind: "grace_period_end"; readonly gracePeriod: number; readonly next: number }
	/** Begins the grace period and starts the callback thread, whose registers get the arguments. Limit `rcu_callbacks` if it runs already. */
	| {
			readonly kind: "call_rcu";
			readonly gracePeriod: number;
			readonly thread: number;
			readonly arguments: readonly { readonly register: number; readonly value: Expression }[];
			readonly next: number;
	  }
	/** Every free object of the pool is a transition of its own; 0 when none is free. */
	| { readonly kind: "allocate"; readonly register: number; readonly pool: number; readonly next: number }
	| { readonly kind: "free"; readonly pointer: Expression; readonly text: string; readonly next: number };

/** Where an instruction comes from. */
export interface Site {
	readonly location: Location;
	/** Calls, outermost first. */
	readonly callStack: readonly { readonly function: string; readonly call: Location; readonly text?: string }[];
	/** The statement, white space folded. */
	readonly text: string;
	/** The statement of the thread's own body that led here; absent where there is none (properties). */
	readonly statement?: { readonly location: Location; readonly text: string };
	/** Rules (@rule) that stand at the symbols which the statement touches: "M6". */
	readonly rules: readonly string[];
}

/** How a word is to be shown. */
export type Display =
	| { readonly kind: "integer"; readonly signed: boolean }
	| { readonly kind: "bool" }
	| { readonly kind: "enum"; readonly names: Readonly<Record<number, string>> }
	/** Bits by name (enum whose enumerators are bit numbers), as "PG_locked|PG_lru". */
	| { readonly kind: "flags"; readonly bits: Readonly<Record<number, string>> }
	| { readonly kind: "pointer"; readonly tags: Readonly<Record<number, string>> | undefined }
	/** A pointer with flag bits in its low bits: a pte. */
	| { readonly kind: "entry"; readonly bits: Readonly<Record<number, string>> }
	| { readonly kind: "lock" };

export interface Cell {
	readonly address: number;
	/** Index into `objects`: the outermost object, whose lifetime this cell shares. */
	readonly object: number;
	/** Path inside the object: "i_data.flags"; "" for an object that is one word. */
	readonly field: string;
	readonly type: string;
	readonly display: Display;
	readonly initial: number;
	readonly lock?: LockClass;
}

export interface LockClass {
	/** "folio lock", "i_mmap_rwsem": for messages. */
	readonly name: string;
	/** Place in the documented hierarchy, outer locks lower; undefined: no known place. */
	readonly rank: number | undefined;
	readonly spinning: boolean;
}

/** A struct instance, outermost or nested: where a pointer of that struct type may point. */
export interface StructureInstance {
	readonly address: number;
	readonly structure: number;
	readonly object: number;
	/** "" for the outermost. */
	readonly field: string;
}

export interface ObjectLayout {
	readonly name: string;
	readonly type: string;
	readonly address: number;
	/** Objects of a pool start unallocated. */
	readonly pool: number;
	readonly initiallyLive: boolean;
	/** Local variables whose address is taken are objects too; they are not shown unless shared. */
	readonly thread: number;
}

export interface Pool {
	readonly name: string;
	readonly objects: readonly number[];
	/** Reads and writes through stale pointers are no use after free: identity changes, type stays. */
	readonly typesafeByRcu: boolean;
}

export interface Register {
	/** Name in the source; undefined for a temporary. */
	readonly name: string | undefined;
	readonly display: Display;
}

export interface Thread {
	readonly name: string;
	readonly cpu: number;
	readonly kind: "thread" | "callback";
	readonly location: Location;
	readonly instructions: readonly Instruction[];
	readonly entry: number;
	readonly registers: readonly Register[];
}

export interface Property {
	readonly property: "always" | "finally" | "exists" | "never";
	readonly text: string;
	/** What its author says about it: the doc comment, white space folded. */
	readonly meaning?: string;
	readonly location: Location;
	/** A glued, loop-free graph over shared memory and threads' registers (`thread.variable`), ending in `end`; register 0 is the result. */
	readonly code: Thread;
	/** Registers of `code` that are loaded from threads' variables before it runs. */
	readonly variables: readonly { readonly register: number; readonly thread: number; readonly of: number }[];
}

export interface Program {
	readonly scenario: string;
	readonly check: string;
	/** What its author says about the check: the doc comment, white space folded. */
	readonly meaning?: string;
	readonly memory: "sc" | "lkmm";
	readonly kernelVersion: { readonly major: number; readonly minor: number };
	/** Values of the scenario's parameters, as they read in the source. */
	readonly parameters: Readonly<Record<string, string>>;
	readonly structures: readonly string[];
	readonly cells: readonly Cell[];
	readonly instances: readonly StructureInstance[];
	readonly objects: readonly ObjectLayout[];
	readonly pools: readonly Pool[];
	readonly sites: readonly Site[];
	/** Runs alone, to its end, before the threads; index -1 as thread number in traces. */
	readonly init: Thread | undefined;
	/** Threads of the scenario first, in order; then callbacks. */
	readonly threads: readonly Thread[];
	/** Whether plain loads may be given reloads; set until `underInterleavings` has prepared the program for that search. */
	readonly compilerMayReload?: boolean;
	readonly gracePeriods: number;
	readonly properties: readonly Property[];
	readonly detectDataRaces: boolean;
	readonly detectLeaks: boolean;
	/** What the author expects: "safe", "reachable" or violation kinds. */
	readonly expect: readonly string[];
}
