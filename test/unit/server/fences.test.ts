import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { CodeAction } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import type { Results } from "../../../server/protocol.ts";
import { workerFromSource } from "./fixtures/workerFromSource.ts";
import { Client } from "./harness.ts";

const text = `scenario message_passing {
	int data, flag;

	thread writer {
		WRITE_ONCE(data, 1);
		WRITE_ONCE(flag, 1);
	}

	thread reader {
		int seen = smp_load_acquire(&flag);
		int value = READ_ONCE(data);
	}

	never (reader.seen == 1 && reader.value == 0);
	check weak under lkmm expect safe;
	check strong expect safe;
}
`;

describe("barriers as quick fixes", () => {
	const uri = "file:///scenarios/message_passing.mmscn";
	let script: URL;
	let client: Client;
	let notified: ((results: Results) => void) | undefined;
	before(function () {
		this.timeout(20_000);
		script = workerFromSource(new URL("../../../server/searchWorker.ts", import.meta.url));
	});
	beforeEach(async () => {
		client = new Client({ searchWorker: script, searchThreads: 1 });
		client.connection.onNotification("mmscn/results", (results: Results) => notified?.(results));
		await client.start();
	});
	afterEach(() => client.stop());

	/** The results once barriers were looked for. */
	const withFences = () =>
		new Promise<Results>((resolve) => {
			notified = (results) => {
				if (results.results.some(({ fences }) => fences !== undefined)) resolve(results);
			};
		});
	const explore = () => client.connection.sendRequest<Results>("mmscn/explore", { uri, scenario: "message_passing" });
	const actionsAt = async (line: number) =>
		(
			await client.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
				textDocument: { uri },
				range: { start: { line, character: 2 }, end: { line, character: 2 } },
				context: { diagnostics: client.published.at(-1)?.diagnostics ?? [] },
			})
		).filter(({ title }) => title.startsWith("Insert smp"));

	it("offers what makes the check safe, at the check and where it would stand", async () => {
		await client.open(uri, text);
		const fences = withFences();
		await explore();
		const { results } = await fences;
		assert.deepEqual(
			results.map(({ check, fences: found }) => [
				check,
				found?.map(({ insertions }) => insertions.map(({ fence }) => fence)),
			]),
			[
				["weak", [["smp_wmb"]]],
				["strong", undefined],
			],
		);
		await client.diagnostics(({ diagnostics }) => diagnostics.some(({ code }) => code === "unmet-expectation"));
		for (const line of [14, 5]) {
			const [action, ...others] = await actionsAt(line);
			assert.equal(action?.title, "Insert smp_wmb() above line 6: makes weak safe (verified by search)");
			assert.deepEqual(others, []);
			const document = TextDocument.create(uri, "mmscn", 1, text);
			const edited = TextDocument.applyEdits(document, action?.edit?.changes?.[uri] ?? []);
			assert.match(edited, /WRITE_ONCE\(data, 1\);\n\t\tsmp_wmb\(\);\n\t\tWRITE_ONCE\(flag, 1\);/);
		}
		assert.deepEqual(await actionsAt(15), []);
	});

	it("takes the offer back when the program changes, and moves with comments", async () => {
		await client.open(uri, text);
		const fences = withFences();
		await explore();
		await fences;
		await client.change(uri, 2, text.replace("int data", "/* moved */ int data"));
		assert.equal((await actionsAt(14)).length, 1);
		await client.change(uri, 3, text.replace("scenario", "/* one more\n * line */\nscenario"));
		const [moved] = await actionsAt(16);
		assert.equal(moved?.title, "Insert smp_wmb() above line 8: makes weak safe (verified by search)");
		assert.equal(moved?.edit?.changes?.[uri]?.[0]?.range.start.line, 7);
		await client.change(uri, 4, text.replace("int data", "unsigned int data"));
		assert.deepEqual(await actionsAt(14), []);
	});

	it("offers what forbids the outcome of a litmus test", async () => {
		const test = "file:///tests/SB.litmus";
		const source = readFileSync(new URL("../../litmus/SB.litmus", import.meta.url), "utf8");
		await client.open(test, source, "litmus");
		const fences = withFences();
		await client.connection.sendRequest<Results>("mmscn/explore", { uri: test, scenario: "SB", check: "exists" });
		await fences;
		const line = source.split("\n").findIndex((one) => one.includes("READ_ONCE"));
		const [action] = await client.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
			textDocument: { uri: test },
			range: { start: { line, character: 2 }, end: { line, character: 2 } },
			context: { diagnostics: [] },
		});
		assert.match(
			action?.title ?? "",
			/^Insert smp_mb\(\) above line \d+ and smp_mb\(\) above line \d+: forbid it \(verified by search\)$/,
		);
		const edited = TextDocument.applyEdits(
			TextDocument.create(test, "litmus", 1, source),
			action?.edit?.changes?.[test] ?? [],
		);
		const { litmus } = parseLitmus(edited);
		assert.equal(litmus && exploreLitmus(litmus, { model: "lkmm" }).verdict, "Never");
	});
});
