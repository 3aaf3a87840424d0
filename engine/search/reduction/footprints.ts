/**
 * What steps may read and write, as sets of locations: a cell, an object's lifetime, one thread's bit in a grace period, a
 * thread's context (interrupts, preemption, RCU, spinning locks), or whether a callback runs. Two steps of different threads
 * are independent when neither writes what the other reads or writes.
 */
import type { Region } from "../../memory/compiled/region.ts";
import { irqWord, type Layout, pcWord, preemptWord, rcuWord, spinWord } from "../../memory/layout.ts";
import { successors } from "../../program/liveness.ts";
import type { Instruction, Place, Program } from "../../program/program.ts";
import { type Target, ValueAnalysis } from "./values.ts";

/** Bit sets over locations. */
export interface Footprint {
	readonly reads: Int32Array;
	readonly writes: Int32Array;
}

/** Whether the sets have a member in common. */
export function meet(one: Int32Array, two: Int32Array): boolean {
	for (let index = 0; index < one.length; index++)
		if (((one[index] as number) & (two[index] as number)) !== 0) return true;
	return false;
}

/** Whether steps with these footprints may depend on each other. */
export const dependent = (one: Footprint, two: Footprint): boolean =>
	meet(one.writes, two.writes) || meet(one.writes, two.reads) || meet(one.reads, two.writes);

const put = (set: Int32Array, location: number) => {
	set[location >>> 5] = (set[location >>> 5] as number) | (1 << (location & 31));
};
/** Adds the members of one set to another. */
export const unite = (into: Int32Array, from: Int32Array) => {
	for (let index = 0; index < into.length; index++) into[index] = (into[index] as number) | (from[index] as number);
};

export class Footprints {
	readonly values: ValueAnalysis;
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly threads: number;
	private readonly size: number;
	/** By thread and program counter. */
	private readonly instructions: readonly (readonly Footprint[])[];
	/** Whether plain stores may hit a lock: then a lock's holder is not the only one who changes who holds it. */
	private readonly locksAreStoredTo: boolean;

	constructor(program: Program, layout: Layout) {
		this.program = program;
		this.layout = layout;
		this.threads = program.threads.length;
		this.size = Math.ceil((this.slot(0) + this.threads) / 32);
		this.values = new ValueAnalysis(program, layout);
		this.locksAreStoredTo = this.findStoresToLocks();
		this.instructions = program.threads.map((thread, index) =>
			thread.instructions.map((instruction, pc) =>
				this.values.reaches(index, pc) ? this.ofInstruction(index, instruction) : this.empty(),
			),
		);
	}

	/** Location of a thread's bit in a grace period. Cells and lifetimes are locations by their index in a state. */
	gracePeriodBit(gracePeriod: number, thread: number): number {
		return this.layout.gracePeriods + gracePeriod * this.threads + thread;
	}

	private context(thread: number): number {
		return this.gracePeriodBit(this.program.gracePeriods, 0) + thread;
	}

	private slot(thread: number): number {
		return this.context(this.threads) + thread;
	}

	/** Words of a state that the locations stand for. */
	wordsOf(locations: Int32Array): readonly number[] {
		const has = (location: number) => ((locations[location >>> 5] as number) & (1 << (location & 31))) !== 0;
		const words: number[] = [];
		for (let word = 0; word < this.layout.gracePeriods; word++) if (has(word)) words.push(word);
		for (let period = 0; period < this.program.gracePeriods; period++)
			if (this.program.threads.some((_, thread) => has(this.gracePeriodBit(period, thread))))
				words.push(this.layout.gracePeriods + period);
		this.program.threads.forEach((_, thread) => {
			const base = this.layout.threads[thread] as number;
			if (has(this.slot(thread))) words.push(base + pcWord);
			if (has(this.context(thread))) words.push(base + irqWord, base + preemptWord, base + rcuWord, base + spinWord);
		});
		return words;
	}

