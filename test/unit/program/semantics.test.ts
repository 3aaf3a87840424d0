/** What scenarios mean: one small scenario for each thing the language promises, with the verdict it must have. */
import assert from "node:assert/strict";
import { defaultCheckOptions, replaySchedule, runPrograms } from "../../../engine/check.ts";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

/** Searches the only check of a scenario body; every counterexample must replay. */
function search(text: string): CheckResult {
	const module = analyzeText(text);
	assert.deepEqual(
		module.diagnostics.filter((diagnostic) => diagnostic.severity === "error").map((diagnostic) => diagnostic.message),
		[],
	);
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const { programs, problems } = lowerCheck(module, scenario, check);
	assert.deepEqual(problems, []);
	const result = runPrograms(module.file, programs);
	if (result.trace) assert.deepEqual(replaySchedule(programs, result.trace.schedule), result.trace);
	return result;
}

/** Runs a scenario's members under a check that expects `expect`. */
function expects(expect: string, members: string, before = "", options = ""): CheckResult {
	const result = search(`${before}\nscenario s {\n${members}\n\tcheck c () ${options} expect ${expect};\n}\n`);
	assert.ok(result.ok, `expected ${expect}, found ${result.verdict}: ${result.violation?.message ?? ""}`);
	return result;
}

/** Runs one thread that must end with its assertions held. */
const computes = (body: string, before = "") => expects("safe", `\tthread t {\n${body}\n\t}`, before);

describe("expressions", () => {
	it("are 32-bit two's complement", () => {
		computes("int x = 0x7fffffff; x++; assert(x == -2147483648); assert(x - 1 == 0x7fffffff);");
		computes("int x = 65536; assert(x * x == 0); assert(-7 / 2 == -3); assert(-7 % 2 == -1);");
	});
	it("compare and shift by signedness", () => {
		computes(
			"unsigned int u = -1; int i = -1; assert(u > 1); assert(i < 1); assert(u >> 31 == 1); assert(i >> 31 == -1);",
		);
	});
	it("mask narrow types on store", () =>
		computes("u8 b = 300; s8 c = 200; bool t = 4; assert(b == 44); assert(c == -56); assert(t == 1);"));
	it("short-circuit", () =>
		computes("int n = 0; int z = 0; if (z && (n = 1)) n = 2; assert(n == 0); if (!z || (n = 1)) ; assert(n == 0);"));
	it("evaluate from left to right", () =>
		computes("int i = 1; int j = i + i++ * 10; assert(j == 11); assert(i == 2);"));
	it("evaluate both sides of a comma, also where the right one is a constant", () =>
		computes("int i = 1; int j = (i++, 4) + 1; assert(j == 5); assert(i == 2);"));
	it("convert both sides of ?: to one type", () =>
		computes("int minus = -1; int z = 0; int i = 3; unsigned int u = 5; assert(minus > (z ? i : u));"));
	it("choose with ?:", () =>
		computes("int i = 3; int j = i > 2 ? i > 5 ? 1 : 2 : 3; assert(j == 2); assert((i ?: 9) == 3);"));
	it("step", () =>
		computes("int i = 1; int a = i++; int b = ++i; int c = i--; assert(a == 1 && b == 3 && c == 3 && i == 2);"));
});

describe("statements", () => {
	it("loop", () => {
		computes("int s = 0; for (int i = 0; i < 5; i++) { if (i == 3) continue; s += i; } assert(s == 7);");
		computes("int s = 0; while (1) { if (++s > 3) break; } do s++; while (s < 6); assert(s == 6);");
	});
	it("switch, falling through", () => {
		computes(
			"int r = 0; switch (2) { case 1: r = 1; break; case 2: r = 2; case 3: r += 10; break; default: r = 99; } assert(r == 12);",
		);
	});
	it("goto", () => computes("int i = 0; again: i++; if (i < 4) goto again; goto out; i = 100; out: assert(i == 4);"));
	it("inline functions, with returns in loops", () => {
		computes(
			"assert(find(3) == 3); assert(find(9) == -1);",
			"static int find(int n) { for (int i = 0; i < 5; i++) if (i == n) return i; return -1; }",
		);
	});
	it("pass arguments by place, parameters without a name included", () =>
		computes("assert(second(1, 2) == 2);", "static int second(int, int b) { return b; }"));
	it("pass by reference where asked", () => {
		computes("int x = 1; bump(x); assert(x == 2);", "static void bump(int __byref n) { n++; }");
	});
	it("never end when they spin on nothing", () =>
		expects("deadlock | livelock".split(" | ")[0] ?? "", "\tthread t { for (;;) ; }"));
});

