/**
 * Where everything that can change lies in a state of a Program: one row of 32-bit words. Cells first, then lifetimes of
 * objects, then what a grace period still waits for, then each thread's own words.
 */
import { cellStride, type Instruction, objectAlignment, type Program } from "../program/program.ts";

/** Lifetimes as they stand in a state. */
export const unallocated = 0;
export const live = 1;
export const freed = 2;

/** Program counters that are no instruction. */
export const notStarted = -1;
export const finished = -2;

/** Words of a thread before its registers. */
export const pcWord = 0;
export const irqWord = 1;
export const preemptWord = 2;
export const rcuWord = 3;
/** Spinning locks held; spinning is atomic context whatever the model does about preemption. */
export const spinWord = 4;
export const registersWord = 5;

/** No object lies below: a pointer there is taken for NULL plus an offset, as the kernel's own fault handler does. */
export const nullPageBytes = 4096;

export interface Layout {
	/** Words in a state. */
	readonly words: number;
	readonly lifetimes: number;
	readonly gracePeriods: number;
	/** First word of each thread; the last entry is that of `init`, or of nobody. */
	readonly threads: readonly number[];
	/** Cell at an address: `cellAt[address / cellStride]`, or -1. */
	readonly cellAt: Int32Array;
	/** Struct types that start at an address that is a multiple of objectAlignment. */
	readonly structuresAt: ReadonlyMap<number, readonly number[]>;
	/** Object whose memory an address lies in, by `address / objectAlignment`, or -1. */
	readonly objectAt: Int32Array;
	/** For each object: 1 when a freed one may still be read and written. */
	readonly typesafe: Uint8Array;
	/** Whether anybody can see another CPU's context (a grace period, or a wait for interrupts). */
	readonly contextIsShared: boolean;
	/** For each thread, the others that run on its CPU. */
	readonly cpuMates: readonly (readonly number[])[];
	/** Cells that are locks. */
	readonly lockCells: readonly number[];
}

/** Computes the layout of a Program's states. Pure; the same Program gives the same layout. */
export function layoutOf(program: Program): Layout {
	const lifetimes = program.cells.length;
	const gracePeriods = lifetimes + program.objects.length;
	let next = gracePeriods + program.gracePeriods;
	const threads: number[] = [];
	for (const thread of [...program.threads, ...(program.init ? [program.init] : [])]) {
		threads.push(next);
		next += registersWord + thread.registers.length;
	}
	let top = objectAlignment;
	for (const cell of program.cells) top = Math.max(top, cell.address + cellStride);
	for (const instance of program.instances) top = Math.max(top, instance.address + objectAlignment);
	const cellAt = new Int32Array(Math.ceil(top / cellStride)).fill(-1);
	const objectAt = new Int32Array(Math.ceil(top / objectAlignment)).fill(-1);
	program.cells.forEach((cell, index) => {
		cellAt[cell.address / cellStride] = index;
		objectAt[Math.floor(cell.address / objectAlignment)] = cell.object;
	});
	const structuresAt = new Map<number, number[]>();
	for (const instance of program.instances) {
		const known = structuresAt.get(instance.address);
		if (known) known.push(instance.structure);
		else structuresAt.set(instance.address, [instance.structure]);
		objectAt[Math.floor(instance.address / objectAlignment)] = instance.object;
	}
	const typesafe = new Uint8Array(program.objects.length);
	for (const pool of program.pools) if (pool.typesafeByRcu) for (const object of pool.objects) typesafe[object] = 1;
	const cpuMates = program.threads.map((thread, index) =>
		program.threads.flatMap((other, mate) => (mate !== index && other.cpu === thread.cpu ? [mate] : [])),
	);
	const seesContext = (instruction: Instruction) => instruction.kind === "irqs_disabled_on";
	return {
		words: next,
		lifetimes,
		gracePeriods,
		threads,
		cellAt,
		structuresAt,
		objectAt,
		typesafe,
		contextIsShared:
			program.gracePeriods > 0 ||
			cpuMates.some((mates) => mates.length > 0) ||
			program.threads.some((thread) => thread.instructions.some(seesContext)),
		cpuMates,
		lockCells: program.cells.flatMap((cell, index) => (cell.lock ? [index] : [])),
	};
}
