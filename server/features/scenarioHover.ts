/** Hover in a scenario: symbols with all that the rule book says, words of the language, decoded values. */
import type { Hover } from "vscode-languageserver";
import { pathAt } from "../../engine/language/nodes.ts";
import { sourceText } from "../../engine/language/print.ts";
import type { Range } from "../../engine/language/syntax.ts";
import type { SymbolInfo } from "../../engine/language/types.ts";
import { describe } from "../../engine/rules/entry.ts";
import { scenarioWords, violationWords } from "../../engine/rules/keywords.ts";
import {
	accessMarkdown,
	codeBlock,
	entryMarkdown,
	type MarkdownOptions,
	prose,
	tagsMarkdown,
} from "../../engine/rules/markdown.ts";
import { buildRuleBook, type Entry, type RuleBook } from "../../engine/rules/ruleBook.ts";
import { decode } from "../../engine/rules/tags.ts";
import type { Analysis } from "../documents.ts";
import { occurrenceAt } from "../occurrences.ts";
import { lspRange, type Services } from "../services.ts";
import { nameRange } from "../symbols.ts";
import { isInCommentOrString } from "../tokens.ts";
import { verdictText } from "./codeLens.ts";

/** The hover at an offset; undefined where there is nothing to say. */
export async function scenarioHover(
	services: Services,
	analysis: Analysis,
	offset: number,
): Promise<Hover | undefined> {
	const { document, tree } = analysis;
	const book = await services.rules.book();
	const era = await services.eras.of(document.uri, tree, offset);
	const options: MarkdownOptions = { book, era, explore: services.links };
	const occurrence = occurrenceAt(analysis.occurrences(), offset);
	const said =
		occurrence !== undefined
			? { range: occurrence, text: symbolMarkdown(services, analysis, occurrence.symbol, options) }
			: (includeMarkdown(services, analysis, offset) ??
				numberMarkdown(analysis, offset, options) ??
				wordMarkdown(analysis, offset));
	return said && { contents: { kind: "markdown", value: said.text }, range: lspRange(document, said.range) };
}

interface Said {
	readonly range: Range;
	readonly text: string;
}

/** What the rule book says about a symbol, or else its declaration and its comment; and the bits of the word it holds. */
export function symbolMarkdown(
	services: Services,
	analysis: Analysis,
	symbol: SymbolInfo,
	options: MarkdownOptions,
): string {
	const entry = entryOf(services, options.book, symbol);
	const parts = [entry === undefined ? plainMarkdown(services, analysis, symbol) : entryMarkdown(entry, options)];
	if (symbol.kind === "check") parts.push(...checkMarkdown(services, analysis, symbol));
	const word = wordEntry(options.book, symbol);
	if (word !== undefined && word !== entry) {
		if (word.tags !== undefined)
			parts.push(
				`A word that was read from \`${word.owner}->${word.name}\` carries a tag.`,
				...accessMarkdown({ ...word, read: [], write: [] }),
				...tagsMarkdown(word, options.era),
			);
		else parts.push(`Bits: ${word.bits.map((bit) => `\`0x${bit.mask.toString(16)}\` ${bit.name}`).join(" · ")}`);
	}
	return parts.join("\n\n");
}

/** Books of documents outside of the kernel model, which describe their own symbols in the same words. */
const ownBooks = new WeakMap<object, RuleBook>();

function entryOf({ documents }: Services, book: RuleBook, symbol: SymbolInfo): Entry | undefined {
	const pos = nameRange(symbol).pos;
	const known = book.at(symbol.file, pos);
	if (known !== undefined) return known;
	const tree = documents.analysis(symbol.file)?.tree;
	if (tree === undefined) return undefined;
	let own = ownBooks.get(tree);
	if (own === undefined) {
		own = buildRuleBook([{ file: symbol.file, tree }]);
		ownBooks.set(tree, own);
	}
	return own.at(symbol.file, pos);
}

/** Locals, parameters, and what a scenario declares. */
function plainMarkdown({ documents }: Services, analysis: Analysis, symbol: SymbolInfo): string {
	const text =
		symbol.file === analysis.document.uri ? analysis.tree.text : (documents.document(symbol.file)?.getText() ?? "");
	const { declaration } = symbol;
	const end =
		"body" in declaration && declaration.body !== undefined
			? declaration.body.pos
			: "initializer" in declaration && declaration.initializer !== undefined
				? declaration.initializer.pos
				: declaration.end;
	const start = Math.max(declaration.pos, symbol.doc?.end ?? 0);
	const code = sourceText(text, { pos: start, end }).replace(/[\s;={]+$/, "");
	const { meaning } = describe(symbol.doc);
	const origin = symbol.doc?.tags.find((tag) => tag.name === "origin")?.text;
	return [
		codeBlock(symbol.kind === "label" ? `${symbol.name}:` : code),
		...(meaning === "" ? [] : [prose(meaning)]),
		...(origin === undefined ? [] : [`From: ${prose(origin.replace(/\s+/g, " "))}`]),
		...(symbol.kind === "object" ? ["*Shared: every access is a step.*"] : []),
	].join("\n\n");
}

function checkMarkdown({ results }: Services, { document, tree, fingerprint }: Analysis, symbol: SymbolInfo): string[] {
	const scenario = tree.items.find((item) => item.pos <= symbol.declaration.pos && symbol.declaration.end <= item.end);
	const known = scenario?.kind === "scenario" ? results.of(document.uri, scenario.name.text, symbol.name) : undefined;
	if (known === undefined) return [];
	return [
		`Last search${known.fingerprint === fingerprint ? "" : " (of an earlier text)"}: **${verdictText(known.result)}**${known.result.violation ? `. ${prose(known.result.violation.message)}` : ""}`,
	];
}

/** The entry that says what the bits of a symbol's value mean: of the field it is named after or typed as, or of its type. */
function wordEntry(book: RuleBook, symbol: SymbolInfo): Entry | undefined {
	const { type } = symbol;
	if (symbol.kind === "function" || symbol.kind === "builtin") return undefined;
	if (type.kind === "integer") {
		const named = book.lookup(type.name).find((entry) => entry.kind === "typedef" && entry.bits.length > 0);
		if (named !== undefined) return named;
	}
	// A field that points to the same struct need not carry a tag; a local that was read from the word may.
	const local = symbol.kind === "local" || symbol.kind === "parameter";
	const pointee = local && type.kind === "pointer" && type.to.kind === "struct" ? type.to.name : undefined;
	return book.entries.find(
		(entry) =>
			entry.tags !== undefined &&
			((entry.name === symbol.name && (type.kind === "pointer" || type.kind === "integer")) ||
				(pointee !== undefined && entry.type?.base === pointee && entry.type.pointers === 1)),
	);
}

function includeMarkdown({ documents }: Services, analysis: Analysis, offset: number): Said | undefined {
	const include = analysis.tree.items.find(
		(item) => item.kind === "include" && item.pathRange.pos <= offset && offset <= item.pathRange.end,
	);
	if (include?.kind !== "include") return undefined;
	const target = documents.resolve(analysis.document.uri, include.path, include.system);
	const doc = target && documents.analysis(target.file)?.tree.doc;
	return (
		target && {
			range: include.pathRange,
			text: [`\`${include.path}\``, ...(doc ? [prose(doc.text)] : [])].join("\n\n"),
		}
	);
}

