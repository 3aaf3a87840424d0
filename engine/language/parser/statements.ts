/** Statements. */

import { suggest } from "../suggestions.ts";
import type { Block, DeclarationStatement, Expression, Item, Statement, VariableItem } from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";
import { parseDeclaration, startsDeclaration } from "./declarations.ts";
import { parseConditional, parseExpression } from "./expressions.ts";
import { startsMember } from "./scenario.ts";

/**
 * `{ … }` at the cursor (an error and an empty block if there is none). `what` names it in the error for a missing brace;
 * `head` is where a function, thread or `init` begins whose body it is.
 */
export function parseBlock(c: Cursor, what: string, head?: number): Block {
	const pos = c.pos();
	const statements: Statement[] = [];
	const missing = c.kind() !== TokenKind.OpenBrace;
	if (missing) {
		const deeper = head !== undefined && c.startsLine() && c.indentation(pos) > c.indentation(head);
		c.expect(TokenKind.OpenBrace, "{", `to begin ${what}`);
		if (!deeper) return { kind: "block", pos: c.previousEnd(), end: c.previousEnd(), statements };
		c.braceBalance++;
	}
	return c.nested<Block>(
		() => {
			if (!missing) c.next();
			for (;;) {
				if (head !== undefined && c.isStrayBrace(head)) c.skipStrayBrace();
				if (c.kind() === TokenKind.CloseBrace || c.kind() === TokenKind.EndOfFile || leavesBlock(c)) break;
				const before = c.position;
				statements.push(parseStatement(c));
				if (c.position === before) c.next();
			}
			c.expect(TokenKind.CloseBrace, "}", `to close ${what}`);
			return { kind: "block", pos, end: c.previousEnd(), statements };
		},
		() => ({ kind: "block", pos, end: c.previousEnd(), statements }),
	);
}

/** Something that can stand only further out: a brace must be missing before it. */
function leavesBlock(c: Cursor): boolean {
	return (
		c.startsLine() &&
		(startsMember(c) ||
			(c.isWord("scenario") && c.kind(1) === TokenKind.Identifier && c.kind(2) === TokenKind.OpenBrace))
	);
}

/** One statement. Always either moves on or leaves a reported error. */
export function parseStatement(c: Cursor): Statement {
	return c.nested<Statement>(
		() => statement(c),
		() => {
			const pos = c.pos();
			do skipStatement(c);
			while (c.eat(TokenKind.Else));
			return { kind: "error", pos, end: Math.max(pos, c.previousEnd()) };
		},
	);
}

function statement(c: Cursor): Statement {
	const pos = c.pos();
	switch (c.kind()) {
		case TokenKind.OpenBrace:
			return parseBlock(c, "this block");
		case TokenKind.Semicolon:
			c.next();
			return { kind: "empty", pos, end: c.previousEnd() };
		case TokenKind.If:
			return parseIf(c, pos);
		case TokenKind.While: {
			c.next();
			const condition = parseCondition(c, "while");
			const body = parseStatement(c);
			return { kind: "while", pos, end: body.end, condition, body };
		}
		case TokenKind.Do:
			return parseDo(c, pos);
		case TokenKind.For:
			return parseFor(c, pos);
		case TokenKind.Switch: {
			c.next();
			const value = parseCondition(c, "switch");
			const body = parseStatement(c);
			return { kind: "switch", pos, end: body.end, value, body };
		}
		case TokenKind.Case:
		case TokenKind.Default: {
			const value = c.kind() === TokenKind.Case;
			c.next();
			const constant = value ? parseConditional(c) : undefined;
			c.expect(TokenKind.Colon, ":", value ? "after the value of this case" : "after `default`");
			return { kind: "case", pos, end: c.previousEnd(), value: constant };
		}
		case TokenKind.Goto:
			return jump(c, pos, "goto");
		case TokenKind.Break:
		case TokenKind.Continue: {
			const kind = c.kind() === TokenKind.Break ? "break" : "continue";
			c.next();
			endStatement(c, `after \`${kind}\``);
			return { kind, pos, end: c.previousEnd() };
		}
		case TokenKind.Return:
			return jump(c, pos, "return");
		case TokenKind.Else:
			c.errorHere("unexpected-token", "this `else` has no `if` before it");
			c.next();
			return parseStatement(c);
		case TokenKind.Hash:
			return directiveInside(c, pos);
		case TokenKind.Typedef:
			c.errorHere("misplaced-item", "a typedef is declared at file level");
			skipStatement(c);
			return { kind: "error", pos, end: c.previousEnd() };
		case TokenKind.Identifier:
			if (c.kind(1) === TokenKind.Colon) {
				const name = c.identifier("the name of a label");
				c.next();
				return { kind: "label", pos, end: c.previousEnd(), name };
			}
			if (c.isWord("atomic") && c.kind(1) === TokenKind.OpenBrace) {
				c.next();
				const body = parseBlock(c, "this atomic block");
				return { kind: "atomic", pos, end: body.end, body };
			}
	}
	const meant = misspeltKeyword(c);
	if (meant !== undefined) return jump(c, pos, meant);
	if (startsDeclaration(c)) return parseLocals(c, pos);
	const expression = parseExpression(c);
	if (expression.kind === "error" && expression.pos === expression.end && c.reported) {
		skipStatement(c);
		return { kind: "error", pos, end: Math.max(pos, c.previousEnd()) };
	}
	if (!endExpression(c, expression)) return { kind: "error", pos, end: c.previousEnd() };
	return { kind: "expression", pos, end: Math.max(expression.end, c.previousEnd()), expression };
}

