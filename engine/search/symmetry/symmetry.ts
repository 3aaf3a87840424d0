/**
 * Symmetry of identical threads, and of the objects that only one of them uses: of all states that differ only in which of the
 * columns is which, one is kept. A state is brought to that one by sorting the columns.
 */
import { stopsOf } from "../../memory/compiled/region.ts";
import { type Layout, pcWord } from "../../memory/layout.ts";
import { exclusiveHolder, renamedHolders, sharedHolderMask, writerWaits } from "../../memory/locks.ts";
import type { Machine } from "../../memory/sc.ts";
import type { Program } from "../../program/program.ts";
import type { ValueAnalysis } from "../reduction/values.ts";
import { forEachStart } from "../successors.ts";
import { pointersOfColumns } from "./automorphism.ts";
import {
	type Column,
	type ColumnClass,
	type ColumnPointers,
	candidateColumns,
	cellsOfObjects,
	objectOfWord,
} from "./columns.ts";

/** States in which a search may start, past which no symmetry is looked for. */
const startsMax = 64;

/** A permutation of threads: `to[thread]` is the number by which the thread goes afterwards. */
export type ThreadNumbers = Uint8Array;

/** The symmetry of a Program, or undefined where it has none that is sure. `values` is an analysis of the Program. */
export function symmetryOf(machine: Machine, values: ValueAnalysis): Symmetry | undefined {
	const { program, layout } = machine;
	const starts = startsOf(machine);
	const [first] = starts.values();
	if (!first || starts.size > startsMax) return undefined;
	const candidates = candidateColumns(program, layout, first);
	if (candidates.length === 0) return undefined;
	const standing = program.threads.map((thread) => stopsOf(thread, layout.contextIsShared));
	const classes = candidates.flatMap((columns) => {
		const pointers = pointersOfColumns(program, layout, values, columns, standing);
		if (!pointers) return [];
		const one = new SortedColumns(program, layout, { columns, pointers });
		return keeps(one, starts) ? [one] : [];
	});
	return classes.length > 0 ? new Symmetry(program, classes) : undefined;
}

/** The states in which the search may start; more than `startsMax` when there are too many. */
function startsOf(machine: Machine): ReadonlyMap<string, Int32Array> {
	const starts = new Map<string, Int32Array>();
	const words = new Int32Array(machine.layout.words);
	forEachStart(machine, words, (outcome) => {
		if (outcome.kind === "done") starts.set(words.join(), words.slice());
		return outcome.kind === "done" && starts.size <= startsMax;
	});
	return starts;
}

/** Whether each exchange of columns takes every start to a start. */
function keeps(columns: SortedColumns, starts: ReadonlyMap<string, Int32Array>): boolean {
	for (let other = 1; other < columns.count; other++) {
		for (const start of starts.values()) {
			const words = start.slice();
			columns.exchange(words, 0, other);
			if (!starts.has(words.join())) return false;
		}
	}
	return true;
}

export class Symmetry {
	readonly classes: readonly SortedColumns[];
	/** Where each thread went in the last call of `sort`. */
	readonly numbers: ThreadNumbers;
	private readonly threads: number;

	constructor(program: Program, classes: readonly SortedColumns[]) {
		this.classes = classes;
		this.threads = program.threads.length;
		this.numbers = new Uint8Array(this.threads + 1);
	}

	/** Brings a state to the one that stands for all that are the same up to names. Whether anything changed; `numbers` says what. */
	sort(words: Int32Array): boolean {
		let changed = false;
		for (const one of this.classes) {
			if (!one.sort(words)) continue;
			if (!changed) for (let thread = 0; thread <= this.threads; thread++) this.numbers[thread] = thread;
			changed = true;
			one.renumber(this.numbers);
		}
		return changed;
	}
}

/** How one word of a column is compared. */
const asWord = 0;
const asPointer = 1;
const asLock = 2;
const asMask = 3;

/** Tells words of locks with a writer in the queue from those without. */
const seenWithWriter = 1 << 26;

