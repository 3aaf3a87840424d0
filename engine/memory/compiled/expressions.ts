/** Register expressions as JavaScript text; `evaluate` is what they must agree with. */
import type { BinaryOperator, Expression } from "../../program/program.ts";

/** Text of a division or remainder by zero calls `zero()`, which throws. */
const binaries: Readonly<Record<BinaryOperator, (left: string, right: string) => string>> = {
	add: (left, right) => `(${left}+${right}|0)`,
	subtract: (left, right) => `(${left}-${right}|0)`,
	multiply: (left, right) => `Math.imul(${left},${right})`,
	divide: (left, right) => `divide(${left},${right})`,
	divide_unsigned: (left, right) => `divideUnsigned(${left},${right})`,
	remainder: (left, right) => `remainder(${left},${right})`,
	remainder_unsigned: (left, right) => `remainderUnsigned(${left},${right})`,
	and: (left, right) => `(${left}&${right})`,
	or: (left, right) => `(${left}|${right})`,
	xor: (left, right) => `(${left}^${right})`,
	shift_left: (left, right) => `(${left}<<${right})`,
	shift_right: (left, right) => `(${left}>>${right})`,
	shift_right_unsigned: (left, right) => `(${left}>>>${right}|0)`,
	equal: (left, right) => `(${left}===${right}?1:0)`,
	not_equal: (left, right) => `(${left}!==${right}?1:0)`,
	less: (left, right) => `(${left}<${right}?1:0)`,
	less_equal: (left, right) => `(${left}<=${right}?1:0)`,
	less_unsigned: (left, right) => `((${left}>>>0)<(${right}>>>0)?1:0)`,
	less_equal_unsigned: (left, right) => `((${left}>>>0)<=(${right}>>>0)?1:0)`,
};

const comparisons: Partial<Record<BinaryOperator, string>> = {
	equal: "===",
	not_equal: "!==",
	less: "<",
	less_equal: "<=",
};

/** The functions that the text of expressions calls. */
export const expressionLibrary = `
function zero(){throw divisionByZero}
function divide(a,b){return b===0?zero():(a/b)|0}
function divideUnsigned(a,b){return b===0?zero():Math.floor((a>>>0)/(b>>>0))|0}
function remainder(a,b){return b===0?zero():(a%b)|0}
function remainderUnsigned(a,b){return b===0?zero():((a>>>0)%(b>>>0))|0}
`;

/** JavaScript for the value; `registers` is the word of register 0 in the array `w`. */
export function valueText(expression: Expression, registers: number): string {
	switch (expression.op) {
		case "constant":
			return expression.value < 0 ? `(${expression.value})` : `${expression.value}`;
		case "register":
			return `w[${registers + expression.register}]`;
		case "unary": {
			const operand = valueText(expression.operand, registers);
			if (expression.operator === "not") return `(${operand}===0?1:0)`;
			return expression.operator === "negate" ? `(-${operand}|0)` : `(~${operand})`;
		}
		case "binary":
			return binaries[expression.operator](
				valueText(expression.left, registers),
				valueText(expression.right, registers),
			);
		case "select":
			return `(${conditionText(expression.condition, registers)}?${valueText(expression.then, registers)}:${valueText(expression.otherwise, registers)})`;
	}
}

/** JavaScript for whether the value is not zero. */
export function conditionText(expression: Expression, registers: number): string {
	if (expression.op === "unary" && expression.operator === "not")
		return `!(${conditionText(expression.operand, registers)})`;
	const comparison = expression.op === "binary" ? comparisons[expression.operator] : undefined;
	if (expression.op === "binary" && comparison)
		return `${valueText(expression.left, registers)}${comparison}${valueText(expression.right, registers)}`;
	return `${valueText(expression, registers)}!==0`;
}