/** `goto` or `return`, whose word is at the cursor. */
function jump(c: Cursor, pos: number, word: "goto" | "return"): Statement {
	c.next();
	if (word === "goto") {
		const label = c.identifier("the name of a label");
		endStatement(c, "after this goto");
		return { kind: "goto", pos, end: c.previousEnd(), label };
	}
	let value: Expression | undefined;
	const empty = c.kind() === TokenKind.Semicolon || c.kind() === TokenKind.CloseBrace;
	if (!empty && !(c.startsLine() && c.kind() >= TokenKind.If)) value = parseExpression(c);
	endStatement(c, "after this return");
	return { kind: "return", pos, end: c.previousEnd(), value };
}

/** `rteurn x;` is no declaration of an x. */
function misspeltKeyword(c: Cursor): "goto" | "return" | undefined {
	if (c.kind() !== TokenKind.Identifier || c.startsLine(1)) return undefined;
	if (c.kind(1) !== TokenKind.Identifier && c.kind(1) !== TokenKind.Number) return undefined;
	const after = c.kind(2);
	const operand =
		after === TokenKind.Semicolon ||
		after === TokenKind.OpenParen ||
		after === TokenKind.Arrow ||
		after === TokenKind.Dot;
	if (!operand && c.kind(1) !== TokenKind.Number) return undefined;
	const near = suggest(c.word(), ["goto", "return"]) as "goto" | "return" | undefined;
	if (near === undefined) return undefined;
	c.errorAt("unexpected-token", c.pos(), c.end(), `\`${c.word()}\` begins no statement; did you mean \`${near}\`?`, {
		title: `Change to \`${near}\``,
		edits: [{ pos: c.pos(), end: c.end(), text: near }],
	});
	return near;
}

/** `#define` or `#include` in the middle of a function. */
function directiveInside(c: Cursor, pos: number): Statement {
	c.errorHere("misplaced-item", `\`#${c.word(1)}\` stands at file level`);
	c.within(c.lineEnd(pos), () => undefined);
	return { kind: "error", pos, end: c.previousEnd() };
}

function parseLocals(c: Cursor, pos: number): Statement {
	const items: Item[] = [];
	parseDeclaration(c, "block", items);
	const end = Math.max(pos, c.previousEnd());
	const variables: VariableItem[] = [];
	for (const item of items) {
		if (item.kind !== "variable") continue;
		if (item.storage !== "plain")
			c.errorAt("storage", item.pos, item.typeName.pos, "a pool or percpu object is declared outside of functions");
		variables.push(item);
	}
	return variables.length === 0 ? { kind: "error", pos, end } : { kind: "declaration", pos, end, variables };
}

function parseCondition(c: Cursor, word: string): Expression {
	if (!c.expect(TokenKind.OpenParen, "(", `after \`${word}\``)) {
		return c.kind() === TokenKind.OpenBrace
			? { kind: "error", pos: c.previousEnd(), end: c.previousEnd() }
			: withoutParenthesis(c);
	}
	const condition = parseExpression(c);
	c.expect(TokenKind.CloseParen, ")", `after the condition of this \`${word}\``);
	return condition;
}

