/**
 * The search: every reachable state of a Program, each transition taken once, in the order of fewest context switches, then
 * fewest steps. The first violation met is therefore the one that is easiest to read.
 *
 * Order: a state reached by a step of thread t can go on with t at no cost; every other thread costs one switch. So a state
 * first reached at level c (switches) has t expanded at level c and all others at level c + 1, which is Dijkstra's algorithm
 * with costs 0 and 1 in which each (state, thread) is expanded once, at its cheapest. Within a level, two queues sorted by depth
 * (states waiting for their switch; items just reached) are merged.
 *
 * States and items are numbered as they are found, so both queues are ranges of numbers, and so is everything of one depth.
 */
import type { Fault } from "../memory/access.ts";
import type { Outcome } from "../memory/sc.ts";
import { type Stepper, stepDisabled, stepStopped } from "../memory/stepper.ts";
import type { Limit } from "../verdict/verdict.ts";
import { isAcyclic } from "./acyclic.ts";
import { Judge, type StateFault } from "./judge.ts";
import type { SearchOptions, Watch } from "./limits.ts";
import { BackEdges } from "./reduction/backEdges.ts";
import { NumberList } from "./rowTable.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";
import { StateTable } from "./stateTable.ts";
import { forEachStart } from "./successors.ts";

/** What a search over interleavings found. `fault` with its schedule, or nothing wrong, or a limit. */
export interface Found {
	readonly fault?: Fault | StateFault;
	readonly schedule?: Schedule;
	readonly limit?: Limit;
	readonly states: number;
	/** Indices of `exists` properties that no final state met. */
	readonly unmet: readonly number[];
	/** Whether no interleaving goes on for ever; known only where nothing ended the search. */
	readonly terminates: boolean;
}

interface Ending {
	readonly fault: Fault | StateFault;
	readonly item: number;
	readonly step?: ScheduledStep;
	readonly initial?: readonly number[];
}

const noThread = -1;

/** Bits of an item that are its thread, plus 1. */
const threadBits = 5;
/** States that items can tell apart. */
const statesMax = 2 ** (32 - threadBits) - 1;
const itemOf = (state: number, thread: number) => (state << threadBits) | (thread + 1);
const stateOf = (item: number) => item >>> threadBits;
const threadOf = (item: number) => (item & ((1 << threadBits) - 1)) - 1;

/** Vectors of alternatives, each kept once. */
class Alternatives {
	private readonly numbers = new Map<string, number>();
	private readonly vectors: (readonly number[])[] = [];

	add(vector: readonly number[]): number {
		const key = vector.join();
		const known = this.numbers.get(key);
		if (known !== undefined) return known;
		this.numbers.set(key, this.vectors.length);
		return this.vectors.push(vector) - 1;
	}

	get(number: number): readonly number[] {
		return this.vectors[number] ?? [];
	}
}

/** Depths of items that come in the order of their depths; asked for in that order, too. */
class Depths {
	private readonly firsts: number[] = [];
	private readonly depths: number[] = [];
	private at = 0;

	add(item: number, depth: number): void {
		if (this.depths[this.depths.length - 1] === depth) return;
		this.firsts.push(item);
		this.depths.push(depth);
	}

	/** From here on, items are asked for from the first again. */
	rewind(): void {
		this.at = 0;
	}

	of(item: number): number {
		while (this.at + 1 < this.firsts.length && (this.firsts[this.at + 1] as number) <= item) this.at++;
		return this.depths[this.at] as number;
	}
}

export class InterleavingSearch {
	readonly table: StateTable;
	private readonly stepper: Stepper;
	private readonly options: SearchOptions;
	private readonly judge: Judge;
	private readonly watch: Watch;
	private readonly threads: number;
	/** Two words for each state: the threads that stepped from it, and those that reached it, as bit masks. */
	private readonly marks = new NumberList();
	/** For each state, the item that found it. */
	private readonly stateItem = new NumberList();
	// One entry for each item: a state as reached by a thread.
	/** State and thread, see `itemOf`. */
	private readonly items = new NumberList();
	private readonly itemParent = new NumberList();
	/** Items whose steps did not always take the first alternative, in order, each with the number of what they took. */
	private readonly choosing = new NumberList();
	private readonly alternatives = new Alternatives();
	/** Every step between states, where there may be cycles. */
	private readonly edgeFrom = new NumberList();
	private readonly edgeTo = new NumberList();
	private readonly mayLoop: boolean;
	/** States found in the level before, which now wait for their switch: from `seed` up to `seedsEnd`. */
	private seed = 0;
	private seedsEnd = 0;
	private seedDepths = new Depths();
	/** The next item of this level whose thread goes on without a switch. */
	private next = 0;
	private depths = new Depths();
	/** Depth of the item that is being expanded. */
	private depth = 0;
	private begun = false;
	/** What ends the search. */
	private found: Ending | undefined;
	/** The first violation of a kind that was not asked for. */
	private other: Ending | undefined;
	private limit: Limit | undefined;
	/** The first limit that a step met: the search goes on past it. */
	private stepLimit: Limit | undefined;

