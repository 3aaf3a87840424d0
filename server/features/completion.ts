/** Completion: what may stand at a place, from the fields of a struct to the words of a scenario. */
import { type CompletionItem, CompletionItemKind, InsertTextFormat, type Position } from "vscode-languageserver";
import { type AnyNode, pathAt, walk } from "../../engine/language/nodes.ts";
import type { ScenarioItem } from "../../engine/language/syntax.ts";
import { keywords, TokenKind } from "../../engine/language/tokens.ts";
import type { SymbolInfo, SymbolKind, Type } from "../../engine/language/types.ts";
import { scenarioWords, violationWords } from "../../engine/rules/keywords.ts";
import type { Analysis } from "../documents.ts";
import type { Feature, Services } from "../services.ts";
import { nameRange } from "../symbols.ts";
import { isInCommentOrString, previousToken, tokenAt } from "../tokens.ts";
import { fieldsOf, fileSymbols, labelsAt, localsOf, modulesOf, namesAt } from "../visibleSymbols.ts";
import { symbolMarkdown } from "./scenarioHover.ts";

export const completion: Feature = {
	capabilities: { completionProvider: { triggerCharacters: [".", ">", "<", "/"], resolveProvider: true } },
	register(services) {
		const { connection, documents, client } = services;
		const snippets = () => client().textDocument?.completion?.completionItem?.snippetSupport === true;
		connection.onCompletion(({ textDocument, position, context }) => {
			const analysis = documents.analysis(textDocument.uri);
			if (analysis === undefined || !isWanted(analysis, position, context?.triggerCharacter)) return [];
			return completionsAt(services, analysis, analysis.document.offsetAt(position), snippets());
		});
		connection.onCompletionResolve((item) => resolve(services, item));
	},
};

/** `>` is mostly a comparison, `<` and `/` mostly no path: then nobody has asked for anything. */
function isWanted({ document }: Analysis, position: Position, trigger: string | undefined): boolean {
	const line = document.getText({ start: { line: position.line, character: 0 }, end: position });
	if (trigger === ">") return line.endsWith("->");
	return (trigger !== "<" && trigger !== "/") || /^\s*#\s*include\s*</.test(line);
}

/** What `resolve` needs to find the symbol of an item again. */
interface ItemOrigin {
	readonly uri: string;
	readonly file: string;
	readonly pos: number;
}

const kindOf: Readonly<Record<SymbolKind, CompletionItemKind>> = {
	object: CompletionItemKind.Variable,
	local: CompletionItemKind.Variable,
	parameter: CompletionItemKind.Variable,
	param: CompletionItemKind.TypeParameter,
	field: CompletionItemKind.Field,
	function: CompletionItemKind.Function,
	builtin: CompletionItemKind.Function,
	enumerator: CompletionItemKind.EnumMember,
	constant: CompletionItemKind.Constant,
	type: CompletionItemKind.Struct,
	scenario: CompletionItemKind.Module,
	thread: CompletionItemKind.Class,
	check: CompletionItemKind.Event,
	label: CompletionItemKind.Reference,
};