describe("memory", () => {
	const node =
		"struct inner { int a; int b; };\nstruct node { int v; struct node *next; struct inner in; int arr[3]; };\n";
	it("has structs, nested structs, arrays and pointers", () => {
		expects(
			"safe",
			"\tstruct node n = { .v = 1, .in = { .b = 7 }, .arr = { 1, 2, 3 } };\n\tstruct node m = { .next = &n };\n" +
				"\tthread t { struct inner *p = &m.next->in; assert(p->b == 7); p->a = 5; assert(n.in.a == 5); int *q = &n.arr[1]; assert(*q == 2); q++; assert(*q == 3); assert(q - n.arr == 2); assert(container_of(p, struct node, in) == &n); }",
			node,
		);
	});
	it("does not take unions whose members cannot share memory", () => {
		const module = analyzeText(
			"struct in { int a; };\nstruct u { union { int w; struct in s; }; };\nscenario s {\n\tstruct u x;\n\tthread t { x.w = 5; assert(x.s.a == 5); }\n\tcheck c () expect safe;\n}",
		);
		const scenario = module.scenarios[0];
		const check = scenario?.members.find((member) => member.kind === "check");
		assert.ok(scenario && check);
		assert.match(lowerCheck(module, scenario, check).problems[0]?.message ?? "", /union in struct u/);
	});
	it("begins variables anew where they are declared, zero where a list names nothing", () => {
		computes(
			"for (int i = 0; i < 2; i++) { struct node n = { .v = 1 }; assert(n.in.b == 0 && n.arr[2] == 0); n.in.b = n.arr[2] = 5; int a[3] = { i }; assert(a[0] == i && a[2] == 0); a[2] = 5; }",
			node,
		);
	});
	it("follows designators into nested structs and arrays", () => {
		computes("struct node n = { .in.b = 5, .arr[1] = 6 }; assert(n.in.a == 0 && n.in.b == 5 && n.arr[1] == 6);", node);
	});
	it("does not guess which field an initial value is for", () => {
		for (const list of ["{ 1, 2 }", "{ .in.a = 1, 2 }"]) {
			const module = analyzeText(
				`struct in { int a; int b; };\nstruct u { union { int x; int y; }; int z; struct in in; int last; };\nscenario s {\n\tstruct u v = ${list};\n\tthread t { v.z = 1; }\n\tcheck c () expect safe;\n}`,
			);
			const scenario = module.scenarios[0];
			const check = scenario?.members.find((member) => member.kind === "check");
			assert.ok(scenario && check);
			assert.match(lowerCheck(module, scenario, check).problems[0]?.message ?? "", /name it/);
		}
	});
	it("masks the initial values of narrow types", () =>
		expects(
			"safe",
			"\tstruct narrow s = { .b = 300 };\n\tthread t { assert(s.b == 44); }",
			"struct narrow { u8 b; };",
		));
	it("masks what is exchanged with narrow types", () =>
		computes("assert(__xchg(&b, 300, __full) == 7); assert(b == 44);", "u8 b = 7;"));
	it("has no bits past the word", () =>
		expects(
			"out_of_range",
			"\tunsigned long flags;\n\tthread t { set_bit(33, &flags); }",
			"#include <linux/bitops.mmscn>",
		));
	it("keeps the low bits of pointers free", () => {
		expects(
			"safe",
			"\tstruct node n;\n\tthread t { unsigned long w = (unsigned long)&n | 1; assert((w & 3) == 1); struct node *p = (struct node *)(w & ~3); p->v = 2; assert(n.v == 2); }",
			node,
		);
	});
	const wrong = (kind: string, body: string) => {
		const result = expects(kind, `\tstruct node n;\n\tstruct node *nothing;\n\tthread t { ${body} }`, node);
		assert.equal(result.violation?.location.line, 7);
	};
	it("knows NULL", () => wrong("null_dereference", "nothing->v = 1;"));
	it("knows tags", () =>
		wrong("tagged_dereference", "struct node *p = (struct node *)((unsigned long)&n | 1); p->v = 1;"));
	it("knows types", () => wrong("wrong_type", "struct node *p = (struct node *)&n.in; p->v = 1;"));
	it("knows what is no object", () => wrong("wild_dereference", "struct node *p = (struct node *)0x7f0000; p->v = 1;"));
	it("checks array bounds", () => wrong("out_of_range", "int i = 3; n.arr[i] = 1;"));
	it("divides by zero loudly", () => wrong("division_by_zero", "int z = n.v; z = 1 / z;"));
	it("has unions whose members lie over each other", () => {
		expects(
			"safe",
			"\tstruct u x;\n\tthread t { x.a = 5; assert(x.b == 5); assert(x.c == 0); }",
			"struct u { union { int a; int b; }; int c; };",
		);
	});
});

