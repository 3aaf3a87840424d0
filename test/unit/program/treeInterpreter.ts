/**
 * What a scenario means, said a second time and as simply as possible: threads are walked along the syntax tree, every
 * interleaving of their shared accesses is tried, nothing is lowered. Words are JavaScript values, pointers are paths
 * ("@one.in"). It knows as much of the language as the random scenarios of this folder use, and throws at the rest.
 */
import type { Module } from "../../../engine/language/analyze.ts";
import type { Block, Expression, FunctionItem, Statement, VariableItem } from "../../../engine/language/syntax.ts";
import type { StructType, Type } from "../../../engine/language/types.ts";

type Value = number | string;

/** What all threads share. */
interface World {
	readonly words: Map<string, Value>;
	/** By object: "live", "freed" or "unallocated". */
	readonly lives: Map<string, string>;
	/** By lock: the threads that hold it, -1 - thread for those that share it. */
	readonly locks: Map<string, number[]>;
	/** Locks in whose queue a writer stands. */
	readonly queues: Set<string>;
	/** Depth of each thread's RCU reader, and spinning locks that make it one. */
	readonly readers: number[];
	/** What each grace period still waits for. */
	readonly gracePeriods: Map<string, Set<number>>;
	readonly threads: Progress[];
}

/** How far a thread has come: what it was told so far says it all. */
interface Progress {
	readonly body: string;
	readonly argument: Value;
	/** Of call_rcu(): the grace period that the thread begins after. */
	readonly after: string | undefined;
	heard: Value[];
}

/** Something for the rest of the world: done when the thread's turn comes. */
type Request =
	| {
			readonly kind: "access";
			readonly run: (world: World, thread: number, alternative: number) => Value | "disabled";
			/** How many alternatives it has now; 1 where nothing is said. */
			readonly alternatives?: (world: World) => number;
	  }
	| { readonly kind: "choice"; readonly alternatives: number }
	/** Everything up to `glued` with `begin` false is one step. */
	| { readonly kind: "glue"; readonly begin: boolean };

type Walk<T> = Generator<Request, T, Value>;

class Violation extends Error {
	readonly violation: string;

	constructor(violation: string) {
		super(violation);
		this.violation = violation;
	}
}

/** A variable of a thread. `again`: the compiler may load it again from there. */
interface Variable {
	value: Value;
	again: Again | undefined;
	/** A parameter that stands for a constant: the compiler knows it. */
	readonly constant: boolean;
}

/** Where a value may be had again, and what is computed from what is loaded there. */
interface Again {
	readonly place: Place;
	readonly computed: (loaded: Value) => Value;
	/** What one load brought, whatever became of it. */
	readonly load: object;
	/** Something of this load was used. */
	used: boolean;
}

/** Where an access goes. */
interface Place {
	/** Path of the object or struct; undefined: follow `variable`. */
	readonly path: string | undefined;
	readonly variable: Variable | undefined;
	readonly field: string;
	/** Struct that the pointer is to, "" for a pointer to a word. */
	readonly structure: string;
}

interface Activation {
	readonly variables: Map<unknown, Variable>;
}

const jump = { break: "break", continue: "continue", next: "next", return: "return" } as const;
type Jump = (typeof jump)[keyof typeof jump];

export interface Outcomes {
	/** Final states without violation, each as JSON of the shared words and the threads' variables. */
	readonly final: ReadonlySet<string>;
	readonly violations: ReadonlySet<string>;
	/** States that were visited. */
	readonly states: number;
}

/** Every outcome of the only scenario of a module, with these variables of each thread; undefined when there are more than `statesMax` states. */
export function outcomesOf(
	module: Module,
	reload: boolean,
	shown: readonly string[],
	statesMax: number,
): Outcomes | undefined {
	return new Interpreter(module, reload, shown).explore(statesMax);
}

class Interpreter {
	private readonly reload: boolean;
	/** Variables of threads that final states show. */
	private readonly shown: readonly string[];
	private readonly bodies = new Map<string, Block | FunctionItem>();
	private readonly start: World;
	/** For each struct, where its instances are. */
	private readonly instances = new Map<string, string[]>();
	private readonly pools = new Map<string, string[]>();
	private readonly withReaders = new Set<string>();
	private readonly violations = new Set<string>();
	private readonly variablesOf = new Map<string, Map<string, Variable>>();

	constructor(module: Module, reload: boolean, shown: readonly string[]) {
		this.reload = reload;
		this.shown = shown;
		const words = new Map<string, Value>();
		const lives = new Map<string, string>();
		const threads: Progress[] = [];
		this.start = { words, lives, locks: new Map(), queues: new Set(), readers: [], gracePeriods: new Map(), threads };
		const scenario = module.scenarios[0];
		for (const member of scenario?.members ?? []) {
			if (member.kind === "variable") this.layOut(member);
			if (member.kind === "thread") {
				this.bodies.set(member.name.text, member.body);
				threads.push({ body: member.name.text, argument: 0, after: undefined, heard: [] });
				this.start.readers.push(0);
			}
		}
		for (const member of scenario?.members ?? []) if (member.kind === "variable") this.initialize(member);
	}

