/** Plain accesses: plain coherence, data races and mixed accesses, as linux-kernel.cat defines them; and its other flags. */
import type { PlainBounds, Relations } from "./axioms.ts";
import type { Communication } from "./communication.ts";
import { addIdentity, close, compose, has, isIn, type Relation, relation, restrict, unite } from "./relation.ts";
import type { Skeleton } from "./skeleton.ts";
import { EventKind } from "./thread.ts";

/** What herd7 reports beside the verdict. */
export type Flag =
	| "data-race"
	| "mixed-accesses"
	| "mixed-lock-accesses"
	| "multiple-srcu-matches"
	| "srcu-bad-value-match"
	| "unmatched-srcu-lock"
	| "unmatched-srcu-unlock"
	| "unmatched-rcu-lock"
	| "unmatched-rcu-unlock"
	| "unmatched-unlock"
	| "invalid-sleep";

/** Two accesses that race, by their events. */
export interface Race {
	readonly kind: "write-write" | "write-read" | "read-write";
	readonly first: number;
	readonly second: number;
}

/** What plain accesses do to an execution that is otherwise consistent. */
export interface PlainVerdict {
	/** plain-coherence holds. */
	readonly consistent: boolean;
	readonly races: readonly Race[];
}

const noRaces: PlainVerdict = { consistent: true, races: [] };

function seq(skeleton: Skeleton, a: Relation, b: Relation): Relation {
	const out = relation(skeleton.size);
	compose(out, skeleton.size, a, b);
	return out;
}

function either(...relations: Relation[]): Relation {
	const out = (relations[0] as Relation).slice();
	for (const r of relations.slice(1)) unite(out, r);
	return out;
}

/** The bounds and visibility relations of linux-kernel.cat's last part. */
function visibility(relations: Relations): PlainBounds {
	const { skeleton } = relations;
	const { size, marked } = skeleton;
	const identity = relation(size);
	addIdentity(identity, size);
	const markedIdentity = identity.slice();
	restrict(markedIdentity, size, marked, marked);
	const xbstar = either(relations.happensBefore, relations.propagatesBefore, relations.rcuBefore);
	close(xbstar, size);
	addIdentity(xbstar, size);
	const strong = either(relations.strongFence, relations.rcuFence);
	// What orders locks with smp_mb__after_unlock_lock() across threads is a strong fence too.
	const nonReadWrite = either(skeleton.nonReadWriteFence, relations.strongFence);
	const fence = either(nonReadWrite, skeleton.writeFence, skeleton.readFence, relations.rcuFence);
	const internal = xbstar.slice();
	for (let event = 0; event < size.events; event++) {
		const own = skeleton.ofThread[skeleton.threadOf[event] as number] as Uint32Array;
		for (let w = 0; w < size.words; w++)
			internal[event * size.words + w] = (internal[event * size.words + w] as number) & (own[w] as number);
	}
	const strongToMarked = strong.slice();
	restrict(strongToMarked, size, undefined, marked);
	const seen = either(seq(skeleton, strongToMarked, xbstar), internal);
	restrict(seen, size, marked, undefined);
	const vis = seq(skeleton, relations.cumulFenceStar, either(seen, seq(skeleton, relations.rfe, seen)));
	const from = (r: Relation): Relation => {
		const out = either(identity, r);
		restrict(out, size, marked, undefined);
		return out;
	};
	const to = (r: Relation): Relation => {
		const out = either(identity, r);
		restrict(out, size, undefined, marked);
		return out;
	};
	const writePre = from(either(relations.address, fence));
	const readPre = from(either(relations.address, nonReadWrite, skeleton.readFenceToAny));
	let writePost = to(fence);
	if (relations.rmwSequence) writePost = either(writePost, seq(skeleton, writePost, relations.rmwSequence));
	const readPost = to(either(nonReadWrite, skeleton.readFenceFromAny));
	const boundedVis = seq(skeleton, writePost, vis);
	const strongXb = seq(skeleton, strong, xbstar);
	return {
		writeWrite: either(fence, seq(skeleton, strongXb, writePre), seq(skeleton, boundedVis, writePre)),
		writeRead: either(fence, seq(skeleton, strongXb, readPre), seq(skeleton, boundedVis, readPre)),
		readWrite: either(fence, seq(skeleton, seq(skeleton, readPost, xbstar), writePre)),
	};
}