describe("lifetimes", () => {
	const before = "struct item { int v; };\n";
	const pool = "\tpool struct item items[1];\n\tstruct item *head;\n";
	it("end with __free", () => {
		expects(
			"use_after_free",
			`${pool}\tthread t { struct item *p = __allocate(items); p->v = 1; __free(p); p->v = 2; }`,
			before,
		);
		expects("double_free", `${pool}\tthread t { struct item *p = __allocate(items); __free(p); __free(p); }`, before);
		expects("invalid_free", `${pool}\tthread t { __free((void *)0x7f0000); }`, before);
	});
	it("hand out memory again", () => {
		expects(
			"safe",
			`${pool}\tthread t { struct item *p = __allocate(items); __free(p); struct item *q = __allocate(items); assert(p == q); assert(!__allocate(items)); }`,
			before,
		);
	});
	it("forgive readers of type-safe memory", () => {
		expects(
			"safe",
			"\ttypesafe_by_rcu pool struct item items[1];\n\tthread t { struct item *p = __allocate(items); __free(p); p->v = 2; }",
			before,
		);
	});
	it("leak on request", () => {
		expects("leak", `${pool}\tthread t { struct item *p = __allocate(items); p->v = 1; }`, before, "with leaks");
		expects("safe", `${pool}\tthread t { head = __allocate(items); }`, before, "with leaks");
		const linked = "struct part { int n; };\nstruct link { struct link *other; struct part part; };\n";
		const links = "\tpool struct link links[2];\n\tstruct part *kept;\n";
		expects(
			"safe",
			`${links}\tthread t { struct link *p = __allocate(links); kept = &p->part; p->other = __allocate(links); }`,
			linked,
			"with leaks",
		);
		expects(
			"leak",
			`${links}\tthread t { struct link *p = __allocate(links); struct link *q = __allocate(links); p->other = q; q->other = p; }`,
			linked,
			"with leaks",
		);
	});
});