/** A condition that lacks its `(`, and maybe its `)`. */
function withoutParenthesis(c: Cursor): Expression {
	const condition = parseExpression(c);
	c.eat(TokenKind.CloseParen);
	return condition;
}

function parseIf(c: Cursor, pos: number): Statement {
	c.next();
	const condition = parseCondition(c, "if");
	const then = parseStatement(c);
	let otherwise: Statement | undefined;
	if (c.eat(TokenKind.Else)) otherwise = parseStatement(c);
	return { kind: "if", pos, end: otherwise?.end ?? then.end, condition, then, otherwise };
}

function parseDo(c: Cursor, pos: number): Statement {
	c.next();
	const body = parseStatement(c);
	let condition: Expression = { kind: "error", pos: c.previousEnd(), end: c.previousEnd() };
	if (c.expect(TokenKind.While, "while (…)", "after the body of this `do`")) {
		condition = parseCondition(c, "while");
		endStatement(c, "after this `do … while`");
	}
	return { kind: "do", pos, end: c.previousEnd(), body, condition };
}

function parseFor(c: Cursor, pos: number): Statement {
	c.next();
	c.expect(TokenKind.OpenParen, "(", "after `for`");
	let initial: DeclarationStatement | Expression | undefined;
	if (!c.eat(TokenKind.Semicolon)) {
		if (startsDeclaration(c)) {
			const locals = parseLocals(c, c.pos());
			if (locals.kind === "declaration") initial = locals;
		} else {
			initial = parseExpression(c);
			c.expect(TokenKind.Semicolon, ";", "after the first part of this `for`");
		}
	}
	const condition = c.kind() === TokenKind.Semicolon ? undefined : parseExpression(c);
	c.expect(TokenKind.Semicolon, ";", "after the condition of this `for`");
	const update = c.kind() === TokenKind.CloseParen ? undefined : parseExpression(c);
	c.expect(TokenKind.CloseParen, ")", "after the head of this `for`");
	const body = parseStatement(c);
	return { kind: "for", pos, end: body.end, initial, condition, update, body };
}

/** Returns false when what was read as a call is a macro that stands for a loop. */
function endExpression(c: Cursor, expression: Expression): boolean {
	const callee = expression.kind === "call" && expression.callee.kind === "name" ? expression.callee.name.text : "";
	if (callee !== "" && c.kind() !== TokenKind.Semicolon && !c.reported && /for_each|^guard$|^scoped_/.test(callee)) {
		c.errorAt(
			"loop-macro",
			expression.pos,
			expression.end,
			`\`${callee}\` hides a loop or a scope in a macro, which is not supported: write the \`for\` or the lock and unlock out`,
		);
		return false;
	}
	endStatement(c, "after this statement");
	return true;
}

/** The `;` at the end of a statement. When only it is missing, the next line is read as usual. */
function endStatement(c: Cursor, where: string): void {
	if (c.eat(TokenKind.Semicolon)) return;
	const last = c.kind() === TokenKind.CloseBrace || c.kind() === TokenKind.EndOfFile || c.startsLine();
	if (last && !c.reported) {
		c.expect(TokenKind.Semicolon, ";", where);
		// Two lines that were one expression, as far as the parser can tell: the rest of it is a statement of its own.
		return;
	}
	if (!c.reported) {
		const word = c.word();
		const operand = c.kind() === TokenKind.CloseParen || c.kind() === TokenKind.CloseBracket;
		c.errorHere(
			"unexpected-token",
			operand
				? `\`${word}\` closes nothing here`
				: `\`${word}\` is not expected here: a \`;\` or an operator is missing before it`,
		);
	}
	skipStatement(c);
}

/** To the end of the statement that holds a mistake: its `;`, or whatever can only begin another one. */
function skipStatement(c: Cursor): void {
	let first = true;
	for (;;) {
		const kind = c.kind();
		if (kind === TokenKind.EndOfFile || kind === TokenKind.CloseBrace || c.eat(TokenKind.Semicolon)) return;
		if (!first && c.startsLine()) {
			if ((kind >= TokenKind.Void && kind !== TokenKind.Sizeof) || leavesBlock(c)) return;
			if (kind === TokenKind.Identifier && c.kind(1) === TokenKind.Colon) return;
		}
		if (kind === TokenKind.OpenBrace) {
			c.skipBalanced();
			return;
		}
		if (kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket) c.skipBalanced();
		else c.next();
		first = false;
	}
}
