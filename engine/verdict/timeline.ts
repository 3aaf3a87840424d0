/**
 * A trace as rows in lanes: what the ASCII diagram, the Markdown table, the SVG and the sequence diagram have in common.
 * One lane per CPU, one row per statement or call, in the order of the steps; nothing is computed that the trace does
 * not say.
 */
import { type CallNode, type StatementNode, statementsOf, type TreeNode } from "./callTree.ts";
import { decisiveSteps } from "./decisive.ts";
import { type Folding, folded, runsOf, unfolded } from "./folding.ts";
import { type Lane, lanesOf } from "./lanes.ts";
import { markOf, textOf, valueRemarks } from "./rowText.ts";
import type { Trace, TraceStep } from "./verdict.ts";

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

/** Which steps a row stands for, counted from 1 as everything that speaks of steps does: "12", "12–19"; "" for what is pending. */
export function stepNumbers(steps: readonly number[]): string {
	const [first, last] = [steps[0], steps.at(-1)];
	if (first === undefined || last === undefined) return "";
	return first === last ? `${first + 1}` : `${first + 1}–${last + 1}`;
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

class Rows {
	readonly rows: OpenRow[] = [];
	private readonly trace: Trace;
	private readonly full: boolean;
	private readonly folding: Folding;
	private readonly laneOf: readonly number[];
	private readonly runs: readonly number[];
	private readonly begun = new Set<number>();
	/** The last row of each node, and the run that it was made in. */
	private readonly last = new Map<TreeNode, { readonly row: OpenRow; readonly run: number }>();

	constructor(trace: Trace, full: boolean, folding: Folding, laneOf: readonly number[]) {
		this.trace = trace;
		this.full = full;
		this.folding = folding;
		this.laneOf = laneOf;
		this.runs = runsOf(trace.steps);
	}

	/** The row that shows this step, made where there is none yet; undefined where the end of a grace period is all there is. */
	rowOf(index: number, step: TraceStep, statement: StatementNode): OpenRow | undefined {
		if (this.isCallback(step.thread) && !this.begun.has(step.thread)) {
			this.begun.add(step.thread);
			const row = this.add(step.thread, 0, "grace period", "");
			// The end of the grace period is a step of its own; it has no statement to show.
			if (step.accesses.length === 0 && step.role === undefined) {
				row.steps.push(index);
				return undefined;
			}
		}
		const node = this.folding.shownBy.get(statement) ?? statement;
		for (const call of this.callsAround(node)) if (!this.last.has(call)) this.show(call, index, false);
		const there = this.last.get(node);
		const sameRun = there !== undefined && there.run === this.runs[index];
		const row =
			there !== undefined && (node.kind === "call" || (sameRun && !this.full))
				? there.row
				: this.show(node, index, sameRun);
		row.steps.push(index);
		return row;
	}

	/** A statement that another thread came in between of stands twice, and has to say what each part did. */
	isSplit(statement: StatementNode): boolean {
		const node = this.folding.shownBy.get(statement) ?? statement;
		return node.kind === "statement" && this.runs[node.steps[0] ?? 0] !== this.runs[node.steps.at(-1) ?? 0];
	}

	private show(node: TreeNode, index: number, again: boolean): OpenRow {
		const thread = this.trace.steps[index]?.thread ?? 0;
		const text = again && this.full ? "" : textOf(node, this.isCallback(thread));
		const row = this.add(thread, this.callsAround(node).length, node.kind, text);
		this.last.set(node, { row, run: this.runs[index] ?? 0 });
		return row;
	}

	private add(thread: number, depth: number, kind: TimelineRow["kind"], text: string): OpenRow {
		const row: OpenRow = { lane: this.laneOf[thread] ?? 0, thread, depth, kind, text, remarks: [], steps: [] };
		this.rows.push(row);
		return row;
	}

	private isCallback(thread: number): boolean {
		return this.trace.threads[thread]?.kind === "callback";
	}

	/** Shown calls around a node, outermost first. */
	private callsAround(node: TreeNode): CallNode[] {
		const around: CallNode[] = [];
		for (let call = node.parent; call !== undefined; call = call.parent)
			if (this.folding.shown.has(call)) around.unshift(call);
		return around;
	}
}

/** The rows of a trace. Rows of one thread are in the order of its steps, and so are rows of different threads. */
export function timeline(given: Trace, options: TimelineOptions = {}): Timeline {
	const trace = withPending(given);
	const { steps, violation } = trace;
	const { lanes, laneOf } = lanesOf(trace);
	const statements = statementsOf(steps);
	const decisive = decisiveSteps(trace);
	const full = options.full === true;
	const folding = full
		? unfolded(statements)
		: folded(steps, statements, decisive, options.depthMax ?? depthMaxDefault);
	const rows = new Rows(trace, full, folding, laneOf);
	for (const [index, step] of steps.entries()) {
		const statement = statements[index];
		const row = statement && rows.rowOf(index, step, statement);
		if (statement === undefined || row === undefined) continue;
		const split = rows.isSplit(statement);
		const racing = step.role !== undefined || violation.pair?.includes(index) === true;
		if (full || (decisive.has(index) && (split || !racing || step.note !== undefined))) {
			for (const remark of valueRemarks(step, full || split))
				if (row.remarks.at(-1) !== remark) row.remarks.push(remark);
		}
		if (step.role === "violation" || (step.role === "earlier" && row.role === undefined)) {
			row.role = step.role;
			row.mark = markOf(step, index >= given.steps.length, trace);
		}
	}
	// What is pending is a row, and no step.
	for (const row of rows.rows) row.steps = row.steps.filter((index) => index < given.steps.length);
	return { lanes, rows: rows.rows, telling: full ? new Set(steps.keys()) : decisive };
}
