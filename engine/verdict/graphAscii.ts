/**
 * A weak counterexample in plain text. It is no interleaving, so nothing stands above another in time: each CPU has its
 * statements in the order of the program with what they did, and below stands the cycle that shows why no order of all of them explains what was read.
 */
import type { CycleStep, ExecutionGraph, GraphEvent, GraphRow } from "./executionGraph.ts";
import { ascii } from "./words.ts";
import { wrapProse, wrapStatement } from "./wrap.ts";

const gapColumns = 3;
const labelColumns = "(a) ".length;

/** Letters of the events that stand in the cycle, in its order. */
export function cycleLetters(graph: ExecutionGraph): ReadonlyMap<number, string> {
	const letters = new Map<number, string>();
	for (const { from } of graph.cycle ?? []) {
		if (!letters.has(from))
			letters.set(from, letters.size < 26 ? String.fromCharCode(97 + letters.size) : `${letters.size}`);
	}
	return letters;
}

/** What an event did; of a fence, its statement. */
export function eventWords(event: GraphEvent): string {
	return (event.kind === "fence" ? event.text : event.effect).replace(/\s*;$/, "");
}

/** How a step of the cycle is written: "(a) -fr-> (b)". */
function stepWords(step: CycleStep, letters: ReadonlyMap<number, string>): string {
	const name = (event: number) => `(${letters.get(event) ?? event})`;
	return `${name(step.from)} -${step.kind}-> ${name(step.to)}`;
}

function cell(row: GraphRow, graph: ExecutionGraph, letters: ReadonlyMap<number, string>, columns: number): string[] {
	const own = row.events.flatMap((event) => letters.get(event) ?? []);
	const label = (own.length === 0 ? "" : `(${own.join(",")}) `).padEnd(labelColumns);
	const room = Math.max(1, columns - labelColumns);
	const lines = wrapStatement(ascii(row.text), room);
	if (row.effect !== "") lines.push(...wrapProse(ascii(row.effect), Math.max(1, room - 2)).map((line) => `  ${line}`));
	if (row.events.some((event) => graph.events[event]?.role === "violation")) lines.push("<-- goes wrong");
	return lines.map((line, index) => (index === 0 ? label : " ".repeat(labelColumns)) + line);
}

/**
 * The lines: heads, the rows of each CPU side by side, what goes on in words, and the cycle with the reason for each of its steps. At
 * most `width` columns.
 */
export function graphDiagram(graph: ExecutionGraph, width: number): string[] {
	const letters = cycleLetters(graph);
	const threads = graph.threads.filter((one) => one.rows.length > 0);
	const columns = Math.floor((width - gapColumns * Math.max(0, threads.length - 1)) / Math.max(1, threads.length));
	const beside = (cells: readonly string[]) =>
		cells
			.map((one, index) => (index === cells.length - 1 ? one : one.padEnd(columns + gapColumns)))
			.join("")
			.trimEnd();
	const lines: string[] = [];
	const heads = threads.map(({ name, cpu }) => ascii(cpu === undefined ? name : `CPU${cpu}: ${name}`));
	if (threads.length > 0)
		lines.push(beside(heads), beside(heads.map((one) => "-".repeat(Math.min(one.length, columns)))));
	const rows = threads.reduce((most, one) => Math.max(most, one.rows.length), 0);
	for (let row = 0; row < rows; row++) {
		const cells = threads.map((one) => {
			const here = one.rows[row];
			return here === undefined ? [] : cell(here, graph, letters, columns);
		});
		const height = cells.reduce((most, one) => Math.max(most, one.length), 0);
		for (let line = 0; line < height; line++) lines.push(beside(cells.map((one) => one[line] ?? "")));
	}
	for (const sentence of graph.story) lines.push("", ...wrapProse(unquoted(sentence), width));
	const cycle = graph.cycle ?? [];
	if (cycle.length > 0) lines.push("", "No order of all accesses explains this, for it would have to be a cycle:");
	for (const step of cycle) {
		const head = `${stepWords(step, letters)}  `;
		const why = wrapProse(unquoted(step.why), Math.max(20, width - head.length - 2));
		lines.push(...why.map((one, index) => `  ${index === 0 ? head : " ".repeat(head.length)}${one}`));
	}
	for (const race of graph.races) lines.push("", ...wrapProse(unquoted(race.message), width));
	return lines;
}

/** Statements in prose, without the quotes and semicolons around them. */
const unquoted = (text: string) => ascii(text).replace(/;?`/g, "");
