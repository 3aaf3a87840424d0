/** What each thread of a program does to which words, over all interleavings: what makes a protection matter, or not. */

import type { Observer } from "../../../engine/memory/interpreted/execution.ts";
import { Machine } from "../../../engine/memory/sc.ts";
import type { Program } from "../../../engine/program/program.ts";
import { observeAll } from "../../../engine/search/coverage.ts";

export interface Touched {
	/** Threads of the program; the number after them is init, which nobody races with. */
	readonly threads: number;
	/** Instructions that ran, by thread. */
	readonly ran: readonly ReadonlySet<number>[];
	/** Cells that each load read, by thread and instruction. */
	readonly reads: readonly ReadonlyMap<number, ReadonlySet<number>>[];
	/** Cells that each lock instruction took. */
	readonly locks: readonly ReadonlyMap<number, ReadonlySet<number>>[];
	/** Threads that write each cell; a free writes the whole object. */
	readonly writers: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Undefined where the program has more states than `statesMax`. */
export function touchedBy(program: Program, statesMax: number): Touched | undefined {
	const per = <T>(make: () => T) => Array.from({ length: program.threads.length + 1 }, make);
	const ran = per(() => new Set<number>());
	const reads = per(() => new Map<number, Set<number>>());
	const locks = per(() => new Map<number, Set<number>>());
	const writers = new Map<number, Set<number>>();
	let step: (() => void)[] = [];
	let at = { thread: 0, pc: 0 };
	const into = (map: Map<number, Set<number>>, key: number, value: number) => {
		const known = map.get(key);
		if (known) known.add(value);
		else map.set(key, new Set([value]));
	};
	const note = (what: (now: typeof at) => void) => {
		const now = at;
		step.push(() => what(now));
	};
	const observer: Observer = {
		begin: () => {
			step = [];
		},
		instruction: (thread, pc) => {
			at = { thread, pc };
			note((now) => ran[now.thread]?.add(now.pc));
		},
		read: (cell) => note((now) => into(reads[now.thread] as Map<number, Set<number>>, now.pc, cell)),
		write: (cell) => note((now) => into(writers, cell, now.thread)),
		lock: (cell, taken) => note((now) => taken && into(locks[now.thread] as Map<number, Set<number>>, now.pc, cell)),
		lifetime: (object) =>
			note((now) =>
				program.cells.forEach((cell, index) => {
					if (cell.object === object) into(writers, index, now.thread);
				}),
			),
	};
	const whole = observeAll(new Machine(program), statesMax, observer, () => {
		for (const what of step) what();
	});
	return whole ? { threads: program.threads.length, ran, reads, locks, writers } : undefined;
}
