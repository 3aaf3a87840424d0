import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkAt, chunkLengthMax } from "../../../engine/kernel-c/chunk.ts";
import { type CFile, type CType, symbolAt } from "../../../engine/kernel-c/symbolAt.ts";
import type { ParseC } from "../../../engine/kernel-c/tree.ts";
import { loadCParser } from "../../../server/cParser.ts";

const pointerTo = (base: string) => ({ base, tag: "struct", pointers: 1 }) as const;

const fields: Readonly<Record<string, CType>> = {
	"folio.mapping": pointerTo("address_space"),
	"address_space.host": pointerTo("inode"),
};
const returned: Readonly<Record<string, CType>> = {
	page_folio: pointerTo("folio"),
	folio_mapping: pointerTo("address_space"),
};
const known: CFile["known"] = {
	field: (struct, field) => fields[`${struct}.${field}`],
	returned: (name) => returned[name],
};

describe("what is under the cursor in kernel C", () => {
	let parse: ParseC;
	before(async () => {
		parse = await loadCParser();
	});

	/** The text holds `$0` where the cursor is. */
	function at(marked: string): string {
		const offset = marked.indexOf("$0");
		const text = marked.replace("$0", "");
		const found = symbolAt({ text, parse, known }, offset);
		if (found === undefined) return "nothing";
		assert.equal(text.slice(found.pos, found.end), found.name);
		return `${found.kind} ${found.owner === undefined ? "" : `${found.owner}.`}${found.name}`;
	}

	const inFunction = (body: string) =>
		`static int before(void)\n{\n\treturn 0;\n}\n\nstatic bool f(struct folio *folio, struct page **pages)\n{\n${body}\n}\n\nint after;\n`;

	const cases: [name: string, text: string, expected: string][] = [
		["a field of a parameter", inFunction("\treturn folio->map$0ping == NULL;"), "field folio.mapping"],
		["a field of a field the model knows", inFunction("\treturn folio->mapping->ho$0st;"), "field address_space.host"],
		["a field behind a call", inFunction("\treturn page_folio(pages[0])->$0mapping;"), "field folio.mapping"],
		["a field behind READ_ONCE", inFunction("\treturn READ_ONCE(folio->mapping)->$0host;"), "field address_space.host"],
		["a field of an element", inFunction("\tput(pages[0]->mapping$0);"), "field page.mapping"],
		["a field of what & and * make", inFunction("\treturn (*&folio)->mappin$0g;"), "field folio.mapping"],
		["a field of a cast", inFunction("\treturn ((struct inode *)p)->i$0_data;"), "field inode.i_data"],
		[
			"a field behind container_of",
			inFunction("\treturn container_of(p, struct inode, i_data)->i_$0count;"),
			"field inode.i_count",
		],
		[
			"the innermost declaration",
			inFunction("\t{\n\t\tstruct page *folio = x;\n\t\tg(folio->m$0apping);\n\t}"),
			"field page.mapping",
		],
		[
			"a declaration of an inner block is gone after it",
			inFunction("\t{\n\t\tstruct page *folio = x;\n\t}\n\tg(folio->m$0apping);"),
			"field folio.mapping",
		],
		["a field of an unknown variable", inFunction("\treturn who->mapp$0ing;"), "nothing"],
		["a field of a field the model does not know", inFunction("\treturn folio->memcg->m$0apping;"), "nothing"],
		[
			"a field of a struct of this file",
			"struct walk {\n\tunion {\n\t\tstruct folio *folio;\n\t\tint n;\n\t};\n};\n\nvoid f(struct walk *walk)\n{\n\tg(walk->folio->mapp$0ing);\n}\n",
			"field folio.mapping",
		],
		[
			"a field of a variable of this file",
			"static struct folio *last;\n\nvoid f(void)\n{\n\tlast->map$0ping = NULL;\n}\n",
			"field folio.mapping",
		],
		[
			"a field behind a function of this file",
			"static inline struct folio *\nof(int n)\n{\n\treturn NULL;\n}\n\nstatic struct folio *find(int n)\n{\n\treturn NULL;\n}\n\nvoid f(void)\n{\n\tfind(1)->map$0ping = NULL;\n}\n",
			"field folio.mapping",
		],
		[
			"a field where it is declared",
			"struct folio {\n\tunion {\n\t\tstruct {\n\t\t\tstruct address_space *map$0ping;\n\t\t};\n\t};\n};\n",
			"field folio.mapping",
		],
		["a designated field", "struct inode x = {\n\t.i_data = { .fl$0ags = 1 },\n};\n", "nothing"],
		[
			"a designated field of a known struct",
			"struct folio x = {\n\t.mapping = { .ho$0st = 1 },\n};\n",
			"field address_space.host",
		],
		["a called function", inFunction("\tif (folio_try$0lock(folio))\n\t\treturn 1;"), "function folio_trylock"],
		[
			"a defined function",
			"struct address_space *folio_map$0ping(struct folio *folio)\n{\n\treturn NULL;\n}\n",
			"function folio_mapping",
		],
		["a called pointer in a local", inFunction("\tint (*f)(void) = g;\n\tf$0();"), "nothing"],
		["a flag", inFunction("\tset_bit(AS_$0UNMOVABLE, &x);"), "name AS_UNMOVABLE"],
		["a local", inFunction("\treturn fol$0io;"), "nothing"],
		["a struct", "struct fo$0lio *folio;\n", "struct folio"],
		["a typedef name", "p$0te_t pte;\n", "type pte_t"],
		["a macro that is defined", "#define PAGE_MAPPING_$0ANON 1\n", "name PAGE_MAPPING_ANON"],
		["a name in a macro", "#define FLAGS (PAGE_MAPPING_$0ANON | 2)\n", "name PAGE_MAPPING_ANON"],
		["a field in a macro", "#define m(f) (f)->mapp$0ing\n", "nothing"],
		["a comment", inFunction("\t/* folio_lo$0ck */"), "nothing"],
		["a string", inFunction('\tprintk("folio_lo$0ck");'), "nothing"],
		["text that is no C", inFunction("\tif ( ) ( folio->map$0ping ] ;"), "nothing"],
		["the end of a line", "\tint x;$0\n", "nothing"],
		["an empty file", "$0", "nothing"],
	];
	for (const [name, text, expected] of cases) it(name, () => assert.equal(at(text), expected));

	it("is not disturbed by a macro that no parser understands, elsewhere in the file", () => {
		assert.equal(at(`FOO(\n{{{\n}\n${inFunction("\treturn folio->map$0ping;")}`), "field folio.mapping");
	});

	it("answers with CRLF line ends and characters outside the basic plane", () => {
		assert.equal(at(inFunction("\t/* 𝒳 */ return folio->map$0ping;").replaceAll("\n", "\r\n")), "field folio.mapping");
	});

	it("answers on any text, without an error", () => {
		const piece = fc.constantFrom(
			"struct ",
			"folio",
			"->",
			"mapping",
			"{",
			"}",
			"\n",
			"(",
			")",
			";",
			"*",
			"#define ",
			"/*",
			"𝒳",
			"= ",
			".",
			",",
			"\r",
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), fc.nat(), (pieces, where) => {
				const text = pieces.join("");
				symbolAt({ text, parse, known }, text.length === 0 ? 0 : where % text.length);
			}),
			{ numRuns: 500 },
		);
	});

	it("cuts a piece that holds the place and is not too long", () => {
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom("\n}", "x", "\n", "\n\n", "int f(void)\n{", "y".repeat(5000)), { maxLength: 60 }),
				fc.nat(),
				(pieces, where) => {
					const text = pieces.join("");
					const offset = text.length === 0 ? 0 : where % text.length;
					const { start, end } = chunkAt(text, offset);
					assert.ok(start <= offset && offset <= end && end <= text.length);
					assert.ok(end - start <= chunkLengthMax);
				},
			),
		);
	});
});
