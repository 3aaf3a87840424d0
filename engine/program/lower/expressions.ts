/** Expressions: their value as a register expression, with the loads, stores and calls that get it emitted on the way. */
import type {
	AssignmentExpression,
	BinaryExpression,
	NameExpression,
	Range,
	Expression as Tree,
	UpdateExpression,
} from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import type { BinaryOperator, Expression, Marking } from "../program.ts";
import { demandGuard } from "./annotations.ts";
import { lowerCall } from "./calls.ts";
import type { Label } from "./code.ts";
import { bare } from "./context.ts";
import { binary, constant, register, truth, unary } from "./fold.ts";
import { isStruct, sizeOf } from "./layout.ts";
import { addressOf, lowerLvalue } from "./places.ts";
import type { Lvalue, ThreadLowering } from "./thread.ts";

export const integer: Type = { kind: "integer", name: "int", signed: true, bits: 32 };
export const zero = constant(0);

const isUnsigned = (type: Type | undefined) =>
	type?.kind === "pointer" || type?.kind === "array" || (type?.kind === "integer" && !type.signed && type.bits === 32);

/** The value of an expression. */
export function lowerExpression(t: ThreadLowering, tree: Tree): Expression {
	if (tree.constant !== undefined) return constant(tree.constant);
	switch (tree.kind) {
		case "parenthesized":
			return lowerExpression(t, tree.operand);
		case "number":
			return constant(tree.value);
		case "string":
			return zero;
		case "name":
			return lowerName(t, tree);
		case "member":
		case "index":
			if (t.threadVariables.has(tree)) return register(t.threadVariables.get(tree) ?? 0);
			if (tree.type?.kind === "array") return addressOf(t, tree);
			return readLvalue(t, lowerLvalue(t, tree), tree, t.marking);
		case "call":
			return lowerCall(t, tree);
		case "unary":
			return lowerUnary(t, tree);
		case "update":
			return lowerUpdate(t, tree);
		case "binary":
			return lowerBinary(t, tree);
		case "assignment":
			return lowerAssignment(t, tree);
		case "conditional":
			return lowerConditional(t, tree);
		case "cast":
			return narrow(lowerExpression(t, tree.operand), tree.typeName.type ?? tree.type);
		case "comma":
			lowerEffects(t, tree.left);
			return lowerExpression(t, tree.right);
		case "error":
			throw t.error(tree, "this could not be read");
	}
}

/** Evaluates for effect only. */
export function lowerEffects(t: ThreadLowering, tree: Tree): void {
	const inner = bare(tree) as Tree;
	if (inner.kind === "assignment") assign(t, inner, false);
	else if (inner.kind === "update") step(t, inner, false);
	else lowerExpression(t, inner);
}

/** Control goes to one of the labels; conditions known now go there straight. */
export function lowerCondition(t: ThreadLowering, tree: Tree, then: Label, otherwise: Label): void {
	const inner = bare(tree) as Tree;
	if (inner.kind === "unary" && inner.operator === "!") {
		lowerCondition(t, inner.operand, otherwise, then);
		return;
	}
	if (inner.kind === "binary" && (inner.operator === "&&" || inner.operator === "||")) {
		const right = t.code.newLabel();
		if (inner.operator === "&&") lowerCondition(t, inner.left, right, otherwise);
		else lowerCondition(t, inner.left, then, right);
		t.code.bind(right);
		lowerCondition(t, inner.right, then, otherwise);
		return;
	}
	if (inner.kind === "call" && inner.callee.kind === "name" && /^(un)?likely$/.test(inner.callee.name.text)) {
		const argument = inner.arguments[0];
		if (argument && argument.kind !== "type_name") {
			lowerCondition(t, argument, then, otherwise);
			return;
		}
	}
	const value = lowerExpression(t, inner);
	t.branch(value, then, otherwise, inner);
}

/** Reads an lvalue: a load when it is in memory. */
export function readLvalue(t: ThreadLowering, lvalue: Lvalue, tree: Range, marking: Marking): Expression {
	if (lvalue.kind === "register") return register(lvalue.register);
	if (isStruct(lvalue.type)) throw t.error(tree, "structs are not copied as a whole; name the fields");
	demandGuard(t, lvalue, marking, false, tree);
	const target = t.temporary(lvalue.type);
	const body = { kind: "load" as const, register: target, place: lvalue.place, marking };
	if (lvalue.private) t.emitPrivate(body, tree);
	else t.emit(body, tree, lvalue.rules);
	return register(target);
}

/** Stores a value through an lvalue. */
export function writeLvalue(
	t: ThreadLowering,
	lvalue: Lvalue,
	value: Expression,
	tree: Range,
	marking: Marking,
	from?: Type,
): void {
	const narrowed = converted(value, from, lvalue.type);
	if (lvalue.kind === "register") {
		t.emit({ kind: "assign", register: lvalue.register, value: narrowed }, tree);
		return;
	}
	demandGuard(t, lvalue, marking, true, tree);
	const body = { kind: "store" as const, place: lvalue.place, value: narrowed, marking };
	if (lvalue.private) t.emitPrivate(body, tree);
	else t.emit(body, tree, lvalue.rules);
}

