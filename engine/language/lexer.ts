/** Text to tokens. Any text gives a table that covers it, code unit by code unit. */
import type { DiagnosticCode } from "./diagnostic-codes.ts";
import type { Diagnostic, TokenTable } from "./syntax.ts";
import { isTypeSpelling, keywords, TokenKind } from "./tokens.ts";

/** What the lexer itself has to say: comments and strings without an end, characters that no token begins with. */
export interface LexResult {
	readonly tokens: TokenTable;
	readonly errors: readonly Diagnostic[];
}

const classes = { other: 0, space: 1, letter: 2, digit: 3 } as const;
const characterClass = new Uint8Array(128);
for (const space of " \t\n\r\f\v") characterClass[space.charCodeAt(0)] = classes.space;
for (let code = 0; code < 128; code++) {
	if (/[A-Za-z_$]/.test(String.fromCharCode(code))) characterClass[code] = classes.letter;
	else if (/[0-9]/.test(String.fromCharCode(code))) characterClass[code] = classes.digit;
}

/** Punctuation by its first character; longest first. */
const punctuation: (readonly (readonly [text: string, kind: TokenKind])[] | undefined)[] = [];
for (const [text, kind] of [
	["#", TokenKind.Hash],
	["(", TokenKind.OpenParen],
	[")", TokenKind.CloseParen],
	["{", TokenKind.OpenBrace],
	["}", TokenKind.CloseBrace],
	["[", TokenKind.OpenBracket],
	["]", TokenKind.CloseBracket],
	[";", TokenKind.Semicolon],
	[",", TokenKind.Comma],
	[":", TokenKind.Colon],
	["?", TokenKind.Question],
	["...", TokenKind.Ellipsis],
	["..", TokenKind.DotDot],
	[".", TokenKind.Dot],
	["->", TokenKind.Arrow],
	["++", TokenKind.PlusPlus],
	["--", TokenKind.MinusMinus],
	["+=", TokenKind.PlusEqual],
	["-=", TokenKind.MinusEqual],
	["*=", TokenKind.StarEqual],
	["/=", TokenKind.SlashEqual],
	["%=", TokenKind.PercentEqual],
	["<<=", TokenKind.ShiftLeftEqual],
	[">>=", TokenKind.ShiftRightEqual],
	["&=", TokenKind.AmpersandEqual],
	["^=", TokenKind.CaretEqual],
	["|=", TokenKind.BarEqual],
	["<<", TokenKind.ShiftLeft],
	[">>", TokenKind.ShiftRight],
	["<=", TokenKind.LessEqual],
	[">=", TokenKind.GreaterEqual],
	["==", TokenKind.EqualEqual],
	["!=", TokenKind.NotEqual],
	["&&", TokenKind.AmpersandAmpersand],
	["||", TokenKind.BarBar],
	["*", TokenKind.Star],
	["/", TokenKind.Slash],
	["%", TokenKind.Percent],
	["+", TokenKind.Plus],
	["-", TokenKind.Minus],
	["<", TokenKind.Less],
	[">", TokenKind.Greater],
	["&", TokenKind.Ampersand],
	["^", TokenKind.Caret],
	["|", TokenKind.Bar],
	["=", TokenKind.Equal],
	["!", TokenKind.Exclamation],
	["~", TokenKind.Tilde],
] as const) {
	const first = text.charCodeAt(0);
	punctuation[first] = [...(punctuation[first] ?? []), [text, kind] as const].sort((a, b) => b[0].length - a[0].length);
}

function isWordCode(code: number): boolean {
	return code < 128 ? (characterClass[code] as number) >= classes.letter : false;
}

/** Tokens of `text` from `offset` on. Starts are offsets into the whole text; the first token starts at `offset`. */
export function lex(text: string, offset = 0): LexResult {
	return new Lexer(text, offset).run();
}

class Lexer {
	private readonly text: string;
	private position: number;
	private readonly kinds: Uint8Array;
	private readonly starts: Uint32Array;
	private count = 0;
	private readonly errors: Diagnostic[] = [];
	/** Kinds of the last two significant tokens, to know the path after `#include`. */
	private afterHash = false;
	private afterInclude = false;

	constructor(text: string, offset: number) {
		this.text = text;
		this.position = offset;
		this.kinds = new Uint8Array(text.length - offset + 1);
		this.starts = new Uint32Array(text.length - offset + 2);
	}

	run(): LexResult {
		const { text } = this;
		const { length } = text;
		while (this.position < length) {
			const start = this.position;
			const kind = this.token(text.charCodeAt(start));
			this.starts[this.count] = start;
			this.kinds[this.count++] = kind;
			if (kind > TokenKind.DocComment) {
				this.afterInclude = this.afterHash && kind === TokenKind.Identifier && text.startsWith("include", start);
				this.afterHash = kind === TokenKind.Hash;
			}
		}
		this.starts[this.count] = length;
		return {
			tokens: {
				count: this.count,
				kinds: this.kinds.slice(0, this.count),
				starts: this.starts.slice(0, this.count + 1),
			},
			errors: this.errors,
		};
	}

