import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TraceStep } from "../../engine/verdict/verdict.ts";
import { racingPair, saidAs, violatingStep } from "../annotations.ts";
import { circledNumber } from "../circledNumber.ts";
import type { Run } from "../run.ts";
import { contextSwitches, endsGracePeriod, lanesOf, type Span, spansOf } from "./timeline.ts";

interface Properties {
	readonly trace: Run;
	readonly step: number;
	/** Steps that have a row. */
	readonly visible: readonly number[];
	readonly select: (step: number, focus?: boolean) => void;
}

/** The step numbers whose write a step's reads saw, without the step itself. */
function sources(step: TraceStep | undefined, index: number): number[] {
	const from =
		step?.accesses.flatMap(({ readsFrom }) => (readsFrom === undefined || readsFrom === index ? [] : [readsFrom])) ??
		[];
	return [...new Set(from)];
}

/** One lane for each thread, one row for each step, time downwards. */
export function Lanes({ trace, step, visible, select }: Properties) {
	const list = useRef<HTMLDivElement>(null);
	const frame = useRef<HTMLDivElement>(null);
	const spans = useMemo(() => spansOf(trace), [trace]);
	const switches = new Set(contextSwitches(trace, visible));
	const pair = useMemo(() => racingPair(trace), [trace]);
	const bad = violatingStep(trace);
	useEffect(() => {
		list.current?.querySelector(`#step-${step}`)?.scrollIntoView({ block: "nearest" });
	}, [step, trace, visible.length]);
	const lanes = lanesOf(trace);
	const widths = lanes
		.map((lane) => (trace.threads[lane]?.kind === "callback" ? "minmax(9em, 0.7fr)" : "minmax(13em, 1fr)"))
		.join(" ");
	// Set from here, since the view's policy forbids style attributes in its text.
	useLayoutEffect(() => frame.current?.style.setProperty("--lane-widths", widths), [widths]);
	return (
		<div class="lanes" ref={frame}>
			<div class="lane-names" aria-hidden="true">
				<span class="number" />
				{lanes.map((lane) => {
					const thread = trace.threads[lane];
					return (
						<span key={lane} class="lane-name">
							<span class="cpu">{thread?.kind === "callback" ? "RCU callback" : `CPU${thread?.cpu ?? lane}`}</span>{" "}
							{thread?.name ?? ""}
						</span>
					);
				})}
			</div>
			<div
				ref={list}
				class="steps"
				role="listbox"
				aria-label="Steps of the counterexample"
				aria-activedescendant={`step-${step}`}
				tabIndex={0}
			>
				{visible.map((index, place) => {
					const one = trace.steps[index];
					if (!one) return null;
					return (
						<Row
							key={index}
							trace={trace}
							one={one}
							index={index}
							previous={visible[place - 1] ?? -1}
							lanes={lanes}
							selected={index === step}
							switched={switches.has(index)}
							spans={spans}
							role={index === bad ? "violation" : index === pair?.[0] ? "earlier" : "step"}
							other={index === pair?.[0] ? pair?.[1] : index === pair?.[1] ? pair?.[0] : undefined}
							select={select}
						/>
					);
				})}
				<Arrows trace={trace} step={step} rows={visible.length} pair={pair} list={list} />
			</div>
		</div>
	);
}

function Row({
	trace,
	one,
	index,
	previous,
	lanes,
	selected,
	switched,
	spans,
	role,
	other,
	select,
}: {
	readonly trace: Run;
	readonly one: TraceStep;
	readonly index: number;
	/** The step of the row before; -1 for the first row. */
	readonly previous: number;
	/** Threads that have a lane, in order. */
	readonly lanes: readonly number[];
	readonly selected: boolean;
	/** Another thread ran in the row before. */
	readonly switched: boolean;
	readonly spans: readonly Span[];
	readonly role: "violation" | "earlier" | "step";
	readonly other: number | undefined;
	readonly select: (step: number, focus?: boolean) => void;
}) {
	const thread = trace.threads[one.thread];
	const { within, text } = saidAs(one);
	const inside = (within.length > 2 ? [within[0], "…", within.at(-1)] : within).join(" › ");
	const graceEnds = endsGracePeriod(trace, index);
	const here = spans.filter((span) => span.thread === one.thread);
	const leftOut = index - previous - 1;
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled for the whole view, see View.
		// biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus, as its aria-activedescendant says.
		<div
			id={`step-${index}`}
			role="option"
			aria-selected={selected}
			class={`row ${role}${selected ? " selected" : ""}`}
			onClick={() => select(index)}
			onDblClick={() => select(index, true)}
		>
			<span class="for-screen-reader">{`Step ${index + 1}, CPU ${one.cpu}, ${thread?.name ?? ""}: `}</span>
			<span class="number" aria-hidden="true">
				{switched && <span class="switch-sign">⇄</span>}
				<span class="step-number">{index + 1}</span>
				{leftOut > 0 && (
					<span class="left-out" title={`${leftOut} steps left out before this one`}>
						{`+${leftOut}`}
					</span>
				)}
			</span>
			{lanes.map((lane) => (
				<span key={lane} class={`cell${lane === one.thread ? " active" : ""}${switched ? " switched" : ""}`}>
					<SpanMarks spans={spans} lane={lane} index={index} />
					{lane === one.thread && (
						<span class="what">
							{inside && <span class="inside">{`${inside} ›`}</span>}
							{graceEnds ? <span class="note">grace period ends</span> : <code class="text">{text}</code>}
							{one.effect && <span class="effect">{one.effect}</span>}
							{one.note && <span class="note">{one.note}</span>}
							<Edges
								sign="┌"
								labels={labelsOf(here.filter((span) => span.from > previous && span.from <= index && span.to > index))}
							/>
							<Edges sign="└" labels={labelsOf(here.filter((span) => span.to === index))} />
							{role === "violation" && trace.violation && <span class="verdict">{`✖ ${trace.violation.message}`}</span>}
							{other !== undefined && <span class="races">{`↯ races with ${circledNumber(other)}`}</span>}
						</span>
					)}
				</span>
			))}
		</div>
	);
}

