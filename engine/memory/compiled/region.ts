/** The instructions that one step may execute: from where a thread stands, as far as it gets before others may run. */
import { successors } from "../../program/liveness.ts";
import type { Instruction, Thread } from "../../program/program.ts";
import type { Layout } from "../layout.ts";
import { isStop } from "../sc.ts";

export interface Region {
	readonly entry: number;
	/** Program counters of instructions that the step may execute, the entry first. */
	readonly inside: readonly number[];
	/** Instructions inside that are reached in more than one way, or again: each begins a block of its own. */
	readonly joins: ReadonlySet<number>;
	/** Whether the step may be found not to be enabled. */
	readonly mayBeDisabled: boolean;
	/** Whether the step makes choices. */
	readonly chooses: boolean;
}

/** Whether executing the instruction may end in "not enabled". */
function maySayNo(instruction: Instruction, isEntry: boolean): boolean {
	switch (instruction.kind) {
		case "await":
		case "grace_period_end":
			return true;
		case "reload":
			return isEntry || instruction.glued;
		case "lock":
			return instruction.try === undefined;
		default:
			return false;
	}
}

/** Program counters at which a thread can stand between two steps, while it runs. */
export function stopsOf(thread: Thread, contextIsShared: boolean): readonly number[] {
	const stops = thread.instructions.flatMap((instruction, pc) =>
		isStop(instruction, contextIsShared) || (instruction.kind === "reload" && !instruction.glued) ? [pc] : [],
	);
	// A callback starts where its code does, whatever stands there.
	if (thread.kind === "callback" && !stops.includes(thread.entry)) stops.push(thread.entry);
	return stops;
}

/** The region of the step of thread number `index` that begins at `entry`. */
export function regionAt(thread: Thread, entry: number, layout: Layout, index: number): Region {
	const { contextIsShared } = layout;
	const instructions = thread.instructions;
	const ends = (pc: number) => isStop(instructions[pc] as Instruction, contextIsShared);
	const inside: number[] = [entry];
	const reached = new Map<number, number>();
	const seen = new Set<number>();
	for (let index = 0; index < inside.length; index++) {
		const instruction = instructions[inside[index] as number] as Instruction;
		for (const next of successors(instruction)) {
			if (ends(next)) continue;
			reached.set(next, (reached.get(next) ?? 0) + 1);
			if (seen.has(next)) continue;
			seen.add(next);
			inside.push(next);
		}
	}
	const joins = new Set([...reached].flatMap(([pc, times]) => (times > 1 || pc === entry ? [pc] : [])));
	const all = inside.map((pc) => instructions[pc] as Instruction);
	return {
		entry,
		inside,
		joins,
		mayBeDisabled:
			(layout.cpuMates[index] ?? []).length > 0 || all.some((instruction, index) => maySayNo(instruction, index === 0)),
		chooses: all.some(
			(instruction, index) =>
				instruction.kind === "choose" ||
				instruction.kind === "allocate" ||
				(instruction.kind === "reload" && index > 0),
		),
	};
}
