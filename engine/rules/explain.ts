/** What the rule book says about a name, as plain text for a terminal: `mmscn explain NAME`. */
import { editDistance } from "../language/suggestions.ts";
import type { Rule, ScenarioLink } from "./entry.ts";
import { accessTexts, aliasText, type Era, eraText, outsideText, ruleFacts, titleOf, whenText } from "./prose.ts";
import type { Entry, RuleBook } from "./ruleBook.ts";
import { tagColumns } from "./tags.ts";

export interface ExplainOptions {
	readonly era: Era | undefined;
	/** Width of the text, in columns. */
	readonly width: number;
}

/** Names in a suggestion, at the most. */
export const suggestionsMax = 5;

/**
 * Text about a name: a symbol ("folio_mapping"), a field ("folio->mapping", "folio.mapping", "mapping"), an old name that is an alias,
 * or a rule ("M6"). Undefined when the model has no such name; then see `similarNames`.
 */
export function explain(book: RuleBook, name: string, options: ExplainOptions): string | undefined {
	const rule = book.rules.get(name.toUpperCase());
	if (rule !== undefined) {
		const lines = [
			`${rule.id}  ${rule.statement}`,
			...ruleFacts(rule).map((fact) => `  ${fact}`),
			...scenarioLines(rule.scenarios),
			`  stands at ${rule.entries.map(titleOf).join(", ")}`,
		];
		return lines.flatMap((line) => wrapped(line, options.width)).join("\n");
	}
	const entries = entriesNamed(book, name);
	if (entries.length === 0) return undefined;
	return entries.map((entry) => entryText(entry, book, options)).join("\n\n");
}

/** The entries that a name as one would type it means: "folio->mapping", "folio_lock()", "struct folio". */
export function entriesNamed(book: RuleBook, name: string): readonly Entry[] {
	const bare = name
		.trim()
		.replace(/^(struct|union|enum)\s+/, "")
		.replace(/\(\)$/, "");
	const member = /^(\w+)(?:->|\.)(\w+)$/.exec(bare);
	if (member === null) return book.lookup(bare);
	const field = book.field(member[1] ?? "", member[2] ?? "");
	return field === undefined ? [] : [field];
}

/** Names and aliases of the model that resemble a name, best first. */
export function similarNames(book: RuleBook, name: string): readonly string[] {
	const candidates = new Set(
		book.entries.flatMap((entry) => [entry.name, ...entry.aliases.map((alias) => alias.name)]),
	);
	const bare = name
		.replace(/^.*(->|\.)/, "")
		.replace(/\(\)$/, "")
		.toLowerCase();
	const bound = Math.max(2, Math.floor(bare.length / 3));
	return [...candidates]
		.map((candidate) => ({ candidate, distance: editDistance(bare, candidate.toLowerCase(), bound) }))
		.filter((one) => one.distance <= bound)
		.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
		.slice(0, suggestionsMax)
		.map((one) => one.candidate);
}

function entryText(entry: Entry, book: RuleBook, options: ExplainOptions): string {
	const { era, width } = options;
	const lines: string[] = [`${titleOf(entry)}: ${entry.declaration}`];
	const block = (title: string | undefined, content: readonly string[]) => {
		if (content.length === 0) return;
		lines.push("");
		if (title !== undefined) lines.push(title);
		lines.push(...content.flatMap((line) => wrapped(line, width)));
	};
	const outside = outsideText(entry.span, era);
	const when = whenText(entry);
	block(
		undefined,
		[outside, when].filter((line): line is string => line !== undefined),
	);
	block(
		undefined,
		entry.meaning === ""
			? []
			: entry.meaning.split(/(\n\s*\n)/).map((paragraph) => paragraph.replace(/\s+/g, " ").trim()),
	);
	block(
		undefined,
		accessTexts(entry).flatMap(({ title, texts }) => texts.map((text) => `  ${title.toLowerCase()}: ${text}`)),
	);
	if (entry.tags !== undefined) {
		const { head, rows } = tagColumns(entry.tags, era?.version);
		const title = `Tag bits, mask 0x${entry.tags.mask.toString(16)}, ${era === undefined ? "all versions" : `kernel ${eraText(era)}`}`;
		lines.push("", title, ...columns([head, ...rows]));
	}
	block(
		"Bits",
		entry.bits.map((bit) => `  0x${bit.mask.toString(16).padStart(2, "0")}  ${bit.name}`),
	);
	block("Lock order, outer to inner", lockOrderLines(entry, book));
	block("What goes wrong", [
		...entry.wrong.flatMap(({ text, scenarios }) => [`  - ${text}`, ...scenarioLines(scenarios)]),
		...scenarioLines(entry.scenarios),
	]);
	block(
		"Rules",
		entry.rules.flatMap((rule) => ruleLines(rule, era)),
	);
	block("See also", seeLines(entry, book));
	block(undefined, [
		...(entry.aliases.length > 0 ? [`Also called: ${aliasText(entry)}`] : []),
		...(entry.enforced === undefined ? [] : [`Enforced: ${entry.enforced}`]),
		...entry.where.map((source) => `Source: ${source}`),
	]);
	return lines.join("\n");
}

function ruleLines(rule: Rule, era: Era | undefined): string[] {
	const mark = outsideText(rule.span, era);
	return [
		`  ${rule.id}  ${mark === undefined ? "" : `(${mark}) `}${rule.statement}`,
		...ruleFacts(rule).map((fact) => `      ${fact}`),
		...scenarioLines(rule.scenarios),
	];
}

function seeLines(entry: Entry, book: RuleBook): string[] {
	const rules = entry.see.flatMap((name) => book.rules.get(name) ?? []);
	const others = entry.see.filter((name) => !book.rules.has(name));
	return [
		...rules.map((rule) => `  ${rule.id}  ${rule.statement}`),
		...(others.length > 0 ? [`  ${others.join(", ")}`] : []),
	];
}

function lockOrderLines(entry: Entry, book: RuleBook): string[] {
	const rank = entry.lockRank ?? (entry.name.startsWith("LOCK_RANK_") ? entry.name : undefined);
	if (!book.lockOrder.some((one) => one.constant.name === rank)) return [];
	return book.lockOrder.map(({ constant, locks }) => {
		const names = locks.map((lock) => (lock.owner === undefined ? lock.name : `${lock.owner}.${lock.name}`));
		return `${constant.name === rank ? "> " : "  "}${names.length > 0 ? [...new Set(names)].join(", ") : constant.name}`;
	});
}

function scenarioLines(scenarios: readonly ScenarioLink[]): string[] {
	return scenarios.map(
		({ path, check }) =>
			`      shown by: mmscn check scenarios/${path}${check === undefined ? "" : ` --check ${check}`}`,
	);
}

function columns(rows: readonly (readonly string[])[]): string[] {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** Breaks a line at blanks; what follows is indented as far as the text of the first line. */
function wrapped(line: string, width: number): string[] {
	const hang = /^\s*(- |[A-Z]\d+ {2}|> )?/.exec(line)?.[0].length ?? 0;
	const result: string[] = [];
	let rest = line;
	// A command is to be copied: it stays in one line.
	while (rest.length > width && !rest.includes("mmscn check ")) {
		const at = rest.lastIndexOf(" ", width);
		if (at <= hang) break;
		result.push(rest.slice(0, at));
		rest = " ".repeat(hang) + rest.slice(at + 1);
	}
	return [...result, rest];
}
