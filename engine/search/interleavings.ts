/**
 * The search: every reachable state of a Program, each transition taken once, in the order of fewest context switches, then
 * fewest steps. The first violation met is therefore the one that is easiest to read.
 *
 * Order: a state reached by a step of thread t can go on with t at no cost; every other thread costs one switch. So a state
 * first reached at level c (switches) has t expanded at level c and all others at level c + 1, which is Dijkstra's algorithm
 * with costs 0 and 1 in which each (state, thread) is expanded once, at its cheapest. Within a level, two queues sorted by depth
 * (states waiting for their switch; states just reached) are merged.
 */
import type { Fault } from "../memory/access.ts";
import type { Machine, Outcome } from "../memory/sc.ts";
import type { Limit } from "../verdict/verdict.ts";
import { Judge, type StateFault } from "./judge.ts";
import { type SearchOptions, Watch } from "./limits.ts";
import type { Schedule, ScheduledStep } from "./schedule.ts";
import { NumberList, StateTable } from "./stateTable.ts";
import { forEachStart, forEachStep } from "./successors.ts";

/** What a search over interleavings found. `fault` with its schedule, or nothing wrong, or a limit. */
export interface Found {
	readonly fault?: Fault | StateFault;
	readonly schedule?: Schedule;
	readonly limit?: Limit;
	readonly states: number;
	readonly transitions: number;
	readonly seconds: number;
	/** Indices of `exists` properties that no final state met. */
	readonly unmet: readonly number[];
}

interface Ending {
	readonly fault: Fault | StateFault;
	readonly item: number;
	readonly step?: ScheduledStep;
	readonly initial?: readonly number[];
}

const noThread = -1;

export class InterleavingSearch {
	readonly table: StateTable;
	readonly machine: Machine;
	private readonly options: SearchOptions;
	private readonly judge: Judge;
	private readonly watch: Watch;
	private readonly threads: number;
	// One entry for each state.
	private readonly levelOf = new NumberList();
	private readonly reachedBy = new NumberList();
	private readonly expanded = new NumberList();
	private readonly firstItem = new NumberList();
	// One entry for each item: a state as reached by a thread.
	private readonly itemState = new NumberList();
	private readonly itemThread = new NumberList();
	private readonly itemParent = new NumberList();
	private readonly itemDepth = new NumberList();
	private readonly itemChoices = new NumberList();
	private readonly choiceLists: (readonly number[])[] = [[]];
	private seeds = new NumberList();
	private reached = new NumberList();
	private nextSeeds = new NumberList();
	private level = 0;
	private readonly from: Int32Array;
	private readonly into: Int32Array;
	private readonly scratch: Int32Array;
	/** What ends the search. */
	private found: Ending | undefined;
	/** The first violation of a kind that was not asked for. */
	private other: Ending | undefined;
	private limit: Limit | undefined;

	constructor(machine: Machine, options: SearchOptions) {
		this.machine = machine;
		this.options = options;
		this.table = new StateTable(machine.layout.words);
		this.judge = new Judge(machine);
		this.watch = new Watch(options);
		this.threads = machine.program.threads.length;
		this.from = new Int32Array(machine.layout.words);
		this.into = new Int32Array(machine.layout.words);
		this.scratch = new Int32Array(machine.layout.words);
	}

	/** Runs to the first violation, to the end, or to a limit. */
	run(): Found {
		forEachStart(this.machine, this.into, (outcome, choices) => this.arrive(outcome, noThread, choices, -1));
		this.nextLevel();
		while (!this.found && !this.limit && this.seeds.length > 0) {
			this.drainLevel();
			this.level++;
			this.nextLevel();
		}
		const ending = this.found ?? this.other;
		const schedule = ending ? this.scheduleOf(ending) : undefined;
		return {
			...(ending ? { fault: ending.fault } : {}),
			...(schedule ? { schedule } : {}),
			...(this.limit ? { limit: this.limit } : {}),
			states: this.table.size,
			transitions: this.watch.transitions,
			seconds: this.watch.seconds,
			unmet: [...this.judge.unmet],
		};
	}

	/** A schedule that leads to a state of the table, the one it was first reached by. */
	scheduleTo(state: number): Schedule {
		return this.scheduleOf({ item: this.firstItem.at(state) });
	}

	private nextLevel(): void {
		this.seeds = this.nextSeeds;
		this.nextSeeds = new NumberList();
		this.reached = new NumberList();
	}

	/** All items of one level: states that wait for a switch, and those that their threads go on to reach without one. */
	private drainLevel(): void {
		let seed = 0;
		let next = 0;
		while (!this.found && !this.limit) {
			const seedItem = seed < this.seeds.length ? this.seeds.at(seed) : -1;
			const reachedItem = next < this.reached.length ? this.reached.at(next) : -1;
			if (seedItem < 0 && reachedItem < 0) return;
			if (reachedItem < 0 || (seedItem >= 0 && this.itemDepth.at(seedItem) <= this.itemDepth.at(reachedItem))) {
				seed++;
				this.expandOthers(seedItem);
			} else {
				next++;
				this.expand(reachedItem, this.itemThread.at(reachedItem));
			}
		}
	}

