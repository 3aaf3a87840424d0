/**
 * Places in a text after an edit that left the program as it was: its words are the same, in the same order, and only white space
 * and comments between them moved.
 */
import { TextDocument } from "vscode-languageserver-textdocument";
import type { SourceTree } from "../engine/language/syntax.ts";
import { isTrivia } from "../engine/language/tokens.ts";
import type { FenceInsertion, Location } from "../engine/verdict/verdict.ts";

/** Offsets of a text's words, by their number, and the other way round. */
class Words {
	readonly starts: readonly number[];
	readonly document: TextDocument;

	constructor({ tokens, text }: SourceTree) {
		const starts: number[] = [];
		for (let token = 0; token < tokens.count; token++)
			if (!isTrivia(tokens.kinds[token]!)) starts.push(tokens.starts[token]!);
		this.starts = starts;
		this.document = TextDocument.create("", "", 0, text);
	}

	/** The last word that begins at or before an offset; -1 before the first. */
	at(offset: number): number {
		let [low, high] = [0, this.starts.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.starts[middle]! <= offset) low = middle + 1;
			else high = middle;
		}
		return low - 1;
	}
}

function isLocation(value: object): value is Location {
	return "file" in value && "line" in value && "endColumn" in value;
}

function isInsertion(value: object): value is FenceInsertion {
	return "fence" in value && "pos" in value && "line" in value;
}

/**
 * Anything that JSON can hold, with every place in `file` where it is in the text `to`; `from` is the text that the places were
 * found in. The two must have the same words.
 */
export function relocated<Value>(value: Value, file: string, from: SourceTree, to: SourceTree): Value {
	const [before, after] = [new Words(from), new Words(to)];
	const offset = (old: number) => {
		const word = before.at(old);
		return word < 0 ? old : after.starts[word]! + old - before.starts[word]!;
	};
	const place = (one: Location): Location => {
		const start = offset(before.document.offsetAt({ line: one.line - 1, character: one.column - 1 }));
		// The end is behind the last character of a word: that is the one to follow.
		const last = before.document.offsetAt({ line: one.endLine - 1, character: one.endColumn - 1 }) - 1;
		const [first, end] = [after.document.positionAt(start), after.document.positionAt(offset(last) + 1)];
		return {
			...one,
			line: first.line + 1,
			column: first.character + 1,
			endLine: end.line + 1,
			endColumn: end.character + 1,
		};
	};
	const insertion = (one: FenceInsertion): FenceInsertion => {
		// It stands above the word that follows: at the beginning of that one's line, or right before it.
		const next = before.at(one.pos - 1) + 1;
		const [old, now] = [before.starts[next] ?? one.pos, after.starts[next] ?? one.pos];
		const { line } = after.document.positionAt(now);
		const lineStart = after.document.offsetAt({ line, character: 0 });
		return { ...one, line: line + 1, pos: one.pos === old ? now : lineStart };
	};
	const moved = (node: unknown): unknown => {
		if (Array.isArray(node)) return node.map(moved);
		if (typeof node !== "object" || node === null) return node;
		if (isLocation(node)) return node.file === file ? place(node) : node;
		const entries = Object.entries(node).map(([name, inner]) => [name, moved(inner)]);
		const copy = Object.fromEntries(entries) as object;
		return isInsertion(copy) && copy.file === file ? insertion(copy) : copy;
	};
	return moved(value) as Value;
}
