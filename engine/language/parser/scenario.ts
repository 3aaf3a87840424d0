/** `scenario NAME { … }` and its members. */
import { sourceText } from "../print.ts";
import { suggest } from "../suggestions.ts";
import type { CheckMember, DocComment, Expression, Identifier, Item, ScenarioItem, ScenarioMember } from "../syntax.ts";
import { TokenKind } from "../tokens.ts";
import type { Cursor } from "./cursor.ts";
import { parseDeclaration, parseDirective, startsDeclaration } from "./declarations.ts";
import { parseAssignment, parseConditional, parseExpression } from "./expressions.ts";
import { parseBlock } from "./statements.ts";
import { parseDeclarator, parseSpecifiers } from "./types.ts";

const memberWords = ["kernel", "param", "init", "thread", "always", "finally", "exists", "never", "check"] as const;

/**
 * Whether a member of a scenario begins here that nothing else can be: these words are names everywhere else. Variables
 * do not count.
 */
export function startsMember(c: Cursor): boolean {
	if (c.kind() !== TokenKind.Identifier) return false;
	const next = c.kind(1);
	switch (c.word()) {
		case "thread":
			return next === TokenKind.Identifier && (c.kind(2) === TokenKind.OpenBrace || c.isWord("on", 2));
		case "init":
			return next === TokenKind.OpenBrace;
		case "check":
			return next === TokenKind.Identifier;
		case "kernel":
			return next === TokenKind.Identifier && c.kind(2) === TokenKind.Dot;
		case "param":
			return next === TokenKind.Identifier || (next >= TokenKind.Void && next <= TokenKind.Qualifier);
	}
	return false;
}

/** The scenario at the cursor. */
export function parseScenario(c: Cursor): ScenarioItem {
	const pos = c.pos();
	const doc = c.doc();
	c.next();
	const name = c.identifier("the name of the scenario");
	const members: ScenarioMember[] = [];
	const deeper = c.startsLine() && c.indentation(c.pos()) > c.indentation(pos);
	if (c.expect(TokenKind.OpenBrace, "{", "to begin the scenario") || deeper) {
		for (;;) {
			if (c.isStrayBrace(pos)) c.skipStrayBrace();
			if (c.kind() === TokenKind.CloseBrace || c.kind() === TokenKind.EndOfFile || startsNextScenario(c)) break;
			const before = c.position;
			members.push(...parseMember(c));
			if (c.position === before) c.next();
		}
		c.expect(TokenKind.CloseBrace, "}", `to close scenario ${name.text}`);
	}
	return { kind: "scenario", pos, end: c.previousEnd(), doc, name, members };
}

function startsNextScenario(c: Cursor): boolean {
	if (!c.startsLine()) return false;
	return c.isWord("scenario") && c.kind(1) === TokenKind.Identifier && c.kind(2) === TokenKind.OpenBrace;
}

/** The member at the cursor: several, when one declaration declares several objects. */
export function parseMember(c: Cursor): ScenarioMember[] {
	const pos = c.pos();
	if (c.eat(TokenKind.Semicolon)) return [];
	if (c.kind() === TokenKind.Hash) {
		c.errorHere("misplaced-item", `\`#${c.word(1)}\` stands at file level, before the scenario`);
		parseDirective(c);
		return [{ kind: "error", pos, end: c.previousEnd() }];
	}
	const next = c.kind(1);
	const objectOfThatName =
		next === TokenKind.Semicolon || next === TokenKind.Equal || next === TokenKind.Dot || next === TokenKind.Arrow;
	if (
		c.kind() === TokenKind.Identifier &&
		(!objectOfThatName || (c.isWord("kernel") && next === TokenKind.Semicolon))
	) {
		const member = wordMember(c, c.word());
		if (member !== undefined) return [member];
		const near = nearMember(c);
		if (near !== undefined) {
			c.errorAt(
				"unexpected-token",
				pos,
				c.end(),
				`\`${c.word()}\` is not a member of a scenario; did you mean \`${near}\`?`,
				{
					title: `Change to \`${near}\``,
					edits: [{ pos, end: c.end(), text: near }],
				},
			);
			const meant = wordMember(c, near);
			if (meant !== undefined) return [meant];
		}
	}
	if (startsDeclaration(c)) return parseObjects(c, pos);
	c.errorHere(
		"unexpected-token",
		c.kind() >= TokenKind.If || next === TokenKind.OpenParen || objectOfThatName
			? "a statement stands inside `init { … }` or a thread, not in the scenario itself"
			: `\`${c.word()}\` does not begin a member of a scenario: an object, ${memberWords.join(", ")} do`,
	);
	skipMember(c);
	return [{ kind: "error", pos, end: c.previousEnd() }];
}

