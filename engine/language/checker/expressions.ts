/** Expressions: what they are made of, their types, their values where they are constant. */
import type {
	AssignmentExpression,
	BinaryExpression,
	CallExpression,
	CastExpression,
	ConditionalExpression,
	Expression,
	IndexExpression,
	MemberExpression,
	NameExpression,
	NumberExpression,
	UnaryExpression,
	UpdateExpression,
} from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { checkBuiltinCall } from "./builtins.ts";
import { type Checker, fieldOf, replacement, setType } from "./checker.ts";
import { foldBinary } from "./constants.ts";
import { bare, checkCondition, checkConversion, checkOperand, convert } from "./conversions.ts";
import { isByReference } from "./declarations.ts";
import { resolveType } from "./typeNames.ts";
import {
	commonArithmetic,
	decayed,
	intType,
	isArithmetic,
	isScalar,
	isStruct,
	isUnsigned,
	promoted,
	sameType,
	stringType,
	typeText,
	unknownType,
	wrapped,
} from "./types.ts";

/** Checks an expression; returns its type as it is: a struct, array or function is not turned into a value. */
export function checkExpression(c: Checker, node: Expression): Type {
	switch (node.kind) {
		case "name":
			return checkName(c, node);
		case "number":
			return checkNumber(c, node);
		case "string":
			return setType(node, stringType);
		case "call":
			return checkCall(c, node);
		case "member":
			return checkMember(c, node);
		case "index":
			return checkIndex(c, node);
		case "unary":
			return checkUnary(c, node);
		case "update":
			return checkUpdate(c, node);
		case "binary":
			return checkBinary(c, node);
		case "assignment":
			return checkAssignment(c, node);
		case "conditional":
			return checkConditional(c, node);
		case "cast":
			return checkCast(c, node);
		case "comma": {
			checkExpression(c, node.left);
			// No constant, as in C: what stands on the left still happens.
			return setType(node, checkExpression(c, node.right));
		}
		case "parenthesized":
			return setType(node, checkExpression(c, node.operand), node.operand.constant);
		case "error":
			return setType(node, unknownType);
	}
}

// ---------------------------------------------------------------------------------------------------------- names

function checkName(c: Checker, node: NameExpression): Type {
	const symbol = c.find(node.name.text);
	if (symbol === undefined) {
		reportUnknownName(c, node, "unknown-name", "unknown name");
		return setType(node, unknownType);
	}
	node.symbol = symbol;
	if (c.settling.has(symbol)) {
		c.report("constant-cycle", node, `\`${symbol.name}\` is defined by itself`);
		return setType(node, unknownType);
	}
	switch (symbol.kind) {
		case "type":
			c.report("unknown-name", node, `\`${symbol.name}\` is a type; a value is needed here`);
			return setType(node, unknownType);
		case "thread":
			c.report(
				"unknown-name",
				node,
				`\`${symbol.name}\` is a thread; its variables are \`${symbol.name}.variable\`, in properties`,
			);
			return setType(node, unknownType);
		case "constant":
			if (symbol.type.kind !== "void") break;
			c.report("unknown-name", node, `\`${symbol.name}\` is defined without a value`);
			return setType(node, unknownType);
		default:
			break;
	}
	return setType(node, c.completed(symbol.type), symbol.constant);
}

/** Reports a name that nothing declares, once in a body. */
function reportUnknownName(
	c: Checker,
	node: NameExpression,
	code: "unknown-name" | "unknown-function",
	what: string,
): void {
	const { text } = node.name;
	if (c.body?.reported.has(text)) return;
	c.body?.reported.add(text);
	const tag = c.findTag(text);
	if (tag !== undefined && code === "unknown-name") {
		c.report(code, node, `\`${text}\` is a ${tag.kind}, not an object: a type is written \`${tag.kind} ${text}\``);
		return;
	}
	const wanted = code === "unknown-function" ? ["function", "builtin"] : undefined;
	const candidates = [...c.namesInScope()].filter((name) => {
		const symbol = c.find(name);
		return symbol?.kind !== "type" && (!wanted || wanted.includes(symbol?.kind ?? ""));
	});
	c.reportUnknown(code, node.name, what, candidates);
}

