/** An execution as the graph that is shown. */

import type {
	CycleStep,
	EdgeKind,
	ExecutionGraph,
	GraphEdge,
	GraphEvent,
	GraphRow,
	GraphThread,
} from "../../verdict/executionGraph.ts";
import { storyOf } from "../../verdict/graphStory.ts";
import type { Location } from "../../verdict/verdict.ts";
import { explainStep } from "./explain.ts";
import type { Execution } from "./explore.ts";
import {
	addTo,
	eventSet,
	has,
	isIn,
	type Relation,
	relation,
	removeFrom,
	restrict,
	shortestCycle,
	unite,
} from "./relation.ts";
import { keyOf, type ThreadPart } from "./state.ts";
import { EventKind, type PathEvent } from "./thread.ts";

export interface GraphOptions {
	/** A value as a reader would write it, of the location with this index. */
	readonly show: (value: number, location: number) => string;
	readonly model: "lkmm" | "sc";
	/** Where the statement of an event stands, when that is no offset into one text. */
	readonly placeOf?: (event: PathEvent) => Location;
	/** The statement of the thread's own body that led to an event through calls; undefined where the event's own text is that statement. */
	readonly statementOf?: (event: PathEvent) => GraphEvent["statement"];
	/** Where the calls stand that led to an event, outermost first. */
	readonly callsOf?: (event: PathEvent) => readonly Location[];
	/** CPU of a thread, where threads have one. */
	readonly cpuOf?: (thread: number) => number | undefined;
	/** Events to point out, by their keys. */
	readonly roles?: ReadonlyMap<number, "violation" | "earlier">;
	/** Locations that nobody asked for are left out. */
	readonly isShown?: (location: number) => boolean;
}

const kinds: Readonly<Record<number, GraphEvent["kind"]>> = {
	[EventKind.Read]: "read",
	[EventKind.Write]: "write",
	[EventKind.LockRead]: "lock",
	[EventKind.LockWrite]: "lock",
	[EventKind.Unlock]: "unlock",
	[EventKind.SawLocked]: "lock_seen",
	[EventKind.SawUnlocked]: "lock_seen",
	[EventKind.ReaderLock]: "reader",
	[EventKind.ReaderUnlock]: "reader",
	[EventKind.GracePeriod]: "grace_period",
	[EventKind.SleepableGracePeriod]: "grace_period",
};

/** Of events that a graph leaves out. */
const notShown = -1;

