import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
	CancellationToken,
	CancellationTokenSource,
	type CodeAction,
	type CodeLens,
	type Hover,
	LSPErrorCodes,
	type MarkupContent,
	WorkDoneProgress,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Results } from "../../../server/protocol.ts";
import { workerFromSource } from "./fixtures/workerFromSource.ts";
import { Client, marked } from "./harness.ts";

/** One thread frees what the other reads, unless the parameter forbids it. */
const text = `#include <linux/slab.mmscn>

struct thing {
	int value;
};

scenario small {
	param bool frees;

	struct thing thing;

	thread reader {
		int x = thing.value;
	}

	thread owner {
		if (frees)
			kfree(&thing);
	}

	check bug (frees = true) expect use_after_free;
	check fix (frees = false) expect safe;
	check wrong (frees = true) expect safe;
}
`;

/** Far more states than any test waits for: eight counters that count apart. */
const endless = `${Array.from({ length: 8 }, (_, index) => `int n${index};`).join("\n")}

scenario endless {
${Array.from({ length: 8 }, (_, index) => `	thread t${index} {\n		int i;\n		for (i = 0; i < 1000; i++)\n			n${index} = n${(index + 1) % 8} + 1;\n	}\n`).join("\n")}
	check all expect safe;
}
`;

describe("explore interleavings", () => {
	const uri = "file:///scenarios/small.mmscn";
	let script: URL;
	let client: Client;
	let notified: Results[];
	before(function () {
		this.timeout(20_000);
		script = workerFromSource(new URL("../../../server/searchWorker.ts", import.meta.url));
	});
	beforeEach(async () => {
		client = new Client({ searchWorker: script, searchThreads: 1 });
		notified = [];
		client.connection.onNotification("mmscn/results", (results: Results) => void notified.push(results));
		await client.start();
	});
	afterEach(() => client.stop());

	const explore = (params: object, token: CancellationToken = CancellationToken.None) =>
		client.connection.sendRequest<Results>("mmscn/explore", { uri, scenario: "small", ...params }, token);
	const lenses = async () =>
		(await client.connection.sendRequest<CodeLens[]>("textDocument/codeLens", { textDocument: { uri } })).map((lens) =>
			lens.command?.title.replace(/[\d,]+ states · [\d.]+ s/, "N"),
		);

	it("searches every check of the scenario, and answers with the version it searched", async () => {
		await client.open(uri, text, "mmscn", 7);
		const { results, version, program, parameters } = await explore({});
		assert.equal(version, 7);
		assert.deepEqual(
			results.map((one) => [one.check, one.verdict, one.violation?.kind, one.ok, one.file]),
			[
				["bug", "race", "use_after_free", true, uri],
				["fix", "safe", undefined, true, uri],
				["wrong", "race", "use_after_free", false, uri],
			],
		);
		assert.equal(results[0]?.trace?.violation.location.file, uri);
		assert.deepEqual(parameters, { bug: "frees = true", fix: "frees = false", wrong: "frees = true" });
		assert.ok(program.length > 0);
		assert.deepEqual(notified.at(-1), { uri, version: 7, program, results });
		assert.deepEqual(await client.connection.sendRequest("mmscn/lastResults", { uri }), notified.at(-1));
		const { text: diagram } = await client.connection.sendRequest<{ text: string }>("mmscn/exportTrace", {
			result: results[0],
			format: "ascii",
		});
		assert.match(diagram, /CPU 0 +CPU 1[\s\S]*kfree/);
		await assert.rejects(
			client.connection.sendRequest("mmscn/exportTrace", { result: results[1], format: "ascii" }),
			/no counterexample/,
		);
	});

	it("shows the verdict in the lens, and that it is stale once the program has changed", async () => {
		await client.open(uri, text);
		await explore({});
		assert.deepEqual(await lenses(), [
			"Explore interleavings · 2 of 3 checks as expected",
			"Explore interleavings · ✓ use after free · N",
			"all races…",
			"Explore interleavings · ✓ safe · N",
			"Explore interleavings · ✗ use after free, expected safe · N",
			"all races…",
		]);
		await client.change(
			uri,
			2,
			text.replace("One thread", "A thread").replace("\tthread owner", "\t/* a comment */\n\tthread owner"),
		);
		assert.equal((await lenses())[1], "Explore interleavings · ✓ use after free · N");
		await client.change(uri, 3, text.replace("int x =", "int y ="));
		assert.deepEqual(await lenses(), [
			"Explore interleavings · (stale)",
			"Explore interleavings · ✓ use after free · N · (stale)",
			"Explore interleavings · ✓ safe · N · (stale)",
			"Explore interleavings · ✗ use after free, expected safe · N · (stale)",
		]);
	});

	it("tells the client where results stand after a comment came in, whoever asked about them before", async () => {
		await client.open(uri, text);
		await explore({});
		const line = notified.at(-1)?.results[0]?.violation?.location.line ?? assert.fail("nothing was found");
		const moved = new Promise<Results>((resolve) => {
			client.connection.onNotification("mmscn/results", (results: Results) => {
				if (results.version === 2) resolve(results);
			});
		});
		await client.change(uri, 2, `/* one line */\n${text}`);
		const start = { line: 0, character: 0 };
		await client.connection.sendRequest("textDocument/codeAction", {
			textDocument: { uri },
			range: { start, end: start },
			context: { diagnostics: [] },
		});
		assert.equal((await moved).results[0]?.violation?.location.line, line + 1);
	});

	it("tells what the parameters of a safe check leave out from what never ran", async () => {
		await client.open(uri, text);
		const { results } = await explore({ check: "fix" });
		const { coverage } = results[0] ?? assert.fail("no result");
		assert.deepEqual(coverage?.unreached, []);
		assert.deepEqual(
			coverage?.leftOut?.map((one) => [one.location.line, one.text]),
			[[18, "kfree(&thing);"]],
		);
	});

	it("says in the lens how much of what is safe never ran", async () => {
		await client.open(uri, text.replace("if (frees)", "if (thing.value == 7)"));
		const { results } = await explore({ check: "fix" });
		assert.deepEqual(
			results[0]?.coverage?.unreached.map((one) => [one.location.file, one.location.line, one.text]),
			[[uri, 18, "kfree(&thing);"]],
		);
		assert.equal((await lenses())[2], "Explore interleavings · ✓ safe; 1 of 3 statements never ran · N");
	});

	it("puts an unmet expectation on the check's expect, until the program changes", async () => {
		await client.open(uri, text);
		await explore({ check: "wrong" });
		const { diagnostics } = await client.diagnostics((one) => one.diagnostics.length > 0);
		assert.equal(diagnostics.length, 1);
		assert.equal(diagnostics[0]?.code, "unmet-expectation");
		assert.equal(TextDocument.create(uri, "x", 0, text).getText(diagnostics[0]!.range), "safe");
		assert.match(String(diagnostics[0]!.message), /use after free, expected safe/);
		assert.equal(diagnostics[0]?.relatedInformation?.[0]?.location.uri, uri);
		client.published.length = 0;
		await client.change(uri, 2, text.replace("int x =", "int y ="));
		assert.deepEqual((await client.diagnostics((one) => one.version === 2)).diagnostics, []);
	});

	it("tells the last verdict of a check on hover", async () => {
		const { text: plain, position } = marked(text.replace("check wrong", "check wr$0ong"));
		await client.open(uri, plain);
		await explore({ check: "wrong" });
		const hover = await client.ask<Hover>("textDocument/hover", uri, position);
		assert.match((hover.contents as MarkupContent).value, /Last search: \*\*use after free, expected safe\*\*/);
	});

	it("offers the counterexample as a comment above the line that goes wrong", async () => {
		await client.open(uri, text);
		const line = text.split("\n").findIndex((one) => one.includes("int x ="));
		const range = { start: { line, character: 3 }, end: { line, character: 3 } };
		const ask = () =>
			client.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
				textDocument: { uri },
				range,
				context: { diagnostics: [] },
			});
		assert.deepEqual(await ask(), []);
		await explore({ check: "bug" });
		const [action] = await ask();
		const mended = TextDocument.applyEdits(TextDocument.create(uri, "x", 0, text), action?.edit?.changes?.[uri] ?? []);
		assert.match(mended, /\t\t\/\*\n(\t\t \*.*\n)+\t\t \*\/\n\t\tint x = thing\.value;/);
		// A comment is no change of the program: what was found still holds.
		await client.change(uri, 2, mended);
		assert.equal((await lenses())[1], "Explore interleavings · ✓ use after free · N");
	});

	it("does not search a scenario with errors, or one that is not there", async () => {
		await client.open(uri, text.replace("kfree(", "kfre("));
		await assert.rejects(explore({}), /has to be mended/);
		await client.change(uri, 2, text);
		await assert.rejects(explore({ check: "other" }), /no check other/);
		await assert.rejects(explore({ scenario: "other" }), /no scenario other/);
		await assert.rejects(explore({ uri: "file:///nowhere/x.mmscn" }), /no scenario, or cannot be read/);
	});

	it("says at its place why a scenario without errors cannot be searched, until the text changes", async () => {
		const open = text.replace("param bool frees;", "param bool frees;\n\tparam int n = 0..49;\n\tparam int m = 0..49;");
		await client.open(uri, open);
		await assert.rejects(explore({}), /combinations/);
		const { diagnostics } = await client.diagnostics((one) => one.diagnostics.length > 0);
		const document = TextDocument.create(uri, "x", 0, open);
		assert.deepEqual(
			diagnostics.map((one) => [one.code, document.getText(one.range).slice(0, 11)]),
			[
				["unsupported", "check bug ("],
				["unsupported", "check fix ("],
				["unsupported", "check wrong"],
			],
		);
		await client.change(uri, 2, text);
		await client.diagnostics((one) => one.version === 2 && one.diagnostics.length === 0);
	});

	it("searches what the editor shows, with files beside it and untitled ones", async () => {
		const folder = mkdtempSync(join(tmpdir(), "mmscn-"));
		writeFileSync(join(folder, "shared.mmscn"), "#define FREES false\n");
		const [user, shared] = ["a user.mmscn", "shared.mmscn"].map((name) => pathToFileURL(join(folder, name)).href) as [
			string,
			string,
		];
		await client.open(user, `#include "shared.mmscn"\n${text.replace("if (frees)", "if (frees && FREES)")}`);
		assert.equal((await explore({ uri: user, check: "bug" })).results[0]?.verdict, "safe");
		await client.open(shared, "#define FREES true\n");
		assert.equal((await explore({ uri: user, check: "bug" })).results[0]?.verdict, "race");
		await client.open("untitled:Untitled-1", text.replaceAll("\n", "\r\n"));
		assert.equal(
			(await explore({ uri: "untitled:Untitled-1", check: "bug" })).results[0]?.violation?.kind,
			"use_after_free",
		);
	});

	it("gives up at the limit of the settings, and says so", async () => {
		client.settings = { search: { statesMax: 5000 } };
		await client.open(uri, endless);
		const { results } = await explore({ scenario: "endless" });
		assert.deepEqual([results[0]?.verdict, results[0]?.stats.limit], ["inconclusive", "states"]);
		assert.match((await lenses())[1] ?? "", /\? inconclusive: limit on states, expected safe/);
		assert.equal((await client.diagnostics((one) => one.diagnostics.length > 0)).diagnostics[0]?.severity, 2);
	});

	it("answers what is asked while it searches, and checks what is typed", async () => {
		const source = new CancellationTokenSource();
		await client.open(uri, endless);
		let reports = 0;
		const searching = new Promise<void>((resolve) => {
			client.connection.onProgress(WorkDoneProgress.type, "busy", (value) => {
				if (value.kind === "report" && ++reports === 2) resolve();
			});
		});
		let over = false;
		const answer = explore({ scenario: "endless", workDoneToken: "busy" }, source.token).finally(() => {
			over = true;
		});
		answer.catch(() => {});
		await searching;
		await client.open("file:///typed.mmscn", "scenario typed { check c () expect safe; thread t { oops(); } }");
		const [published] = (await client.diagnostics((one) => one.uri.endsWith("typed.mmscn"))).diagnostics;
		assert.match(String(published?.message), /oops/);
		assert.ok((await lenses()).length > 0);
		assert.equal(over, false);
		source.cancel();
		await assert.rejects(answer);
	});

	it("reports progress, stops when cancelled, and reports nothing afterwards", async () => {
		await client.open(uri, endless);
		const source = new CancellationTokenSource();
		const messages: string[] = [];
		let [begun, ended] = [0, 0];
		const progressed = new Promise<void>((resolve) => {
			client.connection.onProgress(WorkDoneProgress.type, "token", (value) => {
				if (value.kind === "begin") begun++;
				if (value.kind === "end") ended++;
				if (value.kind === "report") messages.push(value.message ?? "");
				if (messages.length === 4) resolve();
			});
		});
		const answer = explore({ scenario: "endless", workDoneToken: "token" }, source.token);
		await progressed;
		for (const message of messages)
			assert.match(message, /^[\d,]+ states, [\d,]+ states\/s, frontier [\d,]+, \d+ MiB$/);
		source.cancel();
		await assert.rejects(answer, (error: { code?: number }) => error.code === LSPErrorCodes.RequestCancelled);
		const after = messages.length;
		assert.deepEqual(await client.connection.sendRequest("mmscn/lastResults", { uri }), {
			uri,
			version: 0,
			program: "",
			results: [],
		});
		assert.ok(messages.length - after <= 1);
		assert.deepEqual([begun, ended], [1, 1]);
		assert.deepEqual(notified, []);
		await client.change(uri, 2, text);
		assert.equal((await explore({ check: "fix" })).results[0]?.verdict, "safe");
	}).timeout(10_000);
}).timeout(20_000);
