/** Why one step of an execution is, or is not, ordering: in words. */
import type { CycleStep } from "../../verdict/executionGraph.ts";
import type { Execution } from "./explore.ts";
import { has, isIn } from "./relation.ts";
import { EventKind } from "./thread.ts";

/**
 * Whether the model keeps the order of a step, and the reason. `from` and `to` are events of the execution's skeleton; `textOf` is how
 * to quote one.
 */
export function explainStep(
	execution: Execution,
	from: number,
	to: number,
	kind: CycleStep["kind"],
	textOf: (event: number) => string = (event) => execution.skeleton.events[event]?.source.text ?? "",
): { ordering: boolean; why: string } {
	const { skeleton, relations, state } = execution;
	const { size, threadOf } = skeleton;
	const name = (event: number) => state.program.threads[threadOf[event] as number]?.name ?? "";
	const text = (event: number) => `\`${textOf(event)}\``;
	if (kind === "rf") {
		const external = threadOf[from] !== threadOf[to];
		return {
			ordering: external && isIn(skeleton.marked, from) && isIn(skeleton.marked, to),
			why: external
				? `${name(to)} read what ${name(from)} wrote, so the write came first`
				: `${name(from)} read its own write, possibly before other CPUs could see it`,
		};
	}
	if (kind === "co" || kind === "fr") {
		const what =
			kind === "co"
				? `${name(to)}'s write overwrites ${name(from)}'s`
				: `${name(from)} read the value that ${name(to)}'s write replaces`;
		return { ordering: false, why: `${what}; the order in memory is no order in time` };
	}
	const reason = programOrderReason(execution, from, to);
	if (reason) return { ordering: true, why: `${text(from)} comes before ${text(to)}: ${reason}` };
	if (has(relations.happensBefore, size, from, to))
		return { ordering: true, why: `${text(from)} happens before ${text(to)}` };
	return { ordering: false, why: `nothing orders ${text(from)} before ${text(to)}: ${whyNot(execution, from, to)}` };
}

function programOrderReason({ skeleton, relations }: Execution, from: number, to: number): string | undefined {
	const { size } = skeleton;
	const second = skeleton.events[to];
	if (has(skeleton.strongFence, size, from, to)) return "a full memory barrier stands between them";
	if (has(skeleton.writeFence, size, from, to)) return "smp_wmb() stands between the two stores";
	if (has(skeleton.readFence, size, from, to)) return "smp_rmb() stands between the two loads";
	if (has(skeleton.releaseOrder, size, from, to)) return "the second is a release";
	if (has(skeleton.nonReadWriteFence, size, from, to)) return "the first is an acquire";
	if (has(relations.address, size, from, to) && isIn(skeleton.reads, to))
		return "the address depends on the value read";
	const isWrite = second !== undefined && (second.kind === EventKind.Write || second.kind === EventKind.LockWrite);
	if (isWrite && (has(relations.data, size, from, to) || has(relations.address, size, from, to)))
		return "what is stored, or where, depends on the value read";
	if (isWrite && has(skeleton.control, size, from, to)) return "the store depends on a condition on the value read";
	if (has(skeleton.unlockLock, size, from, to)) return "an unlock and a lock stand between them";
	return undefined;
}

function whyNot({ skeleton }: Execution, from: number, to: number): string {
	if (isIn(skeleton.plain, from) || isIn(skeleton.plain, to)) return "plain accesses are the compiler's to move";
	const isWrite = (event: number) => isIn(skeleton.writes, event);
	if (isWrite(from) && !isWrite(to))
		return "a store may become visible after a later load; only a full barrier forbids it";
	if (isWrite(from)) return "two stores become visible in any order without smp_wmb(), a release or a full barrier";
	if (!isWrite(to)) {
		return has(skeleton.control, skeleton.size, from, to)
			? "a control dependency does not order a load; CPUs read ahead"
			: "two loads may be done in any order without smp_rmb(), an acquire or a full barrier";
	}
	return "a store may be done before an earlier load without a dependency, a release or a full barrier";
}
