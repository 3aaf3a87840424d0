/**
 * What a search found. One `Verdict`, with its `Trace`, feeds every surface: terminal, editor, diagram, exports.
 * Everything here is plain data that survives JSON and `postMessage` unchanged.
 */

import type { ExecutionGraph } from "./executionGraph.ts";

/** A place in a source file. Lines and columns count from 1; columns count UTF-16 code units. */
export interface Location {
	readonly file: string;
	readonly line: number;
	readonly column: number;
	readonly endLine: number;
	readonly endColumn: number;
}

/** The kinds of violation, by the name that `expect` uses. */
export const violationKinds = [
	"use_after_free",
	"double_free",
	"invalid_free",
	"null_dereference",
	"wild_dereference",
	"tagged_dereference",
	"wrong_type",
	"out_of_range",
	"refcount_underflow",
	"refcount_from_zero",
	"assertion",
	"invariant",
	"lock_misuse",
	"lock_order",
	"sleep_in_atomic",
	"deadlock",
	"livelock",
	"rcu_reader_left_open",
	"division_by_zero",
	"data_race",
	"leak",
	"unreachable",
] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** The limits a search may hit; hitting one makes the verdict `inconclusive`. */
export type Limit =
	| "states"
	| "seconds"
	| "memory"
	| "steps"
	| "allocations"
	| "rcu_callbacks"
	| "cancelled"
	| "unsupported";

export interface Violation {
	readonly kind: ViolationKind;
	/** One sentence, in the kernel's terms: "compaction reads inode.i_data.flags after inode was freed". */
	readonly message: string;
	readonly location: Location;
	/** The object that suffered, by its name in the scenario; absent where there is none (a deadlock). */
	readonly object?: string;
	readonly field?: string;
	/** Identifiers of rules of the kernel model that stand at what the racing accesses touch ("M6"). Not each of them is broken. */
	readonly rules?: readonly string[];
	/** Of a property: what its author says about it, in his doc comment. */
	readonly meaning?: string;
	/** Indices into `trace.steps`: the earlier and the later half of the racing pair, where there is a pair. */
	readonly pair?: readonly [number, number];
}

export interface Frame {
	readonly function: string;
	/** Where in the caller this function was called. */
	readonly call: Location;
	/** The call as written, with what its value goes to where that is all the statement does: "mapping = folio_mapping(&folio)". */
	readonly text?: string;
}

/** One value of shared memory, as raw word and as words a reader understands. */
export interface Value {
	readonly raw: number;
	/** "→ inode.i_data", "NULL", "01b anon_vma", "PG_locked|PG_lru", "3", "freed". */
	readonly text: string;
}

export interface Change {
	readonly object: string;
	/** Path inside the object ("i_data.flags"); "" for the object itself (its lifetime: "live", "freed"). */
	readonly field: string;
	readonly before: Value;
	readonly after: Value;
}

export interface AccessRecord {
	readonly kind: "read" | "write" | "update" | "free" | "allocate" | "lock" | "unlock";
	readonly object: string;
	readonly field: string;
	/** Value read, or value written. */
	readonly value?: Value;
	/** Index of the step whose write this read saw; absent for the initial value. */
	readonly readsFrom?: number;
}

/** A new value of a variable that only one thread has. */
export interface LocalValue {
	readonly name: string;
	readonly value: Value;
	/** It is a function's, and has the name of one of the thread's own that a property speaks of. */
	readonly inner?: true;
}

export interface TraceStep {
	readonly thread: number;
	readonly cpu: number;
	/** Innermost place, possibly in the kernel model. */
	readonly location: Location;
	/** The statement of the scenario's own thread that this step belongs to (equals `location` when not in a call). */
	readonly threadLocation: Location;
	/** Calls, outermost first. Empty when the statement stands in the thread itself. */
	readonly callStack: readonly Frame[];
	/** The statement as written, white space folded: "folio->mapping = NULL;". */
	readonly text: string;
	/** What happened, short: "folio.mapping: → inode.i_data ⇒ NULL", "reads folio.mapping = NULL". */
	readonly effect: string;
	readonly accesses: readonly AccessRecord[];
	readonly changes: readonly Change[];
	/** Thread-locals that changed, by their name in the source. */
	readonly locals: readonly LocalValue[];
	/** Remark of the machine, not of the source: "the compiler reloads folio->mapping". */
	readonly note?: string;
	/** Locks held by this thread after the step ("folio (folio lock)"), readers, irq state. */
	readonly held: readonly string[];
	/** This step is one of the racing pair, or the violating step. */
	readonly role?: "earlier" | "violation";
}

/**
 * A statement that is part of what is wrong and no step of the trace: a thread waits at it in a deadlock, or is about to access what
 * another thread is about to access, or it is an assertion that fails on what the last step read.
 */
export interface PendingStatement {
	readonly thread: number;
	readonly location: Location;
	readonly threadLocation: Location;
	/** Calls, outermost first. */
	readonly callStack: readonly Frame[];
	readonly text: string;
}

export interface TraceThread {
	readonly name: string;
	readonly cpu: number;
	/** `callback` for what runs after a grace period rather than from the start. */
	readonly kind: "thread" | "callback";
	readonly location: Location;
}

/** Something that lasts from one step to another: what a thread holds, what it waits for. */
export interface TraceSpan {
	/** `grace_period`: from synchronize_rcu() or call_rcu() to its end. `ipi`: sent to other CPUs, and not yet taken by all. */
	readonly kind: "lock" | "rcu" | "irq" | "preempt" | "grace_period" | "ipi";
	/** Whose it is; of a grace period, the thread that asked for it. */
	readonly thread: number;
	/** "folio (folio lock)", "RCU reader", "grace period". */
	readonly label: string;
	/** The step that begins it. */
	readonly from: number;
	/** The step that ends it; the number of steps where the trace ends before. */
	readonly to: number;
}

