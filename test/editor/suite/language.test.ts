import assert from "node:assert/strict";
import * as vscode from "vscode";
import { exploreLenses, hoverText, open, position, replace, seed, start, until } from "./support.ts";

describe("a scenario in the editor", () => {
	let document: vscode.TextDocument;

	before(async () => {
		document = (await open(seed)).document;
		await start();
		await exploreLenses(document);
	});

	it("is a scenario, without errors", () => {
		assert.equal(document.languageId, "mmscn");
		const errors = vscode.languages
			.getDiagnostics(document.uri)
			.filter((one) => one.severity === vscode.DiagnosticSeverity.Error);
		assert.deepEqual(
			errors.map(({ message }) => message),
			[],
		);
	});

	it("gets a squiggle under a misspelt function, and it goes again", async () => {
		await replace(document, "folio_put(", "folio_putt(");
		const [error] = await until("an error", () => {
			const all = vscode.languages.getDiagnostics(document.uri).filter((one) => one.message.includes("folio_putt"));
			return all.length > 0 && all;
		});
		assert.match(error?.message ?? "", /folio_put\b/, "the error suggests the right name");
		assert.equal(document.getText(error?.range), "folio_putt");
		await replace(document, "folio_putt(", "folio_put(");
		await until("no error", () =>
			vscode.languages.getDiagnostics(document.uri).every((one) => !one.message.includes("folio_putt")),
		);
	});

	it("explains a function of the kernel model on hover, with its rules and source", async () => {
		const text = await hoverText(document, position(document, "folio_mapping("));
		assert.match(text, /folio_mapping/);
		assert.match(text, /mm\/util\.c|mm\.h|pagemap\.h/);
	});

	it("explains the tag bits on the word mapping", async () => {
		await replace(document, "if (!mapping &&", "if (!folio.mapping &&");
		const word = position(document, "folio.mapping &&").translate(0, 7);
		await until("a hover", async () => /anon_vma/.test(await hoverText(document, word)));
		await replace(document, "if (!folio.mapping &&", "if (!mapping &&");
	});

	it("goes to the definition in the kernel model, which is read-only", async () => {
		const places = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
			"vscode.executeDefinitionProvider",
			document.uri,
			position(document, "folio_mapping("),
		);
		const place = places[0] ?? assert.fail("no definition");
		const uri = "targetUri" in place ? place.targetUri : place.uri;
		assert.equal(uri.scheme, "mmscn-kernel");
		const model = await vscode.workspace.openTextDocument(uri);
		assert.match(model.getText(), /folio_mapping\(/);
		assert.notEqual(vscode.workspace.fs.isWritableFileSystem(uri.scheme), true);
	});

	it("completes names of the kernel model", async () => {
		const list = await vscode.commands.executeCommand<vscode.CompletionList>(
			"vscode.executeCompletionItemProvider",
			document.uri,
			position(document, "folio_put(").translate(0, 5),
		);
		const names = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
		assert.ok(names.includes("folio_put"), names.slice(0, 20).join(" "));
	});

	it("has an outline of scenario, threads and checks", async () => {
		const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
			"vscode.executeDocumentSymbolProvider",
			document.uri,
		);
		const names = (all: readonly vscode.DocumentSymbol[]): string[] =>
			all.flatMap(({ name, children }) => [name, ...names(children)]);
		assert.ok(
			names(symbols).some((name) => name.includes("truncation")),
			names(symbols).join(" "),
		);
	});

	it("has semantic colours", async () => {
		const tokens = await until("tokens", () =>
			vscode.commands.executeCommand<vscode.SemanticTokens>("vscode.provideDocumentSemanticTokens", document.uri),
		);
		assert.ok(tokens.data.length > 0);
	});
});

describe("kernel C in the editor", () => {
	it("is explained inside a kernel tree", async () => {
		const { document } = await open("linux/mm/filemap.c");
		await start();
		assert.match(
			await until("a hover", () => hoverText(document, position(document, "folio_mapping("))),
			/folio_mapping/,
		);
		const word = position(document, "folio->mapping").translate(0, 8);
		assert.match(await until("a hover", () => hoverText(document, word)), /anon_vma/);
	});

	it("is left alone elsewhere", async () => {
		const { document } = await open("userland/filemap.c");
		assert.equal(await hoverText(document, position(document, "folio_mapping(")), "");
	});
});