	/** An empty footprint. */
	empty(): Footprint {
		return { reads: new Int32Array(this.size), writes: new Int32Array(this.size) };
	}

	/** A set of locations. */
	setOf(locations: Iterable<number>): Int32Array {
		const set = new Int32Array(this.size);
		for (const location of locations) put(set, location);
		return set;
	}

	/** What a step may touch: of all instructions in its region, or of those after the first. */
	ofRegion(thread: number, region: Region, withoutFirst = false): Footprint {
		const all = this.empty();
		for (const pc of withoutFirst ? region.inside.slice(1) : region.inside) this.add(all, thread, pc);
		for (const mate of this.layout.cpuMates[thread] ?? []) put(all.reads, this.context(mate));
		return all;
	}

	private add(into: Footprint, thread: number, pc: number): void {
		const footprint = this.instructions[thread]?.[pc];
		if (!footprint) return;
		unite(into.reads, footprint.reads);
		unite(into.writes, footprint.writes);
	}

	/** What an access to one cell touches. */
	ofAccess(cell: number, kind: "load" | "store" | "update"): Footprint {
		const footprint = this.empty();
		const object = this.program.cells[cell]?.object ?? 0;
		put(footprint.reads, this.layout.lifetimes + object);
		if (kind !== "store") put(footprint.reads, cell);
		if (kind !== "load") put(footprint.writes, cell);
		return footprint;
	}

	/**
	 * What a thread that stands at `pc`, and the callbacks it may start, may ever touch while the locks `held` (by cell, whether
	 * exclusively) stay as they are: nobody gets past taking one of them.
	 */
	future(thread: number, pc: number, held: ReadonlyMap<number, boolean>): Footprint {
		const future = this.empty();
		const seen = new Set<number>();
		const work: { thread: number; pc: number }[] = [{ thread, pc }];
		const length = this.program.threads.reduce((most, each) => Math.max(most, each.instructions.length), 0);
		for (let at = work.pop(); at; at = work.pop()) {
			const index = at.thread * length + at.pc;
			if (seen.has(index)) continue;
			seen.add(index);
			this.add(future, at.thread, at.pc);
			for (const mate of this.layout.cpuMates[at.thread] ?? []) put(future.reads, this.context(mate));
			const instruction = this.program.threads[at.thread]?.instructions[at.pc];
			if (!instruction || this.isBarred(at.thread, instruction, held)) continue;
			for (const next of successors(instruction))
				if (this.values.reaches(at.thread, next)) work.push({ thread: at.thread, pc: next });
			if (instruction.kind === "call_rcu")
				work.push({ thread: instruction.thread, pc: this.program.threads[instruction.thread]?.entry ?? 0 });
		}
		return future;
	}

	/** Whether the instruction waits for a lock that is held; `held` says of each whether it is held exclusively. */
	isBarred(thread: number, instruction: Instruction, held: ReadonlyMap<number, boolean>): boolean {
		if (held.size === 0 || instruction.kind !== "lock" || instruction.try !== undefined) return false;
		const { cells } = this.values.target(thread, instruction.lock);
		const exclusively = cells.length === 1 ? held.get(cells[0] as number) : undefined;
		return exclusively !== undefined && (exclusively || !instruction.shared) && !this.locksAreStoredTo;
	}

	/** Locations that a property's truth may depend on. */
	ofProperty(index: number): Int32Array {
		const code = this.values.codeOfProperty(index);
		const all = this.empty();
		for (const instruction of this.program.properties[index]?.code.instructions ?? []) {
			const footprint = this.ofInstruction(code, instruction);
			unite(all.reads, footprint.reads);
		}
		return all.reads;
	}

