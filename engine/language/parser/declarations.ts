/** Items of a file: includes, constants, types, functions, objects. */

import { suggest } from "../suggestions.ts";
import type {
	Annotation,
	DocComment,
	FunctionItem,
	Identifier,
	Initializer,
	Item,
	TypeName,
	VariableItem,
} from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment } from "./expressions.ts";
import { parseInitializer } from "./initializers.ts";
import { parseMember, parseScenario, startsMember } from "./scenario.ts";
import { parseBlock } from "./statements.ts";
import {
	type Declarator,
	parseAnnotations,
	parseDeclarator,
	parseParameters,
	parseSpecifiers,
	type Specifiers,
	startsType,
} from "./types.ts";

const storageWords = ["pool", "percpu", "typesafe_by_rcu"];

/** Whether a declaration begins here: a type, a storage word before one, or a name before a name. */
export function startsDeclaration(c: Cursor): boolean {
	if (startsType(c, 0)) return true;
	if (c.kind() !== TokenKind.Identifier) return false;
	const next = c.kind(1);
	if (storageWords.includes(c.word())) {
		return (
			startsType(c, 1) ||
			(next === TokenKind.Identifier && (storageWords.includes(c.word(1)) || c.kind(2) === TokenKind.Identifier))
		);
	}
	// `folio f;`, `folio *f = …;`: no type of that name, but nothing else could be meant.
	if (c.startsLine(1)) return false;
	if (next === TokenKind.Identifier || next === TokenKind.TypeIdentifier) return true;
	if (next !== TokenKind.Star || c.kind(2) !== TokenKind.Identifier) return false;
	const after = c.kind(3);
	return after === TokenKind.Equal || after === TokenKind.Semicolon || after === TokenKind.Comma;
}

/** The items from here to the end of the text. */
export function parseItems(c: Cursor): Item[] {
	const items: Item[] = [];
	let memberReported = false;
	while (c.kind() !== TokenKind.EndOfFile) {
		const before = c.position;
		const pos = c.pos();
		if (c.kind() === TokenKind.Hash) items.push(parseDirective(c));
		else if (c.isWord("scenario") && (c.kind(1) === TokenKind.Identifier || c.kind(1) === TokenKind.OpenBrace)) {
			items.push(parseScenario(c));
			memberReported = false;
		} else if (reportMisspelt(c, "scenario", TokenKind.OpenBrace)) {
			items.push(parseScenario(c));
			memberReported = false;
		} else if (startsMember(c)) {
			// The end of a scenario that was closed too early is one mistake, whatever stands there.
			if (!memberReported)
				c.errorHere("misplaced-item", `\`${c.word()}\` stands inside a scenario; is the scenario closed too early?`);
			memberReported = true;
			parseMember(c);
			items.push({ kind: "error", pos, end: c.previousEnd() });
		} else if (c.kind() === TokenKind.Typedef) parseTypedef(c, items);
		else if (startsDeclaration(c)) parseDeclaration(c, "file", items);
		else if (!c.eat(TokenKind.Semicolon)) {
			if (memberReported && c.eat(TokenKind.CloseBrace)) continue;
			const word = c.word();
			const message =
				word === "}"
					? "nothing is open here that this `}` could close"
					: `\`${word}\` begins neither a declaration nor a scenario`;
			c.errorHere("unexpected-token", message);
			if (word === "}") c.next();
			else skipItem(c);
			items.push({ kind: "error", pos, end: c.previousEnd() });
		}
		items.push(...c.misplaced.splice(0));
		if (c.position === before) c.next();
	}
	return items;
}

/** Whether the word here is a misspelt `word`, as what follows its name shows; then that is reported. */
function reportMisspelt(c: Cursor, word: string, afterName: number): boolean {
	if (c.kind() !== TokenKind.Identifier || c.kind(1) !== TokenKind.Identifier || c.kind(2) !== afterName) return false;
	if (suggest(c.word(), [word]) === undefined) return false;
	c.errorAt("unexpected-token", c.pos(), c.end(), `\`${c.word()}\` begins no declaration; did you mean \`${word}\`?`, {
		title: `Change to \`${word}\``,
		edits: [{ pos: c.pos(), end: c.end(), text: word }],
	});
	return true;
}

/** To the next token that begins an item at the beginning of a line. */
function skipItem(c: Cursor): void {
	let first = true;
	while (c.kind() !== TokenKind.EndOfFile) {
		if (
			!first &&
			c.startsLine() &&
			(c.kind() === TokenKind.Hash || c.kind() === TokenKind.Typedef || c.isWord("scenario") || startsType(c, 0))
		) {
			return;
		}
		first = false;
		if (c.eat(TokenKind.Semicolon)) return;
		if (c.kind() === TokenKind.OpenBrace) {
			c.skipBalanced();
			c.eat(TokenKind.Semicolon);
			return;
		}
		c.next();
	}
}

// --------------------------------------------------------------------------------------------------- directives