	constructor(stepper: Stepper, options: SearchOptions, watch: Watch) {
		this.stepper = stepper;
		this.options = options;
		this.watch = watch;
		this.table = new StateTable(stepper);
		this.mayLoop = new BackEdges(stepper.machine.program).any;
		this.judge = new Judge(stepper.machine, options.wanted, (thread) => stepper.nextCell(thread));
		this.threads = stepper.machine.program.threads.length;
		watch.add(() => ({
			states: this.table.size,
			frontier: this.table.size - this.seed,
			bytes: this.bytes,
		}));
	}

	/**
	 * Runs to the first violation, to the end, or to a limit. Undefined when it stopped before, after so many transitions: call it
	 * again to go on. `anyKind`: also a violation of a kind that is not wanted ends the search.
	 */
	run(transitionsMax = Number.POSITIVE_INFINITY, anyKind = false): Found | undefined {
		const until = this.watch.transitions + transitionsMax;
		this.table.unload();
		if (!this.begun) this.begin();
		while (!this.found && !this.limit && !(anyKind && this.other) && this.seed < this.seedsEnd) {
			if (!this.drainLevel(until, anyKind)) return undefined;
			if (this.found || this.limit || (anyKind && this.other)) break;
			this.nextLevel();
		}
		const terminates = this.terminates();
		const ending = this.found ?? this.other;
		const limit = this.limit ?? (this.found ? undefined : this.stepLimit);
		return {
			...(ending ? { fault: ending.fault, schedule: this.scheduleOf(ending) } : {}),
			...(limit ? { limit } : {}),
			states: this.table.size,
			unmet: [...this.judge.unmet],
			terminates,
		};
	}

	/** Whether no interleaving goes on for ever; a limit may end the question. */
	private terminates(): boolean {
		if (!this.mayLoop) return true;
		if (this.found || this.limit) return false;
		const { watch } = this;
		const answer = watch.within(() => isAcyclic(this.table.size, this.edgeFrom, this.edgeTo, watch));
		if ("result" in answer) return answer.result;
		this.limit = answer.limit;
		return false;
	}

	private begin(): void {
		this.begun = true;
		const { stepper } = this;
		forEachStart(stepper.machine, stepper.words, (outcome, choices) => {
			stepper.base.set(stepper.words);
			if (outcome.kind !== "done") return this.stopped(outcome, noThread, choices, -1);
			return this.arrive(this.table.addAny(), noThread, choices, -1);
		});
		this.nextLevel();
	}

	private nextLevel(): void {
		this.seed = this.seedsEnd;
		this.seedsEnd = this.table.size;
		this.seedDepths = this.depths;
		this.seedDepths.rewind();
		this.next = this.items.length;
		this.depths = new Depths();
	}

	/**
	 * All items of one level: states that wait for a switch, and those that their threads go on to reach without one. False when
	 * it stopped early.
	 */
	private drainLevel(until: number, anyKind: boolean): boolean {
		while (!this.found && !this.limit && !(anyKind && this.other)) {
			if (this.watch.transitions >= until) return false;
			const seedItem = this.seed < this.seedsEnd ? this.stateItem.at(this.seed) : -1;
			const reachedItem = this.next < this.items.length ? this.next : -1;
			if (seedItem < 0 && reachedItem < 0) return true;
			const seedDepth = seedItem < 0 ? Number.POSITIVE_INFINITY : this.seedDepths.of(seedItem);
			const reachedDepth = reachedItem < 0 ? Number.POSITIVE_INFINITY : this.depths.of(reachedItem);
			if (seedDepth <= reachedDepth) {
				this.depth = seedDepth;
				this.seed++;
				this.expandOthers(seedItem);
			} else {
				this.depth = reachedDepth;
				this.next++;
				this.expand(reachedItem, threadOf(this.items.at(reachedItem)));
			}
		}
		return true;
	}

	private expandOthers(item: number): void {
		const last = threadOf(this.items.at(item));
		for (let thread = 0; thread < this.threads && !this.found && !this.limit; thread++) {
			if (thread !== last) this.expand(item, thread);
		}
	}

	private expand(item: number, thread: number): void {
		const state = stateOf(this.items.at(item));
		const bit = 1 << thread;
		const stepped = this.marks.at(state * 2);
		if ((stepped & bit) !== 0) return;
		this.marks.set(state * 2, stepped | bit);
		const { stepper, table } = this;
		table.load(state);
		stepper.firstChoices();
		for (let more = true; more; ) {
			const result = stepper.take(thread);
			const goesOn = result === stepDisabled || this.transition(result, thread, item);
			stepper.undo(thread);
			more = goesOn && stepper.nextChoices();
		}
	}

