import { useEffect } from "preact/hooks";
import type { ExecutionGraph } from "../../engine/verdict/executionGraph.ts";
import type { GraphLayout } from "../../engine/verdict/graphPicture.ts";
import type { CheckResult, FenceFix } from "../../engine/verdict/verdict.ts";
import { spoken } from "../annotations.ts";
import { Choice } from "./Choice.tsx";
import { Picture } from "./GraphPicture.tsx";
import { edgeWords, graphsOf, layoutOf } from "./graph.ts";
import type { FromView, GraphState, ViewState } from "./messages.ts";
import { Prose } from "./Prose.tsx";

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
			{result.meaning && <p class="meaning">{result.meaning}</p>}
			{violation && (
				<p class="violation">
					<strong>{spoken(violation.kind)}</strong> {violation.message}
				</p>
			)}
			{violation?.meaning && <p class="meaning">{violation.meaning}</p>}
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