	private findStoresToLocks(): boolean {
		const locks = new Set(this.layout.lockCells);
		return this.program.threads.some((thread, index) =>
			thread.instructions.some(
				(instruction, pc) =>
					this.values.reaches(index, pc) &&
					(instruction.kind === "store" || instruction.kind === "update") &&
					this.values.target(index, instruction.place).cells.some((cell) => locks.has(cell)),
			),
		);
	}

	private ofInstruction(code: number, instruction: Instruction): Footprint {
		const footprint = this.empty();
		const { reads, writes } = footprint;
		const place = (at: Place): Target => {
			const target = this.values.target(code, at);
			for (const object of target.objects) put(reads, this.layout.lifetimes + object);
			return target;
		};
		const cells = (at: Place, sets: readonly Int32Array[]) => {
			for (const cell of place(at).cells) for (const set of sets) put(set, cell);
		};
		switch (instruction.kind) {
			case "load":
			case "reload":
				cells(instruction.place, [reads]);
				break;
			case "store":
				cells(instruction.place, [writes]);
				break;
			case "update":
				cells(instruction.place, [reads, writes]);
				break;
			case "lock":
			case "unlock":
				cells(instruction.lock, [reads, writes]);
				if (instruction.bit) cells(instruction.bit.word, [reads, writes]);
				if (instruction.spinning) this.leaves(code, writes);
				this.readsHolders(reads);
				break;
			case "downgrade":
				cells(instruction.lock, [reads, writes]);
				break;
			case "is_locked":
				cells(instruction.lock, [reads]);
				break;
			case "holds":
				// Whether the thread itself holds it: nobody else changes that.
				cells(instruction.lock, this.locksAreStoredTo ? [reads] : []);
				break;
			case "context":
			case "context_set":
				this.leaves(code, writes);
				break;
			case "irqs_disabled_on":
				for (let thread = 0; thread < this.threads; thread++) put(reads, this.context(thread));
				break;
			case "grace_period_begin":
				this.begins(instruction.gracePeriod, footprint);
				break;
			case "grace_period_end":
				for (let thread = 0; thread < this.threads; thread++)
					put(reads, this.gracePeriodBit(instruction.gracePeriod, thread));
				break;
			case "call_rcu":
				put(reads, this.slot(instruction.thread));
				put(writes, this.slot(instruction.thread));
				this.begins(instruction.gracePeriod, footprint);
				break;
			case "allocate":
				for (const object of this.program.pools[instruction.pool]?.objects ?? []) {
					put(reads, this.layout.lifetimes + object);
					put(writes, this.layout.lifetimes + object);
				}
				break;
			case "free":
				this.frees(this.values.values(code, instruction.pointer), footprint);
				break;
			case "end":
				if (this.program.threads[code]?.kind === "callback") put(writes, this.slot(code));
				this.readsHolders(reads);
				break;
			default:
				break;
		}
		return footprint;
	}

	private readsHolders(reads: Int32Array): void {
		if (this.locksAreStoredTo) for (const cell of this.layout.lockCells) put(reads, cell);
	}

	/** A change of context, which may make the thread leave every grace period. */
	private leaves(thread: number, writes: Int32Array): void {
		put(writes, this.context(thread));
		for (let period = 0; period < this.program.gracePeriods; period++) put(writes, this.gracePeriodBit(period, thread));
	}

	private begins(gracePeriod: number, footprint: Footprint): void {
		for (let thread = 0; thread < this.threads; thread++) {
			put(footprint.reads, this.context(thread));
			put(footprint.writes, this.gracePeriodBit(gracePeriod, thread));
		}
	}

	private frees(pointers: ReadonlySet<number> | undefined, footprint: Footprint): void {
		this.program.objects.forEach((object, index) => {
			if (pointers && !pointers.has(object.address)) return;
			put(footprint.reads, this.layout.lifetimes + index);
			put(footprint.writes, this.layout.lifetimes + index);
			for (const cell of this.layout.lockCells)
				if (this.program.cells[cell]?.object === index) put(footprint.reads, cell);
		});
	}
}
