/**
 * The counterexample as an SVG that stands alone: a lane per CPU, a row per statement, spans for what is held, arrows from
 * a write to the read that saw it. No script, no font, no file beside it; light and dark by the viewer's own setting.
 */
import { renderGraphSvg } from "./graphSvg.ts";
import { spansHeld } from "./spans.ts";
import { stepNumbers, type Timeline, type TimelineRow, timeline } from "./timeline.ts";
import type { CheckResult, Trace, TraceSpan } from "./verdict.ts";
import { headline, parameterWords, placeName, sentence } from "./words.ts";
import { wrapProse, wrapStatement } from "./wrap.ts";

// Sizes in user units, which browsers show as CSS pixels.
const characterWidth = 7.3;
const labelCharacterWidth = 5.6;
const labelLineHeight = 11;
const labelBaseline = 9;
const lineHeight = 18;
const rowPadding = 5;
const margin = 16;
const numberWidth = 34;
const laneGap = 26;
const spanWidth = 7;
const indentWidth = 16;
const laneCharactersMin = 18;
const laneCharactersMax = 52;
const titleCharacters = 100;

const style = `
	svg { color-scheme: light dark; }
	text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
	.title { font: 600 14px system-ui, sans-serif; }
	.prose, .head, .number, .label, .remark { font-family: system-ui, sans-serif; }
	.head { font-weight: 600; font-size: 13px; }
	.number, .label { font-size: 10px; fill: #57606a; }
	.remark { font-size: 11px; fill: #57606a; }
	.mark { font: 600 12px system-ui, sans-serif; fill: #a40e26; }
	.page { fill: #ffffff; }
	.lane { fill: #f6f8fa; stroke: #d0d7de; }
	.switch { stroke: #8c959f; stroke-dasharray: 3 3; }
	.violation { fill: #ffebe9; stroke: #a40e26; stroke-width: 1.5; }
	.earlier { fill: #fff8c5; stroke: #9a6700; stroke-dasharray: 5 3; stroke-width: 1.5; }
	.held { fill: #0969da; fill-opacity: 0.75; }
	.wait { fill: none; stroke: #8250df; stroke-width: 1.5; stroke-dasharray: 3 2; }
	.reads { stroke: #1a7f37; stroke-width: 1.5; fill: none; }
	.pair { stroke: #a40e26; stroke-width: 1.5; fill: none; stroke-dasharray: 6 3; }
	.tip { fill: #1a7f37; }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3; }
		.number, .label, .remark { fill: #9ea7b3; }
		.mark { fill: #ff9492; }
		.page { fill: #0d1117; }
		.lane { fill: #161b22; stroke: #30363d; }
		.violation { fill: #3d1418; stroke: #ff9492; }
		.earlier { fill: #332a06; stroke: #e3b341; }
		.held { fill: #58a6ff; }
		.wait { stroke: #d2a8ff; }
		.reads { stroke: #56d364; }
		.pair { stroke: #ff9492; }
		.tip { fill: #56d364; }
	}
`;

function escaped(text: string): string {
	return (
		text
			.replaceAll("&", "&amp;")
			.replaceAll("<", "&lt;")
			.replaceAll(">", "&gt;")
			.replaceAll('"', "&quot;")
			// XML has no way to write control characters and halves of surrogate pairs.
			.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (sign) => (/[\t\r\n]/.test(sign) ? " " : "\ufffd"))
	);
}

const rounded = (length: number) => Math.round(length * 10) / 10;
const text = (kind: string, x: number, y: number, content: string) =>
	`<text class="${kind}" x="${rounded(x)}" y="${rounded(y)}">${escaped(content)}</text>`;

interface Placed {
	readonly row: TimelineRow;
	readonly lines: readonly string[];
	readonly remarks: readonly string[];
	readonly top: number;
	readonly height: number;
}

interface Page {
	readonly table: Timeline;
	readonly placed: readonly Placed[];
	/** Left edge and width of each lane. */
	readonly lanes: readonly { readonly left: number; readonly width: number }[];
	readonly spans: readonly Span[];
	readonly rowsTop: number;
	readonly rowsBottom: number;
	readonly width: number;
}

