/**
 * What the kernel model says about one symbol: its doc comment, read by the vocabulary of docs/kernel-model.md.
 *
 * A `@rule` begins a rule; the `@where`, `@since`, `@until`, `@enforced` and `@scenario` after it belong to that rule. Before the first rule they
 * speak of the symbol. A `@scenario` after a `@wrong` shows what the `@wrong` says.
 */
import type { DocComment } from "../language/syntax.ts";
import { parseVersion, type Span, spanOf } from "./era.ts";

/** A scenario that shows something: a path below scenarios/, and the check in it, if one is meant. */
export interface ScenarioLink {
	readonly path: string;
	readonly check: string | undefined;
}

export interface Rule {
	/** "M6" */
	readonly id: string;
	readonly statement: string;
	readonly where: readonly string[];
	readonly span: Span;
	/** `@since` and `@until` as written: they may say more than a version. */
	readonly since: string | undefined;
	readonly until: string | undefined;
	readonly enforced: string | undefined;
	readonly scenarios: readonly ScenarioLink[];
}

/** One value of the tag bits of a word, in one span of kernel versions. */
export interface TagRow {
	readonly span: Span;
	/** Binary digits, as many as the mask has bits; "0" stands for the whole word being zero. */
	readonly bits: string;
	readonly name: string;
	/** Type that the rest of the word points to; "" for none. */
	readonly type: string;
	readonly meaning: string;
}

export interface TagTable {
	/** The bits of the word that are tag. */
	readonly mask: number;
	readonly rows: readonly TagRow[];
}

/** What a doc comment says. */
export interface Description {
	/** Text before the first tag; paragraphs are separated by blank lines. */
	readonly meaning: string;
	readonly span: Span;
	readonly since: string | undefined;
	readonly until: string | undefined;
	readonly where: readonly string[];
	readonly enforced: string | undefined;
	/** What must be held, or done, to read, to dereference, to write. */
	readonly read: readonly string[];
	readonly deref: readonly string[];
	readonly write: readonly string[];
	readonly wrong: readonly { readonly text: string; readonly scenarios: readonly ScenarioLink[] }[];
	readonly scenarios: readonly ScenarioLink[];
	readonly rules: readonly Rule[];
	/** Rules and symbols that stand elsewhere and matter here too. */
	readonly see: readonly string[];
	/** Other names of the same thing; `note` is what stands after the name ("since v6.17"). */
	readonly aliases: readonly { readonly name: string; readonly note: string }[];
	readonly tags: TagTable | undefined;
	/** Names of the bits of a word. */
	readonly bits: readonly { readonly mask: number; readonly name: string }[];
}

type Draft = {
	-readonly [Key in keyof Description]: Description[Key] extends readonly (infer Element)[]
		? Element[]
		: Description[Key];
};
type RuleDraft = {
	-readonly [Key in keyof Rule]: Rule[Key] extends readonly (infer Element)[] ? Element[] : Rule[Key];
};

const fold = (text: string) => text.replace(/\s+/g, " ").trim();

/** Reads a doc comment. Tags that are not of the vocabulary are left out. */
export function describe(doc: DocComment | undefined): Description {
	const draft: Draft = {
		meaning: doc?.text ?? "",
		span: { since: undefined, until: undefined },
		since: undefined,
		until: undefined,
		where: [],
		enforced: undefined,
		read: [],
		deref: [],
		write: [],
		wrong: [],
		scenarios: [],
		rules: [],
		see: [],
		aliases: [],
		tags: undefined,
		bits: [],
	};
	const rules: RuleDraft[] = [];
	let last: { readonly scenarios: readonly ScenarioLink[] } = draft;
	for (const tag of doc?.tags ?? []) {
		const text = fold(tag.text);
		const about = rules.at(-1) ?? draft;
		if (tag.name !== "scenario") last = about;
		switch (tag.name) {
			case "rule": {
				const [id = "", ...words] = text.split(" ");
				rules.push({
					id,
					statement: words.join(" "),
					where: [],
					span: draft.span,
					since: undefined,
					until: undefined,
					enforced: undefined,
					scenarios: [],
				});
				last = rules.at(-1)!;
				break;
			}
			case "wrong":
				draft.wrong.push({ text, scenarios: [] });
				last = draft.wrong.at(-1)!;
				break;
			case "scenario":
				(last.scenarios as ScenarioLink[]).push(scenarioLink(text));
				break;
			case "where":
				about.where.push(text);
				break;
			case "since":
			case "until":
			case "enforced":
				about[tag.name] = text;
				break;
			case "read":
			case "deref":
			case "write":
				draft[tag.name].push(text);
				break;
			case "alias":
				draft.aliases.push(...aliasesOf(text));
				break;
			case "see":
				draft.see.push(...text.split(/[\s,]+/).filter((name) => name !== ""));
				break;
			case "tags":
				draft.tags = { mask: Number(/^mask\s+(\S+)/.exec(text)?.[1] ?? 0), rows: [] };
				break;
			case "tag": {
				const row = tagRow(text);
				if (row !== undefined && draft.tags !== undefined)
					draft.tags = { ...draft.tags, rows: [...draft.tags.rows, row] };
				break;
			}
			case "bit": {
				const [mask = "", name = ""] = text.split(" ");
				draft.bits.push({ mask: Number(mask), name });
				break;
			}
		}
	}
	draft.span = spanOf(draft.since, draft.until);
	return { ...draft, rules: rules.map((rule) => ({ ...rule, span: spanOf(rule.since, rule.until) })) };
}

/** `FOLIO_MAPPING_FLAGS PageMappingFlags since v6.17`: names, and words that hold for all of them. */
function aliasesOf(text: string): { readonly name: string; readonly note: string }[] {
	const words = text.split(" ");
	const note = words.findIndex((word) => word === "since" || word === "until");
	const names = note < 0 ? words : words.slice(0, note);
	return names
		.map((name) => name.replace(/,$/, ""))
		.filter((name) => name !== "")
		.map((name) => ({ name, note: note < 0 ? "" : words.slice(note).join(" ") }));
}

function scenarioLink(text: string): ScenarioLink {
	const [path = "", check] = text.split(/[#\s]/);
	return { path, check };
}

/** `v6.0..v6.16 | 10 | NAME | type * | meaning`; an end of the span may be missing. */
function tagRow(text: string): TagRow | undefined {
	const [span = "", bits = "", name = "", type = "", ...meaning] = text.split("|").map((part) => part.trim());
	const ends = /^(\S*?)\.\.([^\s:]*):?$/.exec(span);
	if (ends === null || !/^[01]+$/.test(bits)) return undefined;
	return {
		span: { since: parseVersion(ends[1] ?? ""), until: parseVersion(ends[2] ?? "") },
		bits,
		name,
		type,
		meaning: meaning.join(" | "),
	};
}