	private expandOthers(item: number): void {
		const last = this.itemThread.at(item);
		for (let thread = 0; thread < this.threads && !this.found && !this.limit; thread++) {
			if (thread !== last) this.expand(item, thread);
		}
	}

	private expand(item: number, thread: number): void {
		const state = this.itemState.at(item);
		const bit = 1 << thread;
		if ((this.expanded.at(state) & bit) !== 0) return;
		this.expanded.set(state, this.expanded.at(state) | bit);
		this.table.get(state, this.from);
		forEachStep(this.machine, this.from, thread, this.into, (outcome, choices) => {
			const limit = this.watch.transition(
				this.table.size,
				() => this.seeds.length + this.nextSeeds.length,
				() => this.bytes,
			);
			if (limit) {
				this.limit = limit;
				return false;
			}
			return this.arrive(outcome, thread, choices, item);
		});
	}

	/** Takes in the state in `into`, reached by `thread` from `parent`. False ends the search. */
	private arrive(outcome: Outcome, thread: number, choices: readonly number[], parent: number): boolean {
		if (outcome.kind === "limit") {
			this.limit = outcome.limit;
			return false;
		}
		if (outcome.kind === "fault") {
			return this.violates({
				fault: outcome.fault,
				item: parent,
				...(thread === noThread ? { initial: choices } : { step: { thread, choices } }),
			});
		}
		const added = this.table.add(this.into);
		const state = added < 0 ? ~added : added;
		const bit = thread === noThread ? 0 : 1 << thread;
		if (added >= 0) {
			this.levelOf.push(this.level);
			this.reachedBy.push(bit);
			this.expanded.push(0);
			this.firstItem.push(this.itemState.length);
		} else {
			// Known since an earlier level, or by this thread: every continuation costs no more from there.
			if (this.levelOf.at(state) < this.level || (this.reachedBy.at(state) & bit) !== 0 || bit === 0) return true;
			this.reachedBy.set(state, this.reachedBy.at(state) | bit);
		}
		const depth = parent < 0 ? 0 : this.itemDepth.at(parent) + 1;
		if (depth > this.options.limits.stepsMax) {
			this.limit = "steps";
			return false;
		}
		const item = this.itemState.push(state);
		this.itemThread.push(thread);
		this.itemParent.push(parent);
		this.itemDepth.push(depth);
		this.itemChoices.push(this.choiceNumber(choices));
		if (thread !== noThread) this.reached.push(item);
		if (added < 0) return true;
		this.nextSeeds.push(item);
		const fault =
			this.judge.ofState(this.into) ?? (this.isLast(this.into, thread) ? this.judge.ofLastState(this.into) : undefined);
		return fault ? this.violates({ fault, item }) : true;
	}

	/** Takes note of a violation. False ends the search. */
	private violates(ending: Ending): boolean {
		const wanted = this.options.wanted;
		if (wanted && !wanted.includes(ending.fault.kind)) {
			this.other ??= ending;
			return true;
		}
		this.found = ending;
		return false;
	}

	/** Whether no thread can take a step; the last one to run is asked first, as it usually can. */
	private isLast(words: Int32Array, last: number): boolean {
		if (last !== noThread && this.canStep(words, last)) return false;
		for (let thread = 0; thread < this.threads; thread++)
			if (thread !== last && this.canStep(words, thread)) return false;
		return true;
	}

	private canStep(words: Int32Array, thread: number): boolean {
		if (!this.machine.running(words, thread)) return false;
		return forEachStep(this.machine, words, thread, this.scratch, () => false);
	}

	private choiceNumber(choices: readonly number[]): number {
		if (choices.every((choice) => choice === 0)) return 0;
		return this.choiceLists.push([...choices]) - 1;
	}

	private get bytes(): number {
		return this.table.bytes + this.itemState.bytes * 7 + this.levelOf.bytes * 4;
	}

	private scheduleOf(end: { item: number; step?: ScheduledStep; initial?: readonly number[] }): Schedule {
		const steps: ScheduledStep[] = end.step ? [end.step] : [];
		let initial = end.initial ?? [];
		for (let item = end.item; item >= 0; item = this.itemParent.at(item)) {
			const choices = this.choiceLists[this.itemChoices.at(item)] ?? [];
			const thread = this.itemThread.at(item);
			if (thread === noThread) initial = choices;
			else steps.push({ thread, choices });
		}
		return { initial, steps: steps.reverse() };
	}
}
