/** Random small Programs: two or three threads over a handful of words, locks, objects that die, RCU, waits, choices and loops. */
import fc from "fast-check";
import { underInterleavings } from "../../../engine/program/interleaved.ts";
import { objectAlignment, type Place, type Program } from "../../../engine/program/program.ts";
import { Builder, type BuiltObject, binary, type Code, equal, lock, not, register, value } from "./builder.ts";

/** One statement of a random thread. */
type Statement =
	| { readonly is: "load"; readonly word: number; readonly reload: boolean; readonly plain: boolean }
	| { readonly is: "store"; readonly word: number; readonly value: number; readonly plain: boolean }
	| { readonly is: "copy"; readonly from: number; readonly to: number }
	| { readonly is: "update"; readonly word: number; readonly update: "add" | "or" | "exchange"; readonly value: number }
	| { readonly is: "cas"; readonly word: number; readonly old: number; readonly fresh: number }
	| { readonly is: "assert"; readonly word: number; readonly value: number }
	| { readonly is: "deref"; readonly stores: boolean }
	| { readonly is: "unpublish" }
	| { readonly is: "publish"; readonly which: number }
	| { readonly is: "free"; readonly which: number }
	| { readonly is: "callback" }
	| { readonly is: "synchronize" }
	| { readonly is: "allocate" }
	/** Something with the thread's own node; only in programs where threads have one. */
	| { readonly is: "own"; readonly does: OwnAction; readonly word: number }
	| { readonly is: "wait"; readonly word: number; readonly value: number }
	| { readonly is: "choose"; readonly word: number; readonly high: number }
	| { readonly is: "spin"; readonly word: number; readonly value: number }
	| { readonly is: "raw_lock"; readonly lock: number; readonly takes: boolean }
	| {
			readonly is: "locked";
			readonly lock: number;
			readonly kind: "wait" | "shared" | "bit" | "spin";
			readonly body: Statements;
	  }
	| { readonly is: "trylocked"; readonly lock: number; readonly body: Statements }
	| { readonly is: "reader"; readonly irq: boolean; readonly body: Statements }
	| { readonly is: "atomic"; readonly body: Statements }
	| { readonly is: "if"; readonly word: number; readonly value: number; readonly body: Statements };
type Statements = readonly Statement[];

const ownActions = [
	"load",
	"store",
	"publish",
	"take",
	"free",
	"callback",
	"is_mine",
	"tag",
	"untag",
	"lock",
	"offset",
	"rank",
] as const;
type OwnAction = (typeof ownActions)[number];

/** What a random Program is made of; shrinks well. */
export interface Recipe {
	readonly threads: readonly Statements[];
	readonly claims: readonly {
		readonly property: "always" | "finally" | "exists" | "never";
		readonly word: number;
		readonly value: number;
	}[];
	readonly initial: readonly number[];
	readonly dataRaces: boolean;
	readonly leaks: boolean;
	readonly typesafe: boolean;
	/** Whether locks have an order, and are taken once at a time: otherwise most programs end in lock misuse. */
	readonly lockOrder: boolean;
	/** Whether the first two threads share a CPU. */
	readonly oneCpu: boolean;
	/** How many threads are written from the first one's text; absent: it is the only one. */
	readonly twins?: number;
}

const words = 3;
const word = fc.nat(words - 1);
const small = fc.nat(2);