/** A class of columns in a row of words. */
export class SortedColumns {
	readonly count: number;
	private readonly layout: Layout;
	/** For each column its words, in the same order: those of its threads first. */
	private readonly words: readonly Int32Array[];
	private readonly kinds: Uint8Array;
	/** By the index of a thread's program counter among the words of its column: kinds of its words, where they are not all `asWord`. */
	private readonly kindsAt: readonly (ReadonlyMap<number, Uint8Array> | undefined)[];
	/** Words outside all columns that say something of single threads: locks, and what grace periods wait for. */
	private readonly sharedLocks: readonly number[];
	private readonly sharedMasks: readonly number[];
	/** Everything that has to be renamed. */
	private readonly locks: readonly number[];
	private readonly masks: readonly number[];
	private readonly pointers: ColumnPointers;
	/** Words of program counters of all threads that may hold addresses inside a column. */
	private readonly pointing: readonly { readonly pc: number; readonly at: ReadonlyMap<number, readonly number[]> }[];
	/** Column of a thread, and of an object, or -1. */
	private readonly columnOfThread: Int8Array;
	private readonly columnOfObject: Int8Array;
	private readonly threadsOf: readonly (readonly number[])[];
	private readonly addresses: readonly (readonly number[])[];
	private readonly addressOfObject: Int32Array;
	private readonly memberOfObject: Int32Array;
	private readonly memberOfThread: Int32Array;
	/** order[i]: the column that comes to stand at i; place[i]: where column i goes. */
	private readonly order: Uint8Array;
	private readonly place: Uint8Array;
	/** Where each thread went in the last change of order. */
	readonly numbers: ThreadNumbers;
	private readonly scratch: Int32Array;

	constructor(program: Program, layout: Layout, { columns, pointers }: ColumnClass) {
		this.layout = layout;
		this.count = columns.length;
		const cells = cellsOfObjects(program);
		const pointing = new Set([...pointers.cells, ...pointers.kept]);
		const locks = new Set(layout.lockCells);
		this.words = columns.map((column) => wordsOf(column, layout, cells));
		const periods = new Set(columns.flatMap((column) => column.gracePeriods));
		const isMask = (word: number) => word >= layout.gracePeriods && word < (layout.threads[0] as number);
		this.kinds = Uint8Array.from(this.words[0] ?? [], (word) =>
			pointing.has(word) ? asPointer : locks.has(word) ? asLock : isMask(word) ? asMask : asWord,
		);
		const inColumns = new Set(this.words.flatMap((own) => [...own]));
		this.locks = layout.lockCells;
		this.sharedLocks = layout.lockCells.filter((cell) => !inColumns.has(cell));
		const masks = Array.from({ length: program.gracePeriods }, (_, period) => period);
		this.masks = masks.map((period) => layout.gracePeriods + period);
		this.sharedMasks = masks.filter((period) => !periods.has(period)).map((period) => layout.gracePeriods + period);
		this.pointers = pointers;
		this.pointing = pointers.registers.flatMap((at, thread) =>
			[...at.values()].some((registers) => registers.length > 0)
				? [{ pc: (layout.threads[thread] as number) + pcWord, at }]
				: [],
		);
		this.kindsAt = kindsOfRegisters(columns[0]?.threads ?? [], layout, pointers, this.words[0] as Int32Array);
		this.columnOfThread = new Int8Array(program.threads.length + 1).fill(-1);
		this.memberOfThread = new Int32Array(program.threads.length + 1);
		this.columnOfObject = new Int8Array(program.objects.length).fill(-1);
		this.memberOfObject = new Int32Array(program.objects.length);
		columns.forEach((column, index) => {
			column.threads.forEach((thread, member) => {
				this.columnOfThread[thread] = index;
				this.memberOfThread[thread] = member;
			});
			column.objects.forEach((object, member) => {
				this.columnOfObject[object] = index;
				this.memberOfObject[object] = member;
			});
		});
		this.threadsOf = columns.map((column) => column.threads);
		this.addressOfObject = Int32Array.from(program.objects, (object) => object.address);
		this.addresses = columns.map((column) => column.objects.map((object) => this.addressOfObject[object] as number));
		this.order = new Uint8Array(this.count);
		this.place = new Uint8Array(this.count);
		this.numbers = new Uint8Array(program.threads.length + 1);
		this.scratch = new Int32Array(this.count * (this.words[0]?.length ?? 0));
	}

