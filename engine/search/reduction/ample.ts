/**
 * Which threads' steps are enough to take from a state: a set of threads whose steps here depend on nothing that the others may
 * ever do before one of them moves (persistent sets: Godefroid, LNCS 1032, 1996; ample sets: Peled, CAV 1993; the closure over
 * threads that wait is that of Valmari's stubborn sets, 1989). docs/search.md has the proof that every violation is kept.
 */
import type { Region } from "../../memory/compiled/region.ts";
import { registersWord } from "../../memory/layout.ts";
import { exclusiveHolder, holdsShared } from "../../memory/locks.ts";
import { type Stepper, stepDisabled, stepStopped } from "../../memory/stepper.ts";
import { BackEdges } from "./backEdges.ts";
import { dependent, type Footprint, Footprints, meet, unite } from "./footprints.ts";

/** A place where a thread can stand, as far as it can be judged beforehand. */
interface Stand {
	readonly region: Region;
	readonly whole: Footprint;
	/** Present where the first access may go to more than one cell: what the rest of the step touches. */
	readonly rest: Footprint | undefined;
	readonly access: "load" | "store" | "update";
	readonly mayLoop: boolean;
}

export class AmpleSets {
	readonly backEdges: BackEdges;
	private readonly stepper: Stepper;
	private readonly footprints: Footprints;
	private readonly stands: (readonly (Stand | undefined)[])[] = [];
	private readonly threads: number;
	/** Words of a state that `always` properties look at. */
	private readonly visibleWords: readonly number[];
	private readonly looksAtStates: boolean;
	private readonly accesses = new Map<string, Footprint>();
	private readonly noLocks: ReadonlyMap<number, boolean> = new Map();

	constructor(stepper: Stepper) {
		const { program, layout } = stepper.machine;
		this.stepper = stepper;
		this.threads = program.threads.length;
		this.footprints = new Footprints(program, layout);
		this.backEdges = new BackEdges(program);
		this.stands = program.threads.map((_, thread) =>
			(stepper.regions[thread] ?? []).map((region) => region && this.standAt(thread, region)),
		);
		const always = program.properties.flatMap((property, index) => (property.property === "always" ? [index] : []));
		const visible = this.footprints.setOf([]);
		for (const index of always) unite(visible, this.footprints.ofProperty(index));
		const registers = always.flatMap((index) =>
			(program.properties[index]?.variables ?? []).map(
				(variable) => (layout.threads[variable.thread] as number) + registersWord + variable.of,
			),
		);
		this.visibleWords = [...this.footprints.wordsOf(visible), ...registers];
		this.looksAtStates = always.length > 0;
	}

	private standAt(thread: number, region: Region): Stand {
		const instruction = this.stepper.machine.program.threads[thread]?.instructions[region.entry];
		const isAccess = instruction?.kind === "load" || instruction?.kind === "store" || instruction?.kind === "update";
		const several = isAccess && this.footprints.values.target(thread, instruction.place).cells.length > 1;
		return {
			region,
			whole: this.footprints.ofRegion(thread, region),
			rest: several ? this.footprints.ofRegion(thread, region, true) : undefined,
			access: isAccess ? instruction.kind : "load",
			mayLoop: this.backEdges.inRegion(thread, region),
		};
	}

	/**
	 * Threads whose steps are enough from the state in the stepper's `base`, which `words` must equal; undefined where all must
	 * be taken. The steps of a set that is returned are known not to fault, not to meet a limit and not to change what an
	 * `always` property looks at; one at least is enabled.
	 */
	choose(): readonly number[] | undefined {
		const running: number[] = [];
		for (let thread = 0; thread < this.threads; thread++) if (this.stepper.pc(thread) >= 0) running.push(thread);
		if (running.length === 1 && !this.stand(running[0] as number).mayLoop)
			return this.isQuiet(running) ? running : undefined;
		let best: readonly number[] | undefined;
		for (const thread of running) {
			const set = this.closure(thread, running, best ? best.length - 1 : running.length - 1);
			if (!set || !this.isQuiet(set)) continue;
			if (set.length === 1) return set;
			best = set;
		}
		return best;
	}

	private stand(thread: number): Stand {
		return this.stands[thread]?.[this.stepper.pc(thread)] as Stand;
	}

