/**
 * What must happen before a read that was put off: whatever comes before each of the writes that it can still read from. So the
 * contradictions in a way of going on show before all of it is decided.
 */
import { notYet } from "./communication.ts";
import { gatesOf, isPutOff, isRead, isWrite, mayBeAt } from "./prospects.ts";
import { add, addTo, eventSet, has, isIn, type Relation, relation, type Size } from "./relation.ts";
import { isBefore, type Skeleton } from "./skeleton.ts";
import { type EventKey, indexOfKey, keyOf, type State, threadOfKey } from "./state.ts";

/** Pairs of events that are in happens-before in every execution that a state becomes, and not in `happensBeforeStar`; undefined: none. */
export function inferredOrder(state: State, skeleton: Skeleton, happensBeforeStar: Relation): Relation | undefined {
	const { size, denseOf, marked } = skeleton;
	let found: Relation | undefined;
	for (const [thread, { path, location, rf }] of state.parts.entries()) {
		for (const [index, event] of path.events.entries()) {
			if (!isRead(event) || rf[index] !== notYet || (location[index] as number) < 0) continue;
			const key = keyOf(thread, index);
			const read = denseOf[thread]?.[index] as number;
			if (!isPutOff(state, key) || !isIn(marked, read)) continue;
			const before = beforeAllSources(state, key, skeleton, happensBeforeStar);
			if (!before) continue;
			for (let other = 0; other < size.events; other++) {
				if (!isIn(before, other) || other === read || has(happensBeforeStar, size, other, read)) continue;
				found ??= relation(size);
				add(found, size, other, read);
			}
		}
	}
	return found;
}

/** What comes before, or is, each write that a read can still read from; undefined when that is nothing. */
function beforeAllSources(
	state: State,
	read: EventKey,
	skeleton: Skeleton,
	happensBeforeStar: Relation,
): Uint32Array | undefined {
	const { size, denseOf, marked } = skeleton;
	const location = state.locationOf(read);
	const reader = threadOfKey(read);
	const address = state.program.locations[location]?.address as number;
	const own = state.event(read);
	const dense = (thread: number, index: number) => denseOf[thread]?.[index] as number;
	const target = dense(reader, indexOfKey(read));
	let common: Uint32Array | undefined;
	const meet = (events: readonly number[]) => {
		const before = upTo(events, happensBeforeStar, size);
		if (!common) common = before;
		else for (let w = 0; w < size.words; w++) common[w] = (common[w] as number) & (before[w] as number);
	};
	for (const [thread, { path, location: locations, placed }] of state.parts.entries()) {
		const { events, end } = path;
		for (const [index, event] of events.entries()) {
			if (!isWrite(event) || placed[index] === 1) continue;
			if (!mayBeAt(state, event, locations[index] as number, location)) continue;
			const write = dense(thread, index);
			// Its own thread's writes are read without happens-before.
			if (thread === reader) {
				if (isBefore(event, own, index)) return undefined;
				continue;
			}
			if (has(happensBeforeStar, size, target, write)) continue;
			if (!isIn(marked, write)) return undefined;
			meet([write]);
		}
		if (thread === reader || end.kind !== "choice" || !end.mayWrite(address)) continue;
		if (end.mayWritePlainly(address)) return undefined;
		const { always, condition } = gatesOf(path);
		const gates = end.mayRunAhead(address) ? always : [...always, ...condition];
		meet(gates.map((index) => dense(thread, index)).filter((gate) => isIn(marked, gate)));
	}
	return common?.some((word) => word !== 0) ? common : undefined;
}

/** These events and what happens before them. */
function upTo(events: readonly number[], happensBeforeStar: Relation, size: Size): Uint32Array {
	const result = eventSet(size);
	for (const event of events) addTo(result, event);
	for (let other = 0; other < size.events; other++) {
		if (events.some((event) => has(happensBeforeStar, size, other, event))) addTo(result, other);
	}
	return result;
}
