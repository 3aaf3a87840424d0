import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type {
	CodeAction,
	CodeLens,
	CompletionItem,
	DocumentHighlight,
	DocumentSymbol,
	FoldingRange,
	Hover,
	Location,
	MarkupContent,
	Range,
	SemanticTokens,
	SignatureHelp,
	WorkspaceEdit,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { Client, marked } from "./harness.ts";

const scenario = (body: string, head = "") => `#include <mm/mm_types.mmscn>
#include <mm/page_flags.mmscn>
${head}
/** Two CPUs. */
scenario small {
	kernel v6.5;

	/** Takes the lock. */
	param bool locked;

	struct inode inode = { .i_count = 1 };
	struct folio folio = { .mapping = &inode.i_data, ._refcount = 2 };

	thread first {
${body}
	}

	thread second {
		folio.mapping = NULL;
	}

	check open (locked = false) expect safe;
	check shut (locked = true) expect safe;
}
`;

describe("the language server", () => {
	let client: Client;
	let number = 0;
	beforeEach(async () => {
		client = new Client({ searchWorker: new URL("file:///no/search/here.mjs") });
		await client.start();
	});
	afterEach(() => client.stop());

	/** Opens a fixture as a new document, and asks about its `$0`. */
	async function ask<Result>(
		method: string,
		fixture: string,
		more: object = {},
		uri = `file:///scenarios/${++number}.mmscn`,
	): Promise<Result> {
		const { text, position } = marked(fixture);
		await client.open(uri, text);
		return client.ask<Result>(method, uri, position, more);
	}

	const hover = async (fixture: string, uri?: string) =>
		((await ask<Hover | null>("textDocument/hover", fixture, {}, uri))?.contents as MarkupContent | undefined)?.value ??
		"";

	function textAt(text: string, range: Range): string {
		return TextDocument.create("x", "x", 0, text).getText(range);
	}

	describe("diagnostics", () => {
		const uri = "file:///scenarios/d.mmscn";

		it("has none for a scenario that is right", async () => {
			await client.open(uri, scenario("\t\tfolio.index = 1;"));
			assert.deepEqual((await client.diagnostics((one) => one.uri === uri)).diagnostics, []);
		});

		it("says what is wrong at its place, with the version of the text, and takes it back when it is mended", async () => {
			const text = scenario("\t\tif (folio_tst_lru(&folio))\n\t\t\treturn;");
			await client.open(uri, text);
			const { diagnostics, version } = await client.diagnostics((one) => one.diagnostics.length > 0);
			assert.equal(version, 1);
			assert.equal(diagnostics.length, 1);
			assert.equal(textAt(text, diagnostics[0]!.range), "folio_tst_lru");
			assert.match(String(diagnostics[0]!.message), /folio_test_lru/);
			await client.change(uri, 2, text.replace("folio_tst_lru", "folio_test_lru"));
			assert.deepEqual((await client.diagnostics((one) => one.version === 2)).diagnostics, []);
		});

		it("forgets a document that is closed", async () => {
			await client.open(uri, "struct");
			await client.diagnostics((one) => one.diagnostics.length > 0);
			await client.close(uri);
			await client.diagnostics((one) => one.diagnostics.length === 0);
		});

		for (const [name, strange] of [
			["untitled", "untitled:Untitled-1"],
			["virtual", "vscode-vfs://github/me/scenarios/a%20b.mmscn"],
			["of an unknown scheme", "memfs:/x.mmscn"],
		] as const)
			it(`checks a document that is ${name}`, async () => {
				await client.open(strange, scenario("\t\tnothing(&folio);"));
				const { diagnostics } = await client.diagnostics((one) => one.uri === strange && one.diagnostics.length > 0);
				assert.match(String(diagnostics[0]!.message), /nothing/);
			});

		it("counts lines and UTF-16 columns, whatever the line ends", async () => {
			const text = scenario("\t\t/* 𝒳𝒳 */ nothing(&folio);").replaceAll("\n", "\r\n");
			await client.open(uri, text);
			const { diagnostics } = await client.diagnostics((one) => one.diagnostics.length > 0);
			assert.equal(textAt(text, diagnostics[0]!.range), "nothing");
			assert.equal(diagnostics[0]!.range.start.character, "\t\t/* 𝒳𝒳 */ ".length);
		});

		it("checks a litmus test", async () => {
			const litmus =
				"C SB\n\n{}\n\nP0(int *x, int *y)\n{\n\tint r0;\n\n\tWRITE_ONCE(*x, 1);\n\tr0 = READ_ONCE(*y);\n}\n\nP1(int *x, int *y)\n{\n\tint r0;\n\n\tWRITE_ONCE(*y, 1);\n\tr0 = READ_ONCE(*x);\n}\n\nexists (0:r0=0 /\\ 1:r0=0)\n";
			const other = "file:///litmus/SB.litmus";
			await client.open(other, litmus.replace("READ_ONCE(*y)", "READ_ONSE(*y)"), "litmus");
			const { diagnostics } = await client.diagnostics((one) => one.uri === other && one.diagnostics.length > 0);
			assert.match(String(diagnostics[0]!.message), /READ_ONSE/);
			await client.change(other, 2, litmus);
			assert.deepEqual((await client.diagnostics((one) => one.uri === other && one.version === 2)).diagnostics, []);
		});

		it("checks who includes a document when that one changes, saved or not", async () => {
			const folder = mkdtempSync(join(tmpdir(), "mmscn-"));
			writeFileSync(join(folder, "shared.mmscn"), "#define LIMIT 3\n");
			const [user, shared] = ["user.mmscn", "shared.mmscn"].map((name) => pathToFileURL(join(folder, name)).href) as [
				string,
				string,
			];
			await client.open(user, `#include "shared.mmscn"\n#define TWICE (2 * LIMIT)\n`);
			assert.deepEqual((await client.diagnostics((one) => one.uri === user)).diagnostics, []);
			client.published.length = 0;
			await client.open(shared, "#define LIMITS 3\n");
			const { diagnostics } = await client.diagnostics((one) => one.uri === user && one.diagnostics.length > 0);
			assert.match(String(diagnostics[0]!.message), /LIMIT/);
		});
	});

	it("checks again when an included file changes on disk, and asks to be told", async () => {
		const folder = mkdtempSync(join(tmpdir(), "mmscn-"));
		writeFileSync(join(folder, "shared.mmscn"), "#define LIMIT 3\n");
		const user = pathToFileURL(join(folder, "user.mmscn")).href;
		await client.open(user, `#include "shared.mmscn"\n#define TWICE (2 * LIMIT)\n`);
		assert.deepEqual((await client.diagnostics((one) => one.uri === user)).diagnostics, []);
		assert.deepEqual([...client.registered].sort(), [
			"workspace/didChangeConfiguration",
			"workspace/didChangeWatchedFiles",
		]);
		writeFileSync(join(folder, "shared.mmscn"), "#define LIMITS 3\n");
		await client.connection.sendNotification("workspace/didChangeWatchedFiles", { changes: [] });
		await client.diagnostics((one) => one.uri === user && one.diagnostics.length > 0);
	});

	describe("hover", () => {
		it("shows what the model says about a field: what must be held, rules, what goes wrong", async () => {
			const text = await hover(scenario("\t\tstruct address_space *m = folio.map$0ping;"));
			assert.match(text, /^```c\nstruct address_space \*mapping;/);
			for (const part of [/\*\*To dereference:\*\*/, /\*\*M6\*\*/, /\*\*What goes wrong\*\*/]) assert.match(text, part);
		});

		it("shows the tag table of the scenario's kernel version", async () => {
			const at = (version: string) =>
				hover(scenario("\t\tfolio.map$0ping = NULL;").replace("kernel v6.5", `kernel ${version}`));
			assert.match(
				await at("v6.5"),
				/kernel v6\.5, by the scenario's kernel line[\s\S]*`10b` \| `PAGE_MAPPING_MOVABLE` \| `struct movable_operations \*`/,
			);
			assert.match(await at("v5.10"), /`10b` \| `PAGE_MAPPING_MOVABLE` \| `struct address_space \*`/);
			assert.match(await at("v6.17"), /`01b` \| `FOLIO_MAPPING_ANON`/);
		});

		it("shows the tag table on a local that holds such a word", async () => {
			assert.match(
				await hover(scenario("\t\tstruct address_space *mapping = folio.mapping;\n\t\tmapp$0ing->nrpages = 1;")),
				/carries a tag[\s\S]*PAGE_MAPPING_ANON/,
			);
			assert.match(await hover(scenario("\t\tunsigned long mapp$0ing = 0;")), /carries a tag/);
			assert.doesNotMatch(await hover(scenario("\t\tunsigned long in$0dex = 0;")), /tag/);
		});

		it("falls back to the setting, and then to all versions", async () => {
			const without = scenario("\t\tfolio.map$0ping = NULL;").replace("kernel v6.5;", "");
			assert.match(await hover(without), /all versions/);
			client.settings = { kernelVersion: "v6.17" };
			await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: {} });
			assert.match(await hover(without), /kernel v6\.17, by the setting/);
		});

		it("shows functions, flags, types and constants of the model", async () => {
			assert.match(
				await hover(scenario("\t\tif (folio_test_$0lru(&folio)) return;")),
				/bool folio_test_lru\(struct folio \*folio\)[\s\S]*LRU/,
			);
			assert.match(await hover(scenario("\t\tset_bit(PG_l$0ru, &folio.flags);")), /PG_lru = 5[\s\S]*isolated/);
			assert.match(await hover(scenario("\t\tstruct fo$0lio *f;")), /struct folio[\s\S]*piece of physical memory/);
			assert.match(await hover(scenario("\t\tunsigned long x = PAGE_MAPPING_AN$0ON;")), /PAGE_MAPPING_ANON/);
			assert.match(
				await hover(scenario("\t\tunsigned long x = READ_ON$0CE(folio.index);")),
				/READ_ONCE[\s\S]*One load/,
			);
		});

		it("shows the comment of the author's own symbols", async () => {
			assert.match(await hover(scenario("\t\tif (lo$0cked) return;")), /param bool locked[\s\S]*Takes the lock/);
			assert.match(
				await hover(scenario("\t\tmi$0ne(1);", "/** Mine. @where nowhere */\nstatic void mine(int x)\n{\n}\n")),
				/void mine\(int x\)[\s\S]*Mine\.[\s\S]*nowhere/,
			);
			assert.match(await hover(scenario("\t\tfol$0io.index = 1;")), /struct folio folio[\s\S]*Shared/);
		});

		it("explains the words of the language, but not in comments", async () => {
			assert.match(await hover(scenario("\t\tatom$0ic { folio.index = 1; }")), /One step.*shortcut/);
			assert.match(
				await hover(scenario("\t\t;").replace("expect safe;", "expect use_after_f$0ree;")),
				/after its life has ended/,
			);
			assert.equal(await hover(scenario("\t\t/* atom$0ic */")), "");
			assert.equal(await hover(scenario("\t\t;$0")), "");
		});

		it("decodes numbers by what they stand beside", async () => {
			assert.match(
				await hover(scenario("\t\tif ((unsigned long)folio.mapping & $03) return;")),
				/`3` = `0x3` = `11b`[\s\S]*PAGE_MAPPING_KSM/,
			);
			assert.match(await hover(scenario("\t\tpte_t pte;\n\t\tpte = 0x$041;")), /present\|dirty/);
		});

		it("shows what an included file is about", async () => {
			assert.match(
				await hover("#include <mm/mm_t$0ypes.mmscn>\n"),
				/mm\/mm_types\.mmscn[\s\S]*objects of memory management/,
			);
		});

		it("works in an untitled document with CRLF", async () => {
			assert.match(
				await hover(scenario("\t\tfolio.map$0ping = NULL;").replaceAll("\n", "\r\n"), "untitled:Untitled-7"),
				/\*\*M6\*\*/,
			);
		});
	});

	describe("definition, references, rename", () => {
		it("leads into the kernel model", async () => {
			const found = await ask<Location>("textDocument/definition", scenario("\t\tfolio_test_$0lru(&folio);"));
			assert.equal(found.uri, "mmscn-kernel:/mm/page_flags.mmscn");
			const { text } = await client.connection.sendRequest<{ text: string }>("mmscn/kernelDocument", {
				path: "mm/page_flags.mmscn",
			});
			assert.equal(textAt(text, found.range), "folio_test_lru");
		});

		it("leads to a designated field, an included file, a label and a parameter", async () => {
			const field = await ask<Location>("textDocument/definition", scenario("").replace(".mapping", ".map$0ping"));
			assert.equal(field.uri, "mmscn-kernel:/mm/mm_types.mmscn");
			assert.equal(
				(await ask<Location>("textDocument/definition", "#include <mm/page_$0flags.mmscn>\n")).uri,
				"mmscn-kernel:/mm/page_flags.mmscn",
			);
			const label = scenario("\t\tgoto ou$0t;\n\tout:\n\t\t;");
			const target = await ask<Location>("textDocument/definition", label);
			assert.equal(target.range.start.line, marked(label).position.line + 1);
			assert.equal(await ask("textDocument/definition", scenario("\t\t$0;")), null);
		});

		it("goes on from inside the kernel model", async () => {
			const uri = "mmscn-kernel:/mm/page_flags.mmscn";
			const { text } = await client.connection.sendRequest<{ text: string }>("mmscn/kernelDocument", {
				path: "mm/page_flags.mmscn",
			});
			await client.open(uri, text);
			const offset = text.indexOf("test_bit(PG_locked") + 2;
			const found = await client.ask<Location>(
				"textDocument/definition",
				uri,
				TextDocument.create(uri, "x", 0, text).positionAt(offset),
			);
			assert.equal(found.uri, "mmscn-kernel:/linux/bitops.mmscn");
		});

		it("finds every place of a local, of an object, of a field in initializers too", async () => {
			const count = async (fixture: string) =>
				(await ask<Location[]>("textDocument/references", fixture, { context: { includeDeclaration: true } })).length;
			assert.equal(await count(scenario("\t\tint x = 1;\n\t\tx$0 = x + 1;")), 3);
			assert.equal(await count(scenario("\t\t$0folio.index = folio.index;")), 4);
			const uses = await ask<Location[]>(
				"textDocument/references",
				scenario("\t\tfolio.index = 1;").replace(".mapping", ".map$0ping"),
				{ context: { includeDeclaration: false } },
			);
			assert.equal(uses.filter((one) => one.uri === `file:///scenarios/${number}.mmscn`).length, 2);
			assert.ok(uses.some((one) => one.uri.startsWith("mmscn-kernel:")));
		});

		it("tells reads from writes", async () => {
			const found = await ask<DocumentHighlight[]>(
				"textDocument/documentHighlight",
				scenario("\t\tint x$0;\n\t\tx = 1;\n\t\tif (x) x++;"),
			);
			assert.deepEqual(
				found.map((one) => one.kind),
				[3, 3, 2, 3],
			);
		});

		it("renames what is the document's own, everywhere", async () => {
			const fixture = scenario("\t\tif (lo$0cked) return;");
			const edit = await ask<WorkspaceEdit>("textDocument/rename", fixture, { newName: "taken" });
			const [edits] = Object.values(edit.changes ?? {});
			assert.equal(edits?.length, 4);
			const mended = TextDocument.applyEdits(TextDocument.create("x", "x", 0, marked(fixture).text), edits ?? []);
			assert.doesNotMatch(mended, /\blocked\b/);
		});

		it("refuses names that are not free or no names, and symbols of the kernel model", async () => {
			await assert.rejects(
				ask("textDocument/rename", scenario("\t\tif (lo$0cked) return;"), { newName: "folio" }),
				/already the name/,
			);
			await assert.rejects(
				ask("textDocument/rename", scenario("\t\tif (lo$0cked) return;"), { newName: "a b" }),
				/cannot be a name/,
			);
			await assert.rejects(
				ask("textDocument/rename", scenario("\t\tif (lo$0cked) return;"), { newName: "lock_t" }),
				/reads as a type/,
			);
			await assert.rejects(
				ask("textDocument/rename", "struct s { int a$0; int b; };\n", { newName: "b" }),
				/field b already/,
			);
			await assert.rejects(
				ask("textDocument/rename", scenario("\t\tfolio_test_$0lru(&folio);"), { newName: "x" }),
				/kernel model/,
			);
		});
	});

	describe("completion and signatures", () => {
		const labels = async (fixture: string) =>
			(await ask<CompletionItem[]>("textDocument/completion", fixture)).map((item) => item.label);

		it("offers the fields of a struct behind . and ->, written or not", async () => {
			for (const body of [
				"\t\tfolio.$0",
				"\t\tfolio.map$0",
				"\t\tstruct folio *f = &folio;\n\t\tf->$0;",
				"\t\tset_bit(1, &folio.$0);",
				"\t\tfolio.page.$0",
			]) {
				const found = await labels(scenario(body));
				assert.ok(found.includes(body.includes("page.") ? "compound_head" : "mapping"), body);
				assert.ok(!found.includes("folio_test_lru"), body);
			}
		});

		it("offers the fields of what is initialized", async () => {
			const text = scenario("").replace(".i_count = 1", ".$0");
			const found = await labels(text);
			assert.ok(found.includes("i_count") && !found.includes("mapping"));
		});

		it("offers the names in scope, and no locals of elsewhere", async () => {
			const found = await labels(scenario("\t\tint mine;\n\t\t{ int inner; }\n\t\tfo$0;\n\t\tint later;"));
			for (const name of ["mine", "folio", "locked", "folio_test_lru", "READ_ONCE", "PG_lru", "if", "atomic"])
				assert.ok(found.includes(name), name);
			for (const name of ["inner", "later", "mapping", "scenario"]) assert.ok(!found.includes(name), name);
			assert.equal(new Set(found).size, found.length);
		});

		it("offers labels, tags, files, and the words of a check", async () => {
			assert.deepEqual(await labels(scenario("\t\tgoto $0;\n\tout:\n\t\t;")), ["out"]);
			const tags = await labels(scenario("\t\tstruct $0"));
			assert.ok(tags.includes("folio") && !tags.includes("pageflags"));
			assert.ok((await labels("#include <mm/$0")).includes("mm/mm_types.mmscn"));
			const kinds = await labels(scenario("").replace("expect safe;", "expect $0"));
			assert.ok(kinds.includes("use_after_free") && kinds.includes("safe") && !kinds.includes("folio"));
			assert.deepEqual(await labels(scenario("").replace("(locked = false)", "($0)")), ["locked"]);
			assert.ok((await labels(scenario("").replace("check open", "$0\n\tcheck open"))).includes("thread"));
		});

		it("offers the values of a parameter by its type", async () => {
			const text = scenario("", "enum era { OLD, NEW };\nenum other { X };\n").replace(
				"param bool locked;",
				"param bool locked;\n\tparam enum era era;",
			);
			assert.deepEqual(await labels(text.replace("(locked = false)", "(locked = $0)")), ["true", "false"]);
			assert.deepEqual(await labels(text.replace("(locked = false)", "(era = $0)")), ["OLD", "NEW"]);
		});

		it("offers nothing where a character only looks like a trigger", async () => {
			const typed = async (fixture: string, triggerCharacter: string) =>
				(
					await ask<CompletionItem[]>("textDocument/completion", fixture, {
						context: { triggerKind: 2, triggerCharacter },
					})
				).length;
			assert.equal(await typed(scenario("\t\tif (folio.index >$0"), ">"), 0);
			assert.equal(await typed(scenario("\t\tif (folio.index <$0"), "<"), 0);
			assert.ok((await typed(scenario("\t\tstruct folio *f = &folio;\n\t\tf->$0"), ">")) > 0);
			assert.ok((await typed("#include <$0", "<")) > 0);
		});

		it("offers nothing in comments", async () => {
			assert.deepEqual(await labels(scenario("\t\t/* folio.$0 */")), []);
		});

		it("resolves an item to what a hover would say", async () => {
			const items = await ask<CompletionItem[]>("textDocument/completion", scenario("\t\tfolio.$0"));
			const item = await client.connection.sendRequest<CompletionItem>(
				"completionItem/resolve",
				items.find((one) => one.label === "mapping"),
			);
			assert.match((item.documentation as MarkupContent).value, /\*\*M6\*\*/);
		});

		it("shows the parameters of the call that is being written", async () => {
			const at = async (body: string) => {
				const help = await ask<SignatureHelp | null>("textDocument/signatureHelp", scenario(body));
				const signature = help?.signatures[0];
				const range = signature?.parameters?.[help?.activeParameter ?? 0]?.label as [number, number] | undefined;
				return range && `${signature!.label.replace(/\(.*/, "")}: ${signature!.label.slice(...range)}`;
			};
			assert.match((await at("\t\tset_bit($0PG_lru, &folio.flags);")) ?? "", /set_bit: int nr$/);
			assert.match((await at("\t\tset_bit(PG_lru, $0")) ?? "", /set_bit: .*addr$/);
			assert.match((await at("\t\tset_bit(BIT(1), folio_test_lru($0")) ?? "", /folio_test_lru: struct folio \*folio$/);
			assert.match((await at("\t\tset_bit((1 + $02), &folio.flags);")) ?? "", /set_bit: int nr$/);
			assert.equal(await at("\t\tset_bit(1, &folio.flags)$0;"), undefined);
		});
	});

	describe("structure", () => {
		const uri = "file:///scenarios/s.mmscn";
		const text = scenario(
			"\t\tfolio.index = 1;",
			"enum era { OLD, NEW };\n/** Doc\n * comment. */\nstatic int f(int x)\n{\n\treturn x;\n}\n",
		);

		it("outlines scenarios, functions and types", async () => {
			await client.open(uri, text);
			const symbols = await client.connection.sendRequest<DocumentSymbol[]>("textDocument/documentSymbol", {
				textDocument: { uri },
			});
			const names = (of: readonly DocumentSymbol[]): unknown[] =>
				of.map((one) => (one.children?.length ? [one.name, names(one.children)] : one.name));
			assert.deepEqual(names(symbols), [
				["era", ["OLD", "NEW"]],
				"f",
				["small", ["locked", "inode", "folio", "first", "second", "open", "shut"]],
			]);
		});

		it("folds bodies, comments and includes", async () => {
			await client.open(uri, text);
			const ranges = await client.connection.sendRequest<FoldingRange[]>("textDocument/foldingRange", {
				textDocument: { uri },
			});
			const lines = text.split("\n");
			const folded = ranges.map((one) => lines[one.startLine]?.trim());
			for (const start of ["#include <mm/mm_types.mmscn>", "/** Doc", "{", "scenario small {", "thread first {"])
				assert.ok(folded.includes(start), start);
			for (const range of ranges) assert.ok(range.endLine > range.startLine);
		});

		it("colours names by what they mean", async () => {
			await client.open(uri, text);
			const { data } = await client.connection.sendRequest<SemanticTokens>("textDocument/semanticTokens/full", {
				textDocument: { uri },
			});
			const lines = text.split("\n");
			let [line, column] = [0, 0];
			const seen = new Map<string, number>();
			for (let index = 0; index < data.length; index += 5) {
				column = data[index] === 0 ? column + data[index + 1]! : data[index + 1]!;
				line += data[index]!;
				seen.set(lines[line]!.slice(column, column + data[index + 2]!), data[index + 3]!);
			}
			assert.equal(seen.get("mapping"), 2);
			assert.equal(seen.get("folio"), 0);
			assert.equal(seen.get("f"), 3);
			assert.equal(seen.get("locked"), 1);
			assert.equal(seen.get("OLD"), 5);
		});

		it("offers the fix that a diagnostic knows", async () => {
			const wrong = scenario("\t\tfolio_test_lrv(&folio);");
			await client.open(uri, wrong);
			const { diagnostics } = await client.diagnostics((one) => one.diagnostics.length > 0);
			const actions = await client.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
				textDocument: { uri },
				range: diagnostics[0]!.range,
				context: { diagnostics },
			});
			const edits = actions[0]?.edit?.changes?.[uri] ?? [];
			assert.equal(
				TextDocument.applyEdits(TextDocument.create("x", "x", 0, wrong), edits),
				scenario("\t\tfolio_test_lru(&folio);"),
			);
			assert.equal(actions[0]?.diagnostics?.length, 1);
		});

		it("has a lens of its own over a check of the memory model", async () => {
			const weak =
				"scenario s {\n\tint x;\n\tthread t { x = 1; }\n\tcheck a () under lkmm expect safe;\n\tcheck b () expect safe;\n}\n";
			await client.open(uri, weak);
			const lenses = await client.connection.sendRequest<CodeLens[]>("textDocument/codeLens", {
				textDocument: { uri },
			});
			assert.deepEqual(
				lenses.map((lens) => lens.command?.title),
				["Explore interleavings", "Explore executions", "Explore interleavings"],
			);
		});

		it("has a lens over the scenario and over every check", async () => {
			await client.open(uri, text);
			const lenses = await client.connection.sendRequest<CodeLens[]>("textDocument/codeLens", {
				textDocument: { uri },
			});
			assert.deepEqual(
				lenses.map((lens) => [lens.command?.title, ...(lens.command?.arguments ?? [])]),
				[
					["Explore interleavings", { uri, scenario: "small" }],
					["Explore interleavings", { uri, scenario: "small", check: "open" }],
					["Explore interleavings", { uri, scenario: "small", check: "shut" }],
				],
			);
		});
	});

	describe("hover on kernel C", () => {
		let folder: string;
		const source = "bool f(struct folio *folio)\n{\n\treturn folio->map$0ping == NULL;\n}\n";
		before(() => {
			folder = mkdtempSync(join(tmpdir(), "mmscn-kernel-"));
			mkdirSync(join(folder, "tree/mm"), { recursive: true });
			for (const [name, text] of [
				["Makefile", "VERSION = 6\nPATCHLEVEL = 17\nSUBLEVEL = 0\n"],
				["Kbuild", ""],
				["MAINTAINERS", ""],
			] as const)
				writeFileSync(join(folder, "tree", name), text);
		});

		async function hoverC(path: string, fixture = source): Promise<string> {
			const { text, position } = marked(fixture);
			const uri = pathToFileURL(join(folder, path)).href;
			await client.open(uri, text, "c");
			const found = await client.ask<Hover | null>("textDocument/hover", uri, position);
			return (found?.contents as MarkupContent | undefined)?.value ?? "";
		}

		it("says in a kernel tree what it says in a scenario, for the tree's version", async () => {
			const text = await hoverC("tree/mm/x.c");
			assert.match(text, /\*\*M6\*\*/);
			assert.match(text, /kernel v6\.17, by the kernel tree's Makefile[\s\S]*FOLIO_MAPPING_ANON/);
		});

		it("leaves other C alone, unless the setting says otherwise", async () => {
			assert.equal(await hoverC("elsewhere/x.c"), "");
			client.settings = { kernelC: { enable: "always" } };
			await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: {} });
			assert.match(await hoverC("elsewhere/y.c"), /\*\*M6\*\*/);
			client.settings = { kernelC: { enable: "never" } };
			await client.connection.sendNotification("workspace/didChangeConfiguration", { settings: {} });
			assert.equal(await hoverC("tree/mm/y.c"), "");
		});

		it("knows old names, flags and functions, and says nothing of other structs' fields", async () => {
			assert.match(
				await hoverC("tree/mm/a.c", "int f(struct page *page)\n{\n\treturn PageLR$0U(page);\n}\n"),
				/`PageLRU` is, in the model:[\s\S]*folio_test_lru/,
			);
			assert.match(
				await hoverC("tree/mm/b.c", source.replace("struct folio", "struct page")),
				/`page->mapping` is, in the model:[\s\S]*\*\*M6\*\*/,
			);
			assert.match(await hoverC("tree/mm/c.c", "int f(void)\n{\n\treturn PAGE_MAPPING_AN$0ON;\n}\n"), /Tag of/);
			assert.equal(await hoverC("tree/mm/d.c", source.replace("struct folio *", "struct vm_fault *")), "");
		});
	});

	it("answers on any document that is no scenario", async () => {
		await client.open("file:///x.txt", "folio", "plaintext");
		assert.equal(await client.ask("textDocument/hover", "file:///x.txt", { line: 0, character: 2 }), null);
		await assert.rejects(
			client.connection.sendRequest("mmscn/kernelDocument", { path: "../../package.json" }),
			/no file/,
		);
	});
}).timeout(20_000);
