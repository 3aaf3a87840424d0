/** Tokens by place. */
import type { TokenTable } from "../engine/language/syntax.ts";
import { isTrivia, TokenKind } from "../engine/language/tokens.ts";

/** Index of the token that covers an offset; the last one for offsets behind the end. */
export function tokenAt({ starts, count }: TokenTable, offset: number): number {
	let [low, high] = [0, Math.max(0, count - 1)];
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (starts[middle]! <= offset) low = middle;
		else high = middle - 1;
	}
	return low;
}

/** Index of the last token before `index` that is no white space or comment; -1 when there is none. */
export function previousToken({ kinds }: TokenTable, index: number): number {
	let token = index - 1;
	while (token >= 0 && isTrivia(kinds[token]!)) token--;
	return token;
}

/** Whether an offset lies inside a comment or a string. */
export function isInCommentOrString(tokens: TokenTable, offset: number): boolean {
	const token = tokenAt(tokens, offset);
	const kind = tokens.kinds[token]!;
	const inside = offset > tokens.starts[token]!;
	return (
		inside &&
		(kind === TokenKind.LineComment ||
			kind === TokenKind.BlockComment ||
			kind === TokenKind.DocComment ||
			kind === TokenKind.String)
	);
}