	// ------------------------------------------------------------------------------------------------------- memory

	private layOut(variable: VariableItem): void {
		const name = variable.name.text;
		const type = variable.symbol?.type as Type;
		if (variable.storage === "pool" && type.kind === "array") {
			const objects = Array.from({ length: type.length }, (_, index) => `${name}[${index}]`);
			this.pools.set(name, objects);
			for (const object of objects) this.place(type.of, object, object, "unallocated");
		} else this.place(type, name, name, "live");
	}

	private place(type: Type, path: string, object: string, life: string): void {
		this.start.lives.set(object, life);
		if (type.kind === "struct") {
			this.instances.set(type.name, [...(this.instances.get(type.name) ?? []), path]);
			for (const field of type.fields ?? []) this.place(field.type, `${path}.${field.name}`, object, life);
		} else if (type.kind === "lock") {
			this.start.locks.set(path, []);
			if (type.name === "rwlock_t" || type.name === "rw_semaphore") this.withReaders.add(path);
		} else if (type.kind === "array") {
			for (let index = 0; index < type.length; index++) this.place(type.of, `${path}[${index}]`, object, life);
		} else this.start.words.set(path, 0);
	}

	private initialize(variable: VariableItem): void {
		const { initializer } = variable;
		if (!initializer) return;
		if (initializer.kind !== "initializer_list") {
			this.start.words.set(variable.name.text, constantOf(initializer));
			return;
		}
		for (const entry of initializer.entries) {
			const [designator] = entry.designators;
			if (designator?.kind !== "field" || entry.value.kind === "initializer_list") throw unknown(entry);
			this.start.words.set(`${variable.name.text}.${designator.name.text}`, constantOf(entry.value));
		}
	}

	/** The word that a place names now. */
	private resolve(world: World, place: Place): string {
		const pointer = place.path === undefined ? (place.variable as Variable).value : `@${place.path}`;
		if (typeof pointer === "number") throw new Violation(pointer === 0 ? "null_dereference" : "wild_dereference");
		const path = pointer.slice(1);
		const object = /^[^.]*/.exec(path)?.[0] as string;
		const word = place.field === "" ? path : `${path}.${place.field}`;
		if (!world.words.has(word) && !world.locks.has(word)) throw new Violation("wrong_type");
		const life = world.lives.get(object);
		if (life === "freed") throw new Violation("use_after_free");
		if (life === "unallocated") throw new Violation("wild_dereference");
		return word;
	}

	/** Words that the compiler thinks a place may be. */
	private candidates(place: Place): readonly string[] | undefined {
		if (place.path !== undefined) return [place.field === "" ? place.path : `${place.path}.${place.field}`];
		const variable = place.variable as Variable;
		if (variable.constant && typeof variable.value === "string")
			return [`${variable.value.slice(1)}${place.field === "" ? "" : `.${place.field}`}`];
		if (place.structure === "") return undefined;
		return (this.instances.get(place.structure) ?? []).map((path) => `${path}.${place.field}`);
	}

	private mayAlias(one: Place, two: Place): boolean {
		const a = this.candidates(one);
		const b = this.candidates(two);
		return a === undefined || b === undefined || a.some((word) => b.includes(word));
	}

	// ------------------------------------------------------------------------------------------------------ threads

	private *thread(progress: Progress, number: number): Walk<Map<string, Variable>> {
		const body = this.bodies.get(progress.body);
		const named = new Map<string, Variable>();
		const walker = new Walker(this, number, named);
		if (progress.after !== undefined) {
			const period = progress.after;
			yield access((world) => (world.gracePeriods.get(period)?.size === 0 ? 0 : "disabled"));
		}
		if (body?.kind === "block") yield* walker.body(body, { variables: new Map() });
		else if (body) {
			const variable = { value: progress.argument, again: undefined, constant: false };
			yield* walker.body(body.body as Block, { variables: new Map([[body.parameters[0], variable]]) });
		}
		yield access((world, thread) => {
			if ((world.readers[thread] ?? 0) > 0 && ![...world.locks.values()].some((holders) => holders.includes(thread)))
				throw new Violation("rcu_reader_left_open");
			for (const holders of world.locks.values()) if (holders.includes(thread)) throw new Violation("lock_misuse");
			return 0;
		});
		return named;
	}

	/** The thread's next request; "finished" when there is none. */
	private next(progress: Progress, number: number): Request | "finished" {
		const walk = this.thread(progress, number);
		let step = walk.next();
		for (const value of progress.heard) {
			if (step.done) throw new Error("a thread was told more than it asked");
			step = walk.next(value);
		}
		if (!step.done) return step.value;
		this.variablesOf.set(`${number} ${JSON.stringify(progress.heard)}`, step.value);
		return "finished";
	}

