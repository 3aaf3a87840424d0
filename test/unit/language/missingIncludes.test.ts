import assert from "node:assert/strict";
import { analyze } from "../../../engine/language/analyze.ts";
import { declarationsOf } from "../../../engine/language/missingIncludes.ts";
import { machinePath } from "../../../server/kernelModel.ts";

const model = new Map([
	["machine.mmscn", "void __lock(...);\n"],
	["linux/mutex.mmscn", "#include <machine.mmscn>\nvoid mutex_lock(int *m);\nvoid mutex_unlock(int *m);\n"],
	["mm/types.mmscn", "struct folio { int flags; };\nenum bits { PG_lru };\n#define MAX 3\ntypedef int pte_t;\n"],
	["mm/first.mmscn", "void folio_get(int *folio);\n"],
	["mm/second.mmscn", "void folio_get(int *folio) { *folio = 1; }\n"],
]);
assert.equal(machinePath, "machine.mmscn");

function diagnosticsOf(text: string) {
	const resolve = (path: string) => {
		const found = model.get(path);
		return found === undefined ? undefined : { file: path, text: found };
	};
	return analyze("s.mmscn", text, resolve, undefined, declarationsOf(model)).diagnostics;
}

/** The text with the fixes of all its diagnostics. */
function mended(text: string): string {
	const edits = diagnosticsOf(text).flatMap((one) => one.fix?.edits ?? []);
	return edits
		.sort((a, b) => b.pos - a.pos)
		.reduce((after, edit) => after.slice(0, edit.pos) + edit.text + after.slice(edit.end), text);
}

describe("missing includes", () => {
	it("are named once for each file", () => {
		const text =
			"scenario s {\n\tint m;\n\tthread t { mutex_lock(&m); mutex_unlock(&m); }\n\tcheck c () expect safe;\n}\n";
		assert.deepEqual(
			diagnosticsOf(text).map((one) => one.message),
			["unknown function `mutex_lock`; it stands in <linux/mutex.mmscn>, which is not included"],
		);
	});
	it("are added after the last one, or before the first item", () => {
		const scenario =
			"/** A folio. */\nscenario s {\n\tstruct folio f;\n\tthread t { f.flags = PG_lru; }\n\tcheck c () expect safe;\n}\n";
		assert.equal(mended(scenario), `#include <mm/types.mmscn>\n\n${scenario}`);
		assert.equal(
			mended(`#include <linux/mutex.mmscn>\n\n${scenario}`),
			`#include <linux/mutex.mmscn>\n#include <mm/types.mmscn>\n\n${scenario}`,
		);
		assert.equal(mended(scenario.replaceAll("\n", "\r\n")).split("\r\n")[0], "#include <mm/types.mmscn>");
	});
	it("leave nothing to say once they are there", () => {
		for (const use of ["struct folio f;", "int x = MAX;", "int x = PG_lru;", "pte_t p;"]) {
			const text = `scenario s {\n\t${use}\n\tthread t { }\n\tcheck c () expect safe;\n}\n`;
			assert.equal(diagnosticsOf(text).length, 1, use);
			assert.deepEqual(diagnosticsOf(mended(text)), [], use);
		}
	});
	it("are those that define a name rather than those that announce it", () => {
		const [only] = diagnosticsOf(
			"scenario s {\n\tint x;\n\tthread t { folio_get(&x); }\n\tcheck c () expect safe;\n}\n",
		);
		assert.match(only?.message ?? "", /<mm\/second\.mmscn>/);
	});
	it("do not hide what is nowhere", () => {
		const [only] = diagnosticsOf("scenario s {\n\tthread t { nowhere(); }\n\tcheck c () expect safe;\n}\n");
		assert.equal(only?.message, "unknown function `nowhere`");
	});
});
