/**
 * Columns: parts of a Program that are the same up to names. A column is a thread with what only it speaks of: callbacks that it
 * starts, grace periods that it waits for, objects that its code names or that are reached from these. Two threads written from
 * the same code, with the same starting values, give two columns that may be exchanged, if `automorphism.ts` agrees.
 */
import type { Layout } from "../../memory/layout.ts";
import { objectAlignment, type Program } from "../../program/program.ts";

/** Members of columns of one class correspond by their index. */
export interface Column {
	readonly threads: readonly number[];
	readonly gracePeriods: readonly number[];
	readonly objects: readonly number[];
}

/** Columns of which any two may be exchanged. */
export interface ColumnClass {
	readonly columns: readonly Column[];
	readonly pointers: ColumnPointers;
}

/** Words of a state, by index, in which an address inside a column may stand. */
export interface ColumnPointers {
	readonly cells: readonly number[];
	/** By thread and program counter, while the thread runs. */
	readonly registers: readonly ReadonlyMap<number, readonly number[]>[];
	/** Registers that properties look at, whatever the program counter. */
	readonly kept: readonly number[];
}

/** The object whose memory a word points into, or -1. */
export function objectOfWord(layout: Layout, word: number): number {
	return word > 0 ? (layout.objectAt[Math.floor(word / objectAlignment)] ?? -1) : -1;
}

/** Cells of each object, in the order of their addresses. */
export function cellsOfObjects(program: Program): readonly (readonly number[])[] {
	const cells: number[][] = program.objects.map(() => []);
	program.cells.forEach((cell, index) => {
		cells[cell.object]?.push(index);
	});
	const address = (cell: number) => program.cells[cell]?.address ?? 0;
	for (const of of cells) of.sort((one, two) => address(one) - address(two));
	return cells;
}

/** Parts of an instruction that only messages are made of. */
const saidOnly: ReadonlySet<string> = new Set(["site", "text", "message", "what"]);

/** What corresponds to what when one thread is laid beside another; undefined where they differ in more than names. */
export class Correspondence {
	readonly threads = new Map<number, number>();
	readonly gracePeriods = new Map<number, number>();
	readonly objects = new Map<number, number>();
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly cells: readonly (readonly number[])[];
	private readonly start: Int32Array;
	private readonly unfinished: { readonly one: number; readonly two: number }[] = [];

	/** `start`: a state in which the search begins. */
	static between(
		program: Program,
		layout: Layout,
		start: Int32Array,
		one: number,
		two: number,
	): Correspondence | undefined {
		const correspondence = new Correspondence(program, layout, start);
		return correspondence.pairThreads(one, two) && correspondence.finish() ? correspondence : undefined;
	}

	private constructor(program: Program, layout: Layout, start: Int32Array) {
		this.program = program;
		this.layout = layout;
		this.start = start;
		this.cells = cellsOfObjects(program);
	}

	private finish(): boolean {
		for (let pair = this.unfinished.pop(); pair; pair = this.unfinished.pop()) {
			const before = this.cells[pair.one] ?? [];
			const after = this.cells[pair.two] ?? [];
			const same = before.every((cell, index) =>
				this.pairWords(this.start[cell] as number, this.start[after[index] as number] as number),
			);
			if (!same) return false;
		}
		const owner = (object: number) => this.program.objects[object]?.thread ?? -1;
		return (
			isDisjoint(this.threads) &&
			isDisjoint(this.gracePeriods) &&
			isDisjoint(this.objects) &&
			[...this.objects].every(([one, two]) => (this.threads.get(owner(one)) ?? owner(one)) === owner(two))
		);
	}

	private pairThreads(one: number, two: number): boolean {
		if (this.threads.has(one)) return this.threads.get(one) === two;
		const before = this.program.threads[one];
		const after = this.program.threads[two];
		if (!before || !after || before.kind !== after.kind || before.entry !== after.entry) return false;
		if (before.instructions.length !== after.instructions.length) return false;
		if (before.registers.length !== after.registers.length) return false;
		// Whoever shares a CPU is no longer like those who have one of their own.
		if ((this.layout.cpuMates[one] ?? []).length + (this.layout.cpuMates[two] ?? []).length > 0) return false;
		this.threads.set(one, two);
		return this.same(before.instructions, after.instructions, "");
	}

	private pairPeriods(one: number, two: number): boolean {
		const known = this.gracePeriods.get(one);
		if (known !== undefined) return known === two;
		if (one !== two) this.gracePeriods.set(one, two);
		return true;
	}