	// -------------------------------------------------------------------------------------------------- exploration

	explore(statesMax: number): Outcomes | undefined {
		const final = new Set<string>();
		const known = new Set<string>();
		const queue: World[] = [];
		const arrive = (world: World) => {
			const key = keyOf(world);
			if (known.has(key)) return;
			known.add(key);
			queue.push(world);
		};
		// What threads do before their first access.
		this.settle(this.start, 0, arrive);
		for (let world = queue.pop(); world; world = queue.pop()) {
			if (known.size > statesMax) return undefined;
			const from = world;
			const requests = from.threads.map((progress, thread) => this.next(progress, thread));
			const moved = requests.map(
				(request, thread) =>
					request !== "finished" && this.take(from, thread, false, (after) => this.settle(after, 0, arrive)),
			);
			if (moved.includes(true)) continue;
			const isReload = (request: Request | "finished") =>
				request !== "finished" && request.kind === "access" && reloads.has(request.run);
			if (requests.some(isReload)) continue;
			if (requests.every((request) => request === "finished")) final.add(this.finalOf(from));
			else this.violations.add("deadlock");
		}
		return { final, violations: this.violations, states: known.size };
	}

	/** Does what may go wrong; where it does, that is the end of this way. */
	private attempt(run: () => boolean): boolean {
		try {
			return run();
		} catch (error) {
			if (!(error instanceof Violation)) throw error;
			this.violations.add(error.violation);
			return true;
		}
	}

	/** Takes the thread's next access in a copy of the world, with all that is glued to it; whether it could be taken. */
	private take(world: World, thread: number, glued: boolean, done: (world: World) => void): boolean {
		return this.attempt(() => {
			const request = this.next(world.threads[thread] as Progress, thread);
			if (request === "finished") throw new Error("a finished thread has no step");
			const told = (copy: World, value: Value): World => {
				(copy.threads[thread] as Progress).heard.push(value);
				return copy;
			};
			if (request.kind === "glue") {
				if (request.begin) return this.take(told(copyOf(world), 0), thread, true, done);
				done(told(copyOf(world), 0));
				return true;
			}
			const alternatives = request.kind === "choice" ? request.alternatives : (request.alternatives?.(world) ?? 1);
			const moved = Array.from({ length: alternatives }, (_, choice) =>
				this.attempt(() => {
					const copy = copyOf(world);
					const value = request.kind === "choice" ? choice : request.run(copy, thread, choice);
					if (value === "disabled") return false;
					told(copy, value);
					if (glued || request.kind === "choice") return this.take(copy, thread, glued, done);
					done(copy);
					return true;
				}),
			);
			return moved.includes(true);
		});
	}

	/** Lets threads choose what they choose by themselves, and say what is wrong before their next access. */
	private settle(world: World, thread: number, done: (world: World) => void): void {
		this.attempt(() => {
			const progress = world.threads[thread];
			if (!progress) {
				done(world);
				return true;
			}
			const request = this.next(progress, thread);
			if (request === "finished" || request.kind !== "choice") this.settle(world, thread + 1, done);
			else
				for (let value = 0; value < request.alternatives; value++) {
					const copy = copyOf(world);
					(copy.threads[thread] as Progress).heard.push(value);
					this.settle(copy, thread, done);
				}
			return true;
		});
	}

	private finalOf(world: World): string {
		const words = [...world.words].sort(([a], [b]) => (a < b ? -1 : 1));
		const variables = world.threads.flatMap((progress, thread) => {
			if (progress.after !== undefined) return [];
			const named = this.variablesOf.get(`${thread} ${JSON.stringify(progress.heard)}`) ?? new Map<string, Variable>();
			return [[progress.body, this.shown.map((name) => [name, named.get(name)?.value ?? 0])]];
		});
		return JSON.stringify([words, variables]);
	}

	// ------------------------------------------------------------------------------------------ what walkers ask for

	access(place: Place, how: (world: World, word: string, thread: number) => Value): Request {
		return access((world, thread) => how(world, this.resolve(world, place), thread));
	}

	reloadOf(variable: Variable, { place, computed }: Again): Request {
		const run = (world: World) => {
			const value = computed(world.words.get(this.resolve(world, place)) as Value);
			return value === variable.value ? "disabled" : value;
		};
		reloads.add(run);
		return { kind: "access", run };
	}

	get mayReload(): boolean {
		return this.reload;
	}

	aliases(one: Place, two: Place): boolean {
		return this.mayAlias(one, two);
	}

	hasReaders(lock: string): boolean {
		return this.withReaders.has(lock);
	}

	lockAt(world: World, place: Place): string {
		return this.resolve(world, place);
	}

