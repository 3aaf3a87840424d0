/** The counterexample view's entry point: state comes from the extension, and from before a reload. */
import { render } from "preact";
import "./style.css";
import "./branches.css";
import "./graph.css";
import "./why.css";
import { runOnShow } from "../run.ts";
import type { Offered } from "./Branches.tsx";
import { graphForKey } from "./graph.ts";
import { stepForKey } from "./keys.ts";
import type { FromView, GraphState, RuleText, ToView, ViewState } from "./messages.ts";
import { pngOf } from "./png.ts";
import { visibleSteps } from "./timeline.ts";
import { View } from "./View.tsx";

declare function acquireVsCodeApi(): {
	postMessage(message: FromView): void;
	getState(): ViewState | undefined;
	setState(state: ViewState | undefined): void;
};

const editor = acquireVsCodeApi();
let state = editor.getState();
/** Not kept over a reload: the extension says it anew. */
let offered: Offered | undefined;
let rules: readonly RuleText[] = [];

function draw(): void {
	const view = document.getElementById("view");
	if (view)
		render(
			<View
				state={state}
				post={post}
				select={select}
				showEveryStep={showEveryStep}
				offered={offered}
				rules={rules}
				changeGraph={changeGraph}
			/>,
			view,
		);
}

function post(message: FromView): void {
	editor.postMessage(message);
}

function update(next: ViewState | undefined): void {
	state = next;
	editor.setState(next);
	draw();
}

function showEveryStep(everyStep: boolean): void {
	if (state) update({ ...state, everyStep });
}

function changeGraph(change: Partial<GraphState>): void {
	if (state?.graph) update({ ...state, graph: { ...state.graph, ...change } });
}

/** Goes to a step, and takes the editor along. */
function select(step: number, focus = false): void {
	const steps = (state && runOnShow(state)?.steps.length) ?? 0;
	if (!state || steps === 0) return;
	const within = Math.max(0, Math.min(steps - 1, step));
	if (within !== state.step) update({ ...state, step: within });
	post({ type: "step", step: within, focus });
}

/** Where one stood in the same pictures. */
function keptGraph(before: ViewState | undefined, now: ViewState): Pick<ViewState, "graph"> {
	if (!before?.graph || !now.graph || before.uri !== now.uri) return {};
	const same = JSON.stringify(before.graph.pictures) === JSON.stringify(now.graph.pictures);
	return { graph: same ? before.graph : { ...now.graph, all: before.graph.all } };
}

window.addEventListener("message", ({ data }: MessageEvent<ToView>) => {
	if (data.type === "show")
		update({ ...data.state, everyStep: state?.everyStep ?? false, ...keptGraph(state, data.state) });
	else if (data.type === "clear") update(undefined);
	else if (data.type === "draw") void answerPng(data.id, data.svg);
	else if (!state) return;
	else if (data.type === "alternatives") {
		offered = data;
		draw();
	} else if (data.type === "rules") {
		rules = data.rules;
		draw();
	} else if (data.type === "stale") update({ ...state, stale: data.stale });
	else if (data.type === "select") update({ ...state, step: data.step });
});

async function answerPng(id: number, svg: string): Promise<void> {
	try {
		post({ type: "png", id, data: await pngOf(svg) });
	} catch (error) {
		post({ type: "noPng", id, message: error instanceof Error ? error.message : String(error) });
	}
}

/** Fields and buttons need these keys themselves. */
function isForControl(event: KeyboardEvent): boolean {
	const tag = event.target instanceof HTMLElement ? event.target.tagName : "";
	return ["INPUT", "SELECT"].includes(tag) || (tag === "BUTTON" && event.key === "Enter");
}

window.addEventListener("keydown", (event) => {
	if (!state || isForControl(event)) return;
	const trace = runOnShow(state);
	if (!trace) {
		const change = state.graph && graphForKey(event, state.graph);
		if (!change) return;
		event.preventDefault();
		changeGraph(change);
		return;
	}
	const step = stepForKey(event, trace, visibleSteps(trace, state.everyStep, state.step), state.step);
	if (step === undefined) return;
	event.preventDefault();
	select(step, event.key === "Enter");
});

draw();
post({ type: "ready" });
