/**
 * The counterexample as kernel commit messages draw races: a column per CPU, time downwards, calls with what matters
 * inside them indented, an arrow at the racing pair. Plain ASCII, ready to be pasted into a mail.
 */
import { graphDiagram } from "./graphAscii.ts";
import { lanesOf } from "./lanes.ts";
import { type Timeline, type TimelineRow, timeline } from "./timeline.ts";
import type { CheckResult, Trace } from "./verdict.ts";
import { ascii, headline, parameterWords, sentence } from "./words.ts";
import { longestPiece, wrapProse, wrapStatement } from "./wrap.ts";

/** Columns that a diagram may take: what is left of 80 after a mail has been quoted once or twice. */
export const diagramColumns = 75;

const indentColumns = 2;
const gapColumns = 3;
/** A statement and what it saw share a line up to this many columns, where there is room. */
const comfortableColumns = 46;
const remarkColumnsMin = 16;
/** However deep a statement is nested, it has this many columns before it is wrapped; it may reach into the next column. */
const statementColumnsMin = 32;
/** A column is not made narrower than this for the sake of another one. */
const laneColumnsMin = 16;
/** Rows nested deeper than this leave out calls in between, by the number of columns. */
const depthMaxByLanes = [3, 3, 3, 2, 2];

export interface AsciiOptions {
	/** Every step with what it did, rather than those that show the race. */
	readonly full?: boolean;
	/** Columns at most; a line is longer only where a single name is. */
	readonly width?: number;
}

const longest = (texts: readonly string[]) => texts.reduce((length, text) => Math.max(length, text.length), 0);

/** A row's text and remark before it is fitted into its column. */
function unwrapped(row: TimelineRow): { readonly text: string; readonly remark: string } {
	const remark = row.remarks.map(ascii).join(", ");
	if (row.kind === "grace period") return { text: "<grace period>", remark };
	return { text: ascii(row.text), remark: remark === "" ? "" : `/* ${remark} */` };
}

interface Column {
	readonly offset: number;
	/** How far statements may reach. */
	readonly columns: number;
	/** How far the column reaches before the next one begins. */
	readonly apart: number;
}

/** Where each column begins. Only one column has text in any line, so that text may reach into the next one. */
function columnsOf(table: Timeline, heads: readonly (readonly string[])[], width: number): Column[] {
	const natural: number[] = [];
	const least: number[] = [];
	for (const lane of table.lanes.keys()) {
		const head = longest(heads[lane] ?? []);
		natural.push(head);
		least.push(Math.max(laneColumnsMin, table.lanes.length > 2 ? 0 : Math.min(head, width / 2)));
		for (const row of table.rows) {
			if (row.lane !== lane) continue;
			const { text, remark } = unwrapped(row);
			const indent = row.depth * indentColumns;
			const beside = [text, remark, row.mark === undefined ? "" : `<-- ${ascii(row.mark)}`].filter((one) => one !== "");
			const both = beside.join("  ").length;
			const wanted =
				both <= comfortableColumns ? both : Math.max(text.length, Math.min(remark.length, comfortableColumns));
			natural[lane] = Math.max(natural[lane] ?? 0, indent + wanted);
			least[lane] = Math.max(least[lane] ?? 0, indent + longestPiece(text));
		}
	}
	const lanes = table.lanes.length;
	const room = width - gapColumns * (lanes - 1);
	const widths = [...natural];
	const total = () => widths.reduce((one, other) => one + other, 0);
	// The widest column gives way first, until every column is as narrow as its longest name.
	while (total() > room) {
		let widest = -1;
		for (const [lane, columns] of widths.entries()) {
			if (columns > (least[lane] ?? 0) && (widest < 0 || columns > (widths[widest] ?? 0))) widest = lane;
		}
		if (widest < 0) break;
		widths[widest] = (widths[widest] ?? 0) - 1;
	}
	// Three columns and more get so narrow that statements read better when they reach over; they may even have to.
	const reaching = lanes > 2 || total() > room;
	const offsets: number[] = [];
	let offset = 0;
	for (const [lane, columns] of widths.entries()) {
		const latest = Math.max(0, width - (least[lane] ?? 0));
		offsets.push(total() > room ? Math.min(latest, Math.floor((lane * width) / lanes)) : offset);
		offset += columns + gapColumns;
	}
	return offsets.map((begin, lane) => {
		const end = offsets[lane + 1];
		const apart = end === undefined ? width - begin : Math.max(1, end - gapColumns - begin);
		const wanted = Math.max(apart, least[lane] ?? 0, reaching ? comfortableColumns : 0);
		return { offset: begin, columns: Math.max(1, Math.min(wanted, width - begin)), apart };
	});
}

