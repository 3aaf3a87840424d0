/**
 * The kinds of token, as small numbers that fit `TokenTable.kinds`. Words of the scenario part (`thread`, `check`, `param` …)
 * are ordinary identifiers: they mean something only where such a member may stand, so kernel code may use them as names.
 */
export const TokenKind = {
	EndOfFile: 0,
	// trivia
	WhiteSpace: 1,
	LineComment: 2,
	BlockComment: 3,
	DocComment: 4,
	/** A run of characters that no token begins with. */
	Unknown: 5,
	// names and literals
	Identifier: 6,
	/** A name that is a type: it ends in `_t`, or is one of the kernel's fixed-width names. */
	TypeIdentifier: 7,
	Number: 8,
	String: 9,
	Character: 10,
	/** `<mm/filemap.mmscn>` after `#include`. */
	IncludePath: 11,
	// punctuation
	Hash: 12,
	OpenParen: 13,
	CloseParen: 14,
	OpenBrace: 15,
	CloseBrace: 16,
	OpenBracket: 17,
	CloseBracket: 18,
	Semicolon: 19,
	Comma: 20,
	Colon: 21,
	Question: 22,
	Dot: 23,
	DotDot: 24,
	Ellipsis: 25,
	Arrow: 26,
	PlusPlus: 27,
	MinusMinus: 28,
	Exclamation: 29,
	Tilde: 30,
	// binary operators
	Star: 31,
	Slash: 32,
	Percent: 33,
	Plus: 34,
	Minus: 35,
	ShiftLeft: 36,
	ShiftRight: 37,
	Less: 38,
	Greater: 39,
	LessEqual: 40,
	GreaterEqual: 41,
	EqualEqual: 42,
	NotEqual: 43,
	Ampersand: 44,
	Caret: 45,
	Bar: 46,
	AmpersandAmpersand: 47,
	BarBar: 48,
	// assignments
	Equal: 49,
	StarEqual: 50,
	SlashEqual: 51,
	PercentEqual: 52,
	PlusEqual: 53,
	MinusEqual: 54,
	ShiftLeftEqual: 55,
	ShiftRightEqual: 56,
	AmpersandEqual: 57,
	CaretEqual: 58,
	BarEqual: 59,
	// keywords: types
	Void: 60,
	Bool: 61,
	Char: 62,
	Short: 63,
	Int: 64,
	Long: 65,
	Signed: 66,
	Unsigned: 67,
	Struct: 68,
	Union: 69,
	Enum: 70,
	/** `const`, `static`, `inline` and the like: accepted, and without meaning here. */
	Qualifier: 71,
	Typedef: 72,
	// keywords: statements
	If: 73,
	Else: 74,
	While: 75,
	Do: 76,
	For: 77,
	Switch: 78,
	Case: 79,
	Default: 80,
	Goto: 81,
	Break: 82,
	Continue: 83,
	Return: 84,
	Sizeof: 85,
} as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** Trivia separates tokens and means nothing to the grammar. */
export function isTrivia(kind: number): boolean {
	return kind >= TokenKind.WhiteSpace && kind <= TokenKind.DocComment;
}

/** C's reserved words, with the kinds of their tokens. */
export const keywords: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
	["void", TokenKind.Void],
	["bool", TokenKind.Bool],
	["_Bool", TokenKind.Bool],
	["char", TokenKind.Char],
	["short", TokenKind.Short],
	["int", TokenKind.Int],
	["long", TokenKind.Long],
	["signed", TokenKind.Signed],
	["unsigned", TokenKind.Unsigned],
	["struct", TokenKind.Struct],
	["union", TokenKind.Union],
	["enum", TokenKind.Enum],
	["typedef", TokenKind.Typedef],
	["const", TokenKind.Qualifier],
	["static", TokenKind.Qualifier],
	["inline", TokenKind.Qualifier],
	["volatile", TokenKind.Qualifier],
	["extern", TokenKind.Qualifier],
	["register", TokenKind.Qualifier],
	["noinline", TokenKind.Qualifier],
	["asmlinkage", TokenKind.Qualifier],
	["__inline", TokenKind.Qualifier],
	["__always_inline", TokenKind.Qualifier],
	["__maybe_unused", TokenKind.Qualifier],
	["__always_unused", TokenKind.Qualifier],
	["__must_check", TokenKind.Qualifier],
	["if", TokenKind.If],
	["else", TokenKind.Else],
	["while", TokenKind.While],
	["do", TokenKind.Do],
	["for", TokenKind.For],
	["switch", TokenKind.Switch],
	["case", TokenKind.Case],
	["default", TokenKind.Default],
	["goto", TokenKind.Goto],
	["break", TokenKind.Break],
	["continue", TokenKind.Continue],
	["return", TokenKind.Return],
	["sizeof", TokenKind.Sizeof],
]);

/** Names that are types though they do not end in `_t`. */
export const fixedWidthTypeNames: ReadonlySet<string> = new Set([
	...["u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"],
	...["__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64"],
]);

/** Whether the word is a type by its spelling alone, which is what settles C's ambiguity between `a * b;` and `a_t *b;`. */
export function isTypeSpelling(word: string): boolean {
	return (word.length > 2 && word.endsWith("_t")) || fixedWidthTypeNames.has(word);
}
