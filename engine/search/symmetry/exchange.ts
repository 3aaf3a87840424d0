/** The exchange of two columns of a Program: what goes by which name afterwards. */
import type { Layout } from "../../memory/layout.ts";
import type { Instruction, Program } from "../../program/program.ts";
import { type Column, cellsOfObjects, objectOfWord } from "./columns.ts";

/** Everything that is exchanged is mapped both ways; what is not is in no map. */
export interface Exchange {
	readonly threads: ReadonlyMap<number, number>;
	readonly gracePeriods: ReadonlyMap<number, number>;
	readonly cells: ReadonlyMap<number, number>;
	/** A word that is an address, or an address with bits in its low end. */
	word(word: number): number;
}

/** The exchange of two columns whose members correspond. */
export function exchangeOf(program: Program, layout: Layout, one: Column, two: Column): Exchange {
	const both = (before: readonly number[], after: readonly number[]) =>
		new Map(
			before.flatMap((member, index) => {
				const other = after[index] as number;
				return [[member, other] as const, [other, member] as const];
			}),
		);
	const objects = both(one.objects, two.objects);
	const cellsOf = cellsOfObjects(program);
	const cells = new Map<number, number>();
	for (const [from, to] of objects)
		cellsOf[from]?.forEach((cell, index) => {
			cells.set(cell, cellsOf[to]?.[index] as number);
		});
	const address = (object: number) => program.objects[object]?.address ?? 0;
	return {
		threads: both(one.threads, two.threads),
		gracePeriods: both(one.gracePeriods, two.gracePeriods),
		cells,
		word: (word) => {
			const object = objectOfWord(layout, word);
			const other = objects.get(object);
			return other === undefined ? word : word - address(object) + address(other);
		},
	};
}

/** The constants, callbacks and grace periods that instructions name, in order, renamed if so wished. */
export function namesIn(instructions: readonly Instruction[], by?: Exchange): readonly number[] {
	const names: number[] = [];
	const walk = (part: unknown, key: string): void => {
		if (typeof part === "number") {
			if (key === "thread") names.push(by?.threads.get(part) ?? part);
			if (key === "gracePeriod") names.push(by?.gracePeriods.get(part) ?? part);
			return;
		}
		if (typeof part !== "object" || part === null) return;
		const fields = part as Readonly<Record<string, unknown>>;
		if (fields.op === "constant") {
			const value = fields.value as number;
			names.push(by ? by.word(value) : value);
			return;
		}
		for (const inner of Object.keys(fields)) walk(fields[inner], inner);
	};
	for (const instruction of instructions) walk(instruction, "");
	return names;
}
