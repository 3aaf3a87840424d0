/** Where everything of an execution graph stands in a picture: threads side by side, rows in program order, edges between them. */
import type { ExecutionGraph, GraphRow } from "./executionGraph.ts";
import { wantedEdges } from "./graphEdges.ts";
import { type GraphBox, type GraphLane, type GraphLayout, graphMetrics } from "./graphPicture.ts";
import { assignTracks, route } from "./graphRoutes.ts";
import { wrapStatement } from "./wrap.ts";

const m = graphMetrics;

export interface GraphLayoutOptions {
	/** Every communication and dependency, rather than the cycle alone. An execution without a cycle has its communications always. */
	readonly all?: boolean;
}

/** Where each thread, row and edge stands. Threads without rows are left out. */
export function layoutGraph(graph: ExecutionGraph, options: GraphLayoutOptions = {}): GraphLayout {
	const lanesOfThreads = graph.threads.flatMap(({ rows }, thread) => (rows.length > 0 ? [thread] : []));
	const wrapped = wrappedRows(graph, lanesOfThreads);
	const boxOf = new Map<number, number>();
	for (const [index, { row }] of wrapped.entries()) for (const event of row.events) boxOf.set(event, index);
	const wanted = wantedEdges(graph, boxOf, options.all === true);
	const laneOf = (box: number) => wrapped[box]?.lane ?? 0;
	const tracks = assignTracks(wanted, laneOf, (box) => wrapped[box]?.place ?? 0);

	const lanes: GraphLane[] = [];
	let x = m.margin;
	for (const [lane, thread] of lanesOfThreads.entries()) {
		const here = wrapped.filter((one) => one.lane === lane);
		const { name, cpu } = graph.threads[thread] ?? { name: "" };
		const title = cpu === undefined ? name : `CPU${cpu} ${name}`;
		const longest = Math.max(
			title.length,
			...here.flatMap(({ code, effect }) => [...code, ...effect].map((one) => one.length)),
		);
		const width = Math.max(m.laneMin, Math.ceil(longest * m.character) + 2 * m.padding);
		const last = lane === lanesOfThreads.length - 1;
		const count = tracks.perLane[lane] ?? 0;
		const beside = count === 0 ? 0 : 2 * m.firstTrack + (count - 1) * m.track - m.margin;
		// Edges of one thread run outside where they can: on the right of the last lane, on the left of the others.
		const onRight = last && lane > 0;
		if (!onRight) x += beside;
		lanes.push({ thread, title, x, width });
		x += width + (onRight ? beside : 0) + (last ? 0 : lanesOfThreads.length > 2 ? m.laneGapOfMany : m.laneGap);
	}
	const width = x + m.margin;
	const { tops, bottom } = rowPlaces(wrapped, tracks.below);
	const boxes = wrapped.map(
		({ thread, lane, place, row, code, effect, inCycle, role }): GraphBox => ({
			thread,
			row,
			x: lanes[lane]?.x ?? 0,
			y: tops[place] ?? 0,
			width: lanes[lane]?.width ?? 0,
			height: heightOf(code.length + effect.length),
			code,
			effect,
			inCycle,
			...(role && { role }),
		}),
	);
	const lines = route(wanted, boxes, lanes, laneOf, tracks, (box) => wrapped[box]?.place ?? 0);
	return { width: Math.ceil(width), height: Math.ceil(bottom + m.margin), lanes, boxes, lines };
}

interface WrappedRow {
	readonly thread: number;
	readonly lane: number;
	/** Index of the row in its thread. */
	readonly place: number;
	readonly row: GraphRow;
	readonly code: readonly string[];
	readonly effect: readonly string[];
	readonly inCycle: boolean;
	readonly role: "violation" | "earlier" | undefined;
}

function wrappedRows(graph: ExecutionGraph, threads: readonly number[]): WrappedRow[] {
	const inCycle = new Set(graph.cycle?.flatMap(({ from, to }) => [from, to]) ?? []);
	return threads.flatMap((thread, lane) =>
		(graph.threads[thread]?.rows ?? []).map((row, place): WrappedRow => {
			const roles = row.events.map((event) => graph.events[event]?.role);
			return {
				thread,
				lane,
				place,
				row,
				code: wrapStatement(row.text, m.charactersMax),
				effect: row.effect === "" ? [] : wrapStatement(row.effect, m.charactersMax),
				inCycle: row.events.some((event) => inCycle.has(event)),
				role: roles.find((role) => role !== undefined),
			};
		}),
	);
}

const heightOf = (lines: number) => Math.max(1, lines) * m.lineHeight + 2 * m.padding;

/** The rows' upper edges; rows of all threads are aligned, so that short threads are not lost beside long ones. */
function rowPlaces(rows: readonly WrappedRow[], below: ReadonlyMap<number, number>) {
	const tops: number[] = [];
	let y = m.margin + m.title + (below.get(-1) ?? 0) * m.track;
	const count = Math.max(0, ...rows.map(({ place }) => place + 1));
	for (let place = 0; place < count; place++) {
		const lines = rows.filter((one) => one.place === place).map(({ code, effect }) => code.length + effect.length);
		tops.push(y);
		y += heightOf(Math.max(1, ...lines)) + m.rowGap + (below.get(place) ?? 0) * m.track;
	}
	return { tops, bottom: y - m.rowGap };
}