/** A span of the trace over a stretch of rows. */
interface Span {
	readonly lane: number;
	readonly kind: TraceSpan["kind"];
	readonly what: string;
	readonly first: number;
	readonly last: number;
}

function place(trace: Trace, full: boolean, top: number, widthMin: number): Page {
	const table = timeline(trace, { full });
	const characters = table.lanes.map((lane, index) => {
		const rows = table.rows.filter((row) => row.lane === index);
		const longest = rows.map((row) => row.depth * 2 + Math.max(row.text.length, (row.mark?.length ?? 0) + 2));
		const head = `${lane.title}: ${lane.names.join(", ")}`.length;
		return Math.min(laneCharactersMax, Math.max(laneCharactersMin, head, ...longest));
	});
	let left = margin + numberWidth;
	const spans = spansOfRows(trace, table, full);
	const heldWidths = [...table.lanes.keys()].map((lane) => spansWidth(spans, lane));
	const lanes = characters.map((count, index) => {
		const lane = { left, width: count * characterWidth + 28 + (heldWidths[index] ?? 0) };
		left += lane.width + laneGap;
		return lane;
	});
	const rowsTop = top + lineHeight + 12;
	let y = rowsTop;
	const placed = table.rows.map((row): Placed => {
		const room = (characters[row.lane] ?? laneCharactersMin) - row.depth * 2;
		const lines =
			row.kind === "grace period" ? ["⋯ grace period ⋯"] : row.text === "" ? [] : wrapStatement(row.text, room);
		const remarks = row.remarks.flatMap((remark) => wrapProse(remark, room));
		const height = (lines.length + remarks.length + (row.mark === undefined ? 0 : 1)) * lineHeight + 2 * rowPadding;
		const one = { row, lines, remarks, top: y, height };
		y += height;
		return one;
	});
	return {
		table,
		placed,
		lanes,
		spans,
		rowsTop,
		rowsBottom: y + rowPadding,
		width: Math.max(left - laneGap + margin, widthMin),
	};
}

/** Room for the spans of a lane and the name of the longest one. */
function spansWidth(spans: readonly Span[], lane: number): number {
	const here = spans.filter((span) => span.lane === lane);
	const most = here.reduce((count, one) => Math.max(count, here.filter((other) => beside(one, other)).length), 0);
	const longest = here.reduce((length, { what }) => Math.max(length, what.length), 0);
	return most * (spanWidth + 3) + longest * labelCharacterWidth;
}

const beside = (one: Span, other: Span) => one.first <= other.last && other.first <= one.last;

/** The spans of the trace by rows; those of threads that have no row are left out. */
function spansOfRows(trace: Trace, { rows }: Timeline, full: boolean): Span[] {
	// A step that has folded into a call from further up stands, in time, below the last row that has begun by then.
	const rowAt = (step: number) => rows.findLastIndex(({ steps: [first] }) => first !== undefined && first <= step);
	return (trace.spans ?? spansHeld(trace.steps)).flatMap(({ kind, thread, label, from, to }): Span[] => {
		const lane = rows.find((row) => row.thread === thread)?.lane;
		const first = Math.max(0, rowAt(from));
		if (lane === undefined) return [];
		// What is still held at the end was held while the others ran.
		const last = to >= trace.steps.length ? rows.length - 1 : Math.max(first, rowAt(to));
		const span = { lane, kind, what: label, first, last };
		// Every spinlock turns preemption off; that is worth showing only where it kept somebody else from something.
		const apart = rows.slice(span.first, span.last + 1).some((row) => row.lane !== lane);
		return full || apart || !/^(preempt|irq)$/.test(kind) ? [span] : [];
	});
}

/** Nobody holds it: something is under way. */
const isWait = (kind: TraceSpan["kind"]) => kind === "grace_period" || kind === "ipi";

