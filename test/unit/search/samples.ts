/** Hand-written Programs, one for each thing that can go right or wrong, with what must be found in them. */
import type { Program } from "../../../engine/program/program.ts";
import type { ViolationKind } from "../../../engine/verdict/verdict.ts";
import { binary, built, equal, lock, not, register, value } from "./builder.ts";

export interface Sample {
	readonly name: string;
	readonly program: Program;
	readonly verdict: "safe" | ViolationKind;
	/** Reachable states without reduction; absent where a violation ends the search. */
	readonly states?: number;
	/** Context switches of the shortest counterexample. */
	readonly switches?: number;
}

/** Threads that each add 1 by load and store, under a lock or not. */
export function counters(threads: number, locked: boolean): Program {
	return built((builder) => {
		const memory = builder.object("memory", { count: 0, lock: lock() });
		for (let thread = 0; thread < threads; thread++) {
			builder.thread(`t${thread}`, (code) => {
				if (locked) code.lock(memory.at("lock"));
				const got = code.load(memory.at("count"));
				code.store(memory.at("count"), binary("add", register(got), value(1)));
				if (locked) code.unlock(memory.at("lock"));
			});
		}
		builder.claim("finally", memory.at("count"), threads);
	});
}

const deadlock = (ordered: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { a: lock("a"), b: lock("b") });
		for (const [first, second] of [["a", "b"], ordered ? ["a", "b"] : ["b", "a"]] as const) {
			builder.thread(`${first}${second}`, (code) => {
				code.lock(memory.at(first));
				code.lock(memory.at(second));
				code.unlock(memory.at(second));
				code.unlock(memory.at(first));
			});
		}
	});

/** A reader dereferences what a writer unpublishes and frees, at once or after a grace period. */
const publication = (wait: "none" | "synchronize" | "call_rcu", reads: "rcu" | "bare" = "rcu") =>
	built((builder) => {
		const memory = builder.object("memory", { pointer: 4096 + 256 });
		const node = builder.object("node", { value: 1 });
		const period = builder.gracePeriod();
		builder.thread("reader", (code) => {
			const body = () => {
				const got = code.load(memory.at("pointer"), "dereference");
				code.when(register(got), () => code.load(node.through(got, "value")));
			};
			if (reads === "rcu") code.rcu(body);
			else body();
		});
		builder.thread("writer", (code) => {
			const old = code.update(memory.at("pointer"), "exchange", 0);
			if (wait === "synchronize") code.synchronize(period);
			if (wait === "call_rcu")
				code.emit({
					kind: "call_rcu",
					gracePeriod: period,
					thread: 2,
					arguments: [{ register: 0, value: register(old) }],
				});
			else code.free(register(old));
		});
		if (wait === "call_rcu")
			builder.thread(
				"free_node",
				(code) => {
					const head = code.register("head");
					code.emit({ kind: "grace_period_end", gracePeriod: period });
					code.free(register(head));
				},
				"callback",
			);
	});

const spinning = (released: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { flag: 0 });
		builder.thread("waiter", (code) => code.loop((leave) => leave(equal(register(code.load(memory.at("flag"))), 1))));
		builder.thread("setter", (code) => code.store(memory.at("flag"), released ? 1 : 2));
	});

const reload = (marked: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { word: 1 });
		builder.thread("reader", (code) => {
			const got = code.load(memory.at("word"), marked ? "once" : "plain");
			code.when(register(got), () => {
				if (!marked) code.emit({ kind: "reload", register: got, place: memory.at("word") });
				code.check(register(got));
			});
		});
		builder.thread("writer", (code) => code.store(memory.at("word"), 0));
	});

const claimed = (property: "always" | "finally" | "never" | "exists", expected: number, holds = true) =>
	built((builder) => {
		const memory = builder.object("memory", { word: 0, other: 0 });
		builder.thread("one", (code) => {
			code.store(memory.at("word"), 1);
			code.store(memory.at("word"), 2);
		});
		builder.thread("two", (code) => code.store(memory.at("other"), 1));
		builder.claim(property, memory.at("word"), expected, holds);
	});

