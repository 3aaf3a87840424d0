/** Random scenarios with two or three threads, as text: what the tree interpreter of this folder knows. */
import { Random } from "./randomC.ts";

const declarations = `struct in { int c; int d; };
struct s { int a; int b; struct s *next; struct in n; };
struct item { int v; struct s *owner; };
static inline int get(struct s *p) { return p->a; }
static int get_opaque(struct s *p) { return p->a; }
static inline struct s *follow(struct s *p) { if (p) return p->next; return NULL; }
static inline void put(struct s *p, int v) { if (v > 2) return; p->b = v; }
static inline int add(int *p, int by) { int old = *p; *p = old + by; return old; }
static void release(struct s *p) { __free(p); }
`;

const objects = `	int x;
	int y = 1;
	struct s one = { .a = 1, .next = &two };
	struct s two = { .b = 2 };
	struct s *head = &one;
	struct in *inner = &one.n;
	spinlock_t l;
	spinlock_t m;
	rwlock_t rw;
	pool struct item items[2];
	struct item *published;
`;

/** A scenario; its threads declare r0, r1, o0 (integers) and p, q, i, it (pointers) first. */
export function randomScenario(seed: number): string {
	return new Generator(seed).scenario();
}

/** Variables of each thread. */
export const threadVariables = ["r0", "r1", "o0", "p", "q", "i", "it"] as const;

class Generator {
	private readonly random: Random;
	/** Whether the threads are mostly about what the compiler may load again. */
	private readonly repeats: boolean;
	private threads: string[] = [];
	/** A callback frees this at the most once. */
	private mayRelease = true;
	private regions = 0;

	constructor(seed: number) {
		this.random = new Random(seed);
		this.repeats = seed % 2 === 0;
	}

	scenario(): string {
		const { random } = this;
		const count = random.chance(3) ? 3 : 2;
		const length = count === 3 ? 2 : 3;
		this.threads = ["a", "b", "c"].slice(0, count);
		const bodies = this.threads.map((name) => {
			let body =
				"\t\tint r0;\n\t\tint r1;\n\t\tint o0;\n\t\tstruct s *p;\n\t\tstruct s *q;\n\t\tstruct in *i;\n\t\tstruct item *it;\n";
			for (let at = 1 + random.below(length); at >= 0; at--) body += `\t\t${this.statement(2)}\n`;
			return `\tthread ${name} {\n${body}\t}\n`;
		});
		// Keeps the variables to the end.
		const seen = this.threads.flatMap((thread) =>
			threadVariables.map((variable) => `${thread}.${variable} == ${/^[ro]/.test(variable) ? 99 : "&nowhere"}`),
		);
		const nowhere = "\tstruct s nowhere;\n";
		const typed = seen
			.map((claim) =>
				claim.replace(/\.i == &nowhere/, ".i == &nowhere.n").replace(/\.it == &nowhere/, ".it == &items[1]"),
			)
			.join(" && ");
		return `${declarations}scenario s {\n${objects}${nowhere}${bodies.join("")}\tnever (${typed});\n\tcheck c () expect safe;\n}\n`;
	}

	private constant(): string {
		return String(this.random.below(4));
	}

	/** A shared word of an integer; `pointer` allows those that are reached through one. */
	private word(): string {
		return this.random
			.pick(["x", "y", "one.a", "two.b", "one.n.c", "head->a", "p->a", "p->n.c", "q->b", "i->c"])
			.replace(/^(p|q|i|head)->/, (_, base) => `${base}->`);
	}

	private guarded(word: string, statement: string): string {
		const base = /^(p|q|i)->/.exec(word)?.[1];
		return base && !this.random.chance(6) ? `if (${base}) ${statement}` : statement;
	}

	/** Over what only the thread sees; names at most one variable. */
	private local(): string {
		const variable = this.random.pick(["r0", "r1", "o0"]);
		return this.random.pick([
			variable,
			`${variable} + ${this.constant()}`,
			`(${variable} & 1)`,
			`-${variable}`,
			this.constant(),
		]);
	}

	private condition(): string {
		const variable = this.random.pick(["r0", "r1", "o0"]);
		return this.random.pick([
			variable,
			`!${variable}`,
			`${variable} == ${this.constant()}`,
			`${variable} < ${this.constant()}`,
			`(${variable} == 1 || ${variable} == 2)`,
			`(${variable} && ${variable} != 3)`,
			"p",
			"!q",
			"p == &two",
			"(p && p->a == 1)",
			"(p && q)",
			"READ_ONCE(x) == 1",
			"(READ_ONCE(y) && x)",
			"get(&one) > 0",
			"i != &two.n",
		]);
	}

