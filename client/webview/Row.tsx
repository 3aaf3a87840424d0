/** One step as a row of the lanes: what it did, what is held beside it. */
import { Component, type ComponentChildren } from "preact";
import { saidAs } from "../annotations.ts";
import { circledNumber } from "../circledNumber.ts";
import type { Run } from "../run.ts";
import { endsGracePeriod, type Span } from "./timeline.ts";

interface Properties {
	readonly trace: Run;
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
	/** The other half of the racing pair, where this row is one half. */
	readonly other: number | undefined;
	readonly select: (step: number, focus?: boolean) => void;
}

let rendered = 0;

/** How many rows were rendered since this was asked last. */
export function rowsRendered(): number {
	const count = rendered;
	rendered = 0;
	return count;
}

/** A row is rendered anew only where something of it is new: a step selects two of hundreds. */
export class Row extends Component<Properties> {
	override shouldComponentUpdate(next: Readonly<Properties>): boolean {
		return (Object.keys(next) as (keyof Properties)[]).some((name) => next[name] !== this.props[name]);
	}

	override render(properties: Readonly<Properties>): ComponentChildren {
		rendered++;
		return <Cells {...properties} />;
	}
}

function Cells({ trace, index, previous, lanes, selected, switched, spans, role, other, select }: Properties) {
	const one = trace.steps[index];
	if (!one) return null;
	const thread = trace.threads[one.thread];
	const told = trace.why?.accesses.find(({ step }) => step === index)?.what ?? "";
	const { within, text } = saidAs(one);
	const inside = (within.length > 2 ? [within[0], "…", within.at(-1)] : within).join(" › ");
	const graceEnds = endsGracePeriod(trace, index);
	const here = spans.filter((span) => span.thread === one.thread);
	// The halves of a broken property need not touch the same place.
	const together = trace.violation?.kind === "invariant";
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
							{told !== "" && told !== one.effect && told !== text.replace(/;$/, "") && role !== "step" && (
								<span class="effect">{told}</span>
							)}
							{one.note && <span class="note">{one.note}</span>}
							<Edges
								sign="┌"
								labels={labelsOf(
									here.filter((span) => span.from > previous && span.from <= index && span.to > index),
									one.effect,
								)}
							/>
							<Edges
								sign="└"
								labels={labelsOf(
									here.filter((span) => span.to === index),
									one.effect,
								)}
							/>
							{role === "violation" && trace.violation && <span class="verdict">{`✖ ${trace.violation.message}`}</span>}
							{other !== undefined && (
								<span class="races">{`↯ ${together ? "together" : "races"} with ${circledNumber(other)}`}</span>
							)}
						</span>
					)}
				</span>
			))}
		</div>
	);
}

/** What the effect says already is not said again. */
const labelsOf = (spans: readonly Span[], effect: string) =>
	spans.map((span) => span.label).filter((label) => !effect.includes(label));

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
				const kind = span?.kind ?? "none";
				const edge = span?.from === index ? " first" : span?.to === index ? " last" : "";
				return (
					<span
						key={column}
						class={`span ${kind}${edge}`}
						title={span ? (isWait(span) ? span.label : `holds ${span.label}`) : ""}
					/>
				);
			})}
		</span>
	);
}

/** Nobody holds it: it is under way. */
const isWait = ({ kind }: Span) => kind === "grace_period" || kind === "ipi";
