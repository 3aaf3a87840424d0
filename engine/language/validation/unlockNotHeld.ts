/** The unlock of a lock when certainly no lock of its class is held by the thread. */
import { sourceText } from "../print.ts";
import { lockClassOfCall } from "./builtins.ts";
import type { CallContext } from "./rule.ts";
import { heldOf } from "./state.ts";

const unlocks: ReadonlySet<string> = new Set(["__unlock", "__unlock_shared", "__bit_unlock"]);

export function checkUnlock({ module, call, callee, before, effect, absolute, report }: CallContext): void {
	if (!absolute) return;
	const wanted =
		unlocks.has(callee.name) && callee.kind === "builtin"
			? [lockClassOfCall(call, new Map())]
			: unlockedBy(effect?.any?.happened);
	if (!wanted.some((lockClass) => heldOf(before, lockClass) === 0)) return;
	const text = sourceText(module.text, call);
	report(
		{ pos: call.pos, end: call.end, message: `\`${text}\`: this thread certainly does not hold the lock here` },
		"unlock-not-held",
	);
}

function unlockedBy(happened: ReadonlySet<string> | undefined): string[] {
	return [...(happened ?? [])].flatMap((event) => (event.startsWith("unlock ") ? [event.slice("unlock ".length)] : []));
}
