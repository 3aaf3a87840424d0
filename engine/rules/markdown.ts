/** An entry of the rule book as Markdown, for a hover. */
import type { ScenarioLink } from "./entry.ts";
import { accessTexts, aliasText, type Era, eraText, outsideText, ruleFacts, whenText } from "./prose.ts";
import type { Entry, RuleBook } from "./ruleBook.ts";
import { tagColumns } from "./tags.ts";

export interface MarkdownOptions {
	readonly book: RuleBook;
	readonly era: Era | undefined;
	/** Target of a link that runs a scenario; undefined where there is none to run. */
	readonly explore: (scenario: ScenarioLink) => string | undefined;
}

/** The whole text of a hover: declaration, meaning, what to hold, tag bits, what goes wrong, rules, sources. */
export function entryMarkdown(entry: Entry, options: MarkdownOptions): string {
	return [declarationMarkdown(entry), ...bodyMarkdown(entry, options)].join("\n\n");
}

/** The declaration in a code block. */
export function declarationMarkdown(entry: Entry): string {
	return codeBlock(
		entry.kind === "field" && entry.owner !== undefined
			? `${entry.declaration};  /* in struct ${entry.owner} */`
			: entry.declaration,
	);
}

export function codeBlock(code: string): string {
	return `\`\`\`c\n${code}\n\`\`\``;
}

/** Everything but the declaration; empty when the model says nothing. */
export function bodyMarkdown(entry: Entry, options: MarkdownOptions): string[] {
	const parts: string[] = [];
	const outside = outsideText(entry.span, options.era);
	const when = whenText(entry);
	if (outside !== undefined) parts.push(`⚠ **${capital(outside)}**${when === undefined ? "" : ` (${prose(when)})`}`);
	if (entry.meaning !== "") parts.push(paragraphs(entry.meaning));
	parts.push(...accessMarkdown(entry));
	parts.push(...tagsMarkdown(entry, options.era));
	if (entry.bits.length > 0)
		parts.push(`Bits: ${entry.bits.map((bit) => `\`0x${bit.mask.toString(16)}\` ${bit.name}`).join(" · ")}`);
	parts.push(...lockOrderMarkdown(entry, options.book));
	parts.push(...wrongMarkdown(entry, options));
	parts.push(...rulesMarkdown(entry, options));
	parts.push(...seeMarkdown(entry, options));
	const last = [
		when !== undefined && outside === undefined ? capital(prose(when)) : undefined,
		entry.aliases.length > 0 ? `Also called ${prose(aliasText(entry))}` : undefined,
		entry.enforced && `Enforced: ${prose(entry.enforced)}`,
		entry.where.length > 0 ? `Source: ${entry.where.map(prose).join("; ")}` : undefined,
	].filter(Boolean);
	if (last.length > 0) parts.push(last.join(" · "));
	return parts;
}

/** What must be held to read, to dereference, to write. */
export function accessMarkdown(entry: Entry): string[] {
	const lines = accessTexts(entry).flatMap(({ title, texts }) => texts.map((text) => `- **${title}:** ${prose(text)}`));
	return lines.length > 0 ? [lines.join("\n")] : [];
}

/** The tag table of a word, for the kernel version in force. */
export function tagsMarkdown(entry: Entry, era: Era | undefined): string[] {
	if (entry.tags === undefined) return [];
	const { head, rows } = tagColumns(entry.tags, era?.version);
	const cells = rows.map(([bits = "", name = "", type = "", ...rest]) => [
		`\`${bits}\``,
		code(name),
		code(type),
		...rest.map(prose),
	]);
	const table = [head, head.map(() => "---"), ...cells]
		.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
		.join("\n");
	const title = `Tag bits (mask \`0x${entry.tags.mask.toString(16)}\`), ${era === undefined ? "all versions" : `kernel ${prose(eraText(era))}`}`;
	return [`**${title}**\n\n${table}`];
}

