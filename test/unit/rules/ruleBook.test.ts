import assert from "node:assert/strict";
import { parse } from "../../../engine/language/parser.ts";
import { parseVersion } from "../../../engine/rules/era.ts";
import { explain, similarNames } from "../../../engine/rules/explain.ts";
import { entryMarkdown, prose } from "../../../engine/rules/markdown.ts";
import type { Era } from "../../../engine/rules/prose.ts";
import { buildRuleBook, compareIds, type Entry } from "../../../engine/rules/ruleBook.ts";
import { decode } from "../../../engine/rules/tags.ts";

const model = `/**
 * A small model.
 *
 * @where include/linux/small.h
 */

#define LOCK_RANK_OUTER 10
/** The inner one. */
#define LOCK_RANK_INNER 20

enum flags {
	PG_locked,
	/** On a list. */
	PG_lru,
	PG_last = 9,
};

/** @bit 0x01 present
 * @bit 0x40 dirty */
typedef unsigned long pte_t;

/**
 * A piece of memory.
 *
 * @alias page
 */
struct folio {
	/**
	 * What it belongs to.
	 *
	 * Second paragraph.
	 *
	 * @read the folio lock
	 * @deref the inode must stay
	 * @write the folio lock
	 * @wrong Truncation has cleared it.
	 * @scenario seeds/four.mmscn#unlocked
	 * @wrong Nothing shows this.
	 * @tags mask 3
	 * @tag .. | 0 | NULL | | truncated
	 * @tag .. | 00 | file | struct address_space * | page cache
	 * @tag ..v6.16 | 01 | PAGE_MAPPING_ANON | struct anon_vma * | anonymous
	 * @tag v6.17.. | 01 | FOLIO_MAPPING_ANON | struct anon_vma * | anonymous
	 * @tag v6.0..v6.16 | 10 | MOVABLE | struct ops * | a driver's
	 * @rule M6 A reference pins the folio,
	 *       not its mapping.
	 * @where mm/compaction.c: isolate_migratepages_block()
	 * @since v6.6 in this wording
	 * @enforced convention
	 * @scenario seeds/four.mmscn
	 * @rule M10 The tenth.
	 * @until v5.19
	 * @see M6 folio_lock
	 */
	struct address_space *mapping;
	union {
		int a[2];
		struct { struct folio *inner; };
	};
	spinlock_t lock __lock_rank(LOCK_RANK_INNER);
};

/**
 * Waits for the lock.
 *
 * @since v5.16
 * @alias lock_page __lock_page until v5.15
 * @where mm/filemap.c: folio_lock()
 * @rule F2 Locked folios stay.
 */
static inline void folio_lock(struct folio *folio)
{
	;
}

struct folio *page_folio(struct page *page);
`;

const book = buildRuleBook([{ file: "mmscn-kernel:/small.mmscn", tree: parse(model) }]);
const era = (text: string): Era => ({ version: parseVersion(text)!, from: "scenario" });
const mapping = book.field("folio", "mapping") as Entry;
const explore = ({ path, check }: { path: string; check: string | undefined }) => `command:run?${path}#${check ?? ""}`;

