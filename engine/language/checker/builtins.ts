/** Calls of the machine's own functions, whose demands no prototype can say. */
import { violationKinds } from "../../verdict/verdict.ts";
import type { CallExpression, Expression, NameExpression } from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { checkArgumentsLoosely } from "./calls.ts";
import { type Checker, fieldOf, replacement, setType } from "./checker.ts";
import { kernelVersion } from "./constants.ts";
import { bare, checkCondition, checkConversion, checkDesignator, checkOperand } from "./conversions.ts";
import { checkExpression, checkLvalue, isLvalue } from "./expressions.ts";
import { resolveType } from "./typeNames.ts";
import {
	boolType,
	decayed,
	intType,
	isArithmetic,
	isScalar,
	isStruct,
	sameType,
	typeText,
	unknownType,
	unsignedLongType,
	voidType,
} from "./types.ts";

/** One call; `arguments` are expressions all, as many as the builtin takes. */
interface BuiltinCall {
	readonly c: Checker;
	readonly node: CallExpression;
	readonly name: string;
	readonly symbol: SymbolInfo;
	readonly arguments: readonly Expression[];
}

interface Builtin {
	readonly least: number;
	readonly most: number;
	/** What it takes, for the message: "READ_ONCE(x)". */
	readonly usage: string;
	readonly check: (call: BuiltinCall) => Type;
	/** The call changes memory or the thread's state: nothing for a property. */
	readonly effect?: true;
}

const many = Number.POSITIVE_INFINITY;

/**
 * Checks the call of a builtin. Undefined when its prototype says all there is to say.
 */
export function checkBuiltinCall(c: Checker, node: CallExpression, symbol: SymbolInfo): Type | undefined {
	const { name } = symbol;
	const builtin = builtins.get(name);
	if (c.body?.property && (builtin?.effect || isEffect(name))) {
		c.report("property-side-effect", node, `a property only looks; \`${name}\` does something`);
	}
	if (name === "container_of") return setType(node, checkContainerOf(c, node));
	if (builtin === undefined) {
		if (symbol.declaration.kind !== "function" || !symbol.declaration.variadic) return undefined;
		checkArgumentsLoosely(c, node);
		return setType(node, symbol.type.kind === "function" ? symbol.type.returns : unknownType);
	}
	const list: Expression[] = [];
	for (const argument of node.arguments) {
		if (argument.kind === "type_name") {
			resolveType(c, argument, undefined);
			c.report("builtin-argument", argument, `\`${name}\` takes no type: \`${builtin.usage}\``);
			list.push({ kind: "error", pos: argument.pos, end: argument.end });
		} else list.push(argument);
	}
	if (list.length < builtin.least || list.length > builtin.most) {
		const at = list.length > builtin.most ? (list[builtin.most] ?? node.callee) : node.callee;
		c.report("argument-count", at, `\`${name}\` is called as \`${builtin.usage}\``);
		checkArgumentsLoosely(c, node);
		return setType(node, unknownType);
	}
	return setType(node, builtin.check({ c, node, name, symbol, arguments: list }), node.constant);
}

/** Builtins with ordinary prototypes that do something. */
function isEffect(name: string): boolean {
	return /^(__irq_|__preempt_|__rcu_read_|__synchronize|smp_mb|smp_rmb|smp_wmb|barrier$|might_sleep$|__choose$)/.test(
		name,
	);
}

function wrong({ c, name }: BuiltinCall, at: Expression, what: string): Type {
	c.report(
		"builtin-argument",
		at,
		`\`${name}\` takes ${what}${at.type && at.type.kind !== "unknown" ? `; this is ${typeText(at.type)}` : ""}`,
	);
	return unknownType;
}

// -------------------------------------------------------------------------------------------------------- accesses

/** A variable or place in memory that is one word; its type. */
function place(call: BuiltinCall, node: Expression): Type {
	const type = checkOperand(call.c, node);
	if (type.kind === "unknown") return type;
	if (!isLvalue(node)) return wrong(call, node, "a variable or a place in memory, not a value");
	return type;
}

