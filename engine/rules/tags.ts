/** Tag bits and flag bits of words: the table of an era, and what a value means. */
import type { TagRow, TagTable } from "./entry.ts";
import { formatSpan, type KernelVersion, placeIn } from "./era.ts";
import type { Entry } from "./ruleBook.ts";

/** The rows that hold in a version; every row when there is no version. */
export function rowsOf(table: TagTable, version: KernelVersion | undefined): readonly TagRow[] {
	return table.rows.filter((row) => placeIn(row.span, version) === "inside");
}

/** "01b", or "NULL" for the row of the word that is all zero. */
export function bitsText(row: TagRow): string {
	return row.bits === "0" ? "NULL" : `${row.bits}b`;
}

/** Columns of the tag table: bits, name, the rest of the word, meaning; the versions too when none is chosen. */
export function tagColumns(
	table: TagTable,
	version: KernelVersion | undefined,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
	const head = ["bits", "name", "the rest of the word", "meaning"];
	const rows = rowsOf(table, version).map((row) => [
		bitsText(row),
		row.bits === "0" ? "" : row.name,
		row.type,
		row.meaning,
	]);
	if (version !== undefined) return { head, rows };
	return {
		head: [...head, "versions"],
		rows: rows.map((cells, index) => [...cells, formatSpan(table.rows[index]!.span) ?? "all"]),
	};
}

/**
 * A constant as a word of this entry's kind would be shown: its tag bits by name, its flag bits by name. Undefined when the
 * entry says nothing about bits.
 */
export function decode(entry: Entry, value: number, version: KernelVersion | undefined): string | undefined {
	if (entry.tags !== undefined) {
		const rows = rowsOf(entry.tags, version);
		const zero = rows.find((row) => row.bits === "0");
		if (value === 0 && zero !== undefined) return `NULL: ${zero.meaning}`;
		const tag = (value & entry.tags.mask).toString(2).padStart(entry.tags.mask.toString(2).length, "0");
		const row = rows.find((one) => one.bits === tag);
		return row === undefined ? `tag ${tag}b` : `${tag}b ${row.name}: ${row.meaning}`;
	}
	if (entry.bits.length === 0) return undefined;
	const named = entry.bits.filter((bit) => (value & bit.mask) !== 0).map((bit) => bit.name);
	const known = entry.bits.reduce((mask, bit) => mask | bit.mask, 0);
	const rest = (value & ~known) >>> 0;
	return [...named, ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join("|") || "0";
}
