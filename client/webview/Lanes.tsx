import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { racingPair, violatingStep } from "../annotations.ts";
import type { Run } from "../run.ts";
import { Arrows } from "./Arrows.tsx";
import { Row } from "./Row.tsx";
import { contextSwitches, lanesOf, spansOf } from "./timeline.ts";

interface Properties {
	readonly trace: Run;
	readonly step: number;
	/** Steps that have a row. */
	readonly visible: readonly number[];
	readonly select: (step: number, focus?: boolean) => void;
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
	const lanes = useMemo(() => lanesOf(trace), [trace]);
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
				{visible.map((index, place) => (
					<Row
						key={index}
						trace={trace}
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
				))}
				<Arrows trace={trace} step={step} rows={visible.length} pair={pair} list={list} />
			</div>
		</div>
	);
}
