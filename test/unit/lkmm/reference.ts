/**
 * The Linux-kernel memory model once more, as slowly and plainly as possible: every candidate execution of a small program is
 * built (reads guess values, every rf, every coherence order) and held against the axioms, relation by relation. It shares
 * nothing with the engine; the two must agree.
 */

export type Step =
	| { op: "load"; register: string; at: string; tag: "plain" | "once" | "acquire"; through?: string }
	| { op: "store"; at: string; value: number; tag: "plain" | "once" | "release"; plus?: string }
	| { op: "xchg"; register: string; at: string; value: number; tag: "full" | "once" | "acquire" | "release" }
	| {
			op: "cmpxchg";
			register: string;
			at: string;
			old: number;
			value: number;
			tag: "full" | "once" | "acquire" | "release";
	  }
	| { op: "add_return"; register: string; at: string; tag: "full" | "once" | "acquire" | "release" }
	| { op: "inc"; at: string }
	| {
			op: "fence";
			fence:
				| "mb"
				| "rmb"
				| "wmb"
				| "before_atomic"
				| "after_atomic"
				| "after_spinlock"
				| "after_unlock_lock"
				| "rcu_lock"
				| "rcu_unlock"
				| "sync";
	  }
	| { op: "lock" | "unlock"; at: string }
	| { op: "if"; register: string; then: Step[]; otherwise: Step[] };

export interface Outcome {
	/** Consistent executions by final state: "0:r1=1;…;x=2". */
	readonly states: Map<string, number>;
	readonly race: boolean;
}

interface Event {
	thread: number;
	index: number;
	kind: "R" | "W" | "F" | "LKR" | "LKW" | "UL";
	tag: string;
	at: string;
	value: number;
	rmw: boolean;
	failed: boolean;
	/** Read half of a write half. */
	half?: Event;
	addr: Event[];
	data: Event[];
	ctrl: Event[];
	/** Reads that the value written is computed from. */
	flow: Event[];
}

interface Trace {
	events: Event[];
	registers: Map<string, number>;
}

interface Register {
	value: number;
	data: Event[];
	control: Event[];
}

/** All ways through a thread when reads may return any value of `domain`. */
function traces(thread: number, steps: readonly Step[], domain: readonly number[]): Trace[] {
	const found: Trace[] = [];
	type State = { events: Event[]; registers: Map<string, Register> };
	const walk = (state: State, rest: readonly { step: Step; control: Event[] }[]): void => {
		const [head, ...tail] = rest;
		if (!head) {
			const registers = new Map([...state.registers].map(([name, { value }]) => [name, value]));
			found.push({ events: state.events, registers });
			return;
		}
		const { step, control } = head;
		const register = (name: string): Register => state.registers.get(name) ?? { value: 0, data: [], control: [] };
		const event = (kind: Event["kind"], tag: string, at: string, value: number, more: Partial<Event> = {}): Event => ({
			thread,
			index: 0,
			kind,
			tag,
			at,
			value,
			rmw: false,
			failed: false,
			addr: [],
			data: [],
			ctrl: control,
			flow: [],
			...more,
		});
		const go = (events: Event[], set?: [string, Register]) => {
			const registers = new Map(state.registers);
			if (set) registers.set(set[0], { ...set[1], control: [...set[1].control, ...control] });
			walk({ events: [...state.events, ...events], registers }, tail);
		};
		switch (step.op) {
			case "load":
				for (const value of domain) {
					const addr = step.through === undefined ? [] : register(step.through).data;
					const read = event("R", step.tag, step.at, value, { addr });
					go([read], [step.register, { value, data: [read], control: [] }]);
				}
				return;
			case "store": {
				const from = step.plus === undefined ? undefined : register(step.plus);
				go([
					event("W", step.tag, step.at, step.value + (from?.value ?? 0), {
						data: from?.data ?? [],
						flow: from?.data ?? [],
					}),
				]);
				return;
			}
			case "xchg":
			case "add_return":
			case "inc":
			case "cmpxchg":
				for (const value of domain) {
					const tag = step.op === "inc" ? "noreturn" : step.tag;
					const read = event("R", tag, step.at, value, { rmw: true });
					if (step.op === "cmpxchg" && value !== step.old) {
						read.failed = true;
						go([read], [step.register, { value, data: [read], control: [] }]);
						continue;
					}
					const adds = step.op === "inc" || step.op === "add_return";
					const write = event("W", tag, step.at, adds ? value + 1 : (step as { value: number }).value, {
						rmw: true,
						half: read,
					});
					if (adds) write.data = write.flow = [read];
					const result = step.op === "add_return" ? value + 1 : value;
					go(
						[read, write],
						step.op === "inc" ? undefined : [step.register, { value: result, data: [read], control: [] }],
					);
				}
				return;
			case "fence":
				go([event("F", step.fence, "", 0)]);
				return;
			case "lock": {
				const read = event("LKR", "acquire", step.at, 0);
				go([read, event("LKW", "once", step.at, 1, { half: read })]);
				return;
			}
			case "unlock":
				go([event("UL", "release", step.at, 0)]);
				return;
			case "if": {
				const condition = register(step.register);
				const inner = [...control, ...condition.data, ...condition.control];
				const branch = (condition.value !== 0 ? step.then : step.otherwise).map((s) => ({ step: s, control: inner }));
				walk(state, [...branch, ...tail]);
			}
		}
	};
	walk(
		{ events: [], registers: new Map() },
		steps.map((step) => ({ step, control: [] })),
	);
	return found;
}

