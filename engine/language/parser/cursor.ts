/** The parser's place among the tokens that mean something, and the errors it has reported so far. */
import type { DiagnosticCode } from "../diagnostic-codes.ts";
import { lex } from "../lexer.ts";
import type { Diagnostic, DocComment, FunctionItem, Identifier, TokenTable, TypeItem } from "../syntax.ts";
import { isTrivia, TokenKind } from "../tokens.ts";
import { docComment } from "./comments.ts";

/** Parentheses, blocks, statements and initializers inside one another. */
export const nestingMaximum = 200;
/** Levels of an expression's tree: also `a + b + c …` and `a->b->c …` nest, to the left. */
export const expressionHeightMaximum = 400;

const directivePattern = /#[ \t]*([A-Za-z_]*)/y;
const endOfFilePadding = 4;

export class Cursor {
	readonly text: string;
	readonly tokens: TokenTable;
	readonly errors: Diagnostic[];
	/** Levels of the last expression parsed. */
	height = 0;
	/** Where the last expression with too many levels began. */
	tooHighPos = -1;
	/** Functions and types that stand where none may, so that their users do not get errors too. */
	readonly misplaced: (FunctionItem | TypeItem)[] = [];
	/** How many more braces open than close; in a text without mistakes none. */
	braceBalance = 0;
	private nesting = 0;
	private index = 0;
	private limit: number;
	private lastErrorIndex = -1;
	/** Tokens right after something that the lexer has complained about: what is missing there is the same mistake. */
	private readonly afterLexerError = new Set<number>();
	private readonly kinds: Uint8Array;
	private readonly starts: Uint32Array;
	private readonly ends: Uint32Array;
	/** Index into `tokens` of each token that means something. */
	private readonly places: Uint32Array;

	constructor(text: string, offset = 0) {
		const lexed = lex(text, offset);
		this.text = text;
		this.tokens = lexed.tokens;
		this.errors = [...lexed.errors];
		const total = lexed.tokens.count;
		this.kinds = new Uint8Array(total + endOfFilePadding);
		this.starts = new Uint32Array(total + endOfFilePadding);
		this.ends = new Uint32Array(total + endOfFilePadding);
		this.places = new Uint32Array(total + endOfFilePadding);
		this.limit = this.selectTokens();
	}

	/** Leaves out trivia, unknown characters (the lexer has reported them) and directives that are not supported. */
	private selectTokens(): number {
		const { kinds, starts, count: total } = this.tokens;
		let count = 0;
		let conditionals = 0;
		for (let token = 0; token < total; token++) {
			const kind = kinds[token] as number;
			if (kind === TokenKind.Unknown) this.afterLexerError.add(count);
			if (kind <= TokenKind.Unknown) continue;
			if (kind === TokenKind.Hash) {
				const word = this.directive(starts[token] as number);
				if (word !== "include" && word !== "define") {
					const lineEnd = this.lineEnd(starts[token] as number);
					conditionals = this.reportDirective(word, starts[token] as number, lineEnd, conditionals);
					while (token + 1 < total && (starts[token + 1] as number) < lineEnd) token++;
					continue;
				}
			}
			if (kind === TokenKind.OpenBrace) this.braceBalance++;
			else if (kind === TokenKind.CloseBrace) this.braceBalance--;
			this.kinds[count] = kind;
			this.starts[count] = starts[token] as number;
			this.ends[count] = starts[token + 1] as number;
			this.places[count++] = token;
		}
		if (this.errors.some((error) => error.code === "unterminated-string")) this.noteUnterminated(count);
		this.starts.fill(this.text.length, count);
		this.ends.fill(this.text.length, count);
		this.places.fill(total, count);
		return count;
	}

	private noteUnterminated(count: number): void {
		const ends = new Set(this.errors.map((error) => error.end));
		for (let index = 0; index < count; index++) {
			const kind = this.kinds[index];
			if ((kind === TokenKind.String || kind === TokenKind.Character) && ends.has(this.ends[index] as number)) {
				this.afterLexerError.add(index + 1);
			}
		}
	}

	private directive(pos: number): string {
		directivePattern.lastIndex = pos;
		return directivePattern.exec(this.text)?.[1] ?? "";
	}

