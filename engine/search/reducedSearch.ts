/**
 * The search over fewer interleavings: from each state it takes the steps of an ample set of threads only. It says whether
 * something can go wrong, and what; the counterexample to show is then found by InterleavingSearch. docs/search.md has the proof.
 *
 * Breadth first. A step that is the only one to take is gone on from at once, and the state in between is not kept.
 */
import type { Fault } from "../memory/access.ts";
import type { Outcome } from "../memory/sc.ts";
import { type Stepper, stepDisabled, stepDone, stepStopped } from "../memory/stepper.ts";
import type { Limit } from "../verdict/verdict.ts";
import { isAcyclic } from "./acyclic.ts";
import { Judge, type StateFault } from "./judge.ts";
import type { SearchOptions, Watch, Weight } from "./limits.ts";
import { AmpleSets } from "./reduction/ample.ts";
import { NumberList } from "./rowTable.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";
import { StateTable } from "./stateTable.ts";
import { forEachStart } from "./successors.ts";
import { type Symmetry, symmetryOf } from "./symmetry/symmetry.ts";

/** Steps after which the search asks itself whether it is worth going on. */
export const trialSteps = 20_000;
/** Steps that must be left out for each that is taken: choosing them costs about as much as taking one or two. */
export const leftOutMin = 0.75;

/** What a reduced search found. */
export interface ReducedFound {
	/** A violation of a wanted kind, if there is one; else one of another kind. */
	readonly fault?: Fault | StateFault;
	/** How to get there, not by the fewest context switches. */
	readonly schedule?: Schedule;
	readonly limit?: Limit;
	/** Whether the search ended before its end. */
	readonly incomplete: boolean;
	readonly states: number;
	/** Whether no interleaving goes on for ever. */
	readonly terminates: boolean;
	/** Indices of `exists` properties that no final state met. */
	readonly unmet: readonly number[];
}

/** Where something went wrong: a state of the table, and steps from there. */
interface Ending {
	readonly fault: Fault | StateFault;
	readonly state: number;
	readonly initial: readonly number[] | undefined;
	readonly steps: readonly ScheduledStep[];
}

export class ReducedSearch {
	private readonly stepper: Stepper;
	private readonly options: SearchOptions;
	private readonly watch: Watch;
	private readonly judge: Judge;
	private readonly table: StateTable;
	private readonly ample: AmpleSets;
	private readonly symmetry: Symmetry | undefined;
	/** From this state on all threads' steps are taken, because ample sets proved to leave out too little. */
	private allFrom = Number.POSITIVE_INFINITY;
	private readonly home: Int32Array;
	/** For each state, the one that it was reached from; -1 for those where the search starts. */
	private readonly parents = new NumberList();
	/** For each state, the threads whose steps are enough; 0 for all. */
	private readonly chosen = new NumberList();
	private readonly initialChoices = new Map<number, readonly number[]>();
	/** Edges between states; kept only where there may be cycles. */
	private readonly edgeFrom = new NumberList();
	private readonly edges = new NumberList();
	/** Steps of threads that were taken, and that an ample set left out. */
	private taken = 0;
	private leftOut = 0;
	private trialOver = false;
	private state = -1;
	private lastChosen = 0;
	private expanded = 0;
	private found: Ending | undefined;
	private other: Ending | undefined;
	private limit: Limit | undefined;
	/** The first limit that a step met: the search goes on past it. */
	private stepLimit: Limit | undefined;
	/** Threads that stepped since the state that is being expanded, and what the first step chose: the others had no choice. */
	private readonly trail: number[] = [];
	private trailChoices: readonly number[] = [];
	/** Whether the state that was added last stands for another one. */
	private renumbered = false;
	/** Whether a path that was found is being gone again. */
	private retracing = false;
	private readonly weigh = (): Weight => ({
		states: this.table.size,
		frontier: this.table.size - this.expanded,
		bytes: this.table.bytes + this.parents.bytes * 2 + this.edges.bytes * 2,
	});

	constructor(stepper: Stepper, options: SearchOptions, watch: Watch) {
		this.stepper = stepper;
		this.options = options;
		this.watch = watch;
		this.judge = new Judge(stepper.machine, options.wanted, (thread) => stepper.nextCell(thread));
		this.table = new StateTable(stepper);
		this.ample = new AmpleSets(stepper);
		this.symmetry = symmetryOf(stepper.machine, this.ample.values);
		this.home = new Int32Array(stepper.words.length);
	}