describe("interleavings", () => {
	it("happen between any two shared accesses", () => {
		const result = expects("invariant", "\tint x;\n\tthread a { x++; }\n\tthread b { x++; }\n\tfinally (x == 2);");
		assert.equal(result.trace?.contextSwitches, 2);
	});
	it("happen around arrays of a thread that others have a pointer to", () => {
		const scenario = (array: string, taken: string) =>
			`\tint *shared;\n\tthread a { ${array} ${taken}[0] = 0; WRITE_ONCE(shared, ${taken}); ${taken}[0] = 1; ${taken}[0] = 0; }\n` +
			"\tthread b { int *p = READ_ONCE(shared); if (p) assert(READ_ONCE(*p) == 0); }";
		expects("assertion", scenario("int array[2];", "array"));
		expects("assertion", scenario("struct holder h;", "h.array"), "struct holder { int array[2]; };");
	});
	it("do not happen inside atomic", () =>
		expects("safe", "\tint x;\n\tthread a { atomic { x++; } }\n\tthread b { atomic { x++; } }\n\tfinally (x == 2);"));
	it("do not happen inside an atomic update", () => {
		expects(
			"safe",
			"\tint x;\n\tthread a { __fetch_add(&x, 1, __full); }\n\tthread b { __fetch_add(&x, 1, __full); }\n\tfinally (x == 2);",
		);
	});
	it("wait", () =>
		expects("safe", "\tint x;\n\tint y;\n\tthread a { y = 1; x = 1; }\n\tthread b { wait_until(x); assert(y == 1); }"));
	it("deadlock", () => {
		const result = expects(
			"deadlock",
			"\tspinlock_t l;\n\tspinlock_t m;\n\tthread a { __lock(&l); __lock(&m); __unlock(&m); __unlock(&l); }\n\tthread b { __lock(&m); __lock(&l); __unlock(&l); __unlock(&m); }",
		);
		assert.match(result.violation?.message ?? "", /a waits at __lock\(&m\), b at __lock\(&l\)/);
	});
	it("livelock", () => expects("livelock", "\tint x;\n\tthread a { while (!READ_ONCE(x)) ; }"));
	it("do not livelock when another thread will end the loop", () =>
		expects("safe", "\tint x;\n\tthread a { while (!READ_ONCE(x)) ; }\n\tthread b { WRITE_ONCE(x, 1); }"));
	it("do not livelock when the other thread could load again but need not", () =>
		expects(
			"safe",
			"\tint x;\n\tint z;\n\tthread a { while (!READ_ONCE(x)) ; z = 5; }\n\tthread b { int r = z; WRITE_ONCE(x, r + 1); }",
		));
	it("do not livelock when the other thread waits for a lock that is free again and again", () => {
		const polls =
			"\tspinlock_t l;\n\tint x;\n\tthread a { int r; do { __lock(&l); r = x; __unlock(&l); } while (!r); }";
		expects("safe", `${polls}\n\tthread b { __lock(&l); x = 1; __unlock(&l); }`);
		expects("livelock", `${polls}\n\tthread b { __lock(&l); __unlock(&l); }`);
	});
	it("choose", () => expects("assertion", "\tthread a { int n = __choose(0, 3); assert(n != 2); }"));
	it("see thread variables in properties", () => {
		expects(
			"invariant",
			"\tint x;\n\tint y;\n\tthread a { int r; x = 1; r = y; }\n\tthread b { int r; y = 1; r = x; }\n\tnever (a.r == 1 && b.r == 1);",
		);
		expects(
			"safe",
			"\tint x;\n\tint y;\n\tthread a { int r; x = 1; r = y; }\n\tthread b { int r; y = 1; r = x; }\n\tnever (a.r == 0 && b.r == 0);",
		);
		expects("reachable", "\tint x;\n\tthread a { int r; r = x; }\n\tthread b { x = 1; }\n\texists (a.r == 1);");
		expects("unreachable", "\tint x;\n\tthread a { int r; r = x; }\n\tthread b { x = 1; }\n\texists (a.r == 2);");
	});
	it("race on plain data, on request", () => {
		expects("data_race", "\tint x;\n\tthread a { x = 1; }\n\tthread b { int r = x; }", "", "with data_races");
		expects(
			"safe",
			"\tint x;\n\tthread a { WRITE_ONCE(x, 1); }\n\tthread b { int r = READ_ONCE(x); }",
			"",
			"with data_races",
		);
		expects(
			"safe",
			"\tint x;\n\tspinlock_t l;\n\tthread a { __lock(&l); x = 1; __unlock(&l); }\n\tthread b { __lock(&l); int r = x; __unlock(&l); }",
			"",
			"with data_races",
		);
	});
	it("race on nothing inside data_race()", () =>
		expects("safe", "\tint x;\n\tthread a { x = 1; }\n\tthread b { int r = data_race(x); }", "", "with data_races"));
	it("count references that fall below zero", () =>
		expects(
			"refcount_underflow",
			"\trefcount_t r;\n\tthread a { refcount_dec_not_one(&r); }",
			"#include <linux/refcount.mmscn>",
		));
	it("exclude each other on one CPU", () => {
		expects(
			"safe",
			"\tint x;\n\tthread a on 0 { __preempt_disable(); x++; __preempt_enable(); }\n\tthread b on 0 { __preempt_disable(); x++; __preempt_enable(); }\n\tfinally (x == 2);",
		);
	});
});