	allocate(pool: string): (world: World) => string[] {
		return (world) => (this.pools.get(pool) ?? []).filter((object) => world.lives.get(object) !== "live");
	}

	/** Begins a callback's thread. */
	callback(world: World, item: FunctionItem, argument: Value, period: string): void {
		this.bodies.set(item.name.text, item);
		world.threads.push({ body: item.name.text, argument, after: period, heard: [] });
		world.readers.push(0);
	}
}

/** What a writer hears who is in the queue of a lock now. */
const queuedUp = 2;

const reloads = new WeakSet<object>();

const access = (run: (world: World, thread: number) => Value | "disabled"): Request => ({ kind: "access", run });

const unknown = (node: { readonly kind: string }) => new Error(`the tree interpreter knows no ${node.kind} here`);

function operateOnOne(operator: string, value: Value): Value {
	if (operator === "!") return value === 0 ? 1 : 0;
	return operator === "-" ? -(value as number) | 0 : ~(value as number);
}

/** What may be had again, with one more thing computed from it. */
const through = (again: Again | undefined, apply: (value: Value) => Value): Again | undefined =>
	again && { ...again, computed: (loaded) => apply(again.computed(loaded)) };

/** Walks one thread along its tree. */
class Walker {
	private readonly interpreter: Interpreter;
	private readonly number: number;
	private readonly named: Map<string, Variable>;
	private readonly all = new Set<Variable>();
	private activation: Activation = { variables: new Map() };
	private returned: Value = 0;
	/** The variable's worth of what is returned, when that is a plain load or a variable. */
	private returnedAgain: Variable["again"];
	private depth = 0;
	private periods = 0;
	private gluing = 0;

	constructor(interpreter: Interpreter, number: number, named: Map<string, Variable>) {
		this.interpreter = interpreter;
		this.number = number;
		this.named = named;
	}

	*body(body: Block, activation: Activation): Walk<Jump> {
		const outer = this.activation;
		this.activation = activation;
		for (const variable of activation.variables.values()) this.all.add(variable);
		const how = yield* this.statement(body);
		this.activation = outer;
		return how;
	}

	private *statement(statement: Statement): Walk<Jump> {
		switch (statement.kind) {
			case "block":
				for (const inner of statement.statements) {
					const how = yield* this.statement(inner);
					if (how !== jump.next) return how;
				}
				return jump.next;
			case "declaration":
				for (const variable of statement.variables) yield* this.declare(variable);
				return jump.next;
			case "expression":
				yield* this.value(statement.expression);
				return jump.next;
			case "if":
				if (yield* this.truth(statement.condition)) return yield* this.statement(statement.then);
				return statement.otherwise ? yield* this.statement(statement.otherwise) : jump.next;
			case "for":
				if (statement.initial?.kind === "declaration")
					for (const variable of statement.initial.variables) yield* this.declare(variable);
				while (!statement.condition || (yield* this.truth(statement.condition))) {
					const how = yield* this.statement(statement.body);
					if (how === jump.return) return how;
					if (how === jump.break) break;
					if (statement.update) yield* this.value(statement.update);
				}
				return jump.next;
			case "break":
				return jump.break;
			case "continue":
				return jump.continue;
			case "return":
				this.returned = 0;
				this.returnedAgain = undefined;
				if (statement.value) [this.returned, this.returnedAgain] = yield* this.copied(statement.value);
				return jump.return;
			case "atomic": {
				this.barrier();
				this.gluing++;
				if (this.gluing === 1) yield { kind: "glue", begin: true };
				const how = yield* this.statement(statement.body);
				this.gluing--;
				if (this.gluing === 0) yield { kind: "glue", begin: false };
				return how;
			}
			case "empty":
				return jump.next;
			default:
				throw unknown(statement);
		}
	}

	private *declare(item: VariableItem): Walk<void> {
		const known = this.activation.variables.get(item);
		const variable: Variable = known ?? { value: 0, again: undefined, constant: false };
		this.activation.variables.set(item, variable);
		this.all.add(variable);
		if (this.depth === 0 && !this.named.has(item.name.text)) this.named.set(item.name.text, variable);
		if (!item.initializer) this.set(variable, 0);
		else if (item.initializer.kind === "initializer_list") throw unknown(item.initializer);
		else this.set(variable, ...(yield* this.copied(item.initializer)));
	}

	/** A new value; places that are reached through the variable are not what they were. */
	private set(variable: Variable, value: Value, again?: Variable["again"]): void {
		variable.value = value;
		for (const other of this.all) if (other.again?.place.variable === variable) other.again = undefined;
		variable.again = again && again.place.variable !== variable ? { ...again } : undefined;
	}

	private barrier(): void {
		for (const variable of this.all) variable.again = undefined;
	}

