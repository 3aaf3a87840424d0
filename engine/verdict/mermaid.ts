/** The counterexample as a Mermaid sequence diagram: a participant per CPU, an arrow from a write to the read that saw it. */
import type { ExecutionGraph } from "./executionGraph.ts";
import { eventWords } from "./graphAscii.ts";
import { type TimelineRow, timeline } from "./timeline.ts";
import type { CheckResult } from "./verdict.ts";
import { headline, placeName, sentence } from "./words.ts";

/** Text that Mermaid takes as it is: signs that it reads as syntax become its entity codes. */
function escaped(text: string): string {
	return text
		.replace(/\s+/g, " ")
		.replace(/[#;:<>"%{}\\`]/g, (sign) => `#${sign.codePointAt(0)};`)
		.replace(/\b(end)\b/gi, (word) => `#${word.codePointAt(0)};${word.slice(1)}`);
}

function words(row: TimelineRow): string {
	const indent = "\u00a0\u00a0".repeat(row.depth);
	const text = row.kind === "grace period" ? "(grace period)" : row.text;
	const remarks = row.remarks.length > 0 ? ` (${row.remarks.join(", ")})` : "";
	return indent + escaped(`${text}${remarks}`.trim());
}

/** An execution under a weak memory model is no sequence: CPUs side by side, arrows for the steps of the cycle. */
function flowchart(result: CheckResult, graph: ExecutionGraph): string {
	const lines = ["flowchart TB", `    %% ${headline(result).replace(/[\r\n{}]+/g, " ")}`];
	for (const [index, { name, events }] of graph.threads.entries()) {
		if (events.length === 0) continue;
		lines.push(`    subgraph T${index}["${escaped(name)}"]`, "        direction TB");
		for (const [position, event] of events.entries()) {
			const at = graph.events[event];
			if (at !== undefined) lines.push(`        E${event}["${escaped(eventWords(at))}"]`);
			if (position > 0) lines.push(`        E${events[position - 1]} --> E${event}`);
		}
		lines.push("    end");
	}
	for (const { from, to, kind } of graph.cycle ?? [])
		if (kind !== "po") lines.push(`    E${from} -. ${kind} .-> E${to}`);
	return `${lines.join("\n")}\n`;
}

/** A whole diagram, to be put into a block marked `mermaid`. */
export function renderMermaid(result: CheckResult, options: { readonly full?: boolean } = {}): string {
	if (result.trace === undefined && result.graph !== undefined) return flowchart(result, result.graph);
	const lines = ["sequenceDiagram", `    %% ${headline(result).replace(/[\r\n{}]+/g, " ")}`];
	const trace = result.trace;
	if (trace === undefined) return `${lines.join("\n")}\n`;
	const { lanes, rows, telling } = timeline(trace, options);
	for (const [lane, { title, names }] of lanes.entries()) {
		lines.push(`    participant L${lane} as ${title}<br/>${names.map(escaped).join("<br/>")}`);
	}
	const rowOfStep = new Map(rows.flatMap((row) => row.steps.map((step) => [step, row] as const)));
	for (const row of rows) {
		for (const index of row.steps) {
			if (!telling.has(index)) continue;
			for (const access of trace.steps[index]?.accesses ?? []) {
				const writer = access.readsFrom === undefined ? undefined : rowOfStep.get(access.readsFrom);
				if (access.kind !== "read" || writer === undefined || writer.lane === row.lane) continue;
				const seen = access.value === undefined ? "" : ` = ${access.value.text}`;
				lines.push(`    L${writer.lane}-->>L${row.lane}: ${escaped(placeName(access.object, access.field) + seen)}`);
			}
		}
		lines.push(`    L${row.lane}->>L${row.lane}: ${words(row)}`);
		if (row.mark !== undefined) lines.push(`    Note over L${row.lane}: ${escaped(row.mark)}`);
	}
	if (lanes.length > 0) {
		const over = lanes.length > 1 ? `L0,L${lanes.length - 1}` : "L0";
		lines.push(`    Note over ${over}: ${escaped(sentence(trace.violation.message))}`);
	}
	return `${lines.join("\n")}\n`;
}
