/** What the view of an execution graph works out from its layout. */
import type { ExecutionGraph } from "../../engine/verdict/executionGraph.ts";
import type { GraphLayout, GraphLine } from "../../engine/verdict/graphPicture.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { KeyStroke } from "./keys.ts";
import type { GraphState } from "./messages.ts";

/** The executions of a result that can be looked at: every witness of a litmus test, the one of a race. */
export function graphsOf({ graph, witnesses }: CheckResult): readonly ExecutionGraph[] {
	return witnesses ?? (graph ? [graph] : []);
}

/** The layout on show. */
export function layoutOf({ pictures, witness, all }: GraphState): GraphLayout | undefined {
	const picture = pictures[witness];
	return all ? picture?.all : picture?.cycle;
}

/** How an edge is drawn: beside the cycle, in it, or in it and not kept. */
export type LineKind = "beside" | "cycle" | "broken";

export function lineKind({ step, kind, ordering }: GraphLine): LineKind {
	return step === undefined ? "beside" : kind === "po" && ordering === false ? "broken" : "cycle";
}

const names = {
	po: "program order",
	rf: "reads from",
	co: "overwritten by",
	fr: "read before it is overwritten",
	address: "address dependency",
	data: "data dependency",
	control: "control dependency",
} as const;

/** An edge in words: "Edge 2 of 4: program order, not kept. Nothing orders …". */
export function edgeWords(layout: GraphLayout, index: number): string {
	const line = layout.lines[index];
	if (!line) return "";
	const count = layout.lines.filter(({ step }) => step !== undefined).length;
	const head = line.step === undefined ? "Beside the cycle" : `Edge ${line.step + 1} of ${count}`;
	const kept = line.kind === "po" ? (line.ordering ? ", kept" : ", not kept") : "";
	const why = /^nothing\b/.test(line.why) ? `N${line.why.slice(1)}` : line.why;
	return `${count === 0 ? "Edge" : head}: ${names[line.kind]}${kept}. ${why}${why.endsWith(".") ? "" : "."}`;
}

/** Where a key leads in a view of graphs; undefined for keys that belong to somebody else. */
export function graphForKey(event: KeyStroke, graph: GraphState): Partial<GraphState> | undefined {
	if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
	const last = (layoutOf(graph)?.lines.length ?? 1) - 1;
	const { line, witness } = graph;
	switch (event.key) {
		case "ArrowDown":
		case "ArrowRight":
			return { line: line >= last ? 0 : line + 1 };
		case "ArrowUp":
		case "ArrowLeft":
			return { line: line <= 0 ? last : line - 1 };
		case "Home":
			return { line: 0 };
		case "End":
			return { line: last };
		case "n":
			return { witness: Math.min(graph.pictures.length - 1, witness + 1), line: 0 };
		case "p":
			return { witness: Math.max(0, witness - 1), line: 0 };
		default:
			return undefined;
	}
}