	/** A value to be kept in a variable, and where it may be loaded again. */
	private *copied(tree: Expression): Walk<[Value, Variable["again"]]> {
		const inner = bare(tree);
		const variable = this.variableOf(inner);
		if (variable) return [variable.value, variable.again];
		if (inner.kind === "name" || inner.kind === "member" || (inner.kind === "unary" && inner.operator === "*")) {
			const constant = constantIfAny(inner);
			if (constant !== undefined) return [constant, undefined];
			const place = yield* this.place(inner);
			const value = yield* this.load(place);
			return [value, this.gluing > 0 ? undefined : { place, used: false, load: {}, computed: (loaded) => loaded }];
		}
		if (inner.kind === "call" && this.functionOf(inner)?.body) {
			const value = yield* this.value(inner);
			return [value, this.returnedAgain];
		}
		const { value, again } = yield* this.computed(inner);
		return [value, again];
	}

	/** A value that is computed; `again` where what another thread may change of it comes from one load. */
	private *computed(tree: Expression): Walk<{ value: Value; again: Again | undefined; isConstant: boolean }> {
		const inner = bare(tree);
		const constant = constantIfAny(inner);
		if (constant !== undefined) return { value: constant, again: undefined, isConstant: true };
		if (inner.kind === "unary" && ["-", "~", "!"].includes(inner.operator)) {
			const of = yield* this.computed(inner.operand);
			const apply = (value: Value) => operateOnOne(inner.operator, value);
			return { ...of, value: apply(of.value), again: through(of.again, apply) };
		}
		if (inner.kind === "binary" && inner.operator !== "&&" && inner.operator !== "||") {
			const left = yield* this.computed(inner.left);
			const right = yield* this.computed(inner.right);
			const value = operate(inner.operator, left.value, right.value);
			const again = right.isConstant
				? through(left.again, (loaded) => operate(inner.operator, loaded, right.value))
				: left.isConstant
					? through(right.again, (loaded) => operate(inner.operator, left.value, loaded))
					: undefined;
			return { value, again, isConstant: left.isConstant && right.isConstant };
		}
		const variable = this.variableOf(inner);
		if (!variable) {
			const [value, again] = this.isLoadOrCall(inner)
				? yield* this.copied(inner)
				: [yield* this.value(inner), undefined];
			return { value, again, isConstant: false };
		}
		yield* this.loadAgain(variable);
		const again = variable.again && { ...variable.again };
		if (variable.again) variable.again.used = true;
		return { value: variable.value, again, isConstant: false };
	}

	private isLoadOrCall(tree: Expression): boolean {
		if (tree.kind === "call") return this.functionOf(tree)?.body !== undefined;
		return tree.kind === "name" || tree.kind === "member" || (tree.kind === "unary" && tree.operator === "*");
	}

	private variableOf(tree: Expression): Variable | undefined {
		return tree.kind === "name" ? this.activation.variables.get(tree.symbol?.declaration) : undefined;
	}

	private *truth(tree: Expression): Walk<boolean> {
		return (yield* this.value(tree)) !== 0;
	}

	/** Uses a variable, which the compiler may load again for that. */
	private *use(variable: Variable): Walk<Value> {
		yield* this.loadAgain(variable);
		for (const other of this.all) if (other.again && other.again.load === variable.again?.load) other.again.used = true;
		return variable.value;
	}

	private *loadAgain(variable: Variable): Walk<void> {
		const { again } = variable;
		if (!again?.used || !this.interpreter.mayReload || (yield { kind: "choice", alternatives: 2 }) === 0) return;
		variable.value = yield this.interpreter.reloadOf(variable, again);
	}

	private *place(tree: Expression): Walk<Place> {
		const inner = bare(tree);
		switch (inner.kind) {
			case "name":
				return { path: inner.name.text, variable: undefined, field: "", structure: "" };
			case "member": {
				const structure = structureOf(inner.arrow ? pointee(inner.object) : inner.object.type);
				if (!inner.arrow) {
					const outer = yield* this.place(inner.object);
					const field = outer.field === "" ? inner.name.text : `${outer.field}.${inner.name.text}`;
					return { ...outer, field, structure: outer.structure === "" ? structure : outer.structure };
				}
				return { ...(yield* this.pointer(inner.object)), field: inner.name.text, structure };
			}
			case "unary":
				return { ...(yield* this.pointer(inner.operand)), field: "", structure: structureOf(pointee(inner.operand)) };
			case "index": {
				const array = yield* this.place(inner.object);
				const index = yield* this.value(inner.index);
				return array.field === ""
					? { ...array, path: `${array.path}[${index}]` }
					: { ...array, field: `${array.field}[${index}]` };
			}
			default:
				throw unknown(inner);
		}
	}

	/** A place to follow a pointer from; the pointer is a variable or a constant. */
	private *pointer(tree: Expression): Walk<{ path: string | undefined; variable: Variable | undefined }> {
		const variable = this.variableOf(bare(tree));
		if (variable) {
			yield* this.use(variable);
			return { path: undefined, variable };
		}
		const value = yield* this.value(tree);
		return {
			path: undefined,
			variable: { value, again: undefined, constant: constantIfAny(bare(tree)) !== undefined },
		};
	}