describe("RCU", () => {
	const before = "struct item { int v; };\n";
	const scenario = (reader: string) =>
		`\tstruct item one = { .v = 1 };\n\tstruct item *head = &one;\n\tthread reader { struct item *p; ${reader} }\n` +
		"\tthread updater { WRITE_ONCE(head, NULL); __synchronize_rcu(); __free(&one); }";
	const use = "p = READ_ONCE(head); if (p) assert(p->v == 1);";
	it("readers hold off the grace period", () =>
		expects("safe", scenario(`__rcu_read_lock(); ${use} __rcu_read_unlock();`), before));
	it("so do CPUs with interrupts off", () =>
		expects("safe", scenario(`__irq_disable(); ${use} __irq_enable();`), before));
	it("others do not", () => expects("use_after_free", scenario(use), before));
	it("callbacks run after it", () => {
		const callback = (reader: string) =>
			`\tstruct item one = { .v = 1 };\n\tstruct item *head = &one;\n\tthread reader { struct item *p; ${reader} }\n` +
			"\tthread updater { WRITE_ONCE(head, NULL); __call_rcu(release, &one); }";
		const release = `${before}static void release(struct item *item) { __free(item); }\n`;
		expects("safe", callback(`__rcu_read_lock(); ${use} __rcu_read_unlock();`), release);
		const result = expects("use_after_free", callback(use), release);
		assert.equal(result.trace?.threads[2]?.kind, "callback");
	});
	it("callbacks see the percpu variables of the CPU that queued them", () => {
		const release = `${before}percpu int released;\nstatic void release(struct item *item) { released = 1; }\n`;
		expects(
			"safe",
			"\tstruct item one;\n\tthread a { __synchronize_rcu(); }\n\tthread b { __call_rcu(release, &one); wait_until(released); }\n\tfinally (__percpu(released, 1) == 1 && __percpu(released, 0) == 0);",
			release,
		);
	});
	it("readers left open are told", () => expects("rcu_reader_left_open", "\tthread a { __rcu_read_lock(); }"));
	it("does not let them sleep", () =>
		expects("sleep_in_atomic", "\tthread a { __rcu_read_lock(); might_sleep(); __rcu_read_unlock(); }"));
});

