/** What the cycle of a weak execution means, in words. */
import type { CycleStep, GraphEvent, GraphThread } from "./executionGraph.ts";

/** "khugepaged (CPU1)"; a litmus test's processes have no CPU of their own. */
export function threadWords(thread: GraphThread | undefined): string {
	if (!thread) return "";
	return thread.cpu === undefined ? thread.name : `${thread.name} (CPU${thread.cpu})`;
}

/** A sentence for each step of program order in the cycle that is not kept: what is seen the wrong way round, and why that is allowed. */
export function storyOf(
	cycle: readonly CycleStep[],
	events: readonly GraphEvent[],
	threads: readonly GraphThread[],
): string[] {
	return cycle.flatMap((step) => {
		if (step.kind !== "po" || step.ordering) return [];
		const [first, second] = [events[step.from], events[step.to]];
		if (!first || !second) return [];
		return [`${insideOut(first, second, threads)}. That is allowed: ${step.why}.`];
	});
}

/** "reader (CPU1) reads data before it reads flag": two accesses against their program order. */
function insideOut(first: GraphEvent, second: GraphEvent, threads: readonly GraphThread[]): string {
	const who = threadWords(threads[first.thread]);
	const one = first.location ?? first.text;
	const other = second.location ?? second.text;
	const isWrite = ({ kind }: GraphEvent) => kind === "write" || kind === "unlock";
	if (isWrite(first)) {
		return isWrite(second)
			? `${who} writes ${one} and then ${other}, but others see ${other} change first`
			: `${who} reads ${other} before others see its write to ${one}`;
	}
	return isWrite(second)
		? `others see ${who} write ${other} before it has read ${one}`
		: `${who} reads ${other} before it reads ${one}`;
}
