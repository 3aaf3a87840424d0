/** Type names, struct and enum bodies, annotations, parameters. */

import { suggest } from "../suggestions.ts";
import type {
	Annotation,
	EnumBody,
	Enumerator,
	Expression,
	Field,
	Identifier,
	Parameter,
	StructBody,
	TypeName,
} from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment, parseConditional, parseExpression } from "./expressions.ts";

/** Annotations that may begin a type, as in `(__force int)x`. */
const typeAnnotations = new Set([
	"__rcu",
	"__user",
	"__force",
	"__iomem",
	"__percpu",
	"__attribute__",
	"__init",
	"__sched",
]);

function isAnnotationWord(c: Cursor, ahead = 0): boolean {
	return c.kind(ahead) === TokenKind.Identifier && c.text.startsWith("__", c.pos(ahead));
}

/** Whether a type begins `ahead` tokens from here. */
export function startsType(c: Cursor, ahead: number): boolean {
	const kind = c.kind(ahead);
	if (kind >= TokenKind.Void && kind <= TokenKind.Qualifier) return true;
	if (kind === TokenKind.TypeIdentifier) {
		const next = c.kind(ahead + 1);
		return (
			next === TokenKind.Identifier ||
			next === TokenKind.TypeIdentifier ||
			next === TokenKind.Star ||
			next === TokenKind.CloseParen ||
			next === TokenKind.Comma ||
			next === TokenKind.Qualifier
		);
	}
	return isAnnotationWord(c, ahead) && typeAnnotations.has(c.word(ahead)) && c.kind(ahead + 1) !== TokenKind.OpenParen;
}

/** The part of a declaration that its declarators share. */
export interface Specifiers {
	readonly pos: number;
	readonly end: number;
	readonly base: TypeName["base"];
	readonly unsigned: boolean;
	readonly annotations: Annotation[];
	/** The base is a struct, union or enum with its fields or constants. */
	readonly hasBody: boolean;
	readonly isStatic: boolean;
	readonly isInline: boolean;
}

/** An annotation, with its arguments if it has some. */
function parseAnnotation(c: Cursor): Annotation {
	const name = c.identifier("an annotation");
	const list: Expression[] = [];
	if (c.kind() === TokenKind.OpenParen) {
		c.next();
		while (c.kind() !== TokenKind.CloseParen && c.kind() !== TokenKind.EndOfFile) {
			list.push(parseAssignment(c));
			if (!c.eat(TokenKind.Comma)) break;
		}
		c.expect(TokenKind.CloseParen, ")", `after the argument of ${name.text}`);
	}
	return { kind: "annotation", pos: name.pos, end: c.previousEnd(), name, arguments: list };
}

/** Annotations after a declarator or before a function's body. */
export function parseAnnotations(c: Cursor, into: Annotation[]): void {
	for (;;) {
		if (isAnnotationWord(c)) into.push(parseAnnotation(c));
		else if (!c.eat(TokenKind.Qualifier)) return;
	}
}

/** `const`, `static` and annotations that stand between a type and the name it declares. */
function eatQualifiers(c: Cursor, annotations: Annotation[]): { isStatic: boolean; isInline: boolean } {
	let isStatic = false;
	let isInline = false;
	for (;;) {
		if (c.kind() === TokenKind.Qualifier) {
			const word = c.word();
			isStatic ||= word === "static";
			isInline ||= word === "inline" || word === "__always_inline" || word === "__inline";
			c.next();
		} else if (isAnnotationWord(c) && ((isTypeOrName(c.kind(1)) && !isAnnotationWord(c, 1)) || isTypeAnnotation(c))) {
			annotations.push(parseAnnotation(c));
		} else return { isStatic, isInline };
	}
}

/** One of the kernel's own annotations of types; `int __percpu(…)` declares a function. */
function isTypeAnnotation(c: Cursor): boolean {
	return typeAnnotations.has(c.word()) && (c.kind(1) !== TokenKind.OpenParen || c.isWord("__attribute__"));
}

function isTypeOrName(kind: number): boolean {
	return (
		kind === TokenKind.Identifier ||
		kind === TokenKind.TypeIdentifier ||
		kind === TokenKind.Star ||
		(kind >= TokenKind.Void && kind <= TokenKind.Qualifier)
	);
}

