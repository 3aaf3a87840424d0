import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { counted, decisiveSteps, saidAs, spoken } from "../annotations.ts";
import { type Run, runOnShow } from "../run.ts";
import { Branches, type Offered, WalkBar } from "./Branches.tsx";
import { Choice } from "./Choice.tsx";
import { GraphView } from "./GraphView.tsx";
import { Lanes } from "./Lanes.tsx";
import type { FromView, GraphState, RacesOnShow, RuleText, ViewState } from "./messages.ts";
import { rowsRendered } from "./Row.tsx";
import { StepDetails } from "./StepDetails.tsx";
import { contextSwitches, visibleSteps } from "./timeline.ts";
import { Story, WhyNot } from "./Why.tsx";

interface Properties {
	readonly state: ViewState | undefined;
	readonly post: (message: FromView) => void;
	readonly select: (step: number, focus?: boolean) => void;
	readonly showEveryStep: (everyStep: boolean) => void;
	/** What could run instead of a step, as far as it was asked. */
	readonly offered: Offered | undefined;
	/** What the rules say that were asked for last. */
	readonly rules: readonly RuleText[];
	readonly changeGraph: (change: Partial<GraphState>) => void;
}

/** What a screen reader says at a step. */
function announcement(trace: Run, index: number): string {
	const step = trace.steps[index];
	if (!step) return "";
	const last = step.role === "violation" && trace.violation ? `. ${trace.violation.message}` : "";
	return `Step ${index + 1} of ${trace.steps.length}, CPU ${step.cpu}, ${trace.threads[step.thread]?.name ?? ""}: ${step.effect || saidAs(step).text}${last}`;
}

/** The whole view: which counterexample, the way through it, the lanes, and the details of one step. */
export function View({ state, post, select, showEveryStep, offered, rules, changeGraph }: Properties) {
	const result = state?.results[state.shown];
	const trace = state && runOnShow(state);
	useEffect(() => {
		if (!state || !trace) return;
		post({
			type: "drawn",
			step: state.step,
			rows: document.querySelectorAll("[role=option]").length,
			rendered: rowsRendered(),
			lanes: document.querySelectorAll(".lane-name").length,
			announcement: document.querySelector("[aria-live]")?.textContent ?? "",
		});
	}, [state, trace, post]);
	if (state && result?.graph && !trace)
		return <GraphView state={state} result={result} post={post} change={changeGraph} />;
	if (!state || !trace) return <p class="empty">There is no counterexample to show.</p>;
	const visible = visibleSteps(trace, state.everyStep, state.step);
	return (
		<div class={state.stale ? "view stale" : "view"}>
			<Header state={state} result={state.walk ? undefined : result} trace={trace} select={select} post={post} />
			<Steering
				trace={trace}
				step={state.step}
				visible={visible}
				everyStep={state.everyStep}
				select={select}
				showEveryStep={showEveryStep}
				exportable={state.walk === undefined}
				post={post}
			/>
			<div class="panes">
				<Lanes trace={trace} step={state.step} visible={visible} select={select} />
				<StepDetails
					trace={trace}
					step={state.step}
					visible={visible}
					post={post}
					after={trace.why && <WhyNot trace={trace} why={trace.why} rules={rules} select={select} post={post} />}
				>
					<Branches
						run={trace}
						step={state.step}
						stale={state.stale}
						walk={state.walk}
						weak={(state.walk?.memory ?? result?.memory) === "lkmm"}
						offered={offered}
						post={post}
					/>
				</StepDetails>
			</div>
			<div class="announcement" aria-live="polite">
				{announcement(trace, state.step)}
			</div>
		</div>
	);
}

