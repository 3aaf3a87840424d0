/** The parameters of the function whose call is being written. */
import type { SignatureHelp } from "vscode-languageserver";
import { sourceText } from "../../engine/language/print.ts";
import type { TokenTable } from "../../engine/language/syntax.ts";
import { TokenKind } from "../../engine/language/tokens.ts";
import { prose } from "../../engine/rules/markdown.ts";
import type { Analysis, Documents } from "../documents.ts";
import { occurrenceAt } from "../occurrences.ts";
import type { Feature } from "../services.ts";
import { previousToken, tokenAt } from "../tokens.ts";

export const signatureHelp: Feature = {
	capabilities: { signatureHelpProvider: { triggerCharacters: ["(", ","] } },
	register({ connection, documents }) {
		connection.onSignatureHelp(({ textDocument, position }) => {
			const analysis = documents.analysis(textDocument.uri);
			return (analysis && signatureAt(documents, analysis, analysis.document.offsetAt(position))) ?? null;
		});
	},
};

/** The signature for the innermost call around an offset, finished or not; undefined outside of the parentheses of a call. */
export function signatureAt(documents: Documents, analysis: Analysis, offset: number): SignatureHelp | undefined {
	const { tree, document } = analysis;
	const call = callAround(tree.tokens, offset);
	const symbol = call && occurrenceAt(analysis.occurrences(), call.callee)?.symbol;
	const declaration = symbol?.declaration;
	if (call === undefined || symbol === undefined || declaration?.kind !== "function") return undefined;
	const text = symbol.file === document.uri ? tree.text : documents.document(symbol.file)?.getText();
	if (text === undefined) return undefined;
	const parameters = declaration.parameters.map((parameter) => sourceText(text, parameter));
	let label = `${sourceText(text, { pos: declaration.returnType.pos, end: declaration.name.end })}(`;
	const ranges = parameters.map((parameter, index): [number, number] => {
		const start = label.length;
		label += parameter + (index < parameters.length - 1 ? ", " : "");
		return [start, start + parameter.length];
	});
	label += ")";
	const doc = symbol.doc?.text ?? "";
	return {
		signatures: [
			{
				label,
				parameters: ranges.map((range) => ({ label: range })),
				...(doc !== "" && { documentation: { kind: "markdown", value: prose(doc) } }),
			},
		],
		activeSignature: 0,
		activeParameter: Math.max(0, Math.min(call.argument, parameters.length - 1)),
	};
}

/** The name before the nearest parenthesis that is open at the offset, and how many commas stand in between. */
function callAround(
	tokens: TokenTable,
	offset: number,
): { readonly callee: number; readonly argument: number } | undefined {
	let [depth, argument] = [0, 0];
	for (let token = tokenAt(tokens, offset); token >= 0; token--) {
		if (tokens.starts[token]! >= offset) continue;
		switch (tokens.kinds[token]) {
			case TokenKind.CloseParen:
			case TokenKind.CloseBracket:
				depth++;
				break;
			case TokenKind.OpenBracket:
				depth--;
				break;
			case TokenKind.Comma:
				if (depth === 0) argument++;
				break;
			case TokenKind.OpenParen: {
				if (--depth >= 0) break;
				const callee = previousToken(tokens, token);
				if (callee >= 0 && tokens.kinds[callee] === TokenKind.Identifier)
					return { callee: tokens.starts[callee]!, argument };
				// A parenthesis around an expression: the call, if any, is further out.
				[depth, argument] = [0, 0];
				break;
			}
			case TokenKind.Semicolon:
			case TokenKind.OpenBrace:
			case TokenKind.CloseBrace:
				return undefined;
		}
	}
	return undefined;
}
