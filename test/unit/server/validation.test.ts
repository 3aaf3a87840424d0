/** Rules that need no search, as the editor shows them. */
import assert from "node:assert/strict";
import { type CodeAction, DiagnosticSeverity } from "vscode-languageserver";
import { Client } from "./harness.ts";

const text = `#include <mm/pagemap.mmscn>

scenario s {
	struct folio folio = { ._refcount = 1 };

	thread t {
		rcu_read_lock();
		folio_lock(&folio);
		rcu_read_unlock();
		folio.mapping->host = NULL;
		folio_unlock(&folio);
		folio_unlock(&folio);
	}

	check c () expect sleep_in_atomic;
}
`;

describe("rules that need no search", () => {
	let client: Client;
	beforeEach(async () => {
		client = new Client({ searchWorker: new URL("file:///no/search/here.mjs") });
		await client.start();
	});
	afterEach(() => client.stop());

	it("are warnings as one types", async () => {
		const uri = "file:///validation/warnings.mmscn";
		await client.open(uri, text);
		const { diagnostics } = await client.diagnostics((one) => one.uri === uri);
		assert.deepEqual(
			diagnostics.map(({ code, severity, range }) => [code, severity, range.start.line]),
			[
				["sleep-in-atomic", DiagnosticSeverity.Warning, 7],
				["tag-not-tested", DiagnosticSeverity.Warning, 9],
				["unlock-not-held", DiagnosticSeverity.Warning, 11],
			],
		);
		assert.equal(diagnostics[0]?.message, "`folio_lock` may sleep, but this is inside rcu_read_lock() (line 7)");
		assert.equal(diagnostics[0]?.relatedInformation?.[0]?.location.range.start.line, 6);
		await client.change(uri, 2, text.replace("rcu_read_lock();", "").replace("rcu_read_unlock();", ""));
		const after = await client.diagnostics((one) => one.version === 2);
		assert.deepEqual(
			after.diagnostics.map(({ code }) => code),
			["tag-not-tested", "unlock-not-held"],
		);
	});

	it("offer the one right way", async () => {
		const uri = "file:///validation/fix.mmscn";
		await client.open(uri, text);
		const { diagnostics } = await client.diagnostics((one) => one.uri === uri);
		const tag = diagnostics.find(({ code }) => code === "tag-not-tested");
		assert.ok(tag);
		const actions = await client.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
			textDocument: { uri },
			range: tag.range,
			context: { diagnostics: [tag] },
		});
		const [fix] = actions.filter((one) => one.title === "Ask folio_mapping()");
		assert.equal(fix?.edit?.changes?.[uri]?.[0]?.newText, "folio_mapping(&folio)");
		assert.equal(fix?.diagnostics?.[0]?.code, "tag-not-tested");
	});

	it("leave the kernel model alone", async () => {
		const uri = "mmscn-kernel:/mm/validation.mmscn";
		await client.open(uri, text);
		const { diagnostics } = await client.diagnostics((one) => one.uri === uri);
		assert.deepEqual(diagnostics, []);
	});
});
