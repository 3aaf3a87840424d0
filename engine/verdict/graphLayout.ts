/**
 * Where everything of an execution graph stands in a picture: threads side by side, rows in program order, edges between them. Plain
 * numbers in pixels, for every surface that draws.
 */
import type { EdgeKind, ExecutionGraph, GraphRow } from "./executionGraph.ts";
import { wrapStatement } from "./wrap.ts";

export interface GraphBox {
	/** Index into the graph's threads. */
	readonly thread: number;
	readonly row: GraphRow;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	/** The statement, wrapped. */
	readonly code: readonly string[];
	/** What it did, wrapped. */
	readonly effect: readonly string[];
	/** Part of the cycle. */
	readonly inCycle: boolean;
	readonly role?: "violation" | "earlier";
}

export interface GraphLine {
	readonly kind: "po" | EdgeKind;
	/** Indices into `boxes`. */
	readonly from: number;
	readonly to: number;
	/** SVG path data. */
	readonly path: string;
	/** "fr"; in a cycle with its number: "2 fr"; program order also says whether it is kept. */
	readonly label: string;
	/** Centre of the label. */
	readonly labelX: number;
	readonly labelY: number;
	readonly labelWidth: number;
	/** Index into the graph's cycle; absent for an edge beside it. */
	readonly step?: number;
	/** Of a step of the cycle: whether the model keeps this order. */
	readonly ordering?: boolean;
	/** What it means, a sentence or two. */
	readonly why: string;
}

export interface GraphLane {
	readonly thread: number;
	/** "CPU0 khugepaged", "P0". */
	readonly title: string;
	readonly x: number;
	readonly width: number;
}

export interface GraphLayout {
	readonly width: number;
	readonly height: number;
	readonly lanes: readonly GraphLane[];
	readonly boxes: readonly GraphBox[];
	readonly lines: readonly GraphLine[];
}

/** Sizes in pixels, of 12 pixel monospaced type. */
export const graphMetrics = {
	character: 7.4,
	lineHeight: 16,
	padding: 7,
	rowGap: 26,
	margin: 12,
	title: 24,
	laneMin: 130,
	/** A statement is wrapped at this many characters. */
	charactersMax: 34,
	/** Room between lanes without the tracks of edges. */
	laneGap: 132,
	/** The same, of more than two lanes. */
	laneGapOfMany: 84,
	track: 30,
	/** From a box to the first track of edges beside it, so that a label there touches nothing. */
	firstTrack: 36,
	labelHeight: 18,
} as const;

export interface GraphLayoutOptions {
	/** Every communication and dependency, rather than the cycle alone. An execution without a cycle has its communications always. */
	readonly all?: boolean;
}

interface Wanted {
	readonly kind: GraphLine["kind"];
	readonly from: number;
	readonly to: number;
	readonly why: string;
	readonly step?: number;
	readonly ordering?: boolean;
}

const m = graphMetrics;

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

/** The cycle's steps, then the communications (and, where all are asked for, dependencies) beside it; one line for each pair of rows and kind. */
function wantedEdges(graph: ExecutionGraph, boxOf: ReadonlyMap<number, number>, all: boolean): Wanted[] {
	const found = new Map<string, Wanted>();
	const put = (edge: Omit<Wanted, "from" | "to"> & { readonly from: number; readonly to: number }) => {
		const [from, to] = [boxOf.get(edge.from), boxOf.get(edge.to)];
		if (from === undefined || to === undefined || from === to) return;
		const key = `${edge.kind} ${from} ${to}`;
		if (!found.has(key)) found.set(key, { ...edge, from, to });
	};
	for (const [step, { from, to, kind, ordering, why }] of (graph.cycle ?? []).entries())
		put({ from, to, kind, ordering, why, step });
	if (all || !graph.cycle) {
		for (const { kind, from, to } of graph.edges) {
			if (all || kind === "rf" || kind === "co" || kind === "fr")
				put({ kind, from, to, why: meaning(graph, kind, from, to) });
		}
	}
	return [...found.values()];
}

const place = (graph: ExecutionGraph, event: number) => graph.events[event]?.location ?? "memory";
const named = (graph: ExecutionGraph, event: number) => graph.threads[graph.events[event]?.thread ?? 0]?.name ?? "";

/** What an edge beside the cycle means. */
function meaning(graph: ExecutionGraph, kind: EdgeKind, from: number, to: number): string {
	switch (kind) {
		case "rf":
			return `${named(graph, to)} reads ${place(graph, to)} as ${named(graph, from)} wrote it.`;
		case "co":
			return `${named(graph, to)} overwrites ${place(graph, to)} as ${named(graph, from)} wrote it.`;
		case "fr":
			return `${named(graph, from)} read ${place(graph, from)} before ${named(graph, to)} overwrote it.`;
		case "address":
			return `Address dependency: where ${named(graph, to)} accesses memory depends on what it read.`;
		case "data":
			return `Data dependency: what ${named(graph, to)} stores depends on what it read.`;
		case "control":
			return `Control dependency: whether ${named(graph, to)} comes here depends on what it read.`;
	}
}

