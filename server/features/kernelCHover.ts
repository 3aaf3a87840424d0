/** Hover on kernel C: what the rule book says about the name under the cursor. */
import type { Hover } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { type CSymbol, symbolAt, wordAt } from "../../engine/kernel-c/symbolAt.ts";
import { bodyMarkdown, entryMarkdown } from "../../engine/rules/markdown.ts";
import type { Entry, EntryKind, RuleBook } from "../../engine/rules/ruleBook.ts";
import { loadCParser } from "../cParser.ts";
import { lspRange, type Services } from "../services.ts";

/** Whether the document is C, by its language or its name. */
export function isCDocument(document: TextDocument): boolean {
	return document.languageId === "c" || document.languageId === "cpp" || /\.[ch]$/.test(document.uri);
}

/** The hover; undefined in C that is not the kernel's, and on names that the model does not know. */
export async function kernelCHover(
	services: Services,
	document: TextDocument,
	offset: number,
): Promise<Hover | undefined> {
	if (!(await isKernelC(services, document))) return undefined;
	const book = await services.rules.book();
	const text = document.getText();
	const word = wordAt(text, offset);
	// Most words of a file are no names of the model: for those nothing is parsed.
	if (word === undefined || book.lookup(word.text).length === 0) return undefined;
	const parse = await loadCParser();
	const symbol = symbolAt({ text, parse, known: book.known }, offset);
	const era = await services.eras.of(document.uri);
	const options = { book, era, explore: services.links };
	const entries =
		symbol === undefined ? [] : entriesOf(book, symbol).filter((entry) => bodyMarkdown(entry, options).length > 0);
	if (symbol === undefined || entries.length === 0) return undefined;
	const value = entries
		.map((entry) => `${otherName(symbol, entry)}${entryMarkdown(entry, options)}`)
		.join("\n\n---\n\n");
	return { contents: { kind: "markdown", value }, range: lspRange(document, symbol) };
}

async function isKernelC(services: Services, document: TextDocument): Promise<boolean> {
	const { kernelC } = await services.settings.of(document.uri);
	if (kernelC !== "auto") return kernelC === "always";
	return (await services.kernelTrees.of(document.uri)) !== undefined;
}

const kinds: Readonly<Record<Exclude<CSymbol["kind"], "field">, readonly EntryKind[]>> = {
	function: ["function", "constant"],
	name: ["constant", "enumerator", "function", "object", "typedef"],
	struct: ["struct", "enum"],
	type: ["typedef"],
};

function entriesOf(book: RuleBook, symbol: CSymbol): readonly Entry[] {
	if (symbol.kind === "field") {
		const field = book.field(symbol.owner ?? "", symbol.name);
		return field === undefined ? [] : [field];
	}
	const wanted = kinds[symbol.kind];
	return book.lookup(symbol.name).filter((entry) => wanted.includes(entry.kind));
}

/** Says so when the model knows the thing under another name. */
function otherName(symbol: CSymbol, entry: Entry): string {
	if (symbol.kind === "field")
		return entry.owner === symbol.owner ? "" : `\`${symbol.owner}->${symbol.name}\` is, in the model:\n\n`;
	return entry.name === symbol.name ? "" : `\`${symbol.name}\` is, in the model:\n\n`;
}
