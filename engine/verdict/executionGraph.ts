/**
 * An execution under a memory model, as plain data that survives JSON: what each thread did, who read from whom, and
 * why that is (not) in order. What a weak counterexample is shown as.
 */

import type { Location } from "./verdict.ts";

export interface GraphEvent {
	/** Index into `events`. */
	readonly id: number;
	/** Index into `threads`. */
	readonly thread: number;
	readonly kind: "read" | "write" | "lock" | "unlock" | "lock_seen" | "fence" | "reader" | "grace_period";
	/** As the source writes it, white space folded. */
	readonly text: string;
	/** "READ_ONCE x = 1": what happened. */
	readonly effect: string;
	/** How the access is marked: "once", "acquire", "release", "full", "noreturn", "plain"; absent for fences. */
	readonly marking?: string;
	readonly location?: string;
	/** Value read or written, as a reader would write it. */
	readonly value?: string;
	/** Of a litmus test: offsets into the source text, UTF-16 code units. */
	readonly pos?: number;
	readonly end?: number;
	/** Of a scenario: where the statement stands. */
	readonly at?: Location;
	/** The statement of the thread's own body that led here through calls; absent where `text` is that statement. */
	readonly statement?: { readonly location: Location; readonly text: string };
	/** Where the calls stand that led here, outermost first; absent where there are none. */
	readonly calls?: readonly Location[];
	/** The event that went wrong, or the one that made it wrong. */
	readonly role?: "violation" | "earlier";
}

/**
 * `rf`: a read sees a write. `co`: a write overwrites another (neighbours only). `fr`: a read sees what a write overwrites
 * (the next write only). `address`, `data`, `control`: dependencies.
 */
export type EdgeKind = "rf" | "co" | "fr" | "address" | "data" | "control";

export interface GraphEdge {
	readonly kind: EdgeKind;
	readonly from: number;
	readonly to: number;
}

/** One step of the cycle that would be forbidden if all of its steps were ordering. */
export interface CycleStep {
	readonly from: number;
	readonly to: number;
	/** `po` is program order; the others as for edges. */
	readonly kind: "po" | EdgeKind;
	/** Whether the model keeps this order. */
	readonly ordering: boolean;
	/** Why it does or does not, in a sentence. */
	readonly why: string;
}

/** What a picture shows of a thread in one place: an event, or both halves of a read-modify-write. */
export interface GraphRow {
	readonly events: readonly number[];
	/** The statement of the thread's own body, white space folded. */
	readonly text: string;
	/** "reads x = 1", "x: 0 ⇒ 1, acquire"; "" where the text says it all. */
	readonly effect: string;
	readonly kind: "access" | "fence";
}

export interface GraphThread {
	readonly name: string;
	/** Of a scenario's thread. */
	readonly cpu?: number;
	readonly events: readonly number[];
	/** In program order. What orders nothing between CPUs has no row. */
	readonly rows: readonly GraphRow[];
}

export interface ExecutionGraph {
	readonly model: "lkmm" | "sc";
	readonly threads: readonly GraphThread[];
	readonly events: readonly GraphEvent[];
	readonly edges: readonly GraphEdge[];
	/** The shortest cycle of program order and communication: what makes the execution weak. Absent when it is sequentially consistent. */
	readonly cycle?: readonly CycleStep[];
	/**
	 * What the cycle means, a sentence for each of its steps that is not kept: "reader reads data before it reads flag; …". Empty for a
	 * sequentially consistent execution.
	 */
	readonly story: readonly string[];
	/** Pairs of plain accesses that race. */
	readonly races: readonly { readonly first: number; readonly second: number; readonly message: string }[];
	readonly initial: readonly { readonly location: string; readonly value: string }[];
	readonly final: readonly { readonly location: string; readonly value: string }[];
}
