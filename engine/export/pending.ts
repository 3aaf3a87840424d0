/**
 * Registers of which a step has not yet written down what is in them. What a step works out on its way is mostly needed once, or
 * never: it is put where it is used, and only what still matters at the step's end becomes an assignment.
 */
import { DivisionByZero, evaluateBinary, registersRead } from "../memory/expression.ts";
import type { Expression } from "../program/program.ts";
import { isTruth, promelaValue, type Scope } from "./symbolic.ts";

/** Numbers from here on stand for texts, not for registers. */
const firstText = 1 << 20;

/** Longest text that is written down more than once. */
const shortMax = 24;
/** Longest text that is put into another. */
const insideMax = 120;

interface Entry {
	/** Over registers that have no entry. */
	readonly expression: Expression;
	readonly text: string;
	/** Registers that the text names. */
	readonly names: ReadonlySet<number>;
	/** Whether it is something that memory holds at the moment. */
	readonly memory: boolean;
}

/** Things in memory that were read: how they are written, by number. */
export interface Texts {
	readonly all: { readonly text: string; readonly names: ReadonlySet<number> }[];
}

export class Pending implements Scope {
	private readonly plain: Scope;
	private readonly texts: Texts;
	private readonly entries: Map<number, Entry>;
	/** Registers that may have been assigned to. */
	readonly written: Set<number>;
	/** Prints expressions that `substituted` has made. */
	readonly leaves: Scope;

	constructor(plain: Scope, texts: Texts, written: Set<number>, entries = new Map<number, Entry>()) {
		this.plain = plain;
		this.texts = texts;
		this.written = written;
		this.entries = entries;
		this.leaves = {
			register: (number) =>
				number >= firstText ? (texts.all[number - firstText]?.text ?? "") : plain.register(number),
		};
	}

	fork(): Pending {
		return new Pending(this.plain, this.texts, new Set(this.written), new Map(this.entries));
	}

	/** What a register is, as it stands where it is used. */
	register(register: number): string {
		return this.entries.get(register)?.text ?? this.plain.register(register);
	}

	/** The expression over what has been written down, constants folded. */
	substituted(expression: Expression): Expression {
		switch (expression.op) {
			case "constant":
				return expression;
			case "register":
				return this.entries.get(expression.register)?.expression ?? expression;
			case "unary":
				return unary({ ...expression, operand: this.substituted(expression.operand) });
			case "binary":
				return binary({
					...expression,
					left: this.substituted(expression.left),
					right: this.substituted(expression.right),
				});
			case "select": {
				const condition = this.substituted(expression.condition);
				if (condition.op === "constant")
					return this.substituted(condition.value !== 0 ? expression.then : expression.otherwise);
				return {
					...expression,
					condition,
					then: this.substituted(expression.then),
					otherwise: this.substituted(expression.otherwise),
				};
			}
		}
	}

	/** Statements that bring down what a register stands for, where that is too long for the places it is used at. */
	settleUnless(register: number, times: number, isLast: boolean): string {
		const entry = this.entries.get(register);
		if (!entry) return "";
		return isShort(entry) || (isLast && times <= 1 && entry.text.length <= insideMax) ? "" : this.settle(register);
	}

	/** Statement that brings down what a register stands for, if it does. */
	settle(register: number): string {
		const entry = this.entries.get(register);
		if (!entry) return "";
		this.entries.delete(register);
		this.written.add(register);
		return `${this.plain.register(register)} = ${entry.text}; `;
	}

	/** Statements that bring down all that still matters; the rest is forgotten. */
	settleAll(matters: (register: number) => boolean): string {
		return this.settleWhere(() => true, matters);
	}

	/** The same of what was read from memory: it is about to change. */
	settleMemory(matters: (register: number) => boolean): string {
		return this.settleWhere((entry) => entry.memory, matters);
	}

	private settleWhere(which: (entry: Entry) => boolean, matters: (register: number) => boolean): string {
		let text = "";
		for (const [register, entry] of this.entries) {
			if (!which(entry)) continue;
			if (matters(register)) text += this.settle(register);
			else this.entries.delete(register);
		}
		return text;
	}

