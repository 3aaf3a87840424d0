/** Memory of a Program as locations of an execution graph: its cells, and one location each for what the machine keeps beside them. */
import { cellStride, type Program } from "../../program/program.ts";
import { type Fault, resolve } from "../access.ts";
import { type Layout, layoutOf, live } from "../layout.ts";
import type { MemoryLocation } from "./thread.ts";

/** Lifetimes as the values of an object's lifetime location; the machine's own words for them. */
export { freed, live } from "../layout.ts";

export interface ProgramMemory {
	readonly program: Program;
	readonly layout: Layout;
	readonly locations: readonly MemoryLocation[];
	readonly locationAt: (address: number) => number | undefined;
	/** Address of the location that holds an object's lifetime. */
	readonly lifetimeAddress: (object: number) => number;
	/** Address of the location that starts a callback thread. */
	readonly startAddress: (thread: number) => number;
	/** Address of the location that passes an argument to a callback thread. */
	readonly argumentAddress: (thread: number, register: number) => number;
	/** What is wrong with an access at `base + offset`, lifetimes aside; undefined when it names a cell. */
	readonly faultAt: (base: number, offset: number, structure: number, text: string) => Fault | undefined;
	/**
	 * Addresses that each instruction has been seen to write, by `originOf`. A search takes them for all that it may write, and
	 * is done again when it has seen another: a write is found before anybody can have read from it.
	 */
	readonly written: Map<number, Set<number>>;
	/** Cells of an object that are no locks. */
	readonly cellsOf: (object: number) => readonly number[];
}

/** Number of an instruction among those of all threads. */
export const originOf = (thread: number, pc: number): number => thread * 2 ** 16 + pc;

/** Arguments that one callback may get; each has a location. */
const argumentsMaximum = 4;

/** Memory as `words`, a state of the Program's layout, says it is before the threads run. */
export function programMemory(program: Program, words: Int32Array): ProgramMemory {
	const layout = layoutOf(program);
	const locations: MemoryLocation[] = program.cells.map((cell, index) => {
		const object = program.objects[cell.object]?.name ?? "";
		const name = cell.field === "" ? object : `${object}.${cell.field}`;
		return { name, address: cell.address, initial: words[index] as number };
	});
	const lifetimeAddress = (object: number) => -cellStride * (1 + object);
	const startAddress = (thread: number) => -cellStride * (1 + program.objects.length + thread * (1 + argumentsMaximum));
	const argumentAddress = (thread: number, register: number) =>
		startAddress(thread) - cellStride * (1 + (register % argumentsMaximum));
	for (const [index, object] of program.objects.entries()) {
		const initial = words[layout.lifetimes + index] as number;
		locations.push({ name: `lifetime of ${object.name}`, address: lifetimeAddress(index), initial });
	}
	for (const [index, thread] of program.threads.entries()) {
		locations.push({ name: `start of ${thread.name}`, address: startAddress(index), initial: 0 });
		for (let argument = 0; argument < argumentsMaximum; argument++) {
			locations.push({ name: `argument of ${thread.name}`, address: argumentAddress(index, argument), initial: 0 });
		}
	}
	const byAddress = new Map(locations.map(({ address }, index) => [address, index]));
	const allLive = words.slice();
	allLive.fill(live, layout.lifetimes, layout.lifetimes + program.objects.length);
	return {
		program,
		layout,
		locations,
		locationAt: (address) => byAddress.get(address),
		lifetimeAddress,
		startAddress,
		argumentAddress,
		faultAt: (base, offset, structure, text) => {
			const resolved = resolve(program, layout, allLive, base, offset, structure, text);
			return typeof resolved === "number" ? undefined : resolved;
		},
		written: new Map(),
		cellsOf: (object) => program.cells.flatMap((cell, index) => (cell.object === object && !cell.lock ? [index] : [])),
	};
}
