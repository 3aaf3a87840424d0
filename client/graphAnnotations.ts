/**
 * What each source line did in an execution that takes weak memory, ready to be drawn at its end. Such an execution has no steps: lines
 * are numbered by their place in the cycle. Knows nothing of VS Code.
 */
import type { CycleStep, ExecutionGraph, GraphEvent } from "../engine/verdict/executionGraph.ts";
import type { Violation } from "../engine/verdict/verdict.ts";
import { type Annotation, type AnnotationRole, spoken } from "./annotations.ts";
import { circledNumber, circledNumbers } from "./circledNumber.ts";

/** A line of a document, from 1. */
export interface LineOfFile {
	readonly file: string;
	readonly line: number;
}

/** The signs that pictures of executions have for edges. */
const keptSign = (step: CycleStep) => (step.kind !== "po" ? step.kind : step.ordering ? "po ✓" : "po ✗");

/**
 * One annotation for each line that has a row in the picture of the execution, in program order, thread by thread. `lineAt` finds the
 * line of an offset into a litmus test, whose events say no lines themselves.
 */
export function annotateGraph(
	graph: ExecutionGraph,
	violation: Violation | undefined,
	lineAt: (pos: number) => LineOfFile | undefined,
): Annotation[] {
	const cycle = graph.cycle ?? [];
	const byLine = new Map<
		string,
		{ place: LineOfFile; thread: number; rows: { effect: string; events: GraphEvent[] }[] }
	>();
	for (const [thread, { rows }] of graph.threads.entries()) {
		for (const row of rows) {
			const events = row.events.flatMap((id) => graph.events[id] ?? []);
			for (const place of placesOf(events, lineAt)) {
				const key = `${place.file}:${place.line}`;
				const known = byLine.get(key) ?? { place, thread, rows: [] };
				known.rows.push({ effect: row.effect || row.text.replace(/;$/, ""), events });
				byLine.set(key, known);
			}
		}
	}
	return [...byLine.values()].map(({ place, thread, rows }): Annotation => {
		const events = rows.flatMap((row) => row.events);
		const ids = new Set(events.map(({ id }) => id));
		const from = cycle.flatMap((step, index) => (ids.has(step.from) ? [{ step, index }] : []));
		const roles = events.flatMap(({ role }) => role ?? []);
		const role: AnnotationRole = roles.includes("violation") ? "violation" : (roles[0] ?? "step");
		const numbers = from.length > 0 ? `${circledNumbers(from.map(({ index }) => index))} ` : "";
		const edges = from.map(({ step, index }) => `${keptSign(step)} ${circledNumber((index + 1) % cycle.length)}`);
		const said =
			violation && role === "violation"
				? `${spoken(violation.kind)}: ${violation.message}`
				: [...new Set(rows.map(({ effect }) => effect))].join("; ");
		const way = edges.length > 0 ? ` ⟶ ${edges.join(", ")}` : "";
		const { name, cpu } = graph.threads[thread] ?? { name: "" };
		return {
			...place,
			role,
			text: `${numbers}CPU${cpu ?? thread} ${said}${way}`,
			steps: [],
			notes: [
				...rows.map(({ effect }) => `CPU${cpu ?? thread} ${name}: ${effect}`),
				...from.map(({ step }) => `${keptSign(step)}: ${step.why}`),
				...graph.story,
			],
		};
	});
}

/** The line of the thread's own statement, and the one inside the call that did it. */
function placesOf(events: readonly GraphEvent[], lineAt: (pos: number) => LineOfFile | undefined): LineOfFile[] {
	const found = events.flatMap(({ at, statement, pos }) => {
		const inText = pos === undefined ? undefined : lineAt(pos);
		return [statement?.location, at, inText].flatMap((one) => (one ? [{ file: one.file, line: one.line }] : []));
	});
	return [...new Map(found.map((one) => [`${one.file}:${one.line}`, one])).values()];
}