interface Tracks {
	/** Track of each edge that runs beside its own lane; undefined for the others. */
	readonly own: readonly (number | undefined)[];
	readonly perLane: readonly number[];
	/** For edges over other lanes: the row below which they cross, and their track there. */
	readonly crossing: readonly ({ readonly row: number; readonly track: number } | undefined)[];
	/** Number of crossing tracks below each row; -1 is above the first. */
	readonly below: ReadonlyMap<number, number>;
}

function assignTracks(
	edges: readonly Wanted[],
	laneOf: (box: number) => number,
	placeOf: (box: number) => number,
): Tracks {
	const own: (number | undefined)[] = edges.map(() => undefined);
	const crossing: ({ row: number; track: number } | undefined)[] = edges.map(() => undefined);
	const perLane: number[] = [];
	const below = new Map<number, number>();
	const busy: { lane: number; track: number; first: number; last: number }[] = [];
	const length = (edge: Wanted) => Math.abs(placeOf(edge.from) - placeOf(edge.to));
	const order = [...edges.keys()].sort((a, b) => length(edges[a] as Wanted) - length(edges[b] as Wanted) || a - b);
	for (const index of order) {
		const edge = edges[index] as Wanted;
		const [from, to] = [laneOf(edge.from), laneOf(edge.to)];
		const [first, last] = [placeOf(edge.from), placeOf(edge.to)].sort((a, b) => a - b) as [number, number];
		if (from === to) {
			let track = 0;
			while (busy.some((one) => one.lane === from && one.track === track && one.first <= last && one.last >= first))
				track++;
			busy.push({ lane: from, track, first, last });
			own[index] = track;
			perLane[from] = Math.max(perLane[from] ?? 0, track + 1);
		} else if (Math.abs(from - to) > 1) {
			const row = placeOf(edge.from) <= placeOf(edge.to) ? placeOf(edge.from) : placeOf(edge.from) - 1;
			const track = below.get(row) ?? 0;
			below.set(row, track + 1);
			crossing[index] = { row, track };
		}
	}
	return { own, perLane, crossing, below };
}

const signs = { kept: "✓", broken: "✗" } as const;

function labelOf({ kind, step, ordering }: Wanted): string {
	const number = step === undefined ? "" : `${step + 1} `;
	const name = kind === "address" ? "addr" : kind === "control" ? "ctrl" : kind;
	return kind === "po" ? `${number}po ${ordering ? signs.kept : signs.broken}` : number + name;
}

type Point = readonly [x: number, y: number];

function route(
	edges: readonly Wanted[],
	boxes: readonly GraphBox[],
	lanes: readonly GraphLane[],
	laneOf: (box: number) => number,
	tracks: Tracks,
	placeOf: (box: number) => number,
): GraphLine[] {
	const ports = portsOf(edges, boxes, laneOf);
	const taken: { readonly x: number; readonly y: number; readonly width: number }[] = [];
	const lastLane = lanes.length - 1;
	return edges.map((edge, index): GraphLine => {
		const [from, to] = [boxes[edge.from] as GraphBox, boxes[edge.to] as GraphBox];
		const [fromLane, toLane] = [laneOf(edge.from), laneOf(edge.to)];
		const label = labelOf(edge);
		const labelWidth = Math.ceil(label.length * m.character) + 10;
		const [y1, y2] = ports[index] as Point;
		let points: Point[];
		const track = tracks.own[index];
		const crossing = tracks.crossing[index];
		if (track !== undefined) {
			const onRight = fromLane === lastLane && fromLane > 0;
			const side = onRight ? from.x + from.width : from.x;
			const channel = side + (onRight ? 1 : -1) * (m.firstTrack + track * m.track);
			points = [
				[side, y1],
				[channel, y1],
				[channel, y2],
				[side, y2],
			];
		} else if (crossing) {
			const right = toLane > fromLane;
			const start = right ? from.x + from.width : from.x;
			const end = right ? to.x : to.x + to.width;
			const out = start + (right ? 1 : -1) * (12 + crossing.track * 8);
			const into = end - (right ? 1 : -1) * (14 + crossing.track * 8);
			const y = crossingY(boxes, placeOf, crossing.row, crossing.track);
			points = [
				[start, y1],
				[out, y1],
				[out, y],
				[into, y],
				[into, y2],
				[end, y2],
			];
		} else {
			const right = toLane > fromLane;
			points = [
				[right ? from.x + from.width : from.x, y1],
				[right ? to.x : to.x + to.width, y2],
			];
		}
		const [labelX, labelY] = labelPlace(points, labelWidth, taken, boxes);
		taken.push({ x: labelX, y: labelY, width: labelWidth });
		return {
			kind: edge.kind,
			from: edge.from,
			to: edge.to,
			path: pathOf(points),
			label,
			labelX,
			labelY,
			labelWidth,
			why: edge.why,
			...(edge.step !== undefined && { step: edge.step }),
			...(edge.ordering !== undefined && { ordering: edge.ordering }),
		};
	});
}

