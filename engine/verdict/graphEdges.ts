/** Which edges of an execution graph a picture shows, and what each means. */
import type { EdgeKind, ExecutionGraph } from "./executionGraph.ts";
import type { GraphLine } from "./graphPicture.ts";

/** An edge that is to be drawn between two boxes. */
export interface Wanted {
	readonly kind: GraphLine["kind"];
	readonly from: number;
	readonly to: number;
	readonly why: string;
	readonly step?: number;
	readonly ordering?: boolean;
}

/** The cycle's steps, then the communications (and, where all are asked for, dependencies) beside it; one line for each pair of rows and kind. */
export function wantedEdges(graph: ExecutionGraph, boxOf: ReadonlyMap<number, number>, all: boolean): Wanted[] {
	const found = new Map<string, Wanted>();
	const put = (edge: Omit<Wanted, "from" | "to"> & { readonly from: number; readonly to: number }) => {
		const [from, to] = [boxOf.get(edge.from), boxOf.get(edge.to)];
		if (from === undefined || to === undefined || from === to) return;
		const key = `${edge.kind} ${from} ${to}`;
		if (!found.has(key)) found.set(key, { ...edge, from, to });
	};
	for (const [step, { from, to, kind, ordering, why }] of (graph.cycle ?? []).entries())
		put({ from, to, kind, ordering, why, step });
	if (all || !graph.cycle) {
		for (const { kind, from, to } of graph.edges) {
			if (all || kind === "rf" || kind === "co" || kind === "fr")
				put({ kind, from, to, why: meaning(graph, kind, from, to) });
		}
	}
	return [...found.values()];
}

const place = (graph: ExecutionGraph, event: number) => graph.events[event]?.location ?? "memory";
const named = (graph: ExecutionGraph, event: number) => graph.threads[graph.events[event]?.thread ?? 0]?.name ?? "";

/** What an edge beside the cycle means. */
function meaning(graph: ExecutionGraph, kind: EdgeKind, from: number, to: number): string {
	switch (kind) {
		case "rf":
			return `${named(graph, to)} reads ${place(graph, to)} as ${named(graph, from)} wrote it.`;
		case "co":
			return `${named(graph, to)} overwrites ${place(graph, to)} as ${named(graph, from)} wrote it.`;
		case "fr":
			return `${named(graph, from)} read ${place(graph, from)} before ${named(graph, to)} overwrote it.`;
		case "address":
			return `Address dependency: where ${named(graph, to)} accesses memory depends on what it read.`;
		case "data":
			return `Data dependency: what ${named(graph, to)} stores depends on what it read.`;
		case "control":
			return `Control dependency: whether ${named(graph, to)} comes here depends on what it read.`;
	}
}
