/** Go to definition: inside the document, in what it includes, and in the kernel model; from an `#include` to its file. */
import type { Location } from "vscode-languageserver";
import type { Documents } from "../documents.ts";
import { type Feature, lspRange } from "../services.ts";
import { nameRange, symbolAt } from "../symbols.ts";

export const definition: Feature = {
	capabilities: { definitionProvider: true },
	register({ connection, documents }) {
		connection.onDefinition(({ textDocument, position }) => definitionAt(documents, textDocument.uri, position));
	},
};

/** The declaration of what is named at a position; null where nothing is. */
export function definitionAt(
	documents: Documents,
	uri: string,
	position: { readonly line: number; readonly character: number },
): Location | null {
	const found = symbolAt(documents, uri, position);
	if (found === undefined) return includedFile(documents, uri, position);
	const { symbol } = found.occurrence;
	const { document } = found.analysis;
	const target = symbol.file === document.uri ? document : documents.document(symbol.file);
	return target === undefined ? null : { uri: target.uri, range: lspRange(target, nameRange(symbol)) };
}

function includedFile(
	documents: Documents,
	uri: string,
	position: { readonly line: number; readonly character: number },
): Location | null {
	const analysis = documents.analysis(uri);
	const offset = analysis?.document.offsetAt(position) ?? 0;
	const include = analysis?.tree.items.find(
		(item) => item.kind === "include" && item.pathRange.pos <= offset && offset <= item.pathRange.end,
	);
	if (analysis === undefined || include?.kind !== "include") return null;
	const target = documents.resolve(analysis.document.uri, include.path, include.system);
	return target === undefined
		? null
		: { uri: target.file, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } };
}
