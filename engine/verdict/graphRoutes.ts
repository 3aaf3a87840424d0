/** Where the edges of a picture run between its boxes, and where their labels stand. */
import type { Wanted } from "./graphEdges.ts";
import { type GraphBox, type GraphLane, type GraphLine, graphMetrics } from "./graphPicture.ts";

const m = graphMetrics;

/** The tracks that edges run in, side by side. */
export interface Tracks {
	/** Track of each edge that runs beside its own lane; undefined for the others. */
	readonly own: readonly (number | undefined)[];
	readonly perLane: readonly number[];
	/** For edges over other lanes: the row below which they cross, and their track there. */
	readonly crossing: readonly ({ readonly row: number; readonly track: number } | undefined)[];
	/** Number of crossing tracks below each row; -1 is above the first. */
	readonly below: ReadonlyMap<number, number>;
}

/** Gives each edge a track of its own where it would overlap with others; short edges run nearest to the boxes. */
export function assignTracks(
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

/** The lines of the edges, with their labels. */
export function route(
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
