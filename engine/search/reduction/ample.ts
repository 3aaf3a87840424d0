/**
 * Which threads' steps are enough to take from a state: a set of threads whose steps here depend on nothing that the others may
 * ever do before one of them moves (persistent sets: Godefroid, LNCS 1032, 1996; ample sets: Peled, CAV 1993; the closure over
 * threads that wait is that of Valmari's stubborn sets, 1989). docs/search.md has the proof that every violation is kept.
 */
import { registersWord } from "../../memory/layout.ts";
import { type Stepper, stepDisabled, stepStopped } from "../../memory/stepper.ts";
import { BackEdges } from "./backEdges.ts";
import { Dependence, type HeldLocks, type Stand } from "./dependence.ts";
import { unite } from "./footprints.ts";
import type { ValueAnalysis } from "./values.ts";

export class AmpleSets {
	readonly backEdges: BackEdges;
	private readonly stepper: Stepper;
	private readonly dependence: Dependence;
	private readonly threads: number;
	/** Words of a state that `always` properties look at. */
	private readonly visibleWords: readonly number[];
	// What is known of the state that is being looked at; sets of threads are bit masks.
	private running = 0;
	private canStep = 0;
	private asked = 0;
	private readonly stands: Stand[] = [];
	private readonly steps: number[] = [];
	private locksAreTaken = false;
	/** For each thread of `compared`, the others on whose future its step may depend. */
	private readonly conflicts: number[] = [];
	private compared = 0;

	constructor(stepper: Stepper) {
		const { program, layout } = stepper.machine;
		this.stepper = stepper;
		this.threads = program.threads.length;
		this.backEdges = new BackEdges(program);
		this.dependence = new Dependence(stepper, this.backEdges);
		const { footprints } = this.dependence;
		const visible = footprints.setOf([]);
		const registers: number[] = [];
		program.properties.forEach((property, index) => {
			if (property.property !== "always") return;
			unite(visible, footprints.ofProperty(index));
			for (const variable of property.variables)
				registers.push((layout.threads[variable.thread] as number) + registersWord + variable.of);
		});
		this.visibleWords = [...footprints.wordsOf(visible), ...registers];
	}

	/** What registers and cells may hold, as far as it is known. */
	get values(): ValueAnalysis {
		return this.dependence.footprints.values;
	}

	/**
	 * Threads, as a bit mask, whose steps are enough from the state in the stepper's `base`, which `words` must equal; 0 where all
	 * must be taken. The steps of threads that are returned are known not to fault, not to meet a limit and not to change what an
	 * `always` property looks at; one at least is enabled.
	 */
	choose(): number {
		this.look();
		const { running } = this;
		let best = 0;
		let size = bits(running);
		for (let thread = 0; thread < this.threads; thread++) {
			if ((running & (1 << thread)) === 0) continue;
			// All threads that still run are no smaller a set, unless there is but one.
			const set = this.closure(1 << thread, size > 1 ? size - 1 : 1);
			if (set === 0 || !this.isQuiet(set)) continue;
			best = set;
			size = bits(set);
			if (size === 1) break;
		}
		return best;
	}

	/** Takes note of where the threads stand. */
	private look(): void {
		const { stepper, dependence } = this;
		this.running = 0;
		this.canStep = 0;
		this.asked = 0;
		for (let thread = 0; thread < this.threads; thread++) {
			if (stepper.pc(thread) < 0) continue;
			this.running |= 1 << thread;
			const stand = dependence.standOf(thread);
			this.stands[thread] = stand;
			this.steps[thread] = dependence.stepOf(stand);
		}
		this.compared = 0;
		this.locksAreTaken = false;
		for (const cell of stepper.machine.layout.lockCells) if (stepper.words[cell] !== 0) this.locksAreTaken = true;
	}

	/** The smallest set with these threads that depends on nobody outside; 0 if it has more than `sizeMax` threads or a step that may loop. */
	private closure(first: number, sizeMax: number): number {
		const { dependence, stands } = this;
		let set = first;
		for (;;) {
			if (bits(set) > sizeMax) return 0;
			for (let thread = 0; thread < this.threads; thread++)
				if ((set & (1 << thread)) !== 0 && (stands[thread] as Stand).mayLoop) return 0;
			let conflicting = 0;
			for (let thread = 0; thread < this.threads; thread++)
				if ((set & (1 << thread)) !== 0) conflicting |= this.conflictsOf(thread);
			conflicting &= ~set;
			if (conflicting === 0) return set;
			const held = this.locksAreTaken ? dependence.heldBy(set) : dependence.noLocks;
			const moving = this.canMoveWithout(set, conflicting, held);
			const grown = held.number === 0 ? conflicting & moving : this.conflicting(set, held, conflicting & moving);
			if (grown === 0) return set;
			set |= grown;
		}
	}