const statementsWith = (own: readonly { weight: number; arbitrary: fc.Arbitrary<Statement> }[]) =>
	fc.letrec<{ statement: Statement; statements: Statements; simple: Statement }>((tie) => ({
		simple: fc.oneof(
			{
				weight: 3,
				arbitrary: fc.record({ is: fc.constant("load" as const), word, reload: fc.boolean(), plain: fc.boolean() }),
			},
			{
				weight: 4,
				arbitrary: fc.record({ is: fc.constant("store" as const), word, value: small, plain: fc.boolean() }),
			},
			fc.record({ is: fc.constant("copy" as const), from: word, to: word }),
			{
				weight: 2,
				arbitrary: fc.record({
					is: fc.constant("update" as const),
					word,
					update: fc.constantFrom("add" as const, "or" as const, "exchange" as const),
					value: small,
				}),
			},
			fc.record({ is: fc.constant("cas" as const), word, old: small, fresh: small }),
			fc.record({ is: fc.constant("assert" as const), word, value: small }),
			{ weight: 2, arbitrary: fc.record({ is: fc.constant("deref" as const), stores: fc.boolean() }) },
			fc.record({ is: fc.constant("unpublish" as const) }),
			fc.record({ is: fc.constant("publish" as const), which: fc.nat(1) }),
			fc.record({ is: fc.constant("free" as const), which: fc.nat(2) }),
			fc.record({ is: fc.constant("callback" as const) }),
			fc.record({ is: fc.constant("synchronize" as const) }),
			fc.record({ is: fc.constant("allocate" as const) }),
			fc.record({ is: fc.constant("wait" as const), word, value: small }),
			fc.record({ is: fc.constant("choose" as const), word, high: fc.integer({ min: 1, max: 2 }) }),
			fc.record({ is: fc.constant("spin" as const), word, value: small }),
			...own,
		) as fc.Arbitrary<Statement>,
		statement: fc.oneof(
			{ depthSize: "small", withCrossShrink: true },
			{ weight: 14, arbitrary: tie("simple") },
			{
				weight: 3,
				arbitrary: fc.record({
					is: fc.constant("locked" as const),
					lock: fc.nat(1),
					kind: fc.constantFrom("wait" as const, "shared" as const, "bit" as const, "spin" as const),
					body: tie("statements"),
				}),
			},
			fc.record({ is: fc.constant("trylocked" as const), lock: fc.nat(1), body: tie("statements") }),
			fc.record({ is: fc.constant("raw_lock" as const), lock: fc.nat(1), takes: fc.boolean() }),
			{
				weight: 2,
				arbitrary: fc.record({ is: fc.constant("reader" as const), irq: fc.boolean(), body: tie("statements") }),
			},
			fc.record({ is: fc.constant("atomic" as const), body: fc.array(tie("simple"), { minLength: 1, maxLength: 3 }) }),
			fc.record({ is: fc.constant("if" as const), word, value: small, body: tie("statements") }),
		) as fc.Arbitrary<Statement>,
		statements: fc.array(tie("statement"), { maxLength: 4 }),
	})).statements;

const frame = {
	claims: fc.array(
		fc.record({
			property: fc.constantFrom("always" as const, "finally" as const, "exists" as const, "never" as const),
			word,
			value: small,
		}),
		{ maxLength: 2 },
	),
	initial: fc.array(small, { minLength: words, maxLength: words }),
	dataRaces: fc.boolean(),
	leaks: fc.boolean(),
	typesafe: fc.boolean(),
	lockOrder: fc.boolean(),
	oneCpu: fc.integer({ min: 0, max: 3 }).map((number) => number === 3),
};

/** Recipes for Programs whose whole state space is small. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
	...frame,
	threads: fc.array(statementsWith([]), { minLength: 2, maxLength: 3 }),
});

const own = fc.record({ is: fc.constant("own" as const), does: fc.constantFrom(...ownActions), word });

/** The same with two or three threads of one text, each with a node of its own that the others may get hold of, and perhaps another. */
export const twinRecipes: fc.Arbitrary<Recipe> = fc
	.record({
		...frame,
		twins: fc.integer({ min: 2, max: 3 }),
		text: statementsWith([{ weight: 6, arbitrary: own }]),
		other: fc.option(statementsWith([]), { nil: undefined }),
	})
	.map(({ text, other, ...rest }) => ({ ...rest, threads: other ? [text, other] : [text] }));

interface World {
	readonly memory: BuiltObject;
	readonly first: BuiltObject;
	readonly pooled: readonly BuiltObject[];
	readonly pool: number;
	readonly gracePeriods: readonly number[];
	readonly callback: number;
	/** Where the thread's own node is kept, if it has one. */
	readonly mine: BuiltObject | undefined;
	readonly node: BuiltObject | undefined;
	/** The callback that frees it. */
	readonly reaper: number;
	readonly reaperPeriod: number;
	/** Locks that the thread holds here, as the code reads. */
	readonly held: Set<number>;
}

/** The Program of a recipe, as lowering would hand it to the search: with reloads, and registers that share words. */
export const cookPrepared = (recipe: Recipe): Program =>
	underInterleavings({ ...cook(recipe), compilerMayReload: true });

