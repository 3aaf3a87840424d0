import assert from "node:assert/strict";
import fc from "fast-check";
import { longestPiece, wrapProse, wrapStatement } from "../../../engine/verdict/wrap.ts";

const words = (text: string) => text.match(/[\w$]+|->|&&|\|\||[^\s\w$]/g) ?? [];

const name = fc.stringMatching(/^[a-z_][a-z_0-9]{0,14}$/);
const expression: fc.Arbitrary<string> = fc.letrec<{ all: string }>((tie) => ({
	all: fc.oneof(
		{ depthSize: "small", withCrossShrink: true },
		name,
		fc.tuple(name, name).map(([one, other]) => `${one}->${other}`),
		fc.tuple(name, fc.array(tie("all"), { maxLength: 4 })).map(([called, given]) => `${called}(${given.join(", ")})`),
		fc
			.tuple(tie("all"), fc.constantFrom("&&", "||", "+", "==", "!=", "&", "="), tie("all"))
			.map(([left, sign, right]) => `${left} ${sign} ${right}`),
		tie("all").map((inner) => `if (${inner})`),
	),
})).all;

describe("wrapping of statements", () => {
	it("leaves alone what fits", () => {
		assert.deepEqual(wrapStatement("folio->mapping = NULL", 21), ["folio->mapping = NULL"]);
	});

	it("breaks at commas, under the open parenthesis", () => {
		assert.deepEqual(wrapStatement("truncate_inode_folio(&inode.i_data, &folio)", 36), [
			"truncate_inode_folio(&inode.i_data,",
			"                     &folio)",
		]);
	});

	it("keeps conditions together, inner parentheses last", () => {
		assert.deepEqual(wrapStatement("if (mapping && mapping_unmovable(mapping, folio))", 32), [
			"if (mapping &&",
			"    mapping_unmovable(mapping,",
			"                      folio))",
		]);
	});

	it("breaks behind operators, and never behind a keyword", () => {
		assert.deepEqual(wrapStatement("if (WARN_ON_ONCE(folio_test_slab(folio)) & first_flag_bit)", 36), [
			"if (WARN_ON_ONCE(folio_test_slab(",
			"    folio)) & first_flag_bit)",
		]);
		assert.deepEqual(wrapStatement("return READ_ONCE(s->sequence) != start", 32), [
			"return READ_ONCE(s->sequence) !=",
			"    start",
		]);
	});

	it("breaks behind an assignment where nothing else helps", () => {
		assert.deepEqual(wrapStatement("anon_vma = folio_get_anon_vma_locked_read", 34), [
			"anon_vma =",
			"    folio_get_anon_vma_locked_read",
		]);
	});

	it("changes nothing but white space, never breaks a name, and keeps to the width unless a name is wider", () => {
		fc.assert(
			fc.property(expression, fc.integer({ min: 1, max: 60 }), (text, width) => {
				const lines = wrapStatement(text, width);
				assert.deepEqual(lines.flatMap(words), words(text));
				for (const line of lines) {
					assert.ok(line.length <= Math.max(width, longestPiece(line)), `${width}: ${line}`);
					assert.equal(line, line.trimEnd());
				}
			}),
		);
	});

	it("takes any text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), fc.integer({ min: 1, max: 40 }), (text, width) => {
				const lines = wrapStatement(text, width);
				assert.equal(lines.join("").replace(/\s/g, ""), text.replace(/\s/g, ""));
			}),
		);
	});
});

describe("wrapping of prose", () => {
	it("fills lines with whole words", () => {
		assert.deepEqual(wrapProse("compaction reads inode.i_data.flags after inode was freed", 24), [
			"compaction reads",
			"inode.i_data.flags after",
			"inode was freed",
		]);
	});
});
