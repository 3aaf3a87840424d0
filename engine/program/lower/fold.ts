/** Makers of register expressions that fold constants as they go. */
import { evaluateBinary } from "../../memory/expression.ts";
import type { BinaryOperator, Expression, UnaryOperator } from "../program.ts";

export const constant = (value: number): Expression => ({ op: "constant", value: value | 0 });
export const register = (index: number): Expression => ({ op: "register", register: index });

/** The value of an expression that is a constant, or undefined. */
export const constantValue = (expression: Expression): number | undefined =>
	expression.op === "constant" ? expression.value : undefined;

const neutral: Partial<Record<BinaryOperator, number>> = {
	add: 0,
	subtract: 0,
	or: 0,
	xor: 0,
	shift_left: 0,
	shift_right: 0,
	shift_right_unsigned: 0,
};

export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
	if (right.op === "constant") {
		const divides = /^(divide|remainder)/.test(operator);
		if (left.op === "constant" && !(divides && right.value === 0))
			return constant(evaluateBinary(operator, left.value, right.value));
		if (neutral[operator] === right.value) return left;
		if (operator === "multiply" && right.value === 1) return left;
		if (operator === "add" && left.op === "binary" && left.operator === "add" && left.right.op === "constant") {
			return binary("add", left.left, constant(left.right.value + right.value));
		}
	}
	if (operator === "add" && left.op === "constant") return binary("add", right, left);
	return { op: "binary", operator, left, right };
}

export function unary(operator: UnaryOperator, operand: Expression): Expression {
	if (operand.op === "constant") {
		if (operator === "not") return constant(operand.value === 0 ? 1 : 0);
		return constant(operator === "negate" ? -operand.value : ~operand.value);
	}
	return { op: "unary", operator, operand };
}

/** 1 where the expression is not 0. */
export function truth(expression: Expression): Expression {
	if (expression.op === "constant") return constant(expression.value === 0 ? 0 : 1);
	if (expression.op === "unary" && expression.operator === "not") return expression;
	if (expression.op === "binary" && /^(equal|not_equal|less)/.test(expression.operator)) return expression;
	return binary("not_equal", expression, constant(0));
}
