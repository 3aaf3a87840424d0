/** Coherence: the accesses of one location by one thread agree with the order of its writes. */
import { type Communication, fromInitial, notYet } from "./communication.ts";
import { has, isIn } from "./relation.ts";
import type { Skeleton } from "./skeleton.ts";

/** Whether po-loc | rf | co | fr is acyclic: positions in coherence order never go down along a thread's accesses of a location. */
export function isCoherent(skeleton: Skeleton, { rf, location, position }: Communication): boolean {
	const { size, writes, reads, threadOf, po } = skeleton;
	for (let a = 0; a < size.events; a++) {
		const place = location[a] as number;
		if (place < 0) continue;
		const first = placeOf(a);
		if (first < 0) continue;
		for (let b = a + 1; b < size.events && threadOf[b] === threadOf[a]; b++) {
			if (location[b] !== place) continue;
			const second = placeOf(b);
			if (second < 0) continue;
			const strict = isIn(writes, b);
			if (
				has(po, size, a, b)
					? strict
						? first >= second
						: first > second
					: has(po, size, b, a) && (isIn(writes, a) ? second >= first : second > first)
			) {
				return false;
			}
		}
	}
	return true;

	/** Position of the write, or of the write read from; -1 when it is not known yet. */
	function placeOf(event: number): number {
		if (isIn(writes, event)) return position[event] === 0 ? -1 : (position[event] as number);
		if (!isIn(reads, event)) return -1;
		const source = rf[event] as number;
		if (source === notYet) return -1;
		if (source === fromInitial) return 0;
		return position[source] === 0 ? -1 : (position[source] as number);
	}
}
