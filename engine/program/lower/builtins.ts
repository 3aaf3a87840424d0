/** The functions of the machine (engine/kernel/machine.mmscn). */
import type { CallExpression, FunctionItem, Expression as Tree, TypeName } from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import { type ViolationKind, violationKinds } from "../../verdict/verdict.ts";
import type { Context, Expression, Fence, Marking, Ordering, Place, Update } from "../program.ts";
import { demandGuard } from "./annotations.ts";
import { lowerCallback, lowerFreeCallback } from "./callbacks.ts";
import { bare } from "./context.ts";
import { integer, lowerCondition, lowerExpression, narrow, readLvalue, writeLvalue } from "./expressions.ts";
import { binary, constant, constantValue, register, truth, unary } from "./fold.ts";
import { isStruct, structLayout } from "./layout.ts";
import { isSpinning } from "./objects.ts";
import { atAddress, lowerLvalue } from "./places.ts";
import type { ThreadLowering } from "./thread.ts";

interface Call {
	readonly t: ThreadLowering;
	readonly name: string;
	readonly tree: CallExpression;
	readonly args: readonly (Tree | TypeName)[];
}

const zero = constant(0);

function argument(call: Call, index: number): Tree {
	const found = call.args[index];
	if (!found || found.kind === "type_name")
		throw call.t.error(call.tree, `${call.name} needs ${index + 1} arguments or more`);
	return found;
}

/** Lowers a call of a builtin; its value, 0 where it has none. */
export function lowerBuiltin(t: ThreadLowering, name: string, tree: CallExpression): Expression {
	const lower = builtins[name];
	if (!lower) throw t.error(tree, `${name} is declared as a function of the machine, which has none of that name`);
	return lower({ t, name, tree, args: tree.arguments });
}

function markedLoad(marking: Marking, throughPointer: boolean) {
	return (call: Call): Expression => {
		const { t, tree } = call;
		const target = argument(call, 0);
		return readLvalue(t, throughPointer ? pointee(call, 0) : lowerLvalue(t, target), tree, marking);
	};
}

/** The lvalue that a pointer argument points to; `&x` is x itself. */
function pointee(call: Call, index: number) {
	const tree = argument(call, index);
	const inner = bare(tree) as Tree;
	if (inner.kind === "unary" && inner.operator === "&") return lowerLvalue(call.t, inner.operand);
	const to: Type = tree.type?.kind === "pointer" ? tree.type.to : { kind: "unknown" };
	const text = `*${call.t.context.sources.text(call.t.activation.file, tree)}`;
	return atAddress(call.t, lowerExpression(call.t, tree), to, text);
}

function markedStore(marking: Marking, throughPointer: boolean) {
	return (call: Call): Expression => {
		const value = lowerExpression(call.t, argument(call, 1));
		const lvalue = throughPointer ? pointee(call, 0) : lowerLvalue(call.t, argument(call, 0));
		writeLvalue(call.t, lvalue, value, call.tree, marking);
		return value;
	};
}

const orderings: readonly Ordering[] = ["noreturn", "relaxed", "acquire", "release", "full"];

function orderingOf(call: Call, index: number): Ordering {
	const value = constantValue(lowerExpression(call.t, argument(call, index)));
	const ordering = value === undefined ? undefined : orderings[value];
	if (!ordering) throw call.t.error(argument(call, index), "the ordering must be one of enum __ordering");
	return ordering;
}

function updateOf(update: Update, shape: "plain" | "compare" | "unless") {
	return (call: Call): Expression => {
		const { t, tree } = call;
		const lvalue = pointee(call, 0);
		const second = lowerExpression(t, argument(call, 1));
		const third = shape === "plain" ? zero : lowerExpression(t, argument(call, 2));
		const ordering = orderingOf(call, shape === "plain" ? 2 : 3);
		const target = t.temporary(lvalue.type);
		if (lvalue.kind === "register") throw t.error(tree, `${call.name} needs the address of an object in memory`);
		const isNarrow = lvalue.type.kind === "bool" || (lvalue.type.kind === "integer" && lvalue.type.bits < 32);
		if (isNarrow && update !== "exchange")
			throw t.error(tree, `${call.name} needs a whole word; of narrower ones there are only xchg and cmpxchg`);
		demandGuard(t, lvalue, "once", true, tree);
		const operand = narrow(shape === "compare" ? third : second, lvalue.type);
		const other = narrow(shape === "compare" ? second : third, lvalue.type);
		const compare = shape === "plain" ? undefined : { value: other, unless: shape === "unless" };
		t.emit(
			{
				kind: "update",
				register: ordering === "noreturn" ? undefined : target,
				place: lvalue.place,
				update,
				operand,
				ordering,
				...(compare ? { compare } : {}),
			},
			tree,
			lvalue.rules,
		);
		return ordering === "noreturn" ? zero : register(target);
	};
}