	private reportDirective(word: string, pos: number, lineEnd: number, conditionals: number): number {
		const range = { pos, end: pos + this.text.slice(pos, lineEnd).trimEnd().length };
		if (/^if(n?def)?$/.test(word)) {
			this.push({
				...range,
				severity: "error",
				code: "conditional-compilation",
				message:
					`\`#${word}\` is not supported: make the choice an ordinary \`if\` ` +
					"(on a param, or on LINUX_VERSION_CODE), which is folded before the search",
			});
			return conditionals + 1;
		}
		if (conditionals > 0 && /^(else|elif|elifn?def|endif)$/.test(word))
			return word === "endif" ? conditionals - 1 : conditionals;
		this.push({
			...range,
			severity: "error",
			code: "directive",
			message: `\`#${word}\` is not supported: only \`#include\` and \`#define\` are`,
		});
		return conditionals;
	}

	/** End of the line that `pos` is on, where a backslash continues it. */
	lineEnd(pos: number): number {
		let end = this.text.indexOf("\n", pos);
		while (end > 0 && /\\\r?$/.test(this.text.slice(Math.max(pos, end - 2), end)))
			end = this.text.indexOf("\n", end + 1);
		return end < 0 ? this.text.length : end;
	}

	// ------------------------------------------------------------------------------------------------- looking

	kind(ahead = 0): number {
		const index = this.index + ahead;
		return index < this.limit ? (this.kinds[index] as number) : TokenKind.EndOfFile;
	}

	get position(): number {
		return this.index;
	}

	/** Kind of the token that was passed and starts at `pos`. */
	tokenKindAt(pos: number): number {
		for (let index = this.index; index >= 0; index--)
			if (this.starts[index] === pos) return this.kinds[index] as number;
		return TokenKind.EndOfFile;
	}

	/** Start of the current token. */
	pos(ahead = 0): number {
		return this.starts[this.index + ahead] ?? this.text.length;
	}

	end(ahead = 0): number {
		return this.ends[this.index + ahead] ?? this.text.length;
	}

	/** End of the token before the current one. */
	previousEnd(): number {
		return this.index > 0 ? (this.ends[this.index - 1] as number) : 0;
	}

	word(ahead = 0): string {
		const index = this.index + ahead;
		return index < this.limit ? this.text.slice(this.starts[index], this.ends[index]) : "";
	}

	/** Whether the current token is this identifier: words of the scenario part are no keywords. */
	isWord(word: string, ahead = 0): boolean {
		return (
			this.kind(ahead) === TokenKind.Identifier &&
			this.end(ahead) - this.pos(ahead) === word.length &&
			this.text.startsWith(word, this.pos(ahead))
		);
	}

	/** The current token is the first of its line. */
	startsLine(ahead = 0): boolean {
		const index = this.index + ahead;
		return index === 0 || this.text.slice(this.ends[index - 1], this.starts[index]).includes("\n");
	}

	/** Characters of white space before the first token of the line that `pos` is on. */
	indentation(pos: number): number {
		const start = this.text.lastIndexOf("\n", pos - 1) + 1;
		let end = start;
		while (this.text.charAt(end) === "\t" || this.text.charAt(end) === " ") end++;
		return end - start;
	}

	/**
	 * Whether the brace here closes nothing, to judge by the indentation: in a text with too many of them, one that is
	 * deeper than the line which begins at `head`, and what follows is as deep.
	 */
	isStrayBrace(head: number): boolean {
		if (this.braceBalance >= 0 || this.kind() !== TokenKind.CloseBrace || !this.startsLine() || !this.startsLine(1))
			return false;
		const depth = this.indentation(this.pos());
		return (
			depth > this.indentation(head) && this.indentation(this.pos(1)) >= depth && this.kind(1) !== TokenKind.EndOfFile
		);
	}

	/** Reports and passes a brace that closes nothing. */
	skipStrayBrace(): void {
		this.errorHere("unexpected-token", "this `}` closes nothing: is a `{` missing above?");
		this.next();
		this.braceBalance++;
	}

	/** The doc comment right before the current token; a blank line between the two parts them. */
	doc(): DocComment | undefined {
		const { kinds, starts } = this.tokens;
		for (let place = (this.places[this.index] as number) - 1; place >= 0; place--) {
			const kind = kinds[place] as number;
			if (!isTrivia(kind)) return undefined;
			const pos = starts[place] as number;
			const end = starts[place + 1] as number;
			if (kind === TokenKind.WhiteSpace && /\n[ \t\r]*\n/.test(this.text.slice(pos, end))) return undefined;
			if (kind === TokenKind.DocComment) return docComment(this.text, pos, end);
		}
		return undefined;
	}

	// -------------------------------------------------------------------------------------------------- moving

	next(): void {
		if (this.index < this.limit) this.index++;
	}