describe("the rule book", () => {
	it("finds a symbol by name, by alias, and a field by its struct or the struct's alias", () => {
		assert.equal(
			book.lookup("folio_lock")[0]?.declaration,
			"static inline void folio_lock(struct folio *folio)".replace("static inline ", ""),
		);
		for (const alias of ["lock_page", "__lock_page"]) assert.equal(book.lookup(alias)[0]?.name, "folio_lock");
		assert.equal(book.field("page", "mapping"), mapping);
		assert.equal(book.field("folio", "inner")?.owner, "folio");
		assert.equal(book.field("inode", "mapping"), undefined);
		assert.deepEqual(book.lookup("nothing"), []);
		assert.equal(book.at("mmscn-kernel:/small.mmscn", model.indexOf("mapping;")), mapping);
	});

	it("keeps apart what speaks of the symbol and what of its rules", () => {
		assert.equal(mapping.meaning, "What it belongs to.\n\nSecond paragraph.");
		assert.deepEqual(mapping.read, ["the folio lock"]);
		assert.deepEqual(mapping.wrong, [
			{ text: "Truncation has cleared it.", scenarios: [{ path: "seeds/four.mmscn", check: "unlocked" }] },
			{ text: "Nothing shows this.", scenarios: [] },
		]);
		const [m6, m10] = mapping.rules;
		assert.equal(m6?.statement, "A reference pins the folio, not its mapping.");
		assert.deepEqual(m6?.where, ["mm/compaction.c: isolate_migratepages_block()"]);
		assert.deepEqual(m6?.span, { since: { major: 6, minor: 6 }, until: undefined });
		assert.deepEqual(m6?.scenarios, [{ path: "seeds/four.mmscn", check: undefined }]);
		assert.deepEqual(m10?.span, { since: undefined, until: { major: 5, minor: 19 } });
		assert.equal(mapping.since, undefined);
		assert.deepEqual(mapping.see, ["M6", "folio_lock"]);
	});

	it("takes the sources of the file where a symbol names none", () => {
		assert.deepEqual(mapping.where, ["include/linux/small.h"]);
		assert.deepEqual(book.lookup("folio_lock")[0]?.where, ["mm/filemap.c: folio_lock()"]);
	});

	it("knows values, types and the lock order", () => {
		assert.deepEqual(
			["PG_locked", "PG_lru", "PG_last"].map((name) => book.lookup(name)[0]?.value),
			[0, 1, 9],
		);
		assert.deepEqual(book.known.field("folio", "mapping"), { base: "address_space", tag: "struct", pointers: 1 });
		assert.deepEqual(book.known.field("folio", "a"), { base: "int", tag: undefined, pointers: 1 });
		assert.deepEqual(book.known.returned("page_folio"), { base: "folio", tag: "struct", pointers: 1 });
		assert.deepEqual(
			book.lockOrder.map(({ constant, locks }) => [constant.name, locks.map((lock) => lock.name)]),
			[
				["LOCK_RANK_OUTER", []],
				["LOCK_RANK_INNER", ["lock"]],
			],
		);
	});

	it("sorts rules by chapter and number", () => {
		assert.deepEqual([...book.rules.keys()], ["M6", "M10", "F2"]);
		assert.deepEqual(["X1", "Z1", "P2", "M11", "M2", "A1"].sort(compareIds), ["M2", "M11", "A1", "P2", "X1", "Z1"]);
	});

	it("decodes a word by the era in force", () => {
		const at = (value: number, version: string) => decode(mapping, value, parseVersion(version));
		assert.equal(at(0, "v6.5"), "NULL: truncated");
		assert.equal(at(0x101, "v6.5"), "01b PAGE_MAPPING_ANON: anonymous");
		assert.equal(at(1, "v6.17"), "01b FOLIO_MAPPING_ANON: anonymous");
		assert.equal(at(2, "v6.5"), "10b MOVABLE: a driver's");
		assert.equal(at(2, "v6.17"), "tag 10b");
		const pte = book.lookup("pte_t")[0]!;
		assert.equal(decode(pte, 0x41, undefined), "present|dirty");
		assert.equal(decode(pte, 0x141, undefined), "present|dirty|0x100");
		assert.equal(decode(pte, 0, undefined), "0");
		assert.equal(decode(book.lookup("folio_lock")[0]!, 1, undefined), undefined);
	});

	it("renders a hover with the tag table of the era, links and rules", () => {
		const text = entryMarkdown(mapping, { book, era: era("v6.5"), explore });
		assert.match(text, /^```c\nstruct address_space \*mapping; {2}\/\* in struct folio \*\/\n```/);
		assert.match(text, /- \*\*To dereference:\*\* the inode must stay/);
		assert.match(text, /\| `01b` \| `PAGE_MAPPING_ANON` \| `struct anon_vma \*` \| anonymous \|/);
		assert.doesNotMatch(text, /FOLIO_MAPPING_ANON/);
		assert.match(text, /Truncation has cleared it\. \[▶ unlocked\]\(command:run\?seeds\/four\.mmscn#unlocked\)/);
		assert.match(text, /- \*\*M6\*\* \(not yet in v6\.5\) A reference pins/);
		assert.match(text, /- \*\*M10\*\* \(no longer in v6\.5\)/);
		assert.match(
			text,
			/\*\*See also\*\*\n\n- \*\*M6\*\* A reference pins the folio, not its mapping\.\n- `folio_lock`/,
		);
		const open = entryMarkdown(mapping, { book, era: undefined, explore: () => undefined });
		assert.match(open, /FOLIO_MAPPING_ANON.*since v6\.17/);
		assert.doesNotMatch(open, /▶|not yet/);
	});

	it("says that a symbol is not there yet, or no more", () => {
		const lock = book.lookup("folio_lock")[0]!;
		assert.match(
			entryMarkdown(lock, { book, era: era("v5.15"), explore }),
			/⚠ \*\*Not yet in v5\.15\*\* \(since v5\.16\)/,
		);
		assert.doesNotMatch(entryMarkdown(lock, { book, era: era("v6.5"), explore }), /⚠/);
	});

	it("shows the lock order around a lock", () => {
		const lock = entryMarkdown(book.field("folio", "lock")!, { book, era: undefined, explore });
		assert.match(lock, /`LOCK_RANK_OUTER` → \*\*`folio\.lock`\*\*/);
	});

	it("marks names of C in running text, and lets nothing else be Markdown", () => {
		assert.equal(
			prose("see folio->mapping, folio_lock() and READ_ONCE(x)"),
			"see `folio->mapping`, `folio_lock()` and `READ_ONCE(x)`",
		);
		assert.equal(
			prose("mm/page_alloc.c and mm_types.h, a*b*c <x> [y] `as is_`"),
			"mm/page\\_alloc.c and mm\\_types.h, a\\*b\\*c &lt;x> \\[y\\] `as is_`",
		);
	});

	it("explains names as one would type them", () => {
		const options = { era: era("v6.5"), width: 60 };
		for (const name of ["folio->mapping", "folio.mapping", "page->mapping", "mapping"])
			assert.match(explain(book, name, options) ?? "", /^folio\.mapping: struct address_space \*mapping/, name);
		for (const name of ["folio_lock()", "lock_page"])
			assert.match(explain(book, name, options) ?? "", /^folio_lock\(\)/, name);
		assert.match(explain(book, "struct folio", options) ?? "", /^folio: struct folio/);
		assert.match(explain(book, "m6", options) ?? "", /^M6 {2}A reference pins the folio/);
		assert.equal(explain(book, "folio_lok", options), undefined);
		assert.deepEqual(similarNames(book, "folio_lok")[0], "folio_lock");
	});

	it("keeps to the width, but for a command that is to be copied", () => {
		const lines = (explain(book, "folio.mapping", { era: undefined, width: 60 }) ?? "").split("\n");
		const tables = (line: string) => /^ {2}(bits|NULL|[01]+b) /.test(line);
		assert.deepEqual(
			lines.filter((line) => line.length > 60 && !line.includes("mmscn check ") && !tables(line)),
			[],
		);
	});
});
