import assert from "node:assert/strict";
import { told, underLkmm, underSc } from "./scenario.ts";

const node = "struct node { int value; };";

const messagePassing = (writer: string, reader: string) => `
	int data = 0;
	int flag = 0;
	thread writer { WRITE_ONCE(data, 1); ${writer} WRITE_ONCE(flag, 1); }
	thread reader { if (READ_ONCE(flag)) { ${reader} assert(READ_ONCE(data) == 1); } }`;

/** Clearing PageAnonExclusive against GUP-fast: seed 2. */
const exclusive = ([afterClear, afterPin, afterBit, beforeBit]: readonly string[]) => `
	int pte = 2; int pinned = 0; int exclusive = 1; int ok = 0;
	thread ksm {
		WRITE_ONCE(pte, 0);
		${afterClear}
		if (READ_ONCE(pinned)) { WRITE_ONCE(pte, 2); return; }
		WRITE_ONCE(exclusive, 0);
		${afterBit}
		WRITE_ONCE(pte, 2);
	}
	thread gup {
		int first = READ_ONCE(pte);
		if (!first) return;
		__xchg(&pinned, 1, __relaxed);
		${afterPin}
		if (READ_ONCE(pte) != first) return;
		${beforeBit}
		if (READ_ONCE(exclusive)) WRITE_ONCE(ok, 1);
	}
	never (ok == 1 && exclusive == 0);`;
const fences = ["smp_mb();", "smp_mb();", "smp_wmb();", "smp_rmb();"];

/** GUP-fast against THP collapse: seed 3. */
const collapse = (reference: string, flush: string, recheck = true) => `
	int pmd = 1; int refcount = 1; int used = 0; int collapsed = 0;
	thread gup {
		int table = READ_ONCE(pmd);
		if (!table) return;
		__fetch_add_unless(&refcount, 1, 0, ${reference});
		${recheck ? "if (READ_ONCE(pmd) != table) return;" : ""}
		WRITE_ONCE(used, 1);
	}
	thread collapse {
		__xchg(&pmd, 0, ${flush});
		if (READ_ONCE(refcount) != 1) return;
		WRITE_ONCE(collapsed, 1);
	}
	never (used == 1 && collapsed == 1);`;

const handOver = (done: string) => `
	struct node node = { .value = 1 };
	int done = 0;
	thread user { WRITE_ONCE(node.value, 2); ${done} }
	thread owner { if (smp_load_acquire(&done)) __free(&node); }`;

const unpublish = (wait: string, enter: string, leave: string) => `
	struct node node = { .value = 1 };
	struct node *pointer = &node;
	thread reader {
		struct node *p;
		${enter}
		p = rcu_dereference(pointer);
		if (p) { int v = READ_ONCE(p->value); }
		${leave}
	}
	thread writer { WRITE_ONCE(pointer, NULL); ${wait} __free(&node); }`;

/** The fault shows while the reader has more to do: what ends its critical section has not come yet. */
const unfinishedReader = (value: string) => `
	struct node node = { .value = 1 };
	struct node *pointer = &node;
	int more = 0;
	thread reader {
		struct node *p;
		__rcu_read_lock();
		p = READ_ONCE(pointer);
		if (p) {
			int v = ${value};
			if (READ_ONCE(more)) WRITE_ONCE(more, 2);
		}
		__rcu_read_unlock();
	}
	thread writer { WRITE_ONCE(pointer, NULL); WRITE_ONCE(more, 1); __synchronize_rcu(); __free(&node); }`;

/** The same of a lock: the assertion could only fail by what the next holder writes. */
const unfinishedHolder = `
	int x = 0;
	int more = 0;
	spinlock_t lock;
	thread a {
		__lock(&lock);
		int v = READ_ONCE(x);
		assert(v != 2 || READ_ONCE(more) == 3);
		if (READ_ONCE(more)) WRITE_ONCE(more, 2);
		WRITE_ONCE(x, 1);
		__unlock(&lock);
	}
	thread b {
		__lock(&lock);
		if (READ_ONCE(x) == 1) WRITE_ONCE(x, 2);
		__unlock(&lock);
	}
	thread c { WRITE_ONCE(more, 1); }`;

/** Somebody waits for the lock that the thread with the fault holds, and would read what it never writes. */
const faultUnderLock = `
	int x = 0; int y = 0; int z = 0;
	spinlock_t lock;
	thread a {
		__lock(&lock);
		int first = READ_ONCE(y);
		assert(!(first == 1 && READ_ONCE(z) == 0));
		WRITE_ONCE(x, 1);
		__unlock(&lock);
	}
	thread b { __lock(&lock); int v = READ_ONCE(x); __unlock(&lock); }
	thread c { WRITE_ONCE(z, 1); WRITE_ONCE(y, 1); }`;

