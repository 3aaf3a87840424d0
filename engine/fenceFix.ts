/**
 * The barriers that would forbid a weak counterexample. Candidates stand between the accesses of the cycle's steps that the model does
 * not keep; each is put into the text, and what is offered is what a search of that very text has found to be safe.
 */

import { LineTable } from "./language/print.ts";
import { statementPlace } from "./language/statementPlaces.ts";
import type { SourceTree } from "./language/syntax.ts";
import type { ExecutionGraph, GraphEvent } from "./verdict/executionGraph.ts";
import type { CheckResult, FenceFix, FenceInsertion, Location } from "./verdict/verdict.ts";

/** Searches for one set of barriers, at the most. */
export const fenceSearchesMax = 48;
/** Time that is spent on one race, in seconds, unless nothing else waits for it. */
export const fenceSecondsMax = 20;
/** Barriers that a fix may need together. */
export const fencesMax = 4;
/** Fixes that are offered. */
export const fenceFixesMax = 3;

/** What was found, and whether that is all: no limit ended the attempt, and nobody. */
export interface FenceFixes {
	readonly fixes: readonly FenceFix[];
	readonly isComplete: boolean;
}

/** A text whose statements barriers can come between. */
export type FencedText = Pick<SourceTree, "text" | "items">;

export interface FenceSearch {
	/** The result of the check in a text; undefined when the text has errors or cannot be searched. */
	readonly search: (text: string) => { readonly result: CheckResult } | undefined;
	readonly cancelled?: () => boolean;
}

type Fence = FenceInsertion["fence"];

/** What a barrier costs, for comparison: one that orders stores or loads alone is the weaker. */
const costs: Readonly<Record<Fence, number>> = { smp_wmb: 1, smp_rmb: 1, smp_mb: 3 };

interface Candidate {
	readonly insertions: readonly FenceInsertion[];
	readonly cost: number;
}

/**
 * Sets of barriers, each of which makes the check safe, the weakest first; none when no barrier between statements of the file
 * helps, or when the search was cancelled. `tree` is the searched file's, `race` the check's result.
 */
export function fenceFixes(tree: FencedText, race: CheckResult, options: FenceSearch): FenceFixes {
	if (!race.graph) return { fixes: [], isComplete: true };
	const found: Candidate[] = [];
	const seen = new Set<string>();
	const waiting: Candidate[] = [];
	const put = (candidates: readonly Candidate[]) => {
		for (const candidate of candidates) {
			const key = candidate.insertions
				.map(({ pos, fence }) => `${pos} ${fence}`)
				.sort()
				.join(",");
			if (seen.has(key)) continue;
			seen.add(key);
			waiting.push(candidate);
		}
		waiting.sort((a, b) => a.cost - b.cost);
	};
	put(extended({ insertions: [], cost: 0 }, tree, race.graph, race.file));
	let isComplete = true;
	for (let searches = 0; found.length < fenceFixesMax; searches++) {
		const candidate = waiting.shift();
		if (!candidate) break;
		if (searches >= fenceSearchesMax || options.cancelled?.()) {
			isComplete = false;
			break;
		}
		if (found.some((one) => isStronger(candidate, one))) continue;
		const tried = options.search(inserted(tree.text, candidate.insertions));
		if (!tried) continue;
		if (tried.result.verdict === "inconclusive") isComplete = false;
		if (tried.result.verdict === "safe") found.push(candidate);
		else if (tried.result.graph && candidate.insertions.length < fencesMax)
			put(extended(candidate, tree, tried.result.graph, race.file));
	}
	const fixes = found.map(({ insertions }) => ({ insertions: [...insertions].sort((a, b) => a.pos - b.pos) }));
	return { fixes, isComplete };
}

/** The text with the barriers in their places. */
export function inserted(text: string, insertions: readonly FenceInsertion[]): string {
	return [...insertions]
		.sort((a, b) => b.pos - a.pos)
		.reduce((before, { pos, text: line }) => before.slice(0, pos) + line + before.slice(pos), text);
}

/** Whether a set does what another does already: as many barriers or more, none weaker, in the same threads. */
function isStronger(candidate: Candidate, fix: Candidate): boolean {
	return (
		candidate.cost >= fix.cost &&
		fix.insertions.every((one) =>
			candidate.insertions.some((other) => other.thread === one.thread && costs[other.fence] >= costs[one.fence]),
		)
	);
}

/** A set of barriers with one more, for each step of a cycle that is not kept. */
function extended(candidate: Candidate, tree: FencedText, graph: ExecutionGraph, file: string): Candidate[] {
	const lines = new LineTable(tree.text);
	const shifted = new LineTable(inserted(tree.text, candidate.insertions));
	/** The offset, in the text without the barriers, of a place in the text with them. */
	const original = ({ line, column }: Location) => {
		let offset = shifted.offset(line, column);
		for (const { pos, text } of [...candidate.insertions].sort((a, b) => a.pos - b.pos)) {
			if (offset >= pos + text.length) offset -= text.length;
		}
		return offset;
	};
	return (graph.cycle ?? []).flatMap((step) => {
		if (step.kind !== "po" || step.ordering) return [];
		const [first, second] = [graph.events[step.from], graph.events[step.to]];
		if (!first || !second) return [];
		const places = placesBetween(first, second, file).flatMap(([location, side]) => {
			const place = statementPlace(tree, original(location), side);
			return place ? [place] : [];
		});
		const thread = graph.threads[first.thread]?.name ?? "";
		return places.flatMap(({ pos, lineOf, before }) =>
			fencesFor(first, second).map((fence): Candidate => {
				const insertion = {
					fence,
					file,
					line: lines.position(pos).line,
					pos,
					text: lineOf(`${fence}();`),
					before,
					thread,
				};
				return { insertions: [...candidate.insertions, insertion], cost: candidate.cost + costs[fence] };
			}),
		);
	});
}

/** Barriers that would keep this order, the weakest first. */
function fencesFor(first: GraphEvent, second: GraphEvent): readonly Fence[] {
	if (first.kind === "write" && second.kind === "write") return ["smp_wmb", "smp_mb"];
	if (first.kind === "read" && second.kind === "read") return ["smp_rmb", "smp_mb"];
	return ["smp_mb"];
}

/** Where something could come between two accesses: in the function, or the thread's own body, in which their ways part. */
function placesBetween(
	first: GraphEvent,
	second: GraphEvent,
	file: string,
): (readonly [Location, "above" | "below"])[] {
	const way = ({ calls = [], at }: GraphEvent) => [...calls, ...(at ? [at] : [])];
	const [one, other] = [way(first), way(second)];
	const level = one.findIndex((place, index) => !isSame(place, other[index]));
	const [from, to] = [one[level], other[level]];
	return from && to && from.file === file && to.file === file
		? [
				[to, "above"],
				[from, "below"],
			]
		: [];
}

const isSame = (a: Location, b: Location | undefined) =>
	a.file === b?.file && a.line === b.line && a.column === b.column;