/** A pointer to one word; the word's type. */
function pointee(call: BuiltinCall, node: Expression): Type {
	const type = checkOperand(call.c, node);
	if (type.kind === "unknown") return type;
	if (type.kind !== "pointer") {
		const address = isLvalue(node)
			? { fix: { title: "Take the address", edits: [{ pos: node.pos, end: node.pos, text: "&" }] } }
			: {};
		call.c.report(
			"builtin-argument",
			node,
			`\`${call.name}\` takes the address of a word; this is ${typeText(type)}`,
			address,
		);
		return unknownType;
	}
	if (!isScalar(type.to) && type.to.kind !== "unknown") return wrong(call, node, "the address of one word");
	return type.to;
}

function argument({ arguments: list }: BuiltinCall, index: number): Expression {
	return list[index] ?? { kind: "error", pos: 0, end: 0 };
}

function value(call: BuiltinCall, type: Type, index: number): void {
	checkConversion(call.c, type, argument(call, index), "argument-type", `argument ${index + 1} of \`${call.name}\` is`);
}

/** The ordering of a read-modify-write: one of `enum __ordering`, known before the search. */
function ordering(call: BuiltinCall, index: number): void {
	const node = argument(call, index);
	const type = checkOperand(call.c, node);
	const isOrdering = type.kind === "enum" && type.name === "__ordering" && node.constant !== undefined;
	if (type.kind !== "unknown" && !isOrdering)
		wrong(call, node, "an ordering as its last argument: __noreturn, __relaxed, __acquire, __release or __full");
}

function update(operands: number, usage: string): Builtin {
	return {
		least: operands + 2,
		most: operands + 2,
		usage,
		effect: true,
		check: (call) => {
			const type = pointee(call, argument(call, 0));
			for (let index = 1; index <= operands; index++) value(call, type, index);
			ordering(call, operands + 1);
			return type;
		},
	};
}

// ------------------------------------------------------------------------------------------------------------- locks

/** The address of a lock. */
function lockAddress(call: BuiltinCall, node: Expression): void {
	const type = decayed(checkExpression(call.c, node));
	if (type.kind === "unknown" || (type.kind === "pointer" && (type.to.kind === "lock" || type.to.kind === "unknown")))
		return;
	if (type.kind === "lock") {
		call.c.report("builtin-argument", node, `\`${call.name}\` takes the address of the lock: write \`&\` before it`, {
			fix: { title: "Take the address", edits: [{ pos: node.pos, end: node.pos, text: "&" }] },
		});
		return;
	}
	if (isStruct(type)) setType(node, type);
	wrong(call, node, "the address of a lock (spinlock_t, rwlock_t, struct mutex, struct rw_semaphore, struct bit_lock)");
}

function lock(returns: Type, effect = true): Builtin {
	return {
		least: 1,
		most: 1,
		usage: "…(&object->lock)",
		...(effect && { effect }),
		check: (call) => {
			lockAddress(call, argument(call, 0));
			return returns;
		},
	};
}

function bitLock(returns: Type): Builtin {
	return {
		least: 3,
		most: 3,
		usage: "…(nr, &word, &lock)",
		effect: true,
		check: (call) => {
			const number = checkOperand(call.c, argument(call, 0));
			if (number.kind !== "unknown" && !isArithmetic(number))
				wrong(call, argument(call, 0), "the number of a bit first");
			const word = pointee(call, argument(call, 1));
			if (word.kind === "pointer") wrong(call, argument(call, 1), "the address of a word of flags");
			lockAddress(call, argument(call, 2));
			return returns;
		},
	};
}

// ------------------------------------------------------------------------------------------------ RCU and lifetimes

/** A function to be called after a grace period, and its arguments. */
function callback(call: BuiltinCall, functionIndex: number, given: readonly number[]): Type {
	const node = argument(call, functionIndex);
	const called = checkDesignator(call.c, undefined, node, "builtin-argument", `\`${call.name}\` takes`);
	const name = bare(node);
	const designated = name.kind === "unary" ? bare(name.operand) : name;
	if (called && designated.kind === "name" && designated.symbol) {
		call.c.recordCall({ symbol: designated.symbol, node: call.node, callback: true });
		if (called.parameters.length !== given.length) {
			const count = called.parameters.length === 1 ? "one argument" : `${called.parameters.length} arguments`;
			call.c.report(
				"builtin-argument",
				node,
				`\`${designated.name.text}\` takes ${count}; \`${call.name}\` gives it ${given.length}`,
			);
		}
	}
	for (const [position, index] of given.entries()) {
		const type = called?.parameters[position];
		if (type) value(call, type, index);
		else checkOperand(call.c, argument(call, index));
	}
	return voidType;
}