/** The member word that a misspelt one is nearest to, where what follows it fits. */
function nearMember(c: Cursor): string | undefined {
	const near = suggest(c.word(), memberWords);
	if (near === undefined) return undefined;
	const next = c.kind(1);
	const afterName = c.kind(2);
	switch (near) {
		case "thread":
			return afterName === TokenKind.OpenBrace || c.isWord("on", 2) ? near : undefined;
		case "init":
			return next === TokenKind.OpenBrace ? near : undefined;
		case "check":
			return afterName === TokenKind.OpenParen || c.isWord("expect", 2) ? near : undefined;
		case "kernel":
			return afterName === TokenKind.Dot ? near : undefined;
		case "param":
			return next >= TokenKind.Void && next <= TokenKind.Qualifier ? near : undefined;
	}
	return next === TokenKind.OpenParen ? near : undefined;
}

function parseObjects(c: Cursor, pos: number): ScenarioMember[] {
	const items: Item[] = [];
	parseDeclaration(c, "scenario", items);
	const members: ScenarioMember[] = [];
	for (const item of items) {
		if (item.kind === "variable") members.push(item);
		else if (item.kind === "type") c.misplaced.push(item);
	}
	return members.length > 0 ? members : [{ kind: "error", pos, end: c.previousEnd() }];
}

function skipMember(c: Cursor): void {
	let first = true;
	for (;;) {
		const kind = c.kind();
		if (kind === TokenKind.EndOfFile || kind === TokenKind.CloseBrace) return;
		if (!first && c.startsLine() && (startsMember(c) || startsDeclaration(c))) return;
		first = false;
		if (c.eat(TokenKind.Semicolon)) return;
		if (kind === TokenKind.OpenBrace) {
			c.skipBalanced();
			return;
		}
		if (kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket) c.skipBalanced();
		else c.next();
	}
}

function wordMember(c: Cursor, word: string): ScenarioMember | undefined {
	const pos = c.pos();
	const doc = c.doc();
	switch (word) {
		case "kernel":
			return parseKernelVersion(c, pos);
		case "param":
			return parseParam(c, pos, doc);
		case "init": {
			if (c.kind(1) !== TokenKind.OpenBrace) return undefined;
			c.next();
			const body = parseBlock(c, "`init`", pos);
			return { kind: "init", pos, end: body.end, body };
		}
		case "thread": {
			c.next();
			const name = c.identifier("the name of the thread");
			let cpu: Expression | undefined;
			if (c.eatWord("on")) cpu = parseConditional(c);
			const body = parseBlock(c, `thread ${name.text}`, pos);
			return { kind: "thread", pos, end: body.end, doc, name, cpu, body };
		}
		case "always":
		case "finally":
		case "exists":
		case "never":
			if (c.kind(1) !== TokenKind.OpenParen) return undefined;
			return parseProperty(c, pos, doc, word);
		case "check":
			return parseCheck(c, pos, doc);
	}
	return undefined;
}

function parseKernelVersion(c: Cursor, pos: number): ScenarioMember {
	c.next();
	const from = c.pos();
	while (c.kind() !== TokenKind.Semicolon && c.kind() !== TokenKind.EndOfFile && !c.startsLine()) c.next();
	const versionRange = { pos: from, end: Math.max(from, c.previousEnd()) };
	const text = c.text.slice(versionRange.pos, versionRange.end);
	const match = /^v(\d+)\.(\d+)$/.exec(text);
	if (match === null) {
		const digits = /(\d+)\.(\d+)/.exec(text);
		const meant = digits ? `v${digits[1]}.${digits[2]}` : undefined;
		const fix = meant ? { title: `Change to \`${meant}\``, edits: [{ ...versionRange, text: meant }] } : undefined;
		const message = "the kernel's version is written as in its tags: `kernel v6.5;`";
		if (text === "") c.missing("kernel-version", message);
		else c.errorAt("kernel-version", versionRange.pos, versionRange.end, message, fix);
		c.markReported();
	}
	c.expect(TokenKind.Semicolon, ";", "after the kernel's version");
	return {
		kind: "kernel_version",
		pos,
		end: c.previousEnd(),
		major: Number(match?.[1] ?? 0),
		minor: Number(match?.[2] ?? 0),
		versionRange,
	};
}

function parseParam(c: Cursor, pos: number, doc: DocComment | undefined): ScenarioMember {
	c.next();
	if (c.kind() === TokenKind.Identifier && (c.kind(1) === TokenKind.Semicolon || c.kind(1) === TokenKind.Equal)) {
		c.errorHere("expected-token", `the type of param \`${c.word()}\` is missing: \`param bool ${c.word()};\``);
		const none: Identifier = { kind: "identifier", pos: c.pos(), end: c.pos(), text: "" };
		const typeName = {
			kind: "type_name",
			pos: c.pos(),
			end: c.pos(),
			base: { kind: "named", name: none },
			unsigned: false,
			pointers: 0,
			annotations: [],
		} as const;
		const name = c.identifier("a name");
		skipMember(c);
		return { kind: "param", pos, end: c.previousEnd(), doc, typeName, name, low: undefined, high: undefined };
	}
	const specifiers = parseSpecifiers(c, "the type of the param");
	const { typeName, name } = parseDeclarator(c, specifiers, true);
	let low: Expression | undefined;
	let high: Expression | undefined;
	if (c.eat(TokenKind.Equal)) {
		low = parseConditional(c);
		if (c.eat(TokenKind.DotDot) || c.eat(TokenKind.Ellipsis)) high = parseConditional(c);
	}
	endMember(c, "after this param");
	return { kind: "param", pos, end: c.previousEnd(), doc, typeName, name, low, high };
}

