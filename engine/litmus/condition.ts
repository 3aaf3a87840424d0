/** Conditions over final states: `0:r1=1 /\ (x=2 \/ ~y=1)`. */
import type { Scanner } from "./scanner.ts";
import type { Condition, LitmusValue, Place } from "./syntax.ts";

/** How deep parentheses and negations may nest. */
const depthMaximum = 200;

/** Parses a condition at the scanner; after an error the rest is left where it is. */
export function parseCondition(scanner: Scanner): Condition {
	return implication(scanner, 0);
}

function implication(s: Scanner, depth: number): Condition {
	const left = disjunction(s, depth);
	return s.eat("=>") ? { kind: "implies", left, right: implication(s, depth + 1) } : left;
}

function disjunction(s: Scanner, depth: number): Condition {
	let left = conjunction(s, depth);
	while (s.eat("\\/")) left = { kind: "or", left, right: conjunction(s, depth) };
	return left;
}

function conjunction(s: Scanner, depth: number): Condition {
	let left = atom(s, depth);
	while (s.eat("/\\")) left = { kind: "and", left, right: atom(s, depth) };
	return left;
}

function atom(s: Scanner, depth: number): Condition {
	const token = s.peek();
	if (depth > depthMaximum) {
		s.error(token, "nesting-too-deep", `conditions nest at most ${depthMaximum} levels deep`);
		return { kind: "constant", value: false };
	}
	if (s.eat("~") || s.eat("not")) return { kind: "not", operand: atom(s, depth + 1) };
	if (s.eat("(")) {
		const inner = implication(s, depth + 1);
		s.expect(")", "to close this condition");
		return inner;
	}
	if (token.kind === "word" && (token.text === "true" || token.text === "false")) {
		s.next();
		return { kind: "constant", value: token.text === "true" };
	}
	const place = parsePlace(s);
	if (!place) return { kind: "constant", value: false };
	const negated = s.eat("!=") || s.eat("<>");
	if (!negated && !s.eat("==") && !s.expect("=", "after the name of a register or location"))
		return { kind: "constant", value: false };
	const equal = right(s, place);
	return negated ? { kind: "not", operand: equal } : equal;
}

function right(s: Scanner, place: Place): Condition {
	const token = s.peek();
	if (token.kind === "number") {
		const number = s.next();
		// `0:r1=1:r2` compares two registers.
		if (s.peek().text === ":" && s.peek().pos === number.end) {
			s.moveTo(number.pos);
			const other = parsePlace(s);
			if (other) return { kind: "same", left: place, right: other };
			return { kind: "constant", value: false };
		}
		s.moveTo(number.pos);
	}
	const value = parseValue(s);
	return value ? { kind: "equal", place, value } : { kind: "constant", value: false };
}

/** `x`, `[x]`, `*x`, `0:r1`; undefined after an error. */
export function parsePlace(s: Scanner): Place | undefined {
	const token = s.peek();
	if (token.kind === "number") {
		s.next();
		if (!s.expect(":", "between the number of a process and its register")) return undefined;
		const name = s.next();
		if (name.kind !== "word") {
			s.error(name, "expected-token", "the name of a register is missing here");
			return undefined;
		}
		return { process: Number(token.text), name: name.text, pos: token.pos, end: name.end };
	}
	const bracket = s.eat("[");
	if (!bracket) s.eat("*");
	const name = s.peek();
	if (name.kind !== "word") {
		s.error(name, "expected-token", "the name of a register (`0:r1`) or of a location is missing here");
		return undefined;
	}
	s.next();
	if (bracket) s.expect("]", "after the name of a location");
	return { process: undefined, name: name.text, pos: token.pos, end: name.end };
}

/** `3`, `-1`, `0x10`, `&x`, `x`; undefined after an error. */
export function parseValue(s: Scanner): LitmusValue | undefined {
	const negative = s.eat("-");
	const token = s.peek();
	if (token.kind === "number") {
		s.next();
		const value = Number(token.text);
		if (!Number.isSafeInteger(value)) s.error(token, "number-too-large", `${token.text} does not fit a word`);
		return { kind: "number", value: negative ? -value : value };
	}
	if (!negative) {
		s.eat("&");
		if (s.peek().kind === "word") return { kind: "address", name: s.next().text };
	}
	s.error(s.peek(), "expected-token", "a number or the name of a location is missing here");
	return undefined;
}
