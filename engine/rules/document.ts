/** docs/rules.md: the rule book as one document. */
import type { ScenarioLink } from "./entry.ts";
import { prose } from "./markdown.ts";
import { ruleFacts, titleOf } from "./prose.ts";
import type { RuleAt, RuleBook } from "./ruleBook.ts";
import { tagColumns } from "./tags.ts";

/** Chapters by the letter that a rule's id begins with. */
const chapters: readonly (readonly [letter: string, title: string])[] = [
	["M", "folio->mapping, folio_mapping(), the life of an address_space"],
	["F", "Folio lock, references, mapcount, LRU, swap cache"],
	["A", "Anonymous memory, anon_vma, PageAnonExclusive, KSM"],
	["P", "Page tables, GUP-fast, TLB, notifiers"],
	["V", "mmap_lock, VMA locks, maple tree, the life of an mm"],
	["X", "Files: page_mkwrite, invalidate_lock, memory failure"],
];

/** The whole document: rules by chapter, tables of tag bits, the lock hierarchy. */
export function rulesDocument(book: RuleBook): string {
	const parts = [
		"# The rule book",
		"Written by `npm run rules` from the doc comments of the kernel model, `engine/kernel/**/*.mmscn`; a change belongs there. Every rule is shown on hover over the symbols it stands at, and by `mmscn explain NAME`.",
	];
	const rules = [...book.rules.values()];
	for (const [letter, title] of chapters) {
		const inChapter = rules.filter((rule) => rule.id.startsWith(letter));
		if (inChapter.length > 0) parts.push(`## ${letter}: ${prose(title)}`, ...inChapter.map(ruleText));
	}
	const others = rules.filter((rule) => !chapters.some(([letter]) => rule.id.startsWith(letter)));
	if (others.length > 0) parts.push("## Others", ...others.map(ruleText));
	const tagged = book.entries.filter((entry) => entry.tags !== undefined);
	if (tagged.length > 0) parts.push("## Tag bits");
	for (const entry of tagged) {
		const { head, rows } = tagColumns(entry.tags!, undefined);
		parts.push(`\`${titleOf(entry)}\`, mask 0x${entry.tags!.mask.toString(16)}:`, table(head, rows));
	}
	const order = book.lockOrder.map(({ constant, locks }, index) => {
		const names = [...new Set(locks.map((lock) => `\`${titleOf(lock)}\``))].join(", ");
		const meaning = constant.meaning.replace(/\s+/g, " ");
		return `${index + 1}. ${names || `\`${constant.name}\``}${meaning === "" ? "" : ` — ${prose(meaning)}`}`;
	});
	if (order.length > 0) parts.push("## Lock order, outer to inner", order.join("\n"));
	return `${parts.join("\n\n")}\n`;
}

function ruleText(rule: RuleAt): string {
	const symbols = rule.entries.map((entry) => `\`${titleOf(entry)}\``).join(", ");
	const facts = [
		`At ${symbols}.`,
		...ruleFacts(rule).map(
			(fact) =>
				`${prose(/^(since|until|enforced)\b/.test(fact) ? fact.charAt(0).toUpperCase() + fact.slice(1) : fact).replace(/\.$/, "")}.`,
		),
		...rule.scenarios.map(scenarioText),
	];
	return `**${rule.id}.** ${prose(rule.statement)}  \n${facts.join(" ")}`;
}

const scenarioText = ({ path, check }: ScenarioLink) =>
	`Shown by [${path}](../scenarios/${path})${check === undefined ? "" : `, check \`${check}\``}.`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const cells = rows.map((row) =>
		row.map((cell, column) => (column < 3 && cell !== "" ? `\`${cell}\`` : prose(cell)).replaceAll("|", "\\|")),
	);
	return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
