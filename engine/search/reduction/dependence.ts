/** Whether a step may depend on what another thread may ever do: answered once for each pair, then looked up. */
import type { Region } from "../../memory/compiled/region.ts";
import { exclusiveHolder } from "../../memory/locks.ts";
import type { Stepper } from "../../memory/stepper.ts";
import type { BackEdges } from "./backEdges.ts";
import { dependent, type Footprint, Footprints, meet } from "./footprints.ts";

/** A place where a thread can stand, as far as it can be judged beforehand. */
export interface Stand {
	readonly number: number;
	readonly thread: number;
	readonly region: Region;
	/** What the step from here may touch. */
	readonly whole: Footprint;
	/** Present where the first access may go to more than one cell: what the rest of the step touches. */
	readonly rest: Footprint | undefined;
	readonly access: "load" | "store" | "update";
	/** Whether the step may close a cycle. */
	readonly mayLoop: boolean;
}

/** Locks that some threads hold: by cell, whether exclusively. */
export interface HeldLocks {
	readonly number: number;
	readonly locks: ReadonlyMap<number, boolean>;
}

/** Locks whose holders are looked at: three to this power must be a safe integer. */
const heldLocksMax = 30;
/** Pairs in the table of answers at the most; past it answers are kept in a map. */
const tablePairsMax = 1 << 22;

export class Dependence {
	readonly footprints: Footprints;
	readonly noLocks: HeldLocks = { number: 0, locks: new Map() };
	private readonly stepper: Stepper;
	private readonly byThread: readonly (readonly (Stand | undefined)[])[];
	private readonly stands: Stand[] = [];
	/** Footprints of steps: of stands first, then of stands with their first access resolved. */
	private readonly steps: Footprint[] = [];
	private readonly resolved = new Map<number, number>();
	/** For step × stand without locks: 0 unknown, 1 independent, 2 dependent. */
	private readonly table: Uint8Array;
	private readonly answers = new Map<number, boolean>();
	private readonly futures = new Map<number, Footprint>();
	private readonly held = new Map<number, HeldLocks>();

	constructor(stepper: Stepper, backEdges: BackEdges) {
		const { program, layout } = stepper.machine;
		this.stepper = stepper;
		this.footprints = new Footprints(program, layout);
		this.byThread = program.threads.map((_, thread) =>
			(stepper.regions[thread] ?? []).map((region) => region && this.addStand(thread, region, backEdges)),
		);
		const pairs = this.stands.length * this.stands.length;
		this.table = new Uint8Array(pairs <= tablePairsMax ? pairs : 0);
	}

	private addStand(thread: number, region: Region, backEdges: BackEdges): Stand {
		const instruction = this.stepper.machine.program.threads[thread]?.instructions[region.entry];
		const isAccess = instruction?.kind === "load" || instruction?.kind === "store" || instruction?.kind === "update";
		const several = isAccess && this.footprints.values.target(thread, instruction.place).cells.length > 1;
		const stand: Stand = {
			number: this.stands.length,
			thread,
			region,
			whole: this.footprints.ofRegion(thread, region),
			rest: several ? this.footprints.ofRegion(thread, region, true) : undefined,
			access: isAccess ? instruction.kind : "load",
			mayLoop: backEdges.inRegion(thread, region),
		};
		this.stands.push(stand);
		this.steps.push(stand.whole);
		return stand;
	}

	/** Where a running thread stands in the stepper's words. */
	standOf(thread: number): Stand {
		return this.byThread[thread]?.[this.stepper.pc(thread)] as Stand;
	}

	/** Number of the step that a thread is about to take: its stand's, or that of the stand with the cell it is about to access. */
	stepOf(stand: Stand): number {
		if (!stand.rest) return stand.number;
		const cell = this.stepper.nextCell(stand.thread);
		if (cell < 0) return stand.number;
		const key = stand.number * this.stepper.machine.program.cells.length + cell;
		const known = this.resolved.get(key);
		if (known !== undefined) return known;
		const { rest } = stand;
		const first = this.footprints.ofAccess(cell, stand.access);
		const step = this.steps.push({
			reads: first.reads.map((word, index) => word | (rest.reads[index] as number)),
			writes: first.writes.map((word, index) => word | (rest.writes[index] as number)),
		});
		this.resolved.set(key, step - 1);
		return step - 1;
	}

	/** Locks that threads of the set (a bit mask) hold; past `heldLocksMax` locks some are left out. */
	heldBy(set: number): HeldLocks {
		const { words, machine } = this.stepper;
		const { lockCells } = machine.layout;
		let key = 0;
		let weight = 1;
		for (let index = 0; index < lockCells.length && index < heldLocksMax; index++, weight *= 3) {
			const word = words[lockCells[index] as number] as number;
			if (word === 0) continue;
			const holder = exclusiveHolder(word);
			if (holder >= 0 ? (set & (1 << holder)) !== 0 : ((word >>> 8) & set) !== 0)
				key += holder >= 0 ? weight * 2 : weight;
		}
		if (key === 0) return this.noLocks;
		const known = this.held.get(key);
		if (known) return known;
		const locks = new Map<number, boolean>();
		for (let rest = key, index = 0; rest > 0; rest = Math.floor(rest / 3), index++)
			if (rest % 3 !== 0) locks.set(lockCells[index] as number, rest % 3 === 2);
		const held = { number: this.held.size + 1, locks };
		this.held.set(key, held);
		return held;
	}

	/** Whether a step may depend on what the thread that stands at `other` may ever do while the locks stay as they are. */
	depends(step: number, other: Stand, held: HeldLocks): boolean {
		const pair = step * this.stands.length + other.number;
		if (held.number === 0 && pair < this.table.length) {
			if (this.table[pair] === 0) this.table[pair] = this.compute(step, other, held) ? 2 : 1;
			return this.table[pair] === 2;
		}
		const key = pair * 65_536 + held.number;
		const known = held.number < 65_536 ? this.answers.get(key) : undefined;
		if (known !== undefined) return known;
		const answer = this.compute(step, other, held);
		if (held.number < 65_536) this.answers.set(key, answer);
		return answer;
	}

	private compute(step: number, other: Stand, held: HeldLocks): boolean {
		return dependent(this.steps[step] as Footprint, this.future(other, held));
	}

	/** Whether the thread at `other` may ever write what the step at `waiting` reads. */
	mayWake(other: Stand, waiting: Stand, held: HeldLocks): boolean {
		return meet(this.future(other, held).writes, waiting.whole.reads);
	}

	private future(stand: Stand, held: HeldLocks): Footprint {
		const key = stand.number * 65_536 + held.number;
		const known = held.number < 65_536 ? this.futures.get(key) : undefined;
		if (known) return known;
		const future = this.footprints.future(stand.thread, stand.region.entry, held.locks);
		if (held.number < 65_536) this.futures.set(key, future);
		return future;
	}
}
