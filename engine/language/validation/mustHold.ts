/** Calls of functions that want a lock held (`__must_hold(x)`, lockdep_assert_held(x)) by a thread that certainly does not hold it. */
import { sourceText } from "../print.ts";
import { lockClassOfCall } from "./builtins.ts";
import { lockClassOf } from "./lockClasses.ts";
import type { CallContext } from "./rule.ts";
import { heldOf } from "./state.ts";

const annotations: ReadonlySet<string> = new Set(["__must_hold", "__must_hold_shared"]);
const assertions: ReadonlySet<string> = new Set(["lockdep_assert_held", "lockdep_assert_held_write"]);

export function checkMustHold(context: CallContext): void {
	const { module, call, callee, before, effect, absolute, report } = context;
	if (!absolute) return;
	const { pos, end } = call.callee;
	if (callee.kind === "builtin") {
		if (!assertions.has(callee.name) || heldOf(before, lockClassOfCall(call, new Map())) !== 0) return;
		report(
			{ pos, end, message: `\`${sourceText(module.text, call)}\`: this thread certainly does not hold it here` },
			"lock-not-held",
		);
		return;
	}
	const annotated = annotatedLock(context);
	const asserted = [...(effect?.any?.happened ?? [])].find(
		(event) => event.startsWith("assert ") && heldOf(before, event.slice("assert ".length)) === 0,
	);
	if (annotated === undefined && asserted === undefined) return;
	const lock = annotated ?? `\`${(asserted ?? "").split(" ")[1]}\``;
	report(
		{ pos, end, message: `\`${callee.name}\` wants ${lock} held, and this thread certainly does not hold it here` },
		"lock-not-held",
	);
}

/** What the callee's own annotation asks for, as written there, where it is certainly not held. */
function annotatedLock({ module, callee, before, effects, arguments: given }: CallContext): string | undefined {
	const item = effects.definition(callee) ?? (callee.declaration.kind === "function" ? callee.declaration : undefined);
	for (const annotation of [...(item?.annotations ?? []), ...(item?.returnType.annotations ?? [])]) {
		const [lock] = annotation.arguments;
		if (!lock || !annotations.has(annotation.name.text) || heldOf(before, lockClassOf(lock, given)) !== 0) continue;
		const file = [module, ...module.closure].find((one) => one.file === callee.file);
		return file ? `\`${sourceText(file.text, lock)}\`` : "a lock";
	}
	return undefined;
}
