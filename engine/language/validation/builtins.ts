/** What the machine's functions do to contexts and locks (engine/kernel/machine.mmscn). */
import type { CallExpression } from "../syntax.ts";
import { type Arguments, lockClassOf } from "./lockClasses.ts";
import { count, deepen, happen, heldOf, keepsContexts, type Origin, type State } from "./state.ts";

const spinningTypes: ReadonlySet<string> = new Set(["spinlock_t", "raw_spinlock_t", "rwlock_t"]);

/** The argument of a lock builtin that is the lock. */
function lockArgument(call: CallExpression) {
	const name = call.callee.kind === "name" ? call.callee.name.text : "";
	const argument = call.arguments[name.startsWith("__bit_") ? 2 : 0];
	return argument?.kind === "type_name" ? undefined : argument;
}

function isSpinning(call: CallExpression): boolean {
	const type = lockArgument(call)?.type;
	const lock = type?.kind === "pointer" ? type.to : type;
	return lock?.kind === "lock" && spinningTypes.has(lock.name);
}

export function isTrylock(name: string): boolean {
	return name === "__trylock" || name === "__trylock_shared" || name === "__bit_trylock";
}

/** The class of the lock that a builtin is called with. */
export function lockClassOfCall(call: CallExpression, given: Arguments): string | undefined {
	const argument = lockArgument(call);
	return argument && lockClassOf(argument, given);
}

/** The state with the lock taken. */
export function takeLock(
	call: CallExpression,
	state: State,
	given: Arguments,
	absolute: boolean,
	origin: Origin,
): State {
	const taken = count(state, lockClassOfCall(call, given), 1, absolute);
	return isSpinning(call) ? deepen(taken, "spin", 1, absolute, origin) : taken;
}

/** The state after a call of a builtin that is no trylock. */
export function applyBuiltin(
	call: CallExpression,
	name: string,
	state: State,
	given: Arguments,
	absolute: boolean,
	origin: Origin,
): State {
	switch (name) {
		case "__lock":
		case "__lock_shared":
		case "__lock_shared_past_writers":
		case "__bit_lock":
			return takeLock(call, state, given, absolute, origin);
		case "__unlock":
		case "__unlock_shared":
		case "__bit_unlock": {
			const lockClass = lockClassOfCall(call, given);
			const asked = heldOf(state, lockClass) === 0 ? happen(state, `unlock ${lockClass}`) : state;
			const released = count(asked, lockClass, -1, absolute);
			return isSpinning(call) ? deepen(released, "spin", -1, absolute, undefined) : released;
		}
		case "lockdep_assert_held":
		case "lockdep_assert_held_write": {
			const lockClass = lockClassOfCall(call, given);
			return heldOf(state, lockClass) === 0 ? happen(state, `assert ${lockClass}`) : state;
		}
		case "__rcu_read_lock":
			return deepen(state, "rcu", 1, absolute, origin);
		case "__rcu_read_unlock":
			return deepen(state, "rcu", -1, absolute, undefined);
		case "__preempt_disable":
			return deepen(state, "preempt", 1, absolute, origin);
		case "__preempt_enable":
			return deepen(state, "preempt", -1, absolute, undefined);
		case "__irq_disable":
		case "__irq_save":
			return state.irq === "off" ? state : { ...state, irq: "off", origins: { ...state.origins, irq: origin } };
		case "__irq_enable":
		case "__irq_restore":
			return { ...state, irq: "unknown" };
		case "might_sleep":
			return keepsContexts(state) ? happen(state, "sleep") : state;
		default:
			return state;
	}
}
