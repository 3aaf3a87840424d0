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

export interface ExecutionGraph {
	readonly model: "lkmm" | "sc";
	readonly threads: readonly { readonly name: string; readonly events: readonly number[] }[];
	readonly events: readonly GraphEvent[];
	readonly edges: readonly GraphEdge[];
	/** The shortest cycle of program order and communication: what makes the execution weak. Absent when it is sequentially consistent. */
	readonly cycle?: readonly CycleStep[];
	/** Pairs of plain accesses that race. */
	readonly races: readonly { readonly first: number; readonly second: number; readonly message: string }[];
	readonly initial: readonly { readonly location: string; readonly value: string }[];
	readonly final: readonly { readonly location: string; readonly value: string }[];
}
