/** What a laid-out picture of an execution graph is made of: plain numbers in pixels, for every surface that draws. */
import type { EdgeKind, GraphRow } from "./executionGraph.ts";

export interface GraphBox {
	/** Index into the graph's threads. */
	readonly thread: number;
	readonly row: GraphRow;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	/** The statement, wrapped. */
	readonly code: readonly string[];
	/** What it did, wrapped. */
	readonly effect: readonly string[];
	/** Part of the cycle. */
	readonly inCycle: boolean;
	readonly role?: "violation" | "earlier";
}

export interface GraphLine {
	readonly kind: "po" | EdgeKind;
	/** Indices into `boxes`. */
	readonly from: number;
	readonly to: number;
	/** SVG path data. */
	readonly path: string;
	/** "fr"; in a cycle with its number: "2 fr"; program order also says whether it is kept. */
	readonly label: string;
	/** Centre of the label. */
	readonly labelX: number;
	readonly labelY: number;
	readonly labelWidth: number;
	/** Index into the graph's cycle; absent for an edge beside it. */
	readonly step?: number;
	/** Of a step of the cycle: whether the model keeps this order. */
	readonly ordering?: boolean;
	/** What it means, a sentence or two. */
	readonly why: string;
}

export interface GraphLane {
	readonly thread: number;
	/** "CPU0 khugepaged", "P0". */
	readonly title: string;
	readonly x: number;
	readonly width: number;
}

export interface GraphLayout {
	readonly width: number;
	readonly height: number;
	readonly lanes: readonly GraphLane[];
	readonly boxes: readonly GraphBox[];
	readonly lines: readonly GraphLine[];
}

/** Sizes in pixels, of 12 pixel monospaced type. */
export const graphMetrics = {
	character: 7.4,
	lineHeight: 16,
	padding: 7,
	rowGap: 26,
	margin: 12,
	title: 24,
	laneMin: 130,
	/** A statement is wrapped at this many characters. */
	charactersMax: 34,
	/** Room between lanes without the tracks of edges. */
	laneGap: 132,
	/** The same, of more than two lanes. */
	laneGapOfMany: 84,
	track: 30,
	/** From a box to the first track of edges beside it, so that a label there touches nothing. */
	firstTrack: 36,
	labelHeight: 18,
} as const;
