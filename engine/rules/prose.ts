/** Sentences about an entry that every rendering shares. */
import type { Rule } from "./entry.ts";
import { formatSpan, formatVersion, type KernelVersion, placeIn, type Span } from "./era.ts";
import type { Entry } from "./ruleBook.ts";

/** The kernel version in force, and who says so. */
export interface Era {
	readonly version: KernelVersion;
	readonly from: "scenario" | "setting" | "makefile" | "option";
}

/** "v6.5, by the scenario's kernel line" */
export function eraText(era: Era): string {
	const from = {
		scenario: "by the scenario's kernel line",
		setting: "by the setting mmscn.kernelVersion",
		makefile: "by the kernel tree's Makefile",
		option: "by the option --kernel",
	};
	return `${formatVersion(era.version)}, ${from[era.from]}`;
}

/** "not yet in v6.5", "no longer in v6.17"; undefined when the span holds the version. */
export function outsideText(span: Span, era: Era | undefined): string | undefined {
	const place = placeIn(span, era?.version);
	if (era === undefined || place === "inside") return undefined;
	return `${place === "before" ? "not yet" : "no longer"} in ${formatVersion(era.version)}`;
}

/** When something holds, as its author wrote it: "since v6.15 in this wording", "v6.0 to v6.16". */
export function whenText(of: {
	readonly span: Span;
	readonly since: string | undefined;
	readonly until: string | undefined;
}): string | undefined {
	const plain = /^v?\d+\.\d+(\.\d+)?$/;
	const exact = (text: string | undefined) => text === undefined || plain.test(text);
	if (exact(of.since) && exact(of.until)) return formatSpan(of.span);
	return [of.since && `since ${of.since}`, of.until && `until ${of.until}`].filter(Boolean).join(", ");
}

/** What must be held for each kind of access. */
export function accessTexts(entry: Entry): readonly { readonly title: string; readonly texts: readonly string[] }[] {
	return [
		{ title: "To read", texts: entry.read },
		{ title: "To dereference", texts: entry.deref },
		{ title: "To write", texts: entry.write },
	].filter((access) => access.texts.length > 0);
}

/** The facts after a rule's statement: versions, sources, how it is enforced. */
export function ruleFacts(rule: Rule): readonly string[] {
	return [whenText(rule), ...rule.where, rule.enforced && `enforced: ${rule.enforced}`].filter((fact): fact is string =>
		Boolean(fact),
	);
}

/** "FOLIO_MAPPING_ANON (since v6.17), PageLocked" */
export function aliasText(entry: Entry): string {
	return entry.aliases.map(({ name, note }) => (note === "" ? name : `${name} (${note})`)).join(", ");
}

/** "struct folio: mapping" for a field, the name for anything else. */
export function titleOf(entry: Entry): string {
	if (entry.kind === "field" && entry.owner !== undefined) return `${entry.owner}.${entry.name}`;
	return entry.kind === "function" ? `${entry.name}()` : entry.name;
}