	private block(depth: number): string {
		return `{ ${Array.from({ length: 1 + this.random.below(2) }, () => this.statement(depth - 1)).join(" ")} }`;
	}

	/** Loads that the compiler may repeat, uses of what they got, and stores that make a difference. */
	private repeated(): string {
		const load = () =>
			this.random.pick([
				"r0 = x;",
				"r0 = one.a;",
				"p = head;",
				"p = head;",
				"i = inner;",
				"q = follow(head);",
				"r0 = get(&one);",
				"if (p) q = p->next;",
				"if (i) r1 = i->c;",
				"if (p) r0 = get(p);",
				"r0 = one.n.c;",
				"q = one.next;",
				"r0 = x + 1;",
				"r0 = one.a & 1;",
				"r1 = -x;",
				"r0 = get(&one) + 2;",
				"if (p) r1 = p->a == 1;",
			]);
		const use = () =>
			this.random.pick([
				"if (r0) r1 = r0 + 1;",
				"if (r0 == 1 || r0 == 2) y = 3;",
				"o0 = r0 + 1;",
				"r1 = r0;",
				"r1 = r0 == 1; if (r1) o0 = r1 + 1;",
				"r1 = r0 & 1; if (r0) y = r1;",
				"o0 = r1 + 1; if (o0 == 2) y = r1;",
				"assert(r0 != 3);",
				"if (p) p->b = 1;",
				"if (p && p->a) r1 = p->b;",
				"q = p; if (q) o0 = q->a;",
				"if (q) q->n.c = 2;",
				"if (i) i->d = 1;",
				"if (i) o0 = READ_ONCE(i->c);",
				"if (p) put(p, 1);",
				"if (p) r1 = get_opaque(p);",
				"if (r0) { x = 2; if (r0) o0 = r0 + 2; }",
				"__fetch_add(&y, 1, __relaxed);",
				"barrier();",
				"if (q == &two) two.n.c = 1;",
			]);
		const change = () =>
			this.random.pick([
				"x = 1;",
				"WRITE_ONCE(x, 3);",
				"one.a = 0;",
				"WRITE_ONCE(head, NULL);",
				"head = &two;",
				"WRITE_ONCE(inner, NULL);",
				"inner = &two.n;",
				"one.next = NULL;",
				"one.n.c = 3;",
				"i = &one.n; i->c = 1;",
				"p = &one; p->next = &one;",
			]);
		return this.random.pick([
			() => `${load()} ${use()} ${use()}`,
			() => `${change()} ${change()}`,
			() => `${load()} ${use()}`,
			use,
		])();
	}