	/** Sorts the columns. Whether their order changed. */
	sort(words: Int32Array): boolean {
		const { order, count } = this;
		let sorted = true;
		order[0] = 0;
		for (let column = 1; column < count; column++) {
			let at = column;
			while (at > 0 && this.compare(words, order[at - 1] as number, column) > 0) {
				order[at] = order[at - 1] as number;
				at--;
			}
			order[at] = column;
			if (at !== column) sorted = false;
		}
		if (sorted) return false;
		this.apply(words);
		return true;
	}

	/** Exchanges two columns. */
	exchange(words: Int32Array, one: number, two: number): void {
		for (let column = 0; column < this.count; column++) this.order[column] = column;
		this.order[one] = two;
		this.order[two] = one;
		this.apply(words);
	}

	/** Composes the numbers of threads with what the last change made of them. */
	renumber(numbers: ThreadNumbers): void {
		for (let thread = 0; thread < numbers.length; thread++)
			numbers[thread] = this.numbers[numbers[thread] as number] as number;
	}

	/** Negative, 0 or positive; 0 only for columns that look the same from everywhere, unless they point into each other. */
	private compare(words: Int32Array, one: number, two: number): number {
		const { kinds } = this;
		const before = this.words[one] as Int32Array;
		const after = this.words[two] as Int32Array;
		let registers: Uint8Array | undefined;
		let end = 0;
		for (let index = 0; index < before.length; index++) {
			let left = words[before[index] as number] as number;
			let right = words[after[index] as number] as number;
			const at = this.kindsAt[index];
			if (at) {
				registers = left === right ? at.get(left) : undefined;
				end = registers ? index + registers.length : 0;
			}
			const kind = (index < end ? registers?.[registers.length - (end - index)] : kinds[index]) as number;
			if (kind !== asWord) {
				left = this.seenFrom(one, left, kind);
				right = this.seenFrom(two, right, kind);
			}
			if (left !== right) return left < right ? -1 : 1;
		}
		for (const cell of this.sharedLocks) {
			const word = words[cell] as number;
			if (word === 0) continue;
			const difference = this.seenFrom(one, word, asLock) - this.seenFrom(two, word, asLock);
			if (difference !== 0) return difference;
		}
		for (const mask of this.sharedMasks) {
			const word = words[mask] as number;
			if (word === 0) continue;
			const difference = this.seenFrom(one, word, asMask) - this.seenFrom(two, word, asMask);
			if (difference !== 0) return difference;
		}
		return 0;
	}

	/** A word as it looks from a column: what is its own in it, whatever the number of the column. */
	private seenFrom(column: number, word: number, kind: number): number {
		if (word === 0) return 0;
		if (kind === asPointer) {
			const object = objectOfWord(this.layout, word);
			if (object < 0 || this.columnOfObject[object] === -1) return word;
			const member = this.memberOfObject[object] as number;
			const seen = word - (this.addressOfObject[object] as number) + (this.addresses[0]?.[member] as number);
			return this.columnOfObject[object] === column ? seen : -seen;
		}
		const own = this.threadsOf[column] as readonly number[];
		let seen = 1;
		const shared = kind === asLock ? sharedHolderMask(word) : word;
		for (let member = 0; member < own.length; member++) {
			if ((shared & (1 << (own[member] as number))) !== 0) seen |= 2 << member;
		}
		if (kind !== asLock) return seen;
		const holder = exclusiveHolder(word);
		if (holder >= 0) seen = this.columnOfThread[holder] === column ? -2 - (this.memberOfThread[holder] as number) : -1;
		return (word & writerWaits) === 0 ? seen : seen * seenWithWriter;
	}