	/** The others on whose future the thread's step may depend, whatever locks are held. */
	private conflictsOf(thread: number): number {
		const bit = 1 << thread;
		if ((this.compared & bit) === 0) {
			this.compared |= bit;
			this.conflicts[thread] = this.conflicting(bit, this.dependence.noLocks, this.running & ~bit);
		}
		return this.conflicts[thread] as number;
	}

	/** Of the others, those on whose future a step of the set may depend. */
	private conflicting(set: number, held: HeldLocks, others: number): number {
		let conflicting = 0;
		for (let other = 0; other < this.threads; other++) {
			if ((others & (1 << other)) === 0) continue;
			for (let thread = 0; thread < this.threads; thread++) {
				if ((set & (1 << thread)) === 0) continue;
				if (!this.dependence.depends(this.steps[thread] as number, this.stands[other] as Stand, held)) continue;
				conflicting |= 1 << other;
				break;
			}
		}
		return conflicting;
	}

	/** Whether the thread's step is enabled now. */
	private stepsNow(thread: number): boolean {
		const bit = 1 << thread;
		if ((this.asked & bit) === 0) {
			this.asked |= bit;
			if (this.stepper.canStep(thread)) this.canStep |= bit;
		}
		return (this.canStep & bit) !== 0;
	}

	/**
	 * Of some threads outside a set, those that may take a step before one inside does: not those that wait for what only it can
	 * bring.
	 */
	private canMoveWithout(set: number, some: number, held: HeldLocks): number {
		let moving = 0;
		let waiting = 0;
		for (let thread = 0; thread < this.threads; thread++) {
			const bit = 1 << thread;
			if ((some & bit) === 0) continue;
			if (this.stepsNow(thread)) moving |= bit;
			else if (!this.waitsForOneOf(set, thread, held)) waiting |= bit;
		}
		if (waiting === 0) return moving;
		// Who may wake them need not be among those asked for.
		let active = moving;
		let asleep = waiting;
		for (let thread = 0; thread < this.threads; thread++) {
			const bit = 1 << thread;
			if ((this.running & ~set & ~some & bit) === 0) continue;
			if (this.stepsNow(thread)) active |= bit;
			else if (!this.waitsForOneOf(set, thread, held)) asleep |= bit;
		}
		for (let woken = -1; woken !== 0; ) {
			woken = 0;
			for (let thread = 0; thread < this.threads; thread++)
				if ((asleep & (1 << thread)) !== 0 && this.mayBeWoken(thread, active, held)) woken |= 1 << thread;
			active |= woken;
			asleep &= ~woken;
		}
		return some & active;
	}

	private mayBeWoken(thread: number, by: number, held: HeldLocks): boolean {
		for (let other = 0; other < this.threads; other++) {
			if ((by & (1 << other)) === 0) continue;
			if (this.dependence.mayWake(this.stands[other] as Stand, this.stands[thread] as Stand, held)) return true;
		}
		return false;
	}

	/** Whether a thread that cannot step waits for a lock that one of the set holds, or for one of it to end as a reader. */
	private waitsForOneOf(set: number, thread: number, held: HeldLocks): boolean {
		const { machine, words } = this.stepper;
		const { region } = this.stands[thread] as Stand;
		const instruction = machine.program.threads[thread]?.instructions[region.entry];
		if (instruction?.kind === "lock") return this.dependence.footprints.isBarred(thread, instruction, held.locks);
		if (instruction?.kind !== "grace_period_end") return false;
		return ((words[machine.layout.gracePeriods + instruction.gracePeriod] as number) & set) !== 0;
	}

	/** Whether no step of the threads goes wrong or is seen by an `always` property, and one is enabled. */
	private isQuiet(set: number): boolean {
		const { stepper } = this;
		let enabled = false;
		for (let thread = 0; thread < this.threads; thread++) {
			if ((set & (1 << thread)) === 0) continue;
			stepper.firstChoices();
			do {
				const result = stepper.take(thread);
				const seen = result === stepStopped || (result !== stepDisabled && this.isSeen());
				stepper.undo(thread);
				if (seen) return false;
				if (result !== stepDisabled) enabled = true;
			} while (stepper.nextChoices());
		}
		return enabled;
	}

	private isSeen(): boolean {
		const { words, base } = this.stepper;
		for (const word of this.visibleWords) if (words[word] !== base[word]) return true;
		return false;
	}
}

/** How many threads a set has. */
function bits(set: number): number {
	let count = 0;
	for (let rest = set; rest !== 0; rest &= rest - 1) count++;
	return count;
}