function rowLines(row: TimelineRow, { offset, columns }: Column, width: number): string[] {
	const indent = offset + row.depth * indentColumns;
	const wanted = Math.max(columns - row.depth * indentColumns, statementColumnsMin);
	const room = Math.max(1, Math.min(wanted, width - indent));
	const { text, remark } = unwrapped(row);
	const lines = text === "" ? [] : wrapStatement(text, room);
	const beside = (addition: string, limit: number, gap: string) => {
		const last = lines.at(-1);
		if (last === undefined || last.length + gap.length + addition.length > limit) return false;
		lines[lines.length - 1] = last + gap + addition;
		return true;
	};
	if (remark !== "" && !beside(remark, room, "  ")) {
		// The ends of the comment stay with the words beside them.
		const whole = remark.replace(/^\/\* /, "/*\u00a0").replace(/ \*\/$/, "\u00a0*/");
		const words = wrapProse(whole, Math.max(remarkColumnsMin, room - 5)).map((line) => line.replaceAll("\u00a0", " "));
		lines.push(...words.map((line, index) => (index === 0 ? `  ${line}` : `     ${line}`)));
	}
	if (row.mark !== undefined) {
		const mark = `<-- ${ascii(row.mark)}`;
		if (!beside(mark, width - indent, "  ")) {
			const [first, ...rest] = wrapProse(ascii(row.mark), Math.max(1, width - indent - 6));
			lines.push(`  <-- ${first ?? ""}`, ...rest.map((one) => `      ${one}`));
		}
	}
	// A long word at the edge moves its line to the left rather than past the margin.
	return lines.map((line) => " ".repeat(Math.min(indent, Math.max(0, width - line.length))) + line);
}

/** The heads in one line where they fit, and one under the other where they do not. */
function headLines(heads: readonly (readonly string[])[], columns: readonly Column[]): string[] {
	const lines: string[] = [];
	const height = heads.reduce((most, head) => Math.max(most, head.length), 0);
	for (let index = 0; index < height; index++) {
		let line = "";
		for (const [lane, head] of heads.entries()) {
			const text = head[index];
			if (text === undefined) continue;
			const offset = columns[lane]?.offset ?? 0;
			if (line !== "" && line.length + 1 > offset) {
				lines.push(line);
				line = "";
			}
			line = line.padEnd(offset) + text;
		}
		lines.push(line);
	}
	const rules = heads.map((head, lane) => "-".repeat(Math.min(longest(head), columns[lane]?.apart ?? 1)));
	lines.push(rules.reduce((line, rule, lane) => line.padEnd(columns[lane]?.offset ?? 0) + rule, ""));
	return lines;
}

/**
 * The lines of the diagram: heads, then one line per statement, at most `width` columns (75) wide unless a single name is
 * wider. No blank lines, no trailing white space.
 */
export function asciiDiagram(trace: Trace, options: AsciiOptions = {}): string[] {
	const width = options.width ?? diagramColumns;
	const depthMax = depthMaxByLanes[lanesOf(trace).lanes.length] ?? 2;
	const table = timeline(trace, { full: options.full === true, depthMax });
	if (table.lanes.length === 0) return [];
	const heads = table.lanes.map((lane) => [`${lane.title}`, ...lane.names.map(ascii)]);
	const columns = columnsOf(table, heads, width);
	const lines = headLines(heads, columns);
	for (const row of table.rows) {
		const column = columns[row.lane];
		if (column !== undefined) lines.push(...rowLines(row, column, width));
	}
	return lines.map((line) => line.trimEnd());
}

/** The sentence, the diagram and how to see it again. A result without a trace has its headline only. */
export function renderAscii(result: CheckResult, options: AsciiOptions = {}): string {
	return `${body(result, options).join("\n")}\n`;
}

/** The same as a C comment for a commit message or a source file, at most 75 columns wide. */
export function renderComment(result: CheckResult, options: AsciiOptions = {}): string {
	const prefix = " * ";
	const lines = body(result, { ...options, width: (options.width ?? diagramColumns) - prefix.length });
	const inside = lines.map((line) => (prefix + uncommented(line)).trimEnd());
	return ["/*", ...inside, " */", ""].join("\n");
}

/** A comment cannot hold another one: what stands in comments becomes words in parentheses. */
function uncommented(line: string): string {
	return line.replace(/\/\*\s?/g, "(").replace(/\s?\*\//g, ")");
}

function body(result: CheckResult, options: AsciiOptions): string[] {
	const width = options.width ?? diagramColumns;
	const lines = wrapProse(ascii(headline(result)), width);
	const trace = result.trace;
	if (trace === undefined) {
		const { graph, violation } = result;
		if (graph !== undefined) lines.push("", ...graphDiagram(graph, width));
		if (violation !== undefined) lines.push("", ...wrapProse(ascii(sentence(violation.message)), width));
		return lines;
	}
	const parameters = parameterWords(trace.parameters);
	if (parameters !== "") lines.push(...wrapProse(`with ${ascii(parameters)}`, width));
	const diagram = asciiDiagram(trace, options);
	lines.push("", ...diagram, ...(diagram.length > 0 ? [""] : []));
	lines.push(...wrapProse(ascii(sentence(trace.violation.message)), width));
	const { meaning, rules = [] } = trace.violation;
	if (meaning !== undefined) lines.push(...wrapProse(ascii(sentence(meaning)), width));
	if (rules.length > 0) lines.push(...wrapProse(`Rules about it: ${rules.join(", ")}.`, width));
	lines.push("", `Schedule: ${trace.schedule === "" ? '""' : trace.schedule}`);
	return lines;
}