/** Items for a place; none in comments and strings. */
export function completionsAt(
	services: Services,
	analysis: Analysis,
	offset: number,
	snippets: boolean,
): CompletionItem[] {
	const { tree, module, document } = analysis;
	const { tokens, text } = tree;
	const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
	const include = /^\s*#\s*include\s*<([^>]*)$/.exec(line);
	if (include !== null)
		return [...services.model.texts.keys()].map((path) => ({ label: path, kind: CompletionItemKind.File }));
	if (isInCommentOrString(tokens, offset)) return [];
	// The word that is being written does not count: what matters is what stands before it.
	const start = offset - (/\w*$/.exec(line)?.[0].length ?? 0);
	const before = previousToken(tokens, start === 0 ? 0 : tokenAt(tokens, start - 1) + 1);
	const kind = before < 0 ? undefined : tokens.kinds[before];
	const wordBefore = before < 0 ? "" : text.slice(tokens.starts[before], tokens.starts[before + 1]);
	const item = (symbol: SymbolInfo) => symbolItem(symbol, document.uri, snippets);
	if (kind === TokenKind.Dot || kind === TokenKind.Arrow)
		return membersAt(analysis, tokens.starts[before]!, start).map(item);
	if (kind === TokenKind.Goto) return labelsAt(module, offset).map(item);
	if (kind === TokenKind.Struct || kind === TokenKind.Union || kind === TokenKind.Enum) {
		const tags = [...modulesOf(module)].flatMap((one) => fileSymbols(one.tree).tags);
		return tags.filter((tag) => tag.keyword === wordBefore).map((tag) => item(tag.symbol));
	}
	const path = pathAt(tree, start);
	const special = checkWords(analysis, path, wordBefore, kind, offset);
	if (special !== undefined) return special.map((one) => (typeof one === "string" ? wordItem(one) : item(one)));
	const inBody = path.some(
		(node) => node.kind === "block" || node.kind === "property" || node.kind === "define" || node.kind === "variable",
	);
	if (inBody) return [...namesAt(module, start).map(item), ...statementWords.map(wordItem)];
	const inScenario = path.some((node) => node.kind === "scenario");
	const types = [...modulesOf(module)].flatMap((one) =>
		fileSymbols(one.tree).names.filter((symbol) => symbol.kind === "type"),
	);
	return [...(inScenario ? memberWords : fileWords).map(wordItem), ...types.map(item)];
}

const statementWords = [...keywords.keys()]
	.filter((word) => !/^_|typedef|extern|register|asmlinkage|noinline/.test(word))
	.concat("atomic");
const memberWords = [
	"kernel",
	"param",
	"init",
	"thread",
	"check",
	"always",
	"never",
	"finally",
	"exists",
	"struct",
	"percpu",
	"pool",
	"typesafe_by_rcu",
];
const fileWords = ["scenario", "struct", "union", "enum", "typedef", "static", "#include", "#define"];

/** The members that may follow the `.` or `->` at `dot`: of a struct, of a thread in a property, or of what an initializer is for. */
function membersAt({ tree }: Analysis, dot: number, start: number): SymbolInfo[] {
	const path = pathAt(tree, start);
	let object: AnyNode | undefined;
	walk(path.find((one) => one.kind === "scenario" || one.kind === "function") ?? tree, (node) => {
		if (node.end > dot || !("type" in node) || (object !== undefined && node.pos >= object.pos)) return;
		if (tree.text.slice(node.end, dot).trim() === "") object = node;
	});
	if (object !== undefined) {
		const thread = object.kind === "name" && "symbol" in object ? (object.symbol as SymbolInfo | undefined) : undefined;
		if (thread?.kind === "thread") return localsOf(thread.declaration);
		return symbolsOfFields((object as { readonly type?: Type }).type);
	}
	return designated(path);
}

function symbolsOfFields(type: Type | undefined): SymbolInfo[] {
	return fieldsOf(type).flatMap(({ node }) => (node.symbol === undefined ? [] : [node.symbol]));
}

/** The fields of the struct that the initializer around a place is for. */
function designated(path: readonly AnyNode[]): SymbolInfo[] {
	const variable = path.findLast((node) => node.kind === "variable");
	let type: Type | undefined =
		variable && "symbol" in variable ? (variable.symbol as SymbolInfo | undefined)?.type : undefined;
	const lists = path.filter((node) => node.kind === "initializer_list");
	for (const entry of path
		.filter((node) => node.kind === "initializer_entry")
		.slice(0, Math.max(0, lists.length - 1))) {
		const designators = "designators" in entry ? entry.designators : [];
		for (const designator of designators) {
			if (designator.kind === "index") type = type?.kind === "array" ? type.of : undefined;
			else type = fieldTypeOf(type, designator.name.text);
		}
	}
	return symbolsOfFields(type);
}

function fieldTypeOf(type: Type | undefined, name: string): Type | undefined {
	return type?.kind === "struct" || type?.kind === "union"
		? type.fields?.find((field) => field.name === name)?.type
		: undefined;
}

