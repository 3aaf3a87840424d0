/** "And what if it had come this far?": a search that begins where a schedule leads, not where the program begins. */

import type { Observer } from "../memory/interpreted/execution.ts";
import { Machine, type Outcome } from "../memory/sc.ts";
import { underInterleavings } from "../program/interleaved.ts";
import type { Program } from "../program/program.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { type ExploreOptions, exploreMachine } from "./explore.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";

/**
 * Searches every interleaving that begins with the steps of a schedule string. The counterexample's schedule has these steps as
 * its first. `safe` says that nothing goes wrong after them, and nothing about interleavings that begin otherwise; an `exists`
 * that is not met counts as a violation only of a whole search, not of this one. What only weak memory does is not searched.
 * An error message when the schedule is none, does not fit, or violates something itself.
 */
export function exploreFrom(program: Program, text: string, options: ExploreOptions): Verdict | string {
	const prefix = parseSchedule(text);
	if (typeof prefix === "string") return prefix;
	const machine = new MachineUnderWay(underInterleavings(program), prefix);
	const misfit = machine.misfit();
	if (misfit !== undefined) return misfit;
	const verdict = exploreMachine(machine, options, (schedule) => joined(prefix, schedule));
	const { violation: _violation, ...rest } = verdict;
	return verdict.violation?.kind === "unreachable" ? { ...rest, verdict: "safe" } : verdict;
}

/** A machine that starts after the steps of a schedule. */
class MachineUnderWay extends Machine {
	private readonly prefix: Schedule;

	constructor(program: Program, prefix: Schedule) {
		super(program);
		this.prefix = prefix;
	}

	override start(words: Int32Array, choices: readonly number[], observer?: Observer): Outcome {
		// Nothing was walked and nothing chosen: the whole search, with all that init and the threads may choose.
		if (isEmpty(this.prefix)) return super.start(words, choices, observer);
		let outcome = super.start(words, this.prefix.initial, observer);
		for (const step of this.prefix.steps) {
			if (outcome.kind !== "done") break;
			outcome = this.step(words, step.thread, step.choices, observer);
		}
		// The schedule says what was chosen: there is one start, and nothing of it to vary.
		this.arities.length = 0;
		return outcome;
	}

	/** Why the schedule leads nowhere that a search could begin; undefined when it does. */
	misfit(): string | undefined {
		const { program, prefix } = this;
		const words = this.blank();
		if (super.start(words, prefix.initial).kind !== "done") return "the scenario's init cannot run to its end";
		for (const [index, { thread, choices }] of prefix.steps.entries()) {
			const name = program.threads[thread]?.name;
			if (name === undefined) return `step ${index + 1}: there is no thread number ${thread + 1}`;
			const outcome = this.step(words, thread, choices);
			if (outcome.kind === "fault") return `step ${index + 1} violates already: ${outcome.fault.detail}`;
			if (outcome.kind !== "done") return `step ${index + 1}: ${name} cannot take a step here`;
		}
		return undefined;
	}
}

const isEmpty = (schedule: Schedule) => schedule.steps.length === 0 && schedule.initial.length === 0;

function joined(prefix: Schedule, rest: Schedule): Schedule {
	if (isEmpty(prefix)) return rest;
	return {
		initial: prefix.initial,
		steps: [...prefix.steps, ...rest.steps],
		...(rest.cycleFrom === undefined ? {} : { cycleFrom: prefix.steps.length + rest.cycleFrom }),
	};
}