/** Whether plain accesses leave the execution possible, and which of them race. Needs the relations of a consistent execution. */
export function judgePlainAccesses(relations: Relations): PlainVerdict {
	const { skeleton } = relations;
	if (!skeleton.hasPlain) return noRaces;
	const { size, plain, threadOf, marked } = skeleton;
	relations.bounds = visibility(relations);
	const { writeWrite, writeRead, readWrite } = relations.bounds;
	const races: Race[] = [];
	const coThenRf = either(relations.rf, seq(skeleton, relations.co, relations.rf));
	for (let x = 0; x < size.events; x++) {
		for (let y = 0; y < size.events; y++) {
			if (threadOf[x] === threadOf[y] || !(isIn(plain, x) || isIn(plain, y))) continue;
			if (has(relations.rf, size, x, y) && has(readWrite, size, y, x)) return { consistent: false, races: [] };
			if (has(relations.fr, size, x, y)) {
				if (has(writeRead, size, y, x)) return { consistent: false, races: [] };
				if (!has(readWrite, size, x, y)) races.push({ kind: "read-write", first: x, second: y });
			}
			if (has(relations.co, size, x, y)) {
				if (has(writeWrite, size, y, x)) return { consistent: false, races: [] };
				const ordered =
					has(writeWrite, size, x, y) &&
					(isIn(marked, x) || has(readWrite, size, x, y)) &&
					(isIn(marked, y) || has(writeRead, size, x, y));
				if (!ordered) races.push({ kind: "write-write", first: x, second: y });
			}
			if (has(coThenRf, size, x, y) && !has(writeRead, size, x, y) && !has(readWrite, size, y, x)) {
				races.push({ kind: "write-read", first: x, second: y });
			}
		}
	}
	return { consistent: true, races };
}

/** herd7's flags for a complete, consistent execution. `eventValue` is the value that an event reads or writes. */
export function flagsOf(
	relations: Relations,
	execution: Communication,
	races: readonly Race[],
	eventValue: (event: number) => number,
): Set<Flag> {
	const { skeleton } = relations;
	const flags = new Set<Flag>();
	if (races.length > 0) flags.add("data-race");
	if (hasMixedAccesses(skeleton, execution.location)) flags.add("mixed-accesses");
	if (hasMixedLockAccesses(skeleton, execution.location)) flags.add("mixed-lock-accesses");
	if (skeleton.unmatchedReaderLock) flags.add("unmatched-rcu-lock");
	if (skeleton.unmatchedReaderUnlock) flags.add("unmatched-rcu-unlock");
	for (const unlock of skeleton.unlocks) if (execution.position[unlock] === 0) flags.add("unmatched-unlock");
	flagSleepableSections(relations, eventValue, flags);
	const { po, size } = skeleton;
	for (const [lock, unlock] of skeleton.readerSections) {
		if (skeleton.sleepableGracePeriods.some((gp) => has(po, size, lock, gp) && has(po, size, gp, unlock)))
			flags.add("invalid-sleep");
	}
	return flags;
}

function flagSleepableSections(
	{ skeleton, sleepableSections }: Relations,
	eventValue: (event: number) => number,
	flags: Set<Flag>,
): void {
	const count = (side: 0 | 1, event: number) => sleepableSections.filter((section) => section[side] === event).length;
	if (skeleton.sleepableLocks.some((lock) => count(0, lock) === 0)) flags.add("unmatched-srcu-lock");
	if (skeleton.sleepableUnlocks.some((unlock) => count(1, unlock) === 0)) flags.add("unmatched-srcu-unlock");
	// One lock with two unlocks; a lock's value may well reach an unlock by two ways.
	if (skeleton.sleepableLocks.some((lock) => count(0, lock) > 1)) flags.add("multiple-srcu-matches");
	if (sleepableSections.some(([lock, unlock]) => eventValue(lock) !== eventValue(unlock)))
		flags.add("srcu-bad-value-match");
}

function hasMixedAccesses(skeleton: Skeleton, location: Int16Array): boolean {
	const { size, plain, writes, marked, po, compilerBarrier } = skeleton;
	if (!skeleton.hasPlain) return false;
	for (let a = 0; a < size.events; a++) {
		for (let b = 0; b < size.events; b++) {
			if ((location[a] as number) < 0 || location[a] !== location[b]) continue;
			if (!has(po, size, a, b) || has(compilerBarrier, size, a, b)) continue;
			const plainThenMarked = isIn(plain, a) && isIn(writes, a) && isIn(marked, b);
			const markedThenPlain = isIn(marked, a) && isIn(plain, b) && isIn(writes, b);
			if (plainThenMarked || markedThenPlain) return true;
		}
	}
	return false;
}

function hasMixedLockAccesses(skeleton: Skeleton, location: Int16Array): boolean {
	const ordinary = new Set<number>();
	const special = new Set<number>();
	for (const [index, event] of skeleton.events.entries()) {
		const place = location[index] as number;
		if (place < 0) continue;
		const isOrdinary = event.kind <= EventKind.Write && event.tag !== "srcu";
		(isOrdinary ? ordinary : special).add(place);
	}
	return [...ordinary].some((place) => special.has(place));
}
