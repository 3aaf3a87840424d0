/** Mistakes that only follow from another one. */
import type { Diagnostic } from "./syntax.ts";

/** After one of these the parser has guessed how the text goes on. */
const guesses: ReadonlySet<string> = new Set([
	"expected-expression",
	"expected-token",
	"unexpected-character",
	"unexpected-token",
	"unterminated-string",
]);
/** What a brace too few or too many makes of a function, wherever it is missing. */
const ofBraces: ReadonlySet<string> = new Set(["break-outside-loop", "case-label", "missing-return"]);
/** What the rest of the file says about a name whose declaration could not be read. */
const ofNames: ReadonlySet<string> = new Set([
	"argument-count",
	"check-argument",
	"definition-missing",
	"unknown-function",
	"unknown-name",
	"unknown-type",
]);

/**
 * The diagnostics, in the order of their places, without those that follow from a mistake in the syntax: what else is said
 * of its line, and of names that stand in its line. A second mistake may hide so until the first one is mended.
 */
export function withoutConsequences(text: string, diagnostics: readonly Diagnostic[]): Diagnostic[] {
	const first = new Map<number, Diagnostic>();
	for (const one of diagnostics) {
		const line = lineStart(text, one.pos);
		if (guesses.has(one.code) && !first.has(line)) first.set(line, one);
	}
	if (first.size === 0) return [...diagnostics];
	const words = new Set<string>();
	for (const line of first.keys()) for (const [word] of lineAt(text, line).matchAll(/[A-Za-z_]\w*/g)) words.add(word);
	return diagnostics.filter((one) => {
		const cause = first.get(lineStart(text, one.pos));
		if (cause === one) return true;
		// Two characters that mean nothing are two mistakes.
		if (guesses.has(one.code)) return one.code === "unexpected-character";
		return (
			cause === undefined &&
			!ofBraces.has(one.code) &&
			!(ofNames.has(one.code) && words.has(text.slice(one.pos, one.end)))
		);
	});
}

const lineStart = (text: string, pos: number) => text.lastIndexOf("\n", pos - 1) + 1;

function lineAt(text: string, start: number): string {
	const end = text.indexOf("\n", start);
	return text.slice(start, end < 0 ? text.length : end);
}
