/** One sentence for each violation, in the kernel's terms. */
import type { Fault } from "../memory/access.ts";
import type { Program } from "../program/program.ts";
import type { PendingStatement } from "./verdict.ts";

/** The sentence for a deadlock: "nobody can go on: one waits in spin_lock(&b.lock), two in spin_lock(&a.lock)". */
export function describeWaiting(
	threads: readonly { readonly name: string }[],
	pending: readonly PendingStatement[],
): string {
	const waits = pending.map(({ thread, callStack, text }, index) => {
		const inner = callStack.at(-1);
		const where = inner === undefined ? text.replace(/;$/, "") : (inner.text ?? `${inner.function}()`);
		return `${threads[thread]?.name ?? thread} ${index === 0 ? "waits " : ""}${inner === undefined ? "at" : "in"} ${where}`;
	});
	return `nobody can go on: ${waits.join(", ")}`;
}

/** The sentence for a fault met by the thread with this name. */
export function describeFault(program: Program, fault: Fault, thread: string): string {
	const cell = fault.cell === undefined ? undefined : program.cells[fault.cell];
	const object = program.objects[fault.object ?? cell?.object ?? -1]?.name;
	const name = cell?.field ? `${object}.${cell.field}` : object;
	switch (fault.kind) {
		case "use_after_free":
			// A model that says so itself (`__violation(use_after_free, …)`) names no object.
			if (object === undefined) return `${thread}: ${fault.detail}`;
			return cell
				? `${thread} uses ${name} after ${object} was freed`
				: `${thread} uses ${object} after it was freed: ${fault.detail}`;
		case "double_free":
			return `${thread} frees ${object ?? fault.detail} a second time`;
		case "null_dereference":
			return `${thread} dereferences NULL: ${fault.detail}`;
		case "data_race":
			return `data race on ${fault.detail}`;
		case "deadlock":
		case "livelock":
		case "invariant":
		case "leak":
			return fault.detail;
		default:
			return `${thread}: ${fault.detail}`;
	}
}
