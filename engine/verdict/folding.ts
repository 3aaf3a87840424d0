/**
 * Which calls and statements of a trace are rows of a picture. Statements of the threads themselves and decisive steps are, with
 * the calls around them; what is only machinery folds into the function that is made of it.
 */
import type { CallNode, StatementNode, TreeNode } from "./callTree.ts";
import { startsGracePeriod } from "./decisive.ts";
import type { TraceStep } from "./verdict.ts";

export interface Folding {
	/** The node that shows a step: its statement, or a call that stands for what is inside. */
	readonly shownBy: ReadonlyMap<TreeNode, TreeNode>;
	readonly shown: ReadonlySet<TreeNode>;
}

/** The machine's own operations: their names say nothing to a reader, the function around them does. */
const machineOperation = /(^|[^\w])__[a-z]\w*\s*\(|^atomic\b/;
/** What stands in the body of a function that is nothing but a name for one access. */
const bareAccess = /^(return\b|(READ|WRITE)_ONCE\()/;

/** Number of the uninterrupted run of one thread that each step belongs to. */
export function runsOf(steps: readonly TraceStep[]): number[] {
	let run = -1;
	return steps.map((step, index) => {
		if (index === 0 || steps[index - 1]?.thread !== step.thread) run++;
		return run;
	});
}

/** Every call and every statement is a row. */
export function unfolded(statements: readonly StatementNode[]): Folding {
	const shown = new Set<TreeNode>();
	for (const statement of statements) {
		for (let node: TreeNode | undefined = statement; node !== undefined; node = node.parent) shown.add(node);
	}
	return { shown, shownBy: new Map(statements.map((one) => [one, one])) };
}

/** Rows that show the race. Calls stand at most `depthMax` deep where there are calls in between to leave out. */
export function folded(
	steps: readonly TraceStep[],
	statements: readonly StatementNode[],
	decisive: ReadonlySet<number>,
	depthMax: number,
): Folding {
	const folder = new Folder(steps, new Set(statements), decisive);
	for (const root of rootsOf(statements)) {
		folder.fold(root);
		folder.shorten(root, 0, depthMax);
	}
	const { shown } = folder;
	const shownBy = new Map<TreeNode, TreeNode>();
	for (const statement of statements) {
		let node: TreeNode | undefined = statement;
		while (node !== undefined && !shown.has(node)) node = node.parent;
		if (node !== undefined) shownBy.set(statement, node);
	}
	return { shownBy, shown };
}

function rootsOf(statements: readonly StatementNode[]): Set<CallNode> {
	const roots = new Set<CallNode>();
	for (const statement of statements) {
		let call = statement.parent;
		while (call?.parent !== undefined) call = call.parent;
		if (call !== undefined) roots.add(call);
	}
	return roots;
}

class Folder {
	readonly shown = new Set<TreeNode>();
	private readonly steps: readonly TraceStep[];
	private readonly runs: readonly number[];

	constructor(steps: readonly TraceStep[], statements: ReadonlySet<StatementNode>, decisive: ReadonlySet<number>) {
		this.steps = steps;
		this.runs = runsOf(steps);
		for (const statement of statements) {
			const wanted = statement.depth === 0 || statement.steps.some((step) => decisive.has(step));
			for (let node: TreeNode | undefined = statement; node !== undefined; node = node.parent) {
				if (wanted || node.depth === 0) this.shown.add(node);
			}
		}
		// A machine's operation folds into the function that is made of it.
		for (const statement of statements) {
			const call = statement.parent;
			if (call !== undefined && machineOperation.test(statement.text) && this.isUnbroken(call))
				this.shown.delete(statement);
		}
	}

	/** Folds functions that are but another name for one thing. */
	fold(call: CallNode): void {
		const { shown } = this;
		for (const child of this.inside(call)) if (child.kind === "call") this.fold(child);
		const only = this.onlyChild(call);
		if (only === undefined || only.steps.length !== call.steps.length || !this.isUnbroken(call)) return;
		if (only.kind === "statement") {
			if (this.isMachinery(only, call)) shown.delete(only);
		} else if (this.isTelling(only)) {
			// What the race is about is said by the innermost function, where it comes from by the outermost.
			if (call.depth > 0) shown.delete(call);
		} else if (this.inside(only).length === 0) shown.delete(only);
	}

	/** Leaves out calls in between until the rest is not nested deeper than `depthMax`. */
	shorten(call: CallNode, depth: number, depthMax: number): void {
		for (const child of this.inside(call)) if (child.kind === "call") this.shorten(child, depth + 1, depthMax);
		const tooDeep = depth + this.height(call) > depthMax;
		if (depth > 0 && tooDeep && this.onlyChild(call)?.kind === "call") this.shown.delete(call);
	}

	/** Whether the only statement of a call says no more than the call itself. */
	private isMachinery(statement: StatementNode, call: CallNode): boolean {
		if (bareAccess.test(statement.text) && !this.isTelling(call)) return true;
		const outer = call.parent;
		return outer !== undefined && this.shown.has(outer) && outer.steps.length === call.steps.length;
	}

	private isTelling(call: CallNode): boolean {
		return startsGracePeriod(call.frame.function) || call.steps.some((step) => this.steps[step]?.role !== undefined);
	}

	/** No other thread took a step between its first and its last. */
	private isUnbroken(node: TreeNode): boolean {
		return this.runs[node.steps[0] ?? 0] === this.runs[node.steps.at(-1) ?? 0];
	}

	/** Shown nodes inside, looking through calls that were left out. */
	private inside(call: CallNode): TreeNode[] {
		return call.children.flatMap((child) =>
			this.shown.has(child) ? [child] : child.kind === "call" ? this.inside(child) : [],
		);
	}

	private onlyChild(call: CallNode): TreeNode | undefined {
		const [only, ...others] = this.inside(call);
		return others.length === 0 ? only : undefined;
	}

	private height(node: TreeNode): number {
		return node.kind === "statement" ? 0 : 1 + Math.max(0, ...this.inside(node).map((one) => this.height(one)));
	}
}