// ------------------------------------------------------------------------------------------- relations as bit rows

type Rel = number[];

class Algebra {
	readonly n: number;
	constructor(n: number) {
		this.n = n;
	}
	make(test: (a: number, b: number) => boolean): Rel {
		return Array.from({ length: this.n }, (_, a) => {
			let row = 0;
			for (let b = 0; b < this.n; b++) if (test(a, b)) row |= 1 << b;
			return row;
		});
	}
	or(...rs: Rel[]): Rel {
		return rs.reduce((x, y) => x.map((row, i) => row | (y[i] as number)));
	}
	and(x: Rel, y: Rel): Rel {
		return x.map((row, i) => row & (y[i] as number));
	}
	seq(...rs: Rel[]): Rel {
		return rs.reduce((x, y) =>
			x.map((row) => {
				let out = 0;
				for (let i = 0; i < this.n; i++) if ((row >> i) & 1) out |= y[i] as number;
				return out;
			}),
		);
	}
	get id(): Rel {
		return this.make((a, b) => a === b);
	}
	opt(r: Rel): Rel {
		return this.or(r, this.id);
	}
	star(r: Rel): Rel {
		let out = this.opt(r);
		for (;;) {
			const next = this.or(out, this.seq(out, r));
			if (next.every((row, i) => row === out[i])) return out;
			out = next;
		}
	}
	inverse(r: Rel): Rel {
		return this.make((a, b) => (((r[b] as number) >> a) & 1) === 1);
	}
	minus(x: Rel, y: Rel): Rel {
		return x.map((row, i) => row & ~(y[i] as number));
	}
	acyclic(r: Rel): boolean {
		return this.irreflexive(this.seq(this.star(r), r));
	}
	irreflexive(r: Rel): boolean {
		return r.every((row, i) => ((row >> i) & 1) === 0);
	}
	empty(r: Rel): boolean {
		return r.every((row) => row === 0);
	}
}

