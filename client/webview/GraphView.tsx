import { useEffect, useState } from "preact/hooks";
import type { ExecutionGraph } from "../../engine/verdict/executionGraph.ts";
import type { GraphBox, GraphLayout, GraphLine } from "../../engine/verdict/graphLayout.ts";
import type { CheckResult, FenceFix } from "../../engine/verdict/verdict.ts";
import { spoken } from "../annotations.ts";
import { Choice } from "./Choice.tsx";
import { edgeWords, graphsOf, type LineKind, layoutOf, lineKind } from "./graph.ts";
import type { FromView, GraphState, ViewState } from "./messages.ts";

interface Properties {
	readonly state: ViewState;
	readonly result: CheckResult;
	readonly post: (message: FromView) => void;
	readonly change: (change: Partial<GraphState>) => void;
}

/** An execution that takes weak memory: its picture, what its edges mean, what would forbid it. */
export function GraphView({ state, result, post, change }: Properties) {
	const graphs = graphsOf(result);
	const witness = Math.min(state.graph?.witness ?? 0, graphs.length - 1);
	const graph = graphs[witness];
	const layout = state.graph && layoutOf(state.graph);
	const line = layout?.lines[state.graph?.line ?? 0];
	const said = layout && line ? edgeWords(layout, state.graph?.line ?? 0) : "";
	useEffect(() => {
		if (!layout) return;
		post({
			type: "drawn",
			step: state.graph?.line ?? 0,
			rows: layout.boxes.length,
			lanes: layout.lanes.length,
			announcement: said,
		});
	}, [layout, state.graph?.line, said, post]);
	if (!graph || !layout || !state.graph) return <p class="empty">There is no execution to show.</p>;
	return (
		<div class={state.stale ? "view graph-view stale" : "view graph-view"}>
			<Header state={state} result={result} graph={graph} post={post} />
			<Steering
				graph={state.graph}
				count={graphs.length}
				hasCycle={graph.cycle !== undefined}
				change={change}
				post={post}
			/>
			<div class="graph-panes">
				<Picture graph={graph} layout={layout} selected={state.graph.line} change={change} post={post} />
				<p class="edge-words">
					<Prose text={said} />
				</p>
				<Cycle layout={layout} selected={state.graph.line} change={change} />
				<Fences fences={result.fences} disabled={state.stale} post={post} />
				<Races graph={graph} />
				<p class="facts">
					An execution like this is no interleaving: it cannot be walked by hand or searched on from a step, and is not
					among “all races”.
				</p>
				{result.litmus && (
					<>
						<h2>Result</h2>
						<pre class="report">{result.litmus.report}</pre>
					</>
				)}
			</div>
			<div class="announcement" aria-live="polite">
				{said}
			</div>
		</div>
	);
}

/** Prose in which statements stand between back quotes. */
function Prose({ text }: { readonly text: string }) {
	return (
		<>
			{text
				.split("`")
				.map((part, index) => (index % 2 === 1 ? <code key={index}>{part.replace(/;$/, "")}</code> : part))}
		</>
	);
}

function Header({
	state,
	result,
	graph,
	post,
}: Pick<Properties, "state" | "result" | "post"> & { readonly graph: ExecutionGraph }) {
	const { violation, litmus } = result;
	const kind = graph.cycle ? "takes weak memory" : "sequentially consistent";
	return (
		<header>
			<div class="title">
				<h1>{result.scenario}</h1>
				<Choice state={state} post={post} />
			</div>
			{violation && (
				<p class="violation">
					<strong>{spoken(violation.kind)}</strong> {violation.message}
				</p>
			)}
			{litmus && (
				<p class="outcome">
					<strong>{litmus.verdict}</strong>{" "}
					{`positive ${litmus.positive}, negative ${litmus.negative}, ${litmus.states} ${litmus.states === 1 ? "state" : "states"}`}
				</p>
			)}
			{graph.story.map((sentence) => (
				<p key={sentence} class="story">
					{sentence}
				</p>
			))}
			<p class="facts">
				{`An execution ${graph.model === "lkmm" ? "of the Linux-kernel memory model" : "under sequential consistency"}: ${kind}`}
				{result.ok ? "; as expected" : `; expected ${spoken(result.expected)}`}
			</p>
			{state.stale && (
				<p class="stale-note" role="status">
					The text has changed since this search. Explore again to see what holds now.
				</p>
			)}
		</header>
	);
}