function crossingY(boxes: readonly GraphBox[], placeOf: (box: number) => number, row: number, track: number): number {
	const offset = (track + 0.6) * m.track;
	if (row < 0) return m.margin + m.title - 8 + offset;
	const bottoms = boxes.flatMap((box, index) => (placeOf(index) === row ? [box.y + box.height] : []));
	return Math.max(...bottoms) + offset - 4;
}

/** Where each edge leaves and enters: edges at one side of a box share its height, in the order of where they lead. */
function portsOf(edges: readonly Wanted[], boxes: readonly GraphBox[], laneOf: (box: number) => number): Point[] {
	const sides = new Map<string, { index: number; end: 0 | 1; towards: number }[]>();
	for (const [index, edge] of edges.entries()) {
		const [from, to] = [laneOf(edge.from), laneOf(edge.to)];
		const put = (box: number, end: 0 | 1, other: number) => {
			const side = from === to ? "own" : laneOf(other) > laneOf(box) ? "right" : "left";
			const key = `${box} ${side}`;
			const there = sides.get(key) ?? [];
			sides.set(key, there);
			there.push({ index, end, towards: boxes[other]?.y ?? 0 });
		};
		put(edge.from, 0, edge.to);
		put(edge.to, 1, edge.from);
	}
	const ports = edges.map((): [number, number] => [0, 0]);
	for (const [key, there] of sides) {
		const box = boxes[Number(key.split(" ")[0])] as GraphBox;
		there.sort((a, b) => a.towards - b.towards || a.index - b.index);
		for (const [place, { index, end }] of there.entries()) {
			const port = ports[index] as [number, number];
			port[end] = box.y + (box.height * (place + 1)) / (there.length + 1);
		}
	}
	return ports;
}

/** A place along the line where the label covers neither box nor other label; beside the middle, where straight lines cross. */
function labelPlace(
	points: readonly Point[],
	width: number,
	taken: readonly { x: number; y: number; width: number }[],
	boxes: readonly GraphBox[],
): Point {
	const parts = points.length === 2 ? [0.34, 0.5, 0.66, 0.26, 0.74] : [0.5, 0.35, 0.65, 0.25, 0.75];
	const candidates = parts.map((part) => along(points, part));
	const free = candidates.find(
		([x, y]) =>
			taken.every(
				(other) => Math.abs(other.x - x) >= (other.width + width) / 2 + 3 || Math.abs(other.y - y) >= m.labelHeight + 2,
			) &&
			boxes.every(
				(box) =>
					x + width / 2 < box.x ||
					x - width / 2 > box.x + box.width ||
					y + m.labelHeight / 2 < box.y ||
					y - m.labelHeight / 2 > box.y + box.height,
			),
	);
	return free ?? (candidates[0] as Point);
}

function along(points: readonly Point[], part: number): Point {
	const lengths = points
		.slice(1)
		.map(([x, y], i) => Math.hypot(x - (points[i] as Point)[0], y - (points[i] as Point)[1]));
	let left = part * lengths.reduce((sum, one) => sum + one, 0);
	for (const [i, length] of lengths.entries()) {
		const [[x1, y1], [x2, y2]] = [points[i] as Point, points[i + 1] as Point];
		if (left <= length || i === lengths.length - 1) {
			const t = length === 0 ? 0 : left / length;
			return [x1 + (x2 - x1) * t, y1 + (y2 - y1) * t];
		}
		left -= length;
	}
	return points[0] as Point;
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/** Straight pieces with round corners. */
function pathOf(points: readonly Point[]): string {
	const radius = 7;
	const [[x, y] = [0, 0]] = points;
	let path = `M${rounded(x)} ${rounded(y)}`;
	for (let i = 1; i < points.length; i++) {
		const [corner, before, after] = [points[i] as Point, points[i - 1] as Point, points[i + 1]];
		if (!after) {
			path += ` L${rounded(corner[0])} ${rounded(corner[1])}`;
			continue;
		}
		const towards = (other: Point): Point => {
			const length = Math.hypot(other[0] - corner[0], other[1] - corner[1]);
			const t = length === 0 ? 0 : Math.min(radius, length / 2) / length;
			return [corner[0] + (other[0] - corner[0]) * t, corner[1] + (other[1] - corner[1]) * t];
		};
		const [inX, inY] = towards(before);
		const [outX, outY] = towards(after);
		path += ` L${rounded(inX)} ${rounded(inY)} Q${rounded(corner[0])} ${rounded(corner[1])} ${rounded(outX)} ${rounded(outY)}`;
	}
	return path;
}