/** Qualifiers, base type, qualifiers. `what` is what an error says is missing when no type stands here. */
export function parseSpecifiers(c: Cursor, what = "a type"): Specifiers {
	const annotations: Annotation[] = [];
	const before = eatQualifiers(c, annotations);
	const pos = c.pos();
	let unsigned = false;
	let base: TypeName["base"];
	const kind = c.kind();
	if (kind === TokenKind.Struct || kind === TokenKind.Union || kind === TokenKind.Enum) {
		base = parseTagged(c, kind === TokenKind.Struct ? "struct" : kind === TokenKind.Union ? "union" : "enum");
	} else if (kind >= TokenKind.Void && kind <= TokenKind.Unsigned) {
		const words: string[] = [];
		while (c.kind() >= TokenKind.Void && c.kind() <= TokenKind.Unsigned) {
			if (c.kind() === TokenKind.Unsigned) unsigned = true;
			else if (c.kind() !== TokenKind.Signed) words.push(c.word());
			c.next();
		}
		const end = c.previousEnd();
		// `unsigned folio_t x;`: the checker says that there is no such type.
		const typedef = words.length === 0 && unsigned && c.kind() === TokenKind.TypeIdentifier && isTypeOrName(c.kind(1));
		const name: Identifier = typedef
			? c.identifier("a type")
			: { kind: "identifier", pos, end, text: arithmeticName(c, words, pos, end) };
		base = { kind: "named", name };
	} else base = misspeltTag(c) ?? { kind: "named", name: c.identifier(what) };
	const end = c.previousEnd();
	const hasBody = base.kind !== "named" && base.body !== undefined;
	const after = hasBody && c.startsLine() ? { isStatic: false, isInline: false } : eatQualifiers(c, annotations);
	const missing = base.kind === "named" && base.name.text === "" && base.name.pos < pos;
	return {
		pos: missing ? end : pos,
		end,
		base,
		unsigned,
		annotations,
		hasBody,
		isStatic: before.isStatic || after.isStatic,
		isInline: before.isInline || after.isInline,
	};
}

/** `strct inode inode`: three names in a row, or two and a star. */
function misspeltTag(c: Cursor): TypeName["base"] | undefined {
	const after = c.kind(2);
	if (c.kind() !== TokenKind.Identifier || c.kind(1) !== TokenKind.Identifier) return undefined;
	if (after !== TokenKind.Identifier && after !== TokenKind.Star) return undefined;
	const near = suggest(c.word(), ["struct", "union", "enum"]) as "struct" | "union" | "enum" | undefined;
	if (near === undefined) return undefined;
	c.errorAt("unknown-type", c.pos(), c.end(), `\`${c.word()}\` is not a type; did you mean \`${near}\`?`, {
		title: `Change to \`${near}\``,
		edits: [{ pos: c.pos(), end: c.end(), text: near }],
	});
	c.next();
	return { kind: near, name: c.identifier(`the name of the ${near}`) };
}

/** `long int`, `long unsigned`, `int long` … are one type each. */
function arithmeticName(c: Cursor, words: readonly string[], pos: number, end: number): string {
	const rest = words.filter((word) => word !== "int");
	const name = rest.join(" ");
	switch (name) {
		case "":
			return "int";
		case "void":
		case "bool":
		case "_Bool":
		case "char":
		case "short":
		case "long":
		case "long long":
			return name === "_Bool" ? "bool" : name;
	}
	c.errorAt("unknown-type", pos, end, `\`${words.join(" ")}\` is not a type`);
	return "";
}

function parseTagged(c: Cursor, kind: "struct" | "union" | "enum"): TypeName["base"] {
	c.next();
	const throwAway: Annotation[] = [];
	if (isAnnotationWord(c) && typeAnnotations.has(c.word())) parseAnnotations(c, throwAway);
	let name: Identifier | undefined;
	if (c.kind() !== TokenKind.OpenBrace) name = c.identifier(`the name of the ${kind}`);
	if (c.kind() !== TokenKind.OpenBrace) return { kind, name };
	const body = kind === "enum" ? parseEnumBody(c) : parseStructBody(c);
	return { kind, name, body };
}

function parseEnumBody(c: Cursor): EnumBody {
	const pos = c.pos();
	c.next();
	const enumerators: Enumerator[] = [];
	while (c.kind() !== TokenKind.CloseBrace && c.kind() !== TokenKind.EndOfFile) {
		const doc = c.doc();
		const name = c.identifier("the name of a constant");
		if (name.text === "") break;
		const value = c.eat(TokenKind.Equal) ? parseConditional(c) : undefined;
		enumerators.push({ kind: "enumerator", pos: name.pos, end: c.previousEnd(), doc, name, value });
		if (c.eat(TokenKind.Comma)) continue;
		if (c.kind() !== TokenKind.Identifier) break;
		c.expect(TokenKind.Comma, ",", "between these constants");
	}
	closeBody(c, "enum");
	return { kind: "enum_body", pos, end: c.previousEnd(), enumerators };
}

