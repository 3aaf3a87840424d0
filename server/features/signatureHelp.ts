/** The parameters of the function whose call is being written. */
import type { SignatureHelp } from "vscode-languageserver";
import { sourceText } from "../../engine/language/print.ts";
import type { CallExpression } from "../../engine/language/syntax.ts";
import { TokenKind } from "../../engine/language/tokens.ts";
import { prose } from "../../engine/rules/markdown.ts";
import type { Analysis, Documents } from "../documents.ts";
import { type AnyNode, pathAt } from "../nodes.ts";
import type { Feature } from "../services.ts";

export const signatureHelp: Feature = {
	capabilities: { signatureHelpProvider: { triggerCharacters: ["(", ","] } },
	register({ connection, documents }) {
		connection.onSignatureHelp(({ textDocument, position }) => {
			const analysis = documents.analysis(textDocument.uri);
			return (analysis && signatureAt(documents, analysis, analysis.document.offsetAt(position))) ?? null;
		});
	},
};

/** The signature for the innermost call around an offset; undefined outside of the parentheses of a call. */
export function signatureAt(
	documents: Documents,
	{ tree, document }: Analysis,
	offset: number,
): SignatureHelp | undefined {
	const call = pathAt(tree, offset).findLast((node): node is CallExpression => isCallAround(node, tree.text, offset));
	if (call?.callee.kind !== "name") return undefined;
	const declaration = call.callee.symbol?.declaration;
	if (declaration?.kind !== "function") return undefined;
	const file = call.callee.symbol!.file;
	const text = file === document.uri ? tree.text : documents.document(file)?.getText();
	if (text === undefined) return undefined;
	const head = sourceText(text, { pos: declaration.returnType.pos, end: declaration.name.end });
	const parameters = declaration.parameters.map((parameter) => sourceText(text, parameter));
	let label = `${head}(`;
	const ranges = parameters.map((parameter, index): [number, number] => {
		const start = label.length;
		label += parameter + (index < parameters.length - 1 ? ", " : "");
		return [start, start + parameter.length];
	});
	label += ")";
	const active = argumentIndex(tree, call.callee.end, offset);
	const doc = call.callee.symbol?.doc?.text;
	return {
		signatures: [
			{
				label,
				parameters: ranges.map((range) => ({ label: range })),
				...(doc !== undefined && doc !== "" && { documentation: { kind: "markdown", value: prose(doc) } }),
			},
		],
		activeSignature: 0,
		activeParameter: Math.max(0, Math.min(active, parameters.length - 1)),
	};
}

function isCallAround(node: AnyNode, text: string, offset: number): node is CallExpression {
	if (node.kind !== "call" || !("callee" in node)) return false;
	const open = text.indexOf("(", node.callee.end);
	return open >= 0 && open < offset && !(offset === node.end && text[node.end - 1] === ")");
}

/** How many commas of the call itself stand between its parenthesis and the offset. */
function argumentIndex({ tokens }: Analysis["tree"], from: number, offset: number): number {
	let depth = 0;
	let commas = 0;
	for (let token = 0; token < tokens.count && tokens.starts[token]! < offset; token++) {
		if (tokens.starts[token]! < from) continue;
		const kind = tokens.kinds[token];
		if (kind === TokenKind.OpenParen || kind === TokenKind.OpenBracket) depth++;
		else if (kind === TokenKind.CloseParen || kind === TokenKind.CloseBracket) depth--;
		else if (kind === TokenKind.Comma && depth === 1) commas++;
	}
	return commas;
}