/** Whether every value of a type is one of the other as well, so that it stays what it is: a copy, which the compiler may load again. */
function fits(from: Type | undefined, to: Type | undefined): boolean {
	if (from?.kind === "bool") return to?.kind === "bool" || to?.kind === "integer";
	if (from?.kind !== "integer" || to?.kind !== "integer") return false;
	if (from.signed === to.signed) return from.bits <= to.bits;
	return !from.signed && from.bits < to.bits;
}

/** A value of one type as one of another. */
export const converted = (value: Expression, from: Type | undefined, to: Type | undefined): Expression =>
	fits(from, to) ? value : narrow(value, to);

/** What storing into this type leaves of a value. */
export function narrow(value: Expression, type: Type | undefined): Expression {
	if (type?.kind === "bool") return truth(value);
	if (type?.kind !== "integer" || type.bits === 32) return value;
	const mask = constant(type.bits === 8 ? 0xff : 0xffff);
	if (!type.signed) return binary("and", value, mask);
	const shift = constant(32 - type.bits);
	return binary("shift_right", binary("shift_left", value, shift), shift);
}

function lowerName(t: ThreadLowering, tree: NameExpression): Expression {
	const symbol = tree.symbol;
	const declaration = symbol?.declaration;
	if (tree.name.text === "LINUX_VERSION_CODE") return constant(t.context.versionCode);
	if (symbol?.constant !== undefined) return constant(symbol.constant);
	if (declaration?.kind === "param") return constant(t.context.parameters.get(declaration.name.text) ?? 0);
	if (declaration?.kind === "define" && declaration.value) return lowerExpression(t, declaration.value);
	if (declaration?.kind === "parameter" || declaration?.kind === "variable") {
		const bound = t.activation.variables.get(declaration);
		if (bound?.kind === "constant") return constant(bound.value);
	}
	if (tree.type?.kind === "array") return addressOf(t, tree);
	return readLvalue(t, lowerLvalue(t, tree), tree, t.marking);
}

function lowerUnary(t: ThreadLowering, tree: Extract<Tree, { kind: "unary" }>): Expression {
	switch (tree.operator) {
		case "&":
			return addressOf(t, tree.operand);
		case "*":
			return readLvalue(t, lowerLvalue(t, tree), tree, t.marking);
		case "!":
			return unary("not", lowerExpression(t, tree.operand));
		case "-":
			return unary("negate", lowerExpression(t, tree.operand));
		case "~":
			return unary("complement", lowerExpression(t, tree.operand));
		case "+":
			return lowerExpression(t, tree.operand);
	}
}

/** What one step of ++ or of pointer arithmetic amounts to. */
const stride = (type: Type | undefined) =>
	type?.kind === "pointer" ? sizeOf(type.to) : type?.kind === "array" ? sizeOf(type.of) : 1;

function step(t: ThreadLowering, tree: UpdateExpression, wanted: boolean): Expression {
	const lvalue = lowerLvalue(t, tree.operand);
	const current = readLvalue(t, lvalue, tree, t.marking);
	const before = wanted && !tree.prefix ? t.stable(current, lvalue.type, tree) : current;
	const change = constant((tree.operator === "++" ? 1 : -1) * stride(lvalue.type));
	const after = binary("add", before, change);
	writeLvalue(t, lvalue, after, tree, t.marking);
	if (!tree.prefix) return before;
	return lvalue.kind === "register" ? register(lvalue.register) : narrow(after, lvalue.type);
}

function lowerUpdate(t: ThreadLowering, tree: UpdateExpression): Expression {
	return step(t, tree, true);
}

export const hasEffects = (tree: Tree): boolean => {
	const inner = bare(tree) as Tree;
	switch (inner.kind) {
		case "assignment":
		case "update":
		case "call":
		case "conditional":
			return true;
		case "binary":
		case "comma":
			return hasEffects(inner.left) || hasEffects(inner.right);
		case "unary":
		case "cast":
			return hasEffects(inner.operand);
		case "member":
			return hasEffects(inner.object);
		case "index":
			return hasEffects(inner.object) || hasEffects(inner.index);
		default:
			return false;
	}
};

function lowerBinary(t: ThreadLowering, tree: BinaryExpression): Expression {
	if (tree.operator === "&&" || tree.operator === "||") return lowerLogical(t, tree);
	let left = lowerExpression(t, tree.left);
	if (hasEffects(tree.right)) left = t.stable(left, tree.left.type ?? integer, tree.left);
	const right = lowerExpression(t, tree.right);
	return operate(t, tree.operator, left, right, tree.left.type, tree.right.type);
}

