/** Expressions, by precedence climbing. */
import type {
	AssignmentExpression,
	BinaryOperator,
	CallExpression,
	ErrorExpression,
	Expression,
	TypeName,
	UnaryExpression,
} from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import { type Cursor, expressionHeightMaximum } from "./cursor.ts";
import { parseInitializerList } from "./initializers.ts";
import { parseNumber, parseString } from "./literals.ts";
import { parseTypeName, startsType } from "./types.ts";

const binaryOperators: ([operator: BinaryOperator, precedence: number] | undefined)[] = [];
for (const [precedence, row] of (
	[
		[["||", TokenKind.BarBar]],
		[["&&", TokenKind.AmpersandAmpersand]],
		[["|", TokenKind.Bar]],
		[["^", TokenKind.Caret]],
		[["&", TokenKind.Ampersand]],
		[
			["==", TokenKind.EqualEqual],
			["!=", TokenKind.NotEqual],
		],
		[
			["<", TokenKind.Less],
			[">", TokenKind.Greater],
			["<=", TokenKind.LessEqual],
			[">=", TokenKind.GreaterEqual],
		],
		[
			["<<", TokenKind.ShiftLeft],
			[">>", TokenKind.ShiftRight],
		],
		[
			["+", TokenKind.Plus],
			["-", TokenKind.Minus],
		],
		[
			["*", TokenKind.Star],
			["/", TokenKind.Slash],
			["%", TokenKind.Percent],
		],
	] as const
).entries()) {
	for (const [operator, kind] of row) binaryOperators[kind] = [operator, precedence];
}

const unaryOperators: (UnaryExpression["operator"] | undefined)[] = [];
for (const [operator, kind] of [
	["+", TokenKind.Plus],
	["-", TokenKind.Minus],
	["!", TokenKind.Exclamation],
	["~", TokenKind.Tilde],
	["*", TokenKind.Star],
	["&", TokenKind.Ampersand],
] as const) {
	unaryOperators[kind] = operator;
}

/** An expression, commas included. */
export function parseExpression(c: Cursor): Expression {
	let left = parseAssignment(c);
	while (c.kind() === TokenKind.Comma) {
		c.next();
		const height = c.height;
		const right = parseAssignment(c);
		left = higher(c, { kind: "comma", pos: left.pos, end: right.end, left, right }, Math.max(height, c.height));
	}
	return left;
}

/** One argument, initializer or enumerator's value: an expression without a comma of its own. */
export function parseAssignment(c: Cursor): Expression {
	const target = parseConditional(c);
	const kind = c.kind();
	if (kind < TokenKind.Equal || kind > TokenKind.BarEqual) return target;
	const operator = c.word() as AssignmentExpression["operator"];
	c.next();
	const height = c.height;
	const value = c.nested<Expression>(
		() => parseAssignment(c),
		() => errorExpression(c),
	);
	return higher(
		c,
		{ kind: "assignment", pos: target.pos, end: value.end, operator, target, value },
		Math.max(height, c.height),
	);
}

/** A constant expression: no assignment, no comma. */
export function parseConditional(c: Cursor): Expression {
	const condition = parseBinary(c, 0);
	if (c.kind() !== TokenKind.Question) return condition;
	c.next();
	let height = c.height;
	return c.nested<Expression>(
		() => {
			let then: Expression | undefined;
			if (c.kind() !== TokenKind.Colon) {
				then = parseExpression(c);
				height = Math.max(height, c.height);
			}
			c.expect(TokenKind.Colon, ":", "in this `?:`");
			const otherwise = parseConditional(c);
			return higher(
				c,
				{ kind: "conditional", pos: condition.pos, end: otherwise.end, condition, then, otherwise },
				Math.max(height, c.height),
			);
		},
		() => errorExpression(c),
	);
}

function parseBinary(c: Cursor, minimum: number): Expression {
	let left = parseUnary(c);
	for (;;) {
		const found = binaryOperators[c.kind()];
		if (found === undefined || found[1] < minimum) return left;
		c.next();
		const height = c.height;
		const right = parseBinary(c, found[1] + 1);
		left = higher(
			c,
			{ kind: "binary", pos: left.pos, end: right.end, operator: found[0], left, right },
			Math.max(height, c.height),
		);
	}
}

