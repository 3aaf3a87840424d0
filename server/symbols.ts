/** Where symbols are declared, across files. */
import type { Range } from "../engine/language/syntax.ts";
import type { SymbolInfo } from "../engine/language/types.ts";
import type { Analysis, Documents } from "./documents.ts";
import { type Occurrence, occurrenceAt, sameSymbol } from "./occurrences.ts";

/** The place of a symbol's name in the file that declares it. */
export function nameRange(symbol: SymbolInfo): Range {
	const { declaration } = symbol;
	if (declaration.kind === "type") return declaration.typeName.base.name ?? declaration;
	return declaration.name ?? declaration;
}

/** The symbol named at an offset of a document, with the analysis it was found in. */
export function symbolAt(
	documents: Documents,
	uri: string,
	position: { readonly line: number; readonly character: number },
): { readonly analysis: Analysis; readonly occurrence: Occurrence; readonly offset: number } | undefined {
	const analysis = documents.analysis(uri);
	if (analysis === undefined) return undefined;
	const offset = analysis.document.offsetAt(position);
	const occurrence = occurrenceAt(analysis.occurrences(), offset);
	return occurrence && { analysis, occurrence, offset };
}

/** Every place of a file where the symbol is named. */
export function occurrencesIn(analysis: Analysis, symbol: SymbolInfo): Occurrence[] {
	return analysis.occurrences().filter((one) => sameSymbol(one.symbol, symbol));
}
