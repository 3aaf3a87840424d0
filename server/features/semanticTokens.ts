/** Colours by meaning: what a grammar of regular expressions cannot know. */
import { SemanticTokensBuilder } from "vscode-languageserver";
import type { SymbolKind } from "../../engine/language/types.ts";
import type { Analysis } from "../documents.ts";
import { kernelPath } from "../kernelModel.ts";
import type { Occurrence } from "../occurrences.ts";
import type { Feature } from "../services.ts";

const types = [
	"variable",
	"parameter",
	"property",
	"function",
	"macro",
	"enumMember",
	"type",
	"namespace",
	"class",
	"event",
	"label",
] as const;
const modifiers = ["declaration", "readonly", "static", "defaultLibrary", "modification"] as const;

/** `static` marks shared objects: an access to one is a step. */
const typeOf: Readonly<Record<SymbolKind, (typeof types)[number]>> = {
	object: "variable",
	local: "variable",
	parameter: "parameter",
	param: "parameter",
	field: "property",
	function: "function",
	builtin: "macro",
	enumerator: "enumMember",
	constant: "macro",
	type: "type",
	scenario: "namespace",
	thread: "class",
	check: "event",
	label: "label",
};

export const semanticTokens: Feature = {
	capabilities: {
		semanticTokensProvider: {
			legend: { tokenTypes: [...types], tokenModifiers: [...modifiers] },
			full: true,
			range: true,
		},
	},
	register({ connection, documents }) {
		connection.languages.semanticTokens.on(({ textDocument }) => {
			const analysis = documents.analysis(textDocument.uri);
			return analysis ? tokensOf(analysis) : { data: [] };
		});
		connection.languages.semanticTokens.onRange(({ textDocument, range }) => {
			const analysis = documents.analysis(textDocument.uri);
			if (analysis === undefined) return { data: [] };
			return tokensOf(analysis, analysis.document.offsetAt(range.start), analysis.document.offsetAt(range.end));
		});
	},
};

/** Tokens whose names begin in [from, to). */
export function tokensOf(analysis: Analysis, from = 0, to = Number.POSITIVE_INFINITY) {
	const builder = new SemanticTokensBuilder();
	for (const one of analysis.occurrences()) {
		if (one.pos < from || one.pos >= to) continue;
		const { line, character } = analysis.document.positionAt(one.pos);
		builder.push(line, character, one.end - one.pos, types.indexOf(typeOf[one.symbol.kind]), modifierBits(one));
	}
	return builder.build();
}

function modifierBits({ symbol, role }: Occurrence): number {
	const set: (typeof modifiers)[number][] = [];
	if (role === "declaration") set.push("declaration");
	if (role === "write") set.push("modification");
	if (symbol.kind === "object") set.push("static");
	if (symbol.kind === "param" || symbol.kind === "constant" || symbol.kind === "enumerator") set.push("readonly");
	if (kernelPath(symbol.file) !== undefined) set.push("defaultLibrary");
	return set.reduce((bits, modifier) => bits | (1 << modifiers.indexOf(modifier)), 0);
}
