/** Names that an exported model gives to cells, registers and threads: what the source calls them, made unique. */
import type { Thread } from "../program/program.ts";
import { violationKinds } from "../verdict/verdict.ts";

const reserved = new Set([
	...violationKinds,
	..."active assert atomic bit bool break byte chan d_step do else empty enabled eval false fi full goto hidden if init inline int len local mtype nempty never nfull notrace np_ od of pc_value pid printf priority proctype provided run select short skip timeout trace true typedef unless unsigned xr xs m alive irq preempt rcu spin waits finished at object next_cell next_object next_how reloading steps allocations rcu_callbacks start watch unfinished check_last_state classify wrong wrong_pointer violation ending end_done end_last base address whole typed first count owner begins kind typesafe rank next locking me p lock struct_kind before".split(
		" ",
	),
]);

/** What a thread's registers are called, in its own process and where others look at them. */
const likeRegister = /^i?r\d/;

/** Gives each of a list of names a spelling of letters, digits and underscores that no other has. */
export class Spellings {
	private readonly taken = new Set(reserved);

	spell(name: string): string {
		const plain = name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
		const start = /^[a-z]/.test(plain) && !likeRegister.test(plain) ? plain : `x_${plain}`;
		let spelling = start;
		for (let number = 2; this.taken.has(spelling); number++) spelling = `${start}_${number}`;
		this.taken.add(spelling);
		return spelling;
	}
}

/** Name of a thread's register; those that others look at are global and carry `prefix`. */
export function registerName(thread: Thread, register: number, prefix: string): string {
	const name = thread.registers[register]?.name?.replace(/[^A-Za-z0-9]+/g, "_");
	return `${prefix}r${register}${name ? `_${name}` : ""}`;
}

/** A text without those of the variables that it does nothing with but clear them, and the others. */
export function withoutIdle(
	text: string,
	variables: readonly string[],
): { readonly text: string; readonly used: readonly string[] } {
	const used: string[] = [];
	let rest = text;
	for (const variable of variables) {
		const without = rest
			.replaceAll(new RegExp(`^\\t*${variable} = 0;\\n`, "gm"), "")
			.replaceAll(new RegExp(`\\b${variable} = 0;[ ]?`, "g"), "");
		if (new RegExp(`\\b${variable}\\b`).test(without)) used.push(variable);
		else rest = without;
	}
	return { text: rest, used };
}
