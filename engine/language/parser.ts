/** Text to trees. Parsing never fails: any text has a tree, and errors in the author's terms at their places. */

import { docComment } from "./parser/comments.ts";
import { Cursor } from "./parser/cursor.ts";
import { functionRest, parseItems } from "./parser/declarations.ts";
import { enclose } from "./parser/enclose.ts";
import { parseDeclarator, parseSpecifiers, startsType } from "./parser/types.ts";
import type { Diagnostic, FunctionItem, SourceTree, TypeName } from "./syntax.ts";
import { TokenKind } from "./tokens.ts";

export { expressionHeightMaximum, nestingMaximum } from "./parser/cursor.ts";

/** The tree of a `.mmscn` file, with the parser's own errors, sorted by place. */
export function parse(text: string): SourceTree {
	const c = new Cursor(text);
	const items = parseItems(c);
	if (c.errors.length > 0) enclose(items, { pos: 0, end: text.length });
	const doc = fileDoc(c);
	return {
		kind: "file",
		pos: 0,
		end: text.length,
		text,
		items,
		errors: sorted(c.errors),
		tokens: c.tokens,
		...(doc && { doc }),
	};
}

/** A doc comment at the beginning of the file that a blank line parts from the first declaration. */
function fileDoc(c: Cursor) {
	const { kinds, starts, count } = c.tokens;
	for (let token = 0; token < count; token++) {
		const kind = kinds[token] as number;
		if (kind === TokenKind.DocComment) {
			const end = starts[token + 1] as number;
			if (token + 2 < count && !/\n[ \t\r]*\n/.test(c.text.slice(end, starts[token + 2]))) return undefined;
			return docComment(c.text, starts[token] as number, end);
		}
		if (kind === TokenKind.EndOfFile || kind > TokenKind.DocComment) return undefined;
	}
	return undefined;
}

/** A function read from the middle of a text that is no scenario: a process of a litmus test. */
export interface ParsedFunction {
	readonly function: FunctionItem;
	readonly errors: readonly Diagnostic[];
	/** Where the text goes on: right after the function's `}`. */
	readonly end: number;
}

/**
 * The function that begins at `offset`: `P0(int *x, spinlock_t *s) { … }`, with or without a return type (void then).
 * Ranges are offsets into `text`. Undefined when no name and parameters stand there.
 */
export function parseFunctionAt(text: string, offset: number): ParsedFunction | undefined {
	const c = new Cursor(text, offset);
	const pos = c.pos();
	const doc = c.doc();
	const none = { kind: "identifier", pos, end: pos, text: "void" } as const;
	let returnType: TypeName = {
		kind: "type_name",
		pos,
		end: pos,
		base: { kind: "named", name: none },
		unsigned: false,
		pointers: 0,
		annotations: [],
	};
	let name: FunctionItem["name"];
	if (startsType(c, 0)) ({ typeName: returnType, name } = parseDeclarator(c, parseSpecifiers(c), true));
	else name = c.identifier("the name of a function");
	if (name.text === "" || c.kind() !== TokenKind.OpenParen) return undefined;
	const item = functionRest(c, { pos, doc, inline: false }, returnType, name);
	if (c.errors.length > 0) enclose([item], { pos: offset, end: text.length });
	// What follows the function is none of this parser's business.
	const errors = sorted(c.errors).filter((error) => error.pos < item.end);
	return { function: item, errors, end: item.end };
}

function sorted(errors: readonly Diagnostic[]): Diagnostic[] {
	return [...errors].sort((a, b) => a.pos - b.pos || a.end - b.end);
}
