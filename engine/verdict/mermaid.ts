/** The counterexample as a Mermaid sequence diagram: a participant per CPU, an arrow from a write to the read that saw it. */
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

/** A whole diagram, to be put into a block marked `mermaid`. */
export function renderMermaid(result: CheckResult, options: { readonly full?: boolean } = {}): string {
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
