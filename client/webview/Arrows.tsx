/** Arrows between the rows of the lanes: the racing pair, and the writes that the selected step saw. */
import { useLayoutEffect, useState } from "preact/hooks";
import type { TraceStep } from "../../engine/verdict/verdict.ts";
import type { Run } from "../run.ts";

/** The step numbers whose write a step's reads saw, without the step itself. */
function sources(step: TraceStep | undefined, index: number): number[] {
	const from =
		step?.accesses.flatMap(({ readsFrom }) => (readsFrom === undefined || readsFrom === index ? [] : [readsFrom])) ??
		[];
	return [...new Set(from)];
}

interface Arrow {
	readonly from: number;
	readonly to: number;
	readonly kind: "race" | "reads";
	readonly path: string;
}

/** Lines from the earlier access of the race to the later, and from the writes that the selected step saw. */
export function Arrows({
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