function closeBody(c: Cursor, what: string): void {
	if (c.eat(TokenKind.CloseBrace)) return;
	c.expect(TokenKind.CloseBrace, "}", `to close this ${what}`);
	for (;;) {
		const kind = c.kind();
		if (kind === TokenKind.EndOfFile || kind === TokenKind.Semicolon) return;
		if (kind === TokenKind.CloseBrace) {
			c.next();
			return;
		}
		if (kind === TokenKind.OpenBrace) c.skipBalanced();
		else c.next();
		c.markReported();
	}
}

function parseStructBody(c: Cursor): StructBody {
	const pos = c.pos();
	const fields: Field[] = [];
	return c.nested<StructBody>(
		() => {
			c.next();
			while (c.kind() !== TokenKind.CloseBrace && c.kind() !== TokenKind.EndOfFile) {
				const before = c.position;
				parseFields(c, fields);
				if (c.position === before) break;
			}
			closeBody(c, "struct");
			return { kind: "struct_body", pos, end: c.previousEnd(), fields };
		},
		() => ({ kind: "struct_body", pos, end: c.previousEnd(), fields }),
	);
}

function parseFields(c: Cursor, fields: Field[]): void {
	if (c.eat(TokenKind.Semicolon)) return;
	const doc = c.doc();
	if (!startsType(c, 0) && c.kind() !== TokenKind.Identifier && c.kind() !== TokenKind.TypeIdentifier) {
		c.errorHere("unexpected-token", `\`${c.word()}\` is not a field: a type and a name are`);
		return;
	}
	const specifiers = parseSpecifiers(c);
	if (c.kind() === TokenKind.Semicolon) {
		const typeName = typeNameOf(specifiers, 0, []);
		const { base } = specifiers;
		const anonymous =
			base.kind !== "named" && base.kind !== "enum" && base.body !== undefined && base.name === undefined;
		if (!anonymous) c.errorAt("declaration-without-name", specifiers.pos, specifiers.end, "this field has no name");
		c.next();
		const end = c.previousEnd();
		fields.push({
			kind: "field",
			pos: specifiers.pos,
			end,
			doc,
			typeName,
			name: undefined,
			arrayLengths: [],
			annotations: [],
		});
		return;
	}
	let first = true;
	do {
		const declarator = parseDeclarator(c, specifiers, first);
		const annotations: Annotation[] = [];
		parseAnnotations(c, annotations);
		if (c.kind() === TokenKind.Colon) {
			const pos = c.pos();
			c.next();
			parseConditional(c);
			c.errorAt(
				"bit-field",
				pos,
				c.previousEnd(),
				"bit-fields are not supported: give the field a word of its own, or use flag bits",
			);
		}
		const { typeName, name, arrayLengths } = declarator;
		const pos = first ? specifiers.pos : declarator.pos;
		fields.push({ kind: "field", pos, end: c.previousEnd(), doc, typeName, name, arrayLengths, annotations });
		first = false;
	} while (c.eat(TokenKind.Comma));
	if (!c.expect(TokenKind.Semicolon, ";", "after this field")) skipField(c);
}

function skipField(c: Cursor): void {
	while (!c.startsLine() && c.kind() !== TokenKind.CloseBrace && c.kind() !== TokenKind.EndOfFile) {
		if (c.eat(TokenKind.Semicolon)) return;
		if (c.kind() === TokenKind.OpenBrace || c.kind() === TokenKind.OpenParen) c.skipBalanced();
		else c.next();
		c.markReported();
	}
}

/** What one declarator adds to the specifiers. */
export interface Declarator {
	readonly pos: number;
	readonly typeName: TypeName;
	readonly name: Identifier;
	readonly arrayLengths: readonly Expression[];
}

