/**
 * A weak counterexample in plain text. It is no interleaving, so nothing stands above another in time: each CPU has its
 * accesses in the order of the program, and below stands the cycle that shows why no order of all of them explains what was read.
 */
import type { CycleStep, ExecutionGraph, GraphEvent } from "./executionGraph.ts";
import { ascii } from "./words.ts";
import { wrapProse } from "./wrap.ts";

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

function cell(event: GraphEvent, letters: ReadonlyMap<number, string>, columns: number): string[] {
	const letter = letters.get(event.id);
	const label = (letter === undefined ? "" : `(${letter}) `).padEnd(labelColumns);
	const lines = wrapProse(ascii(eventWords(event)), Math.max(1, columns - labelColumns));
	const mark = event.role === "violation" ? ["<-- goes wrong"] : [];
	return [...lines, ...mark].map((line, index) => (index === 0 ? label : " ".repeat(labelColumns)) + line);
}

/** The lines: heads, the accesses of each CPU side by side, the cycle with the reason for each of its steps. At most `width` columns. */
export function graphDiagram(graph: ExecutionGraph, width: number): string[] {
	const letters = cycleLetters(graph);
	const threads = graph.threads.filter((one) => one.events.length > 0);
	const columns = Math.floor((width - gapColumns * Math.max(0, threads.length - 1)) / Math.max(1, threads.length));
	const beside = (cells: readonly string[]) =>
		cells
			.map((one, index) => (index === cells.length - 1 ? one : one.padEnd(columns + gapColumns)))
			.join("")
			.trimEnd();
	const lines: string[] = [];
	if (threads.length > 0) {
		lines.push(
			beside(threads.map((one) => ascii(one.name))),
			beside(threads.map((one) => "-".repeat(Math.min(one.name.length, columns)))),
		);
	}
	const rows = threads.reduce((most, one) => Math.max(most, one.events.length), 0);
	for (let row = 0; row < rows; row++) {
		const cells = threads.map((one) => {
			const event = graph.events[one.events[row] ?? -1];
			return event === undefined ? [] : cell(event, letters, columns);
		});
		const height = cells.reduce((most, one) => Math.max(most, one.length), 0);
		for (let line = 0; line < height; line++) lines.push(beside(cells.map((one) => one[line] ?? "")));
	}
	const cycle = graph.cycle ?? [];
	if (cycle.length > 0) lines.push("", "No order of all accesses explains this, for it would have to be a cycle:");
	for (const step of cycle) {
		const head = `${stepWords(step, letters)}  `;
		const why = wrapProse(ascii(step.why).replace(/;?`/g, ""), Math.max(20, width - head.length - 2));
		lines.push(...why.map((one, index) => `  ${index === 0 ? head : " ".repeat(head.length)}${one}`));
	}
	for (const race of graph.races) lines.push("", ...wrapProse(ascii(race.message), width));
	return lines;
}
