/** The documented lock order in an exported model: macros that ask whether a thread holds a lock that comes later. */
import type { Layout } from "../memory/layout.ts";
import type { Program } from "../program/program.ts";
import { holdsText } from "./locks.ts";
import type { Memory } from "./memory.ts";

export class LockOrder {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly memory: Memory;
	/** Ranks, outer locks first. */
	private readonly ranks: readonly number[];

	constructor(program: Program, layout: Layout, memory: Memory) {
		this.program = program;
		this.layout = layout;
		this.memory = memory;
		const ranks = layout.lockCells.map((cell) => program.cells[cell]?.lock?.rank);
		this.ranks = [...new Set(ranks.filter((rank) => rank !== undefined))].sort((one, two) => one - two);
	}

	private place(rank: number): number {
		return this.ranks.indexOf(rank);
	}

	/** Condition: the thread holds a lock that comes after those of this rank. */
	heldAfter(rank: number, thread: number): string {
		return this.place(rank) >= this.ranks.length - 1 ? "false" : `HOLDS_AFTER_${this.place(rank)}(${thread})`;
	}

	/** The same for the lock at an index in m[], whichever it is. */
	outOfOrder(at: number | string, thread: number): string {
		const tests = this.ranks
			.slice(0, -1)
			.map((rank) => `(rank[${at}] == ${this.place(rank) + 1} && HOLDS_AFTER_${this.place(rank)}(${thread}))`);
		return tests.length === 0 ? "false" : tests.join(" || ");
	}

	/** The macros, and the table of ranks, for a model with this text. */
	text(model: string): string {
		const lines: string[] = [];
		if (/\brank\[/.test(model)) {
			const ranks = new Array<number>(this.memory.length).fill(0);
			for (const cell of this.layout.lockCells) {
				const rank = this.program.cells[cell]?.lock?.rank;
				if (rank !== undefined) ranks[this.memory.index(cell)] = this.place(rank) + 1;
			}
			lines.push(
				"/* Places of locks in the lock hierarchy, outer locks first; 0: no known place. */",
				`hidden short rank[${ranks.length}] = { ${ranks.join(", ")} };`,
			);
		}
		this.ranks.forEach((rank, place) => {
			if (!model.includes(`HOLDS_AFTER_${place}(`)) return;
			const later = this.layout.lockCells.filter((cell) => (this.program.cells[cell]?.lock?.rank ?? rank) > rank);
			const held = later.map((cell) => holdsText(this.memory.names[cell] ?? "", 0, true).replace(/0\)$/, "me)"));
			lines.push(`#define HOLDS_AFTER_${place}(me) (${held.join(" || ")})`);
		});
		return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
	}
}
