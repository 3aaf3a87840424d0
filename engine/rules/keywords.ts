/** The words of the scenario language that C does not have, in a sentence each: for hovers and completion. */
import type { ViolationKind } from "../verdict/verdict.ts";

/** Words of a scenario, where they stand for themselves. */
export const scenarioWords: Readonly<Record<string, string>> = {
	scenario: "A closed world: a few objects, two to four threads, and checks that ask what can go wrong.",
	kernel:
		"`kernel v6.5;` The kernel version that this scenario speaks of: `LINUX_VERSION_CODE`, and the era that hovers show.",
	param:
		"A constant that a check chooses. Without a value in the check all its values are explored; `param int n = 1..3;` gives them.",
	init: "Runs alone, to its end, before the threads begin.",
	thread:
		"Runs beside the other threads, on a CPU of its own unless `on` names one. Every access to shared memory is one step; other threads may run between any two.",
	on: "`thread name on 1 { … }` The CPU that the thread runs on.",
	atomic:
		"`atomic { … }` One step: no other thread runs inside. A modelling shortcut, not something that a kernel can do: what really excludes the others has to be argued elsewhere.",
	check:
		"A question: with these parameters, what does the search find? `check name (param = value) under lkmm with data_races expect safe;`",
	expect:
		"What the search is expected to find: `safe`, `reachable`, or the name of a violation. Anything else is reported here.",
	under:
		"`under sc` (default): every thread sees the accesses in one order. `under lkmm`: the Linux kernel memory model.",
	with: "Further violations to look for: `data_races`, `leaks`.",
	sc: "Sequential consistency: one order of all accesses, which every thread sees.",
	lkmm: "The Linux kernel memory model: accesses may be reordered where no fence, dependency or ordered access forbids it.",
	data_races:
		"Also looks for data races: two accesses to one word, at least one of them a write and one of them plain, that nothing orders.",
	leaks: "Also looks for objects of a pool that nobody freed, at the end.",
	safe: "No interleaving goes wrong. Found only after the whole space was explored.",
	reachable: "Every `exists` property holds in some interleaving.",
	always: "`always (e);` Must hold in every state.",
	never: "`never (e);` Must hold in no state.",
	finally: "`finally (e);` Must hold when all threads have ended.",
	exists: "`exists (e);` Must hold at the end of at least one interleaving.",
	percpu: "One copy for each CPU.",
	pool: "The objects of this array begin unallocated; `__allocate(pool)` hands them out, `kfree()` takes them back.",
	typesafe_by_rcu:
		"A pool whose memory is handed out again at once, as the same type: a stale pointer stays readable, and may be another object.",
};

/** What each violation means. */
export const violationWords: Readonly<Record<ViolationKind, string>> = {
	use_after_free: "An object is read or written after its life has ended.",
	double_free: "An object is freed that is free already.",
	invalid_free: "What is freed is not the start of an object that was allocated.",
	null_dereference: "NULL, or a field of NULL, is read or written.",
	wild_dereference: "A word is followed that points to no object.",
	tagged_dereference: "A pointer is followed that still carries tag bits.",
	wrong_type: "A pointer is followed as one struct and points to another: an anon_vma read as an address_space.",
	out_of_range: "An array index is out of range.",
	refcount_underflow: "A reference count falls below zero.",
	refcount_from_zero: "A reference is taken on an object whose count is zero already.",
	assertion: "An `assert`, `BUG_ON`, `WARN_ON` or one of their relatives fails.",
	invariant: "A property of the scenario does not hold.",
	lock_misuse: "A lock is released by who does not hold it, taken twice, or asserted and not held.",
	lock_order: "A lock is taken against the kernel's documented order.",
	sleep_in_atomic:
		"Something that may sleep is called with a spinlock held, interrupts or preemption off, or in an RCU reader.",
	deadlock: "Threads wait for each other, for ever.",
	livelock: "Threads run for ever without progress, though each gets its turn.",
	rcu_reader_left_open: "A thread ends inside of rcu_read_lock().",
	division_by_zero: "A division by zero.",
	data_race: "Two accesses to one word, at least one of them a write and one of them plain, that nothing orders.",
	leak: "An object is still allocated at the end, and nobody can free it.",
	unreachable: "No interleaving makes an `exists` property true.",
};
