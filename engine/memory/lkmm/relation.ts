/**
 * Binary relations over at most a few hundred events, as square bit matrices: row i holds the events that event i is related to.
 * Every operation writes into a matrix that the caller owns; nothing here allocates but `relation`.
 */

/** Rows one after another, `words` 32-bit words each. */
export type Relation = Uint32Array;

/** How many events there are, and how many words a row takes. */
export interface Size {
	readonly events: number;
	readonly words: number;
}

/** The size of a relation over `events` events. */
export function sizeOf(events: number): Size {
	return { events, words: Math.max(1, (events + 31) >>> 5) };
}

/** The empty relation. */
export function relation(size: Size): Relation {
	return new Uint32Array(size.events * size.words);
}

/** The empty set of events. */
export function eventSet(size: Size): Uint32Array {
	return new Uint32Array(size.words);
}

export function add(r: Relation, size: Size, from: number, to: number): void {
	const at = from * size.words + (to >>> 5);
	r[at] = (r[at] as number) | (1 << (to & 31));
}

export function has(r: Relation, size: Size, from: number, to: number): boolean {
	return (((r[from * size.words + (to >>> 5)] as number) >>> (to & 31)) & 1) === 1;
}

export function addTo(set: Uint32Array, event: number): void {
	set[event >>> 5] = (set[event >>> 5] as number) | (1 << (event & 31));
}

export function removeFrom(set: Uint32Array, event: number): void {
	set[event >>> 5] = (set[event >>> 5] as number) & ~(1 << (event & 31));
}

export function isIn(set: Uint32Array, event: number): boolean {
	return (((set[event >>> 5] as number) >>> (event & 31)) & 1) === 1;
}

export function isEmpty(r: Relation): boolean {
	for (let i = 0; i < r.length; i++) if (r[i] !== 0) return false;
	return true;
}

/** out ∪= r */
export function unite(out: Relation, r: Relation): void {
	for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) | (r[i] as number);
}

/** out ∩= r */
export function intersect(out: Relation, r: Relation): void {
	for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) & (r[i] as number);
}

/** out ∖= r */
export function subtract(out: Relation, r: Relation): void {
	for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) & ~(r[i] as number);
}

/** out ∪= a ; b. `out` may not be `b`; it may be `a` only where `a ⊆ a ; b` is not relied on. */
export function compose(out: Relation, size: Size, a: Relation, b: Relation): void {
	const { events, words } = size;
	if (words === 1) {
		for (let i = 0; i < events; i++) {
			let bits = a[i] as number;
			let row = out[i] as number;
			while (bits !== 0) {
				const lowest = bits & -bits;
				row |= b[31 - Math.clz32(lowest)] as number;
				bits ^= lowest;
			}
			out[i] = row;
		}
		return;
	}
	for (let i = 0; i < events; i++) {
		const base = i * words;
		for (let word = 0; word < words; word++) {
			let bits = a[base + word] as number;
			while (bits !== 0) {
				const lowest = bits & -bits;
				bits ^= lowest;
				const source = ((word << 5) + 31 - Math.clz32(lowest)) * words;
				for (let k = 0; k < words; k++) out[base + k] = (out[base + k] as number) | (b[source + k] as number);
			}
		}
	}
}

/** r becomes r⁺. */
export function close(r: Relation, size: Size): void {
	const { events, words } = size;
	if (words === 1) {
		for (let k = 0; k < events; k++) {
			const row = r[k] as number;
			if (row === 0) continue;
			for (let i = 0; i < events; i++) if ((((r[i] as number) >>> k) & 1) === 1) r[i] = (r[i] as number) | row;
		}
		return;
	}
	for (let k = 0; k < events; k++) {
		const word = k >>> 5;
		const bit = k & 31;
		for (let i = 0; i < events; i++) {
			if ((((r[i * words + word] as number) >>> bit) & 1) === 0) continue;
			for (let w = 0; w < words; w++) r[i * words + w] = (r[i * words + w] as number) | (r[k * words + w] as number);
		}
	}
}

/** Whether some event is related to itself. */
export function isReflexiveSomewhere(r: Relation, size: Size): boolean {
	for (let i = 0; i < size.events; i++) if (has(r, size, i, i)) return true;
	return false;
}

/** r ∪= id */
export function addIdentity(r: Relation, size: Size): void {
	for (let i = 0; i < size.events; i++) add(r, size, i, i);
}

/** r ∖= id */
export function removeIdentity(r: Relation, size: Size): void {
	for (let i = 0; i < size.events; i++) {
		const at = i * size.words + (i >>> 5);
		r[at] = (r[at] as number) & ~(1 << (i & 31));
	}
}

/** Keeps the pairs that start in `from` and end in `to`. */
export function restrict(r: Relation, size: Size, from: Uint32Array | undefined, to: Uint32Array | undefined): void {
	const { events, words } = size;
	for (let i = 0; i < events; i++) {
		const keep = from === undefined || isIn(from, i);
		for (let w = 0; w < words; w++) {
			const at = i * words + w;
			r[at] = keep ? (r[at] as number) & (to === undefined ? -1 : (to[w] as number)) : 0;
		}
	}
}

/** out ∪= r⁻¹ */
export function invert(out: Relation, size: Size, r: Relation): void {
	for (let i = 0; i < size.events; i++) {
		for (let j = 0; j < size.events; j++) if (has(r, size, i, j)) add(out, size, j, i);
	}
}

/** The pairs of a relation, in order of their first event. */
export function pairsOf(r: Relation, size: Size): [number, number][] {
	const pairs: [number, number][] = [];
	for (let i = 0; i < size.events; i++) {
		for (let j = 0; j < size.events; j++) if (has(r, size, i, j)) pairs.push([i, j]);
	}
	return pairs;
}

/** A shortest cycle of `r` as its events in order, or undefined when `r` is acyclic. */
export function shortestCycle(r: Relation, size: Size): number[] | undefined {
	let best: number[] | undefined;
	for (let start = 0; start < size.events; start++) {
		const from = new Int32Array(size.events).fill(-1);
		const queue = [start];
		for (let head = 0; head < queue.length && from[start] === -1; head++) {
			const at = queue[head] as number;
			for (let to = 0; to < size.events; to++) {
				if (from[to] !== -1 || !has(r, size, at, to)) continue;
				from[to] = at;
				queue.push(to);
			}
		}
		if (from[start] === -1) continue;
		const cycle = [start];
		for (let at = from[start] as number; at !== start; at = from[at] as number) cycle.push(at);
		cycle.reverse();
		if (!best || cycle.length < best.length) best = cycle;
	}
	return best;
}