function fence(kind: Fence) {
	return (call: Call): Expression => {
		call.t.emit({ kind: "fence", fence: kind }, call.tree);
		return zero;
	};
}

/** The word of a lock whose address is an argument. */
function lockPlace(call: Call, index: number): { place: Place; spinning: boolean; hasReaders: boolean } {
	const lvalue = pointee(call, index);
	if (lvalue.kind === "register") throw call.t.error(argument(call, index), "a lock lives in memory");
	const name = lvalue.type.kind === "lock" ? lvalue.type.name : undefined;
	return {
		place: lvalue.place,
		spinning: name !== undefined && isSpinning(name),
		hasReaders: name === "rw_semaphore" || name === "rwlock_t",
	};
}

function lock(options: { shared: boolean; tries: boolean; bit: boolean; barges?: true }) {
	return (call: Call): Expression => {
		const { t, tree } = call;
		const { place, spinning, hasReaders } = lockPlace(call, options.bit ? 2 : 0);
		const bit = options.bit ? bitOf(call) : undefined;
		const target = options.tries ? t.temporary({ kind: "bool" }) : undefined;
		const { shared, tries, barges } = options;
		t.emit(
			{
				kind: "lock",
				lock: place,
				shared,
				try: target,
				spinning,
				...(bit ? { bit } : {}),
				...(hasReaders && !shared && !tries ? { queues: "behind_readers" } : {}),
				...(barges ? { barges } : {}),
			},
			tree,
		);
		return target === undefined ? zero : register(target);
	};
}

function bitOf(call: Call): { word: Place; number: Expression } {
	const word = pointee(call, 1);
	if (word.kind === "register") throw call.t.error(argument(call, 1), "a bit lock is in a word of memory");
	return { word: word.place, number: lowerExpression(call.t, argument(call, 0)) };
}

function unlock(options: { shared: boolean; bit: boolean }) {
	return (call: Call): Expression => {
		const { place, spinning } = lockPlace(call, options.bit ? 2 : 0);
		const bit = options.bit ? bitOf(call) : undefined;
		call.t.emit({ kind: "unlock", lock: place, shared: options.shared, spinning, ...(bit ? { bit } : {}) }, call.tree);
		return zero;
	};
}

function holds(call: Call, shared: boolean): Expression {
	const target = call.t.temporary({ kind: "bool" });
	call.t.emit({ kind: "holds", register: target, lock: lockPlace(call, 0).place, shared }, call.tree);
	return register(target);
}

function context(name: Context, change: 1 | -1) {
	return (call: Call): Expression => {
		call.t.emit({ kind: "context", context: name, change }, call.tree);
		return zero;
	};
}

function contextGet(call: Call, name: Context | "atomic"): Expression {
	const target = call.t.temporary(integer);
	call.t.emit({ kind: "context_get", register: target, context: name }, call.tree);
	return register(target);
}

/** Glued to the step before where it is local; else it begins with a stop of its own. */
function waitUntil(call: Call): Expression {
	const { t, tree } = call;
	t.atomically(tree, () => {
		t.emit({ kind: "await", condition: truth(lowerExpression(t, argument(call, 0))) }, tree);
	});
	return zero;
}