function checkNumber(c: Checker, node: NumberExpression): Type {
	const text = c.tree.text.slice(node.pos, node.end).toLowerCase();
	const suffix = text.startsWith("'") ? "" : (/[ul]*$/.exec(text)?.[0] ?? "");
	const unsigned = suffix.includes("u") || node.value > 0x7fffffff;
	const name = `${unsigned ? "unsigned " : ""}${suffix.includes("l") ? "long" : "int"}`;
	const type: Type = name === "int" ? intType : { kind: "integer", name, signed: !unsigned, bits: 32 };
	return setType(node, type, node.value | 0);
}

// ------------------------------------------------------------------------------------------------- parts of objects

function checkMember(c: Checker, node: MemberExpression): Type {
	if (!node.arrow && node.object.kind === "name") {
		const symbol = c.find(node.object.name.text);
		if (symbol?.kind === "thread") return checkThreadVariable(c, node, node.object, symbol);
	}
	const object = checkExpression(c, node.object);
	if (object.kind === "unknown") return setType(node, unknownType);
	const pointed = object.kind === "pointer" ? object.to : object.kind === "array" ? object.of : undefined;
	const between = { pos: node.object.end, end: node.name.pos };
	if (!node.arrow && pointed && isStruct(pointed)) {
		if (node.name.text !== "") {
			c.report("not-a-struct", node.name, `this is a pointer to ${typeText(pointed)}: write \`->\``, {
				fix: replacement(between, "->"),
			});
		}
	} else if (node.arrow && isStruct(object)) {
		if (node.name.text !== "") {
			c.report("not-a-struct", node.name, `this is ${typeText(object)} itself, not a pointer to it: write \`.\``, {
				fix: replacement(between, "."),
			});
		}
	} else if (!isStruct(node.arrow ? (pointed ?? unknownType) : object)) {
		const known = pointed?.kind !== "unknown";
		if (node.name.text !== "" && known) c.report("not-a-struct", node.object, `${typeText(object)} has no fields`);
		return setType(node, unknownType);
	}
	const owner = c.completed(node.arrow || !isStruct(object) ? (pointed ?? object) : object);
	if (!isStruct(owner)) return setType(node, unknownType);
	if (owner.fields === undefined) {
		c.report(
			"incomplete-type",
			node.object,
			`the fields of ${typeText(owner)} are not known here: include the file that has them`,
		);
		return setType(node, unknownType);
	}
	const field = fieldOf(owner, node.name.text);
	if (field === undefined) {
		const names = owner.fields.map((candidate) => candidate.name);
		c.reportUnknown("unknown-field", node.name, `${typeText(owner)} has no field`, names);
		return setType(node, unknownType);
	}
	if (field.node.symbol) node.symbol = field.node.symbol;
	return setType(node, c.completed(field.type));
}

/** `thread.variable` in a property. */
function checkThreadVariable(c: Checker, node: MemberExpression, object: NameExpression, thread: SymbolInfo): Type {
	object.symbol = thread;
	setType(object, unknownType);
	if (!c.body?.property) {
		c.report("unknown-name", node, `a thread's variables are seen by properties (always, finally, exists, never) only`);
		return setType(node, unknownType);
	}
	const declaration = thread.declaration.kind === "thread" ? thread.declaration : undefined;
	const locals = declaration && c.threadLocals.get(declaration);
	const local = locals?.get(node.name.text);
	if (local === undefined) {
		const reported = declaration && c.reportedVariables.get(declaration);
		if (!reported?.has(node.name.text)) {
			c.reportUnknown("unknown-name", node.name, `thread ${thread.name} has no variable`, locals?.keys() ?? []);
			reported?.add(node.name.text);
		}
		return setType(node, unknownType);
	}
	node.symbol = local;
	return setType(node, c.completed(local.type));
}

function checkIndex(c: Checker, node: IndexExpression): Type {
	const object = checkExpression(c, node.object);
	const index = checkOperand(c, node.index);
	if (index.kind !== "unknown" && !isArithmetic(index))
		c.report("operand-type", node.index, `an index is a number, this is ${typeText(index)}`);
	if (object.kind === "array") return setType(node, c.completed(object.of));
	if (object.kind === "pointer" && object.to.kind !== "void" && object.to.kind !== "function")
		return setType(node, c.completed(object.to));
	if (object.kind !== "unknown") c.report("operand-type", node.object, `${typeText(object)} has no elements`);
	return setType(node, unknownType);
}

