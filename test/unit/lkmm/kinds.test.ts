/** Each kind of violation, by the execution graphs alone: what the interleavings would have shown first. docs/lkmm.md has the same table. */
import assert from "node:assert/strict";
import type { Program } from "../../../engine/program/program.ts";
import { exploreExecutions } from "../../../engine/search/exploreUnderLkmm.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import { type ViolationKind, violationKinds } from "../../../engine/verdict/verdict.ts";
import { programsOf, told, underLkmm, underSc } from "./scenario.ts";

interface Case {
	readonly members: string;
	readonly with?: string;
	readonly before?: string;
	readonly expect?: string;
}

const node = "struct node { int value; struct node *next; };";

const kinds: Readonly<Record<ViolationKind, Case | "interleavings">> = {
	use_after_free: { before: node, members: "struct node n; thread a { __free(&n); } thread b { n.value = 1; }" },
	double_free: { before: node, members: "struct node n; thread a { __free(&n); } thread b { __free(&n); }" },
	invalid_free: { before: node, members: "struct node n; thread a { __free(&n.next); }" },
	null_dereference: {
		before: node,
		members: "struct node n; struct node *p = &n; thread a { p = NULL; } thread b { p->value = 1; }",
	},
	wild_dereference: {
		before: node,
		members: "struct node n; struct node *p = &n; thread b { p = (struct node *)7777777; p->value = 1; }",
	},
	tagged_dereference: {
		before: node,
		members:
			"struct node n; struct node *p = &n; thread b { p = (struct node *)((unsigned long)p | 1); p->value = 1; }",
	},
	wrong_type: {
		before: `${node}\nstruct other { int first; int second; };`,
		members: "struct node n; struct other o; thread b { struct node *p = (struct node *)&o; p->value = 1; }",
	},
	out_of_range: { members: "int x[2]; int i = 5; thread a { x[i] = 1; }" },
	refcount_underflow: { members: 'int x; thread a { if (x == 0) __violation(refcount_underflow, "below"); }' },
	refcount_from_zero: { members: 'int x; thread a { if (x == 0) __violation(refcount_from_zero, "from 0"); }' },
	assertion: { members: "int x; thread a { assert(x == 1); }" },
	invariant: { members: "int x; thread a { x = 1; } never (x == 1);" },
	lock_misuse: { members: "spinlock_t l; thread a { __unlock(&l); }" },
	lock_order: "interleavings",
	sleep_in_atomic: { members: "spinlock_t l; thread a { __lock(&l); might_sleep(); __unlock(&l); }" },
	deadlock: { members: "int x; thread a { wait_until(x == 1); }" },
	livelock: "interleavings",
	rcu_reader_left_open: { members: "thread a { __rcu_read_lock(); }" },
	division_by_zero: { members: "int x; thread a { x = 1 / x; }" },
	data_race: { members: "int x; thread a { x = 1; } thread b { x = 2; }", with: "with data_races" },
	leak: {
		before: node,
		members: "pool struct node c[1]; thread a { __allocate(c); }",
		with: "with leaks",
		expect: "inconclusive (unsupported: leaks)",
	},
	unreachable: { members: "int x; thread a { x = 1; } exists (x == 2);" },
};

function byGraphs({ members, with: options = "", before = "" }: Case): string {
	const [program] = programsOf(
		`${before}\nscenario s {\n${members}\n\tcheck c () under lkmm ${options} expect safe;\n}\n`,
	);
	const limits = { ...defaultLimits, secondsMax: 60 };
	return told(exploreExecutions(program as Program, { limits, reduction: true })).replace("!", "");
}

describe("lkmm: kinds of violation", () => {
	for (const kind of violationKinds) {
		const one = kinds[kind];
		if (one === "interleavings") continue;
		it(kind, () => assert.equal(byGraphs(one), one.expect ?? kind));
	}

	it("a bit lock that a plain store takes away", () => {
		const members = `unsigned long word;
			struct bit_lock l;
			thread a { __bit_lock(0, &word, &l); __bit_unlock(0, &word, &l); }
			thread b { word |= 2; }`;
		assert.equal(byGraphs({ members }), "lock_misuse");
	});

	it("a lock that is given back through a pointer, known only once the pointer has been read", () => {
		const members = `struct guarded g;
			struct guarded *pointer = &g;
			thread a {
				__lock(&g.lock);
				g.value = g.value + 1;
				struct guarded *p = READ_ONCE(pointer);
				__unlock(&p->lock);
				__lock(&g.lock);
				g.value = g.value + 1;
				__unlock(&g.lock);
			}
			thread b { __lock(&g.lock); g.value = g.value + 1; __unlock(&g.lock); WRITE_ONCE(pointer, &g); }
			finally (g.value == 2);`;
		const before = "struct guarded { spinlock_t lock; int value; };";
		assert.equal(byGraphs({ members, before }), "invariant");
		assert.equal(byGraphs({ members: members.replace("== 2", "== 3"), before }), "safe");
	});

	it("a bit that is set keeps everybody waiting", () => {
		const members = `unsigned long word = 1;
			struct bit_lock l;
			int x;
			thread a { __bit_lock(0, &word, &l); x = 1; __bit_unlock(0, &word, &l); }
			thread b { assert(READ_ONCE(x) == 0); }`;
		assert.equal(byGraphs({ members }), "safe");
	});

	const sleeper = (fence: string) => `int condition; int sleeping; int woken;
		thread waiter {
			WRITE_ONCE(sleeping, 1);
			${fence}
			if (!READ_ONCE(condition)) wait_until(READ_ONCE(woken));
		}
		thread waker {
			WRITE_ONCE(condition, 1);
			${fence}
			if (READ_ONCE(sleeping)) WRITE_ONCE(woken, 1);
		}`;

	it("a wakeup that is lost for want of barriers", () => {
		assert.equal(underSc(sleeper("")).verdict, "safe");
		const verdict = underLkmm(sleeper(""));
		assert.equal(told(verdict), "deadlock!");
		assert.match(verdict.violation?.message ?? "", /waiter at/);
		assert.equal(told(underLkmm(sleeper("smp_mb();"))), "safe");
	});

	it("says what only the interleavings were searched for", () => {
		const two = "spinlock_t a; spinlock_t b; thread t { __lock(&a); __lock(&b); __unlock(&b); __unlock(&a); }";
		assert.match(underLkmm(two).reason ?? "", /locks that wait for one another/);
		assert.match(underLkmm("int x; thread t { while (READ_ONCE(x)) ; }").reason ?? "", /livelock/);
		assert.equal(underLkmm("int x; thread t { x = 1; }").reason, undefined);
	});
});