/** What may stand in a check: expectations, memory models, options, parameters and their values. */
function checkWords(
	{ tree, module }: Analysis,
	path: readonly AnyNode[],
	wordBefore: string,
	kind: number | undefined,
	offset: number,
): (string | SymbolInfo)[] | undefined {
	const check = path.findLast((node) => node.kind === "check");
	const scenario = path.find((node): node is ScenarioItem => node.kind === "scenario");
	if (check === undefined || scenario === undefined) return undefined;
	const written = tree.text.slice(check.pos, offset);
	const open = written.lastIndexOf("(") > written.lastIndexOf(")");
	if (open) {
		const params = scenario.members.flatMap((member) =>
			member.kind === "param" && member.symbol !== undefined ? [member.symbol] : [],
		);
		if (kind !== TokenKind.Equal) return params;
		const name = /(\w+)\s*=\s*\w*$/.exec(written)?.[1];
		return valuesOf(params.find((param) => param.name === name)?.type, namesAt(module, offset));
	}
	const expectation = ["safe", "reachable", ...Object.keys(violationWords)];
	const clause = /\b(expect|under|with)\b(?![\s\S]*\b(?:expect|under|with)\b)/.exec(written)?.[1];
	if (wordBefore.trim() === clause || kind === TokenKind.Comma || kind === TokenKind.Bar) {
		if (clause === "expect") return expectation;
		if (clause === "under") return ["sc", "lkmm"];
		if (clause === "with") return ["data_races", "leaks"];
	}
	return ["under", "with", "expect"];
}

/** The values that a parameter of a type may be given by name. */
function valuesOf(type: Type | undefined, names: readonly SymbolInfo[]): (string | SymbolInfo)[] {
	if (type?.kind === "bool") return ["true", "false"];
	if (type?.kind !== "enum") return names.filter((symbol) => symbol.kind === "constant");
	return names.filter(
		(symbol) => symbol.kind === "enumerator" && symbol.type.kind === "enum" && symbol.type.name === type.name,
	);
}

function wordItem(word: string): CompletionItem {
	const meaning = scenarioWords[word] ?? violationWords[word as keyof typeof violationWords];
	return {
		label: word,
		kind: CompletionItemKind.Keyword,
		...(meaning !== undefined && { documentation: { kind: "markdown", value: meaning } }),
	};
}

function symbolItem(symbol: SymbolInfo, uri: string, snippets: boolean): CompletionItem {
	const { declaration } = symbol;
	const call = declaration.kind === "function" && snippets;
	const hasParameters =
		declaration.kind === "function" &&
		declaration.parameters.some((parameter) => parameter.name !== undefined || parameter.typeName.pointers > 0);
	return {
		label: symbol.name,
		kind: kindOf[symbol.kind],
		data: { uri, file: symbol.file, pos: nameRange(symbol).pos } satisfies ItemOrigin,
		// What only the machine's builtins need comes last.
		sortText: `${symbol.name.startsWith("__") ? "1" : "0"}${symbol.name}`,
		...(call && {
			insertText: hasParameters ? `${symbol.name}($1)` : `${symbol.name}()`,
			insertTextFormat: InsertTextFormat.Snippet,
		}),
	};
}

/** Adds what a hover on the symbol would say. */
async function resolve(services: Services, item: CompletionItem): Promise<CompletionItem> {
	const origin = item.data as ItemOrigin | undefined;
	const analysis = origin && services.documents.analysis(origin.uri);
	const declared =
		origin &&
		services.documents
			.analysis(origin.file)
			?.occurrences()
			.find((one) => one.pos === origin.pos && one.role === "declaration");
	if (analysis === undefined || declared === undefined) return item;
	const book = await services.rules.book();
	const era = await services.eras.of(origin!.uri, analysis.tree, 0);
	const value = symbolMarkdown(services, analysis, declared.symbol, { book, era, explore: services.links });
	return { ...item, documentation: { kind: "markdown", value } };
}
