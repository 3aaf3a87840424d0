/**
 * The kernel primitives that a litmus test may call, and what they do: linux-kernel.def of the kernel's tools/memory-model
 * says the same for herd7, in the revision with soft-coded tags.
 */
import { EventKind, type Tag } from "../memory/lkmm/thread.ts";

export type Arithmetic = "add" | "subtract" | "and" | "or" | "xor" | "and_not";

/** What a primitive's arguments are: `place` is `*p`, `pointer` is `p`. */
export type Primitive =
	| { readonly does: "load"; readonly tag: Tag; readonly from: "place" | "pointer" }
	| {
			readonly does: "store";
			readonly tag: Tag;
			readonly to: "place" | "pointer";
			readonly fence?: typeof EventKind.FullFence;
	  }
	| { readonly does: "fence"; readonly fence: EventKind }
	| { readonly does: "exchange" | "compare_exchange"; readonly tag: Tag }
	| {
			readonly does: "update";
			readonly tag: Tag;
			readonly arithmetic: Arithmetic;
			/** Order of the arguments: the kernel's are (operand, pointer), or (pointer) with an operand of 1. */
			readonly operand: "argument" | "one";
			/** What the call returns; `test` is `new == 0`, `negative` is `new < 0`. */
			readonly result: "old" | "new" | "test" | "negative" | undefined;
	  }
	| { readonly does: "add_unless" }
	| { readonly does: "lock" | "unlock" | "try_lock" | "is_locked" }
	| { readonly does: "srcu_lock" | "srcu_unlock" | "synchronize_srcu" };

export interface PrimitiveInfo {
	readonly primitive: Primitive;
	readonly arguments: number;
	readonly hasValue: boolean;
	/** The ordering it gives, for hovers. */
	readonly ordering: string;
}

const table = new Map<string, PrimitiveInfo>();

function define(names: string, arguments_: number, hasValue: boolean, ordering: string, primitive: Primitive): void {
	for (const name of names.split(" ")) table.set(name, { primitive, arguments: arguments_, hasValue, ordering });
}

const variants: readonly (readonly [suffix: string, tag: Tag, ordering: string])[] = [
	["", "full", "A full memory barrier before and after it, when it succeeds."],
	["_relaxed", "once", "Atomic, but orders nothing else."],
	["_acquire", "acquire", "Acquire: what follows in program order stays after its read, when it succeeds."],
	["_release", "release", "Release: what precedes it in program order stays before its write, when it succeeds."],
];

define("READ_ONCE", 1, true, "A marked load: not torn, not merged, not repeated; orders nothing but by dependencies.", {
	does: "load",
	tag: "once",
	from: "place",
});
define("WRITE_ONCE", 2, false, "A marked store: not torn, not merged; orders nothing by itself.", {
	does: "store",
	tag: "once",
	to: "place",
});
define("rcu_dereference", 1, true, "A marked load whose address dependencies order what is read through it.", {
	does: "load",
	tag: "once",
	from: "place",
});
define("smp_load_acquire", 1, true, "Acquire: everything after it in program order stays after the load.", {
	does: "load",
	tag: "acquire",
	from: "pointer",
});
define("smp_store_release", 2, false, "Release: everything before it in program order stays before the store.", {
	does: "store",
	tag: "release",
	to: "pointer",
});
define(
	"rcu_assign_pointer",
	2,
	false,
	"Release: what the pointer leads to is initialised before the pointer is seen.",
	{ does: "store", tag: "release", to: "place" },
);
define("smp_store_mb", 2, false, "A marked store, then a full memory barrier.", {
	does: "store",
	tag: "once",
	to: "place",
	fence: EventKind.FullFence,
});
define("atomic_read", 1, true, "A marked load; orders nothing but by dependencies.", {
	does: "load",
	tag: "once",
	from: "pointer",
});
define("atomic_set", 2, false, "A marked store; orders nothing by itself.", {
	does: "store",
	tag: "once",
	to: "pointer",
});
define("atomic_read_acquire", 1, true, "Acquire: everything after it stays after the load.", {
	does: "load",
	tag: "acquire",
	from: "pointer",
});
define("atomic_set_release", 2, false, "Release: everything before it stays before the store.", {
	does: "store",
	tag: "release",
	to: "pointer",
});