	/** The smallest set with the thread that depends on nobody outside, if it has at most `threadsMax` threads and no step that may loop. */
	private closure(first: number, running: readonly number[], threadsMax: number): readonly number[] | undefined {
		const set = [first];
		for (let grown = true; grown; ) {
			grown = false;
			if (set.length > threadsMax || set.some((thread) => this.stand(thread).mayLoop)) return undefined;
			const others = running.filter((thread) => !set.includes(thread));
			const steps = set.map((thread) => this.stepFootprint(thread));
			const conflicting = others.filter((other) =>
				steps.some((step) => dependent(step, this.footprints.future(other, this.stepper.pc(other), this.noLocks, ""))),
			);
			if (conflicting.length === 0) return set;
			const held = this.heldBy(set);
			const key = [...held].map(([cell, exclusively]) => (exclusively ? cell : -cell - 1)).join(" ");
			const future = (other: number) => this.footprints.future(other, this.stepper.pc(other), held, key);
			const moving = this.canMoveWithout(set, others, held, future);
			for (const other of conflicting) {
				if (!moving.includes(other) || !steps.some((step) => dependent(step, future(other)))) continue;
				set.push(other);
				grown = true;
			}
			if (!grown) return set;
		}
		return undefined;
	}

	/** What the step of a thread touches, its first access as it stands. */
	private stepFootprint(thread: number): Footprint {
		const stand = this.stand(thread);
		if (!stand.rest) return stand.whole;
		const cell = this.stepper.nextCell(thread);
		if (cell < 0) return stand.whole;
		const key = `${thread},${stand.region.entry},${cell}`;
		const known = this.accesses.get(key);
		if (known) return known;
		const first = this.footprints.ofAccess(cell, stand.access);
		const footprint = {
			reads: first.reads.map((word, index) => word | (stand.rest?.reads[index] as number)),
			writes: first.writes.map((word, index) => word | (stand.rest?.writes[index] as number)),
		};
		this.accesses.set(key, footprint);
		return footprint;
	}

	/** Locks that the threads hold, and whether exclusively. */
	private heldBy(threads: readonly number[]): ReadonlyMap<number, boolean> {
		const { words, machine } = this.stepper;
		const held = new Map<number, boolean>();
		for (const cell of machine.layout.lockCells) {
			const word = words[cell] as number;
			if (word === 0) continue;
			if (threads.includes(exclusiveHolder(word))) held.set(cell, true);
			else if (threads.some((thread) => holdsShared(word, thread))) held.set(cell, false);
		}
		return held;
	}

	/** Of the threads outside a set, those that may take a step before one inside does: not those that wait for what only it can bring. */
	private canMoveWithout(
		set: readonly number[],
		others: readonly number[],
		held: ReadonlyMap<number, boolean>,
		future: (thread: number) => Footprint,
	): readonly number[] {
		const moving = others.filter((thread) => this.stepper.canStep(thread));
		let waiting = others.filter((thread) => !moving.includes(thread) && !this.waitsForOneOf(set, thread, held));
		for (let grown = true; grown; ) {
			const woken = waiting.filter((thread) => {
				const awaited = this.stand(thread).whole.reads;
				return moving.some((other) => meet(future(other).writes, awaited));
			});
			moving.push(...woken);
			waiting = waiting.filter((thread) => !woken.includes(thread));
			grown = woken.length > 0;
		}
		return moving;
	}

	/** Whether a thread that cannot step waits for a lock that one of the set holds, or for one of it to end as a reader. */
	private waitsForOneOf(set: readonly number[], thread: number, held: ReadonlyMap<number, boolean>): boolean {
		const { machine, words } = this.stepper;
		const instruction = machine.program.threads[thread]?.instructions[this.stand(thread).region.entry];
		if (instruction?.kind === "lock") return this.footprints.isBarred(thread, instruction, held);
		if (instruction?.kind !== "grace_period_end") return false;
		const readers = words[machine.layout.gracePeriods + instruction.gracePeriod] as number;
		return set.some((reader) => (readers & (1 << reader)) !== 0);
	}

	/** Whether no step of the threads goes wrong or is seen by an `always` property, and one is enabled. */
	private isQuiet(threads: readonly number[]): boolean {
		const { stepper } = this;
		let enabled = false;
		for (const thread of threads) {
			stepper.firstChoices();
			do {
				const result = stepper.take(thread);
				const seen = result === stepStopped || (result !== stepDisabled && this.looksAtStates && this.isSeen());
				stepper.undo(thread);
				if (seen) return false;
				if (result !== stepDisabled) enabled = true;
			} while (stepper.nextChoices());
		}
		return enabled;
	}

	private isSeen(): boolean {
		const { words, base } = this.stepper;
		return this.visibleWords.some((word) => words[word] !== base[word]);
	}
}