function Steering({
	graph,
	count,
	hasCycle,
	change,
	post,
}: Pick<Properties, "change" | "post"> & {
	readonly graph: GraphState;
	readonly count: number;
	/** Without a cycle, all communications are there anyway. */
	readonly hasCycle: boolean;
}) {
	const { witness, all } = graph;
	return (
		<nav class="steering graph-steering" aria-label="Executions">
			{count > 1 && (
				<>
					<button
						type="button"
						class="icon"
						aria-label="Previous witness (p)"
						title="Previous witness (p)"
						disabled={witness === 0}
						onClick={() => change({ witness: witness - 1, line: 0 })}
					>
						<span aria-hidden="true">◂</span>
					</button>
					<select
						aria-label="Witness"
						value={witness}
						onChange={(event) => change({ witness: Number(event.currentTarget.value), line: 0 })}
					>
						{Array.from({ length: count }, (_, index) => (
							<option key={index} value={index}>{`Witness ${index + 1} of ${count}`}</option>
						))}
					</select>
					<button
						type="button"
						class="icon"
						aria-label="Next witness (n)"
						title="Next witness (n)"
						disabled={witness === count - 1}
						onClick={() => change({ witness: witness + 1, line: 0 })}
					>
						<span aria-hidden="true">▸</span>
					</button>
				</>
			)}
			<label>
				<input
					type="checkbox"
					checked={all}
					onChange={(event) => change({ all: event.currentTarget.checked, line: 0 })}
				/>
				{hasCycle ? "All edges" : "Dependencies too"}
			</label>
			<button type="button" onClick={() => post({ type: "export", witness })}>
				Copy as…
			</button>
		</nav>
	);
}

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
function Picture({
	graph,
	layout,
	selected,
	change,
	post,
}: Pick<Properties, "change" | "post"> & {
	readonly graph: ExecutionGraph;
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

/** Every step of the cycle, with the reason for which it is ordering or not. */
function Cycle({
	layout,
	selected,
	change,
}: Pick<Properties, "change"> & { readonly layout: GraphLayout; readonly selected: number }) {
	const steps = layout.lines.flatMap((line, index) => (line.step === undefined ? [] : [{ line, index }]));
	if (steps.length === 0) return null;
	return (
		<>
			<h2>No order of all accesses explains this: it would have to be a cycle</h2>
			<ol class="cycle-steps">
				{steps.map(({ line, index }) => (
					<li key={line.step} class={index === selected ? "lit" : ""}>
						<button
							type="button"
							class="link"
							aria-current={index === selected}
							onClick={() => change({ line: index })}
						>
							{line.label}
						</button>
						<span>
							<Prose text={line.why} />
						</span>
					</li>
				))}
			</ol>
			<p class="facts">
				rf: reads from. co: overwritten by. fr: read before it is overwritten. po: program order, kept ✓ or not ✗.
			</p>
		</>
	);
}

/** Barriers that a search has shown to make the check safe. */
function Fences({
	fences,
	disabled,
	post,
}: Pick<Properties, "post"> & { readonly fences: readonly FenceFix[] | undefined; readonly disabled: boolean }) {
	if (!fences) return null;
	return (
		<>
			<h2>What would forbid it</h2>
			{fences.length === 0 && <p class="none">No barrier was found that makes this check safe.</p>}
			<ul class="fences">
				{fences.map((fix, index) => (
					<li key={index}>
						<button type="button" disabled={disabled} onClick={() => post({ type: "insertFences", fix })}>
							Insert
						</button>{" "}
						{fix.insertions.map(({ fence, line, before }, place) => (
							<span key={place}>
								{place > 0 && " and "}
								<code>{`${fence}()`}</code> {`above line ${line}, `}
								<code>{before}</code>
							</span>
						))}
						: the check is then safe, as a search has shown.
					</li>
				))}
			</ul>
		</>
	);
}

function Races({ graph }: { readonly graph: ExecutionGraph }) {
	if (graph.races.length === 0) return null;
	return (
		<>
			<h2>Data races</h2>
			<ul>
				{graph.races.map(({ first, second, message }) => (
					<li key={`${first} ${second}`}>
						<Prose text={message} />
					</li>
				))}
			</ul>
		</>
	);
}
