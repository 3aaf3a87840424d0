/** The tokens of a litmus test outside of its processes, and the places of its comments. */
import type { Diagnostic } from "../language/syntax.ts";

export interface LitmusToken {
	readonly kind: "word" | "number" | "symbol" | "end";
	readonly text: string;
	readonly pos: number;
	readonly end: number;
}

const tokenPattern = /[A-Za-z_$][A-Za-z_0-9$.]*|0[xX][0-9a-fA-F]+|[0-9]+|\/\\|\\\/|=>|==|!=|<>|./suy;

/** Reads tokens one by one. Comments are OCaml's, which nest, and those of C. */
export class Scanner {
	readonly text: string;
	readonly errors: Diagnostic[] = [];
	private position: number;
	private current: LitmusToken | undefined;

	constructor(text: string, position = 0) {
		this.text = text;
		this.position = position;
	}

	/** Where the next token is looked for. */
	get offset(): number {
		return this.current?.pos ?? this.position;
	}

	moveTo(position: number): void {
		this.position = position;
		this.current = undefined;
	}

	peek(): LitmusToken {
		this.current ??= this.scan();
		return this.current;
	}

	next(): LitmusToken {
		const token = this.peek();
		this.position = token.end;
		this.current = undefined;
		return token;
	}

	/** Takes the next token if it reads so. */
	eat(text: string): boolean {
		if (this.peek().text !== text || this.peek().kind === "end") return false;
		this.next();
		return true;
	}

	expect(text: string, where: string): boolean {
		if (this.eat(text)) return true;
		const token = this.peek();
		this.error(
			token,
			"expected-token",
			`\`${text}\` is missing ${where}${token.kind === "end" ? "" : `: found \`${token.text}\``}`,
		);
		return false;
	}

	error(range: { pos: number; end: number }, code: string, message: string): void {
		const end = Math.max(range.end, Math.min(range.pos + 1, this.text.length));
		this.errors.push({ severity: "error", code, pos: Math.min(range.pos, Math.max(0, end - 1)), end, message });
	}

	private scan(): LitmusToken {
		const pos = skipBlanks(this.text, this.position, (start) => {
			this.error({ pos: start, end: start + 2 }, "unterminated-comment", "this comment has no end");
		});
		if (pos >= this.text.length) return { kind: "end", text: "", pos: this.text.length, end: this.text.length };
		tokenPattern.lastIndex = pos;
		const text = tokenPattern.exec(this.text)?.[0] ?? this.text.charAt(pos);
		const kind = /^[A-Za-z_$]/.test(text) ? "word" : /^[0-9]/.test(text) ? "number" : "symbol";
		return { kind, text, pos, end: pos + text.length };
	}
}

/** The first place at or after `position` that is neither white space nor comment. */
export function skipBlanks(text: string, position: number, unterminated: (start: number) => void): number {
	for (;;) {
		while (/\s/.test(text.charAt(position))) position++;
		const start = position;
		if (text.startsWith("(*", position)) {
			let depth = 0;
			do {
				if (text.startsWith("(*", position)) {
					depth++;
					position += 2;
				} else if (text.startsWith("*)", position)) {
					depth--;
					position += 2;
				} else position++;
			} while (depth > 0 && position < text.length);
			if (depth > 0) unterminated(start);
		} else if (text.startsWith("/*", position)) {
			const end = text.indexOf("*/", position + 2);
			if (end < 0) unterminated(start);
			position = end < 0 ? text.length : end + 2;
		} else if (text.startsWith("//", position)) {
			const end = text.indexOf("\n", position);
			position = end < 0 ? text.length : end;
		} else return Math.min(position, text.length);
	}
}
