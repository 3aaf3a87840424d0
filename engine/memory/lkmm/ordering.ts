/**
 * What the relations of a consistent partial execution say of how it may go on. They only gain pairs, so what contradicts them now
 * contradicts them for good: such ways need not be tried.
 */
import type { Relations } from "./axioms.ts";
import { compose, has, isIn, type Relation, relation, removeIdentity, restrict, unite } from "./relation.ts";
import { type EventKey, indexOfKey, threadOfKey } from "./state.ts";

export interface Ordering {
	/** Whether `first` takes effect before `second` is there to be read: it does not read from it. Of different threads. */
	readonly isBefore: (first: EventKey, second: EventKey) => boolean;
	/** Whether `write` has reached the thread of `access` before the access: which is not before the write in coherence order. */
	readonly isVisibleTo: (write: EventKey, access: EventKey) => boolean;
}

/** The ordering of an execution that `relations` have just found consistent; valid until they take up another. */
export function orderingOf(relations: Relations): Ordering {
	const { skeleton, happensBeforeStar, bounds } = relations;
	const { size, plain, threadOf, denseOf, reads } = skeleton;
	const visible = visibleTo(relations);
	const dense = (key: EventKey) => denseOf[threadOfKey(key)]?.[indexOfKey(key)] ?? -1;
	const related = (r: Relation, first: number, second: number) =>
		first >= 0 && second >= 0 && threadOf[first] !== threadOf[second] && has(r, size, first, second);
	return {
		isBefore(first, second) {
			const [a, b] = [dense(first), dense(second)];
			return related(happensBeforeStar, a, b) || (bounds !== undefined && related(bounds.readWrite, a, b));
		},
		isVisibleTo(write, access) {
			const [a, b] = [dense(write), dense(access)];
			if (related(visible, a, b)) return true;
			if (!bounds || a < 0 || b < 0 || !(isIn(plain, a) || isIn(plain, b))) return false;
			return related(isIn(reads, b) ? bounds.writeRead : bounds.writeWrite, a, b);
		},
	};
}

/**
 * Writes with the events that coherence may not put before them: from there the write would be overwritten, and a cycle of
 * happens-before (inside of the event's thread) or of propagates-before (through a strong fence) would be closed.
 */
function visibleTo({ skeleton, cumulFenceStar, rfe, strongFence, happensBeforeStar }: Relations): Relation {
	const { size, threadOf, ofThread, marked, hasPlain } = skeleton;
	const reached = cumulFenceStar.slice();
	compose(reached, size, cumulFenceStar, rfe);
	if (hasPlain) restrict(reached, size, marked, marked);
	const onwards = relation(size);
	compose(onwards, size, strongFence, happensBeforeStar);
	const inside = happensBeforeStar.slice();
	for (let event = 0; event < size.events; event++) {
		const own = ofThread[threadOf[event] as number] as Uint32Array;
		for (let w = 0; w < size.words; w++)
			inside[event * size.words + w] = (inside[event * size.words + w] as number) & (own[w] as number);
	}
	removeIdentity(inside, size);
	unite(onwards, inside);
	const result = relation(size);
	compose(result, size, reached, onwards);
	return result;
}