	private *load(place: Place): Walk<Value> {
		return yield this.interpreter.access(place, (world, word) => world.words.get(word) as Value);
	}

	private *store(place: Place, value: Value): Walk<void> {
		yield this.interpreter.access(place, (world, word) => {
			world.words.set(word, value);
			return 0;
		});
		for (const variable of this.all)
			if (variable.again && this.interpreter.aliases(variable.again.place, place)) variable.again = undefined;
	}

	private *value(tree: Expression): Walk<Value> {
		const inner = bare(tree);
		const constant = constantIfAny(inner);
		if (constant !== undefined) return constant;
		switch (inner.kind) {
			case "name":
			case "member":
			case "index": {
				const variable = this.variableOf(inner);
				if (variable) return yield* this.use(variable);
				return yield* this.load(yield* this.place(inner));
			}
			case "unary":
				return yield* this.unary(inner);
			case "binary":
				return yield* this.binary(inner);
			case "conditional":
				return (yield* this.truth(inner.condition))
					? yield* this.value(inner.then as Expression)
					: yield* this.value(inner.otherwise);
			case "comma":
				yield* this.value(inner.left);
				return yield* this.value(inner.right);
			case "assignment":
				return yield* this.assign(inner);
			case "update": {
				const before = yield* this.value(inner.operand);
				const after = ((before as number) + (inner.operator === "++" ? 1 : -1)) | 0;
				yield* this.assignTo(inner.operand, after);
				return inner.prefix ? after : before;
			}
			case "call":
				return yield* this.call(inner);
			default:
				throw unknown(inner);
		}
	}

	private *unary(tree: Extract<Expression, { kind: "unary" }>): Walk<Value> {
		if (tree.operator === "*") return yield* this.load(yield* this.place(tree));
		if (tree.operator === "&") {
			const place = yield* this.place(tree.operand);
			const base = place.path === undefined ? ((place.variable as Variable).value as string) : `@${place.path}`;
			return place.field === "" ? base : `${base}.${place.field}`;
		}
		return operateOnOne(tree.operator, yield* this.value(tree.operand));
	}

	private *binary(tree: Extract<Expression, { kind: "binary" }>): Walk<Value> {
		if (tree.operator === "&&") return (yield* this.truth(tree.left)) && (yield* this.truth(tree.right)) ? 1 : 0;
		if (tree.operator === "||") return (yield* this.truth(tree.left)) || (yield* this.truth(tree.right)) ? 1 : 0;
		const left = yield* this.value(tree.left);
		const right = yield* this.value(tree.right);
		return operate(tree.operator, left, right);
	}

	private *assign(tree: Extract<Expression, { kind: "assignment" }>): Walk<Value> {
		if (tree.operator !== "=") {
			const right = yield* this.value(tree.value);
			const before = yield* this.value(tree.target);
			const after = operate(tree.operator.slice(0, -1), before, right);
			yield* this.assignTo(tree.target, after);
			return after;
		}
		const variable = this.variableOf(bare(tree.target));
		if (variable) {
			const [value, again] = yield* this.copied(tree.value);
			this.set(variable, value, again);
			return value;
		}
		const value = yield* this.value(tree.value);
		yield* this.store(yield* this.place(tree.target), value);
		return value;
	}

	private *assignTo(target: Expression, value: Value): Walk<void> {
		const variable = this.variableOf(bare(target));
		if (variable) this.set(variable, value);
		else yield* this.store(yield* this.place(target), value);
	}

	private functionOf(tree: Extract<Expression, { kind: "call" }>): FunctionItem | undefined {
		const callee = bare(tree.callee);
		const declaration = callee.kind === "name" ? callee.symbol?.declaration : undefined;
		return declaration?.kind === "function" ? declaration : undefined;
	}

	private *call(tree: Extract<Expression, { kind: "call" }>): Walk<Value> {
		const item = this.functionOf(tree);
		const given = tree.arguments as readonly Expression[];
		if (!item) throw unknown(tree);
		if (!item.body) return yield* this.builtin(item.name.text, given);
		const variables = new Map<unknown, Variable>();
		for (const [index, parameter] of item.parameters.entries()) {
			const argument = given[index] as Expression;
			// To hand a value over to what the compiler does not see is to use it.
			const [value, again] = item.inline ? yield* this.copied(argument) : [yield* this.value(argument), undefined];
			const constant = constantIfAny(bare(argument)) !== undefined;
			variables.set(parameter, { value, again: again && { ...again }, constant });
		}
		if (!item.inline) this.barrier();
		this.depth++;
		this.returnedAgain = undefined;
		yield* this.body(item.body, { variables });
		if (!item.inline) for (const variable of variables.values()) variable.again = undefined;
		this.depth--;
		if (!item.inline) {
			this.barrier();
			this.returnedAgain = undefined;
		}
		return this.returned;
	}