	/** Moves column `order[i]` to place i, for all i, and renames what speaks of columns. */
	private apply(words: Int32Array): void {
		const { order, place, scratch, count } = this;
		const size = this.kinds.length;
		for (let at = 0; at < count; at++) {
			place[order[at] as number] = at;
			const from = this.words[order[at] as number] as Int32Array;
			for (let index = 0; index < size; index++) scratch[at * size + index] = words[from[index] as number] as number;
		}
		for (let at = 0; at < count; at++) {
			if (order[at] === at) continue;
			const into = this.words[at] as Int32Array;
			for (let index = 0; index < size; index++) words[into[index] as number] = scratch[at * size + index] as number;
		}
		for (let thread = 0; thread < this.numbers.length; thread++) this.numbers[thread] = this.numberOf(thread);
		for (const cell of this.locks) {
			const word = words[cell] as number;
			if (word !== 0) words[cell] = renamedHolders(word, this.numbers);
		}
		for (const mask of this.masks) {
			let rest = words[mask] as number;
			if (rest === 0) continue;
			let renamed = 0;
			for (let thread = 0; rest !== 0; thread++, rest >>>= 1)
				if ((rest & 1) !== 0) renamed |= 1 << (this.numbers[thread] as number);
			words[mask] = renamed;
		}
		for (const cell of this.pointers.cells) words[cell] = this.renamed(words[cell] as number);
		for (const register of this.pointers.kept) words[register] = this.renamed(words[register] as number);
		for (const { pc, at } of this.pointing) {
			const registers = at.get(words[pc] as number);
			if (registers) for (const register of registers) words[register] = this.renamed(words[register] as number);
		}
	}

	/** An address, with what its low bits say, after the change of order. */
	private renamed(word: number): number {
		const object = objectOfWord(this.layout, word);
		const column = object < 0 ? -1 : (this.columnOfObject[object] as number);
		if (column < 0) return word;
		const target = this.addresses[this.place[column] as number]?.[this.memberOfObject[object] as number] as number;
		return word - (this.addressOfObject[object] as number) + target;
	}

	private numberOf(thread: number): number {
		const column = this.columnOfThread[thread] as number;
		if (column < 0) return thread;
		return this.threadsOf[this.place[column] as number]?.[this.memberOfThread[thread] as number] as number;
	}
}

/** Words of a column, those first in which columns differ most often. */
function wordsOf(column: Column, layout: Layout, cells: readonly (readonly number[])[]): Int32Array {
	const words: number[] = [];
	for (const thread of column.threads) {
		const end = layout.threads[thread + 1] ?? layout.words;
		for (let word = layout.threads[thread] as number; word < end; word++) words.push(word);
	}
	for (const object of column.objects) {
		words.push(...(cells[object] ?? []));
		words.push(layout.lifetimes + object);
	}
	for (const period of column.gracePeriods) words.push(layout.gracePeriods + period);
	return Int32Array.from(words);
}

/** Kinds of the words of threads, by the place of the thread among the words of its column, and by its program counter. */
function kindsOfRegisters(
	threads: readonly number[],
	layout: Layout,
	pointers: ColumnPointers,
	words: Int32Array,
): readonly (ReadonlyMap<number, Uint8Array> | undefined)[] {
	const kinds: (ReadonlyMap<number, Uint8Array> | undefined)[] = [];
	for (const thread of threads) {
		const first = layout.threads[thread] as number;
		const length = (layout.threads[thread + 1] ?? layout.words) - first;
		const byCounter = new Map<number, Uint8Array>();
		for (const [pc, registers] of pointers.registers[thread] ?? []) {
			if (registers.length === 0) continue;
			const own = new Uint8Array(length).fill(asWord);
			for (const register of registers) own[register - first] = asPointer;
			byCounter.set(pc, own);
		}
		if (byCounter.size > 0) kinds[words.indexOf(first)] = byCounter;
	}
	return kinds;
}
