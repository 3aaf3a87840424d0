/** Records a path: events with what they depend on, and terms for values. What the front ends have in common. */
import { EventKind, type EventSource, type PathCheck, type PathEvent, type Tag, type Term } from "./thread.ts";

/** Indices of loads in the path, sorted. */
export type Loads = readonly number[];
export const noLoads: Loads = [];

/** Loads that are in any of the sets. */
export function unionOf(...sets: readonly Loads[]): Loads {
	let result = noLoads;
	for (const set of sets) {
		if (set.length === 0 || set === result) continue;
		result = result.length === 0 ? set : [...new Set([...result, ...set])].sort((a, b) => a - b);
	}
	return result;
}

/** A value with what it rests on. */
export interface Recorded {
	readonly term: number;
	/** Loads that the value is computed from. */
	readonly data: Loads;
	/** Loads that decided that this is the value. */
	readonly control: Loads;
}

interface AccessDetails {
	/** A half of a read-modify-write. */
	readonly atomic?: boolean;
	/** Read half of a write half. */
	readonly readHalf?: number;
	/** Term of a value written. */
	readonly term?: number;
	readonly data?: Loads;
	/** The address is that of the read half and gives no dependency of its own. */
	readonly addressless?: boolean;
	readonly moreAddress?: Loads;
	/** Loads of the same statement that come first without being needed. */
	readonly extraAfter?: Loads;
	readonly lifetime?: "free" | "allocate";
	readonly raceAllowed?: boolean;
	/** Part of an `atomic { }`, whose accesses are separate ones here. */
	readonly glued?: boolean;
}

export abstract class PathRecorder {
	protected events: PathEvent[] = [];
	protected terms: Term[] = [];
	protected checks: PathCheck[] = [];
	/** Conditions around the present place, outermost first, and where each ends. */
	protected controls: { readonly join: number; readonly loads: Loads }[] = [];
	/** Number of the present statement. */
	protected counter = 0;
	protected source: EventSource = { text: "", pos: 0, end: 0 };
	/** Goes with every write: see PathEvent.origin. */
	protected origin: number | undefined;

	/** Goes on from where another recorder of the same code stands. */
	protected continueFrom(other: PathRecorder): void {
		this.events = [...other.events];
		this.terms = [...other.terms];
		this.checks = [...other.checks];
		this.controls = [...other.controls];
		this.counter = other.counter;
		this.source = other.source;
		this.origin = other.origin;
	}

	/** Leaves the conditions that end at or before an instruction. */
	protected leaveControls(ended: (join: number) => boolean): void {
		while (this.controls.length > 0 && ended((this.controls.at(-1) as { join: number }).join)) this.controls.pop();
	}

	/** Enters a branch of a condition that rests on these loads. */
	protected control(join: number, loads: Loads): void {
		this.controls.push({ join, loads: unionOf(loads, this.controlling()) });
	}

	protected controlling(): Loads {
		return this.controls.at(-1)?.loads ?? noLoads;
	}

	// ------------------------------------------------------------------------------------------------- events

	protected read(tag: Tag, place: Recorded, atomic = false): number {
		return this.access(EventKind.Read, tag, place, { atomic });
	}

	/** `readHalf` makes it the write of an update; `extraAfter` are loads of the statement that come first. */
	protected write(tag: Tag, place: Recorded, value: Recorded, readHalf = -1, extraAfter: Loads = noLoads): number {
		return this.access(EventKind.Write, tag, place, {
			atomic: readHalf >= 0,
			readHalf,
			term: value.term,
			data: value.data,
			extraAfter,
		});
	}

	protected access(kind: EventKind, tag: Tag, place: Recorded, more: AccessDetails): number {
		const index = this.events.length;
		const data = more.data ?? noLoads;
		const readHalf = more.readHalf ?? -1;
		const moreAddress = more.moreAddress ?? noLoads;
		const needs = unionOf(
			place.data,
			data,
			moreAddress,
			more.extraAfter ?? noLoads,
			readHalf >= 0 ? [readHalf] : noLoads,
		);
		return this.event(kind, {
			tag,
			atomic: more.atomic ?? false,
			readHalf,
			address: place.term,
			value: kind === EventKind.Read ? this.term({ kind: "read", event: index }) : (more.term ?? -1),
			addressDependencies: unionOf(more.addressless ? noLoads : place.data, moreAddress),
			dataDependencies: data,
			after: this.sameStatement(needs),
			...(this.origin !== undefined && kind === EventKind.Write && { origin: this.origin }),
			...(more.lifetime && { lifetime: more.lifetime }),
			...(more.raceAllowed && { raceAllowed: true }),
			...(more.glued && { glued: true }),
		});
	}

	protected event(kind: EventKind, event: Partial<PathEvent> = {}): number {
		this.events.push({
			kind,
			tag: "plain",
			atomic: false,
			readHalf: -1,
			address: -1,
			value: -1,
			after: noLoads,
			addressDependencies: noLoads,
			dataDependencies: noLoads,
			...event,
			statement: this.counter,
			controlDependencies: this.controlling(),
			source: this.source,
		});
		return this.events.length - 1;
	}

	/** Both halves of taking a lock. */
	protected takeLock(place: Recorded): void {
		const read = this.access(EventKind.LockRead, "acquire", place, {});
		this.access(EventKind.LockWrite, "once", place, { readHalf: read });
	}

	/** Those of the events that belong to this statement, and what they in turn stand after. */
	private sameStatement(events: Loads): Loads {
		const own = events.filter((event) => (this.events[event] as PathEvent).statement === this.counter);
		return unionOf(own, ...own.map((event) => (this.events[event] as PathEvent).after));
	}

	// ------------------------------------------------------------------------------------------------- values

	/** What a read returns. */
	protected readResult(read: number): Recorded {
		return { term: (this.events[read] as PathEvent).value, data: [read], control: noLoads };
	}

	protected apply(operation: (a: number, b: number) => number, a: number, b: number): number {
		const left = this.terms[a] as Term;
		const right = this.terms[b] as Term;
		if (left.kind === "constant" && right.kind === "constant") return this.constant(operation(left.value, right.value));
		return this.term({ kind: "apply", operation, a, b });
	}

	protected constant(value: number): number {
		const known = this.terms.findIndex((term) => term.kind === "constant" && term.value === value);
		return known >= 0 ? known : this.term({ kind: "constant", value });
	}

	/** The value of a term that no read decides. */
	protected known(term: number): number | undefined {
		const found = this.terms[term] as Term;
		return found.kind === "constant" ? found.value : undefined;
	}

	protected term(term: Term): number {
		this.terms.push(term);
		return this.terms.length - 1;
	}
}