/** `#include` or `#define` at the cursor. */
export function parseDirective(c: Cursor): Item {
	const pos = c.pos();
	const doc = c.doc();
	return c.within(c.lineEnd(pos), () => {
		c.next();
		const word = c.word();
		c.next();
		return word === "include" ? parseInclude(c, pos) : parseDefine(c, pos, doc);
	});
}

function parseInclude(c: Cursor, pos: number): Item {
	const kind = c.kind();
	if (kind !== TokenKind.IncludePath && kind !== TokenKind.String) {
		c.errorAt(
			"include-missing",
			pos,
			c.previousEnd(),
			'a path is missing: `#include <mm/filemap.mmscn>` or `#include "next_to_this_file.mmscn"`',
		);
		return { kind: "error", pos, end: c.previousEnd() };
	}
	const text = c.word();
	const pathRange = { pos: c.pos() + 1, end: Math.max(c.pos() + 1, c.end() - 1) };
	c.next();
	if (c.kind() !== TokenKind.EndOfFile)
		c.errorHere("unexpected-token", `\`${c.word()}\` has no meaning after the path of an #include`);
	const system = kind === TokenKind.IncludePath;
	return { kind: "include", pos, end: pathRange.end + 1, path: text.slice(1, -1), system, pathRange };
}

function parseDefine(c: Cursor, pos: number, doc: DocComment | undefined): Item {
	const name = c.identifier("the name of the constant");
	if (c.kind() === TokenKind.OpenParen && c.pos() === name.end) {
		c.errorAt(
			"function-like-macro",
			name.pos,
			name.end,
			`macros with parameters are not supported: write \`static\` … \`${name.text}(…)\` as a function; calls are inlined`,
		);
		return { kind: "error", pos, end: c.previousEnd() };
	}
	const value = c.kind() === TokenKind.EndOfFile ? undefined : parseAssignment(c);
	if (c.kind() !== TokenKind.EndOfFile) {
		c.errorHere("unexpected-token", `a #define is the name of one value; \`${c.word()}\` does not belong to it`);
	}
	return { kind: "define", pos, end: Math.max(c.previousEnd(), name.end), doc, name, value };
}

// ------------------------------------------------------------------------------------------------- declarations

function parseTypedef(c: Cursor, items: Item[]): void {
	const pos = c.pos();
	const doc = c.doc();
	c.next();
	const specifiers = parseSpecifiers(c);
	let first = true;
	do {
		const { typeName, name, arrayLengths } = parseDeclarator(c, specifiers, first);
		items.push({ kind: "typedef", pos, end: c.previousEnd(), doc, typeName, name, arrayLengths });
		if (name.text !== "" && c.tokenKindAt(name.pos) === TokenKind.Identifier) {
			c.errorAt(
				"typedef-name",
				name.pos,
				name.end,
				`the name of a typedef ends in _t here, which is how types are told from values: \`${name.text}_t\``,
				{ title: `Rename to \`${name.text}_t\``, edits: [{ pos: name.end, end: name.end, text: "_t" }] },
			);
		}
		first = false;
	} while (c.eat(TokenKind.Comma));
	endDeclaration(c, "after this typedef");
}

/** Storage words before the type of an object. */
function parseStorage(c: Cursor): VariableItem["storage"] {
	let pool = false;
	let percpu = false;
	let typesafe = false;
	const pos = c.pos();
	while (c.kind() === TokenKind.Identifier && storageWords.includes(c.word())) {
		pool ||= c.isWord("pool");
		percpu ||= c.isWord("percpu");
		typesafe ||= c.isWord("typesafe_by_rcu");
		c.next();
	}
	if (percpu && (pool || typesafe))
		c.errorAt("storage", pos, c.previousEnd(), "a pool belongs to all CPUs: `percpu` and `pool` exclude each other");
	else if (typesafe && !pool) {
		const edits = [{ pos: c.previousEnd(), end: c.previousEnd(), text: " pool" }];
		const fix = { title: "Make it a pool", edits };
		c.errorAt(
			"storage",
			pos,
			c.previousEnd(),
			"`typesafe_by_rcu` says how a pool hands memory out again: `typesafe_by_rcu pool`",
			fix,
		);
	}
	if (typesafe) return "typesafe_by_rcu_pool";
	return pool ? "pool" : percpu ? "percpu" : "plain";
}

/** A type, a function or one or more variables at the cursor; pushes onto `items`. */
export function parseDeclaration(c: Cursor, place: "file" | "scenario" | "block", items: Item[]): void {
	const pos = c.pos();
	const doc = c.doc();
	const storage = parseStorage(c);
	const specifiers = parseSpecifiers(c);
	// `enum era { … }` and a function after it: only the semicolon is missing.
	const unended = specifiers.hasBody && c.startsLine() && (startsType(c, 0) || c.isWord("scenario"));
	if (storage === "plain" && (c.kind() === TokenKind.Semicolon || unended)) {
		c.expect(TokenKind.Semicolon, ";", "after this declaration");
		typeWithoutDeclarator(c, pos, doc, specifiers, place, items);
		return;
	}
	let first = true;
	do {
		const declarator = parseDeclarator(c, specifiers, first);
		if (
			c.kind() === TokenKind.OpenParen &&
			first &&
			declarator.name.text !== "" &&
			declarator.arrayLengths.length === 0
		) {
			parseFunction(c, { pos, doc, inline: specifiers.isInline }, declarator, place, items);
			return;
		}
		items.push(parseVariable(c, { pos: first ? pos : declarator.pos, doc, storage, declarator }));
		first = false;
	} while (c.eat(TokenKind.Comma));
	if (specifiers.isStatic && place === "block") {
		c.errorAt(
			"static-local",
			pos,
			c.previousEnd(),
			"a static variable in a function is one object for all threads: declare it outside",
		);
	}
	endDeclaration(c, "after this declaration");
}