/** The graph of an execution; the execution is not needed afterwards. */
export function executionGraph(execution: Execution, options: GraphOptions): ExecutionGraph {
	const { state, skeleton } = execution;
	const events: GraphEvent[] = [];
	const threads: GraphThread[] = [];
	/** Graph event of each event of the skeleton; the halves of spin_lock() are one. */
	const shown = new Int32Array(skeleton.size.events).fill(notShown);
	for (const [thread, part] of state.parts.entries()) {
		const own: number[] = [];
		const rows: GraphRow[] = [];
		for (const [index, event] of part.path.events.entries()) {
			const dense = (skeleton.denseOf[thread] as Int16Array)[index] as number;
			if (event.kind === EventKind.LockWrite) {
				shown[dense] = events.length - 1;
				continue;
			}
			if (dense >= 0) shown[dense] = events.length;
			own.push(events.length);
			const shownEvent = graphEvent(events.length, thread, index, event, part, execution, options);
			events.push(shownEvent);
			const before = event.readHalf >= 0 ? events.at(-2) : undefined;
			if (before && event.readHalf === index - 1) rows[rows.length - 1] = updateRow(before, shownEvent);
			else if (isShown(event)) rows.push(row(shownEvent));
		}
		const cpu = options.cpuOf?.(thread);
		const name = state.program.threads[thread]?.name ?? "";
		threads.push({ name, ...(cpu !== undefined && { cpu }), events: own, rows: toldApart(rows, events) });
	}
	const edges = edgesOf(execution).map(({ kind, from, to }) => ({
		kind,
		from: shown[from] as number,
		to: shown[to] as number,
	}));
	const cycle = weakCycle(execution, options)
		?.map((step) => ({ ...step, from: shown[step.from] as number, to: shown[step.to] as number }))
		.filter((step) => step.from !== step.to);
	const text = (event: number) => skeleton.events[event]?.source.text ?? "";
	const races = execution.races.map(({ kind, first, second }) => ({
		first: shown[first] as number,
		second: shown[second] as number,
		message: `${kind} race: nothing orders \`${text(first)}\` against \`${text(second)}\``,
	}));
	const { locations } = state.program;
	const shownLocations = locations.flatMap((_, index) => (options.isShown?.(index) === false ? [] : [index]));
	const valueAt = (index: number, value: number) => ({
		location: locations[index]?.name ?? "",
		value: options.show(value, index),
	});
	return {
		model: options.model,
		threads,
		events,
		edges: edges.filter(
			(edge, i) =>
				edge.from !== edge.to && edge.from >= 0 && edge.to >= 0 && edges.findIndex((e) => sameEdge(e, edge)) === i,
		),
		...(cycle && { cycle }),
		story: cycle ? storyOf(cycle, events, threads, edges) : [],
		races: races.filter((race, i) => races.findIndex((r) => r.first === race.first && r.second === race.second) === i),
		initial: shownLocations.map((index) => valueAt(index, locations[index]?.initial ?? 0)),
		final: shownLocations.map((index) => valueAt(index, finalOf(execution, index))),
	};

	function sameEdge(a: GraphEdge, b: GraphEdge): boolean {
		return a.kind === b.kind && a.from === b.from && a.to === b.to;
	}
	function finalOf(of: Execution, index: number): number {
		const value = of.finalValue(index);
		return Number.isNaN(value) ? 0 : value;
	}
}

function graphEvent(
	id: number,
	thread: number,
	index: number,
	event: PathEvent,
	part: ThreadPart,
	{ state }: Execution,
	{ show, placeOf, statementOf, callsOf, roles }: GraphOptions,
): GraphEvent {
	const kind = kinds[event.kind] ?? "fence";
	const role = roles?.get(keyOf(thread, index));
	const statement = statementOf?.(event);
	const calls = callsOf?.(event) ?? [];
	const place = part.location[index] as number;
	const location = place < 0 ? undefined : state.program.locations[place]?.name;
	const isAccess = event.kind === EventKind.Read || event.kind === EventKind.Write;
	const value = isAccess ? show(state.valueOf(keyOf(thread, index)), place) : undefined;
	const effect =
		value === undefined
			? location === undefined
				? event.source.text
				: `${kind.replace("_", " ")} ${location}`
			: `${kind === "read" ? "reads" : "writes"} ${location ?? "?"} = ${value}`;
	return {
		id,
		thread,
		kind,
		text: event.source.text,
		effect,
		...(isAccess && { marking: event.tag }),
		...(location !== undefined && { location }),
		...(value !== undefined && { value }),
		...(placeOf ? { at: placeOf(event) } : { pos: event.source.pos, end: event.source.end }),
		...(statement && { statement }),
		...(calls.length > 0 && { calls }),
		...(role && { role }),
	};
}

/** The kernel puts compiler barriers into much that is not about memory; those an author wrote have a row. */
function isShown({ kind, source }: PathEvent): boolean {
	return kind !== EventKind.CompilerFence || source.text.startsWith("barrier");
}

/** What a marking says of the order of an access, beyond being marked. */
const markings: Readonly<Partial<Record<PathEvent["tag"], string>>> = {
	plain: "plain",
	acquire: "acquire",
	release: "release",
	full: "fully ordered",
};

function marked(effect: string, event: GraphEvent): string {
	const marking = markings[event.marking as PathEvent["tag"]];
	return marking === undefined ? effect : `${effect}, ${marking}`;
}

