/** Promela expressions: register expressions, and what a piece of code without choices would find, written as one expression. */
import type { BinaryOperator, Expression } from "../program/program.ts";

/** Thrown where a step is too involved to be written down in Promela; the message says which thread's, and why. */
export class NotExportable extends Error {}

/** Names of values as Promela sees them at one moment. */
export interface Scope {
	register(register: number): string;
}

const simple: Partial<Record<BinaryOperator, string>> = {
	add: "+",
	subtract: "-",
	multiply: "*",
	divide: "/",
	remainder: "%",
	and: "&",
	or: "|",
	xor: "^",
	shift_left: "<<",
	shift_right: ">>",
	equal: "==",
	not_equal: "!=",
	less: "<",
	less_equal: "<=",
};

const named: Partial<Record<BinaryOperator, string>> = {
	divide_unsigned: "DIVIDE_UNSIGNED",
	remainder_unsigned: "REMAINDER_UNSIGNED",
	shift_right_unsigned: "SHIFT_RIGHT_UNSIGNED",
	less_unsigned: "LESS_UNSIGNED",
	less_equal_unsigned: "LESS_EQUAL_UNSIGNED",
};

/** Macros for what Promela's signed words do not have; `int` is 32 bits wide in SPIN. */
export const unsignedMacros: Readonly<Record<string, string>> = {
	REMAINDER_UNSIGNED: "#define REMAINDER_UNSIGNED(a, b) ((a) - DIVIDE_UNSIGNED(a, b) * (b))",
	DIVIDE_UNSIGNED:
		"#define DIVIDE_UNSIGNED(a, b) (((b) < 0) -> (LESS_UNSIGNED(a, b) -> 0 : 1) : (HALVES(a, b) + (LESS_UNSIGNED((a) - HALVES(a, b) * (b), b) -> 0 : 1)))",
	HALVES: "#define HALVES(a, b) (((((a) >> 1) & 2147483647) / (b)) << 1)",
	SHIFT_RIGHT_UNSIGNED:
		"#define SHIFT_RIGHT_UNSIGNED(a, n) ((((n) & 31) == 0) -> (a) : (((a) >> ((n) & 31)) & (2147483647 >> (((n) & 31) - 1))))",
	LESS_EQUAL_UNSIGNED: "#define LESS_EQUAL_UNSIGNED(a, b) (((a) ^ SIGN) <= ((b) ^ SIGN))",
	LESS_UNSIGNED: "#define LESS_UNSIGNED(a, b) (((a) ^ SIGN) < ((b) ^ SIGN))",
	SIGN: "#define SIGN (-2147483647 - 1)",
};

/** Those of the macros, by name, that a text uses; each may use those after it. */
export function macrosUsed(macros: Readonly<Record<string, string>>, text: string): string[] {
	const used: string[] = [];
	for (const [name, macro] of Object.entries(macros))
		if ([text, ...used].some((each) => each.includes(`${name}(`) || (name === "SIGN" && /\bSIGN\b/.test(each))))
			used.unshift(macro);
	return used;
}

/** A number as Promela reads it. */
export const number = (value: number): string =>
	value === -2147483648 ? "(-2147483647 - 1)" : value < 0 ? `(${value})` : String(value);

/** The value of an expression. */
export function promelaValue(expression: Expression, scope: Scope): string {
	switch (expression.op) {
		case "constant":
			return number(expression.value);
		case "register":
			return scope.register(expression.register);
		case "unary": {
			const operand = promelaValue(expression.operand, scope);
			if (expression.operator === "not") return `(${operand} == 0)`;
			return expression.operator === "negate" ? `(0 - ${operand})` : `(~${operand})`;
		}
		case "binary": {
			const left = promelaValue(expression.left, scope);
			const right = promelaValue(expression.right, scope);
			const operator = simple[expression.operator];
			// CPUs use the low five bits of a shift count.
			const count = expression.right.op === "constant" ? number(expression.right.value & 31) : `(${right} & 31)`;
			if (operator === "<<" || operator === ">>") return `(${left} ${operator} ${count})`;
			return operator ? `(${left} ${operator} ${right})` : `${named[expression.operator]}(${left}, ${right})`;
		}
		case "select":
			return `(${promelaValue(expression.condition, scope)} != 0 -> ${promelaValue(expression.then, scope)} : ${promelaValue(expression.otherwise, scope)})`;
	}
}

/** Whether an expression is 0 or 1, and is so by what it asks. */
export const isTruth = (expression: Expression): boolean =>
	(expression.op === "binary" && /^(equal|not_equal|less)/.test(expression.operator)) ||
	(expression.op === "unary" && expression.operator === "not");

/** The value as a condition. */
export function promelaCondition(expression: Expression, scope: Scope): string {
	const text = promelaValue(expression, scope);
	return isTruth(expression) ? text : `(${text} != 0)`;
}

/** Divisors in an expression, each with its divisor's text: where one is zero, evaluating it is a fault. */
export function divisors(expression: Expression, scope: Scope): string[] {
	switch (expression.op) {
		case "constant":
		case "register":
			return [];
		case "unary":
			return divisors(expression.operand, scope);
		case "binary": {
			const inner = [...divisors(expression.left, scope), ...divisors(expression.right, scope)];
			const divides = /^(divide|remainder)/.test(expression.operator);
			return divides ? [...inner, `(${promelaValue(expression.right, scope)} == 0)`] : inner;
		}
		case "select": {
			const condition = promelaCondition(expression.condition, scope);
			return [
				...divisors(expression.condition, scope),
				...divisors(expression.then, scope).map((zero) => `(${condition} && ${zero})`),
				...divisors(expression.otherwise, scope).map((zero) => `(!${condition} && ${zero})`),
			];
		}
	}
}
