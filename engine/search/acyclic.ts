/** Whether a graph has no cycle, by taking away states that no edge leads to (Kahn 1962). */
import type { NumberList } from "./rowTable.ts";

/** `from` and `to` are the ends of the edges, in any order. */
export function isAcyclic(states: number, from: NumberList, to: NumberList): boolean {
	const incoming = new Int32Array(states);
	const first = new Int32Array(states + 1);
	for (let edge = 0; edge < from.length; edge++) {
		incoming[to.at(edge)] = (incoming[to.at(edge)] as number) + 1;
		first[from.at(edge) + 1] = (first[from.at(edge) + 1] as number) + 1;
	}
	for (let state = 0; state < states; state++)
		first[state + 1] = (first[state + 1] as number) + (first[state] as number);
	// Edges sorted by where they begin.
	const next = first.slice();
	const ends = new Int32Array(from.length);
	for (let edge = 0; edge < from.length; edge++) {
		const at = next[from.at(edge)] as number;
		next[from.at(edge)] = at + 1;
		ends[at] = to.at(edge);
	}
	const ready: number[] = [];
	for (let state = 0; state < states; state++) if (incoming[state] === 0) ready.push(state);
	let gone = 0;
	for (let state = ready.pop(); state !== undefined; state = ready.pop()) {
		gone++;
		for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
			const end = ends[edge] as number;
			incoming[end] = (incoming[end] as number) - 1;
			if (incoming[end] === 0) ready.push(end);
		}
	}
	return gone === states;
}
