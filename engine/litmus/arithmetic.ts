/**
 * Arithmetic of litmus tests. Values are integers; the address of a location is a number that no test writes down, and
 * computing with it works as far as `p + 0` and comparisons go.
 */
import type { BinaryOperator } from "../language/syntax.ts";
import type { Arithmetic } from "./primitives.ts";

type Operation = (a: number, b: number) => number;

const bit = (operation: (a: bigint, b: bigint) => bigint, small: Operation): Operation => {
	return (a, b) => ((a | 0) === a && (b | 0) === b ? small(a, b) : Number(operation(BigInt(a), BigInt(b))));
};

export const bitAnd = bit(
	(a, b) => a & b,
	(a, b) => a & b,
);
export const bitOr = bit(
	(a, b) => a | b,
	(a, b) => a | b,
);
export const bitXor = bit(
	(a, b) => a ^ b,
	(a, b) => a ^ b,
);
const truth = (value: boolean): number => (value ? 1 : 0);

/** Operators of expressions. Division truncates as in C; by zero it gives 0. */
export const binaryOperations: Readonly<Record<BinaryOperator, Operation>> = {
	"*": (a, b) => a * b,
	"/": (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
	"%": (a, b) => (b === 0 ? 0 : a % b),
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"<<": (a, b) => a * 2 ** b,
	">>": (a, b) => Math.floor(a / 2 ** b),
	"<": (a, b) => truth(a < b),
	">": (a, b) => truth(a > b),
	"<=": (a, b) => truth(a <= b),
	">=": (a, b) => truth(a >= b),
	"==": (a, b) => truth(a === b),
	"!=": (a, b) => truth(a !== b),
	"&": bitAnd,
	"^": bitXor,
	"|": bitOr,
	"&&": (a, b) => truth(a !== 0 && b !== 0),
	"||": (a, b) => truth(a !== 0 || b !== 0),
};

/** What the atomic operations do to the old value. */
export const arithmetic: Readonly<Record<Arithmetic, Operation>> = {
	add: (a, b) => a + b,
	subtract: (a, b) => a - b,
	and: bitAnd,
	or: bitOr,
	xor: bitXor,
	and_not: (a, b) => bitAnd(a, -1 - b),
};
