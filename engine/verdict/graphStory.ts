/** What the cycle of a weak execution means, in words. */
import type { CycleStep, GraphEdge, GraphEvent, GraphThread } from "./executionGraph.ts";

/** "khugepaged (CPU1)"; a litmus test's processes have no CPU of their own. */
export function threadWords(thread: GraphThread | undefined): string {
	if (!thread) return "";
	return thread.cpu === undefined ? thread.name : `${thread.name} (CPU${thread.cpu})`;
}

/**
 * A sentence for each step of program order in the cycle that is not kept: what is seen the wrong way round, and what would have had to
 * stand between.
 */
export function storyOf(
	cycle: readonly CycleStep[],
	events: readonly GraphEvent[],
	threads: readonly GraphThread[],
	edges: readonly GraphEdge[],
): string[] {
	return cycle.flatMap((step) => {
		if (step.kind !== "po" || step.ordering) return [];
		const [first, second] = [events[step.from], events[step.to]];
		if (!first || !second) return [];
		const isControlled = edges.some(
			({ kind, from, to }) => kind === "control" && from === first.id && to === second.id,
		);
		return [`${insideOut(first, second, threads)}, allowed because ${reason(first, second, isControlled)}.`];
	});
}

const isWrite = ({ kind }: GraphEvent) => kind === "write" || kind === "unlock";

/** "reader (CPU1) reads data before it reads flag": two accesses against their program order. */
function insideOut(first: GraphEvent, second: GraphEvent, threads: readonly GraphThread[]): string {
	const who = threadWords(threads[first.thread]);
	const one = first.location ?? first.text;
	const other = second.location ?? second.text;
	if (isWrite(first)) {
		return isWrite(second)
			? `${who} writes ${one} and then ${other}, but others see ${other} change first`
			: `${who} reads ${other} before others see its write to ${one}`;
	}
	return isWrite(second)
		? `Others see ${who} write ${other} before it has read ${one}`
		: `${who} reads ${other} before it reads ${one}`;
}

function reason(first: GraphEvent, second: GraphEvent, isControlled: boolean): string {
	if (first.marking === "plain" || second.marking === "plain")
		return "nothing orders the two, and plain accesses are the compiler's to move";
	if (isWrite(first))
		return `no ${isWrite(second) ? "smp_wmb(), release or full barrier" : "full barrier"} orders the two`;
	if (isWrite(second)) return "no dependency, release or full barrier orders the two";
	const condition = isControlled ? ", and a condition in between does not order loads" : "";
	return `no smp_rmb(), acquire or full barrier orders the two${condition}`;
}
