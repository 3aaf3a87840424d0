/** Numbers, character constants and strings. */
import type { NumberExpression, StringExpression } from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";

const numberPattern = /^(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))([uU]?[lL]{0,2}|[lL]{1,2}[uU])$/;
const word = 2 ** 32;

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };

function unescaped(text: string): string {
	return text.replace(/\\(x[0-9a-fA-F]+|[0-7]{1,3}|[\s\S])/g, (_, sequence: string) => {
		if (/^x./.test(sequence)) return String.fromCharCode(Number.parseInt(sequence.slice(1), 16) & 0xff);
		if (/^[0-7]/.test(sequence)) return String.fromCharCode(Number.parseInt(sequence, 8) & 0xff);
		return escapes[sequence] ?? sequence;
	});
}

/** The number or character constant at the cursor. */
export function parseNumber(c: Cursor): NumberExpression {
	const pos = c.pos();
	const end = c.end();
	const text = c.word();
	const character = c.kind() === TokenKind.Character;
	c.next();
	if (character) {
		const content = unescaped(text.slice(1, text.endsWith("'") && text.length > 1 ? -1 : undefined));
		if (text.endsWith("'") && content.length !== 1) {
			c.errorAt("invalid-number", pos, end, "a character constant holds one character");
		}
		return { kind: "number", pos, end, value: content.charCodeAt(0) || 0 };
	}
	if (c.kind() === TokenKind.Dot && c.kind(1) === TokenKind.Number && c.pos() === end && c.pos(1) === c.end()) {
		const last = c.end(1);
		c.next();
		c.next();
		c.errorAt("invalid-number", pos, last, "numbers with a fraction are not supported: memory holds 32-bit integers");
		return { kind: "number", pos, end: last, value: 0 };
	}
	// Most numbers are one digit.
	if (text.length === 1) return { kind: "number", pos, end, value: text.charCodeAt(0) - 0x30 };
	const match = numberPattern.exec(text);
	if (match === null) {
		c.errorAt(
			"invalid-number",
			pos,
			end,
			`\`${text}\` is not a number: decimal, 0x…, 0b… or octal digits are, with suffixes u and l`,
		);
		return { kind: "number", pos, end, value: 0 };
	}
	const [, hexadecimal, binary, octal, decimal] = match;
	const value = hexadecimal
		? Number.parseInt(hexadecimal, 16)
		: binary
			? Number.parseInt(binary, 2)
			: octal
				? Number.parseInt(octal, 8)
				: Number(decimal);
	if (value >= word) {
		c.errorAt(
			"number-too-large",
			pos,
			end,
			`\`${text}\` does not fit into a 32-bit word, which is what memory is made of here`,
		);
		return { kind: "number", pos, end, value: 0 };
	}
	return { kind: "number", pos, end, value };
}

/** The string at the cursor; adjacent ones are one. */
export function parseString(c: Cursor): StringExpression {
	const pos = c.pos();
	let value = "";
	while (c.kind() === TokenKind.String) {
		const text = c.word();
		value += unescaped(text.slice(1, text.length > 1 && text.endsWith('"') ? -1 : undefined));
		c.next();
	}
	return { kind: "string", pos, end: c.previousEnd(), value };
}
