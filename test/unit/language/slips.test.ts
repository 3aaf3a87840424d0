/** One slip of the keyboard is one message. */
import assert from "node:assert/strict";
import { analyze, ModuleCache } from "../../../engine/language/analyze.ts";
import { resolveOnDisk } from "./fixtures.ts";

const valid = `#include <mm/filemap.mmscn>
#include <mm/memory.mmscn>

enum era { before, after };

/** Looks and takes. */
static bool grab(struct folio *folio, int tries)
{
	struct address_space *mapping;

	while (tries > 0) {
		if (!folio_try_get(folio))
			return false;
		mapping = READ_ONCE(folio->mapping);
		if (mapping == NULL)
			break;
		tries--;
	}
	return true;
}

scenario s {
	kernel v6.12;
	param bool locked;
	param enum era era;

	struct inode inode;
	struct folio folio = { ._refcount = 2, .mapping = &inode.i_data };

	init {
		folio.private = 0;
	}

	thread a {
		int seen = 0;

		if (locked)
			folio_lock(&folio);
		if (grab(&folio, 2)) {
			seen = folio.private;
			folio_put(&folio);
		}
		if (locked)
			folio_unlock(&folio);
	}

	thread b {
		folio.private = 1;
		goto out;
out:
		folio_put(&folio);
	}

	always (a.seen == 0 || a.seen == 1);
	finally (folio._refcount == 0);

	check c (locked = true) expect safe;
	check d (locked = false) under lkmm with data_races expect data_race;
}
`;

