/** Highlights of the symbol under the cursor: where it is read, where written. */
import { DocumentHighlightKind } from "vscode-languageserver";
import { type Feature, lspRange } from "../services.ts";
import { occurrencesIn, symbolAt } from "../symbols.ts";

export const documentHighlight: Feature = {
	capabilities: { documentHighlightProvider: true },
	register({ connection, documents }) {
		connection.onDocumentHighlight(({ textDocument, position }) => {
			const found = symbolAt(documents, textDocument.uri, position);
			if (found === undefined) return [];
			return occurrencesIn(found.analysis, found.occurrence.symbol).map((one) => ({
				range: lspRange(found.analysis.document, one),
				kind: one.role === "read" ? DocumentHighlightKind.Read : DocumentHighlightKind.Write,
			}));
		});
	},
};
