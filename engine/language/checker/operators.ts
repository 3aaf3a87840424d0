/** Operators, assignments and casts. */
import type {
	AssignmentExpression,
	BinaryExpression,
	CastExpression,
	ConditionalExpression,
	Expression,
	UnaryExpression,
	UpdateExpression,
} from "../syntax.ts";
import type { Type } from "../types.ts";
import { type Checker, setType } from "./checker.ts";
import { foldBinary } from "./constants.ts";
import { checkCondition, checkConversion, checkOperand } from "./conversions.ts";
import { checkExpression, checkLvalue, isLvalue } from "./expressions.ts";
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
	typeText,
	unknownType,
	wrapped,
} from "./types.ts";

/** `&x`, `*p`, `-x`, `~x`, `!x`. The type of the result, as for all of these. */
export function checkUnary(c: Checker, node: UnaryExpression): Type {
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

/** An error in a property that would change something. */
export function noSideEffects(c: Checker, node: Expression): void {
	if (c.body?.property) c.report("property-side-effect", node, "a property only looks; it changes nothing");
}

/** `x++`, `--x`. */
export function checkUpdate(c: Checker, node: UpdateExpression): Type {
	noSideEffects(c, node);
	const type = checkOperand(c, node.operand);
	if (!checkLvalue(c, node.operand, `used with \`${node.operator}\``)) return setType(node, unknownType);
	return setType(node, type);
}

/** Arithmetic, comparisons, `&&`, `||`. */
export function checkBinary(c: Checker, node: BinaryExpression): Type {
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

/** `x = y`, `x += y`. */
export function checkAssignment(c: Checker, node: AssignmentExpression): Type {
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

/** `a ? b : c`. */
export function checkConditional(c: Checker, node: ConditionalExpression): Type {
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

/** `(type)x`. */
export function checkCast(c: Checker, node: CastExpression): Type {
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