	private *lockPlace(tree: Expression): Walk<Place> {
		const inner = bare(tree);
		if (inner.kind === "unary" && inner.operator === "&") return yield* this.place(inner.operand);
		return { ...(yield* this.pointer(tree)), field: "", structure: "" };
	}

	private *builtin(name: string, given: readonly Expression[]): Walk<Value> {
		const [first, second, third] = given as [Expression, Expression, Expression];
		const { interpreter, number } = this;
		const word = function* (walker: Walker): Walk<Place> {
			const inner = bare(first);
			if (inner.kind === "unary" && inner.operator === "&") return yield* walker.place(inner.operand);
			return { ...(yield* walker.pointer(first)), field: "", structure: "" };
		};
		switch (name) {
			case "READ_ONCE":
				return yield* this.load(yield* this.place(first));
			case "WRITE_ONCE": {
				const value = yield* this.value(second);
				yield* this.store(yield* this.place(first), value);
				return value;
			}
			case "smp_load_acquire": {
				const value = yield* this.load(yield* word(this));
				this.barrier();
				return value;
			}
			case "smp_store_release": {
				const value = yield* this.value(second);
				yield* this.store(yield* word(this), value);
				this.barrier();
				return value;
			}
			case "barrier":
			case "smp_mb":
				this.barrier();
				return 0;
			case "assert":
				if (!(yield* this.truth(first))) throw new Violation("assertion");
				return 0;
			case "wait_until": {
				this.barrier();
				yield { kind: "glue", begin: true };
				this.gluing++;
				const holds = yield* this.truth(first);
				this.gluing--;
				yield access(() => (holds ? 0 : "disabled"));
				yield { kind: "glue", begin: false };
				this.barrier();
				return 0;
			}
			case "__fetch_add":
			case "__xchg":
			case "__cmpxchg": {
				const place = yield* word(this);
				const a = yield* this.value(second);
				const b = name === "__cmpxchg" ? yield* this.value(third) : 0;
				const before = yield interpreter.access(place, (world, at) => {
					const old = world.words.get(at) as Value;
					if (name === "__fetch_add") world.words.set(at, ((old as number) + (a as number)) | 0);
					else if (name === "__xchg") world.words.set(at, a);
					else if (old === a) world.words.set(at, b);
					return old;
				});
				const ordering = bare(given[given.length - 1] as Expression);
				const orders = ordering.kind === "name" && !["__relaxed", "__noreturn"].includes(ordering.name.text);
				if (orders) this.barrier();
				for (const variable of this.all)
					if (variable.again && interpreter.aliases(variable.again.place, place)) variable.again = undefined;
				return before;
			}
			case "__lock":
			case "__trylock":
			case "__unlock":
			case "__lock_shared":
			case "__trylock_shared":
			case "__unlock_shared": {
				const place = yield* this.lockPlace(first);
				const gluing = this.gluing > 0;
				const attempt = access((world, thread) => {
					const at = interpreter.lockAt(world, place);
					const holders = world.locks.get(at) as number[];
					const mine = name.endsWith("_shared") ? -1 - thread : thread;
					if (name.startsWith("__unlock")) {
						const index = holders.indexOf(mine);
						if (index < 0) throw new Violation("lock_misuse");
						holders.splice(index, 1);
						world.readers[thread] = (world.readers[thread] as number) - 1;
						if (world.readers[thread] === 0) quiesce(world, thread);
						return 0;
					}
					const tries = name.startsWith("__try");
					const queued = world.queues.has(at);
					const noHolder = mine < 0 ? holders.every((holder) => holder < 0) : holders.length === 0;
					const standsBack = queued && (tries || (mine < 0 && holders.length > 0));
					if (!tries && (holders.includes(thread) || holders.includes(-1 - thread))) throw new Violation("lock_misuse");
					if (!noHolder || standsBack) {
						if (tries) return 0;
						if (mine < 0 || queued || gluing || !interpreter.hasReaders(at)) return "disabled";
						world.queues.add(at);
						return queuedUp;
					}
					if (mine >= 0) world.queues.delete(at);
					holders.push(mine);
					holders.sort();
					world.readers[thread] = (world.readers[thread] as number) + 1;
					return 1;
				});
				let result = yield attempt;
				while (result === queuedUp) result = yield attempt;
				this.barrier();
				return result;
			}
			case "__rcu_read_lock":
			case "__rcu_read_unlock":
				yield access((world, thread) => {
					world.readers[thread] = (world.readers[thread] as number) + (name === "__rcu_read_lock" ? 1 : -1);
					if (world.readers[thread] === 0) quiesce(world, thread);
					return 0;
				});
				this.barrier();
				return 0;
			case "__synchronize_rcu": {
				const period = `${number}.${this.periods++}`;
				yield access((world) => beginGracePeriod(world, period));
				yield access((world) => (world.gracePeriods.get(period)?.size === 0 ? 0 : "disabled"));
				this.barrier();
				return 0;
			}
			case "__call_rcu": {
				const callee = bare(first);
				const item = callee.kind === "name" ? callee.symbol?.declaration : undefined;
				if (item?.kind !== "function") throw unknown(callee);
				const argument = yield* this.value(second);
				const period = `${number}.${this.periods++}`;
				yield access((world) => {
					interpreter.callback(world, item, argument, period);
					return beginGracePeriod(world, period);
				});
				this.barrier();
				return 0;
			}
			case "__allocate": {
				const pool = bare(first);
				const available = interpreter.allocate(pool.kind === "name" ? pool.name.text : "");
				const run = (world: World, _: number, alternative: number) => {
					const object = available(world)[alternative];
					if (object === undefined) return 0;
					world.lives.set(object, "live");
					return `@${object}`;
				};
				const alternatives = (world: World) => Math.max(1, available(world).length);
				const object = yield { kind: "access", run, alternatives };
				this.barrier();
				return object;
			}
			case "__free": {
				const pointer = yield* this.value(first);
				yield access((world) => {
					if (pointer === 0) return 0;
					const object = String(pointer).slice(1);
					const life = world.lives.get(object);
					if (life === undefined) throw new Violation("invalid_free");
					if (life !== "live") throw new Violation("double_free");
					world.lives.set(object, "freed");
					return 0;
				});
				this.barrier();
				return 0;
			}
			default:
				throw new Error(`the tree interpreter knows no ${name}()`);
		}
	}
}