function operate(
	t: ThreadLowering,
	operator: BinaryExpression["operator"],
	left: Expression,
	right: Expression,
	leftType: Type | undefined,
	rightType: Type | undefined,
): Expression {
	const unsigned = isUnsigned(leftType) || isUnsigned(rightType);
	const pointerLeft = leftType?.kind === "pointer" || leftType?.kind === "array";
	const pointerRight = rightType?.kind === "pointer" || rightType?.kind === "array";
	const scaled = (value: Expression, by: Type | undefined) => binary("multiply", value, constant(stride(by)));
	const compare = (kind: "less" | "less_equal", a: Expression, b: Expression) =>
		binary((unsigned ? `${kind}_unsigned` : kind) as BinaryOperator, a, b);
	switch (operator) {
		case "+":
			if (pointerLeft) return binary("add", left, scaled(right, leftType));
			if (pointerRight) return binary("add", right, scaled(left, rightType));
			return binary("add", left, right);
		case "-":
			if (pointerLeft && pointerRight)
				return binary("divide", binary("subtract", left, right), constant(stride(leftType)));
			return binary("subtract", left, pointerLeft ? scaled(right, leftType) : right);
		case "*":
			return binary("multiply", left, right);
		case "/":
			return binary(unsigned ? "divide_unsigned" : "divide", left, right);
		case "%":
			return binary(unsigned ? "remainder_unsigned" : "remainder", left, right);
		case "&":
			return binary("and", left, right);
		case "|":
			return binary("or", left, right);
		case "^":
			return binary("xor", left, right);
		case "<<":
			return binary("shift_left", left, right);
		case ">>":
			return binary(isUnsigned(leftType) ? "shift_right_unsigned" : "shift_right", left, right);
		case "==":
			return binary("equal", left, right);
		case "!=":
			return binary("not_equal", left, right);
		case "<":
			return compare("less", left, right);
		case ">":
			return compare("less", right, left);
		case "<=":
			return compare("less_equal", left, right);
		case ">=":
			return compare("less_equal", right, left);
		case "&&":
		case "||":
			throw t.error(t.statement, "logical operators are control flow");
	}
}

function lowerLogical(t: ThreadLowering, tree: BinaryExpression): Expression {
	const yes = t.code.newLabel();
	const no = t.code.newLabel();
	const done = t.code.newLabel();
	const result = t.temporary({ kind: "bool" });
	lowerCondition(t, tree, yes, no);
	t.code.bind(yes);
	t.emit({ kind: "assign", register: result, value: constant(1) }, tree);
	t.code.jump(done);
	t.code.bind(no);
	t.emit({ kind: "assign", register: result, value: zero }, tree);
	t.code.bind(done);
	return register(result);
}

function lowerConditional(t: ThreadLowering, tree: Extract<Tree, { kind: "conditional" }>): Expression {
	const result = t.temporary(tree.type ?? integer);
	const done = t.code.newLabel();
	const no = t.code.newLabel();
	if (tree.then) {
		const yes = t.code.newLabel();
		lowerCondition(t, tree.condition, yes, no);
		t.code.bind(yes);
		t.emit({ kind: "assign", register: result, value: lowerExpression(t, tree.then) }, tree.then);
	} else {
		t.emit({ kind: "assign", register: result, value: lowerExpression(t, tree.condition) }, tree.condition);
		t.branch(register(result), done, no, tree);
	}
	t.code.jump(done);
	t.code.bind(no);
	t.emit({ kind: "assign", register: result, value: lowerExpression(t, tree.otherwise) }, tree.otherwise);
	t.code.bind(done);
	return register(result);
}

function lowerAssignment(t: ThreadLowering, tree: AssignmentExpression): Expression {
	return assign(t, tree, true);
}

const compound: Record<string, BinaryExpression["operator"]> = {
	"*=": "*",
	"/=": "/",
	"%=": "%",
	"+=": "+",
	"-=": "-",
	"<<=": "<<",
	">>=": ">>",
	"&=": "&",
	"^=": "^",
	"|=": "|",
};

export function assign(t: ThreadLowering, tree: AssignmentExpression, wanted: boolean): Expression {
	const operator = compound[tree.operator];
	if (!operator) {
		const value = lowerExpression(t, tree.value);
		const lvalue = lowerLvalue(t, tree.target);
		if (isStruct(lvalue.type)) throw t.error(tree, "structs are not copied as a whole; assign their fields");
		writeLvalue(t, lvalue, value, tree, t.marking, tree.value.type);
		if (!wanted) return value;
		return lvalue.kind === "register" ? register(lvalue.register) : converted(value, tree.value.type, lvalue.type);
	}
	const lvalue = lowerLvalue(t, tree.target);
	const right = lowerExpression(t, tree.value);
	const current = readLvalue(t, lvalue, tree, t.marking);
	const value = operate(t, operator, current, right, lvalue.type, tree.value.type);
	writeLvalue(t, lvalue, value, tree, t.marking);
	return lvalue.kind === "register" ? register(lvalue.register) : narrow(value, lvalue.type);
}