	private statement(depth: number): string {
		const { random } = this;
		if (this.repeats) return this.repeated();
		const kind = random.below(depth > 0 ? 30 : 20);
		const integer = random.pick(["r0", "r1"]);
		const word = this.word();
		switch (kind) {
			case 0:
			case 1:
				return this.guarded(word, `${integer} = ${word};`);
			case 2:
				return this.guarded(word, `o0 = READ_ONCE(${word});`);
			case 3:
				return this.guarded(word, `${word} = ${/^[pqi]/.test(word) ? this.constant() : this.local()};`);
			case 4:
				return this.guarded(word, `WRITE_ONCE(${word}, ${/^[pqi]/.test(word) ? this.constant() : this.local()});`);
			case 5:
				return random.pick(["x++;", "--y;", "one.a += 2;", "r0 = x++;", "r0 = (x = 3);", "r1 = r0;", "r1 = r0 + 1;"]);
			case 6:
				return random.pick([
					"p = head;",
					"p = READ_ONCE(head);",
					"q = p;",
					"q = head;",
					"p = &two;",
					"i = &one.n;",
					"i = inner;",
					"p = one.next;",
				]);
			case 7:
				return random.pick([
					"head = &two;",
					"WRITE_ONCE(head, NULL);",
					"one.next = p;",
					"inner = &two.n;",
					"WRITE_ONCE(inner, NULL);",
					"head = NULL;",
				]);
			case 8:
				return random.pick([
					"r0 = get(&one);",
					"if (p) r1 = get(p);",
					"if (p) r1 = get_opaque(p);",
					"q = follow(p);",
					"p = follow(head);",
					"put(&one, 1);",
					"if (p) put(p, r0);",
					"put(&two, y);",
					"r0 = add(&x, 1);",
					"r1 = add(&one.n.c, 2);",
				]);
			case 9:
				return random.pick([
					"__fetch_add(&x, 1, __full);",
					"r0 = __fetch_add(&y, 1, __relaxed);",
					"__fetch_add(&one.a, 1, __noreturn);",
					"o0 = __xchg(&x, 2, __acquire);",
					"o0 = __cmpxchg(&y, 1, 3, __full);",
					"p = __xchg(&head, NULL, __full);",
					"if (p) __fetch_add(&p->a, 1, __relaxed);",
				]);
			case 10:
				return random.pick([
					"barrier();",
					"smp_mb();",
					"r0 = smp_load_acquire(&x);",
					"smp_store_release(&x, 1);",
					"smp_store_release(&head, &two);",
				]);
			case 11:
			case 12:
				return `assert(${this.condition()});`;
			case 13:
				return random.pick([
					"it = __allocate(items); if (it) { it->v = 1; WRITE_ONCE(published, it); }",
					"it = READ_ONCE(published); if (it) it->v = 2;",
					"it = published; if (it) o0 = it->v;",
					"it = published; if (it) __free(it);",
				]);
			case 14:
				return random.pick(["wait_until(x);", "wait_until(y != 1);", "wait_until(head == NULL);"]);
			case 15:
				if (!this.mayRelease) return "x = 2;";
				this.mayRelease = false;
				return random.pick([
					"WRITE_ONCE(head, NULL); __synchronize_rcu(); __free(&one);",
					"head = &two; __call_rcu(release, &one);",
					"__call_rcu(release, &two);",
				]);
			case 16:
				return random.pick([
					"r0 = x ? y : 2;",
					"r1 = (x, y);",
					"o0 = (x && y);",
					"o0 = !x || y == 1;",
					"r0 = x + y;",
					"r1 = one.a - (x & 1);",
				]);
			case 17:
				return "for (int k = 0; k < 2; k++) x = x + k;";
			case 18:
				return "for (int k = 0; k < 2; k++) { r0 = y; if (r0) break; y = 1; }";
			case 19:
				return random.pick([
					"if (p && p->a) r0 = p->a;",
					"if (p) p->b = 1;",
					"q = p; if (q) o0 = q->a;",
					"if (i) i->d = 1;",
					"if (r0) x = 1;",
				]);
			case 20:
			case 21:
				return `if (${this.condition()}) ${this.block(depth)}${random.chance(2) ? ` else ${this.block(depth)}` : ""}`;
			case 22:
				return `atomic ${this.block(0)}`.replace(/wait_until\([^;]*;|__synchronize_rcu\(\);/g, "");
			case 23:
			case 24: {
				const lock = random.pick(["l", "m"]);
				return this.region(() => `__lock(&${lock}); ${this.statement(depth - 1)} __unlock(&${lock});`);
			}
			case 25: {
				const [first, second] = random.chance(2) ? ["l", "m"] : ["m", "l"];
				return this.region(
					() =>
						`__lock(&${first}); __lock(&${second}); ${this.statement(0)} __unlock(&${second}); __unlock(&${first});`,
				);
			}
			case 26:
				return this.region(() => `if (__trylock(&l)) { ${this.statement(depth - 1)} __unlock(&l); }`);
			case 27:
				return this.region(() =>
					random.pick([
						`__lock_shared(&rw); ${this.statement(0)} __unlock_shared(&rw);`,
						`__lock(&rw); ${this.statement(0)} __unlock(&rw);`,
						`if (__trylock_shared(&rw)) { ${this.statement(0)} __unlock_shared(&rw); }`,
						`__lock_shared(&rw); __lock(&l); ${this.statement(0)} __unlock(&l); __unlock_shared(&rw);`,
						`__lock(&l); __lock_shared(&rw); ${this.statement(0)} __unlock_shared(&rw); __unlock(&l);`,
					]),
				);
			default:
				return this.region(
					() => `__rcu_read_lock(); p = READ_ONCE(head); if (p) ${this.statement(0)} __rcu_read_unlock();`,
				);
		}
	}

	/** Nothing sleeps or waits for itself inside. */
	private region(make: () => string): string {
		if (this.regions > 0) return "y = 2;";
		this.regions++;
		const text = make().replace(/__synchronize_rcu\(\);/g, "");
		this.regions--;
		return text;
	}
}