const publish = (store: string) => `
	pool struct node cache[2];
	struct node *pointer = NULL;
	thread a { struct node *n = __allocate(cache); if (!n) return; WRITE_ONCE(n->value, 7); ${store} }
	thread b { struct node *p = rcu_dereference(pointer); if (p) assert(READ_ONCE(p->value) == 7); }`;

const counters = (last: readonly [string, string]) => `
	int x = 0;
	spinlock_t lock;
	thread a { __lock(&lock); x = x + 1; __unlock(&lock); }
	thread b { ${last[0]} x = x + 1; ${last[1]} }
	finally (x == 2);`;

/** Name, members, options, what is found: `!` for what takes weak memory. */
const cases: readonly (readonly [string, string, string, string])[] = [
	["message passing without order", messagePassing("", ""), "", "assertion!"],
	["message passing, ordered by the writer only", messagePassing("smp_wmb();", ""), "", "assertion!"],
	["message passing, ordered", messagePassing("smp_wmb();", "smp_rmb();"), "", "safe"],
	["seed 2 with its four fences", exclusive(fences), "", "safe"],
	...fences.map(
		(fence, i) =>
			[
				`seed 2 without ${fence} (${i + 1})`,
				exclusive(fences.map((f, k) => (k === i ? "" : f))),
				"",
				"invariant!",
			] as const,
	),
	["seed 3 with both barriers", collapse("__full", "__full"), "", "safe"],
	["seed 3 with a relaxed reference", collapse("__relaxed", "__full"), "", "invariant!"],
	["seed 3 with a flush that is no barrier", collapse("__full", "__relaxed"), "", "invariant!"],
	["seed 3 without the recheck", collapse("__full", "__full", false), "", "invariant"],
	["freeing what a release handed over", handOver("smp_store_release(&done, 1);"), "", "safe"],
	["freeing what smp_wmb() handed over", handOver("smp_wmb(); WRITE_ONCE(done, 1);"), "", "safe"],
	["freeing under a store that is still on its way", handOver("WRITE_ONCE(done, 1);"), "", "use_after_free!"],
	["freeing at once", unpublish("", "", ""), "", "use_after_free"],
	[
		"freeing after a grace period",
		unpublish("__synchronize_rcu();", "__rcu_read_lock();", "__rcu_read_unlock();"),
		"",
		"safe",
	],
	[
		"a grace period waits for preemption",
		unpublish("__synchronize_rcu();", "__preempt_disable();", "__preempt_enable();"),
		"",
		"safe",
	],
	["a grace period without a reader", unpublish("__synchronize_rcu();", "", ""), "", "use_after_free"],
	["a reader that has more to do, marked", unfinishedReader("READ_ONCE(p->value)"), "", "safe"],
	["a reader that has more to do, plain", unfinishedReader("p->value"), "", "safe"],
	["a holder that has more to do", unfinishedHolder, "", "safe"],
	["a fault under a lock that others wait for", faultUnderLock, "", "assertion!"],
	["publishing with a release", publish("rcu_assign_pointer(pointer, n);"), "", "safe"],
	["publishing without", publish("WRITE_ONCE(pointer, n);"), "", "assertion!"],
	["plain increments under one lock", counters(["__lock(&lock);", "__unlock(&lock);"]), "with data_races", "safe"],
	["plain increments, one without", counters(["", ""]), "with data_races", "data_race"],
	[
		"a property of every state",
		`int x = 0;\n\tthread a { WRITE_ONCE(x, 1); }\n\tthread b { WRITE_ONCE(x, 2); }\n\talways (x < 3);`,
		"",
		"inconclusive (unsupported: always (…): weak memory has no state that all CPUs agree on)",
	],
];

describe("lkmm: scenarios", () => {
	for (const [name, members, with_, expected] of cases) {
		it(`${name}: ${expected}`, () => {
			const verdict = underLkmm(members, with_, node);
			assert.equal(told(verdict), expected);
			if (!expected.endsWith("!")) return;
			assert.equal(underSc(members, with_, node).verdict, "safe");
			assert.ok(verdict.graph?.cycle?.some(({ ordering }) => !ordering));
			assert.deepEqual(JSON.parse(JSON.stringify(verdict.graph)), verdict.graph);
			assert.equal(verdict.violation?.location.file, "test.mmscn");
		});
	}
});
