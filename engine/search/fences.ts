/** The full barriers that forbid a weak counterexample: each offer has been searched and found safe. */
import type { Instruction, Program } from "../program/program.ts";
import type { ExecutionGraph } from "../verdict/executionGraph.ts";
import type { Location } from "../verdict/verdict.ts";
import type { ExploreOptions } from "./explore.ts";
import { exploreExecutions } from "./exploreUnderLkmm.ts";

/** `smp_mb();` before each of these statements makes the program safe. */
export interface FenceOffer {
	readonly before: readonly { readonly thread: string; readonly location: Location }[];
}

interface Gap {
	readonly thread: number;
	readonly location: Location;
}

/** Barriers that are put in at once, at the most: a Dekker needs two. */
const barriersMaximum = 2;

/**
 * The smallest sets of full barriers, at the unordered steps of the counterexample's cycle, that make the program safe. Empty
 * when the graph has no cycle, or when no such set is enough.
 */
export function fencesThatForbid(
	program: Program,
	graph: ExecutionGraph,
	options: ExploreOptions,
): readonly FenceOffer[] {
	const gaps = gapsOf(graph);
	for (let size = 1; size <= Math.min(barriersMaximum, gaps.length); size++) {
		const offers = subsets(gaps, size).filter((chosen) => {
			const fenced = chosen.reduce(withFence, program);
			return exploreExecutions(fenced, options).verdict === "safe";
		});
		if (offers.length === 0) continue;
		return offers.map((chosen) => ({
			before: chosen.map(({ thread, location }) => ({ thread: program.threads[thread]?.name ?? "", location })),
		}));
	}
	return [];
}

/** Where two accesses of one thread stand in the cycle that nothing orders. */
function gapsOf(graph: ExecutionGraph): Gap[] {
	const gaps = new Map<string, Gap>();
	for (const { kind, ordering, to } of graph.cycle ?? []) {
		const event = graph.events[to];
		if (kind !== "po" || ordering || !event?.at) continue;
		gaps.set(`${event.thread}:${event.at.file}:${event.at.line}:${event.at.column}`, {
			thread: event.thread,
			location: event.at,
		});
	}
	return [...gaps.values()];
}

function subsets<T>(items: readonly T[], size: number): T[][] {
	if (size === 0) return [[]];
	return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

/** The program with a full barrier before every access that stands at the gap. */
function withFence(program: Program, { thread, location }: Gap): Program {
	const isThere = ({ site }: Instruction) => {
		const at = program.sites[site]?.location;
		return at?.file === location.file && at.line === location.line && at.column === location.column;
	};
	const threads = program.threads.map((each, index) => {
		if (index !== thread) return each;
		// The first instruction of the statement gets the barrier; jumps to it go through the barrier as well.
		const { instructions } = each;
		const first = instructions.findIndex(isThere);
		if (first < 0) return each;
		const at = instructions.length;
		const through = (pc: number) => (pc === first ? at : pc);
		const moved = instructions.map((instruction): Instruction => {
			if (instruction.kind === "end") return instruction;
			if (instruction.kind === "branch") {
				return { ...instruction, then: through(instruction.then), otherwise: through(instruction.otherwise) };
			}
			return { ...instruction, next: through(instruction.next) };
		});
		const site = (instructions[first] as Instruction).site;
		const fence: Instruction = { kind: "fence", fence: "mb", next: first, site, glued: false };
		return { ...each, entry: through(each.entry), instructions: [...moved, fence] };
	});
	return { ...program, threads };
}