function lockOrderMarkdown(entry: Entry, book: RuleBook): string[] {
	const rank = entry.lockRank ?? (entry.name.startsWith("LOCK_RANK_") ? entry.name : undefined);
	const place = book.lockOrder.findIndex((one) => one.constant.name === rank);
	if (place < 0) return [];
	const name = (index: number) => {
		const { constant, locks } = book.lockOrder[index]!;
		const short =
			locks.length > 0
				? [...new Set(locks.map((lock) => (lock.owner === undefined ? lock.name : `${lock.owner}.${lock.name}`)))].join(
						", ",
					)
				: constant.name;
		return index === place ? `**\`${short}\`**` : `\`${short}\``;
	};
	return [`**Lock order**, outer to inner: ${book.lockOrder.map((_, index) => name(index)).join(" → ")}`];
}

function wrongMarkdown(entry: Entry, options: MarkdownOptions): string[] {
	if (entry.wrong.length === 0 && entry.scenarios.length === 0) return [];
	const lines = entry.wrong.map(({ text, scenarios }) => `- ${prose(text)}${links(scenarios, options)}`);
	if (entry.scenarios.length > 0) lines.push(`-${links(entry.scenarios, options)}`);
	return [`**What goes wrong**\n\n${lines.join("\n")}`];
}

function rulesMarkdown(entry: Entry, options: MarkdownOptions): string[] {
	if (entry.rules.length === 0) return [];
	const lines = entry.rules.map((rule) => {
		const outside = outsideText(rule.span, options.era);
		const facts = ruleFacts(rule).map(prose).join("; ");
		const mark = outside === undefined ? "" : ` (${outside})`;
		return `- **${rule.id}**${mark} ${prose(rule.statement)}${links(rule.scenarios, options)}${facts === "" ? "" : `  \n  *${facts}*`}`;
	});
	return [`**Rules**\n\n${lines.join("\n")}`];
}

function seeMarkdown(entry: Entry, { book }: MarkdownOptions): string[] {
	if (entry.see.length === 0) return [];
	const rules = entry.see.flatMap((name) => book.rules.get(name) ?? []);
	const others = entry.see.filter((name) => !book.rules.has(name)).map(code);
	const lines = rules.map((rule) => `- **${rule.id}** ${prose(rule.statement)}`);
	if (others.length > 0) lines.push(`- ${others.join(", ")}`);
	return [`**See also**\n\n${lines.join("\n")}`];
}

function links(scenarios: readonly ScenarioLink[], options: MarkdownOptions): string {
	return scenarios
		.map((scenario) => {
			const target = options.explore(scenario);
			const label = scenario.check ?? scenario.path.replace(/^.*\/|\.mmscn$/g, "");
			return target === undefined
				? ` (${code(`${scenario.path}${scenario.check === undefined ? "" : `#${scenario.check}`}`)})`
				: ` [▶ ${label}](${target})`;
		})
		.join("");
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const code = (text: string) => (text === "" ? "" : `\`${text}\``);

function paragraphs(text: string): string {
	return text
		.split(/\n\s*\n/)
		.map((paragraph) =>
			/^[-*] /m.test(paragraph)
				? paragraph.split("\n").map(prose).join("\n")
				: prose(paragraph.replace(/\s*\n\s*/g, " ")),
		)
		.join("\n\n");
}

/** Running text as Markdown: names of C become code, and nothing else means anything. */
export function prose(text: string): string {
	return text
		.split(/(`[^`]*`)/)
		.map((part, index) => (index % 2 === 1 ? part : markNames(part)))
		.join("");
}

/** A name of C in running text: it has an underscore, an arrow, or parentheses after it, and is no path. */
const cName = /(?<![\w/])(?:->)?[A-Za-z_]\w*(?:(?:->|\.)\w+)*(?:\((?:[^()\s]|\([^()\s]*\))*\))?(?![\w/])/g;

function markNames(text: string): string {
	let last = 0;
	let marked = "";
	for (const match of text.matchAll(cName)) {
		const name = match[0];
		const isName = (/_|->|\(/.test(name) || /^[A-Z]{4,}$/.test(name)) && !/\.(c|h|rst|txt|mmscn)$/.test(name);
		marked += plain(text.slice(last, match.index)) + (isName ? code(name) : plain(name));
		last = match.index + name.length;
	}
	return marked + plain(text.slice(last));
}

const plain = (text: string) =>
	text.replace(/[\\*_<[\]]/g, (character) => (character === "<" ? "&lt;" : `\\${character}`));
