/** What is wrong with the state at the end of a schedule, judged as the search judges it. */
import type { Machine } from "../memory/sc.ts";
import { Judge, type StateFault } from "../search/judge.ts";
import { forEachStep } from "../search/successors.ts";

export type { StateFault };

/**
 * The fault of a state: an invariant or data race; else, when no thread can go on, what is wrong with its being the last. Where it
 * is both, what the check expects comes first.
 */
export function deadlockedOr(machine: Machine, words: Int32Array): StateFault | undefined {
	const { expect } = machine.program;
	const judge = new Judge(machine, expect);
	const fault = judge.ofState(words);
	const scratch = new Int32Array(words.length);
	const canStep = machine.program.threads.some(
		(_, thread) => machine.running(words, thread) && forEachStep(machine, words, thread, scratch, () => false),
	);
	const last = canStep ? undefined : judge.ofLastState(words);
	return fault && !(last && expect.includes(last.kind) && !expect.includes(fault.kind)) ? fault : last;
}
