/** What lasts over a stretch of a trace: locks, RCU readers, interrupts off; read off what each step holds. */
import type { TraceSpan, TraceStep } from "./verdict.ts";

/** What sort of thing is held, by the words that a step has for it. */
function kindOf(held: string): TraceSpan["kind"] {
	if (held === "RCU reader") return "rcu";
	if (held === "interrupts off") return "irq";
	return held === "preemption off" ? "preempt" : "lock";
}

/** The spans of what threads hold, by thread, then by the step that begins them. What is held at the end ends after the last step. */
export function spansHeld(steps: readonly TraceStep[]): TraceSpan[] {
	const spans: TraceSpan[] = [];
	const threads = [...new Set(steps.map(({ thread }) => thread))].sort((a, b) => a - b);
	for (const thread of threads) {
		const open = new Map<string, number>();
		const close = (label: string, to: number) => {
			spans.push({ kind: kindOf(label), thread, label, from: open.get(label) ?? to, to });
			open.delete(label);
		};
		for (const [index, step] of steps.entries()) {
			if (step.thread !== thread) continue;
			for (const label of [...open.keys()]) if (!step.held.includes(label)) close(label, index);
			for (const label of step.held) if (!open.has(label)) open.set(label, index);
		}
		for (const label of [...open.keys()]) close(label, steps.length);
	}
	return spans.sort((a, b) => a.thread - b.thread || a.from - b.from);
}