/** A number in hexadecimal and binary, and as the word that it is compared with, combined with or assigned to. */
function numberMarkdown(analysis: Analysis, offset: number, { book, era }: MarkdownOptions): Said | undefined {
	const path = pathAt(analysis.tree, offset);
	const number = path.at(-1);
	if (number?.kind !== "number" || !("value" in number) || typeof number.value !== "number") return undefined;
	const value = number.value;
	const unsigned = value >>> 0;
	const parts = [`\`${value}\` = \`0x${unsigned.toString(16)}\` = \`${unsigned.toString(2)}b\``];
	const around = path.findLast(
		(node) => node.kind === "binary" || node.kind === "assignment" || node.kind === "initializer_entry",
	);
	if (around !== undefined) {
		const beside = analysis.occurrences().filter((one) => around.pos <= one.pos && one.end <= around.end);
		const word = beside.map((one) => wordEntry(book, one.symbol)).find((entry) => entry !== undefined);
		const meaning = word && decode(word, value, era?.version);
		if (meaning !== undefined) parts.push(`As a \`${word!.name}\` word: ${prose(meaning)}`);
	}
	return { range: number, text: parts.join("\n\n") };
}

/** A word of the language itself. */
function wordMarkdown({ tree }: Analysis, offset: number): Said | undefined {
	const scenario = tree.items.find((item) => item.kind === "scenario" && item.pos <= offset && offset <= item.end);
	const start = offset - (/\w*$/.exec(tree.text.slice(Math.max(0, offset - 64), offset))?.[0].length ?? 0);
	const word = /^\w+/.exec(tree.text.slice(start, start + 64))?.[0] ?? "";
	const meaning = Object.hasOwn(scenarioWords, word)
		? scenarioWords[word]
		: Object.hasOwn(violationWords, word)
			? violationWords[word as keyof typeof violationWords]
			: undefined;
	const known =
		meaning !== undefined && (scenario !== undefined || word === "atomic" || word === "percpu" || word === "pool");
	// The tree's comments are trivia: a word in them means nothing.
	return known && !isInCommentOrString(tree.tokens, offset)
		? { range: { pos: start, end: start + word.length }, text: `**${word}** ${meaning}` }
		: undefined;
}
