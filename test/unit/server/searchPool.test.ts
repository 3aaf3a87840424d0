import assert from "node:assert/strict";
import { defaultCheckOptions } from "../../../engine/check.ts";
import { SearchPool } from "../../../server/search/searchPool.ts";
import { workerFromSource } from "./fixtures/workerFromSource.ts";

const script = workerFromSource(new URL("./fixtures/busyWorker.ts", import.meta.url));
const job = (check: string) => ({
	uri: "file:///a.mmscn",
	texts: {},
	scenario: "s",
	check,
	options: defaultCheckOptions,
});

describe("the pool of search threads", () => {
	let pool: SearchPool;
	beforeEach(() => {
		pool = new SearchPool(script, undefined, 1);
	});
	afterEach(() => pool.dispose());

	/** Resolves when the search has reported that often. */
	function reports(check: string, count: number) {
		let seen = 0;
		let enough: () => void = () => {};
		const reported = new Promise<void>((resolve) => {
			enough = resolve;
		});
		const search = pool.search(job(check), () => {
			if (++seen === count) enough();
		});
		return { search, reported, seen: () => seen };
	}

	it("answers with the result, and uses the thread again", async () => {
		for (const check of ["first", "second"]) {
			const outcome = await pool.search(job(check)).outcome;
			assert.equal(outcome.kind === "result" && outcome.result.check, check);
		}
	});

	it("passes on why a scenario cannot be searched", async () => {
		assert.deepEqual(
			await pool.search(job("fails")).outcome.then((one) => one.kind === "failed" && one.message),
			"no such check",
		);
	});

	it("survives a thread that breaks", async () => {
		assert.deepEqual(await pool.search(job("throws")).outcome, { kind: "failed", message: "broken" });
		assert.equal((await pool.search(job("next")).outcome).kind, "result");
	});

	it("stops a search that heeds the flag, and reports nothing afterwards", async () => {
		const { search, reported, seen } = reports("heeds", 3);
		await reported;
		const before = seen();
		search.cancel();
		const outcome = await search.outcome;
		assert.equal(outcome.kind, "cancelled");
		assert.ok(outcome.kind === "cancelled" && outcome.progress.states >= 2000);
		assert.equal(seen(), before);
		assert.equal((await pool.search(job("next")).outcome).kind, "result");
	});

	it("ends the thread of a search that does not heed the flag", async () => {
		const { search, reported } = reports("deaf", 2);
		await reported;
		search.cancel();
		assert.equal((await search.outcome).kind, "cancelled");
		assert.equal((await pool.search(job("next")).outcome).kind, "result");
	});

	const threadOf = async (check: string) => {
		const outcome = await pool.search(job(check)).outcome;
		return outcome.kind === "result" ? outcome.result.stats.states : assert.fail(outcome.kind);
	};

	it("keeps a thread whose search was small, and gives back the memory of one whose search was big", async () => {
		const first = await threadOf("first");
		const small = reports("heeds", 1);
		await small.reported;
		small.search.cancel();
		await small.search.outcome;
		assert.equal(await threadOf("second"), first);
		const big = reports("big", 1);
		await big.reported;
		big.search.cancel();
		await big.search.outcome;
		assert.notEqual(await threadOf("third"), first);
	});

	it("does not let a long search keep others waiting", async () => {
		const long = reports("long", 1);
		assert.equal((await pool.search(job("short")).outcome).kind, "result");
		long.search.cancel();
		assert.equal((await long.search.outcome).kind, "cancelled");
	});

	it("lets searches wait for each other while they are short", async () => {
		const first = reports("heeds", 3);
		let answered = false;
		const second = pool.search(job("second")).outcome.then((outcome) => {
			answered = true;
			return outcome;
		});
		await first.reported;
		assert.equal(answered, false);
		first.search.cancel();
		assert.equal((await second).kind, "result");
	});

	it("takes a waiting search out of the queue", async () => {
		const first = reports("heeds", 1);
		const waiting = pool.search(job("waiting"));
		await first.reported;
		waiting.cancel();
		assert.equal((await waiting.outcome).kind, "cancelled");
		first.search.cancel();
		assert.equal((await first.search.outcome).kind, "cancelled");
	});

	it("cancels everything when it is disposed of", async () => {
		const first = reports("deaf", 1);
		const waiting = pool.search(job("waiting"));
		await first.reported;
		await pool.dispose();
		assert.equal((await first.search.outcome).kind, "cancelled");
		assert.equal((await waiting.outcome).kind, "cancelled");
	});
}).timeout(20_000);