describe("locks", () => {
	it("unlocked by a stranger are misused", () =>
		expects("lock_misuse", "\tspinlock_t l;\n\tthread a { __unlock(&l); }"));
	it("taken twice wait for themselves", () =>
		expects("lock_misuse", "\tspinlock_t l;\n\tthread a { __lock(&l); __lock(&l); }"));
	it("may be held by a stranger when type-safe memory is freed, and by nobody when other memory is", () => {
		const members = (storage: string) =>
			`\t${storage}pool struct node nodes[1];\n\tstruct node *p;\n\tinit { p = __allocate(nodes); }\n` +
			"\tthread a { if (__trylock(&p->lock)) __unlock(&p->lock); }\n\tthread b { __free(p); }";
		const node = "struct node { spinlock_t lock; };\n";
		expects("safe", members("typesafe_by_rcu "), node);
		expects("lock_misuse", members(""), node);
	});
	it("kept at the end are misused", () => expects("lock_misuse", "\tspinlock_t l;\n\tthread a { __lock(&l); }"));
	it("are shared by readers", () => {
		expects(
			"reachable",
			"\trwlock_t l;\n\tint n;\n\tthread a { int r; __lock_shared(&l); atomic { n++; r = n; } atomic { n--; } __unlock_shared(&l); }\n\tthread b { int r; __lock_shared(&l); atomic { n++; r = n; } atomic { n--; } __unlock_shared(&l); }\n\texists (a.r == 2);",
		);
	});
	it("keep readers out behind a writer in the queue, where others share them", () => {
		const threads = (reads: string, writer: string) =>
			`\trwlock_t l;\n\tspinlock_t m;\n\tthread a { ${reads}(&l); __lock(&m); __unlock(&m); __unlock_shared(&l); }\n` +
			`\tthread b { __lock(&m); ${reads}(&l); __unlock_shared(&l); __unlock(&m); }\n\tthread c { ${writer} }`;
		expects("safe", threads("__lock_shared", ""));
		expects("deadlock", threads("__lock_shared", "__lock(&l); __unlock(&l);"));
		expects("safe", threads("__lock_shared", "if (__trylock(&l)) __unlock(&l);"));
		expects("safe", threads("__lock_shared_past_writers", "__lock(&l); __unlock(&l);"));
		expects("safe", threads("__lock_shared", "atomic { __lock(&l); __unlock(&l); }"));
	});
	it("let nobody in who only tries, while a writer is in the queue of a free lock", () => {
		// d knows that c has failed, and shares the lock before b has it: nobody held it when c tried.
		const of = (tries: string, unlock: string) =>
			"\tstruct rw_semaphore l;\n\tint left;\n\tint got;\n\tint failed;\n" +
			"\tthread a { __lock_shared(&l); __unlock_shared(&l); left = 1; }\n" +
			"\tthread b { __lock(&l); got = 1; __unlock(&l); }\n" +
			`\tthread c { wait_until(left); if (${tries}(&l)) { failed = 2; ${unlock}(&l); } else failed = 1; }\n` +
			"\tthread d { int g; wait_until(failed); __lock_shared(&l); g = got; __unlock_shared(&l); }\n" +
			"\texists (failed == 1 && d.g == 0);";
		expects("reachable", of("__trylock_shared", "__unlock_shared"));
		expects("reachable", of("__trylock", "__unlock"));
	});
	it("are seen by properties as locked while a writer is in the queue", () => {
		// What a thread does after it has the lock is the same step, as long as nobody else could see it.
		const of = (claim: string) =>
			"\tstruct rw_semaphore l;\n\tint left;\n\tthread a { __lock(&l); __unlock(&l); left = 1; }\n" +
			`\tthread b { int has; __lock(&l); has = 1; __unlock(&l); has = 0; }\n\talways (!(left && !b.has && ${claim}));`;
		expects("invariant", of("__is_locked(&l)"));
		expects("safe", of("false"));
	});
	it("may be tried", () =>
		expects(
			"reachable",
			"\tspinlock_t l;\n\tthread a { bool r = __trylock(&l); if (r) __unlock(&l); }\n\tthread b { __lock(&l); __unlock(&l); }\n\texists (!a.r);",
		));
	it("may be a bit", () => {
		expects(
			"safe",
			"\tunsigned long word = 6;\n\tstruct bit_lock l;\n\tint n;\n\tthread a { __bit_lock(0, &word, &l); n++; assert(word == 7); __bit_unlock(0, &word, &l); }\n\tthread b { __bit_lock(0, &word, &l); n++; __bit_unlock(0, &word, &l); }\n\tfinally (n == 2 && word == 6);",
		);
	});
	it("that are a bit may lose it to a plain store", () => {
		expects(
			"lock_misuse",
			"\tunsigned long word;\n\tstruct bit_lock l;\n\tthread a { __bit_lock(0, &word, &l); __bit_unlock(0, &word, &l); }\n\tthread b { word |= 2; }",
		);
	});
	it("are held where annotations demand it", () => {
		const guarded =
			"struct counter { spinlock_t lock; int value __guarded_by(lock); };\n" +
			"static void step(struct counter *c) __must_hold(&c->lock) { c->value++; }\n" +
			"static void alone(struct counter *c) __excludes(&c->lock) { __lock(&c->lock); c->value = 0; __unlock(&c->lock); }\n" +
			"static int peek(int *p) __must_hold(RCU) { return READ_ONCE(*p); }\n";
		const thread = (body: string) =>
			`\tstruct counter c;\n\tint x;\n\tinit { c.value = 1; }\n\tthread t { ${body} }\n\tfinally (c.value < 9);`;
		expects("safe", thread("__lock(&c.lock); step(&c); c.value++; __unlock(&c.lock); alone(&c);"), guarded);
		expects(
			"safe",
			thread("int r = data_race(c.value); __rcu_read_lock(); r = peek(&x); __rcu_read_unlock();"),
			guarded,
		);
		for (const body of [
			"c.value = 2;",
			"int r = c.value;",
			"struct counter *p = &c; p->value++;",
			"__fetch_add(&c.value, 1, __full);",
		])
			assert.match(
				expects("lock_misuse", thread(body), guarded).violation?.message ?? "",
				/value is guarded by (c\.|p->)lock/,
			);
		expects("lock_misuse", thread("int r = peek(&x);"), guarded);
		expects("lock_misuse", thread("__lock(&c.lock); alone(&c);"), guarded);
		assert.match(
			expects("lock_misuse", "\tspinlock_t l;\n\tint n __guarded_by(l);\n\tthread t { n = 1; }").violation?.message ??
				"",
			/n is guarded by l/,
		);
	});
	it("remember so many threads", () => {
		const threads = Array.from({ length: 24 }, (_, index) => `\tthread t${index} { }\n`).join("");
		const module = analyzeText(`scenario s {\n${threads}\tcheck c () expect safe;\n}`);
		const scenario = module.scenarios[0];
		const check = scenario?.members.find((member) => member.kind === "check");
		assert.ok(scenario && check);
		assert.match(lowerCheck(module, scenario, check).problems[0]?.message ?? "", /25 threads/);
	});
	it("have an order", () => {
		expects(
			"lock_order",
			"\tspinlock_t inner __lock_rank(20);\n\tspinlock_t outer __lock_rank(10);\n\tthread a { __lock(&inner); __lock(&outer); __unlock(&outer); __unlock(&inner); }",
		);
		expects(
			"safe",
			"\tspinlock_t inner __lock_rank(20);\n\tspinlock_t outer __lock_rank(10);\n\tthread a { __lock(&inner); if (__trylock(&outer)) __unlock(&outer); __unlock(&inner); }",
		);
	});
});