/** Whether an expression names a place in memory or a variable, which can be assigned or pointed to. */
export function isLvalue(node: Expression): boolean {
	const inner = bare(node);
	switch (inner.kind) {
		case "name":
			return inner.symbol === undefined || ["object", "local", "parameter"].includes(inner.symbol.kind);
		case "member":
			return inner.arrow || isLvalue(inner.object) || inner.type?.kind === "unknown";
		case "index":
		case "error":
			return true;
		case "unary":
			return inner.operator === "*";
		case "call":
			return inner.callee.kind === "name" && inner.callee.name.text === "__percpu";
		default:
			return false;
	}
}

/** Reports an expression that cannot be written to. Returns whether it can. */
export function checkLvalue(c: Checker, node: Expression, what: string): boolean {
	if (node.type?.kind === "unknown" && !isParam(node)) return true;
	if (isLvalue(node) && !isVersionCode(node)) return true;
	const inner = bare(node);
	const message = isParam(inner)
		? `a param keeps its value for the whole search; it cannot be ${what}`
		: isVersionCode(inner)
			? "the kernel version stands in the scenario: `kernel v6.5;`"
			: `this is a value, not a variable or a place in memory; it cannot be ${what}`;
	c.report("lvalue-required", node, message);
	return false;
}

function isParam(node: Expression): boolean {
	return node.kind === "name" && node.symbol?.kind === "param";
}

function isVersionCode(node: Expression): boolean {
	return node.kind === "name" && node.name.text === "LINUX_VERSION_CODE";
}

// -------------------------------------------------------------------------------------------------------- operators

function checkUnary(c: Checker, node: UnaryExpression): Type {
	const { operator, operand } = node;
	if (operator === "&") return checkAddress(c, node);
	if (operator === "*") return checkDereference(c, node);
	const type = checkOperand(c, operand);
	const { constant } = operand;
	if (operator === "!") {
		return setType(node, intType, constant === undefined ? undefined : Number(constant === 0));
	}
	if (type.kind === "unknown") return setType(node, unknownType);
	if (!isArithmetic(type)) {
		const hint = type.kind === "pointer" ? ": cast it to unsigned long first" : "";
		c.report("operand-type", operand, `\`${operator}\` takes a number, this is ${typeText(type)}${hint}`);
		return setType(node, unknownType);
	}
	if (constant === undefined) return setType(node, promoted(type));
	return setType(node, promoted(type), operator === "-" ? -constant | 0 : operator === "~" ? ~constant : constant);
}

function checkAddress(c: Checker, node: UnaryExpression): Type {
	const type = checkExpression(c, node.operand);
	if (type.kind === "unknown") return setType(node, unknownType);
	if (type.kind === "function") {
		c.report("function-as-value", node, "a function is called, or given to call_rcu(); it has no address");
		return setType(node, unknownType);
	}
	if (!isLvalue(node.operand)) {
		c.report(
			"lvalue-required",
			node.operand,
			"this is a value, not a variable or a place in memory; it has no address",
		);
		return setType(node, unknownType);
	}
	return setType(node, { kind: "pointer", to: type });
}

function checkDereference(c: Checker, node: UnaryExpression): Type {
	const type = decayed(checkExpression(c, node.operand));
	if (type.kind === "unknown") return setType(node, unknownType);
	if (type.kind === "pointer" && type.to.kind !== "void" && type.to.kind !== "function")
		return setType(node, c.completed(type.to));
	const message =
		type.kind === "pointer" && type.to.kind === "void"
			? "a void pointer does not say what it points to: cast it first"
			: type.kind === "pointer"
				? "a function has no contents"
				: `\`*\` follows a pointer, this is ${typeText(type)}`;
	c.report("dereference-type", node.operand, message);
	return setType(node, unknownType);
}

function noSideEffects(c: Checker, node: Expression): void {
	if (c.body?.property) c.report("property-side-effect", node, "a property only looks; it changes nothing");
}

function checkUpdate(c: Checker, node: UpdateExpression): Type {
	noSideEffects(c, node);
	const type = checkOperand(c, node.operand);
	if (!checkLvalue(c, node.operand, `used with \`${node.operator}\``)) return setType(node, unknownType);
	return setType(node, type);
}

