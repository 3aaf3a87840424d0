/** Steps that may close a cycle of the state space: every cycle holds one, and there the search takes all threads' steps. */
import type { Region } from "../../memory/compiled/region.ts";
import { successors } from "../../program/liveness.ts";
import type { Instruction, Program, Thread } from "../../program/program.ts";

/** Retreating edges of a depth-first walk over a thread, as `from * length + to`: every cycle of the thread holds one. */
function retreatingEdges(thread: Thread): ReadonlySet<number> {
	const { length } = thread.instructions;
	const colour = new Uint8Array(length);
	const edges = new Set<number>();
	const path = [{ pc: thread.entry, next: 0 }];
	colour[thread.entry] = 1;
	while (path.length > 0) {
		const top = path[path.length - 1] as { pc: number; next: number };
		const following = successors(thread.instructions[top.pc] as Instruction)[top.next++];
		if (following === undefined) {
			colour[top.pc] = 2;
			path.pop();
		} else if (colour[following] === 1) edges.add(top.pc * length + following);
		else if (colour[following] === 0) {
			colour[following] = 1;
			path.push({ pc: following, next: 0 });
		}
	}
	return edges;
}

/** Callbacks that may, through other callbacks, start themselves. */
function selfStarting(program: Program): ReadonlySet<number> {
	const starts = program.threads.map(
		(thread) => new Set(thread.instructions.flatMap((each) => (each.kind === "call_rcu" ? [each.thread] : []))),
	);
	const cyclic = new Set<number>();
	program.threads.forEach((_, callback) => {
		const reached = new Set<number>();
		const work = [...(starts[callback] ?? [])];
		for (let at = work.pop(); at !== undefined; at = work.pop()) {
			if (reached.has(at)) continue;
			reached.add(at);
			work.push(...(starts[at] ?? []));
		}
		if (reached.has(callback)) cyclic.add(callback);
	});
	return cyclic;
}

export class BackEdges {
	private readonly program: Program;
	private readonly edges: readonly ReadonlySet<number>[];
	private readonly restarts: ReadonlySet<number>;

	constructor(program: Program) {
		this.program = program;
		this.edges = program.threads.map(retreatingEdges);
		this.restarts = selfStarting(program);
	}

	/** Whether the state space may have a cycle at all. */
	get any(): boolean {
		return this.restarts.size > 0 || this.edges.some((edges) => edges.size > 0);
	}

	/** Whether a step may go along a retreating edge, or end a callback that may start itself. */
	inRegion(thread: number, region: Region): boolean {
		const { instructions } = this.program.threads[thread] as Thread;
		const edges = this.edges[thread] as ReadonlySet<number>;
		return region.inside.some((pc) => {
			const instruction = instructions[pc] as Instruction;
			if (instruction.kind === "end") return this.restarts.has(thread);
			return successors(instruction).some((next) => edges.has(pc * instructions.length + next));
		});
	}
}