/** An assertion: true where it must hold, false where it must not. */
function assertion(holdsWhenTrue: boolean, kind: ViolationKind, returnsCondition: boolean) {
	return (call: Call): Expression => {
		const { t, tree } = call;
		const condition = argument(call, 0);
		const value = truth(lowerExpression(t, condition));
		const kept = returnsCondition ? t.stable(value, { kind: "bool" }, tree) : value;
		const text = t.context.sources.text(t.activation.file, condition);
		const message = `${call.name}(${text})${holdsWhenTrue ? " does not hold" : ""}`;
		t.emit({ kind: "check", condition: holdsWhenTrue ? kept : unary("not", kept), violation: kind, message }, tree);
		return kept;
	};
}

function lockdepAssert(shared: boolean) {
	return (call: Call): Expression => {
		const { t, tree } = call;
		const text = t.context.sources.text(t.activation.file, argument(call, 0));
		t.emit(
			{
				kind: "check",
				condition: holds(call, shared),
				violation: "lock_misuse",
				message: `${call.name}(${text}): it is not held`,
			},
			tree,
		);
		return zero;
	};
}

function violation(call: Call): Expression {
	const { t, tree } = call;
	const kindTree = bare(argument(call, 0)) as Tree;
	const name = kindTree.kind === "name" ? kindTree.name.text : "";
	const kind = violationKinds.find((candidate) => candidate === name);
	if (!kind)
		throw t.error(kindTree, `${name || "this"} is no kind of violation; there are ${violationKinds.join(", ")}`);
	const messageTree = call.args[1];
	const message = messageTree?.kind === "string" ? messageTree.value : `reached ${call.name}`;
	t.emit({ kind: "check", condition: zero, violation: kind, message }, tree);
	return zero;
}

function containerOf(call: Call): Expression {
	const { t, tree } = call;
	const [, type, member] = call.args;
	const owner = type?.kind === "type_name" ? type.type : undefined;
	const field = member && member.kind !== "type_name" ? (bare(member) as Tree) : undefined;
	if (!owner || !isStruct(owner) || field?.kind !== "name")
		throw t.error(tree, "container_of(pointer, struct type, member)");
	const offset = structLayout(owner).offsets.get(field.name.text);
	if (offset === undefined) throw t.error(field, `struct ${owner.name} has no member ${field.name.text}`);
	return binary("subtract", lowerExpression(t, argument(call, 0)), constant(offset));
}

function allocate(call: Call): Expression {
	const { t, tree } = call;
	const tree0 = bare(argument(call, 0)) as Tree;
	const declaration = tree0.kind === "name" ? tree0.symbol?.declaration : undefined;
	if (tree0.kind !== "name" || declaration?.kind !== "variable" || !tree0.symbol)
		throw t.error(tree, "__allocate needs the name of a pool");
	const { laidOut } = t.context.objects.variable(declaration, tree0.symbol.type, -1);
	if (laidOut.pool < 0) throw t.error(tree0, `${tree0.name.text} is no pool`);
	const target = t.temporary(tree.type ?? integer);
	t.emit({ kind: "allocate", register: target, pool: laidOut.pool }, tree);
	return register(target);
}

function choose(call: Call): Expression {
	const { t, tree } = call;
	const low = constantValue(lowerExpression(t, argument(call, 0)));
	const high = constantValue(lowerExpression(t, argument(call, 1)));
	if (low === undefined || high === undefined) throw t.error(tree, "__choose needs two constants");
	if (high < low || high - low >= 256) throw t.error(tree, "__choose needs a range of 1 to 256 values");
	const target = t.temporary(integer);
	t.emit({ kind: "choose", register: target, low, high }, tree);
	return register(target);
}

function functionArgument(call: Call, index: number): { item: FunctionItem; file: string } {
	const tree = bare(argument(call, index)) as Tree;
	const symbol = tree.kind === "name" ? tree.symbol : undefined;
	if (tree.kind !== "name" || symbol?.declaration.kind !== "function")
		throw call.t.error(tree, "this must be the name of a function");
	const found = symbol.declaration.body ? symbol : (call.t.context.lookup(tree.name.text) ?? symbol);
	if (found.declaration.kind !== "function" || !found.declaration.body)
		throw call.t.error(tree, `${tree.name.text}() has no body to explore`);
	return { item: found.declaration, file: found.file };
}

