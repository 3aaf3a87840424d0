/** What a row of a picture says: the statement, what it saw, what it did to the other thread. */
import type { TreeNode } from "./callTree.ts";
import { mergedAccesses } from "./decisive.ts";
import { deedOnMentioned } from "./mentioned.ts";
import type { Trace, TraceStep } from "./verdict.ts";
import { earlierDeed, violationName } from "./words.ts";

/** `struct address_space *mapping = …`, `unsigned long flags = …`: what stands before the name. */
const declaredType =
	/^(?:(?:const|volatile|static|unsigned|signed|long|short|int|char|bool|(?:struct|union|enum)\s+\w+|[us]\d+|\w+_t)\b\s*)+\**\s*(?=\w+\s*=[^=])/;

/** C without what a diagram does not need: the semicolon, the type of a variable that gets its value here. */
export function textOf(node: TreeNode, callback: boolean): string {
	if (node.kind === "statement") {
		const text = node.text.trim().replace(/\s*;$/, "").replace(declaredType, "");
		// What kfree_rcu() puts off has no statement of its own.
		return callback && node.depth === 0 ? text.replace(/^kfree_rcu\w*\((.*?)(,.*)?\)$/, "kfree($1)") : text;
	}
	// What calls the function of a callback is nothing that one could read.
	const named = node.frame.text !== undefined && !(callback && node.depth === 0);
	return named ? (node.frame.text ?? "").trim().replace(/\s*;$/, "") : `${node.frame.function}()`;
}

/** What a decisive step saw or changed, where its statement does not say it. */
export function valueRemarks(step: TraceStep, wholeEffect: boolean): string[] {
	if (step.note !== undefined) {
		const seen = step.accesses.find((access) => access.kind === "read")?.value;
		return [seen === undefined ? step.note : `${step.note}: ${seen.text}`];
	}
	if (wholeEffect) return step.effect === "" ? [] : [step.effect];
	const found: string[] = [];
	for (const access of mergedAccesses(step)) {
		if (access.kind === "read" && access.value !== undefined) found.push(access.value.text);
		if (access.kind === "update") {
			const change = step.changes.find((one) => one.object === access.object && one.field === access.field);
			if (change !== undefined) found.push(`${change.before.text} ⇒ ${change.after.text}`);
		}
	}
	return found;
}

/** What stands beside the arrow at a step that has a role. */
export function markOf(step: TraceStep, isPending: boolean, { threads, violation }: Trace): string {
	const name = violationName(violation.kind);
	if (violation.kind === "invariant") {
		const deed = deedOnMentioned(step, threads[step.thread]?.name ?? "", violation.message);
		if (step.role === "earlier") return deed ?? earlierDeed(step, violation);
		return deed === undefined || deed.startsWith("writes") ? name : `${deed}: ${name}`;
	}
	if (!isPending) return step.role === "violation" ? name : earlierDeed(step, violation);
	if (violation.kind === "deadlock") return step.role === "violation" ? `waits: ${name}` : "waits";
	return step.role === "violation" ? name : "races with it";
}
