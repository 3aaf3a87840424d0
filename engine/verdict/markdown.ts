/** The counterexample as GitHub-flavoured Markdown: a sentence, a table with a column per CPU, the schedule. */
import { graphDiagram } from "./graphAscii.ts";
import type { Lane } from "./lanes.ts";
import { stepNumbers, type TimelineRow, timeline } from "./timeline.ts";
import type { CheckResult } from "./verdict.ts";
import { headline, parameterWords, sentence } from "./words.ts";

/** Columns of the text that an execution under a weak memory model is drawn in. */
const graphColumns = 100;
const indent = "\u00a0\u00a0\u00a0";

/** Text that Markdown shows as it is. */
function escaped(text: string): string {
	return text.replace(/[\\`*_{}[\]<>#|~$&!]/g, (sign) => `\\${sign}`).replace(/\s*\n\s*/g, " ");
}

/** C as a code span in a table cell: a fence longer than any run of backquotes inside, the cell's own sign escaped. */
function code(text: string): string {
	const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
	const fence = "`".repeat(longest + 1);
	const pad = /^`|`$/.test(text) ? " " : "";
	return `${fence}${pad}${text.replaceAll("|", "\\|").replace(/\s+/g, " ")}${pad}${fence}`;
}

function cell(row: TimelineRow): string {
	const parts: string[] = [];
	if (row.kind === "grace period") parts.push("*grace period*");
	else if (row.text !== "") parts.push(code(row.text));
	if (row.remarks.length > 0) parts.push(escaped(row.remarks.join(", ")));
	if (row.mark !== undefined) parts.push(`**← ${escaped(row.mark)}**`);
	return indent.repeat(row.depth) + parts.join(" ");
}

function table(lanes: readonly Lane[], rows: readonly TimelineRow[]): string[] {
	return [
		`| | ${lanes.map((lane) => escaped(`${lane.title}: ${lane.names.join(", ")}`)).join(" | ")} |`,
		`|--:|${lanes.map(() => ":--").join("|")}|`,
		...rows.map((row) => {
			const cells = lanes.map((_, lane) => (lane === row.lane ? cell(row) : ""));
			return `| ${stepNumbers(row.steps)} | ${cells.join(" | ")} |`;
		}),
	];
}

/** One section; the heading is of level `level`. */
export function renderMarkdown(
	result: CheckResult,
	options: { readonly full?: boolean; readonly level?: number } = {},
): string {
	const lines = [`${"#".repeat(options.level ?? 3)} ${escaped(headline(result))}`, ""];
	const trace = result.trace;
	if (trace === undefined) {
		if (result.violation !== undefined) lines.push(escaped(sentence(result.violation.message)), "");
		if (result.graph !== undefined) lines.push("```", ...graphDiagram(result.graph, graphColumns), "```");
		return `${lines.join("\n").trimEnd()}\n`;
	}
	lines.push(escaped(sentence(trace.violation.message)));
	const { meaning } = trace.violation;
	if (meaning !== undefined) lines.push(escaped(sentence(meaning)));
	const rules = trace.violation.rules ?? [];
	if (rules.length > 0) lines.push(`Rules about it: ${rules.map(escaped).join(", ")}.`);
	const parameters = parameterWords(trace.parameters);
	if (parameters !== "") lines.push(`With ${code(parameters)}.`);
	const { lanes, rows } = timeline(trace, options);
	if (lanes.length > 0) lines.push("", ...table(lanes, rows));
	const { story = [], exclusion = "" } = trace.why ?? {};
	const told = [...story, ...(exclusion === "" ? [] : [exclusion])];
	if (told.length > 0) lines.push("", ...told.map((one) => `- ${escaped(one)}`));
	lines.push("", `Schedule: ${code(trace.schedule)}`);
	return `${lines.join("\n")}\n`;
}
