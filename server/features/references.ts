/** All references: in the document, in the other open ones, and in the kernel model. */
import type { Location } from "vscode-languageserver";
import type { SymbolInfo } from "../../engine/language/types.ts";
import type { Analysis, Documents } from "../documents.ts";
import { kernelUri } from "../kernelModel.ts";
import { type Feature, lspRange, type Services } from "../services.ts";
import { occurrencesIn, symbolAt } from "../symbols.ts";

/** Places listed at the most. */
export const referencesMax = 2000;

export const references: Feature = {
	capabilities: { referencesProvider: true },
	register(services) {
		services.connection.onReferences(async ({ textDocument, position, context }) => {
			const found = symbolAt(services.documents, textDocument.uri, position);
			if (found === undefined) return [];
			const { symbol } = found.occurrence;
			const locations: Location[] = [];
			for (const analysis of filesThatMayName(services, found.analysis, symbol)) {
				for (const one of occurrencesIn(analysis, symbol))
					if (context.includeDeclaration || one.role !== "declaration")
						locations.push({ uri: analysis.document.uri, range: lspRange(analysis.document, one) });
				if (locations.length >= referencesMax) break;
				// The model's files are checked one at a time, so that other requests get their turn.
				await new Promise((resolve) => setImmediate(resolve));
			}
			return locations.slice(0, referencesMax);
		});
	},
};

/** Only this file for what no other file can see. */
function* filesThatMayName({ documents, model }: Services, own: Analysis, symbol: SymbolInfo): Generator<Analysis> {
	yield own;
	if (isLocal(symbol)) return;
	const seen = new Set([own.document.uri]);
	for (const uri of [
		...documents.openScenarios().map((document) => document.uri),
		...[...model.texts.keys()].map(kernelUri),
	]) {
		if (seen.has(uri) || !mentions(documents, uri, symbol.name)) continue;
		seen.add(uri);
		const analysis = documents.analysis(uri);
		if (analysis !== undefined) yield analysis;
	}
}

function mentions(documents: Documents, uri: string, name: string): boolean {
	return documents.document(uri)?.getText().includes(name) === true;
}

/** Whether the symbol can be named in its own file only. */
export function isLocal(symbol: SymbolInfo): boolean {
	return ["local", "parameter", "param", "thread", "check", "scenario", "label"].includes(symbol.kind);
}