/** Stars, name and array lengths. `first` carries the base type's own range (and its body). */
export function parseDeclarator(c: Cursor, specifiers: Specifiers, first: boolean, nameNeeded = true): Declarator {
	const pos = c.pos();
	const annotations: Annotation[] = first ? specifiers.annotations : [...specifiers.annotations];
	let pointers = 0;
	while (c.eat(TokenKind.Star)) {
		pointers++;
		eatQualifiers(c, annotations);
	}
	const typeEnd = c.previousEnd();
	if (c.kind() === TokenKind.OpenParen && c.kind(1) === TokenKind.Star)
		return functionPointer(c, specifiers, first, pointers);
	const named = nameNeeded || c.kind() === TokenKind.Identifier || c.kind() === TokenKind.TypeIdentifier;
	const none: Identifier = { kind: "identifier", pos: typeEnd, end: typeEnd, text: "" };
	const name = named ? c.identifier("a name") : none;
	const arrayLengths: Expression[] = [];
	while (c.kind() === TokenKind.OpenBracket) {
		const open = c.pos();
		c.next();
		if (c.kind() === TokenKind.CloseBracket) {
			c.next();
			// A parameter's array is a pointer.
			if (!nameNeeded) pointers++;
			else c.errorAt("array-length", open, c.previousEnd(), "an array needs its length here");
			continue;
		}
		arrayLengths.push(parseExpression(c));
		c.expect(TokenKind.CloseBracket, "]", "after this length");
	}
	const typeName = typeNameOf(
		specifiers,
		pointers,
		annotations,
		first ? undefined : { pos, end: Math.max(pos, typeEnd) },
		typeEnd,
	);
	return { pos, typeName, name, arrayLengths };
}

function typeNameOf(
	{ base, pos, end, unsigned }: Specifiers,
	pointers: number,
	annotations: readonly Annotation[],
	later?: { readonly pos: number; readonly end: number },
	typeEnd = end,
): TypeName {
	if (later === undefined)
		return { kind: "type_name", pos, end: Math.max(end, typeEnd), base, unsigned, pointers, annotations };
	// Only the first declarator's type declares the struct; an unnamed one can be told only by its body.
	const shared = base.kind !== "named" && base.name !== undefined ? { kind: base.kind, name: base.name } : base;
	return { kind: "type_name", ...later, base: shared, unsigned, pointers, annotations };
}

/** `void (*f)(int)`: one error, and a name of that type so that nothing else is said about it. */
function functionPointer(c: Cursor, specifiers: Specifiers, first: boolean, pointers: number): Declarator {
	const pos = c.pos();
	c.next();
	c.next();
	const name = c.identifier("a name");
	c.expect(TokenKind.CloseParen, ")", "after this name");
	if (c.kind() === TokenKind.OpenParen) c.skipBalanced();
	c.errorAt(
		"function-pointer",
		pos,
		c.previousEnd(),
		"function pointers are not supported: give the choice a name (an enum), and call the function by its name in a `switch`",
	);
	const unknown: Specifiers = {
		...specifiers,
		base: { kind: "named", name: { kind: "identifier", pos, end: pos, text: "" } },
	};
	const later = first ? undefined : { pos, end: pos };
	return { pos, typeName: typeNameOf(unknown, pointers, [], later), name, arrayLengths: [] };
}

/** A type without a name: in a cast, or as an argument. */
export function parseTypeName(c: Cursor): TypeName {
	const specifiers = parseSpecifiers(c);
	const annotations = specifiers.annotations;
	let pointers = 0;
	while (c.eat(TokenKind.Star)) {
		pointers++;
		eatQualifiers(c, annotations);
	}
	return typeNameOf(specifiers, pointers, annotations, undefined, c.previousEnd());
}

/** The parameters between a function's parentheses; the cursor is at the opening one. */
export function parseParameters(c: Cursor): { parameters: Parameter[]; variadic: boolean } {
	const parameters: Parameter[] = [];
	let variadic = false;
	c.next();
	if (c.kind() === TokenKind.Void && c.kind(1) === TokenKind.CloseParen) c.next();
	while (c.kind() !== TokenKind.CloseParen && c.kind() !== TokenKind.EndOfFile) {
		if (c.eat(TokenKind.Ellipsis)) {
			variadic = true;
			break;
		}
		const before = c.position;
		if (!startsType(c, 0) && c.kind() !== TokenKind.Identifier && c.kind() !== TokenKind.TypeIdentifier) {
			c.errorHere("unexpected-token", `\`${c.word()}\` is not a parameter: a type and a name are`);
			break;
		}
		const specifiers = parseSpecifiers(c);
		const { typeName, name, arrayLengths } = parseDeclarator(c, specifiers, true, false);
		for (const length of arrayLengths)
			c.errorAt("array-length", length.pos, length.end, "a parameter cannot be an array: pass a pointer");
		parseAnnotations(c, specifiers.annotations);
		parameters.push({
			kind: "parameter",
			pos: specifiers.pos,
			end: c.previousEnd(),
			typeName,
			name: name.text === "" ? undefined : name,
		});
		if (c.position === before) break;
		if (c.eat(TokenKind.Comma)) continue;
		if (c.startsLine() || !startsType(c, 0)) break;
		c.expect(TokenKind.Comma, ",", "between these parameters");
	}
	c.expect(TokenKind.CloseParen, ")", "after the parameters");
	return { parameters, variadic };
}
