/**
 * A trace as rows in lanes: what the ASCII diagram, the Markdown table, the SVG and the sequence diagram have in common.
 * One lane per CPU, one row per statement or call, in the order of the steps; nothing is computed that the trace does
 * not say.
 */
import { type CallNode, isSamePlace, type StatementNode, statementsOf, type TreeNode } from "./callTree.ts";
import { decisiveSteps, mergedAccesses, startsGracePeriod } from "./decisive.ts";
import { deedOnMentioned } from "./mentioned.ts";
import type { Trace, TraceStep } from "./verdict.ts";
import { earlierDeed, violationName } from "./words.ts";

export interface Lane {
	/** "CPU 0"; "RCU" for a callback that runs beside the thread that asked for it. */
	readonly title: string;
	/** Names of the threads that run here; of callbacks where nothing else does. */
	readonly names: readonly string[];
}

export interface TimelineRow {
	/** Index into `lanes`. */
	readonly lane: number;
	readonly thread: number;
	/** Indentation: how many rows around this one are calls that it is inside of. */
	readonly depth: number;
	readonly kind: "call" | "statement" | "grace period";
	/** C, without the semicolon. Empty where the row only says more about the statement before. */
	readonly text: string;
	/** What it did, in a few words each. */
	readonly remarks: readonly string[];
	/** Half of the racing pair. */
	readonly role?: "earlier" | "violation";
	/** What stands beside the arrow at a racing row: "use after free", "frees inode". */
	readonly mark?: string;
	/** Indices of the steps that this row stands for, in order. */
	readonly steps: readonly number[];
}

export interface Timeline {
	readonly lanes: readonly Lane[];
	readonly rows: readonly TimelineRow[];
	/** Indices of the steps that one needs to see the race; all of them where every step is shown. */
	readonly telling: ReadonlySet<number>;
}

export interface TimelineOptions {
	/** Every step, rather than those that one needs to see the race. */
	readonly full?: boolean;
	/** Calls shown inside one another at most, where calls without a statement of their own can be left out. */
	readonly depthMax?: number;
}

const depthMaxDefault = 3;

/**
 * One lane per CPU that takes part, in order, and the lane of each thread (-1 for one that took no step). A callback goes on where the thread that called
 * call_rcu() stands, as commit messages draw it, unless that one still runs: then it has a lane of its own.
 */
export function lanesOf(trace: Trace): { readonly lanes: readonly Lane[]; readonly laneOf: readonly number[] } {
	const { threads, steps } = trace;
	const ran = new Set(steps.map((step) => step.thread));
	const ofThreads = threads.filter((one, thread) => one.kind === "thread" && (ran.size === 0 || ran.has(thread)));
	const cpus = [...new Set(ofThreads.map((one) => one.cpu))].sort((a, b) => a - b);
	const lanes: { title: string; names: string[]; lastStep: number }[] = cpus.map((cpu) => ({
		title: `CPU ${cpu}`,
		names: [...new Set(ofThreads.filter((one) => one.cpu === cpu).map((one) => one.name))],
		lastStep: steps.findLastIndex((step) => threads[step.thread]?.kind === "thread" && step.cpu === cpu),
	}));
	const laneOf = threads.map((one) => (one.kind === "thread" ? cpus.indexOf(one.cpu) : -1));
	const byBeginning = [...threads.keys()]
		.filter((thread) => laneOf[thread] === -1)
		.map((thread) => ({ thread, first: steps.findIndex((step) => step.thread === thread) }))
		.sort((one, other) => one.first - other.first || one.thread - other.thread);
	for (const { thread, first } of byBeginning) {
		const callback = threads[thread];
		// A callback that never ran is not shown.
		if (callback === undefined || first < 0) continue;
		const last = steps.findLastIndex((step) => step.thread === thread);
		const caller = steps.findLastIndex((step, index) => index < first && isSamePlace(step.location, callback.location));
		const lane = laneOf[steps[caller]?.thread ?? -1] ?? -1;
		const there = lanes[lane];
		if (there !== undefined && there.lastStep < first) {
			laneOf[thread] = lane;
			there.lastStep = last;
		} else laneOf[thread] = lanes.push({ title: "RCU", names: [callback.name], lastStep: last }) - 1;
	}
	return { lanes: lanes.map(({ title, names }) => ({ title, names })), laneOf };
}