function parseUnary(c: Cursor): Expression {
	const kind = c.kind();
	if (kind === TokenKind.Identifier) return parsePostfix(c);
	const operator = unaryOperators[kind];
	const update = kind === TokenKind.PlusPlus || kind === TokenKind.MinusMinus;
	const cast = kind === TokenKind.OpenParen && startsType(c, 1);
	if (operator === undefined && !update && !cast) {
		if (kind === TokenKind.Sizeof) return parseSizeof(c);
		// GCC's statement expression `({ … })`.
		if (kind === TokenKind.OpenParen && c.kind(1) === TokenKind.OpenBrace) return parseStatementExpression(c);
		return parsePostfix(c);
	}
	return c.nested(
		() => {
			const pos = c.pos();
			if (cast) return parseCast(c);
			c.next();
			if (operator === undefined) {
				const prefix = kind === TokenKind.PlusPlus ? "++" : "--";
				const operand = parseUnary(c);
				return higher(c, { kind: "update", pos, end: operand.end, operator: prefix, prefix: true, operand }, c.height);
			}
			const operand = parseUnary(c);
			return higher(c, { kind: "unary", pos, end: operand.end, operator, operand }, c.height);
		},
		() => errorExpression(c),
	);
}

function parseCast(c: Cursor): Expression {
	const pos = c.pos();
	c.next();
	const typeName = parseTypeName(c);
	c.expect(TokenKind.CloseParen, ")", "after the type of this cast");
	if (c.kind() === TokenKind.OpenBrace) {
		c.errorAt(
			"compound-literal",
			pos,
			c.previousEnd(),
			"compound literals are not supported: declare an object and give it its values",
		);
		parseInitializerList(c);
		return errorFrom(c, pos);
	}
	const operand = parseUnary(c);
	return higher(c, { kind: "cast", pos, end: operand.end, typeName, operand }, c.height);
}

function parseSizeof(c: Cursor): Expression {
	const pos = c.pos();
	c.next();
	c.errorAt(
		"sizeof",
		pos,
		c.previousEnd(),
		"`sizeof` has no meaning here: memory is made of words, every scalar is one",
	);
	if (c.kind() === TokenKind.OpenParen) c.skipBalanced();
	else parseUnary(c);
	return errorFrom(c, pos);
}

function parseStatementExpression(c: Cursor): Expression {
	const pos = c.pos();
	c.skipBalanced();
	c.errorAt(
		"statement-expression",
		pos,
		pos + 2,
		"statement expressions `({ … })` are not supported: write a static function and call it",
	);
	return errorFrom(c, pos);
}

function parsePostfix(c: Cursor): Expression {
	let expression = parsePrimary(c);
	for (;;) {
		switch (c.kind()) {
			case TokenKind.Arrow:
			case TokenKind.Dot: {
				const arrow = c.kind() === TokenKind.Arrow;
				c.next();
				const height = c.height;
				const name = parseFieldName(c);
				const end = name.text === "" ? c.previousEnd() : name.end;
				expression = higher(c, { kind: "member", pos: expression.pos, end, object: expression, arrow, name }, height);
				break;
			}
			case TokenKind.OpenBracket: {
				const object = expression;
				const height = c.height;
				expression = c.nested(
					() => {
						c.next();
						const index = parseExpression(c);
						c.expect(TokenKind.CloseBracket, "]", "after this index");
						const end = c.previousEnd();
						return higher(c, { kind: "index", pos: object.pos, end, object, index }, Math.max(height, c.height));
					},
					() => errorExpression(c),
				);
				break;
			}
			case TokenKind.OpenParen: {
				const callee = expression;
				const height = c.height;
				expression = c.nested<Expression>(
					() => parseCall(c, callee, height),
					() => errorExpression(c),
				);
				break;
			}
			case TokenKind.PlusPlus:
			case TokenKind.MinusMinus: {
				const operator = c.kind() === TokenKind.PlusPlus ? "++" : "--";
				c.next();
				const node = { kind: "update", pos: expression.pos, end: c.previousEnd(), operator, prefix: false } as const;
				expression = higher(c, { ...node, operand: expression }, c.height);
				break;
			}
			default:
				return expression;
		}
	}
}