function callRcu(functionIndex: number, argumentIndex: number) {
	return (call: Call): Expression => {
		const { item, file } = functionArgument(call, functionIndex);
		const value = lowerExpression(call.t, argument(call, argumentIndex));
		lowerCallback(call.t, call.tree, item, file, value);
		return zero;
	};
}

function synchronizeRcu(call: Call): Expression {
	const gracePeriod = call.t.context.gracePeriods++;
	call.t.emit({ kind: "grace_period_begin", gracePeriod }, call.tree);
	call.t.emit({ kind: "grace_period_end", gracePeriod }, call.tree);
	return zero;
}

function dataRace(call: Call): Expression {
	const { t } = call;
	const before = t.marking;
	t.marking = "data_race";
	const value = lowerExpression(t, argument(call, 0));
	t.marking = before;
	return value;
}

function hint(call: Call): Expression {
	const { t, tree } = call;
	const yes = t.code.newLabel();
	const no = t.code.newLabel();
	const done = t.code.newLabel();
	const result = t.temporary({ kind: "bool" });
	lowerCondition(t, argument(call, 0), yes, no);
	t.code.bind(yes);
	t.emit({ kind: "assign", register: result, value: constant(1) }, tree);
	t.code.jump(done);
	t.code.bind(no);
	t.emit({ kind: "assign", register: result, value: zero }, tree);
	t.code.bind(done);
	return register(result);
}

/** A bit past the word would silently be another one of the same word. */
function bit(call: Call): Expression {
	const { t, tree } = call;
	const number = lowerExpression(t, argument(call, 0));
	const known = constantValue(number);
	if (known === undefined || known < 0 || known > 31) {
		const text = t.context.sources.text(t.activation.file, argument(call, 0));
		const message = `BIT(${text}): a word has 32 bits here`;
		const condition = binary("less_unsigned", number, constant(32));
		t.emit({ kind: "check", condition, violation: "out_of_range", message }, tree);
	}
	return binary("shift_left", constant(1), number);
}

const instruction =
	(make: (call: Call) => void) =>
	(call: Call): Expression => {
		make(call);
		return zero;
	};