	/** Moves over one token and returns its kind. */
	private token(code: number): TokenKind {
		const { text } = this;
		switch (code < 128 ? characterClass[code] : classes.other) {
			case classes.space:
				return this.whiteSpace();
			case classes.letter:
				return this.word();
			case classes.digit:
				this.words();
				return TokenKind.Number;
		}
		const next = text.charCodeAt(this.position + 1);
		if (code === 0x2f && next === 0x2f) return this.lineComment();
		if (code === 0x2f && next === 0x2a) return this.blockComment();
		if (code === 0x22) return this.quoted(0x22, TokenKind.String);
		if (code === 0x27) return this.quoted(0x27, TokenKind.Character);
		if (code === 0x5c && (next === 0x0a || next === 0x0d)) return this.whiteSpace();
		if (code === 0x3c && this.afterInclude) {
			const end = /[>\r\n]/g;
			end.lastIndex = this.position;
			const match = end.exec(text);
			if (match?.[0] === ">") {
				this.position = match.index + 1;
				return TokenKind.IncludePath;
			}
		}
		for (const [spelling, kind] of punctuation[code] ?? []) {
			if (spelling.length === 1 || text.startsWith(spelling, this.position)) {
				this.position += spelling.length;
				return kind;
			}
		}
		return this.unknown();
	}

	private whiteSpace(): TokenKind {
		const { text } = this;
		let position = this.position;
		for (;;) {
			const code = text.charCodeAt(position);
			if (code < 128 && characterClass[code] === classes.space) position++;
			else if (code === 0x5c && /[\r\n]/.test(text.charAt(position + 1))) position += 2;
			else break;
		}
		this.position = position;
		return TokenKind.WhiteSpace;
	}

	private words(): void {
		const { text } = this;
		let position = this.position + 1;
		while (isWordCode(text.charCodeAt(position))) position++;
		this.position = position;
	}

	private word(): TokenKind {
		const start = this.position;
		this.words();
		const word = this.text.slice(start, this.position);
		const keyword = keywords.get(word);
		if (keyword !== undefined) return keyword;
		return isTypeSpelling(word) ? TokenKind.TypeIdentifier : TokenKind.Identifier;
	}

	private lineComment(): TokenKind {
		const end = this.text.indexOf("\n", this.position);
		this.position = end < 0 ? this.text.length : end;
		return TokenKind.LineComment;
	}

	private blockComment(): TokenKind {
		const { text, position: start } = this;
		const end = text.indexOf("*/", start + 2);
		if (end < 0) {
			this.position = text.length;
			this.error("unterminated-comment", start, start + 2, "this comment has no end: `*/` is missing");
			return TokenKind.BlockComment;
		}
		this.position = end + 2;
		// `/**/` is an empty comment, not the beginning of a doc comment.
		return text.charCodeAt(start + 2) === 0x2a && end > start + 2 ? TokenKind.DocComment : TokenKind.BlockComment;
	}

	private quoted(quote: number, kind: TokenKind): TokenKind {
		const { text, position: start } = this;
		let position = start + 1;
		for (;;) {
			const code = text.charCodeAt(position);
			if (code === quote) {
				this.position = position + 1;
				return kind;
			}
			if (position >= text.length || code === 0x0a || code === 0x0d) break;
			position += code === 0x5c && position + 1 < text.length && text.charCodeAt(position + 1) !== 0x0a ? 2 : 1;
		}
		this.position = position;
		const name = kind === TokenKind.String ? "string" : "character constant";
		this.error(
			"unterminated-string",
			start,
			position,
			`this ${name} has no end: ${String.fromCharCode(quote)} is missing`,
		);
		return kind;
	}

	private unknown(): TokenKind {
		const { text, position: start } = this;
		let position = start + 1;
		for (; position < text.length; position++) {
			const code = text.charCodeAt(position);
			if (code < 128 && (characterClass[code] !== classes.other || punctuation[code] || code === 0x22 || code === 0x27))
				break;
		}
		this.position = position;
		const run = [...text.slice(start, position)];
		const shown = run.length > 12 ? `${run.slice(0, 12).join("")}…` : run.join("");
		const point = (run[0]?.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
		this.error("unexpected-character", start, position, `\`${shown}\` (U+${point}) has no meaning here: remove it`);
		return TokenKind.Unknown;
	}

	private error(code: DiagnosticCode, pos: number, end: number, message: string): void {
		this.errors.push({ severity: "error", code, pos, end, message });
	}
}
