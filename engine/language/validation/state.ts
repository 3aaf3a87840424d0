/** What is certain at one place of a body, whichever way control came there: contexts, locks, and what has happened before. */

/** The call that brought a context about. */
export interface Origin {
	readonly name: string;
	readonly pos: number;
}

export type Counted = "rcu" | "preempt" | "spin";
export type Context = Counted | "irq";

/**
 * Of a thread, counts are absolute and never negative. Of a function they are relative to its caller.
 * Contexts are lower bounds; counts of locks are exact, or "unknown".
 */
export interface State {
	readonly depth: Readonly<Record<Counted, number>>;
	/** Interrupts: as the caller left them, certainly off, or not known. */
	readonly irq: "same" | "off" | "unknown";
	readonly origins: Readonly<Partial<Record<Context, Origin>>>;
	/** Locks held of each class (field or object); one that is not listed is `others`. */
	readonly locks: ReadonlyMap<string, number | "unknown">;
	readonly others: 0 | "unknown";
	/** What has happened on every path: "sleep", "unlock CLASS" and "assert CLASS" where the count was the caller's. */
	readonly happened: ReadonlySet<string>;
}

export const start: State = {
	depth: { rcu: 0, preempt: 0, spin: 0 },
	irq: "same",
	origins: {},
	locks: new Map(),
	others: 0,
	happened: new Set(),
};

/** How many locks of a class are held; of no class: not known. */
export function heldOf(state: State, lockClass: string | undefined): number | "unknown" {
	return lockClass === undefined ? "unknown" : (state.locks.get(lockClass) ?? state.others);
}

/** What is certain where two paths meet. Undefined: no path leads there. */
export function join(one: State | undefined, two: State | undefined): State | undefined {
	if (!one || !two || one === two) return one ?? two;
	const others = one.others === two.others ? one.others : "unknown";
	const locks = new Map<string, number | "unknown">();
	for (const lockClass of new Set([...one.locks.keys(), ...two.locks.keys()])) {
		const held = heldOf(one, lockClass);
		locks.set(lockClass, held === heldOf(two, lockClass) ? held : "unknown");
	}
	const least = (context: Counted) => Math.min(one.depth[context], two.depth[context]);
	return {
		depth: { rcu: least("rcu"), preempt: least("preempt"), spin: least("spin") },
		irq: one.irq === two.irq ? one.irq : "unknown",
		origins: { ...two.origins, ...one.origins },
		locks,
		others,
		happened: new Set([...one.happened].filter((event) => two.happened.has(event))),
	};
}

export function sameState(one: State | undefined, two: State | undefined): boolean {
	if (!one || !two) return one === two;
	const key = (state: State) =>
		JSON.stringify([state.depth, state.irq, [...state.locks].sort(), state.others, [...state.happened].sort()]);
	return key(one) === key(two);
}

/** The state with so many more (or fewer) levels of a context; a thread cannot leave what it is not in. */
export function deepen(
	state: State,
	context: Counted,
	change: number,
	absolute: boolean,
	origin: Origin | undefined,
): State {
	const depth = state.depth[context] + change;
	return {
		...state,
		depth: { ...state.depth, [context]: absolute ? Math.max(0, depth) : depth },
		...(origin && change > 0 && state.depth[context] <= 0 && { origins: { ...state.origins, [context]: origin } }),
	};
}

/** The state with one lock more or fewer of a class; of an unknown one nothing is certain any more. */
export function count(
	state: State,
	lockClass: string | undefined,
	change: number | "unknown",
	absolute: boolean,
): State {
	if (lockClass === undefined) return { ...state, locks: new Map(), others: "unknown" };
	const held = heldOf(state, lockClass);
	const sum = held === "unknown" || change === "unknown" ? "unknown" : held + change;
	return {
		...state,
		locks: new Map(state.locks).set(lockClass, absolute && sum !== "unknown" ? Math.max(0, sum) : sum),
	};
}

export function happen(state: State, event: string): State {
	return state.happened.has(event) ? state : { ...state, happened: new Set(state.happened).add(event) };
}

/** The context, certain here, in which nobody may sleep. */
export function atomicContext(state: State): Context | undefined {
	if (state.depth.rcu > 0) return "rcu";
	if (state.depth.spin > 0) return "spin";
	if (state.irq === "off") return "irq";
	return state.depth.preempt > 0 ? "preempt" : undefined;
}

/** Whether the caller's contexts are certainly still there. */
export function keepsContexts(state: State): boolean {
	return state.depth.rcu >= 0 && state.depth.spin >= 0 && state.depth.preempt >= 0 && state.irq !== "unknown";
}