/** The Program of a recipe. */
export function cook(recipe: Recipe): Program {
	const builder = new Builder();
	const memory = builder.object("memory", {
		w0: recipe.initial[0] ?? 0,
		w1: recipe.initial[1] ?? 0,
		w2: recipe.initial[2] ?? 0,
		pointer: 0,
		bits: 0,
		lock0: lock("outer", recipe.lockOrder ? 1 : undefined),
		lock1: lock("inner", recipe.lockOrder ? 2 : undefined),
	});
	const pool = builder.pool("cache", recipe.typesafe);
	const first = builder.object("node", { value: 1, link: 0 }, { type: "node" });
	const pooled = ["node_a", "node_b"].map((name) =>
		builder.object(name, { value: 0, link: 0 }, { type: "node", pool }),
	);
	const twins = recipe.twins ?? 0;
	const [text = [], ...others] = recipe.threads;
	const bodies = twins > 0 ? [...Array.from({ length: twins }, () => text), ...others] : recipe.threads;
	const nodes = bodies.map((_, thread) => {
		if (thread >= twins) return undefined;
		const node = builder.object(`own${thread}`, { value: 1, lock: lock("own"), link: 0 }, { type: "own" });
		return { node, mine: builder.object(`mine${thread}`, { pointer: node.address }, { type: "mine" }) };
	});
	builder.setInit((code) => code.store(memory.at("pointer"), first.address));
	const periods = [builder.gracePeriod(), ...bodies.map(() => builder.gracePeriod())];
	const callback = bodies.length;
	const reapers = nodes.map((own) => (own ? builder.gracePeriod() : -1));
	bodies.forEach((body, thread) => {
		const world: World = {
			memory,
			first,
			pooled,
			pool,
			gracePeriods: [periods[0] ?? 0, periods[thread + 1] ?? 0],
			callback,
			mine: nodes[thread]?.mine,
			node: nodes[thread]?.node,
			reaper: callback + 1 + thread,
			reaperPeriod: reapers[thread] ?? -1,
			held: new Set<number>(),
		};
		builder.thread(
			`t${thread}`,
			(code) => {
				for (const statement of body) write(code, world, statement);
			},
			"thread",
			recipe.oneCpu && thread === 1 ? 0 : thread,
		);
	});
	builder.thread(
		"callback",
		(code) => {
			const pointer = code.register("head");
			code.emit({ kind: "grace_period_end", gracePeriod: periods[0] ?? 0 });
			code.free(register(pointer));
		},
		"callback",
	);
	for (const gracePeriod of reapers) {
		if (gracePeriod < 0) continue;
		builder.thread(
			"reaper",
			(code) => {
				const pointer = code.register("head");
				code.emit({ kind: "grace_period_end", gracePeriod });
				code.free(register(pointer));
			},
			"callback",
		);
	}
	for (const claim of recipe.claims)
		builder.claim(claim.property, memory.at(`w${claim.word}`), claim.value, claim.property !== "always");
	builder.detectDataRaces = recipe.dataRaces;
	builder.detectLeaks = recipe.leaks;
	return builder.build();
}

