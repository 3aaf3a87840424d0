/**
 * What sleeps on every path, called where on every path nobody may sleep.
 * (Documentation/locking/locktypes.rst; include/linux/kernel.h: might_sleep().)
 */
import { type CallContext, lineOf, relatedCall } from "./rule.ts";
import { atomicContext } from "./state.ts";

export function checkSleep({ module, call, callee, before, effect, report }: CallContext): void {
	const sleeps = effect?.any?.happened.has("sleep") ?? callee.name === "might_sleep";
	const context = atomicContext(before);
	if (!sleeps || context === undefined) return;
	const origin = before.origins[context];
	const since = origin ? `${origin.name}() (${lineOf(module, origin.pos)})` : "";
	const where = {
		rcu: `this is inside ${since || "an RCU reader"}`,
		spin: `this is inside ${since || "a spinlock"}`,
		irq: since ? `interrupts are off since ${since}` : "interrupts are off",
		preempt: since ? `preemption is off since ${since}` : "preemption is off",
	}[context];
	const { pos, end } = call.callee;
	const message =
		callee.name === "might_sleep"
			? `sleeping is asked for, but ${where}`
			: `\`${callee.name}\` may sleep, but ${where}`;
	report(
		{
			pos,
			end,
			message,
			...(origin && { related: relatedCall(module, origin.pos, origin.name, "no sleeping from here on") }),
		},
		"sleep-in-atomic",
	);
}
