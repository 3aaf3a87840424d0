/** The picture of an execution: threads side by side, boxes for accesses, edges with labels that say what they are. */
import { useState } from "preact/hooks";
import type { ExecutionGraph } from "../../engine/verdict/executionGraph.ts";
import type { GraphBox, GraphLayout, GraphLine } from "../../engine/verdict/graphPicture.ts";
import { edgeWords, type LineKind, lineKind } from "./graph.ts";
import type { FromView, GraphState } from "./messages.ts";
import { Prose } from "./Prose.tsx";

const sizes = { padding: 7, lineHeight: 16, baseline: 12, character: 7.25, labelHeight: 18, title: 12 } as const;

/** A wide picture shrinks with the view, as far as it can still be read, and scrolls from there on. */
const fitting = ({ width }: GraphLayout) => ({
	width: "100%",
	height: "auto",
	maxWidth: `${width}px`,
	minWidth: `${Math.round(width * readableScale)}px`,
});

const readableScale = 0.68;

/** Threads side by side, their statements in program order, the edges. */
export function Picture({
	graph,
	layout,
	selected,
	change,
	post,
}: {
	readonly graph: ExecutionGraph;
	readonly change: (change: Partial<GraphState>) => void;
	readonly post: (message: FromView) => void;
	readonly layout: GraphLayout;
	readonly selected: number;
}) {
	const [pointed, point] = useState<number | undefined>(undefined);
	const lit = pointed ?? selected;
	const line = layout.lines[lit];
	const ends = line ? [line.from, line.to] : [];
	const open = (box: GraphBox) => {
		const event = graph.events[box.row.events[0] ?? -1];
		if (!event) return;
		const location = event.statement?.location ?? event.at;
		if (location) post({ type: "open", location });
		else if (event.pos !== undefined) post({ type: "openRange", pos: event.pos, end: event.end ?? event.pos });
	};
	return (
		<section
			class="picture"
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
			tabIndex={0}
			aria-label="The execution: threads side by side, edges between their accesses"
		>
			{/* biome-ignore lint/a11y/useSemanticElements: it is no form. */}
			<svg
				style={fitting(layout)}
				viewBox={`0 0 ${layout.width} ${layout.height}`}
				role="group"
				aria-label="Execution graph"
			>
				<defs>
					{(["beside", "cycle", "broken"] as const).map((kind) => (
						<marker
							key={kind}
							id={`tip-${kind}`}
							viewBox="0 0 8 8"
							refX="8"
							refY="4"
							markerUnits="userSpaceOnUse"
							markerWidth="10"
							markerHeight="10"
							orient="auto"
						>
							<path class={`tip ${kind}`} d="M0 0 L8 4 L0 8 z" />
						</marker>
					))}
				</defs>
				{layout.lanes.map(({ thread, title, x }) => (
					<text key={thread} class="lane-title" x={x} y={sizes.title + sizes.baseline}>
						{title}
					</text>
				))}
				{layout.boxes.map((box, index) => (
					<Box key={index} box={box} layout={layout} lit={ends.includes(index)} open={() => open(box)} />
				))}
				{layout.lines.map((one, index) => (
					<path
						key={index}
						class={`line ${lineKind(one)}${index === lit ? " lit" : ""}`}
						d={one.path}
						marker-end={`url(#tip-${lineKind(one)})`}
					/>
				))}
				{layout.lines.map((one, index) => (
					<Label
						key={index}
						line={one}
						kind={lineKind(one)}
						words={edgeWords(layout, index)}
						lit={index === lit}
						point={(isOver) => point(isOver ? index : undefined)}
						select={() => change({ line: index })}
					/>
				))}
			</svg>
			{pointed !== undefined && pointed !== selected && line && (
				<p class="pointed" aria-hidden="true">
					<Prose text={edgeWords(layout, pointed)} />
				</p>
			)}
		</section>
	);
}

function Box({
	box,
	layout,
	lit,
	open,
}: {
	readonly box: GraphBox;
	readonly layout: GraphLayout;
	readonly lit: boolean;
	readonly open: () => void;
}) {
	const title = layout.lanes.find(({ thread }) => thread === box.thread)?.title ?? "";
	const classes = ["box", box.row.kind, box.inCycle && "in-cycle", lit && "lit", box.role].filter(Boolean).join(" ");
	const lines = [
		...box.code.map((text) => ["code", text] as const),
		...box.effect.map((text) => ["effect", text] as const),
	];
	const wrong = box.role === "violation" ? ", goes wrong" : "";
	return (
		// biome-ignore lint/a11y/useSemanticElements: SVG has no buttons.
		<g
			class={classes}
			role="button"
			// In SVG, the attribute has this spelling only.
			tabindex={0}
			aria-label={`${title}: ${lines.map(([, text]) => text.trim()).join(" ")}${wrong}`}
			onClick={open}
			onKeyDown={(event) => {
				if (event.key !== "Enter" && event.key !== " ") return;
				event.preventDefault();
				open();
			}}
		>
			<rect x={box.x} y={box.y} width={box.width} height={box.height} rx="4" />
			{lines.map(([kind, text], index) => [
				// For readers of the screen, who would hear the last word of a line and the first of the next as one.
				" ",
				<text
					key={index}
					class={kind}
					x={box.x + sizes.padding + (text.length - text.trimStart().length) * sizes.character}
					y={box.y + sizes.padding + sizes.baseline + index * sizes.lineHeight}
				>
					{text.trimStart()}
				</text>,
			])}
		</g>
	);
}

function Label({
	line,
	kind,
	words,
	lit,
	point,
	select,
}: {
	readonly line: GraphLine;
	readonly kind: LineKind;
	readonly words: string;
	readonly lit: boolean;
	readonly point: (isOver: boolean) => void;
	readonly select: () => void;
}) {
	return (
		// biome-ignore lint/a11y/useSemanticElements: SVG has no buttons.
		<g
			class={`label ${kind}${lit ? " lit" : ""}`}
			role="button"
			// In SVG, the attribute has this spelling only.
			tabindex={0}
			aria-label={`${line.label}: ${words}`}
			onMouseEnter={() => point(true)}
			onMouseLeave={() => point(false)}
			onFocus={select}
			onClick={select}
		>
			<rect
				x={line.labelX - line.labelWidth / 2}
				y={line.labelY - sizes.labelHeight / 2}
				width={line.labelWidth}
				height={sizes.labelHeight}
				rx="9"
			/>
			<text x={line.labelX} y={line.labelY + 4} text-anchor="middle">
				{line.label}
			</text>
		</g>
	);
}