function row(event: GraphEvent): GraphRow {
	const isAccess = event.location !== undefined;
	return {
		events: [event.id],
		// A barrier inside of a call is what matters, not the call.
		text: isAccess ? (event.statement?.text ?? event.text) : event.text,
		effect: isAccess ? marked(event.effect, event) : "",
		kind: event.kind === "fence" ? "fence" : "access",
	};
}

/** Accesses of one call are told apart by what stands inside of it. */
function toldApart(rows: readonly GraphRow[], events: readonly GraphEvent[]): GraphRow[] {
	const own = ({ events: [event = 0] }: GraphRow) => events[event]?.statement;
	const isSame = (a: GraphRow, b: GraphRow | undefined) => {
		const [one, other] = [own(a), b && own(b)];
		return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
	};
	return rows.map((one, i) => {
		const shared = isSame(one, rows[i - 1]) || isSame(one, rows[i + 1]);
		return shared ? { ...one, text: events[one.events[0] ?? 0]?.text ?? one.text } : one;
	});
}

/** Both halves of a read-modify-write. */
function updateRow(read: GraphEvent, write: GraphEvent): GraphRow {
	const marking = read.marking === "acquire" ? read : write;
	const effect = marked(`${read.location}: ${read.value} ⇒ ${write.value}`, marking);
	return { events: [read.id, write.id], text: write.statement?.text ?? write.text, effect, kind: "access" };
}

/** rf, neighbouring co, next fr, and dependencies, by events of the skeleton. */
function edgesOf({ skeleton, relations, communication }: Execution): GraphEdge[] {
	const { size, reads } = skeleton;
	const edges: GraphEdge[] = [];
	const put = (kind: EdgeKind, r: Relation) => {
		for (let from = 0; from < size.events; from++) {
			for (let to = 0; to < size.events; to++) if (has(r, size, from, to)) edges.push({ kind, from, to });
		}
	};
	put("rf", relations.rf);
	for (const order of communication.coherence) {
		for (let i = 0; i + 1 < order.length; i++)
			edges.push({ kind: "co", from: order[i] as number, to: order[i + 1] as number });
	}
	for (let read = 0; read < size.events; read++) {
		if (!isIn(reads, read)) continue;
		const source = communication.rf[read] as number;
		const order = communication.coherence[communication.location[read] as number];
		const next = order?.[source < 0 ? 0 : (communication.position[source] as number)];
		if (next !== undefined) edges.push({ kind: "fr", from: read, to: next });
	}
	put("address", skeleton.address);
	put("data", skeleton.data);
	put("control", skeleton.control);
	return edges;
}

/** The shortest cycle of po, rf, co and fr, with what the model says of each step; undefined for a sequentially consistent execution. */
function weakCycle(execution: Execution, { statementOf }: GraphOptions): CycleStep[] | undefined {
	const { skeleton, relations } = execution;
	const statement = (event: number) => statementOf?.(skeleton.events[event] as PathEvent);
	/** By the thread's own statements, unless both are the same. */
	const textOf = (event: number, other: number) => {
		const own = statement(event);
		const inside = skeleton.events[event]?.source.text ?? "";
		return own && own.text !== statement(other)?.text ? own.text : inside;
	};
	const { size, po } = skeleton;
	const all = relation(size);
	for (const r of [po, relations.rf, relations.co, relations.fr]) unite(all, r);
	// Unlocks that have not happened yet are nothing to show.
	const happened = eventSet(size);
	for (let event = 0; event < size.events; event++) addTo(happened, event);
	for (const unlock of skeleton.unlocksToCome.values()) removeFrom(happened, unlock);
	restrict(all, size, happened, happened);
	const cycle = shortestCycle(all, size);
	if (!cycle) return undefined;
	return cycle.map((from, i): CycleStep => {
		const to = cycle[(i + 1) % cycle.length] as number;
		const kind = has(relations.rf, size, from, to)
			? "rf"
			: has(relations.co, size, from, to)
				? "co"
				: has(relations.fr, size, from, to)
					? "fr"
					: "po";
		const quoted = (event: number) => textOf(event, event === from ? to : from);
		return { from, to, kind, ...explainStep(execution, from, to, kind, quoted) };
	});
}
