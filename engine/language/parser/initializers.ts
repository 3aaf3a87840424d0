/** Initializers: an expression, or a list in braces with designators. */
import type { Identifier, Initializer, InitializerEntry, InitializerList } from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment, parseConditional } from "./expressions.ts";

/** What stands after the `=` of a declaration. */
export function parseInitializer(c: Cursor): Initializer {
	return c.kind() === TokenKind.OpenBrace ? parseInitializerList(c) : parseAssignment(c);
}

/** `{ .field = value, [2] = value, value }` at the cursor. */
export function parseInitializerList(c: Cursor): InitializerList {
	const pos = c.pos();
	return c.nested<InitializerList>(
		() => {
			c.next();
			const entries: InitializerEntry[] = [];
			while (c.kind() !== TokenKind.CloseBrace && c.kind() !== TokenKind.EndOfFile) {
				const before = c.position;
				entries.push(parseEntry(c));
				if (c.position === before) break;
				if (c.eat(TokenKind.Comma)) continue;
				if (c.kind() === TokenKind.CloseBrace) break;
				// `.a = 1 .b = 2`: the comma is what is missing, the list goes on.
				c.expect(TokenKind.Comma, ",", "between these values");
				if (c.kind() !== TokenKind.Dot && c.kind() !== TokenKind.OpenBracket) break;
			}
			if (!c.eat(TokenKind.CloseBrace)) {
				c.expect(TokenKind.CloseBrace, "}", "after this list of values");
				skipToClose(c);
			}
			return { kind: "initializer_list", pos, end: c.previousEnd(), entries };
		},
		() => ({ kind: "initializer_list", pos, end: c.previousEnd(), entries: [] }),
	);
}

/** What is left of a list after a mistake in it: up to its brace, but not into the next statement. */
function skipToClose(c: Cursor): void {
	for (;;) {
		const kind = c.kind();
		if (kind === TokenKind.CloseBrace) {
			c.next();
			return;
		}
		if (kind === TokenKind.Semicolon || kind === TokenKind.EndOfFile) return;
		if (kind === TokenKind.OpenBrace || kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket)
			c.skipBalanced();
		else c.next();
		c.markReported();
	}
}

function parseEntry(c: Cursor): InitializerEntry {
	const pos = c.pos();
	const designators: InitializerEntry["designators"][number][] = [];
	for (;;) {
		if (c.eat(TokenKind.Dot)) {
			designators.push({ kind: "field", name: c.identifier("the name of a field") });
		} else if (c.kind() === TokenKind.OpenBracket) {
			c.next();
			designators.push({ kind: "index", index: parseConditional(c) });
			c.expect(TokenKind.CloseBracket, "]", "after this index");
		} else break;
	}
	if (designators.length > 0) c.expect(TokenKind.Equal, "=", "between the place and its value");
	// GNU's old `field: value`.
	else if (c.kind() === TokenKind.Identifier && c.kind(1) === TokenKind.Colon) {
		const name: Identifier = c.identifier("the name of a field");
		c.errorHere("expected-token", `write \`.${name.text} = …\` to give this field its value`);
		c.next();
		designators.push({ kind: "field", name });
	}
	const value = parseInitializer(c);
	return { kind: "initializer_entry", pos, end: Math.max(value.end, c.previousEnd()), designators, value };
}