const labelsOf = (spans: readonly Span[]) => spans.map((span) => span.label);

/** The names of what begins or ends to be held at a row. */
function Edges({ sign, labels }: { readonly sign: string; readonly labels: readonly string[] }) {
	return labels.length === 0 ? null : <span class="takes">{`${sign} ${labels.join(", ")}`}</span>;
}

/** What is held at a row, as bars that run from row to row; the words stand where it begins and ends. */
function SpanMarks({
	spans,
	lane,
	index,
}: {
	readonly spans: readonly Span[];
	readonly lane: number;
	readonly index: number;
}) {
	const here = spans.filter((span) => span.thread === lane && span.from <= index && index <= span.to);
	if (here.length === 0) return null;
	const columns = Math.max(...here.map((span) => span.column)) + 1;
	return (
		<span class="spans" aria-hidden="true">
			{Array.from({ length: columns }, (_, column) => {
				const span = here.find((one) => one.column === column);
				const kind = span ? kindOf(span.label) : "none";
				const edge = span?.from === index ? " first" : span?.to === index ? " last" : "";
				return <span key={column} class={`span ${kind}${edge}`} title={span ? `holds ${span.label}` : ""} />;
			})}
		</span>
	);
}

/** What sort of thing is held, for the look of its bar only; the label says it in words. */
function kindOf(label: string): "rcu" | "irq" | "lock" {
	if (/\brcu\b/i.test(label)) return "rcu";
	return /\b(irqs?|interrupts|preempt\w*)\b/i.test(label) ? "irq" : "lock";
}

interface Arrow {
	readonly from: number;
	readonly to: number;
	readonly kind: "race" | "reads";
	readonly path: string;
}

/** Lines from the earlier access of the race to the later, and from the writes that the selected step saw. */
function Arrows({
	trace,
	step,
	rows,
	pair,
	list,
}: {
	readonly trace: Run;
	readonly step: number;
	/** How many rows there are: other rows, other places. */
	readonly rows: number;
	readonly pair: readonly [number, number] | undefined;
	readonly list: { readonly current: HTMLDivElement | null };
}) {
	const [arrows, setArrows] = useState<readonly Arrow[]>([]);
	useLayoutEffect(() => {
		const element = list.current;
		if (!element) return undefined;
		const measure = () => {
			const wanted: { from: number; to: number; kind: Arrow["kind"] }[] = sources(trace.steps[step], step).map(
				(from) => ({
					from,
					to: step,
					kind: "reads",
				}),
			);
			if (pair) wanted.push({ from: pair[0], to: pair[1], kind: "race" });
			setArrows(
				wanted.flatMap((one) => {
					const path = pathBetween(element, trace, one.from, one.to);
					return path ? [{ ...one, path }] : [];
				}),
			);
		};
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		return () => observer.disconnect();
	}, [trace, step, rows, pair, list]);
	return (
		<svg class="arrows" aria-hidden="true">
			<defs>
				{(["race", "reads"] as const).map((kind) => (
					<marker
						key={kind}
						id={`head-${kind}`}
						class={kind}
						viewBox="0 0 8 8"
						refX="7"
						refY="4"
						markerWidth="7"
						markerHeight="7"
						orient="auto"
					>
						<path d="M0,0 L8,4 L0,8 z" />
					</marker>
				))}
			</defs>
			{arrows.map((arrow) => (
				<path
					key={`${arrow.kind}${arrow.from}-${arrow.to}`}
					class={arrow.kind}
					d={arrow.path}
					marker-end={`url(#head-${arrow.kind})`}
				/>
			))}
		</svg>
	);
}

/** A curve from one step's box to another's, in the coordinates of the list's content. */
function pathBetween(list: HTMLDivElement, trace: Run, from: number, to: number): string | undefined {
	const box = (index: number) => list.querySelector<HTMLElement>(`#step-${index} .cell.active .what`);
	const [a, b] = [box(from), box(to)];
	if (!a || !b) return undefined;
	const origin = list.getBoundingClientRect();
	const place = (element: HTMLElement) => {
		const { left, right, top, bottom } = element.getBoundingClientRect();
		const [x, y] = [list.scrollLeft - origin.left, list.scrollTop - origin.top];
		return { left: left + x, right: right + x, middle: (top + bottom) / 2 + y, top: top + y, bottom: bottom + y };
	};
	const [start, end] = [place(a), place(b)];
	const lane = (index: number) => trace.steps[index]?.thread ?? 0;
	if (lane(from) === lane(to)) {
		const bow = Math.max(start.right, end.right) + 18;
		return `M${start.right},${start.middle} C${bow},${start.middle} ${bow},${end.middle} ${end.right + 2},${end.middle}`;
	}
	const rightwards = lane(from) < lane(to);
	const [x1, x2] = rightwards ? [start.right, end.left - 2] : [start.left, end.right + 2];
	const bend = Math.max(20, Math.abs(x2 - x1) / 2) * (rightwards ? 1 : -1);
	return `M${x1},${start.middle} C${x1 + bend},${start.middle} ${x2 - bend},${end.middle} ${x2},${end.middle}`;
}