const racing = (plain: boolean, locked = false) =>
	built((builder) => {
		const memory = builder.object("memory", { word: 0, lock: lock() });
		for (const name of ["one", "two"]) {
			builder.thread(name, (code) => {
				if (locked) code.lock(memory.at("lock"));
				code.store(memory.at("word"), 1, plain ? "plain" : "once");
				if (locked) code.unlock(memory.at("lock"));
			});
		}
		builder.detectDataRaces = true;
	});

/** A lock that is a bit, and a load of the word that the bit is in. */
const bitAndWord = (plain: boolean, locked: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { flags: 0, holder: lock("folio lock") });
		const bit = { word: memory.at("flags"), number: 3 };
		builder.thread("locker", (code) => {
			code.lock(memory.at("holder"), { bit });
			code.unlock(memory.at("holder"), { bit });
		});
		builder.thread("reader", (code) => {
			if (locked) code.lock(memory.at("holder"), { bit });
			code.load(memory.at("flags"), plain ? "plain" : "once");
			if (locked) code.unlock(memory.at("holder"), { bit });
		});
		builder.detectDataRaces = true;
	});

const allocation = (what: "leak" | "freed" | "published" | "stale" | "stale_typesafe") =>
	built((builder) => {
		const pool = builder.pool("cache", what === "stale_typesafe");
		const memory = builder.object("memory", { pointer: 0 });
		const [node] = ["a", "b"].map((name) => builder.object(name, { value: 0 }, { type: "node", pool }));
		builder.thread("user", (code) => {
			const got = code.register("fresh");
			code.emit({ kind: "allocate", register: got, pool });
			code.store(node?.through(got, "value") ?? memory.at("pointer"), 1);
			if (what === "published") code.store(memory.at("pointer"), register(got));
			if (what === "freed" || what.startsWith("stale")) code.free(register(got));
			if (what.startsWith("stale")) code.load(node?.through(got, "value") ?? memory.at("pointer"));
		});
		builder.thread("other", (code) => code.load(memory.at("pointer")));
		builder.detectLeaks = true;
	});

const misuse = (what: "foreign" | "again" | "order" | "sleep" | "held" | "reader" | "free_locked" | "downgrade") =>
	built((builder) => {
		const memory = builder.object("memory", { word: 0, outer: lock("outer", 1), inner: lock("inner", 2, true) });
		builder.thread("one", (code) => {
			const outer = memory.at("outer");
			const inner = memory.at("inner");
			if (what === "foreign") code.unlock(outer);
			if (what === "again") {
				code.lock(outer);
				code.lock(outer);
			}
			if (what === "order") {
				code.lock(inner, { spinning: true });
				code.lock(outer);
			}
			if (what === "sleep") {
				code.lock(inner, { spinning: true });
				code.emit({ kind: "might_sleep", what: "mutex_lock()" });
			}
			if (what === "held") code.lock(outer);
			if (what === "reader") code.emit({ kind: "context", context: "rcu", change: 1 });
			if (what === "free_locked") {
				code.lock(outer);
				code.free(value(memory.address));
			}
			if (what === "downgrade") {
				code.lock(outer);
				code.emit({ kind: "downgrade", lock: outer });
				code.unlock(outer, { shared: true });
			}
		});
		builder.thread("two", (code) => {
			if (what === "downgrade") {
				code.lock(memory.at("outer"), { shared: true });
				code.unlock(memory.at("outer"), { shared: true });
			} else code.load(memory.at("word"));
		});
	});

const pointers = (bits: number, kind: "tagged" | "null" | "wild" | "type") =>
	built((builder) => {
		const memory = builder.object("memory", { pointer: 0 });
		const folio = builder.object("folio", { flags: 0 });
		builder.thread("one", (code) => {
			const got = code.load(memory.at("pointer"));
			code.load(folio.through(got, "flags"));
		});
		builder.thread("two", (code) => code.load(memory.at("pointer")));
		const stored = { tagged: folio.address + bits, null: 0, wild: 1 << 20, type: memory.address }[kind];
		builder.setInit((code) => code.store(memory.at("pointer"), stored));
	});

const bitLocks = () =>
	built((builder) => {
		const memory = builder.object("memory", { flags: 0, count: 0, holder: lock("folio lock") });
		for (const name of ["one", "two"]) {
			builder.thread(name, (code) => {
				const bit = { word: memory.at("flags"), number: 3 };
				code.lock(memory.at("holder"), { bit });
				const got = code.load(memory.at("count"));
				code.store(memory.at("count"), binary("add", register(got), value(1)));
				code.unlock(memory.at("holder"), { bit });
			});
		}
		builder.claim("finally", memory.at("count"), 2);
	});