function checkBinary(c: Checker, node: BinaryExpression): Type {
	const { operator } = node;
	if (operator === "&&" || operator === "||") return checkLogical(c, node);
	const left = checkOperand(c, node.left);
	const right = checkOperand(c, node.right);
	if (left.kind === "unknown" || right.kind === "unknown") {
		const boolean = ["<", ">", "<=", ">=", "==", "!="].includes(operator);
		return setType(node, boolean ? intType : unknownType);
	}
	if (["<", ">", "<=", ">=", "==", "!="].includes(operator)) return checkComparison(c, node, left, right);
	if (left.kind === "pointer" || right.kind === "pointer") return checkPointerArithmetic(c, node, left, right);
	const shift = operator === "<<" || operator === ">>";
	const type = shift ? promoted(left) : commonArithmetic(left, right);
	if ((operator === "/" || operator === "%") && node.right.constant === 0) {
		c.report("constant-division", node.right, "division by zero");
		return setType(node, type);
	}
	const count = node.right.constant;
	if (shift && count !== undefined && (count < 0 || count > 31)) {
		c.report("shift-count", node.right, `a word has 32 bits here: a shift by ${count} is not possible`);
		return setType(node, type);
	}
	return setType(node, type, fold(node, type));
}

function fold(node: BinaryExpression, type: Type): number | undefined {
	if (node.left.constant === undefined || node.right.constant === undefined) return undefined;
	return foldBinary(node.operator, node.left.constant, node.right.constant, isUnsigned(type));
}

function checkLogical(c: Checker, node: BinaryExpression): Type {
	checkOperand(c, node.left);
	checkOperand(c, node.right);
	const decided =
		node.operator === "&&" ? node.left.constant === 0 : node.left.constant !== undefined && node.left.constant !== 0;
	if (decided) return setType(node, intType, Number(node.operator === "||"));
	return setType(node, intType, fold(node, intType));
}

function checkComparison(c: Checker, node: BinaryExpression, left: Type, right: Type): Type {
	if (left.kind === "pointer" && right.kind === "pointer") {
		if (!sameType(left.to, right.to) && left.to.kind !== "void" && right.to.kind !== "void") {
			c.report("comparison-type", node, `${typeText(left)} is compared with ${typeText(right)}`, {
				severity: "warning",
			});
		}
	} else if (left.kind === "pointer" || right.kind === "pointer") {
		const number = left.kind === "pointer" ? node.right : node.left;
		if (number.constant !== 0) {
			const pointer = left.kind === "pointer" ? left : right;
			c.report("comparison-type", node, `${typeText(pointer)} is compared with a number: cast one of them`);
		}
	} else if (left.kind === "enum" && right.kind === "enum" && left.name !== right.name) {
		c.report("enum-mixed", node, `${typeText(left)} is compared with ${typeText(right)}`, { severity: "warning" });
	}
	const unsigned = left.kind === "pointer" || right.kind === "pointer" || isUnsigned(commonArithmetic(left, right));
	const { left: a, right: b } = node;
	if (a.constant === undefined || b.constant === undefined) return setType(node, intType);
	return setType(node, intType, foldBinary(node.operator, a.constant, b.constant, unsigned));
}

function checkPointerArithmetic(c: Checker, node: BinaryExpression, left: Type, right: Type): Type {
	const { operator } = node;
	const pointer = left.kind === "pointer" ? left : right;
	if (left.kind === "pointer" && right.kind === "pointer") {
		if (operator === "-" && sameType(left.to, right.to))
			return setType(node, { kind: "integer", name: "long", signed: true, bits: 32 });
	} else if (operator === "+" || (operator === "-" && left.kind === "pointer")) {
		if (pointer.kind === "pointer" && pointer.to.kind !== "void") return setType(node, pointer);
		c.report("operand-type", node, "a void pointer does not say how far its next element is: cast it first");
		return setType(node, unknownType);
	}
	const side = left.kind === "pointer" ? node.left : node.right;
	c.report(
		"operand-type",
		side,
		`\`${operator}\` takes numbers, this is ${typeText(pointer)}: cast it to unsigned long first`,
		{
			fix: { title: "Cast to unsigned long", edits: [{ pos: side.pos, end: side.pos, text: "(unsigned long)" }] },
		},
	);
	return setType(node, unknownType);
}