for (const [name, fence, ordering] of [
	["smp_mb", EventKind.FullFence, "A full memory barrier: everything before it, everything after it."],
	["smp_rmb", EventKind.ReadFence, "Orders loads before it against loads after it."],
	["smp_wmb", EventKind.WriteFence, "Orders stores before it against stores after it."],
	[
		"smp_mb__before_atomic",
		EventKind.BeforeAtomic,
		"Makes the atomic operation after it a full barrier for what is before.",
	],
	[
		"smp_mb__after_atomic",
		EventKind.AfterAtomic,
		"Makes the atomic operation before it a full barrier for what is after.",
	],
	["smp_mb__after_spinlock", EventKind.AfterSpinlock, "Makes the spin_lock() before it a full barrier."],
	[
		"smp_mb__after_unlock_lock",
		EventKind.AfterUnlockLock,
		"Makes an unlock followed by a lock a full barrier, also across CPUs that hand over the lock.",
	],
	[
		"smp_mb__after_srcu_read_unlock",
		EventKind.AfterSleepableUnlock,
		"Makes the srcu_read_unlock() before it a full barrier.",
	],
	["barrier", EventKind.CompilerFence, "Keeps the compiler from moving accesses across; orders nothing between CPUs."],
	["rcu_read_lock", EventKind.ReaderLock, "Begins an RCU read-side critical section."],
	["rcu_read_unlock", EventKind.ReaderUnlock, "Ends an RCU read-side critical section."],
	[
		"synchronize_rcu",
		EventKind.GracePeriod,
		"Waits for a grace period: every reader that began before has ended after. A full barrier too.",
	],
	["synchronize_rcu_expedited", EventKind.GracePeriod, "Waits for a grace period, at a price. A full barrier too."],
] as const) {
	define(name, 0, false, ordering, { does: "fence", fence });
}

define("spin_lock", 1, false, "Acquire; orders what follows after what the last holder did before it unlocked.", {
	does: "lock",
});
define("spin_unlock", 1, false, "Release: what precedes it is seen by the next holder.", { does: "unlock" });
define("spin_trylock", 1, true, "Acquire when it gets the lock; otherwise it orders nothing.", { does: "try_lock" });
define("spin_is_locked", 1, true, "Orders nothing.", { does: "is_locked" });
define("srcu_read_lock srcu_down_read", 1, true, "Begins an SRCU read-side critical section.", { does: "srcu_lock" });
define("srcu_read_unlock srcu_up_read", 2, false, "Ends the SRCU read-side critical section whose index it gets.", {
	does: "srcu_unlock",
});
define(
	"synchronize_srcu synchronize_srcu_expedited",
	1,
	false,
	"Waits for the readers of this srcu_struct. A full barrier too.",
	{ does: "synchronize_srcu" },
);
define("atomic_add_unless", 3, true, "A full memory barrier when it adds; orders nothing when it does not.", {
	does: "add_unless",
});

for (const [suffix, tag, ordering] of variants) {
	define(`xchg${suffix} atomic_xchg${suffix}`, 2, true, ordering, { does: "exchange", tag });
	define(`cmpxchg${suffix} atomic_cmpxchg${suffix}`, 3, true, ordering, { does: "compare_exchange", tag });
	for (const [operation, arithmetic] of [
		["add", "add"],
		["sub", "subtract"],
	] as const) {
		define(`atomic_${operation}_return${suffix}`, 2, true, ordering, {
			does: "update",
			tag,
			arithmetic,
			operand: "argument",
			result: "new",
		});
	}
	for (const [operation, arithmetic] of [
		["add", "add"],
		["sub", "subtract"],
		["and", "and"],
		["or", "or"],
		["xor", "xor"],
		["andnot", "and_not"],
	] as const) {
		define(`atomic_fetch_${operation}${suffix}`, 2, true, ordering, {
			does: "update",
			tag,
			arithmetic,
			operand: "argument",
			result: "old",
		});
	}
	for (const [operation, arithmetic] of [
		["inc", "add"],
		["dec", "subtract"],
	] as const) {
		define(`atomic_${operation}_return${suffix}`, 1, true, ordering, {
			does: "update",
			tag,
			arithmetic,
			operand: "one",
			result: "new",
		});
		define(`atomic_fetch_${operation}${suffix}`, 1, true, ordering, {
			does: "update",
			tag,
			arithmetic,
			operand: "one",
			result: "old",
		});
	}
	define(`atomic_add_negative${suffix}`, 2, true, ordering, {
		does: "update",
		tag,
		arithmetic: "add",
		operand: "argument",
		result: "negative",
	});
}

const unordered =
	"Atomic, but returns nothing and orders nothing; smp_mb__before_atomic() and smp_mb__after_atomic() make it a barrier.";
for (const [operation, arithmetic] of [
	["add", "add"],
	["sub", "subtract"],
	["and", "and"],
	["or", "or"],
	["xor", "xor"],
	["andnot", "and_not"],
] as const) {
	define(`atomic_${operation}`, 2, false, unordered, {
		does: "update",
		tag: "noreturn",
		arithmetic,
		operand: "argument",
		result: undefined,
	});
}
for (const [operation, arithmetic] of [
	["inc", "add"],
	["dec", "subtract"],
] as const) {
	define(`atomic_${operation}`, 1, false, unordered, {
		does: "update",
		tag: "noreturn",
		arithmetic,
		operand: "one",
		result: undefined,
	});
	define(`atomic_${operation}_and_test`, 1, true, variants[0]?.[2] ?? "", {
		does: "update",
		tag: "full",
		arithmetic,
		operand: "one",
		result: "test",
	});
}
define("atomic_sub_and_test", 2, true, variants[0]?.[2] ?? "", {
	does: "update",
	tag: "full",
	arithmetic: "subtract",
	operand: "argument",
	result: "test",
});

/** Everything that can be called in a litmus test, by name. */
export const primitives: ReadonlyMap<string, PrimitiveInfo> = table;