/** The machine's own operations: their names say nothing to a reader, the function around them does. */
const machineOperation = /(^|[^\w])__[a-z]\w*\s*\(|^atomic\b/;
/** What stands in the body of a function that is nothing but a name for one access. */
const bareAccess = /^(return\b|(READ|WRITE)_ONCE\()/;

interface Shape {
	/** The node that shows a step: its statement, or a call that stands for what is inside. */
	readonly shownBy: ReadonlyMap<TreeNode, TreeNode>;
	readonly shown: ReadonlySet<TreeNode>;
}

/** Number of the uninterrupted run of one thread that each step belongs to. */
function runs(steps: readonly TraceStep[]): number[] {
	let run = -1;
	return steps.map((step, index) => {
		if (index === 0 || steps[index - 1]?.thread !== step.thread) run++;
		return run;
	});
}

/** Decides which calls and statements are rows. */
function shape(
	statements: readonly StatementNode[],
	decisive: ReadonlySet<number>,
	racing: ReadonlySet<number>,
	runOf: readonly number[],
	depthMax: number,
): Shape {
	const shown = new Set<TreeNode>();
	for (const statement of new Set(statements)) {
		const wanted = statement.depth === 0 || statement.steps.some((step) => decisive.has(step));
		for (let node: TreeNode | undefined = statement; node !== undefined; node = node.parent) {
			if (wanted || node.depth === 0) shown.add(node);
		}
	}
	const unbroken = (node: TreeNode) => runOf[node.steps[0] ?? 0] === runOf[node.steps.at(-1) ?? 0];
	const telling = (call: CallNode) =>
		startsGracePeriod(call.frame.function) || call.steps.some((step) => racing.has(step));
	/** Shown nodes inside, looking through calls that were left out. */
	const inside = (call: CallNode): TreeNode[] =>
		call.children.flatMap((child) => (shown.has(child) ? [child] : child.kind === "call" ? inside(child) : []));
	// A machine's operation folds into the function that is made of it.
	for (const statement of new Set(statements)) {
		const call = statement.parent;
		if (call !== undefined && shown.has(statement) && machineOperation.test(statement.text) && unbroken(call))
			shown.delete(statement);
	}
	const fold = (call: CallNode): void => {
		for (const child of inside(call)) if (child.kind === "call") fold(child);
		const [only, ...others] = inside(call);
		if (only === undefined || others.length > 0 || only.steps.length !== call.steps.length || !unbroken(call)) return;
		// Of functions that do nothing but call another one, the outermost says enough; where the innermost is what the
		// race is about, both stay.
		if (only.kind === "call" && telling(only)) {
			if (call.depth > 0) shown.delete(call);
		} else if (only.kind === "call" && inside(only).length === 0) shown.delete(only);
		// The statement at the end of such a chain is machinery; the innermost function says what is done.
		const outer = call.parent;
		if (only.kind === "statement" && !telling(call) && bareAccess.test(only.text)) shown.delete(only);
		if (
			only.kind === "statement" &&
			outer !== undefined &&
			shown.has(outer) &&
			outer.steps.length === call.steps.length
		) {
			shown.delete(only);
		}
	};
	const roots = new Set<CallNode>();
	for (const statement of statements) {
		let call = statement.parent;
		while (call?.parent !== undefined) call = call.parent;
		if (call !== undefined) roots.add(call);
	}
	const shorten = (call: CallNode, depth: number, height: number): void => {
		for (const child of inside(call)) if (child.kind === "call") shorten(child, depth + 1, height);
		const [only, ...others] = inside(call);
		const tooDeep = depth + heightOf(call) > height;
		if (depth > 0 && tooDeep && only?.kind === "call" && others.length === 0) shown.delete(call);
	};
	const heightOf = (node: TreeNode): number =>
		node.kind === "statement" ? 0 : 1 + Math.max(0, ...inside(node).map(heightOf));
	for (const root of roots) {
		fold(root);
		shorten(root, 0, depthMax);
	}
	const shownBy = new Map<TreeNode, TreeNode>();
	for (const statement of statements) {
		let node: TreeNode | undefined = statement;
		while (node !== undefined && !shown.has(node)) node = node.parent;
		if (node !== undefined) shownBy.set(statement, node);
	}
	return { shownBy, shown };
}

const everything = (statements: readonly StatementNode[]): Shape => {
	const shown = new Set<TreeNode>();
	for (const statement of statements) {
		for (let node: TreeNode | undefined = statement; node !== undefined; node = node.parent) shown.add(node);
	}
	return { shown, shownBy: new Map(statements.map((one) => [one, one])) };
};

/** `struct address_space *mapping = …`, `unsigned long flags = …`: what stands before the name. */
const declaredType =
	/^(?:(?:const|volatile|static|unsigned|signed|long|short|int|char|bool|(?:struct|union|enum)\s+\w+|[us]\d+|\w+_t)\b\s*)+\**\s*(?=\w+\s*=[^=])/;

/** C without what a diagram does not need: the semicolon, the type of a variable that gets its value here. */
function textOf(node: TreeNode, callback: boolean): string {
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
function valueRemarks(step: TraceStep, wholeEffect: boolean): string[] {
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

interface OpenRow {
	lane: number;
	thread: number;
	depth: number;
	kind: TimelineRow["kind"];
	text: string;
	remarks: string[];
	role?: "earlier" | "violation";
	mark?: string;
	steps: number[];
}

/** The trace with its pending statements as steps at its end: they are then what went wrong, rather than the last step. */
function withPending(trace: Trace): Trace {
	const pending = trace.pending ?? [];
	if (pending.length === 0) return trace;
	const together = trace.violation.kind === "deadlock" || trace.violation.kind === "data_race";
	const { pair: _pair, ...violation } = trace.violation;
	const taken = trace.steps.map(({ role, ...step }): TraceStep => {
		return role === "earlier" && !together ? { ...step, role } : step;
	});
	const waiting = pending.map((one, index): TraceStep => {
		const held = taken.findLast((step) => step.thread === one.thread)?.held ?? [];
		const role = index === pending.length - 1 ? "violation" : "earlier";
		const cpu = trace.threads[one.thread]?.cpu ?? 0;
		return { ...one, cpu, effect: "", accesses: [], changes: [], locals: [], held, role };
	});
	return { ...trace, steps: [...taken, ...waiting], violation };
}

/** What stands beside the arrow at a step that has a role. */
function markOf(step: TraceStep, isPending: boolean, { threads, violation }: Trace): string {
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

/** The rows of a trace. Rows of one thread are in the order of its steps, and so are rows of different threads. */
export function timeline(given: Trace, options: TimelineOptions = {}): Timeline {
	const trace = withPending(given);
	const { steps, violation } = trace;
	const { lanes, laneOf } = lanesOf(trace);
	const statements = statementsOf(steps);
	const runOf = runs(steps);
	const decisive = decisiveSteps(trace);
	const racing = new Set([...steps.keys()].filter((index) => steps[index]?.role !== undefined));
	const full = options.full === true;
	const { shown, shownBy } = full
		? everything(statements)
		: shape(statements, decisive, racing, runOf, options.depthMax ?? depthMaxDefault);
	const rows: OpenRow[] = [];
	const rowOf = new Map<TreeNode, { readonly row: OpenRow; readonly run: number }>();
	const begun = new Set<number>();

	const depthOf = (node: TreeNode) => {
		let depth = 0;
		for (let call = node.parent; call !== undefined; call = call.parent) if (shown.has(call)) depth++;
		return depth;
	};
	const emit = (node: TreeNode, index: number, again: boolean): OpenRow => {
		const thread = steps[index]?.thread ?? 0;
		const text = again && full ? "" : textOf(node, trace.threads[thread]?.kind === "callback");
		const row: OpenRow = {
			lane: laneOf[thread] ?? 0,
			thread,
			depth: depthOf(node),
			kind: node.kind,
			text,
			remarks: [],
			steps: [],
		};
		rows.push(row);
		rowOf.set(node, { row, run: runOf[index] ?? 0 });
		return row;
	};

	for (const [index, step] of steps.entries()) {
		const statement = statements[index];
		if (statement === undefined) continue;
		const beginsCallback = trace.threads[step.thread]?.kind === "callback" && !begun.has(step.thread);
		begun.add(step.thread);
		if (beginsCallback) {
			// The end of the grace period is a step of its own; it has no statement to show.
			const waits = step.accesses.length === 0 && step.role === undefined;
			const lane = laneOf[step.thread] ?? 0;
			rows.push({
				lane,
				thread: step.thread,
				depth: 0,
				kind: "grace period",
				text: "",
				remarks: [],
				steps: waits ? [index] : [],
			});
			if (waits) continue;
		}
		const node = shownBy.get(statement) ?? statement;
		const around: CallNode[] = [];
		for (let call = node.parent; call !== undefined; call = call.parent) if (shown.has(call)) around.unshift(call);
		for (const call of around) if (!rowOf.has(call)) emit(call, index, false);
		const there = rowOf.get(node);
		// A statement that another thread came in between of stands twice, and says what each part did.
		const split = node.kind === "statement" && runOf[node.steps[0] ?? 0] !== runOf[node.steps.at(-1) ?? 0];
		const continued = there !== undefined && (node.kind === "call" || (!full && there.run === runOf[index]));
		const row = continued ? there.row : emit(node, index, there !== undefined && there.run === runOf[index]);
		row.steps.push(index);
		const marked = step.role !== undefined || violation.pair?.includes(index) === true;
		if (full || (decisive.has(index) && (split || !marked || step.note !== undefined))) {
			for (const remark of valueRemarks(step, full || split))
				if (row.remarks.at(-1) !== remark) row.remarks.push(remark);
		}
		if (step.role === "violation" || (step.role === "earlier" && row.role === undefined)) {
			row.role = step.role;
			row.mark = markOf(step, index >= given.steps.length, trace);
		}
	}
	// What is pending is a row, and no step.
	for (const row of rows) row.steps = row.steps.filter((index) => index < given.steps.length);
	return { lanes, rows, telling: full ? new Set(steps.keys()) : decisive };
}
