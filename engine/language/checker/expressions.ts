/** Expressions: what they are made of, their types, their values where they are constant. */
import type { Expression, IndexExpression, MemberExpression, NameExpression, NumberExpression } from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { checkCall } from "./calls.ts";
import { type Checker, fieldOf, replacement, setType } from "./checker.ts";
import { bare, checkOperand } from "./conversions.ts";
import { checkAssignment, checkBinary, checkCast, checkConditional, checkUnary, checkUpdate } from "./operators.ts";
import { intType, isArithmetic, isStruct, stringType, typeText, unknownType } from "./types.ts";

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
export function reportUnknownName(
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