	/** Statements to go before an assignment to the register. */
	overwrite(register: number, matters: (register: number) => boolean): string {
		this.entries.delete(register);
		const before = this.settleWhere((entry) => entry.names.has(register), matters);
		this.written.add(register);
		return before;
	}

	/** Lets a register stand for an expression. Statements for what cannot wait. */
	stand(register: number, given: Expression, matters: (register: number) => boolean): string {
		const entry = this.entryOf(this.substituted(given));
		this.entries.delete(register);
		const before = this.settleWhere((other) => other.names.has(register), matters);
		if (entry.expression.op === "register" && entry.expression.register === register) return before;
		// Who stands for something over its own old self would be in the way of others.
		if (entry.names.has(register)) {
			this.written.add(register);
			return `${before}${this.plain.register(register)} = ${entry.text}; `;
		}
		this.entries.set(register, entry);
		return before;
	}

	/**
	 * For `target = source`: where the source stands for something long that is needed again, brings it down in the target, and lets
	 * the source stand for that. Undefined where it does not.
	 */
	share(target: number, source: number, matters: (register: number) => boolean): string | undefined {
		const entry = this.entries.get(source);
		if (target === source || !entry || entry.names.has(target) || isShort(entry)) return undefined;
		const before = this.overwrite(target, matters);
		this.entries.set(source, this.entryOf({ op: "register", register: target }));
		return `${before}${this.plain.register(target)} = ${entry.text}; `;
	}

	/** Lets a register stand for something in memory that is written like this, over these registers. */
	standForText(
		register: number,
		text: string,
		over: ReadonlySet<number>,
		matters: (register: number) => boolean,
	): string {
		const names = new Set<number>();
		for (const each of over) for (const name of this.entries.get(each)?.names ?? [each]) names.add(name);
		const number = firstText + this.texts.all.push({ text, names }) - 1;
		return this.stand(register, { op: "register", register: number }, matters);
	}

	private entryOf(expression: Expression): Entry {
		const read = new Set<number>();
		registersRead(expression, read);
		const names = new Set<number>();
		let memory = false;
		for (const register of read) {
			if (register >= firstText) {
				memory = true;
				for (const name of this.texts.all[register - firstText]?.names ?? []) names.add(name);
			} else names.add(register);
		}
		return { expression, text: promelaValue(expression, this.leaves), names, memory };
	}
}

const isShort = (entry: Entry) => !entry.memory && entry.text.length <= shortMax;

/** How often an expression reads a register. */
export function timesRead(expression: Expression, register: number): number {
	switch (expression.op) {
		case "constant":
			return 0;
		case "register":
			return expression.register === register ? 1 : 0;
		case "unary":
			return timesRead(expression.operand, register);
		case "binary":
			return timesRead(expression.left, register) + timesRead(expression.right, register);
		case "select":
			return (
				timesRead(expression.condition, register) +
				timesRead(expression.then, register) +
				timesRead(expression.otherwise, register)
			);
	}
}

type Unary = Extract<Expression, { op: "unary" }>;
type Binary = Extract<Expression, { op: "binary" }>;

const constant = (value: number): Expression => ({ op: "constant", value });

function unary(expression: Unary): Expression {
	const { operand, operator } = expression;
	if (operand.op === "constant")
		return constant(
			operator === "not" ? Number(operand.value === 0) : operator === "negate" ? -operand.value | 0 : ~operand.value,
		);
	return operator === "not" && isTruth(operand) ? inverse(operand) : expression;
}

function binary(expression: Binary): Expression {
	const { left, right, operator } = expression;
	if (left.op === "constant" && right.op === "constant") {
		try {
			return constant(evaluateBinary(operator, left.value, right.value));
		} catch (error) {
			if (error instanceof DivisionByZero) return expression;
			throw error;
		}
	}
	if (right.op === "constant" && right.value === 0) {
		if (operator === "not_equal" && isTruth(left)) return left;
		if (operator === "equal" && isTruth(left)) return inverse(left);
		if (operator === "add" || operator === "subtract") return left;
	}
	return expression;
}

function inverse(truth: Expression): Expression {
	if (truth.op === "binary" && (truth.operator === "equal" || truth.operator === "not_equal"))
		return { ...truth, operator: truth.operator === "equal" ? "not_equal" : "equal" };
	return { op: "unary", operator: "not", operand: truth };
}