function typeWithoutDeclarator(
	c: Cursor,
	pos: number,
	doc: DocComment | undefined,
	specifiers: Specifiers,
	place: "file" | "scenario" | "block",
	items: Item[],
): void {
	const end = c.previousEnd();
	const { base, unsigned, annotations } = specifiers;
	if (base.kind === "named") {
		if (base.name.text !== "") c.errorAt("declaration-without-name", pos, end, "this declaration has no name");
		return;
	}
	if (place !== "file")
		c.errorAt("misplaced-item", pos, specifiers.end, `a ${base.kind} is declared at file level, before the scenario`);
	if (base.name === undefined && base.kind !== "enum") {
		c.errorAt("declaration-without-name", pos, end, `this ${base.kind} has no name, and declares nothing`);
		return;
	}
	const typeName: TypeName = {
		kind: "type_name",
		pos: specifiers.pos,
		end: specifiers.end,
		base,
		unsigned,
		pointers: 0,
		annotations,
	};
	items.push({ kind: "type", pos, end, doc, typeName });
}

function parseVariable(
	c: Cursor,
	{
		pos,
		doc,
		storage,
		declarator,
	}: { pos: number; doc: DocComment | undefined; storage: VariableItem["storage"]; declarator: Declarator },
): VariableItem {
	const annotations: Annotation[] = [];
	parseAnnotations(c, annotations);
	let initializer: Initializer | undefined;
	if (c.eat(TokenKind.Equal)) initializer = parseInitializer(c);
	const { typeName, name, arrayLengths } = declarator;
	return {
		kind: "variable",
		pos,
		end: c.previousEnd(),
		doc,
		typeName,
		name,
		arrayLengths,
		initializer,
		annotations,
		storage,
	};
}

/** The `;` of a declaration; when it is missing, the rest of the line goes with the mistake. */
function endDeclaration(c: Cursor, where: string): void {
	if (c.expect(TokenKind.Semicolon, ";", where)) return;
	while (!c.startsLine() && c.kind() !== TokenKind.CloseBrace && c.kind() !== TokenKind.EndOfFile) {
		if (c.eat(TokenKind.Semicolon)) return;
		if (c.kind() === TokenKind.OpenBrace || c.kind() === TokenKind.OpenParen) c.skipBalanced();
		else c.next();
		c.markReported();
	}
}

/** What stands before the name of a function, its type apart. */
interface FunctionHead {
	readonly pos: number;
	readonly doc: DocComment | undefined;
	readonly inline: boolean;
}

function parseFunction(
	c: Cursor,
	head: FunctionHead,
	{ typeName, name }: Declarator,
	place: "file" | "scenario" | "block",
	items: Item[],
): void {
	const item = functionRest(c, head, typeName, name);
	if (place === "file") {
		items.push(item);
		return;
	}
	const message =
		place === "scenario"
			? "a function is declared at file level, before the scenario; what it needs of the scenario are its parameters"
			: "a function cannot stand inside another one; is a `}` missing above?";
	c.errorAt("misplaced-item", name.pos, name.end, message);
	c.misplaced.push(item);
}

/** Parameters, annotations and body of a function whose name has been read. */
export function functionRest(
	c: Cursor,
	{ pos, doc, inline }: FunctionHead,
	returnType: TypeName,
	name: Identifier,
): FunctionItem {
	const { parameters, variadic } = parseParameters(c);
	const annotations: Annotation[] = [];
	parseAnnotations(c, annotations);
	let body: FunctionItem["body"];
	const bodyBegins =
		c.kind() === TokenKind.OpenBrace || (c.startsLine() && c.indentation(c.pos()) > c.indentation(pos));
	if (c.kind() === TokenKind.Semicolon && c.kind(1) === TokenKind.OpenBrace) {
		c.errorHere("unexpected-token", "this `;` parts the function from its body: remove it");
		c.next();
		body = parseBlock(c, `the body of ${name.text}`, pos);
	} else if (bodyBegins) body = parseBlock(c, `the body of ${name.text}`, pos);
	else endDeclaration(c, `or a body after the parameters of ${name.text}`);
	const end = c.previousEnd();
	const variadicPart = variadic ? { variadic } : {};
	return { kind: "function", pos, end, doc, returnType, name, parameters, annotations, body, inline, ...variadicPart };
}