/** linux-kernel.cat for one candidate; undefined when it is forbidden, else whether it has a data race. */
function judge(
	events: readonly Event[],
	rfOf: ReadonlyMap<Event, Event | undefined>,
	coOf: ReadonlyMap<string, readonly Event[]>,
): { race: boolean } | undefined {
	const A = new Algebra(events.length);
	const at = (i: number) => events[i] as Event;
	const on = (test: (e: Event) => boolean): Rel => A.make((a, b) => a === b && test(at(a)));
	const isW = (e: Event) => e.kind === "W" || e.kind === "LKW" || e.kind === "UL";
	const isR = (e: Event) => e.kind === "R" || e.kind === "LKR";
	const isM = (e: Event) => isR(e) || isW(e);
	const isPlain = (e: Event) => e.tag === "plain";
	const position = new Map<Event, number>();
	for (const order of coOf.values()) for (const [i, w] of order.entries()) position.set(w, i + 1);
	const po = A.make((a, b) => at(a).thread === at(b).thread && at(a).index < at(b).index);
	const loc = A.make((a, b) => isM(at(a)) && isM(at(b)) && at(a).at === at(b).at);
	const int = A.make((a, b) => at(a).thread === at(b).thread);
	const ext = A.make((a, b) => at(a).thread !== at(b).thread);
	const rf = A.make((a, b) => isR(at(b)) && rfOf.get(at(b)) === at(a));
	const co = A.make(
		(a, b) =>
			isW(at(a)) &&
			isW(at(b)) &&
			at(a).at === at(b).at &&
			(position.get(at(a)) as number) < (position.get(at(b)) as number),
	);
	const place = (r: Event) => {
		const w = rfOf.get(r);
		return w === undefined ? 0 : (position.get(w) as number);
	};
	const fr = A.make(
		(a, b) => isR(at(a)) && isW(at(b)) && at(a).at === at(b).at && place(at(a)) < (position.get(at(b)) as number),
	);
	const rfe = A.and(rf, ext);
	const rfi = A.and(rf, int);
	const rmw = A.make((a, b) => at(b).half === at(a));
	const M = on(isM);
	const W = on(isW);
	const R = on(isR);
	const Marked = on((e) => !isPlain(e));
	const Acquire = on((e) => isR(e) && e.tag === "acquire" && !e.failed);
	const Release = on((e) => isW(e) && e.tag === "release");
	const Mb = on((e) => (e.kind === "F" && e.tag === "mb") || (e.rmw && e.tag === "full" && !e.failed));
	const F = (tag: string) => on((e) => e.kind === "F" && e.tag === tag);
	const { seq, or, and, opt, star } = {
		seq: (...r: Rel[]) => A.seq(...r),
		or: (...r: Rel[]) => A.or(...r),
		and: (x: Rel, y: Rel) => A.and(x, y),
		opt: (r: Rel) => A.opt(r),
		star: (r: Rel) => A.star(r),
	};
	const com = or(rf, co, fr);
	if (!A.acyclic(or(and(po, loc), com))) return undefined;
	if (!A.empty(and(rmw, seq(and(fr, ext), and(co, ext))))) return undefined;

	const data0 = A.make((a, b) => at(b).data.includes(at(a)));
	const carry = star(seq(data0, rfi));
	const data = seq(carry, data0);
	const addr = seq(
		carry,
		A.make((a, b) => at(b).addr.includes(at(a))),
	);
	const ctrl = seq(
		carry,
		A.make((a, b) => at(b).ctrl.includes(at(a))),
	);

	const acqPo = seq(Acquire, po, M);
	const poRel = seq(M, po, Release);
	const UL = on((e) => e.kind === "UL");
	const LKR = on((e) => e.kind === "LKR");
	const LKW = on((e) => e.kind === "LKW");
	const RMW = on((e) => e.rmw);
	const unlockLock = seq(po, UL, or(po, rf), LKR, po);
	const noreturn = on((e) => e.kind === "R" && e.tag === "noreturn");
	const R4rmb = A.minus(R, noreturn);
	const notNoreturn = A.minus(A.id, noreturn);
	const fence1 = (f: Rel) => seq(po, f, po);
	const rmb = seq(R4rmb, fence1(F("rmb")), R4rmb);
	const wmb = seq(W, fence1(F("wmb")), W);
	const mb = or(
		seq(M, fence1(Mb), M),
		seq(M, po, and(Mb, R)),
		seq(and(Mb, W), po, M),
		seq(M, fence1(F("before_atomic")), RMW, opt(po), M),
		seq(M, opt(po), RMW, fence1(F("after_atomic")), M),
		seq(M, opt(po), LKW, fence1(F("after_spinlock")), M),
		seq(M, unlockLock, F("after_unlock_lock"), po, M),
	);
	const Sync = F("sync");
	const gp = seq(po, Sync, opt(po));
	let strong = or(mb, gp);
	const nonrw = or(strong, poRel, acqPo);
	let fence = or(nonrw, wmb, rmb);

	const dep = or(addr, data);
	const overwrite = or(co, fr);
	const toW = or(
		seq(or(dep, ctrl), W),
		and(overwrite, int),
		seq(
			addr,
			on((e) => isM(e) && isPlain(e)),
			wmb,
		),
	);
	const toR = or(seq(addr, R), seq(dep, Marked, rfi));
	const ppo = or(toR, toW, and(fence, int), and(unlockLock, int));
	const cumul = (r: Rel) => seq(opt(seq(rfe, Marked)), r);
	const rmwSequence = star(seq(rf, rmw));
	const cumulFence = seq(Marked, or(cumul(or(strong, poRel)), wmb, unlockLock), Marked, rmwSequence);
	const prop = seq(Marked, opt(and(overwrite, ext)), star(cumulFence), Marked, opt(rfe), Marked);
	const hb = seq(Marked, or(ppo, rfe, and(A.minus(prop, A.id), int)), Marked);
	if (!A.acyclic(hb)) return undefined;
	const pb = seq(prop, strong, star(hb), Marked);
	if (!A.acyclic(pb)) return undefined;

	const rscs = readerSections(events);
	const rscsi = A.make((a, b) => rscs.some(([l, u]) => at(a) === u && at(b) === l));
	const link = seq(opt(po), star(hb), star(pb), prop, po);
	let order = or(Sync, seq(Sync, link, rscsi), seq(rscsi, link, Sync));
	for (;;) {
		const next = or(
			order,
			seq(Sync, link, order, link, rscsi),
			seq(rscsi, link, order, link, Sync),
			seq(order, link, order),
		);
		if (next.every((row, i) => row === order[i])) break;
		order = next;
	}
	const rcuFence = seq(po, order, opt(po));
	fence = or(fence, rcuFence);
	strong = or(strong, rcuFence);
	const rb = seq(prop, rcuFence, star(hb), star(pb), Marked);
	if (!A.irreflexive(rb)) return undefined;

	const xbstar = star(or(hb, pb, rb));
	const vis = seq(star(cumulFence), opt(rfe), Marked, or(seq(strong, Marked, xbstar), and(xbstar, int)));
	const wPre = seq(Marked, opt(or(addr, fence)));
	const rPre = seq(Marked, opt(or(addr, nonrw, seq(R4rmb, fence1(F("rmb")), notNoreturn))));
	const wPost = seq(opt(fence), Marked, rmwSequence);
	const rPost = seq(opt(or(nonrw, seq(notNoreturn, fence1(F("rmb")), R4rmb))), Marked);
	const wwVis = or(fence, seq(strong, xbstar, wPre), seq(wPost, vis, wPre));
	const wrVis = or(fence, seq(strong, xbstar, rPre), seq(wPost, vis, rPre));
	const rwXbstar = or(fence, seq(rPost, xbstar, wPre));
	const preRace = and(
		ext,
		A.make((a, b) => isM(at(a)) && isM(at(b)) && (isPlain(at(a)) || isPlain(at(b)))),
	);
	const incoherent = or(
		and(and(preRace, rf), A.inverse(rwXbstar)),
		and(and(preRace, fr), A.inverse(wrVis)),
		and(and(preRace, co), A.inverse(wwVis)),
	);
	if (!A.empty(incoherent)) return undefined;
	const markedFirst = A.make((a) => !isPlain(at(a)));
	const markedSecond = A.make((_, b) => !isPlain(at(b)));
	const wwNonrace = and(and(wwVis, or(markedFirst, rwXbstar)), or(markedSecond, wrVis));
	const wwRace = A.minus(and(preRace, co), wwNonrace);
	const wrRace = A.minus(A.minus(and(preRace, seq(opt(co), rf)), wrVis), A.inverse(rwXbstar));
	const rwRace = A.minus(and(preRace, fr), rwXbstar);
	return { race: !A.empty(or(wwRace, wrRace, rwRace)) };
}

