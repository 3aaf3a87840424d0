/** Where the branches of a condition come together again: immediate post-dominators of an instruction graph. */
import type { Instruction } from "../../program/program.ts";

/** Instructions that may follow this one. */
export function successorsOf(instruction: Instruction): readonly number[] {
	if (instruction.kind === "end") return [];
	if (instruction.kind === "branch") return [instruction.then, instruction.otherwise];
	return [instruction.next];
}

/** For each instruction, the first one that every way from it to the end goes through; -1 where that is the end itself. */
export function postDominators(instructions: readonly Instruction[]): Int32Array {
	const count = instructions.length;
	const all = (1n << BigInt(count)) - 1n;
	const through = instructions.map((instruction, pc) => (instruction.kind === "end" ? 1n << BigInt(pc) : all));
	for (let changed = true; changed; ) {
		changed = false;
		for (let pc = count - 1; pc >= 0; pc--) {
			const next = successorsOf(instructions[pc] as Instruction);
			if (next.length === 0) continue;
			let common = all;
			for (const to of next) common &= through[to] as bigint;
			const set = common | (1n << BigInt(pc));
			if (set === through[pc]) continue;
			through[pc] = set;
			changed = true;
		}
	}
	const size = (set: bigint) => set.toString(2).replaceAll("0", "").length;
	return Int32Array.from(instructions, (_, pc) => {
		// The nearest of the others is the one that itself has the most post-dominators.
		let best = -1;
		let most = -1;
		for (let other = 0; other < count; other++) {
			if (other === pc || (((through[pc] as bigint) >> BigInt(other)) & 1n) === 0n) continue;
			const reach = size(through[other] as bigint);
			if (reach > most) [best, most] = [other, reach];
		}
		return best;
	});
}