function drawSpans(page: Page): string[] {
	const drawn: { readonly span: Span; readonly column: number; readonly labelY: number }[] = [];
	for (const span of page.spans) {
		const there = drawn.filter((one) => one.span.lane === span.lane);
		const taken = there.filter((one) => beside(one.span, span)).map(({ column }) => column);
		let column = 0;
		while (taken.includes(column)) column++;
		// A name stands where its span begins, or below those that stand there.
		let labelY = (page.placed[span.first]?.top ?? 0) + 2 + labelBaseline;
		while (there.some((one) => Math.abs(one.labelY - labelY) < labelLineHeight)) labelY += 1;
		drawn.push({ span, column, labelY });
	}
	return drawn.flatMap(({ span, column, labelY }) => {
		const lane = page.lanes[span.lane];
		const first = page.placed[span.first];
		const last = page.placed[span.last];
		if (lane === undefined || first === undefined || last === undefined) return [];
		const right = lane.left + lane.width;
		const x = right - (column + 1) * (spanWidth + 3);
		const columns = Math.max(...drawn.filter((one) => one.span.lane === span.lane).map((one) => one.column)) + 1;
		const top = first.top + 2;
		const height = last.top + last.height - 4 - first.top;
		const words = escaped(span.what);
		return [
			`<g><title>${isWait(span.kind) ? words : `held: ${words}`}</title>`,
			`<rect class="${isWait(span.kind) ? "wait" : "held"}" x="${rounded(x)}" y="${rounded(top)}" width="${spanWidth}" height="${rounded(height)}" rx="3"/>`,
			`<text class="label" text-anchor="end" x="${rounded(right - columns * (spanWidth + 3) - 3)}" y="${rounded(labelY)}">${words}</text></g>`,
		];
	});
}

function drawRow(page: Page, placed: Placed): string[] {
	const { row } = placed;
	const lane = page.lanes[row.lane];
	if (lane === undefined) return [];
	const found: string[] = [];
	if (row.role !== undefined) {
		found.push(
			`<rect class="${row.role}" x="${rounded(lane.left + 3)}" y="${rounded(placed.top + 1)}" width="${rounded(lane.width - 6)}" height="${rounded(placed.height - 2)}" rx="4"/>`,
		);
	}
	const x = lane.left + 10 + row.depth * indentWidth;
	let y = placed.top + rowPadding + 13;
	found.push(text("number", margin, y, stepNumbers(row.steps)));
	for (const line of placed.lines) {
		found.push(
			text(
				row.kind === "grace period" ? "remark" : "code",
				x + (line.length - line.trimStart().length) * characterWidth,
				y,
				line.trimStart(),
			),
		);
		y += lineHeight;
	}
	for (const line of placed.remarks) {
		found.push(text("remark", x + 8, y, line));
		y += lineHeight;
	}
	if (row.mark !== undefined) found.push(text("mark", x + 8, y, `${row.role === "violation" ? "✖" : "◆"} ${row.mark}`));
	return found;
}

/** Arrows between rows of different lanes: reads-from, and the racing pair. */
function drawArrows(trace: Trace, page: Page): string[] {
	const placedOfStep = new Map(page.placed.flatMap((one) => one.row.steps.map((step) => [step, one] as const)));
	const arrow = (from: Placed, to: Placed, kind: string, title: string) => {
		const source = page.lanes[from.row.lane];
		const target = page.lanes[to.row.lane];
		if (source === undefined || target === undefined) return [];
		const right = source.left < target.left;
		const x1 = right ? source.left + source.width : source.left;
		const x2 = right ? target.left : target.left + target.width;
		const y1 = from.top + from.height / 2;
		const y2 = to.top + to.height / 2;
		const bend = (right ? 1 : -1) * laneGap;
		const path = `M${rounded(x1)} ${rounded(y1)} C${rounded(x1 + bend)} ${rounded(y1)} ${rounded(x2 - bend)} ${rounded(y2)} ${rounded(x2)} ${rounded(y2)}`;
		return [`<path class="${kind}" d="${path}" marker-end="url(#tip-${kind})"><title>${escaped(title)}</title></path>`];
	};
	const drawn = new Set<string>();
	const found: string[] = [];
	for (const [index, step] of trace.steps.entries()) {
		for (const access of step.accesses) {
			if (!page.table.telling.has(index)) continue;
			const from = access.readsFrom === undefined ? undefined : placedOfStep.get(access.readsFrom);
			const to = placedOfStep.get(index);
			if (from === undefined || to === undefined || from.row.lane === to.row.lane) continue;
			const where = placeName(access.object, access.field);
			const key = `${page.placed.indexOf(from)} ${page.placed.indexOf(to)} ${where}`;
			if (drawn.has(key)) continue;
			drawn.add(key);
			const value = access.value === undefined ? "" : ` = ${access.value.text}`;
			found.push(...arrow(from, to, "reads", `${where}${value}`));
		}
	}
	const pair = (trace.pending ?? []).length > 0 ? [] : (trace.violation.pair ?? []);
	const [earlier, later] = pair.map((step) => placedOfStep.get(step));
	if (earlier !== undefined && later !== undefined && earlier.row.lane !== later.row.lane) {
		found.push(...arrow(earlier, later, "pair", "the racing pair"));
	}
	return found;
}