/** Whether po | rf | co | fr is acyclic. */
function isSequential(
	events: readonly Event[],
	rfOf: ReadonlyMap<Event, Event | undefined>,
	coOf: ReadonlyMap<string, readonly Event[]>,
): boolean {
	const A = new Algebra(events.length);
	const at = (i: number) => events[i] as Event;
	const place = (e: Event | undefined) => (e ? (coOf.get(e.at) as Event[]).indexOf(e) : -1);
	return A.acyclic(
		A.make((a, b) => {
			const x = at(a);
			const y = at(b);
			if (x.thread === y.thread && x.index < y.index) return true;
			if (x.at === "" || x.at !== y.at) return false;
			const xPlace = rfOf.has(x) ? place(rfOf.get(x)) : place(x);
			if (!rfOf.has(y)) return xPlace < place(y);
			return !rfOf.has(x) && rfOf.get(y) === x;
		}),
	);
}

function readerSections(events: readonly Event[]): [Event, Event][] {
	const sections: [Event, Event][] = [];
	const open = new Map<number, Event[]>();
	for (const event of events) {
		if (event.kind !== "F") continue;
		const stack = open.get(event.thread) ?? [];
		open.set(event.thread, stack);
		if (event.tag === "rcu_lock") stack.push(event);
		else if (event.tag === "rcu_unlock") {
			const begin = stack.pop();
			if (begin) sections.push([begin, event]);
		}
	}
	return sections;
}