function isPool(symbol: SymbolInfo | undefined): boolean {
	return symbol?.declaration.kind === "variable" && /pool$/.test(symbol.declaration.storage);
}

function checkAllocate(call: BuiltinCall): Type {
	const node = argument(call, 0);
	const type = checkExpression(call.c, node);
	const inner = bare(node);
	if (type.kind === "unknown") return type;
	if (inner.kind !== "name" || !isPool(inner.symbol) || type.kind !== "array") {
		return wrong(call, node, "the name of a pool (`pool struct anon_vma anon_vmas[2];`)");
	}
	return { kind: "pointer", to: type.of };
}

function checkFree(call: BuiltinCall): Type {
	const node = argument(call, 0);
	const type = checkOperand(call.c, node);
	if (type.kind !== "unknown" && type.kind !== "pointer") wrong(call, node, "a pointer to the object");
	return voidType;
}

/** kfree_rcu(pointer, field) */
function checkKfreeRcu(call: BuiltinCall): Type {
	const type = checkOperand(call.c, argument(call, 0));
	const field = argument(call, 1);
	if (type.kind === "unknown") setType(field, unknownType);
	else if (type.kind !== "pointer" || !isStruct(type.to)) wrong(call, argument(call, 0), "a pointer to a struct");
	else memberPath(call.c, type.to, field, call.name);
	return voidType;
}

function checkPercpu(call: BuiltinCall): Type {
	const node = argument(call, 0);
	const type = checkExpression(call.c, node);
	const cpu = checkOperand(call.c, argument(call, 1));
	if (cpu.kind !== "unknown" && !isArithmetic(cpu))
		wrong(call, argument(call, 1), "the number of a CPU as its second argument");
	let root: Expression = bare(node);
	while (root.kind === "index" || (root.kind === "member" && !root.arrow)) root = bare(root.object);
	const declaration = root.kind === "name" ? root.symbol?.declaration : undefined;
	if (type.kind === "unknown") return type;
	if (declaration?.kind !== "variable" || declaration.storage !== "percpu")
		return wrong(call, node, "a percpu variable, or a part of one");
	return type;
}

// --------------------------------------------------------------------------------------------------------- the rest

/** A field, or a path of fields, that is no expression: `i_data.i_pages`. Returns its type. */
function memberPath(c: Checker, owner: Type, node: Expression, user: string): Type {
	const inner = node.kind === "member" && !node.arrow ? memberPath(c, owner, node.object, user) : owner;
	const name = node.kind === "name" || (node.kind === "member" && !node.arrow) ? node.name : undefined;
	if (name === undefined) {
		c.report("builtin-argument", node, `\`${user}\` takes the name of a field here`);
		return setType(node, unknownType);
	}
	if (inner.kind === "unknown") return setType(node, inner);
	const struct = c.completed(inner);
	const field = isStruct(struct) ? fieldOf(struct, name.text) : undefined;
	if (field === undefined) {
		c.reportUnknown(
			"unknown-field",
			name,
			`${typeText(inner)} has no field`,
			isStruct(struct) ? (struct.fields ?? []).map((one) => one.name) : [],
		);
		return setType(node, unknownType);
	}
	if (field.node.symbol) (node as NameExpression).symbol = field.node.symbol;
	return setType(node, field.type);
}

