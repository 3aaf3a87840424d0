/** Names that an exported model gives to cells, registers and threads: what the source calls them, made unique. */
import type { Program, Thread } from "../program/program.ts";
import { violationKinds } from "../verdict/verdict.ts";

const reserved = new Set([
	...violationKinds,
	..."active assert atomic bit bool break byte chan d_step do else empty enabled eval false fi full goto hidden if init inline int len local mtype nempty never nfull notrace np_ od of pc_value pid printf priority proctype provided run select short skip timeout trace true typedef unless unsigned xr xs m alive irq preempt rcu spin waits finished at object next_cell next_object next_how reloading steps allocations rcu_callbacks start check_state check_last_state".split(
		" ",
	),
]);

/** Gives each of a list of names a spelling of letters, digits and underscores that no other has. */
class Spellings {
	private readonly taken = new Set(reserved);

	spell(name: string): string {
		const plain = name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
		const start = /^[a-z]/.test(plain) ? plain : `x_${plain}`;
		let spelling = start;
		for (let number = 2; this.taken.has(spelling); number++) spelling = `${start}_${number}`;
		this.taken.add(spelling);
		return spelling;
	}
}

export interface Names {
	/** By cell. */
	readonly cells: readonly string[];
	/** By thread. */
	readonly threads: readonly string[];
}

/** Names for a Program's cells and threads. */
export function namesOf(program: Program): Names {
	const spellings = new Spellings();
	return {
		cells: program.cells.map((cell) => {
			const object = program.objects[cell.object]?.name ?? "object";
			return spellings.spell(cell.field ? `${object}_${cell.field}` : object);
		}),
		threads: program.threads.map((thread) => spellings.spell(thread.name)),
	};
}

/** Name of a thread's register; those that others look at are global and carry `prefix`. */
export function registerName(thread: Thread, register: number, prefix: string): string {
	const name = thread.registers[register]?.name?.replace(/[^A-Za-z0-9]+/g, "_");
	return `${prefix}r${register}${name ? `_${name}` : ""}`;
}