	private same(one: unknown, two: unknown, key: string): boolean {
		if (saidOnly.has(key)) return true;
		if (typeof one === "number" && typeof two === "number") {
			if (key === "thread") return one === two ? !this.threads.has(one) : this.pairThreads(one, two);
			if (key === "gracePeriod") return this.pairPeriods(one, two);
			return one === two;
		}
		if (typeof one !== "object" || typeof two !== "object" || one === null || two === null) return one === two;
		const before = one as Readonly<Record<string, unknown>>;
		const after = two as Readonly<Record<string, unknown>>;
		if (before.op === "constant" && after.op === "constant")
			return this.pairWords(before.value as number, after.value as number);
		const keys = Object.keys(before);
		if (keys.length !== Object.keys(after).length) return false;
		return keys.every((inner) => inner in after && this.same(before[inner], after[inner], inner));
	}

	private pairWords(one: number, two: number): boolean {
		if (one === two) return true;
		const before = objectOfWord(this.layout, one);
		const after = objectOfWord(this.layout, two);
		if (before < 0 || after < 0) return false;
		const address = (object: number) => this.program.objects[object]?.address ?? 0;
		return one - address(before) === two - address(after) && this.pairObjects(before, after);
	}

	private pairObjects(one: number, two: number): boolean {
		const known = this.objects.get(one);
		if (known !== undefined) return known === two;
		if (one === two || !this.isLike(one, two)) return false;
		this.objects.set(one, two);
		this.unfinished.push({ one, two });
		return true;
	}

	/** Whether two objects are of one type, laid out alike. Objects out of a pool are told apart by their order in it. */
	private isLike(one: number, two: number): boolean {
		const { program } = this;
		const before = program.objects[one];
		const after = program.objects[two];
		if (!before || !after || before.type !== after.type || before.pool >= 0 || after.pool >= 0) return false;
		if (before.initiallyLive !== after.initiallyLive) return false;
		const shape = (object: number, address: number) =>
			JSON.stringify([
				(this.cells[object] ?? []).map((index) => {
					const cell = program.cells[index];
					const lock = cell?.lock;
					return [(cell?.address ?? 0) - address, lock ? [lock.rank, lock.spinning] : null];
				}),
				program.instances
					.filter((instance) => instance.object === object)
					.map((instance) => [instance.address - address, instance.structure])
					.sort(),
			]);
		return shape(one, before.address) === shape(two, after.address);
	}
}

/** Whether nothing is on both sides, and nothing twice on one. */
function isDisjoint(pairs: ReadonlyMap<number, number>): boolean {
	const images = new Set(pairs.values());
	return images.size === pairs.size && ![...pairs.keys()].some((key) => images.has(key));
}

/** Classes of columns that look alike, each of at least two; whether they may be exchanged is for `automorphism.ts` to say. */
export function candidateColumns(program: Program, layout: Layout, start: Int32Array): readonly (readonly Column[])[] {
	const named = new Set(
		program.properties.flatMap((property) => property.variables.map((variable) => variable.thread)),
	);
	const taken = new Set<number>();
	const classes: Column[][] = [];
	const isFree = (thread: number) =>
		program.threads[thread]?.kind === "thread" && !taken.has(thread) && !named.has(thread);
	for (let first = 0; first < program.threads.length; first++) {
		if (!isFree(first)) continue;
		const columns: Column[] = [];
		for (let other = first + 1; other < program.threads.length; other++) {
			const found = isFree(other) && Correspondence.between(program, layout, start, first, other);
			if (!found) continue;
			const column = {
				threads: [...found.threads.keys()],
				gracePeriods: [...found.gracePeriods.keys()],
				objects: [...found.objects.keys()],
			};
			columns[0] ??= column;
			const image = imageOf(columns[0], column, found);
			if (image && columns.every((one) => isApart(one, image))) columns.push(image);
		}
		if (columns.length < 2) continue;
		for (const column of columns) for (const thread of column.threads) taken.add(thread);
		classes.push(columns);
	}
	return classes;
}

/** What corresponds to a column, if the correspondence is about just this column. */
function imageOf(column: Column, found: Column, by: Correspondence): Column | undefined {
	const through = (members: readonly number[], other: readonly number[], map: ReadonlyMap<number, number>) =>
		members.length === other.length && members.every((member) => map.has(member))
			? members.map((member) => map.get(member) as number)
			: undefined;
	const threads = through(column.threads, found.threads, by.threads);
	const gracePeriods = through(column.gracePeriods, found.gracePeriods, by.gracePeriods);
	const objects = through(column.objects, found.objects, by.objects);
	return threads && gracePeriods && objects ? { threads, gracePeriods, objects } : undefined;
}

function isApart(one: Column, two: Column): boolean {
	const meets = (left: readonly number[], right: readonly number[]) => left.some((member) => right.includes(member));
	return !(
		meets(one.threads, two.threads) ||
		meets(one.gracePeriods, two.gracePeriods) ||
		meets(one.objects, two.objects)
	);
}