function checkAssignment(c: Checker, node: AssignmentExpression): Type {
	noSideEffects(c, node);
	const target = checkExpression(c, node.target);
	if (isStruct(target)) {
		checkExpression(c, node.value);
		c.report(
			"struct-by-value",
			node,
			`${typeText(target)} is copied word by word in C; say which words: assign its fields`,
		);
		return setType(node, unknownType);
	}
	if (target.kind === "array" || target.kind === "lock" || target.kind === "function" || target.kind === "void") {
		checkExpression(c, node.value);
		c.report("lvalue-required", node.target, `${typeText(target)} cannot be assigned`);
		return setType(node, unknownType);
	}
	// In a property that nothing may be assigned is said already.
	const writable = c.body?.property ? isLvalue(node.target) : checkLvalue(c, node.target, "assigned");
	const operator = node.operator.slice(0, -1);
	if (operator === "") checkConversion(c, target, node.value, "assignment-type", "what is assigned to is");
	else {
		const value = checkOperand(c, node.value);
		const pointers = target.kind === "pointer" && (operator === "+" || operator === "-") && isArithmetic(value);
		if (
			value.kind !== "unknown" &&
			target.kind !== "unknown" &&
			!pointers &&
			!(isArithmetic(target) && isArithmetic(value))
		) {
			c.report(
				"operand-type",
				node,
				`\`${node.operator}\` takes numbers, these are ${typeText(target)} and ${typeText(value)}`,
			);
		}
		if ((operator === "/" || operator === "%") && node.value.constant === 0)
			c.report("constant-division", node.value, "division by zero");
	}
	return setType(node, writable ? target : unknownType);
}

function checkConditional(c: Checker, node: ConditionalExpression): Type {
	if (node.then === undefined) {
		const condition = checkOperand(c, node.condition);
		return setType(node, joined(c, node, condition, checkOperand(c, node.otherwise)));
	}
	checkCondition(c, node.condition);
	const then = decayed(checkExpression(c, node.then));
	const otherwise = decayed(checkExpression(c, node.otherwise));
	const type = joined(c, node, then, otherwise);
	const chosen =
		node.condition.constant === undefined ? undefined : node.condition.constant !== 0 ? node.then : node.otherwise;
	return setType(node, type, chosen?.constant);
}

function joined(c: Checker, node: ConditionalExpression, then: Type, otherwise: Type): Type {
	if (then.kind === "unknown" || otherwise.kind === "unknown") return then.kind === "unknown" ? otherwise : then;
	if (isArithmetic(then) && isArithmetic(otherwise)) {
		// Integers of one width may still differ in sign.
		return then.kind !== "integer" && sameType(then, otherwise) ? then : commonArithmetic(then, otherwise);
	}
	if (then.kind === "void" && otherwise.kind === "void") return then;
	if (then.kind === "pointer" && otherwise.kind === "pointer") {
		if (sameType(then.to, otherwise.to) || otherwise.to.kind === "void") return then;
		if (then.to.kind === "void") return otherwise;
	}
	if (then.kind === "pointer" && node.otherwise.constant === 0) return then;
	if (otherwise.kind === "pointer" && node.then?.constant === 0) return otherwise;
	if (isStruct(then) || isStruct(otherwise)) {
		c.report("struct-by-value", node, "a struct is not chosen by value: choose between addresses");
	} else
		c.report("operand-type", node, `one side of this \`?:\` is ${typeText(then)}, the other ${typeText(otherwise)}`);
	return unknownType;
}

function checkCast(c: Checker, node: CastExpression): Type {
	const target = resolveType(c, node.typeName, undefined);
	if (target.kind === "void") {
		checkExpression(c, node.operand);
		return setType(node, target);
	}
	const source = checkOperand(c, node.operand);
	if (target.kind === "unknown") return setType(node, unknownType);
	if (!isScalar(target)) {
		c.report("cast-type", node.typeName, `nothing can be cast to ${typeText(target)}: cast a pointer to it`);
		return setType(node, unknownType);
	}
	if (source.kind === "pointer" && target.kind === "integer" && target.bits < 32) {
		c.report("cast-type", node.typeName, `a pointer does not fit into ${typeText(target)}`);
	}
	const { constant } = node.operand;
	return setType(node, target, constant === undefined ? undefined : wrapped(constant, target));
}

