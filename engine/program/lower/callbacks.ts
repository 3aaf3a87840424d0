/** Callbacks of call_rcu(): threads that begin when their grace period has ended. */
import type { CallExpression, FunctionItem } from "../../language/syntax.ts";
import type { Expression } from "../program.ts";
import { inline } from "./calls.ts";
import { integer } from "./expressions.ts";
import { register } from "./fold.ts";
import { ThreadLowering } from "./thread.ts";

/** Callback threads that one program may have. */
export const callbacksMax = 16;

/** Emits call_rcu(): `item` will be called with the value. */
export function lowerCallback(
	t: ThreadLowering,
	call: CallExpression,
	item: FunctionItem,
	file: string,
	value: Expression,
): void {
	start(t, call, item.name.text, value, (callback, argument) => {
		const [parameter] = item.parameters;
		const bindings = parameter?.name ? [{ parameter, type: parameter.typeName.type ?? integer, value: argument }] : [];
		inline(callback, item, file, call, bindings);
	});
}

/** Emits kfree_rcu(): the object will be freed. */
export function lowerFreeCallback(t: ThreadLowering, call: CallExpression, value: Expression): void {
	start(t, call, "kfree_rcu", value, (callback, argument) => {
		callback.emit({ kind: "free", pointer: argument, text: "the object given to kfree_rcu()" }, call);
	});
}

function start(
	t: ThreadLowering,
	call: CallExpression,
	name: string,
	value: Expression,
	body: (callback: ThreadLowering, argument: Expression) => void,
): void {
	const { context } = t;
	const index = context.callbacks.length;
	if (index >= callbacksMax)
		throw t.error(call, `more than ${callbacksMax} calls of call_rcu() once calls are inlined`);
	const number = context.scenarioThreads + index;
	const gracePeriod = context.gracePeriods++;
	const callback = new ThreadLowering(context, number, context.cpus + index, t.activation.file, t.dataCpu);
	// The place is taken before the body is lowered: a callback may call call_rcu() itself.
	context.callbacks.push(undefined as never);
	const argument = callback.code.newRegister(undefined, { kind: "pointer", tags: undefined });
	callback.emit({ kind: "grace_period_end", gracePeriod }, call);
	body(callback, register(argument));
	callback.code.end(callback.site(call));
	context.callbacks[index] = callback.finish(name, "callback", call);
	t.emit({ kind: "call_rcu", gracePeriod, thread: number, arguments: [{ register: argument, value }] }, call);
}
