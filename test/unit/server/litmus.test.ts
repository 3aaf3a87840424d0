import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
	CancellationTokenSource,
	type CodeLens,
	type Hover,
	LSPErrorCodes,
	type MarkupContent,
} from "vscode-languageserver";
import { primitives } from "../../../engine/litmus/primitives.ts";
import type { Results } from "../../../server/protocol.ts";
import { workerFromSource } from "./fixtures/workerFromSource.ts";
import { Client, marked } from "./harness.ts";

const storeBuffering = readFileSync(new URL("../../litmus/SB.litmus", import.meta.url), "utf8");

/** More executions than any test waits for: six processes that increment one variable six times each. */
const endless = `C endless

{ }

${Array.from({ length: 6 }, (_, process) => `P${process}(atomic_t *v)\n{\n${"\tatomic_inc(v);\n".repeat(6)}}\n`).join("\n")}
exists (v=0)
`;

describe("litmus tests in the editor", () => {
	const uri = "file:///tests/SB.litmus";
	let script: URL;
	let client: Client;

	before(function () {
		this.timeout(20_000);
		script = workerFromSource(new URL("../../../server/searchWorker.ts", import.meta.url));
	});
	beforeEach(async () => {
		client = new Client({ searchWorker: script, searchThreads: 1 });
		await client.start();
	});
	afterEach(() => client.stop());

	const lenses = async () =>
		(await client.connection.sendRequest<CodeLens[]>("textDocument/codeLens", { textDocument: { uri } })).map(
			({ command }) => command,
		);
	const explore = (more: object = {}) =>
		client.connection.sendRequest<Results>("mmscn/explore", { uri, scenario: "SB", check: "exists", ...more });
	const hover = async (fixture: string) => {
		const { text, position } = marked(fixture);
		await client.open("file:///tests/hover.litmus", text, "litmus");
		const found = await client.ask<Hover | null>("textDocument/hover", "file:///tests/hover.litmus", position);
		return (found?.contents as MarkupContent | undefined)?.value;
	};

	it("has a lens over the test, which says what herd7 says once it was explored", async () => {
		await client.open(uri, storeBuffering, "litmus");
		const [before] = await lenses();
		assert.equal(before?.title, "Explore executions");
		const { results } = await explore((before?.arguments?.[0] ?? {}) as object);
		assert.equal(results.length, 1);
		const [after] = await lenses();
		assert.match(after?.title ?? "", /^Explore executions · ✓ Sometimes 1 3 · 4 states · \d+\.\d\d s$/);
		await client.change(uri, 2, `${storeBuffering}\n`);
		assert.match((await lenses())[0]?.title ?? "", /\(stale\)$/);
	});

	it("gives the report as herd7 prints it, and every witness as a graph", async () => {
		await client.open(uri, storeBuffering, "litmus");
		const { results } = await explore();
		const [result] = results;
		assert.match(result?.litmus?.report ?? "", /^Test SB Allowed\nStates 4\n[\s\S]*\nObservation SB Sometimes 1 3$/);
		assert.equal(result?.witnesses?.length, 1);
		assert.equal(result?.graph?.cycle?.length, 4);
	});

	it("is not explored while there are errors", async () => {
		await client.open(uri, storeBuffering.replace("WRITE_ONCE", "write_twice"), "litmus");
		assert.deepEqual(await lenses(), []);
		await assert.rejects(explore(), /have to be mended/);
	});

	it("stops when it is told to", async () => {
		await client.open(uri, endless, "litmus");
		const source = new CancellationTokenSource();
		const running = client.connection.sendRequest<Results>(
			"mmscn/explore",
			{ uri, scenario: "endless", check: "exists" },
			source.token,
		);
		setTimeout(() => source.cancel(), 300);
		await assert.rejects(running, { code: LSPErrorCodes.RequestCancelled });
	});

	it("says at a primitive which ordering it gives", async () => {
		const value = (await hover(storeBuffering.replace("READ_ONCE", "READ$0_ONCE"))) ?? "";
		assert.match(value, /One load, exactly where it stands/);
		assert.match(value, /\*\*Ordering:\*\* A marked load/);
		assert.equal(await hover(storeBuffering.replace("P0", "P$00")), undefined);
	});

	it("knows an ordering for every primitive", async () => {
		for (const [name, { ordering }] of primitives) assert.notEqual(ordering, "", name);
		const text = `C calls\n\n{ }\n\nP0(spinlock_t *s)\n{\n\tsmp_mb__after_unlock$0_lock();\n}\n\nexists (true)\n`;
		assert.match((await hover(text)) ?? "", /Ordering:\*\* Makes an unlock followed by a lock a full barrier/);
	});

	it("says nothing in comments", async () => {
		assert.equal(await hover("C x\n(* smp_mb$0() *)\n{ }\n\nP0(int *x)\n{\n}\n\nexists (true)\n"), undefined);
	});
});