// ------------------------------------------------------------------------------------------------------------ calls

function checkCall(c: Checker, node: CallExpression): Type {
	const { callee } = node;
	if (callee.kind !== "name") {
		const type = checkExpression(c, callee);
		checkArgumentsLoosely(c, node);
		if (type.kind !== "unknown" || callee.kind === "member") {
			c.report("not-a-function", callee, "a function is called by its name; pointers to functions are not supported");
		}
		return setType(node, unknownType);
	}
	const symbol = c.find(callee.name.text);
	if (symbol === undefined) {
		reportUnknownName(c, callee, "unknown-function", "unknown function");
		checkArgumentsLoosely(c, node);
		setType(callee, unknownType);
		return setType(node, unknownType);
	}
	callee.symbol = symbol;
	setType(callee, symbol.type);
	if (symbol.type.kind !== "function") {
		checkArgumentsLoosely(c, node);
		if (symbol.type.kind !== "unknown")
			c.report("not-a-function", callee, `\`${symbol.name}\` is ${typeText(symbol.type)}, not a function`);
		return setType(node, unknownType);
	}
	if (symbol.kind === "builtin") {
		const type = checkBuiltinCall(c, node, symbol);
		if (type !== undefined) return type;
	} else c.recordCall({ symbol, node, callback: false });
	checkArguments(c, node, symbol, symbol.type.parameters);
	return setType(node, c.completed(symbol.type.returns));
}

/** Names and types inside the arguments, without demands on the whole. */
export function checkArgumentsLoosely(c: Checker, node: CallExpression): void {
	for (const argument of node.arguments) {
		if (argument.kind === "type_name") resolveType(c, argument, undefined);
		else checkExpression(c, argument);
	}
}

function checkArguments(c: Checker, node: CallExpression, symbol: SymbolInfo, parameters: readonly Type[]): void {
	if (!checkCount(c, node, symbol, parameters.length)) {
		checkArgumentsLoosely(c, node);
		return;
	}
	const declared = symbol.declaration.kind === "function" ? symbol.declaration.parameters : [];
	for (const [index, argument] of node.arguments.entries()) {
		const type = parameters[index] ?? unknownType;
		const parameter = declared[index];
		const name = parameter?.name ? ` (\`${parameter.name.text}\`)` : "";
		const what = `argument ${index + 1}${name} of \`${symbol.name}\` is`;
		if (argument.kind === "type_name") {
			resolveType(c, argument, undefined);
			c.report("argument-type", argument, `${what} ${typeText(type)}, not a type`);
		} else if (parameter && isByReference(parameter)) checkReference(c, argument, type, what);
		else checkConversion(c, type, argument, "argument-type", what);
	}
}

/** The caller's own variable, which the function writes. */
function checkReference(c: Checker, argument: Expression, type: Type, what: string): void {
	noSideEffects(c, argument);
	const source = checkOperand(c, argument);
	if (source.kind === "unknown") return;
	if (!isLvalue(argument)) {
		c.report("argument-type", argument, `${what} a variable of type ${typeText(type)} that the function sets`);
	} else convert(c, type, source, argument, "argument-type", what);
}

/** Reports a wrong number of arguments. */
export function checkCount(c: Checker, node: CallExpression, symbol: SymbolInfo, count: number): boolean {
	const given = node.arguments.length;
	if (given === count) return true;
	const declared = symbol.declaration.kind === "function" ? symbol.declaration.parameters : [];
	const list = declared
		.map((parameter) => parameter.name?.text ?? typeText(parameter.typeName.type ?? unknownType))
		.join(", ");
	const takes = count === 0 ? "no arguments" : count === 1 ? "one argument" : `${count} arguments`;
	const range =
		given > count ? { pos: node.arguments[count]?.pos ?? node.pos, end: node.arguments.at(-1)?.end ?? node.end } : node;
	const place = given > count ? range : { pos: node.callee.pos, end: node.callee.end };
	c.report("argument-count", place, `\`${symbol.name}\` takes ${takes}${list ? ` (${list})` : ""}, not ${given}`);
	return false;
}
