/** What is wrong with the state at the end of a schedule, judged as the search judges it. */
import type { Machine } from "../memory/sc.ts";
import { Judge, type StateFault } from "../search/judge.ts";
import { forEachStep } from "../search/successors.ts";

export type { StateFault };

/** The fault of a state: an invariant or data race; else, when no thread can go on, what is wrong with its being the last. */
export function deadlockedOr(machine: Machine, words: Int32Array): StateFault | undefined {
	const judge = new Judge(machine);
	const fault = judge.ofState(words);
	if (fault) return fault;
	const scratch = new Int32Array(words.length);
	const canStep = machine.program.threads.some(
		(_, thread) => machine.running(words, thread) && forEachStep(machine, words, thread, scratch, () => false),
	);
	return canStep ? undefined : judge.ofLastState(words);
}
