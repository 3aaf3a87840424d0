/** Evaluation of register expressions: 32-bit two's complement, as language.md fixes it. */
import type { BinaryOperator, Expression, Update } from "../program/program.ts";

/** Thrown for a division by zero; the machine turns it into a violation of the step. */
export class DivisionByZero extends Error {}

/** Result of `left operator right`, normalised to a signed 32-bit word. Shifts use the low five bits of the count, as CPUs do. */
export function evaluateBinary(operator: BinaryOperator, left: number, right: number): number {
	switch (operator) {
		case "add":
			return (left + right) | 0;
		case "subtract":
			return (left - right) | 0;
		case "multiply":
			return Math.imul(left, right);
		case "divide":
			if (right === 0) throw new DivisionByZero();
			return (left / right) | 0;
		case "divide_unsigned":
			if (right === 0) throw new DivisionByZero();
			return Math.floor((left >>> 0) / (right >>> 0)) | 0;
		case "remainder":
			if (right === 0) throw new DivisionByZero();
			return (left % right) | 0;
		case "remainder_unsigned":
			if (right === 0) throw new DivisionByZero();
			return ((left >>> 0) % (right >>> 0)) | 0;
		case "and":
			return left & right;
		case "or":
			return left | right;
		case "xor":
			return left ^ right;
		case "shift_left":
			return left << right;
		case "shift_right":
			return left >> right;
		case "shift_right_unsigned":
			return (left >>> right) | 0;
		case "equal":
			return left === right ? 1 : 0;
		case "not_equal":
			return left !== right ? 1 : 0;
		case "less":
			return left < right ? 1 : 0;
		case "less_equal":
			return left <= right ? 1 : 0;
		case "less_unsigned":
			return left >>> 0 < right >>> 0 ? 1 : 0;
		case "less_equal_unsigned":
			return left >>> 0 <= right >>> 0 ? 1 : 0;
	}
}

/** Value of an expression over the registers that start at `words[registers]`. */
export function evaluate(expression: Expression, words: Int32Array, registers: number): number {
	switch (expression.op) {
		case "constant":
			return expression.value;
		case "register":
			return words[registers + expression.register] as number;
		case "unary": {
			const value = evaluate(expression.operand, words, registers);
			if (expression.operator === "not") return value === 0 ? 1 : 0;
			return expression.operator === "negate" ? -value | 0 : ~value;
		}
		case "binary":
			return evaluateBinary(
				expression.operator,
				evaluate(expression.left, words, registers),
				evaluate(expression.right, words, registers),
			);
		case "select":
			return evaluate(expression.condition, words, registers) !== 0
				? evaluate(expression.then, words, registers)
				: evaluate(expression.otherwise, words, registers);
	}
}

/** Registers that an expression reads, added to `into`. */
export function registersRead(expression: Expression, into: Set<number>): void {
	switch (expression.op) {
		case "constant":
			return;
		case "register":
			into.add(expression.register);
			return;
		case "unary":
			registersRead(expression.operand, into);
			return;
		case "binary":
			registersRead(expression.left, into);
			registersRead(expression.right, into);
			return;
		case "select":
			registersRead(expression.condition, into);
			registersRead(expression.then, into);
			registersRead(expression.otherwise, into);
	}
}

/** New value of an atomic update. */
export function updated(update: Update, before: number, operand: number): number {
	switch (update) {
		case "add":
			return (before + operand) | 0;
		case "and":
			return before & operand;
		case "or":
			return before | operand;
		case "xor":
			return before ^ operand;
		case "exchange":
			return operand;
	}
}
