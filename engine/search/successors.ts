/** All ways a thread can take its next step from a state: one for each combination of its nondeterministic choices. */

import type { Observer } from "../memory/interpreted/execution.ts";
import type { Machine, Outcome } from "../memory/sc.ts";

/**
 * Calls `visit` with each outcome that is not `disabled`; `into` holds the state after it. `visit` returns false to stop.
 * Returns whether any outcome was enabled.
 */
export function forEachStep(
	machine: Machine,
	from: Int32Array,
	thread: number,
	into: Int32Array,
	visit: (outcome: Outcome, choices: readonly number[]) => boolean,
	observer?: Observer,
): boolean {
	return forEachChoice(
		(choices) => {
			into.set(from);
			return machine.step(into, thread, choices, observer);
		},
		machine,
		visit,
	);
}

/** The same for the states where a search starts. */
export function forEachStart(
	machine: Machine,
	into: Int32Array,
	visit: (outcome: Outcome, choices: readonly number[]) => boolean,
	observer?: Observer,
): boolean {
	const blank = machine.blank();
	return forEachChoice(
		(choices) => {
			into.set(blank);
			return machine.start(into, choices, observer);
		},
		machine,
		visit,
	);
}

const none: readonly number[] = [];

function forEachChoice(
	run: (choices: readonly number[]) => Outcome,
	machine: Machine,
	visit: (outcome: Outcome, choices: readonly number[]) => boolean,
): boolean {
	let choices: readonly number[] = none;
	let enabled = false;
	for (;;) {
		const outcome = run(choices);
		const arities = machine.arities;
		const taken = arities.length === 0 ? none : arities.map((_, index) => choices[index] ?? 0);
		// Later choices vary fastest; the next vector is cut after the digit that was raised.
		let digit = arities.length - 1;
		while (digit >= 0 && (taken[digit] as number) + 1 >= (arities[digit] as number)) digit--;
		const following = digit < 0 ? undefined : [...taken.slice(0, digit), (taken[digit] as number) + 1];
		if (outcome.kind !== "disabled") {
			enabled = true;
			if (!visit(outcome, taken)) return true;
		}
		if (!following) return enabled;
		choices = following;
	}
}