const interrupts = (waits: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { pointer: 4096 + 256 });
		const table = builder.object("table", { pte: 1 });
		builder.thread("gup_fast", (code) => {
			code.emit({ kind: "context_set", context: "irq", value: value(1) });
			const got = code.load(memory.at("pointer"));
			code.when(register(got), () => code.load(table.through(got, "pte")));
			code.emit({ kind: "context_set", context: "irq", value: value(0) });
		});
		builder.thread("collapse", (code) => {
			code.store(memory.at("pointer"), 0);
			if (waits) {
				code.atomic(() => {
					const off = code.register();
					code.emit({ kind: "irqs_disabled_on", register: off, cpu: value(0) });
					code.emit({ kind: "await", condition: not(register(off)) });
				});
			}
			code.free(value(table.address));
		});
	});

/** A thread that another one on its CPU keeps off it while it waits for it. */
const oneCpu = (off: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { flag: 0 });
		builder.thread("waiter", (code) => {
			if (off) code.emit({ kind: "context", context: "preempt", change: 1 });
			code.waitFor(memory.at("flag"), 1);
			if (off) code.emit({ kind: "context", context: "preempt", change: -1 });
		});
		builder.thread("setter", (code) => code.store(memory.at("flag"), 1), "thread", 0);
	});

/** A thread that repeats for ever although another could always go on: fair only if that one does. */
const unfair = (ends: boolean) =>
	built((builder) => {
		const memory = builder.object("memory", { flag: 0, word: 0, other: 0 });
		builder.thread("waiter", (code) => code.loop((leave) => leave(equal(register(code.load(memory.at("flag"))), 1))));
		builder.thread("walker", (code) => {
			code.load(memory.at("word"));
			if (!ends) code.waitFor(memory.at("other"), 1);
			code.store(memory.at("flag"), 1);
		});
	});

/** A thread that waits for a word which another one sets and clears for ever: it can step now and then, but need not. */
const blinking = (first: number) =>
	built((builder) => {
		const memory = builder.object("memory", { flag: first });
		builder.thread("waiter", (code) => code.waitFor(memory.at("flag"), 1));
		builder.thread("blinker", (code) =>
			code.loop(() => {
				code.store(memory.at("flag"), 1 - first);
				code.store(memory.at("flag"), first);
			}),
		);
	});

const choosing = (high: number) =>
	built((builder) => {
		const memory = builder.object("memory", { word: 0 });
		builder.thread("one", (code) => {
			const got = code.register("choice");
			code.emit({ kind: "choose", register: got, low: 0, high });
			code.store(memory.at("word"), register(got));
		});
		builder.thread("two", (code) => code.check(binary("less", register(code.load(memory.at("word"))), value(2))));
	});