describe("the compiler", () => {
	const racy = (load: string, between: string) =>
		`\tint v = 1;\n\tint *p = &v;\n\tthread a { int *q = ${load}; if (q) { ${between} assert(*q == 1); } }\n\tthread b { WRITE_ONCE(p, NULL); }`;
	it("may repeat a plain load at a later use", () => {
		const result = expects("null_dereference", racy("p", ""));
		assert.ok(result.trace?.steps.some((step) => step.note === "the compiler reloads p"));
	});
	it("holds nobody up by what it might have loaded again", () => {
		expects(
			"safe",
			"\tint busy;\n\tint x;\n\tthread a { int n = 0; WRITE_ONCE(busy, 1); int r = x; if (r) n = 3; if (r) n = 4; WRITE_ONCE(busy, n); WRITE_ONCE(busy, 0); }\n" +
				"\tthread b { WRITE_ONCE(x, 1); while (READ_ONCE(busy)) ; }",
		);
	});
	it("may repeat loads of narrow types", () => {
		for (const type of ["bool", "u8", "s16"])
			expects(
				"assertion",
				`\t${type} x;\n\tthread a { ${type} r = same(x); if (r) assert(r); }\n\tthread b { x = 1; x = 0; }`,
				`static inline ${type} same(${type} of) { return of; }`,
			);
	});
	it("may not repeat READ_ONCE()", () => expects("safe", racy("READ_ONCE(p)", "")));
	it("may not go past barrier()", () => expects("safe", racy("p", "barrier();")));
	const nested = "struct inner { int a; struct inner *next; };\nstruct outer { int v; struct inner in; };\n";
	it("may repeat a load that another thread's store reaches by another way", () => {
		expects(
			"null_dereference",
			"\tstruct outer o;\n\tstruct inner i;\n\tinit { o.in.next = &i; }\n\tthread a { struct inner *in = &o.in; struct inner *p = in->next; if (p) p->a = 1; }\n\tthread b { WRITE_ONCE(o.in.next, NULL); }",
			nested,
		);
	});
	it("may not go past a store of the thread that reaches the word by another way", () => {
		expects(
			"safe",
			"\tstruct outer o;\n\tstruct inner i;\n\tstruct inner j;\n\tthread a { struct inner *in = &o.in; struct inner *p = in->next; if (p) { o.in.next = &j; assert(p != &j); } }\n\tthread b { struct inner *in = &o.in; WRITE_ONCE(in->next, &i); }",
			nested,
		);
	});
	it("may go past atomics that order nothing", () => {
		expects("null_dereference", `\tint n;\n${racy("p", "__fetch_add(&n, 1, __noreturn);")}`);
		expects("safe", `\tint n;\n${racy("p", "__fetch_add(&n, 1, __release);")}`);
	});
	it("may load again what it hands over to functions that are not inline", () => {
		expects(
			"null_dereference",
			"\tint v = 1;\n\tint *p = &v;\n\tthread a { int *q = p; if (q) set(q); }\n\tthread b { WRITE_ONCE(p, NULL); }",
			"static void set(int *q) { *q = 2; }",
		);
	});
	it("does not see through functions that are not inline", () => {
		expects(
			"safe",
			"\tint v = 1;\n\tint *p = &v;\n\tthread a { int *q = get(&p); if (q) assert(*q == 1); }\n\tthread b { WRITE_ONCE(p, NULL); }",
			"static int *get(int **p) { return *p; }",
		);
		expects(
			"null_dereference",
			"\tint v = 1;\n\tint *p = &v;\n\tthread a { int *q = get(&p); if (q) assert(*q == 1); }\n\tthread b { WRITE_ONCE(p, NULL); }",
			"static inline int *get(int **p) { return *p; }",
		);
	});
});

