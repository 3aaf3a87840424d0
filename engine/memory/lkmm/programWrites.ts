/** What the instructions of a Program may write and lock, before any of them has run. */
import type { Instruction, Program } from "../../program/program.ts";
import { successorsOf } from "./postDominators.ts";
import { originOf, type ProgramMemory } from "./programMemory.ts";

/** An instruction that is about a lock. */
export type LockInstruction = Extract<Instruction, { kind: "lock" | "unlock" | "is_locked" | "downgrade" }>;

/** Addresses of the locks that an instruction may be about: all of its kind, when nothing is known of the place. */
export function locksOf(program: Program, instruction: LockInstruction): number[] {
	const { offset, base, structure } = instruction.lock;
	if (offset.op === "constant") {
		if (base.op === "constant") return [base.value + offset.value];
		if (structure >= 0)
			return program.instances.flatMap((at) => (at.structure === structure ? [at.address + offset.value] : []));
	}
	const isOfKind = ({ lock, type }: Program["cells"][number]) => {
		if (!lock) return false;
		if (instruction.kind !== "lock" && instruction.kind !== "unlock") return true;
		return lock.spinning === instruction.spinning && (type === "bit_lock") === (instruction.bit !== undefined);
	};
	return program.cells.flatMap((cell) => (isOfKind(cell) ? [cell.address] : []));
}

/** The locks that somebody may hold shared, and those that are taken where such a lock may be. */
export function countedLocks(program: Program): ReadonlySet<number> {
	const places: { readonly addresses: readonly number[]; readonly shared: boolean }[] = [];
	for (const { instructions } of program.threads) {
		for (const instruction of instructions) {
			const { kind } = instruction;
			if (kind !== "lock" && kind !== "unlock" && kind !== "is_locked" && kind !== "downgrade") continue;
			const shared = kind === "downgrade" || (kind === "lock" && instruction.shared);
			places.push({ addresses: locksOf(program, instruction), shared });
		}
	}
	const counted = new Set<number>();
	for (let size = -1; size !== counted.size; ) {
		size = counted.size;
		for (const { addresses, shared } of places) {
			if (shared || addresses.some((address) => counted.has(address)))
				for (const address of addresses) counted.add(address);
		}
	}
	return counted;
}

/** What an instruction, or what follows it, may write. */
export interface Writes {
	readonly addresses: Set<number>;
	/** What plain stores among them may write. */
	readonly plain: Set<number>;
}

function ownWrites(memory: ProgramMemory, thread: number, pc: number, instruction: Instruction): Writes {
	const { program } = memory;
	const written = memory.written.get(originOf(thread, pc)) ?? [];
	const writes: Writes = { addresses: new Set(written), plain: new Set() };
	switch (instruction.kind) {
		case "store":
			if (instruction.marking === "plain" || instruction.marking === "data_race") {
				for (const address of written) writes.plain.add(address);
			}
			break;
		case "lock":
		case "unlock":
		case "downgrade":
			for (const address of locksOf(program, instruction)) writes.addresses.add(address);
			break;
		case "call_rcu":
			writes.addresses.add(memory.startAddress(instruction.thread));
			for (const { register } of instruction.arguments)
				writes.addresses.add(memory.argumentAddress(instruction.thread, register));
			break;
	}
	return writes;
}

/** For each instruction of a thread, what it or what follows it may write. */
export function reachableWrites(memory: ProgramMemory, index: number): readonly Writes[] {
	const { instructions } = memory.program.threads[index] as Program["threads"][number];
	const result = instructions.map((instruction, pc) => ownWrites(memory, index, pc, instruction));
	for (let changed = true; changed; ) {
		changed = false;
		for (let pc = instructions.length - 1; pc >= 0; pc--) {
			const before = result[pc] as Writes;
			for (const next of successorsOf(instructions[pc] as Instruction)) {
				const after = result[next] as Writes;
				for (const set of ["addresses", "plain"] as const) {
					for (const address of after[set]) {
						if (before[set].has(address)) continue;
						before[set].add(address);
						changed = true;
					}
				}
			}
		}
	}
	return result;
}