	eat(kind: number): boolean {
		if (this.kind() !== kind) return false;
		this.index++;
		return true;
	}

	eatWord(word: string): boolean {
		if (!this.isWord(word)) return false;
		this.index++;
		return true;
	}

	/** Tokens that start at or after `end` are out of sight until `body` is done; then all before it are consumed. */
	within<T>(end: number, body: () => T): T {
		const outer = this.limit;
		let limit = this.index;
		while (limit < outer && (this.starts[limit] as number) < end) limit++;
		this.limit = limit;
		const result = body();
		this.index = limit;
		this.limit = outer;
		return result;
	}

	/** Moves past the bracket at the current token and everything up to the one that closes it. */
	skipBalanced(): void {
		let depth = 0;
		for (; this.index < this.limit; this.index++) {
			const kind = this.kinds[this.index];
			if (kind === TokenKind.OpenBrace || kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket) depth++;
			else if (kind === TokenKind.CloseBrace || kind === TokenKind.CloseParen || kind === TokenKind.CloseBracket)
				depth--;
			if (depth <= 0) {
				this.index++;
				return;
			}
		}
	}

	/** Runs `body` one level deeper; `deep` instead (one error, the brackets skipped) when that would be too deep. */
	nested<T>(body: () => T, deep: () => T): T {
		if (this.nesting >= nestingMaximum) {
			this.errorHere(
				"nesting-too-deep",
				`nested more than ${nestingMaximum} levels deep: move the inner part into a function`,
			);
			const kind = this.kind();
			if (kind === TokenKind.OpenBrace || kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket) {
				this.skipBalanced();
				this.lastErrorIndex = this.index;
			}
			return deep();
		}
		this.nesting++;
		const result = body();
		this.nesting--;
		return result;
	}

	// ------------------------------------------------------------------------------------------------- errors

	private push(diagnostic: Diagnostic): void {
		this.errors.push(diagnostic);
	}

	/** Whether the current token has been complained about already: what follows from that is not reported again. */
	get reported(): boolean {
		return this.lastErrorIndex === this.index || this.afterLexerError.has(this.index);
	}

	/** After skipping: the current token belongs to the mistake that was reported. */
	markReported(): void {
		this.lastErrorIndex = this.index;
	}

	/** An error at a place of its own, whatever was reported before. */
	errorAt(code: DiagnosticCode, pos: number, end: number, message: string, fix?: Diagnostic["fix"]): void {
		this.push({ severity: "error", code, pos, end, message, ...(fix && { fix }) });
	}

	/** An error at the current token, unless that one has been complained about. */
	errorHere(code: DiagnosticCode, message: string): void {
		if (this.reported) return;
		this.lastErrorIndex = this.index;
		if (this.index < this.limit) this.errorAt(code, this.pos(), this.end(), message);
		else this.errorAfter(code, message);
	}

	private errorAfter(code: DiagnosticCode, message: string, insert?: string): void {
		const end = this.previousEnd();
		const fix = insert ? { title: `Insert \`${insert}\``, edits: [{ pos: end, end, text: insert }] } : undefined;
		this.errorAt(code, Math.max(0, end - 1), end, message, fix);
	}

	/** Something is missing after the token before the current one. */
	missing(code: DiagnosticCode, message: string): void {
		if (this.reported) return;
		this.lastErrorIndex = this.index;
		this.errorAfter(code, message);
	}

	/** Eats the token, or reports that it is missing after the token before. Returns whether it was there. */
	expect(kind: number, spelling: string, where: string): boolean {
		if (this.eat(kind)) return true;
		if (this.reported) return false;
		this.lastErrorIndex = this.index;
		this.errorAfter("expected-token", `\`${spelling}\` is missing ${where}`, spelling);
		return false;
	}

	/** The identifier here; one without text, after an error, if there is none. */
	identifier(what: string): Identifier {
		const kind = this.kind();
		const pos = this.pos();
		if (kind === TokenKind.Identifier || kind === TokenKind.TypeIdentifier) {
			const end = this.end();
			this.index++;
			return { kind: "identifier", pos, end, text: this.text.slice(pos, end) };
		}
		if (kind >= TokenKind.Void && !this.reported) {
			this.errorHere("expected-token", `\`${this.word()}\` is a word of the language: ${what} is missing here`);
		} else this.errorHere("expected-token", `${what} is missing here`);
		const end = this.previousEnd();
		return { kind: "identifier", pos: end, end, text: "" };
	}
}