/** container_of(pointer, struct inode, i_data) */
function checkContainerOf(c: Checker, node: CallExpression): Type {
	const [pointer, container, member] = node.arguments;
	if (
		node.arguments.length !== 3 ||
		container?.kind !== "type_name" ||
		pointer?.kind === "type_name" ||
		member?.kind === "type_name"
	) {
		const usage = "`container_of(pointer, struct inode, i_data)`";
		if (container && container.kind !== "type_name" && node.arguments.length === 3) {
			c.report("builtin-argument", container, `\`container_of\` takes a type as its second argument: ${usage}`, {
				...(container.kind === "name" &&
					c.findTag(container.name.text) && { fix: replacement(container, `struct ${container.name.text}`) }),
			});
			if (pointer && pointer.kind !== "type_name") checkExpression(c, pointer);
		} else {
			c.report("argument-count", node.callee, `\`container_of\` is called as ${usage}`);
			checkArgumentsLoosely(c, node);
		}
		return unknownType;
	}
	const struct = resolveType(c, container, undefined);
	const inner = pointer ? checkOperand(c, pointer) : unknownType;
	if (struct.kind === "unknown" || !member) return unknownType;
	if (!isStruct(struct)) {
		c.report(
			"builtin-argument",
			container,
			`\`container_of\` takes the struct around the field; this is ${typeText(struct)}`,
		);
		return unknownType;
	}
	const field = memberPath(c, struct, member, "container_of");
	if (field.kind === "unknown" || inner.kind === "unknown") return { kind: "pointer", to: c.completed(struct) };
	const matches = inner.kind === "pointer" && (inner.to.kind === "void" || sameType(inner.to, field));
	if (!matches && pointer) {
		c.report("builtin-argument", pointer, `this is ${typeText(inner)}, but the field is ${typeText(field)}`);
	}
	return { kind: "pointer", to: c.completed(struct) };
}

function checkViolation(call: BuiltinCall): Type {
	const kind = argument(call, 0);
	const name = kind.kind === "name" ? kind.name : undefined;
	setType(kind, unknownType);
	if (name === undefined)
		call.c.report("builtin-argument", kind, "`__violation` takes the name of a kind of violation first");
	else if (!(violationKinds as readonly string[]).includes(name.text)) {
		call.c.reportUnknown("unknown-expectation", name, "unknown kind of violation", violationKinds);
	}
	const message = argument(call, 1);
	checkExpression(call.c, message);
	if (bare(message).kind !== "string")
		call.c.report("builtin-argument", message, "`__violation` takes a message in quotes as its second argument");
	return voidType;
}

/** BUG_ON(condition) and its kin; VM_BUG_ON_FOLIO(condition, folio) has one argument more. */
function assertion(least: number, most: number, returns: Type): Builtin {
	return {
		least,
		most,
		usage: least === 2 ? "…(condition, object)" : "…(condition)",
		check: (call) => {
			checkCondition(call.c, argument(call, 0));
			for (const rest of call.arguments.slice(1)) checkExpression(call.c, rest);
			return returns;
		},
	};
}

function constantCall(
	least: number,
	usage: string,
	returns: Type,
	fold: (values: readonly number[], call: BuiltinCall) => number | undefined,
): Builtin {
	return {
		least,
		most: least,
		usage,
		check: (call) => {
			for (const node of call.arguments) {
				const type = checkOperand(call.c, node);
				if (type.kind !== "unknown" && !isArithmetic(type)) wrong(call, node, "numbers");
			}
			const values = call.arguments.map((node) => node.constant);
			if (!values.every((one) => one !== undefined)) return returns;
			const folded = fold(values, call);
			if (folded !== undefined) call.node.constant = folded;
			return returns;
		},
	};
}

function foldBit([number = 0]: readonly number[], call: BuiltinCall): number | undefined {
	if (number >= 0 && number <= 31) return (1 << number) | 0;
	call.c.report("shift-count", argument(call, 0), `a word has 32 bits here: there is no bit ${number}`);
	return undefined;
}