function quiesce(world: World, thread: number): void {
	for (const waits of world.gracePeriods.values()) waits.delete(thread);
}

function beginGracePeriod(world: World, period: string): Value {
	world.gracePeriods.set(period, new Set(world.readers.flatMap((depth, thread) => (depth > 0 ? [thread] : []))));
	return 0;
}

function operate(operator: string, left: Value, right: Value): Value {
	if (operator === "==" || operator === "!=") return Number((left === right) === (operator === "=="));
	if (typeof left !== "number" || typeof right !== "number") throw new Error(`pointers have no ${operator} here`);
	switch (operator) {
		case "+":
			return (left + right) | 0;
		case "-":
			return (left - right) | 0;
		case "*":
			return Math.imul(left, right);
		case "&":
			return left & right;
		case "|":
			return left | right;
		case "^":
			return left ^ right;
		case "<":
			return Number(left < right);
		case ">":
			return Number(left > right);
		default:
			throw new Error(`the tree interpreter knows no ${operator}`);
	}
}

function bare(tree: Expression): Expression {
	return tree.kind === "parenthesized" ? bare(tree.operand) : tree;
}

/** Numbers, NULL, and addresses of objects. */
function constantIfAny(tree: Expression): Value | undefined {
	const inner = bare(tree);
	if (inner.kind === "number") return inner.value;
	if (inner.kind === "name" && inner.symbol?.declaration.kind === "define") return inner.name.text === "true" ? 1 : 0;
	if (inner.kind === "unary" && inner.operator === "-" && inner.operand.kind === "number") return -inner.operand.value;
	if (inner.kind !== "unary" || inner.operator !== "&") return undefined;
	const path = pathOf(inner.operand);
	return path === undefined ? undefined : `@${path}`;
}

function pathOf(tree: Expression): string | undefined {
	const inner = bare(tree);
	if (inner.kind === "name") return inner.name.text;
	if (inner.kind !== "member" || inner.arrow) return undefined;
	const outer = pathOf(inner.object);
	return outer === undefined ? undefined : `${outer}.${inner.name.text}`;
}

function constantOf(tree: Expression): Value {
	const value = constantIfAny(tree);
	if (value === undefined) throw unknown(tree);
	return value;
}

const pointee = (tree: Expression): Type | undefined => (tree.type?.kind === "pointer" ? tree.type.to : undefined);
const structureOf = (type: Type | undefined): string => (type?.kind === "struct" ? (type as StructType).name : "");

function copyOf(world: World): World {
	return {
		words: new Map(world.words),
		lives: new Map(world.lives),
		locks: new Map([...world.locks].map(([lock, holders]) => [lock, [...holders]])),
		queues: new Set(world.queues),
		readers: [...world.readers],
		gracePeriods: new Map([...world.gracePeriods].map(([period, waits]) => [period, new Set(waits)])),
		threads: world.threads.map((thread) => ({ ...thread, heard: [...thread.heard] })),
	};
}

function keyOf(world: World): string {
	return JSON.stringify([
		[...world.words],
		[...world.lives],
		[...world.locks],
		[...world.queues].sort(),
		world.readers,
		[...world.gracePeriods].map(([period, waits]) => [period, [...waits]]),
		world.threads,
	]);
}
