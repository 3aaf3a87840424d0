/** Constant folding as C does it, on 32-bit two's complement words. */
import type { BinaryOperator } from "../syntax.ts";

/** The value of `left operator right`; undefined for a division by zero or a shift past the word. Comparisons give 0 or 1. */
export function foldBinary(
	operator: BinaryOperator,
	left: number,
	right: number,
	unsigned: boolean,
): number | undefined {
	const a = unsigned ? left >>> 0 : left | 0;
	const b = unsigned ? right >>> 0 : right | 0;
	switch (operator) {
		case "*":
			return Math.imul(left, right);
		case "/":
			return b === 0 ? undefined : Math.trunc(a / b) | 0;
		case "%":
			return b === 0 ? undefined : (a % b) | 0;
		case "+":
			return (left + right) | 0;
		case "-":
			return (left - right) | 0;
		case "<<":
			return right < 0 || right > 31 ? undefined : (left << right) | 0;
		case ">>":
			return right < 0 || right > 31 ? undefined : (unsigned ? left >>> right : left >> right) | 0;
		case "<":
			return Number(a < b);
		case ">":
			return Number(a > b);
		case "<=":
			return Number(a <= b);
		case ">=":
			return Number(a >= b);
		case "==":
			return Number((left | 0) === (right | 0));
		case "!=":
			return Number((left | 0) !== (right | 0));
		case "&":
			return left & right;
		case "^":
			return left ^ right;
		case "|":
			return left | right;
		case "&&":
			return Number(left !== 0 && right !== 0);
		case "||":
			return Number(left !== 0 || right !== 0);
	}
}

/** The number that stands for a kernel version, as LINUX_VERSION_CODE does. */
export function kernelVersion(major: number, minor: number, patch: number): number {
	return ((major << 16) + (minor << 8) + Math.min(patch, 255)) | 0;
}