	/**
	 * Runs to the first violation of a wanted kind, to the end, or to a limit. Undefined where it gave up, because it leaves so few
	 * steps out that the plain search is faster.
	 */
	run(): ReducedFound | undefined {
		const { stepper, table } = this;
		this.watch.add(this.weigh);
		forEachStart(stepper.machine, stepper.words, (outcome, choices) => {
			if (outcome.kind !== "done") return this.stopped(outcome, choices);
			stepper.base.set(stepper.words);
			const added = table.addAny();
			if (added < 0) return true;
			this.parents.push(-1);
			this.chosen.push(this.ample.choose());
			this.initialChoices.set(added, choices);
			const fault = this.judge.ofState(stepper.words);
			return fault ? this.violates({ fault, state: added, initial: undefined, steps: [] }) : true;
		});
		const keepsEdges = this.ample.backEdges.any;
		for (; this.expanded < table.size && !this.ended; this.expanded++) {
			if (this.isHopeless()) {
				if (!this.symmetry) {
					this.watch.remove(this.weigh);
					return undefined;
				}
				this.allFrom = this.expanded;
			}
			this.state = this.expanded;
			this.expand((child) => {
				if (child >= 0) {
					this.parents.push(this.state);
					this.chosen.push(this.lastChosen);
				}
				if (keepsEdges) {
					this.edgeFrom.push(this.state);
					this.edges.push(child < 0 ? ~child : child);
				}
				return !this.ended;
			});
		}
		const terminates = this.terminates();
		this.watch.remove(this.weigh);
		const ending = this.found ?? this.other;
		const limit = this.limit ?? (this.found ? undefined : this.stepLimit);
		return {
			...(ending ? { fault: ending.fault, schedule: this.scheduleOf(ending) } : {}),
			...(limit ? { limit } : {}),
			incomplete: this.limit !== undefined,
			states: table.size,
			terminates,
			unmet: [...this.judge.unmet],
		};
	}

	/** Whether no interleaving goes on for ever; a limit may end the question. */
	private terminates(): boolean {
		if (!this.ample.backEdges.any) return true;
		if (this.ended) return false;
		const { watch } = this;
		const answer = watch.within(() => isAcyclic(this.table.size, this.edgeFrom, this.edges, watch));
		if ("result" in answer) return answer.result;
		this.limit = answer.limit;
		return false;
	}

	private isHopeless(): boolean {
		if (this.trialOver || this.taken < trialSteps || this.options.neverGivesUp) return false;
		this.trialOver = true;
		return this.leftOut < this.taken * leftOutMin;
	}

	/** Takes note of how many threads' steps are taken at a state, and how many are not. */
	private count(chosen: number): void {
		const { stepper } = this;
		for (let thread = 0; thread < stepper.machine.program.threads.length; thread++) {
			if (stepper.pc(thread) < 0) continue;
			if (chosen === 0 || (chosen & (1 << thread)) !== 0) this.taken++;
			else this.leftOut++;
		}
	}

	private get ended(): boolean {
		return this.found !== undefined || this.limit !== undefined;
	}

	/** Takes the steps of an ample set from the state; `visit` is told each state that they lead to, as `StateTable` numbers it. */
	private expand(visit: (child: number) => boolean): void {
		const { stepper, table } = this;
		table.load(this.state);
		const chosen = this.chosen.at(this.state);
		const threads = stepper.machine.program.threads.length;
		let enabled = 0;
		let more = true;
		this.home.set(stepper.base);
		for (let thread = 0; more && thread < threads; thread++) {
			if (chosen !== 0 && (chosen & (1 << thread)) === 0) continue;
			stepper.firstChoices();
			do {
				const result = stepper.take(thread);
				if (result === stepDisabled) {
					stepper.undo(thread);
					continue;
				}
				enabled++;
				more = this.follow(thread, result, visit);
			} while (more && stepper.nextChoices());
		}
		if (enabled === 0 && !this.retracing) {
			const fault = this.judge.ofLastState(stepper.words);
			if (fault) this.violates({ fault, state: this.state, initial: undefined, steps: [] });
		}
	}

	/** Goes on from an enabled step of the state to the next state that is kept. Afterwards the stepper is back at the state. */
	private follow(thread: number, result: number, visit: (child: number) => boolean): boolean {
		const { stepper, table } = this;
		const { record } = stepper;
		this.trail.length = 0;
		this.trail.push(thread);
		this.trailChoices = stepper.taken();
		if (!this.retracing) this.limit = table.size > this.options.limits.statesMax ? "states" : this.watch.transition();
		if (result === stepStopped) {
			const goesOn = this.stopped(stepper.outcome, undefined);
			stepper.undo(thread);
			return goesOn && !this.limit;
		}
		const choices = record.arityCount > 0 ? record.choices.slice(0, record.choiceCount) : undefined;
		const arities = record.arityCount > 0 ? record.arities.slice(0, record.arityCount) : undefined;
		const goesOn = !this.limit && this.judged() && this.runOn() && visit(this.add());
		stepper.base.set(this.home);
		stepper.words.set(this.home);
		if (choices) record.choices.set(choices);
		if (arities) record.arities.set(arities);
		record.choiceCount = choices?.length ?? 0;
		record.arityCount = arities?.length ?? 0;
		return goesOn;
	}

