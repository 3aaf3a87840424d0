/** Sets of words, as the analysis of values computes with them: up to so many, or any. */
import { DivisionByZero, evaluateBinary } from "../../memory/expression.ts";
import type { BinaryOperator } from "../../program/program.ts";

/** A set of words; undefined: it may be any. */
export type Values = ReadonlySet<number> | undefined;

/** Words in a set before it is taken for "any". */
export const valuesMax = 128;
/** Rounds in which a set may grow before it is taken for "any": a counter grows in each. */
const growthRoundsMax = 12;

export const booleans: Values = new Set([0, 1]);
const comparisons: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
	"equal",
	"not_equal",
	"less",
	"less_equal",
	"less_unsigned",
	"less_equal_unsigned",
]);

/** Words in a growing set; `any` once there are too many. */
export class Growing {
	any = false;
	readonly values = new Set<number>([0]);
	private lastRound = -1;
	private rounds = 0;

	get now(): Values {
		return this.any ? undefined : this.values;
	}

	/** Whether it grew. */
	add(values: Values, round: number): boolean {
		if (this.any) return false;
		const before = this.values.size;
		if (values) for (const value of values) this.values.add(value);
		if (values && this.values.size === before) return false;
		if (round !== this.lastRound) this.rounds++;
		this.lastRound = round;
		if (!values || this.values.size > valuesMax || this.rounds > growthRoundsMax) this.any = true;
		return true;
	}
}

export const limited = (values: ReadonlySet<number>): Values => (values.size > valuesMax ? undefined : values);

export function union(sets: readonly Values[]): Values {
	const all = new Set<number>();
	for (const values of sets) {
		if (!values) return undefined;
		for (const value of values) all.add(value);
	}
	return limited(all);
}

export function combined(one: Values, two: Values, combine: (one: number, two: number) => number): Values {
	if (!one || !two) return undefined;
	const values = new Set<number>();
	for (const first of one) {
		for (const second of two) {
			values.add(combine(first, second));
			if (values.size > valuesMax) return undefined;
		}
	}
	return values;
}

export function binaryValues(operator: BinaryOperator, left: Values, right: Values): Values {
	if (comparisons.has(operator)) return booleans;
	if (operator === "and" && (!left || !right)) return masked(left ?? right);
	return combined(left, right, (one, two) => {
		try {
			return evaluateBinary(operator, one, two);
		} catch (error) {
			if (error instanceof DivisionByZero) return 0;
			throw error;
		}
	});
}

/** Any word, masked: all combinations of the mask's bits, when they are few. */
function masked(masks: Values): Values {
	if (!masks) return undefined;
	const values = new Set<number>([0]);
	for (const mask of masks) {
		// Enumerates the subsets of the mask's bits.
		for (let part = mask; part !== 0; part = (part - 1) & mask) {
			values.add(part);
			if (values.size > valuesMax) return undefined;
		}
	}
	return values;
}