const builtins: Readonly<Record<string, (call: Call) => Expression>> = {
	BIT: bit,
	KERNEL_VERSION: (call) => {
		const part = (index: number) => lowerExpression(call.t, argument(call, index));
		return binary(
			"or",
			binary("or", binary("shift_left", part(0), constant(16)), binary("shift_left", part(1), constant(8))),
			part(2),
		);
	},
	READ_ONCE: markedLoad("once", false),
	WRITE_ONCE: markedStore("once", false),
	smp_load_acquire: markedLoad("acquire", true),
	smp_store_release: markedStore("release", true),
	rcu_dereference: markedLoad("dereference", false),
	rcu_assign_pointer: markedStore("release", false),
	data_race: dataRace,
	__fetch_add: updateOf("add", "plain"),
	__fetch_and: updateOf("and", "plain"),
	__fetch_or: updateOf("or", "plain"),
	__fetch_xor: updateOf("xor", "plain"),
	__xchg: updateOf("exchange", "plain"),
	__cmpxchg: updateOf("exchange", "compare"),
	__fetch_add_unless: updateOf("add", "unless"),
	smp_mb: fence("mb"),
	smp_rmb: fence("rmb"),
	smp_wmb: fence("wmb"),
	smp_mb__before_atomic: fence("before_atomic"),
	smp_mb__after_atomic: fence("after_atomic"),
	smp_mb__after_spinlock: fence("after_spinlock"),
	smp_mb__after_unlock_lock: fence("after_unlock_lock"),
	barrier: fence("barrier"),
	__lock: lock({ shared: false, tries: false, bit: false }),
	__lock_shared: lock({ shared: true, tries: false, bit: false }),
	__lock_shared_past_writers: lock({ shared: true, tries: false, bit: false, barges: true }),
	__trylock: lock({ shared: false, tries: true, bit: false }),
	__trylock_shared: lock({ shared: true, tries: true, bit: false }),
	__unlock: unlock({ shared: false, bit: false }),
	__unlock_shared: unlock({ shared: true, bit: false }),
	__downgrade: instruction((call) => call.t.emit({ kind: "downgrade", lock: lockPlace(call, 0).place }, call.tree)),
	__holds: (call) => holds(call, false),
	__holds_shared: (call) => holds(call, true),
	__is_locked: (call) => {
		const target = call.t.temporary({ kind: "bool" });
		call.t.emit({ kind: "is_locked", register: target, lock: lockPlace(call, 0).place }, call.tree);
		return register(target);
	},
	__bit_lock: lock({ shared: false, tries: false, bit: true }),
	__bit_trylock: lock({ shared: false, tries: true, bit: true }),
	__bit_unlock: unlock({ shared: false, bit: true }),
	__irq_disable: context("irq", 1),
	__irq_enable: context("irq", -1),
	__irq_save: (call) => {
		const before = contextGet(call, "irq");
		call.t.emit({ kind: "context", context: "irq", change: 1 }, call.tree);
		return before;
	},
	__irq_restore: instruction((call) =>
		call.t.emit({ kind: "context_set", context: "irq", value: lowerExpression(call.t, argument(call, 0)) }, call.tree),
	),
	__irqs_disabled: (call) => contextGet(call, "irq"),
	__irqs_disabled_on: (call) => {
		const target = call.t.temporary({ kind: "bool" });
		call.t.emit(
			{ kind: "irqs_disabled_on", register: target, cpu: lowerExpression(call.t, argument(call, 0)) },
			call.tree,
		);
		return register(target);
	},
	__preempt_disable: context("preempt", 1),
	__preempt_enable: context("preempt", -1),
	__in_atomic: (call) => contextGet(call, "atomic"),
	might_sleep: instruction((call) => {
		const within = call.t.callStack[call.t.callStack.length - 1]?.function;
		call.t.emit({ kind: "might_sleep", what: within ? `${within}()` : "this" }, call.tree);
	}),
	smp_processor_id: (call) => constant(call.t.dataCpu),
	__cpus: (call) => constant(call.t.context.cpus),
	__percpu: (call) => readLvalue(call.t, lowerLvalue(call.t, call.tree), call.tree, call.t.marking),
	__rcu_read_lock: context("rcu", 1),
	__rcu_read_unlock: context("rcu", -1),
	__rcu_reader: (call) => truth(contextGet(call, "rcu")),
	__synchronize_rcu: synchronizeRcu,
	__call_rcu: callRcu(0, 1),
	call_rcu: callRcu(1, 0),
	kfree_rcu: instruction((call) => lowerFreeCallback(call.t, call.tree, lowerExpression(call.t, argument(call, 0)))),
	__allocate: allocate,
	__free: instruction((call) => {
		const tree = argument(call, 0);
		call.t.emit(
			{
				kind: "free",
				pointer: lowerExpression(call.t, tree),
				text: call.t.context.sources.text(call.t.activation.file, tree),
			},
			call.tree,
		);
	}),
	wait_until: waitUntil,
	__choose: choose,
	__violation: violation,
	assert: assertion(true, "assertion", false),
	BUG_ON: assertion(false, "assertion", false),
	VM_BUG_ON: assertion(false, "assertion", false),
	VM_BUG_ON_PAGE: assertion(false, "assertion", false),
	VM_BUG_ON_FOLIO: assertion(false, "assertion", false),
	WARN_ON: assertion(false, "assertion", true),
	WARN_ON_ONCE: assertion(false, "assertion", true),
	VM_WARN_ON: assertion(false, "assertion", true),
	VM_WARN_ON_ONCE: assertion(false, "assertion", true),
	VM_WARN_ON_FOLIO: assertion(false, "assertion", true),
	VM_WARN_ON_ONCE_FOLIO: assertion(false, "assertion", true),
	lockdep_assert_held: lockdepAssert(true),
	lockdep_assert_held_write: lockdepAssert(false),
	lockdep_assert_irqs_disabled: instruction((call) =>
		call.t.emit(
			{
				kind: "check",
				condition: contextGet(call, "irq"),
				violation: "lock_misuse",
				message: "lockdep_assert_irqs_disabled(): interrupts are on",
			},
			call.tree,
		),
	),
	container_of: containerOf,
	likely: hint,
	unlikely: hint,
};

/** Names of all builtins that lowering knows. */
export const builtinNames: readonly string[] = Object.keys(builtins);