function permutations<T>(items: readonly T[]): T[][] {
	if (items.length === 0) return [[]];
	return items.flatMap((item, i) =>
		permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
	);
}

function product<T>(choices: readonly (readonly T[])[]): T[][] {
	return choices.reduce<T[][]>((all, choice) => all.flatMap((prefix) => choice.map((item) => [...prefix, item])), [[]]);
}

/** Thrown for programs with more candidates than is worth the time. */
export class TooLarge extends Error {}

/** All consistent executions of a program, by brute force. Locations start at 0; locks end free. */
export function enumerate(
	program: readonly (readonly Step[])[],
	options: { sequential?: boolean; candidates: number },
): Outcome {
	let domain = [0];
	let all: Trace[][] = [];
	for (let round = 0; round < 4; round++) {
		all = program.map((steps, thread) => traces(thread, steps, domain));
		const values = new Set(domain);
		for (const event of all.flat().flatMap((trace) => trace.events)) if (event.kind === "W") values.add(event.value);
		if (values.size === domain.length) break;
		domain = [...values].filter((v) => v <= 4).sort();
		if (all.reduce((sum, t) => sum * t.length, 1) > options.candidates) throw new TooLarge();
	}
	const states = new Map<string, number>();
	let race = false;
	let candidates = 0;
	for (const combination of product(all)) {
		const events = combination.flatMap((trace) => {
			for (const [index, event] of trace.events.entries()) event.index = index;
			return trace.events;
		});
		const writes = new Map<string, Event[]>();
		for (const e of events)
			if (e.kind === "W" || e.kind === "LKW" || e.kind === "UL") writes.set(e.at, [...(writes.get(e.at) ?? []), e]);
		const reads = events.filter((e) => e.kind === "R" || e.kind === "LKR");
		const sources = reads.map((read): (Event | undefined)[] => {
			const own = (writes.get(read.at) ?? []).filter((w) =>
				read.kind === "LKR" ? w.kind === "UL" : w.value === read.value,
			);
			return read.value === 0 ? [undefined, ...own] : own;
		});
		const orders = [...writes].map(([at, of]) => permutations(of).map((order) => [at, order] as const));
		candidates += sources.reduce((n, s) => n * s.length, 1) * orders.reduce((n, o) => n * o.length, 1);
		if (candidates > options.candidates) throw new TooLarge();
		for (const choice of product(sources)) {
			const rfOf = new Map(reads.map((read, i) => [read, choice[i]]));
			if (flowsInCircles(events, rfOf)) continue;
			for (const order of product(orders)) {
				const coOf = new Map(order);
				if (!locksAreKept(rfOf, coOf)) continue;
				const judged = judge(events, rfOf, coOf);
				if (!judged || (options.sequential && !isSequential(events, rfOf, coOf))) continue;
				race ||= judged.race;
				const registers = combination.flatMap((trace, t) =>
					[...trace.registers].map(([name, value]) => `${t}:${name}=${value}`),
				);
				const memory = [...coOf]
					.filter(([, of]) => of.every((w) => w.kind === "W"))
					.map(([at, of]) => `${at}=${of.at(-1)?.value}`);
				const key = [...registers, ...memory].sort().join(";");
				states.set(key, (states.get(key) ?? 0) + 1);
			}
		}
	}
	return { states, race };
}

/** A lock is taken right after what it reads: the initial state or an unlock. */
function locksAreKept(
	rfOf: ReadonlyMap<Event, Event | undefined>,
	coOf: ReadonlyMap<string, readonly Event[]>,
): boolean {
	for (const order of coOf.values()) {
		for (const [i, write] of order.entries()) {
			const half = write.kind === "LKW" ? write.half : undefined;
			if (half && rfOf.get(half) !== order[i - 1]) return false;
			if (write.kind === "UL" && !(order[i - 1]?.kind === "LKW" && order[i - 1]?.thread === write.thread)) return false;
		}
	}
	return true;
}

function flowsInCircles(events: readonly Event[], rfOf: ReadonlyMap<Event, Event | undefined>): boolean {
	const A = new Algebra(events.length);
	return !A.acyclic(
		A.make(
			(a, b) => rfOf.get(events[b] as Event) === events[a] || (events[b] as Event).flow.includes(events[a] as Event),
		),
	);
}