describe("parameters", () => {
	it("are explored over all their values where a check gives none", () => {
		const result = search(
			"scenario s {\n\tparam int n = 0..3;\n\tthread a { assert(n != 2); }\n\tcheck c () expect assertion;\n}",
		);
		assert.equal(result.trace?.parameters.n, "2");
	});
	it("choose the code before the search", () => {
		expects("safe", "\tkernel v5.19;\n\tthread a { assert(LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)); }");
	});
});

describe("coverage", () => {
	/** Texts and lines of the statements that were not reached, of so many. */
	const unreached = (load: string, model: string, statements: number) => {
		const module = analyzeText(
			`scenario s {\n\tint x;\n\tthread a {\n\t\tint r = ${load};\n\t\tif (r == 0)\n\t\t\tWRITE_ONCE(x, 5);\n\t\tif (r == 3)\n\t\t\tWRITE_ONCE(x, 4);\n\t}\n\tthread b {\n\t\tWRITE_ONCE(x, 1);\n\t}\n\tcheck c () ${model} expect safe;\n}`,
		);
		const scenario = module.scenarios[0];
		const check = scenario?.members.find((member) => member.kind === "check");
		assert.ok(scenario && check);
		const { programs } = lowerCheck(module, scenario, check);
		const { coverage } = runPrograms(module.file, programs, { ...defaultCheckOptions, coverage: true });
		assert.equal(coverage?.statements, statements);
		return coverage?.unreached.map(({ text, location }) => [text, location.line]);
	};
	it("tells which statements no interleaving reached", () =>
		assert.deepEqual(unreached("READ_ONCE(x)", "", 6), [["WRITE_ONCE(x, 4);", 8]]));
	it("does so under lkmm, where only the program that is covered has reloads", () =>
		assert.deepEqual(unreached("x", "under lkmm", 6), [["WRITE_ONCE(x, 4);", 8]]));
});

describe("expectations", () => {
	it("do not take for reachable what nobody asked for", () => {
		const result = search("scenario s {\n\tint x;\n\tthread a { x = 1; }\n\tcheck c () expect reachable;\n}");
		assert.equal(result.verdict, "safe");
		assert.equal(result.ok, false);
	});
});