function parseProperty(
	c: Cursor,
	pos: number,
	doc: DocComment | undefined,
	property: "always" | "finally" | "exists" | "never",
): ScenarioMember {
	c.next();
	c.next();
	const condition = parseExpression(c);
	c.expect(TokenKind.CloseParen, ")", `after the condition of \`${property}\``);
	endMember(c, `after this \`${property}\``);
	return { kind: "property", pos, end: c.previousEnd(), doc, property, condition, text: sourceText(c.text, condition) };
}

// ------------------------------------------------------------------------------------------------------- checks

interface Clauses {
	arguments: CheckMember["arguments"];
	memory: Identifier | undefined;
	options: Identifier[];
	expect: Identifier[];
}

function parseCheck(c: Cursor, pos: number, doc: DocComment | undefined): ScenarioMember {
	c.next();
	const name = c.identifier("the name of the check");
	const clauses: Clauses = { arguments: [], memory: undefined, options: [], expect: [] };
	const seen = new Set<string>();
	for (;;) {
		const word = c.kind() === TokenKind.OpenParen ? "(" : c.kind() === TokenKind.Identifier ? c.word() : "";
		if (!["(", "under", "with", "expect"].includes(word)) {
			if (!unknownClause(c, word, clauses)) break;
			continue;
		}
		// A clause on a new line that cannot be one: `expect` as the name of an object, say.
		if (seen.has(word)) c.errorHere("check-clause", `this check has \`${word === "(" ? "( … )" : word}\` twice`);
		seen.add(word);
		parseClause(c, word, clauses);
	}
	endMember(c, `after check ${name.text}`);
	return { kind: "check", pos, end: c.previousEnd(), doc, name, ...clauses };
}

/** A misspelt clause is read as what was meant. Returns whether it was one. */
function unknownClause(c: Cursor, word: string, clauses: Clauses): boolean {
	if (word === "" || (c.startsLine() && startsMember(c))) return false;
	const near = suggest(word, ["under", "with", "expect"]);
	if (near === undefined || c.kind(1) !== TokenKind.Identifier) return false;
	c.errorAt("check-clause", c.pos(), c.end(), `a check has no clause \`${word}\`; did you mean \`${near}\`?`, {
		title: `Change to \`${near}\``,
		edits: [{ pos: c.pos(), end: c.end(), text: near }],
	});
	parseClause(c, near, clauses);
	return true;
}

function parseClause(c: Cursor, word: string, clauses: Clauses): void {
	c.next();
	switch (word) {
		case "(":
			clauses.arguments = [...clauses.arguments, ...parseCheckArguments(c)];
			return;
		case "under":
			clauses.memory = c.identifier("the memory model, `sc` or `lkmm`,");
			return;
		case "with":
			do clauses.options.push(c.identifier("an option, `data_races` or `leaks`,"));
			while (c.eat(TokenKind.Comma));
			return;
		case "expect":
			do clauses.expect.push(c.identifier("what is expected, `safe`, `reachable` or a kind of violation,"));
			while (c.eat(TokenKind.Bar) || c.eat(TokenKind.Comma));
	}
}

function parseCheckArguments(c: Cursor): CheckMember["arguments"] {
	const list: CheckMember["arguments"][number][] = [];
	while (c.kind() !== TokenKind.CloseParen && c.kind() !== TokenKind.EndOfFile) {
		const before = c.position;
		const name = c.identifier("the name of a param");
		let value: Expression = { kind: "error", pos: name.end, end: name.end };
		if (c.expect(TokenKind.Equal, "=", `after \`${name.text}\`: a check gives params values`))
			value = parseAssignment(c);
		list.push({ name, value, pos: name.pos, end: Math.max(name.end, value.end) });
		if (!c.eat(TokenKind.Comma) || c.position === before) break;
	}
	c.expect(TokenKind.CloseParen, ")", "after the values of the params");
	return list;
}

function endMember(c: Cursor, where: string): void {
	if (c.eat(TokenKind.Semicolon)) return;
	const next = c.kind() === TokenKind.CloseBrace || c.kind() === TokenKind.EndOfFile || c.startsLine();
	if (next) {
		c.expect(TokenKind.Semicolon, ";", where);
		return;
	}
	c.errorHere("unexpected-token", `\`${c.word()}\` is not expected here: a \`;\` is missing ${where}, before it`);
	skipMember(c);
}