function write(code: Code, world: World, statement: Statement): unknown {
	const { memory } = world;
	const at = (index: number) => memory.at(`w${index}`);
	const body = (list: Statements) => {
		for (const inner of list) write(code, world, inner);
	};
	switch (statement.is) {
		case "load": {
			const got = code.load(at(statement.word), statement.plain ? "plain" : "once");
			if (statement.reload) {
				code.when(equal(register(got), 1), () => {
					code.emit({ kind: "reload", register: got, place: at(statement.word) });
					code.check(equal(register(got), 1));
				});
			}
			return;
		}
		case "store":
			return code.store(at(statement.word), statement.value, statement.plain ? "plain" : "once");
		case "copy":
			return code.store(at(statement.to), register(code.load(at(statement.from))));
		case "update":
			code.update(at(statement.word), statement.update, statement.value);
			return;
		case "cas":
			code.compareAndExchange(at(statement.word), statement.old, statement.fresh);
			return;
		case "assert":
			return code.check(not(equal(register(code.load(at(statement.word))), statement.value)));
		case "deref": {
			const pointer = code.load(memory.at("pointer"), "dereference");
			code.when(register(pointer), () => {
				if (statement.stores) code.store(world.first.through(pointer, "value"), 2);
				else code.load(world.first.through(pointer, "value"));
			});
			return;
		}
		case "unpublish":
			return code.store(memory.at("pointer"), 0, "release");
		case "publish":
			return code.store(memory.at("pointer"), world.pooled[statement.which]?.address ?? 0, "release");
		case "free":
			return code.free(statement.which === 2 ? register(code.load(memory.at("pointer"))) : value(world.first.address));
		case "callback": {
			const old = code.update(memory.at("pointer"), "exchange", 0);
			code.when(register(old), () =>
				code.emit({
					kind: "call_rcu",
					gracePeriod: world.gracePeriods[0] ?? 0,
					thread: world.callback,
					arguments: [{ register: 0, value: register(old) }],
				}),
			);
			return;
		}
		case "synchronize":
			return code.synchronize(world.gracePeriods[1] ?? 0);
		case "allocate": {
			const got = code.register("fresh");
			code.emit({ kind: "allocate", register: got, pool: world.pool });
			code.when(register(got), () => {
				code.store(world.first.through(got, "value"), 1);
				code.store(memory.at("pointer"), register(got), "release");
			});
			return;
		}
		case "own":
			return writeOwn(code, world, statement.does, at(statement.word));
		case "wait":
			return code.waitFor(at(statement.word), statement.value);
		case "choose": {
			const got = code.register();
			code.emit({ kind: "choose", register: got, low: 0, high: statement.high });
			return code.store(at(statement.word), register(got));
		}
		case "spin":
			// A loop inside one step would never end.
			if (code.isAtomic) return code.load(at(statement.word));
			return code.loop((leave) => leave(equal(register(code.load(at(statement.word))), statement.value)));
		case "raw_lock":
			return statement.takes
				? code.lock(memory.at(`lock${statement.lock}`))
				: code.unlock(memory.at(`lock${statement.lock}`));
		case "locked": {
			if (world.held.has(statement.lock)) return body(statement.body);
			const place = memory.at(`lock${statement.lock}`);
			const options =
				statement.kind === "bit"
					? { bit: { word: memory.at("bits"), number: statement.lock } }
					: {
							shared: statement.kind === "shared",
							spinning: statement.kind === "spin",
							queues: statement.kind === "wait",
						};
			code.lock(place, options);
			world.held.add(statement.lock);
			body(statement.body);
			world.held.delete(statement.lock);
			return code.unlock(place, options);
		}
		case "trylocked": {
			const place = memory.at(`lock${statement.lock}`);
			const got = code.trylock(place);
			return code.when(register(got), () => {
				body(statement.body);
				code.unlock(place);
			});
		}
		case "reader":
			if (!statement.irq) return code.rcu(() => body(statement.body));
			code.emit({ kind: "context_set", context: "irq", value: value(1) });
			body(statement.body);
			code.emit({ kind: "context_set", context: "irq", value: value(0) });
			return;
		case "atomic":
			return code.atomic(() => body(statement.body));
		case "if":
			return code.when(equal(register(code.load(at(statement.word))), statement.value), () => body(statement.body));
	}
}

/** What a thread does with its own node. The last three tell nodes apart by more than their names, or nearly so. */
function writeOwn(
	code: Code,
	{ memory, mine, node, reaper, reaperPeriod }: World,
	does: OwnAction,
	word: Place,
): unknown {
	if (!mine || !node) return undefined;
	switch (does) {
		case "load":
		case "store": {
			const pointer = code.load(mine.at("pointer"));
			return code.when(register(pointer), () => {
				if (does === "store") code.store(node.through(pointer, "value"), register(code.load(word)));
				else code.store(word, register(code.load(node.through(pointer, "value"))));
			});
		}
		case "publish":
			return code.store(memory.at("bits"), value(node.address));
		case "take":
			return code.store(mine.at("pointer"), register(code.load(memory.at("bits"))));
		case "free":
			return code.free(register(code.update(mine.at("pointer"), "exchange", 0)));
		case "callback": {
			const old = code.update(mine.at("pointer"), "exchange", 0);
			return code.when(register(old), () =>
				code.emit({
					kind: "call_rcu",
					gracePeriod: reaperPeriod,
					thread: reaper,
					arguments: [{ register: 0, value: register(old) }],
				}),
			);
		}
		case "is_mine":
			return code.check(not(equal(register(code.load(memory.at("bits"))), node.address)));
		case "tag":
			return code.update(mine.at("pointer"), "or", 1);
		case "untag":
			return code.update(mine.at("pointer"), "and", ~1);
		case "lock":
			code.lock(node.at("lock"));
			code.store(node.at("value"), 2);
			return code.unlock(node.at("lock"));
		case "offset":
			return code.store(word, binary("and", register(code.load(memory.at("bits"))), value(1)));
		case "rank":
			return code.store(word, binary("and", register(code.load(mine.at("pointer"))), value(objectAlignment)));
	}
}