/** Any word may be a field's name after `.` and `->`; a reserved one is an error of its own. */
function parseFieldName(c: Cursor) {
	if (c.kind() === TokenKind.EndOfFile || c.kind() < TokenKind.Identifier) return c.identifier("the name of a field");
	// A half-typed `folio->` before the next line's statement must not swallow that statement's first word.
	if (c.startsLine() && c.kind() === TokenKind.Identifier && c.kind(1) !== TokenKind.Semicolon && !c.reported) {
		const follows = c.kind(1);
		if (
			follows === TokenKind.Identifier ||
			follows === TokenKind.Equal ||
			follows === TokenKind.Arrow ||
			follows === TokenKind.OpenParen
		) {
			c.errorAt("expected-token", c.previousEnd() - 1, c.previousEnd(), "the name of a field is missing here");
			c.markReported();
			return { kind: "identifier", pos: c.previousEnd(), end: c.previousEnd(), text: "" } as const;
		}
	}
	return c.identifier("the name of a field");
}

function parseCall(c: Cursor, callee: Expression, calleeHeight: number): Expression {
	c.next();
	let height = calleeHeight;
	const list: (Expression | TypeName)[] = [];
	while (c.kind() !== TokenKind.CloseParen && c.kind() !== TokenKind.EndOfFile) {
		const before = c.position;
		if (startsType(c, 0)) {
			list.push(parseTypeName(c));
		} else {
			list.push(parseAssignment(c));
			height = Math.max(height, c.height);
		}
		if (!c.eat(TokenKind.Comma)) {
			const operand = c.kind() >= TokenKind.Identifier && c.kind() <= TokenKind.Character;
			if (!operand || c.startsLine()) break;
			c.expect(TokenKind.Comma, ",", "between these arguments");
			continue;
		}
		if (c.kind() === TokenKind.CloseParen) c.errorHere("expected-expression", "an argument is missing after the comma");
		if (c.position === before) break;
	}
	c.expect(TokenKind.CloseParen, ")", "after the arguments of this call");
	const node: CallExpression = { kind: "call", pos: callee.pos, end: c.previousEnd(), callee, arguments: list };
	return higher(c, node, height);
}

function parsePrimary(c: Cursor): Expression {
	const kind = c.kind();
	const pos = c.pos();
	c.height = 1;
	switch (kind) {
		case TokenKind.Identifier:
		case TokenKind.TypeIdentifier: {
			const end = c.end();
			c.next();
			return { kind: "name", pos, end, name: { kind: "identifier", pos, end, text: c.text.slice(pos, end) } };
		}
		case TokenKind.Number:
		case TokenKind.Character:
			return parseNumber(c);
		case TokenKind.String:
			return parseString(c);
		case TokenKind.OpenParen:
			return c.nested<Expression>(
				() => {
					c.next();
					const operand = parseExpression(c);
					c.expect(TokenKind.CloseParen, ")", "to close this parenthesis");
					return higher(c, { kind: "parenthesized", pos, end: c.previousEnd(), operand }, c.height);
				},
				() => errorExpression(c),
			);
	}
	if (kind >= TokenKind.Void && kind <= TokenKind.Qualifier) {
		c.errorHere("expected-expression", `\`${c.word()}\` begins a type, but a value is needed here`);
	} else if (kind === TokenKind.EndOfFile || c.startsLine()) {
		c.missing("expected-expression", "a value is missing here");
	} else c.errorHere("expected-expression", `a value is missing before \`${c.word()}\``);
	return errorExpression(c);
}

function errorExpression(c: Cursor): ErrorExpression {
	c.height = 1;
	const pos = c.previousEnd();
	return { kind: "error", pos, end: pos };
}

function errorFrom(c: Cursor, pos: number): ErrorExpression {
	c.height = 1;
	return { kind: "error", pos, end: c.previousEnd() };
}

/** Notes the height of a node over children of height `below`; one that is too high is dropped with an error. */
function higher(c: Cursor, node: Expression, below: number): Expression {
	c.height = below + 1;
	if (c.height <= expressionHeightMaximum) return node;
	// What is left of a long chain begins at the same place, and may be too long again.
	if (c.tooHighPos !== node.pos) {
		const message = `this expression is more than ${expressionHeightMaximum} levels deep: split it into several statements`;
		c.errorAt("nesting-too-deep", node.pos, node.end, message);
	}
	c.tooHighPos = node.pos;
	c.height = 1;
	return { kind: "error", pos: node.pos, end: node.end };
}
