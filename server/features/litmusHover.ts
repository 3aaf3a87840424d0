/** Hover in a litmus test: what a primitive is, and the ordering that it gives. */
import type { Hover } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { primitives } from "../../engine/litmus/primitives.ts";
import { entryMarkdown, prose } from "../../engine/rules/markdown.ts";
import { documentLengthMax } from "../documents.ts";
import { lspRange, type Services } from "../services.ts";

/** The hover on a primitive; undefined on everything else, and in comments. */
export async function litmusHover(
	services: Services,
	document: TextDocument,
	offset: number,
): Promise<Hover | undefined> {
	const text = document.getText();
	if (text.length > documentLengthMax) return undefined;
	const token = wordAt(text, offset);
	const primitive = token && primitives.get(token.text);
	if (token === undefined || primitive === undefined) return undefined;
	const book = await services.rules.book();
	const entry = book.lookup(token.text).find(({ kind, name }) => kind === "function" && name === token.text);
	const known = entry && entryMarkdown(entry, { book, era: undefined, explore: services.links });
	const places = Array.from({ length: primitive.arguments }, () => "…").join(", ");
	const value = [
		known ?? `\`\`\`c\n${token.text}(${places})\n\`\`\``,
		`**Ordering:** ${prose(primitive.ordering)}`,
	].join("\n\n");
	return { contents: { kind: "markdown", value }, range: lspRange(document, token) };
}

/** The word at an offset of a process, outside of comments. `(*` begins a comment only before the processes: in them, it is C. */
function wordAt(text: string, offset: number) {
	const start = text.search(/^(?:static\s+)?(?:void\s+)?P[0-9]+\s*\(/m);
	if (start < 0) return undefined;
	for (const match of text.slice(start).matchAll(/\/\*[\s\S]*?(?:\*\/|$)|\/\/.*|\w+/g)) {
		const pos = start + match.index;
		const end = pos + match[0].length;
		if (pos > offset) return undefined;
		if (offset <= end && !match[0].startsWith("/")) return { text: match[0], pos, end };
	}
	return undefined;
}