/** What stands in the text, and what was typed instead. */
const slips: readonly (readonly [right: string, typed: string])[] = [
	["mapping = READ_ONCE(folio->mapping);", "mapping = READ_ONCE(folio->mapping)"],
	["struct address_space *mapping;", "struct address_space *mapping"],
	["return false;", "return false"],
	["break;", "break"],
	["kernel v6.12;", "kernel v6.12"],
	["param bool locked;", "param bool locked"],
	["struct inode inode;", "struct inode inode"],
	["&inode.i_data };", "&inode.i_data }"],
	["expect safe;", "expect safe"],
	["== 1);\n\tfin", "== 1)\n\tfin"],
	["after };", "after }"],
	["folio_put(&folio);\n\t}\n\n\talways", "folio_put(&folio)\n\t}\n\n\talways"],
	["goto out;", "goto out"],
	["folio_put(&folio);\n\t\t}\n", "folio_put(&folio);\n"],
	["tries--;\n\t}\n", "tries--;\n"],
	["return true;\n}\n", "return true;\n"],
	["folio_unlock(&folio);\n\t}\n", "folio_unlock(&folio);\n"],
	["expect data_race;\n}\n", "expect data_race;\n"],
	["folio.private = 0;\n\t}\n", "folio.private = 0;\n"],
	["&inode.i_data };", "&inode.i_data;"],
	["if (grab(&folio, 2)) {", "if (grab(&folio, 2))"],
	["thread b {", "thread b"],
	["scenario s {", "scenario s"],
	["int tries)\n{", "int tries)\n"],
	["while (tries > 0) {", "while (tries > 0)"],
	["enum era { before", "enum era before"],
	["tries--;\n\t}\n", "tries--;\n\t}\n\t}\n"],
	["folio_unlock(&folio);\n\t}\n", "folio_unlock(&folio);\n\t}\n\t}\n"],
	["if (mapping == NULL)", "if (mapping == NULL))"],
	["if (mapping == NULL)", "if (mapping == NULL"],
	["if (grab(&folio, 2)) {", "if (grab(&folio, 2) {"],
	["if (mapping == NULL)", "if mapping == NULL)"],
	["if (mapping == NULL)", "if mapping == NULL"],
	["folio_lock(&folio);", "folio_lock &folio);"],
	["a.seen == 1);", "a.seen == 1;"],
	["thread b {", "thred b {"],
	["scenario s {", "scenaro s {"],
	["check c (", "chek c ("],
	["expect safe", "expct safe"],
	["param bool", "parm bool"],
	["param enum era", "parm enum era"],
	["kernel v6", "kernal v6"],
	["init {", "int {"],
	["init {", "inti {"],
	["always (", "alway ("],
	["finally (", "finaly ("],
	["struct inode inode", "strct inode inode"],
	["struct address_space *mapping", "strut address_space *mapping"],
	["static bool", "statc bool"],
	["static bool", "static boool"],
	["while (tries", "whlie (tries"],
	["if (!folio_try", "fi (!folio_try"],
	["if (locked)\n\t\t\tfolio_lock", "iff (locked)\n\t\t\tfolio_lock"],
	["return false", "retrun false"],
	["return true", "retrun grab(folio, 1)"],
	["break;", "brake;"],
	["goto out", "gotto out"],
	["#include <mm/mem", "#inlcude <mm/mem"],
	["#include <mm/mem", "include <mm/mem"],
	["memory.mmscn>", "memory.mmscn"],
	["memory.mmscn>", "memroy.mmscn>"],
	["memory.mmscn>", "memory>"],
	["folio->mapping", "folio->maping"],
	["._refcount = 2", ".refcount = 2"],
	["folio->mapping", "folio.mapping"],
	["folio.private = 1", "folio->private = 1"],
	["folio->mapping", "folio->"],
	["folio_lock(&folio)", "folio_lok(&folio)"],
	["grab(&folio, 2)", "grab(&folio)"],
	["grab(&folio, 2)", "grab(&folio, 2, 3)"],
	["grab(&folio, 2)", "grab(folio, 2)"],
	["folio_lock(&folio)", "folio_lock(folio)"],
	["grab(&folio, 2)", "grab(&folio 2)"],
	["mapping == NULL", "mapping = NULL"],
	["a.seen == 1", "a.seen = 1"],
	["folio._refcount == 0", "folio._refcount = 0"],
	["seen = folio.private", "seen == folio.private"],
	["tries > 0", "tries => 0"],
	[" expect safe", ""],
	["expect safe", "safe"],
	["expect safe", "expect"],
	["expect safe", "expects safe"],
	["expect data_race", "expect race"],
	["expect data_race", "expect data_races"],
	["under lkmm", "under lkm"],
	["with data_races", "with data_race"],
	["(locked = true)", "(locked: true)"],
	["(locked = true)", "(locked == true)"],
	["(locked = true)", "(locked)"],
	["(locked = true)", "(locked = yes)"],
	["thread b {", "thread {"],
	["thread b {", "thread b() {"],
	["thread b {", "thread a {"],
	["always (a.seen == 0", "always (x.seen == 0"],
	["always (a.seen == 0", "always (seen == 0"],
	["int seen = 0", "seen = 0"],
	["param bool locked", "param locked"],
	["struct inode inode", "inode inode"],
	["struct address_space *mapping", "address_space *mapping"],
	["(struct folio *folio, ", "(folio *folio, "],
	["*folio, int", "*folio int"],
	["= 2, .map", "= 2 .map"],
	["{ ._ref", "{ _ref"],
	["out:\n", ""],
	["kernel v6.12", "kernel 6.12"],
	["folio.private = 1;", 'folio.private = "1;'],
	["folio.private = 1;", "folio.private = 1`;"],
	["/** Looks and takes. */", "/** Looks and takes. "],
	["/** Looks and takes. */", "Looks and takes. */"],
	["while (tries > 0) {", "while (tries > 0); {"],
	["int tries)\n{", "int tries);\n{"],
	["break;", "break;\n\t\telsif (tries)\n\t\t\tbreak;"],
	["break;", "break;\n\t\tesle\n\t\t\tbreak;"],
	["NULL)", "nullptr)"],
	["NULL)", "null)"],
	["locked = true", "locked = True"],
	["folio.private = 1;", 'printk("x");'],
	["a.seen == 0 || a", "a.seen == 0 or a"],
	["!folio_try_get", "not folio_try_get"],
	["param bool locked;", "param bool locked = ;"],
	["struct inode inode;", "struct inode inode;\n\tfolio_lock(&folio);"],
	["tries--;", "for (i = 0; i < 3; i++)\n\t\t\ttries--;"],
	["int tries", "itn tries"],
	["int seen = 0", "itn seen = 0"],
	["check d", "check c"],
];

describe("one slip, one message", () => {
	const cache = new ModuleCache();
	const messagesOf = (text: string) =>
		analyze("/nowhere/slip.mmscn", text, resolveOnDisk, cache).diagnostics.map((one) => `${one.code}: ${one.message}`);

	it("the text without slips has none", () => {
		assert.deepEqual(messagesOf(valid), []);
	});

	for (const [right, typed] of slips) {
		it(`${JSON.stringify(typed)} for ${JSON.stringify(right)}`, () => {
			assert.ok(valid.includes(right));
			const messages = messagesOf(valid.replace(right, () => typed));
			assert.equal(messages.length, 1, messages.join("\n"));
		});
	}
});