	/** Takes in an enabled step. False ends the search. */
	private transition(result: number, thread: number, item: number): boolean {
		const { stepper } = this;
		const limit = this.table.size > this.options.limits.statesMax ? "states" : this.watch.transition();
		if (limit) {
			this.limit = limit;
			return false;
		}
		if (result === stepStopped) return this.stopped(stepper.outcome, thread, stepper.taken(), item);
		const added = this.table.addStep(thread);
		if (this.mayLoop) {
			this.edgeFrom.push(stateOf(this.items.at(item)));
			this.edgeTo.push(added < 0 ? ~added : added);
		}
		return this.arrive(added, thread, stepper.taken(), item);
	}

	/** Takes in a fault or limit of a step, of `noThread` for the start. False ends the search. */
	private stopped(outcome: Outcome, thread: number, choices: readonly number[], parent: number): boolean {
		if (outcome.kind === "fault") {
			return this.violates({
				fault: outcome.fault,
				item: parent,
				...(thread === noThread ? { initial: choices } : { step: { thread, choices } }),
			});
		}
		// A race elsewhere is a race whatever was met here; without one there is no saying that it is safe.
		if (outcome.kind === "limit") this.stepLimit ??= outcome.limit;
		return true;
	}

	/** Takes in the state in the stepper's words, reached by `thread` from `parent`. False ends the search. */
	private arrive(added: number, thread: number, choices: readonly number[], parent: number): boolean {
		const state = added < 0 ? ~added : added;
		const bit = thread === noThread ? 0 : 1 << thread;
		if (added >= 0) {
			this.marks.push(0);
			this.marks.push(bit);
			this.stateItem.push(this.items.length);
		} else {
			// Where the thread was here before, or stepped from here already, that was at no greater cost. A state of an earlier level
			// that it did not step from is worth going on from: the way to it may be shorter.
			const reachedBy = this.marks.at(state * 2 + 1);
			if (bit === 0 || ((reachedBy | this.marks.at(state * 2)) & bit) !== 0) return true;
			this.marks.set(state * 2 + 1, reachedBy | bit);
		}
		const depth = parent < 0 ? 0 : this.depth + 1;
		if (depth > this.options.limits.stepsMax || state > statesMax) {
			this.limit = state > statesMax ? "states" : "steps";
			return false;
		}
		const item = this.items.push(itemOf(state, thread));
		this.itemParent.push(parent);
		this.depths.add(item, depth);
		if (choices.length > 0 && choices.some((choice) => choice !== 0)) {
			this.choosing.push(item);
			this.choosing.push(this.alternatives.add(choices));
		}
		if (added < 0) return true;
		const { words } = this.stepper;
		const fault = this.judge.ofState(words);
		if (fault && !this.violates({ fault, item })) return false;
		const last = this.isLast(thread) ? this.judge.ofLastState(words) : undefined;
		return last ? this.violates({ fault: last, item }) : true;
	}

	/** Takes note of a violation. False ends the search. */
	private violates(ending: Ending): boolean {
		if (this.options.onViolation) {
			this.options.onViolation(ending.fault, ending.step?.thread, () => this.scheduleOf(ending));
			return true;
		}
		const wanted = this.options.wanted;
		if (wanted && !wanted.includes(ending.fault.kind)) {
			this.other ??= ending;
			return true;
		}
		this.found = ending;
		return false;
	}

	/** Whether no thread can take a step from the stepper's words; the last one to run is asked first, as it usually can. */
	private isLast(last: number): boolean {
		const { stepper } = this;
		if (last !== noThread && stepper.surelyCanStep(last)) return false;
		for (let thread = 0; thread < this.threads; thread++) if (stepper.surelyCanStep(thread)) return false;
		return stepper.nobodyCanStep();
	}

	private get bytes(): number {
		return (
			this.table.bytes +
			this.items.bytes +
			this.itemParent.bytes +
			this.marks.bytes +
			this.stateItem.bytes +
			this.choosing.bytes +
			this.edgeTo.bytes * 2
		);
	}

	/** The alternatives that the step to an item took. */
	private choicesOf(item: number): readonly number[] {
		let low = 0;
		let high = this.choosing.length >>> 1;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.choosing.at(middle * 2) < item) low = middle + 1;
			else high = middle;
		}
		const at = low * 2;
		return at < this.choosing.length && this.choosing.at(at) === item
			? this.alternatives.get(this.choosing.at(at + 1))
			: [];
	}

	private scheduleOf(end: { item: number; step?: ScheduledStep; initial?: readonly number[] }): Schedule {
		const steps: ScheduledStep[] = end.step ? [end.step] : [];
		let initial = end.initial ?? [];
		for (let item = end.item; item >= 0; item = this.itemParent.at(item)) {
			const choices = this.choicesOf(item);
			const thread = threadOf(this.items.at(item));
			if (thread === noThread) initial = choices;
			else steps.push({ thread, choices });
		}
		return { initial, steps: steps.reverse() };
	}
}