const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
	["BIT", constantCall(1, "BIT(nr)", unsignedLongType, foldBit)],
	[
		"KERNEL_VERSION",
		constantCall(3, "KERNEL_VERSION(6, 5, 0)", intType, ([a = 0, b = 0, p = 0]) => kernelVersion(a, b, p)),
	],
	["READ_ONCE", { least: 1, most: 1, usage: "READ_ONCE(x)", check: (call) => place(call, argument(call, 0)) }],
	["rcu_dereference", { least: 1, most: 1, usage: "rcu_dereference(p)", check: checkRcuDereference }],
	["WRITE_ONCE", { least: 2, most: 2, usage: "WRITE_ONCE(x, value)", effect: true, check: checkStore }],
	["rcu_assign_pointer", { least: 2, most: 2, usage: "rcu_assign_pointer(p, value)", effect: true, check: checkStore }],
	[
		"smp_load_acquire",
		{ least: 1, most: 1, usage: "smp_load_acquire(&x)", check: (call) => pointee(call, argument(call, 0)) },
	],
	[
		"smp_store_release",
		{ least: 2, most: 2, usage: "smp_store_release(&x, value)", effect: true, check: checkStoreRelease },
	],
	[
		"data_race",
		{ least: 1, most: 1, usage: "data_race(expression)", check: (call) => checkExpression(call.c, argument(call, 0)) },
	],
	...["add", "and", "or", "xor"].map(
		(name) => [`__fetch_${name}`, update(1, `__fetch_${name}(&x, value, ordering)`)] as const,
	),
	["__xchg", update(1, "__xchg(&x, value, ordering)")],
	["__cmpxchg", update(2, "__cmpxchg(&x, old, new, ordering)")],
	["__fetch_add_unless", update(2, "__fetch_add_unless(&x, value, unless, ordering)")],
	...["__lock", "__lock_shared", "__lock_shared_past_writers", "__unlock", "__unlock_shared", "__downgrade"].map(
		(name) => [name, lock(voidType)] as const,
	),
	...["__trylock", "__trylock_shared"].map((name) => [name, lock(boolType)] as const),
	...["__holds", "__holds_shared", "__is_locked"].map((name) => [name, lock(boolType, false)] as const),
	...["lockdep_assert_held", "lockdep_assert_held_write"].map((name) => [name, lock(voidType, false)] as const),
	["__bit_lock", bitLock(voidType)],
	["__bit_trylock", bitLock(boolType)],
	["__bit_unlock", bitLock(voidType)],
	["__percpu", { least: 2, most: 2, usage: "__percpu(variable, cpu)", check: checkPercpu }],
	["__call_rcu", { least: 1, most: many, usage: "__call_rcu(function, argument)", effect: true, check: checkCallRcu }],
	[
		"call_rcu",
		{
			least: 2,
			most: 2,
			usage: "call_rcu(&object->rcu, function)",
			effect: true,
			check: (call) => callback(call, 1, [0]),
		},
	],
	["kfree_rcu", { least: 2, most: 2, usage: "kfree_rcu(pointer, field)", effect: true, check: checkKfreeRcu }],
	["__allocate", { least: 1, most: 1, usage: "__allocate(pool)", effect: true, check: checkAllocate }],
	["__free", { least: 1, most: 1, usage: "__free(pointer)", effect: true, check: checkFree }],
	["wait_until", { ...assertion(1, 1, voidType), usage: "wait_until(condition)", effect: true }],
	["__violation", { least: 2, most: 2, usage: '__violation(kind, "message")', effect: true, check: checkViolation }],
	["assert", assertion(1, 1, voidType)],
	...["BUG_ON", "VM_BUG_ON"].map((name) => [name, assertion(1, 1, voidType)] as const),
	...["VM_BUG_ON_PAGE", "VM_BUG_ON_FOLIO"].map((name) => [name, assertion(2, 2, voidType)] as const),
	...["WARN_ON", "WARN_ON_ONCE", "VM_WARN_ON", "VM_WARN_ON_ONCE"].map(
		(name) => [name, assertion(1, 1, boolType)] as const,
	),
	...["VM_WARN_ON_FOLIO", "VM_WARN_ON_ONCE_FOLIO", "VM_WARN_ON_ONCE_PAGE"].map(
		(name) => [name, assertion(2, 2, boolType)] as const,
	),
	...["likely", "unlikely"].map((name) => [name, { ...assertion(1, 1, intType), check: checkLikely }] as const),
]);

function checkRcuDereference(call: BuiltinCall): Type {
	const type = place(call, argument(call, 0));
	if (type.kind !== "unknown" && type.kind !== "pointer")
		return wrong(call, argument(call, 0), "a pointer that RCU protects");
	return type;
}

function checkStore(call: BuiltinCall): Type {
	const type = place(call, argument(call, 0));
	if (type.kind !== "unknown") checkLvalue(call.c, argument(call, 0), "assigned");
	value(call, type, 1);
	return voidType;
}

function checkStoreRelease(call: BuiltinCall): Type {
	value(call, pointee(call, argument(call, 0)), 1);
	return voidType;
}

function checkLikely(call: BuiltinCall): Type {
	const condition = argument(call, 0);
	checkCondition(call.c, condition);
	if (condition.constant !== undefined) call.node.constant = Number(condition.constant !== 0);
	return intType;
}

function checkCallRcu(call: BuiltinCall): Type {
	return callback(
		call,
		0,
		call.arguments.slice(1).map((_, index) => index + 1),
	);
}
