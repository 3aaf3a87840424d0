/** Renaming, where it is safe: names of this document that no other file can see or of which all users are known. */
import { LSPErrorCodes, ResponseError, type TextEdit } from "vscode-languageserver";
import { isTypeSpelling, keywords } from "../../engine/language/tokens.ts";
import type { SymbolInfo } from "../../engine/language/types.ts";
import { type Analysis, isScenarioDocument } from "../documents.ts";
import { kernelPath } from "../kernelModel.ts";
import { type Feature, lspRange, type Services } from "../services.ts";
import { occurrencesIn, symbolAt } from "../symbols.ts";
import { isLocal } from "./references.ts";

export const rename: Feature = {
	capabilities: { renameProvider: { prepareProvider: true } },
	register(services) {
		const { connection, documents } = services;
		connection.onPrepareRename(({ textDocument, position }) => {
			const found = symbolAt(documents, textDocument.uri, position);
			if (found === undefined) return null;
			refuseUnlessOwn(found.occurrence.symbol, found.analysis);
			return { range: lspRange(found.analysis.document, found.occurrence), placeholder: found.occurrence.symbol.name };
		});
		connection.onRenameRequest(({ textDocument, position, newName }) => {
			const found = symbolAt(documents, textDocument.uri, position);
			if (found === undefined) return null;
			const { symbol } = found.occurrence;
			refuseUnlessOwn(symbol, found.analysis);
			refuseName(symbol, found.analysis, newName);
			const changes: Record<string, TextEdit[]> = {};
			for (const analysis of usersOf(services, found.analysis, symbol))
				changes[analysis.document.uri] = occurrencesIn(analysis, symbol).map((one) => ({
					range: lspRange(analysis.document, one),
					newText: newName,
				}));
			return { changes };
		});
	},
};

const refusal = (message: string) => new ResponseError(LSPErrorCodes.RequestFailed, message);

function refuseUnlessOwn(symbol: SymbolInfo, { document }: Analysis): void {
	if (kernelPath(symbol.file) !== undefined) throw refusal(`${symbol.name} belongs to the kernel model.`);
	if (symbol.file !== document.uri) throw refusal(`${symbol.name} is declared in another file; rename it there.`);
}

function refuseName(symbol: SymbolInfo, { document, module, occurrences }: Analysis, name: string): void {
	if (!/^[A-Za-z_]\w*$/.test(name) || keywords.has(name)) throw refusal(`${name} cannot be a name.`);
	if (isTypeSpelling(name) !== (symbol.declaration.kind === "typedef"))
		throw refusal(isTypeSpelling(name) ? `${name} reads as a type.` : "The name of a type ends in _t.");
	const taken =
		module.lookup(name) !== undefined ||
		occurrences().some((one) => one.symbol.name === name && one.symbol.kind !== "field");
	if (symbol.kind === "field" && symbol.owner?.fields?.some((field) => field.name === name))
		throw refusal(`struct ${symbol.owner.name} has a field ${name} already.`);
	if (taken && symbol.kind !== "field")
		throw refusal(`${name} is already the name of something else in ${document.uri.replace(/^.*\//, "")}.`);
}

/** The document itself, and the open ones that include it. */
function usersOf({ documents }: Services, own: Analysis, symbol: SymbolInfo): Analysis[] {
	if (isLocal(symbol)) return [own];
	const others = documents.open
		.all()
		.filter(
			(document) =>
				isScenarioDocument(document) &&
				document.uri !== own.document.uri &&
				documents.includes(document.uri, own.document.uri),
		)
		.map((document) => documents.analysis(document.uri))
		.filter((analysis) => analysis !== undefined);
	return [own, ...others];
}