	/** Adds the state in the stepper's words, or the one that stands for it. Its number as the table gives it. */
	private add(): number {
		const { symmetry, stepper } = this;
		this.renumbered = symmetry?.sort(stepper.words) ?? false;
		if (symmetry && this.renumbered) this.lastChosen = renumbered(this.lastChosen, symmetry.numbers);
		return this.table.addNear(this.home);
	}

	/** Takes note of what is wrong with the state in the stepper's words although it need not be the last. False ends the search. */
	private judged(): boolean {
		const fault = this.retracing ? undefined : this.judge.ofState(this.stepper.words);
		return fault ? this.violates({ fault, state: this.state, initial: undefined, steps: this.steps() }) : true;
	}

	private steps(): ScheduledStep[] {
		return this.trail.map((thread, index) => ({ thread, choices: index === 0 ? this.trailChoices : [] }));
	}

	/** From the state in the stepper's words, takes the only step there is to take, again and again. False ends the search. */
	private runOn(): boolean {
		const { stepper } = this;
		for (;;) {
			stepper.base.set(stepper.words);
			const chosen = this.state < this.allFrom ? this.ample.choose() : 0;
			this.lastChosen = chosen;
			this.count(chosen);
			// One thread exactly.
			if (chosen === 0 || (chosen & (chosen - 1)) !== 0) return true;
			const thread = 31 - Math.clz32(chosen);
			stepper.firstChoices();
			const result = stepper.take(thread);
			if (result !== stepDone || stepper.record.arityCount > 0) {
				stepper.undo(thread);
				return true;
			}
			if (!this.retracing) this.limit = this.watch.transition();
			this.trail.push(thread);
			if (this.limit || !this.judged()) return false;
		}
	}

	/** Takes in a fault or limit of a step, or of the start that made these choices. False ends the search. */
	private stopped(outcome: Outcome, initial: readonly number[] | undefined): boolean {
		if (outcome.kind === "fault")
			return this.violates({ fault: outcome.fault, state: this.state, initial, steps: initial ? [] : this.steps() });
		if (outcome.kind === "limit") this.stepLimit ??= outcome.limit;
		return true;
	}

	private scheduleOf(ending: Ending): Schedule {
		if (ending.initial) return { initial: ending.initial, steps: [] };
		const path = [ending.state];
		for (let state = this.parents.at(ending.state); state >= 0; state = this.parents.at(state)) path.unshift(state);
		// By which number a thread of the state that was kept goes in the execution that is told.
		let names = Uint8Array.from({ length: this.stepper.machine.program.threads.length + 1 }, (_, thread) => thread);
		const named = (steps: readonly ScheduledStep[]) =>
			steps.map(({ thread, choices }) => ({ thread: names[thread] as number, choices }));
		const steps: ScheduledStep[] = [];
		this.retracing = true;
		for (let index = 1; index < path.length; index++) {
			const between = this.stepsBetween(path[index - 1] as number, path[index] as number);
			steps.push(...named(between.steps));
			if (between.numbers) {
				const before = names;
				names = names.slice();
				for (const [thread, number] of between.numbers.entries()) names[number] = before[thread] as number;
			}
		}
		this.retracing = false;
		steps.push(...named(ending.steps));
		return { initial: this.initialChoices.get(path[0] as number) ?? [], steps };
	}

	/** Steps from a state to another, and the numbers by which threads go afterwards, if by others. */
	private stepsBetween(
		parent: number,
		child: number,
	): { readonly steps: readonly ScheduledStep[]; readonly numbers: Uint8Array | undefined } {
		let steps: readonly ScheduledStep[] = [];
		let numbers: Uint8Array | undefined;
		this.state = parent;
		this.expand((reached) => {
			if (~reached !== child) return true;
			steps = this.steps();
			numbers = this.renumbered ? this.symmetry?.numbers.slice() : undefined;
			return false;
		});
		return { steps, numbers };
	}

	/** Takes note of a violation. False ends the search. */
	private violates(ending: Ending): boolean {
		const { wanted } = this.options;
		if (wanted && !wanted.includes(ending.fault.kind)) {
			this.other ??= ending;
			return true;
		}
		this.found = ending;
		return false;
	}
}

/** A set of threads, as a bit mask, under the numbers by which they go afterwards. */
function renumbered(set: number, numbers: Uint8Array): number {
	let after = 0;
	for (let rest = set, thread = 0; rest !== 0; rest >>>= 1, thread++)
		if ((rest & 1) !== 0) after |= 1 << (numbers[thread] as number);
	return after;
}
