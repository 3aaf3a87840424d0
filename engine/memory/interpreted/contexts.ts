/** Interrupts, preemption and RCU: what a thread's CPU may do just now, and for whom a grace period waits. */
import type { InstructionBody } from "../../program/program.ts";
import { irqWord, preemptWord, rcuWord, spinWord } from "../layout.ts";
import type { Execution } from "./execution.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Depth of a context of the thread, or 1 for on. */
export function contextValue(step: Execution, context: "irq" | "preempt" | "rcu" | "atomic"): number {
	const word = (offset: number) => step.words[step.base + offset] as number;
	if (context === "irq") return word(irqWord);
	if (context === "preempt") return word(preemptWord);
	if (context === "rcu") return word(rcuWord);
	return word(irqWord) || word(preemptWord) || word(rcuWord) || word(spinWord) ? 1 : 0;
}

/** A violation where sleeping is not allowed. The next program counter, or a marker. */
export function mightSleep(step: Execution, instruction: Body<"might_sleep">): number {
	const why =
		contextValue(step, "rcu") > 0
			? "inside rcu_read_lock()"
			: contextValue(step, "irq")
				? "with interrupts off"
				: (step.words[step.base + spinWord] as number) > 0
					? "under a spinlock"
					: contextValue(step, "preempt") > 0
						? "with preemption off"
						: step.program.threads[step.thread]?.kind === "callback"
							? "in an RCU callback"
							: undefined;
	if (why) step.fault = { kind: "sleep_in_atomic", detail: `${instruction.what} may sleep, ${why}` };
	return instruction.next;
}

/** Enters or leaves a context by one level. The next program counter, or a marker. */
export function changeContext(step: Execution, instruction: Body<"context">): number {
	const at =
		step.base + (instruction.context === "irq" ? irqWord : instruction.context === "preempt" ? preemptWord : rcuWord);
	const before = step.words[at] as number;
	if (instruction.context === "irq") {
		step.words[at] = instruction.change > 0 ? 1 : 0;
	} else {
		if (before + instruction.change < 0) {
			const what =
				instruction.context === "rcu"
					? "rcu_read_unlock() without rcu_read_lock()"
					: "preempt_enable() without preempt_disable()";
			step.fault = { kind: "lock_misuse", detail: what };
			return instruction.next;
		}
		step.words[at] = before + instruction.change;
	}
	quiesce(step);
	return instruction.next;
}

function isReaderAt(step: Execution, base: number): boolean {
	const words = step.words;
	return (
		words[base + irqWord] !== 0 ||
		words[base + preemptWord] !== 0 ||
		words[base + rcuWord] !== 0 ||
		words[base + spinWord] !== 0
	);
}

/** Threads in an RCU read-side critical section, as a bit mask. Whoever waits for the grace period itself counts as well. */
export function readers(step: Execution): number {
	let mask = 0;
	for (let thread = 0; thread < step.program.threads.length; thread++) {
		if (isReaderAt(step, step.layout.threads[thread] as number)) mask |= 1 << thread;
	}
	return mask;
}

/** After a change of context: a thread that is no reader any more has left all grace periods that waited for it. */
export function quiesce(step: Execution): void {
	if (isReaderAt(step, step.base)) return;
	const { gracePeriods } = step.layout;
	for (let period = 0; period < step.program.gracePeriods; period++) {
		step.words[gracePeriods + period] = (step.words[gracePeriods + period] as number) & ~(1 << step.thread);
	}
}

/** Whether a CPU has interrupts off. The next program counter, or a marker. */
export function irqsDisabledOn(step: Execution, instruction: Body<"irqs_disabled_on">): number {
	const cpu = step.value(instruction.cpu);
	let off = 0;
	step.program.threads.forEach((thread, index) => {
		if (
			thread.cpu === cpu &&
			thread.kind === "thread" &&
			step.words[(step.layout.threads[index] as number) + irqWord] !== 0
		)
			off = 1;
	});
	step.setRegister(instruction.register, off);
	return instruction.next;
}
