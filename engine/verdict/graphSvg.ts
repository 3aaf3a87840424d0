/**
 * A weak counterexample as an SVG that stands alone: threads side by side, the cycle as arrows with numbers, below it why each of its
 * steps is (not) ordering. Light and dark by the viewer's own setting.
 */
import type { ExecutionGraph } from "./executionGraph.ts";
import { layoutGraph } from "./graphLayout.ts";
import { type GraphBox, type GraphLine, graphMetrics } from "./graphPicture.ts";
import type { CheckResult } from "./verdict.ts";
import { headline, sentence } from "./words.ts";
import { wrapProse } from "./wrap.ts";

const proseCharacters = 96;
/** Width of a character of the prose's type, in pixels, on the safe side. */
const proseCharacter = 6.9;

const style = `
	svg { color-scheme: light dark; }
	text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
	.title { font: 600 14px system-ui, sans-serif; }
	.prose, .lane { font-family: system-ui, sans-serif; }
	.lane { font-weight: 600; }
	.effect { fill: #57606a; }
	.page { fill: #ffffff; }
	.box { fill: #f6f8fa; stroke: #d0d7de; }
	.box.cycle { stroke: #1f2328; stroke-width: 1.5; }
	.box.fence { stroke-dasharray: 2 3; }
	.line { fill: none; stroke: #57606a; stroke-width: 1; stroke-dasharray: 2 3; }
	.line.cycle { stroke: #0550ae; stroke-width: 2; stroke-dasharray: none; }
	.line.cycle.broken { stroke: #a40e26; stroke-dasharray: 7 4; }
	.tip { fill: #57606a; }
	.tip.cycle { fill: #0550ae; }
	.tip.broken { fill: #a40e26; }
	.label { fill: #ffffff; stroke: #57606a; }
	.label.cycle { stroke: #0550ae; }
	.label.broken { stroke: #a40e26; }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3; }
		.effect { fill: #9ea7b3; }
		.page, .label { fill: #0d1117; }
		.box { fill: #161b22; stroke: #30363d; }
		.box.cycle { stroke: #e6edf3; }
		.line, .label { stroke: #9ea7b3; }
		.tip { fill: #9ea7b3; }
		.line.cycle, .label.cycle { stroke: #79c0ff; }
		.tip.cycle { fill: #79c0ff; }
		.line.cycle.broken, .label.broken { stroke: #ff9492; }
		.tip.broken { fill: #ff9492; }
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
const text = (kind: string, x: number, y: number, content: string, anchor?: "middle") =>
	`<text class="${kind}" x="${rounded(x)}" y="${rounded(y)}"${anchor ? ` text-anchor="${anchor}"` : ""}>${escaped(content)}</text>`;

function drawBox(box: GraphBox): string[] {
	const kinds = ["box", ...(box.inCycle ? ["cycle"] : []), ...(box.row.kind === "fence" ? ["fence"] : [])].join(" ");
	const found = [
		`<rect class="${kinds}" x="${rounded(box.x)}" y="${rounded(box.y)}" width="${rounded(box.width)}" height="${rounded(box.height)}" rx="4"/>`,
	];
	let y = box.y + graphMetrics.padding + 12;
	const put = (kind: string, line: string) => {
		const indent = (line.length - line.trimStart().length) * graphMetrics.character;
		found.push(text(kind, box.x + graphMetrics.padding + indent, y, line.trimStart()));
		y += graphMetrics.lineHeight;
	};
	for (const line of box.code) put("code", line);
	for (const line of box.effect) put("effect", line);
	return found;
}

/** How a line is drawn: a step of the cycle that is kept, one that is not, or an edge beside it. */
export function lineKind({ step, kind, ordering }: GraphLine): "beside" | "cycle" | "broken" {
	return step === undefined ? "beside" : kind === "po" && ordering === false ? "broken" : "cycle";
}

const classesOf = (line: GraphLine) => (lineKind(line) === "broken" ? "cycle broken" : lineKind(line));

function drawLine(line: GraphLine): string {
	return `<path class="line ${classesOf(line)}" d="${line.path}" marker-end="url(#tip-${lineKind(line)})"/>`;
}

function drawLabel(line: GraphLine): string[] {
	const x = line.labelX - line.labelWidth / 2;
	const y = line.labelY - graphMetrics.labelHeight / 2;
	return [
		`<g><title>${escaped(sentence(line.why))}</title>`,
		`<rect class="label ${classesOf(line)}" x="${rounded(x)}" y="${rounded(y)}" width="${line.labelWidth}" height="${graphMetrics.labelHeight}" rx="9"/>`,
		`${text("code", line.labelX, line.labelY + 4, line.label, "middle")}</g>`,
	];
}

const tip = (kind: string, classes: string) =>
	`<marker id="tip-${kind}" viewBox="0 0 8 8" refX="8" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto"><path class="tip ${classes}" d="M0 0 L8 4 L0 8 z"/></marker>`;

/** A whole SVG document. */
export function renderGraphSvg(result: CheckResult, graph: ExecutionGraph): string {
	const { margin } = graphMetrics;
	const lineHeight = 18;
	const above = wrapProse(headline(result), proseCharacters).map((line) => ["title", line] as const);
	const message = result.violation ? sentence(result.violation.message) : "";
	const prose = [
		...wrapProse(message, proseCharacters),
		...graph.story.flatMap((one) => wrapProse(unquoted(one), proseCharacters)),
	].map((line) => ["prose", line] as const);
	const steps = (graph.cycle ?? []).flatMap(({ kind, why }, step) => {
		const label = `${step + 1} ${kind}: `;
		return wrapProse(label + unquoted(why), proseCharacters).map((line, i) => (i === 0 ? line : `    ${line}`));
	});
	const legend = [
		"rf: reads from; co: overwritten by; fr: read before it is overwritten; po: program order, kept (✓) or not (✗).",
	];
	const races = graph.races.flatMap(({ message: race }) => wrapProse(unquoted(race), proseCharacters));
	const below = [...steps, ...races, ...legend];
	const layout = layoutGraph(graph);
	const longest = Math.max(...[...above, ...prose].map(([, line]) => line.length), ...below.map((line) => line.length));
	const width = Math.max(layout.width, Math.ceil(2 * margin + longest * proseCharacter));
	const top = margin + (above.length + prose.length) * lineHeight + 6;
	const bottom = top + layout.height;
	const height = bottom + below.length * lineHeight + margin;
	const lines = (texts: readonly (readonly [string, string])[], y: number) =>
		texts.map(([kind, line], i) => text(kind, margin, y + 13 + i * lineHeight, line));
	return `${[
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
		`<title>${escaped(headline(result))}</title>`,
		`<desc>${escaped([message, ...graph.story].join(" "))}</desc>`,
		`<style>${style}</style>`,
		`<defs>${tip("beside", "beside")}${tip("cycle", "cycle")}${tip("broken", "cycle broken")}</defs>`,
		`<rect class="page" width="${width}" height="${height}"/>`,
		...lines([...above, ...prose], margin),
		`<g transform="translate(0 ${top})">`,
		...layout.lanes.map(({ x, title }) => text("lane", x, margin + 12, title)),
		...layout.boxes.flatMap(drawBox),
		...layout.lines.map(drawLine),
		...layout.lines.flatMap(drawLabel),
		"</g>",
		...lines(
			below.map((line) => ["prose", line] as const),
			bottom,
		),
		"</svg>",
	].join("\n")}\n`;
}

/** Statements in prose, without the quotes and semicolons around them. */
const unquoted = (content: string) => content.replace(/;?`/g, "");