const tip = (kind: string, fill: string) =>
	`<marker id="tip-${kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="${fill}" d="M0 0 L8 4 L0 8 z"/></marker>`;

/** A whole SVG document. A result without a trace gives its headline. */
export function renderSvg(result: CheckResult, options: { readonly full?: boolean } = {}): string {
	const trace = result.trace;
	if (trace === undefined && result.graph !== undefined) return renderGraphSvg(result, result.graph);
	const above: string[] = [];
	let y = margin + 12;
	const line = (kind: string, content: string) => {
		above.push(text(kind, margin, y, content));
		y += lineHeight;
	};
	line("title", headline(result));
	if (trace !== undefined) {
		const parameters = parameterWords(trace.parameters);
		const rules = trace.violation.rules ?? [];
		const message =
			sentence(trace.violation.message) + (rules.length > 0 ? ` Rules about it: ${rules.join(", ")}.` : "");
		for (const one of wrapProse(message, titleCharacters)) line("prose", one);
		for (const one of trace.violation.meaning ? wrapProse(trace.violation.meaning, titleCharacters) : [])
			line("prose", one);
		for (const said of trace.why?.story ?? []) for (const one of wrapProse(said, titleCharacters)) line("prose", one);
		if (parameters !== "") line("prose", `With ${parameters}.`);
	}
	if (trace === undefined && result.violation !== undefined) line("prose", sentence(result.violation.message));
	const widthMin = 2 * margin + Math.max(...above.map((one) => one.replace(/<[^>]*>/g, "").length)) * characterWidth;
	const page = trace === undefined ? undefined : place(trace, options.full === true, y, widthMin);
	const width = Math.ceil(page?.width ?? widthMin);
	const height = Math.ceil(page === undefined ? y : page.rowsBottom + lineHeight + margin);
	const found = [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
		`<title>${escaped(headline(result))}</title>`,
		...(trace === undefined ? [] : [`<desc>${escaped(sentence(trace.violation.message))}</desc>`]),
		`<style>${style}</style>`,
		`<defs>${tip("reads", "tip")}${tip("pair", "mark")}</defs>`,
		`<rect class="page" width="${width}" height="${height}"/>`,
		...above,
	];
	if (page !== undefined && trace !== undefined) {
		for (const [index, { left, width: laneWidth }] of page.lanes.entries()) {
			const lane = page.table.lanes[index];
			const top = page.rowsTop - lineHeight - 8;
			found.push(
				`<rect class="lane" x="${rounded(left)}" y="${rounded(top)}" width="${rounded(laneWidth)}" height="${rounded(page.rowsBottom - top)}" rx="6"/>`,
			);
			found.push(text("head", left + 10, page.rowsTop - 9, `${lane?.title ?? ""}: ${lane?.names.join(", ") ?? ""}`));
		}
		for (const [index, one] of page.placed.entries()) {
			const before = page.placed[index - 1];
			if (before !== undefined && before.row.lane !== one.row.lane) {
				found.push(
					`<line class="switch" x1="${margin}" x2="${width - margin}" y1="${rounded(one.top)}" y2="${rounded(one.top)}"/>`,
				);
			}
		}
		for (const one of page.placed) found.push(...drawRow(page, one));
		found.push(...drawSpans(page), ...drawArrows(trace, page));
		found.push(text("label", margin, page.rowsBottom + lineHeight, `Schedule: ${trace.schedule}`));
	}
	found.push("</svg>");
	return `${found.join("\n")}\n`;
}
