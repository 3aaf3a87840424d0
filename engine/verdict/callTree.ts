/** The calls of one thread as a tree, built from the call stacks of its steps. */
import type { Frame, Location, TraceStep } from "./verdict.ts";

export interface CallNode {
	readonly kind: "call";
	readonly frame: Frame;
	readonly parent: CallNode | undefined;
	/** Number of calls around this one. */
	readonly depth: number;
	readonly children: TreeNode[];
	/** Indices of the steps inside, those of inner calls included. */
	readonly steps: number[];
}

export interface StatementNode {
	readonly kind: "statement";
	readonly text: string;
	readonly location: Location;
	readonly parent: CallNode | undefined;
	readonly depth: number;
	readonly steps: number[];
}

export type TreeNode = CallNode | StatementNode;

/** Whether two places begin at the same character. */
export const isSamePlace = (one: Location, other: Location) =>
	one.file === other.file && one.line === other.line && one.column === other.column;

const sameFrame = (one: Frame, other: Frame) => one.function === other.function && isSamePlace(one.call, other.call);

/**
 * The statement that each step belongs to, with the calls around it; consecutive steps of a thread share the calls and the
 * statement that they have in common. A call repeated at the same place with nothing in between counts as one.
 */
export function statementsOf(steps: readonly TraceStep[]): StatementNode[] {
	const last = new Map<number, StatementNode>();
	return steps.map((step, index) => {
		const previous = last.get(step.thread);
		const open: CallNode[] = [];
		for (let call = previous?.parent; call !== undefined; call = call.parent) open.unshift(call);
		let parent: CallNode | undefined;
		for (const [depth, frame] of step.callStack.entries()) {
			const there = open[depth];
			if (there !== undefined && there.parent === parent && sameFrame(there.frame, frame)) {
				parent = there;
				continue;
			}
			const call: CallNode = { kind: "call", frame, parent, depth, children: [], steps: [] };
			parent?.children.push(call);
			parent = call;
		}
		const same =
			previous !== undefined &&
			previous.parent === parent &&
			previous.text === step.text &&
			isSamePlace(previous.location, step.location);
		const statement: StatementNode = same
			? previous
			: {
					kind: "statement",
					text: step.text,
					location: step.location,
					parent,
					depth: step.callStack.length,
					steps: [],
				};
		if (!same) parent?.children.push(statement);
		statement.steps.push(index);
		for (let call = parent; call !== undefined; call = call.parent) call.steps.push(index);
		last.set(step.thread, statement);
		return statement;
	});
}