/** What a thread held when it took a step that matters to the race. */
export interface AccessHeld {
	/** Index into `steps`. */
	readonly step: number;
	/** "reads folio.mapping = → inode.i_data". */
	readonly what: string;
	/** As in `TraceStep.held`, while the access was made. */
	readonly held: readonly string[];
}

/** Why nothing prevented what went wrong, as far as the steps tell. */
export interface Why {
	/** What the threads relied on and what became of it, a sentence each, in the order of the steps. Steps count from 1 in it. */
	readonly story: readonly string[];
	/** The accesses that raced, in order. */
	readonly accesses: readonly AccessHeld[];
	/** A sentence about what of that excludes each other: "No lock is held at both." */
	readonly exclusion: string;
	/** Rules of the kernel model that stand at what these accesses touch: "M6". Not each of them is broken. */
	readonly rules: readonly string[];
}

export interface InitialValue {
	readonly object: string;
	readonly field: string;
	readonly type: string;
	readonly value: Value;
}

export interface Trace {
	/** Replays without a search: `mmscn replay FILE CHECK SCHEDULE`. */
	readonly schedule: string;
	readonly contextSwitches: number;
	readonly threads: readonly TraceThread[];
	readonly parameters: Readonly<Record<string, string>>;
	readonly initial: readonly InitialValue[];
	readonly steps: readonly TraceStep[];
	/** Where each thread of a deadlock or a data race stands, and the assertion that fails, where no step stands for them. */
	readonly pending?: readonly PendingStatement[];
	/** Indices of the steps that tell the race, in order; a picture may leave out the others. */
	readonly decisive?: readonly number[];
	/** By thread, then by the step that begins them. */
	readonly spans?: readonly TraceSpan[];
	readonly why?: Why;
	readonly violation: Violation;
}

/** A memory barrier to be put into a scenario, on a line of its own. */
export interface FenceInsertion {
	readonly fence: "smp_mb" | "smp_rmb" | "smp_wmb";
	readonly file: string;
	/** The line that it comes above, from 1. */
	readonly line: number;
	/** Where it is inserted, the beginning of that line unless several statements share it: offset into the text, UTF-16 code units. */
	readonly pos: number;
	/** What is inserted: the line with its indentation and its end. */
	readonly text: string;
	/** The statement that it stands above, white space folded; "" at the end of a block. */
	readonly before: string;
	/** Name of the thread that it is for. */
	readonly thread: string;
}

/** Barriers that together make a check safe: a search of the text with all of them found nothing. */
export interface FenceFix {
	readonly insertions: readonly FenceInsertion[];
}

/** The result of a litmus test in herd7's terms. */
export interface LitmusReport {
	readonly verdict: "Never" | "Sometimes" | "Always";
	/** As herd7 counts them: for `~exists`, positive are the executions in which the proposition does not hold. */
	readonly positive: number;
	readonly negative: number;
	/** Distinct final states. */
	readonly states: number;
	/** As herd7 prints it. */
	readonly report: string;
}

export interface SearchStatistics {
	readonly states: number;
	readonly transitions: number;
	readonly seconds: number;
	readonly limit?: Limit;
	/** Complete interleavings, where counting was asked for. */
	readonly interleavings?: number;
	readonly violatingInterleavings?: number;
}

export interface Verdict {
	readonly verdict: "race" | "safe" | "inconclusive";
	readonly memory: "sc" | "lkmm";
	readonly violation?: Violation;
	readonly trace?: Trace;
	/** The execution that goes wrong, where it takes weak memory; what interleavings show has a `trace` instead. */
	readonly graph?: ExecutionGraph;
	/** Of a race with a graph: barriers that make the check safe, the weakest first. Absent where nobody looked for them. */
	readonly fences?: readonly FenceFix[];
	/** A limit ended the search for `fences`: there may be more. */
	readonly fencesIncomplete?: true;
	/** What is not supported, or which thread is too long, when the verdict is `inconclusive`; what a `safe` under lkmm does not speak of. */
	readonly reason?: string;
	readonly stats: SearchStatistics;
	/** After `safe`: how many statements the threads have, and those that no interleaving reached. */
	readonly coverage?: Coverage;
}

export interface Coverage {
	readonly statements: number;
	readonly unreached: readonly { readonly location: Location; readonly text: string }[];
	/** Statements that the check's parameters leave out: they are not among `statements`. Absent where there are none. */
	readonly leftOut?: readonly { readonly location: Location; readonly text: string }[];
}

/** A verdict under another memory model, for comparison. */
export interface OtherVerdict {
	readonly memory: "sc" | "lkmm";
	readonly verdict: Verdict["verdict"];
	readonly kind?: ViolationKind;
	readonly limit?: Limit;
	/** One is safe and the other a race, or they are races of different kinds. An inconclusive verdict differs from none. */
	readonly differs: boolean;
}

/** A verdict in its place: what `mmscn check --format json` prints and the editor receives. */
export interface CheckResult extends Verdict {
	readonly file: string;
	readonly scenario: string;
	readonly check: string;
	/** What the author says about the check, in its doc comment. */
	readonly meaning?: string;
	/** The kinds the author expects: "safe", "reachable" or violation kinds. */
	readonly expected: string;
	readonly ok: boolean;
	/** What the same check is under the other memory model, where it was searched under both. */
	readonly otherwise?: OtherVerdict;
	/** Of a litmus test. */
	readonly litmus?: LitmusReport;
	/** Of a litmus test: executions that end as its condition asks; for `forall`, those that do not. `graph` is the first. */
	readonly witnesses?: readonly ExecutionGraph[];
}