export const samples: readonly Sample[] = [
	{ name: "two counters without a lock", program: counters(2, false), verdict: "invariant", switches: 2 },
	{ name: "two counters under a lock", program: counters(2, true), verdict: "safe", states: 16 },
	{ name: "three counters under a lock", program: counters(3, true), verdict: "safe", states: 44 },
	{ name: "locks in both orders", program: deadlock(false), verdict: "deadlock", switches: 1 },
	{ name: "locks in one order", program: deadlock(true), verdict: "safe", states: 16 },
	{ name: "freed under a reader", program: publication("none"), verdict: "use_after_free", switches: 2 },
	{ name: "freed after synchronize_rcu", program: publication("synchronize"), verdict: "safe", states: 25 },
	{ name: "freed by call_rcu", program: publication("call_rcu"), verdict: "safe", states: 25 },
	{
		name: "a grace period without a reader",
		program: publication("synchronize", "bare"),
		verdict: "use_after_free",
		switches: 2,
	},
	{ name: "a loop that is left", program: spinning(true), verdict: "safe", states: 3 },
	{ name: "a loop that is never left", program: spinning(false), verdict: "livelock" },
	{ name: "a plain load done again", program: reload(false), verdict: "assertion", switches: 2 },
	{ name: "a marked load", program: reload(true), verdict: "safe", states: 4 },
	{ name: "always, broken for a moment", program: claimed("always", 1, false), verdict: "invariant", switches: 0 },
	{ name: "always, never broken", program: claimed("always", 3, false), verdict: "safe", states: 6 },
	{ name: "finally, not met", program: claimed("finally", 1), verdict: "invariant", switches: 1 },
	{ name: "never, met", program: claimed("never", 2), verdict: "invariant", switches: 1 },
	{ name: "never, met only in between", program: claimed("never", 1), verdict: "safe", states: 6 },
	{ name: "exists, met", program: claimed("exists", 2), verdict: "safe", states: 6 },
	{ name: "exists, not met", program: claimed("exists", 1), verdict: "unreachable" },
	{ name: "two plain stores", program: racing(true), verdict: "data_race", switches: 0 },
	{ name: "two marked stores", program: racing(false), verdict: "safe", states: 4 },
	{ name: "two plain stores under a lock", program: racing(true, true), verdict: "safe", states: 12 },
	{
		name: "a plain load of a word with a bit lock",
		program: bitAndWord(true, false),
		verdict: "data_race",
		switches: 0,
	},
	{ name: "a marked load of a word with a bit lock", program: bitAndWord(false, false), verdict: "safe" },
	{ name: "a plain load of such a word under the lock", program: bitAndWord(true, true), verdict: "safe" },
	{ name: "allocated and forgotten", program: allocation("leak"), verdict: "leak", switches: 1 },
	{ name: "allocated and freed", program: allocation("freed"), verdict: "safe" },
	{ name: "allocated and published", program: allocation("published"), verdict: "safe" },
	{ name: "read after free", program: allocation("stale"), verdict: "use_after_free", switches: 0 },
	{ name: "read after free, type-safe cache", program: allocation("stale_typesafe"), verdict: "safe" },
	{ name: "unlocked by another", program: misuse("foreign"), verdict: "lock_misuse", switches: 0 },
	{ name: "locked again", program: misuse("again"), verdict: "lock_misuse", switches: 0 },
	{ name: "against the lock order", program: misuse("order"), verdict: "lock_order", switches: 0 },
	{ name: "sleeping under a spinlock", program: misuse("sleep"), verdict: "sleep_in_atomic", switches: 0 },
	{ name: "ends with a lock", program: misuse("held"), verdict: "lock_misuse", switches: 0 },
	{ name: "ends as a reader", program: misuse("reader"), verdict: "rcu_reader_left_open", switches: 0 },
	{ name: "frees what it has locked", program: misuse("free_locked"), verdict: "lock_misuse", switches: 0 },
	{ name: "a downgraded lock", program: misuse("downgrade"), verdict: "safe" },
	{ name: "a pointer with its tag", program: pointers(1, "tagged"), verdict: "tagged_dereference", switches: 0 },
	{ name: "NULL", program: pointers(0, "null"), verdict: "null_dereference", switches: 0 },
	{ name: "a wild pointer", program: pointers(0, "wild"), verdict: "wild_dereference", switches: 0 },
	{ name: "a pointer of another type", program: pointers(0, "type"), verdict: "wrong_type", switches: 0 },
	{ name: "a bit lock", program: bitLocks(), verdict: "safe", states: 16 },
	{ name: "an IPI waits for interrupts", program: interrupts(true), verdict: "safe" },
	{ name: "a table freed under GUP-fast", program: interrupts(false), verdict: "use_after_free", switches: 2 },
	{ name: "waiting with preemption off on one CPU", program: oneCpu(true), verdict: "deadlock", switches: 0 },
	{ name: "waiting on one CPU", program: oneCpu(false), verdict: "safe", states: 3 },
	{ name: "a loop that fairness ends", program: unfair(true), verdict: "safe", states: 4 },
	{ name: "a loop beside one that waits for ever", program: unfair(false), verdict: "livelock" },
	{ name: "a blinking word, first off", program: blinking(0), verdict: "livelock" },
	{ name: "a blinking word, first on", program: blinking(1), verdict: "livelock" },
	{ name: "one choice too many", program: choosing(2), verdict: "assertion", switches: 1 },
	{ name: "choices in range", program: choosing(1), verdict: "safe" },
];
