/** Hover: the rule book in scenarios and in kernel C. */

import { isLitmusDocument, isScenarioDocument } from "../documents.ts";
import type { Feature } from "../services.ts";
import { isCDocument, kernelCHover } from "./kernelCHover.ts";
import { litmusHover } from "./litmusHover.ts";
import { scenarioHover } from "./scenarioHover.ts";

export const hover: Feature = {
	capabilities: { hoverProvider: true },
	register(services) {
		const { connection, documents } = services;
		connection.onHover(async ({ textDocument, position }) => {
			const document = documents.document(textDocument.uri);
			if (document === undefined) return null;
			const offset = document.offsetAt(position);
			if (isScenarioDocument(document)) {
				const analysis = documents.analysis(textDocument.uri);
				return (analysis && (await scenarioHover(services, analysis, offset))) ?? null;
			}
			if (isLitmusDocument(document)) return (await litmusHover(services, document, offset)) ?? null;
			return isCDocument(document) ? ((await kernelCHover(services, document, offset)) ?? null) : null;
		});
	},
};
