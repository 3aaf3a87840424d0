/** Whether a graph has no cycle, by taking away states that no edge leads to (Kahn 1962). */
import type { Watch } from "./limits.ts";
import type { NumberList } from "./rowTable.ts";

/** `from` and `to` are the ends of the edges, in any order. Throws `SearchEnded` at a limit of the search. */
export function isAcyclic(states: number, from: NumberList, to: NumberList, watch: Watch): boolean {
	const weigh = () => ({ states: 0, frontier: 0, bytes: (states * 4 + from.length) * 4 });
	watch.add(weigh);
	const incoming = new Int32Array(states);
	const first = new Int32Array(states + 1);
	for (let edge = 0; edge < from.length; edge++) {
		watch.work();
		incoming[to.at(edge)] = (incoming[to.at(edge)] as number) + 1;
		first[from.at(edge) + 1] = (first[from.at(edge) + 1] as number) + 1;
	}
	for (let state = 0; state < states; state++)
		first[state + 1] = (first[state + 1] as number) + (first[state] as number);
	// Edges sorted by where they begin.
	const next = first.slice();
	const ends = new Int32Array(from.length);
	for (let edge = 0; edge < from.length; edge++) {
		watch.work();
		const at = next[from.at(edge)] as number;
		next[from.at(edge)] = at + 1;
		ends[at] = to.at(edge);
	}
	const ready = new Int32Array(states);
	let waiting = 0;
	for (let state = 0; state < states; state++) if (incoming[state] === 0) ready[waiting++] = state;
	let gone = 0;
	while (waiting > 0) {
		const state = ready[--waiting] as number;
		gone++;
		for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
			watch.work();
			const end = ends[edge] as number;
			incoming[end] = (incoming[end] as number) - 1;
			if (incoming[end] === 0) ready[waiting++] = end;
		}
	}
	watch.remove(weigh);
	return gone === states;
}