function Header({
	state,
	result,
	trace,
	select,
	post,
}: {
	readonly state: ViewState;
	/** The result on show; undefined of a run by hand. */
	readonly result: CheckResult | undefined;
	readonly trace: Run;
	readonly select: (step: number) => void;
	readonly post: (message: FromView) => void;
}) {
	const parameters = Object.entries(trace.parameters).map(([name, value]) => `${name} = ${value}`);
	const { violation } = trace;
	return (
		<header>
			<div class="title">
				<h1>{state.walk?.scenario ?? result?.scenario ?? ""}</h1>
				{result ? <Choice state={state} post={post} /> : <span>{state.walk?.check.replaceAll("_", " ")}</span>}
				{state.races && <Races races={state.races} post={post} />}
				{parameters.length > 0 && <code class="parameters">{parameters.join(", ")}</code>}
			</div>
			{state.walk && (
				<WalkBar walk={state.walk} run={trace} back={state.results[state.shown] !== undefined} post={post} />
			)}
			{result?.meaning && <p class="meaning">{result.meaning}</p>}
			{violation && (
				<p class="violation">
					<strong>{spoken(violation.kind)}</strong> {violation.message}
				</p>
			)}
			{violation?.meaning && <p class="meaning">{violation.meaning}</p>}
			{trace.why && <Story why={trace.why} select={select} />}
			<p class="facts">
				{`${counted(trace.steps.length, "step")}, ${counted(trace.contextSwitches, "context switch", "context switches")}`}
				{result && (result.memory === "sc" ? ", sequential consistency" : ", Linux-kernel memory model")}
				{result && (result.ok ? "; as expected" : `; expected ${spoken(result.expected)}`)}
			</p>
			{state.stale && (
				<p class="stale-note" role="status">
					The text has changed since this search. Explore again to see what holds now.
				</p>
			)}
		</header>
	);
}

/** The way from one distinct race of the check to the next. */
function Races({ races, post }: { readonly races: RacesOnShow; readonly post: (message: FromView) => void }) {
	const { at, of, count } = races;
	const button = (label: string, to: number, sign: string) => (
		<button
			type="button"
			class="icon"
			aria-label={label}
			title={label}
			disabled={to < 0 || to >= of}
			onClick={() => post({ type: "race", at: to })}
		>
			<span aria-hidden="true">{sign}</span>
		</button>
	);
	return (
		<nav class="race-choice" aria-label="Distinct races of this check">
			{button("Previous race", at - 1, "◂")}
			<span>{at < 0 ? `${of} distinct races` : `race ${at + 1} of ${of}`}</span>
			{count > 0 && <span class="cpu" title="Transitions and states that go wrong in this way">{`×${count}`}</span>}
			{button("Next race", at + 1, "▸")}
		</nav>
	);
}

function Steering({
	trace,
	step,
	visible,
	everyStep,
	select,
	showEveryStep,
	exportable,
	post,
}: {
	readonly trace: Run;
	readonly step: number;
	/** Steps that have a row. */
	readonly visible: readonly number[];
	readonly everyStep: boolean;
	readonly select: (step: number) => void;
	readonly showEveryStep: (everyStep: boolean) => void;
	/** It is a counterexample, which can be copied as text. */
	readonly exportable: boolean;
	readonly post: (message: FromView) => void;
}) {
	const switches = contextSwitches(trace, visible);
	const [first = 0, last = 0] = [visible[0], visible.at(-1)];
	const place = visible.indexOf(step);
	const button = (label: string, to: number | undefined, sign: ComponentChildren) => (
		<button
			type="button"
			class="icon"
			aria-label={label}
			title={label}
			disabled={to === undefined || to === step}
			onClick={() => to !== undefined && select(to)}
		>
			<span aria-hidden="true">{sign}</span>
		</button>
	);
	return (
		<nav class="steering" aria-label="Steps">
			{button("First step (Home)", first, "|◂")}
			{button("Previous context switch (p)", switches.findLast((one) => one < step) ?? first, "◂◂")}
			{button("Previous step (↑)", visible[place - 1], "◂")}
			<input
				type="range"
				aria-label="Step"
				aria-valuetext={`Step ${step + 1}`}
				min={0}
				max={visible.length - 1}
				value={place}
				onInput={(event) => select(visible[Number(event.currentTarget.value)] ?? step)}
			/>
			{button("Next step (↓)", visible[place + 1], "▸")}
			{button(
				"Next context switch (n)",
				switches.find((one) => one > step),
				"▸▸",
			)}
			{button("Last step (End)", last, "▸|")}
			<span class="position">{`${step + 1} / ${trace.steps.length}`}</span>
			{decisiveSteps(trace).length < trace.steps.length && (
				<label>
					<input type="checkbox" checked={everyStep} onChange={(event) => showEveryStep(event.currentTarget.checked)} />
					Every step
				</label>
			)}
			{exportable && (
				<button type="button" onClick={() => post({ type: "export" })}>
					Copy as…
				</button>
			)}
		</nav>
	);
}
