import assert from "node:assert/strict";
import { CancellationToken, CancellationTokenSource, LSPErrorCodes, WorkDoneProgress } from "vscode-languageserver";
import type { Requests } from "../../../server/protocol.ts";
import { workerFromSource } from "./fixtures/workerFromSource.ts";
import { Client } from "./harness.ts";

/** Two races: what the reader reads may be freed, and what it asserts may not hold. */
const text = `#include <linux/slab.mmscn>

struct thing {
	int value;
};

scenario small {
	kernel v6.8;
	param bool frees;
	struct thing thing;

	thread reader {
		int x = READ_ONCE(thing.value);
		assert(x == 0);
	}

	thread owner {
		WRITE_ONCE(thing.value, 1);
		if (frees)
			kfree(&thing);
	}

	check either expect use_after_free;
	check fixed (frees = false) expect safe;
	check known_bug (frees = false) expect assertion;
}
`;

/** Far more states than any test waits for. */
const endless = `${Array.from({ length: 8 }, (_, index) => `int n${index};`).join("\n")}

scenario endless {
${Array.from({ length: 8 }, (_, index) => `	thread t${index} {\n\t\tint i;\n\t\tfor (i = 0; i < 1000; i++)\n\t\t\tn${index} = n${(index + 1) % 8} + 1;\n\t}\n`).join("\n")}
	check all expect safe;
}
`;

describe("questions about one check", () => {
	const uri = "file:///scenarios/small.mmscn";
	let script: URL;
	let client: Client;
	before(function () {
		this.timeout(20_000);
		script = workerFromSource(new URL("../../../server/searchWorker.ts", import.meta.url));
	});
	beforeEach(async () => {
		client = new Client({ searchWorker: script, searchThreads: 1 });
		await client.start();
		await client.open(uri, text, "mmscn", 3);
	});
	afterEach(() => client.stop());

	function ask<Method extends "mmscn/distinctRaces" | "mmscn/walk" | "mmscn/exploreFrom">(
		method: Method,
		params: Partial<Requests[Method]["params"]>,
		token: CancellationToken = CancellationToken.None,
	): Promise<Requests[Method]["result"]> {
		return client.connection.sendRequest(method, { uri, scenario: "small", check: "either", ...params }, token);
	}

	it("every race: each once over all parameters, as a result of the check", async () => {
		const found = await ask("mmscn/distinctRaces", {});
		assert.equal(found.version, 3);
		assert.deepEqual(
			found.races.map(({ result, lines }) => [
				result.violation?.kind,
				result.check,
				result.ok,
				lines.map(({ line }) => line),
			]),
			[
				["assertion", "either", false, [18, 13]],
				["use_after_free", "either", true, [20, 13]],
			],
		);
		assert.ok(found.races.every(({ count }) => count > 0));
		// The assertion fails with and without the free: the counts are added up.
		const { races } = await ask("mmscn/distinctRaces", { check: "known_bug" });
		assert.deepEqual(
			races.map(({ result }) => result.violation?.kind),
			["assertion"],
		);
		assert.ok((found.races[0]?.count ?? 0) > (races[0]?.count ?? 0));
		assert.ok(found.stats.states > 0 && found.stats.limit === undefined);
	});

	it("a walk: who could run instead, and where that leads", async () => {
		const start = await ask("mmscn/walk", { schedule: "" });
		assert.deepEqual(
			start.alternatives.map(({ name, text, schedule }) => [name, text, schedule]),
			[
				["reader", "int x = READ_ONCE(thing.value);", "a"],
				["owner", "WRITE_ONCE(thing.value, 1);", "b"],
			],
		);
		const race = await ask("mmscn/walk", { schedule: "ba" });
		assert.equal(race.trace?.violation.kind, "assertion");
		const before = await ask("mmscn/walk", { schedule: "ba", steps: 1, parameters: { frees: "true" } });
		assert.equal(before.schedule, "b");
		assert.deepEqual(
			before.alternatives.map(({ violates }) => violates),
			[true, false],
		);
		const [parameters, other] = [{ frees: "true" }, { frees: "false" }];
		assert.equal((await ask("mmscn/walk", { schedule: "b", parameters })).alternatives.length, 2);
		assert.equal((await ask("mmscn/walk", { schedule: "b", parameters: other })).alternatives.length, 1);
	});

	it("a walk along an old schedule: how far it fits, and why no further", async () => {
		const old = await ask("mmscn/walk", { schedule: "b5a", check: "fixed" });
		assert.equal(old.misfit, "step 2: owner cannot take a step here");
		assert.equal(old.steps.length, 1);
		await assert.rejects(ask("mmscn/walk", { schedule: "?" }), /not a schedule/);
	});

	it("a search from where a schedule leads", async () => {
		const found = await ask("mmscn/exploreFrom", { schedule: "b" });
		assert.equal(found.verdict, "race");
		assert.match(found.trace?.schedule ?? "", /^b/);
		const replayed = await ask("mmscn/walk", {
			schedule: found.trace?.schedule ?? "",
			parameters: found.trace?.parameters ?? {},
		});
		assert.deepEqual(replayed.trace, found.trace);
		assert.equal((await ask("mmscn/exploreFrom", { schedule: "a" })).verdict, "safe");
		await assert.rejects(ask("mmscn/exploreFrom", { schedule: "bbbbb" }), /owner cannot take a step here/);
	});

	it("none that the text cannot answer", async () => {
		await assert.rejects(ask("mmscn/walk", { schedule: "", check: "other" }), /no check other/);
		await client.change(uri, 4, text.replace("kfree(", "kfre("));
		await assert.rejects(ask("mmscn/walk", { schedule: "" }), /have to be mended/);
	});

	it("a search for every race reports progress and stops when cancelled; a walk does not wait for it", async () => {
		const other = "file:///scenarios/endless.mmscn";
		await client.open(other, endless);
		const source = new CancellationTokenSource();
		const progressed = new Promise<string>((resolve) => {
			client.connection.onProgress(WorkDoneProgress.type, "token", (value) => {
				if (value.kind === "report") resolve(value.message ?? "");
			});
		});
		const params = { uri: other, scenario: "endless", check: "all", workDoneToken: "token" };
		const answer = ask("mmscn/distinctRaces", params, source.token);
		assert.match(await progressed, /^[\d,]+ states, [\d,]+ states\/s$/);
		assert.equal((await ask("mmscn/walk", { schedule: "b" })).schedule, "b");
		source.cancel();
		await assert.rejects(answer, (error: { code?: number }) => error.code === LSPErrorCodes.RequestCancelled);
	});

	it("which kernel version is in force, and who says so", async () => {
		const version = (of: string) =>
			client.connection.sendRequest<Requests["mmscn/kernelVersion"]["result"]>("mmscn/kernelVersion", { uri: of });
		assert.deepEqual(await version(uri), { version: "v6.8", from: "scenario" });
		assert.deepEqual(await version("file:///nowhere/x.mmscn"), {});
	});
}).timeout(20_000);
