import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exploreLitmus, type LitmusOptions, type LitmusResult } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import { printLitmusResult } from "../../../engine/litmus/print.ts";

function run(text: string, options: Partial<LitmusOptions> = {}): LitmusResult {
	const { litmus, errors } = parseLitmus(text);
	assert.deepEqual(errors, []);
	return exploreLitmus(litmus as NonNullable<typeof litmus>, { model: "lkmm", ...options });
}

const own = (name: string) =>
	readFileSync(fileURLToPath(new URL(`../../litmus/${name}.litmus`, import.meta.url)), "utf8");

const threads = (n: number, body: (i: number) => string) =>
	Array.from({ length: n }, (_, i) => `P${i}(int *x, spinlock_t *l)\n{\n${body(i)}\n}\n`).join("\n");

describe("litmus: results", () => {
	it("prints what herd7's users know", () => {
		assert.equal(
			printLitmusResult(run(own("SB"))),
			[
				"Test SB Allowed",
				"States 4",
				"0:r0=0; 1:r0=0;",
				"0:r0=0; 1:r0=1;",
				"0:r0=1; 1:r0=0;",
				"0:r0=1; 1:r0=1;",
				"Ok",
				"Witnesses",
				"Positive: 1 Negative: 3",
				"Condition exists (0:r0=0 /\\ 1:r0=0)",
				"Observation SB Sometimes 1 3",
			].join("\n"),
		);
	});

	it("turns the witnesses of ~exists around, but not its observation", () => {
		const text = printLitmusResult(run(own("SB").replace("exists", "~exists")));
		assert.match(text, /^Test SB Forbidden$/m);
		assert.match(text, /^No$/m);
		assert.match(text, /^Positive: 3 Negative: 1$/m);
		assert.match(text, /^Observation SB Sometimes 1 3$/m);
	});

	it("judges forall by every execution", () => {
		assert.equal(run(own("SB").replace("exists (0:r0=0 /\\ 1:r0=0)", "forall (0:r0=0)")).ok, false);
		assert.equal(run(own("SB").replace("exists (0:r0=0 /\\ 1:r0=0)", "forall (0:r0=0 \\/ 0:r0=1)")).ok, true);
	});

	it("counts only what the filter lets through", () => {
		const filtered = run(own("SB").replace("exists", "filter (0:r0=0)\nexists"));
		assert.deepEqual([filtered.positive, filtered.negative, filtered.states.length], [1, 1, 2]);
	});

	it("flags data races and says which accesses race", () => {
		const result = run(own("plain-race"));
		assert.deepEqual(result.flags, ["data-race"]);
		assert.match(result.witnesses[0]?.races[0]?.message ?? "", /race: nothing orders `\*x = 1` against/);
		assert.deepEqual(run(own("plain-locked")).flags, []);
		assert.deepEqual(run(own("plain-published")).flags, []);
	});

	it("explains a weak outcome step by step", () => {
		const [graph] = run(own("SB")).witnesses;
		const why = graph?.cycle?.map(({ kind, ordering }) => `${kind} ${ordering}`).sort();
		assert.deepEqual(why, ["fr false", "fr false", "po false", "po false"]);
		assert.match(
			graph?.cycle?.find(({ kind }) => kind === "po")?.why ?? "",
			/a store may become visible after a later load/,
		);
		const [ordered] = run(own("SB+mb")).witnesses;
		assert.deepEqual(
			ordered?.cycle
				?.filter(({ kind }) => kind === "po")
				.map(({ ordering }) => ordering)
				.sort(),
			[false, true],
		);
		assert.match(
			ordered?.cycle?.find(({ kind, ordering }) => kind === "po" && ordering)?.why ?? "",
			/a full memory barrier stands between/,
		);
	});

	it("gives graphs as plain data", () => {
		const [graph] = run(own("MP")).witnesses;
		assert.deepEqual(JSON.parse(JSON.stringify(graph)), graph);
		assert.deepEqual(
			graph?.threads.map(({ events }) => events.length),
			[2, 2],
		);
		assert.deepEqual(graph?.final, [
			{ location: "x", value: "1" },
			{ location: "y", value: "1" },
		]);
	});

	it("finds as many executions of n locked increments as there are orders, without a detour", () => {
		for (const [n, orders] of [
			[2, 2],
			[3, 6],
			[4, 24],
		] as const) {
			const body = () => "\tspin_lock(l);\n\tint r = READ_ONCE(*x);\n\tWRITE_ONCE(*x, r + 1);\n\tspin_unlock(l);";
			const result = run(`C locks\n\n{}\n\n${threads(n, body)}\nexists (x=${n})\n`);
			assert.deepEqual(
				[result.verdict, result.positive, result.negative, result.stats.deadEnds],
				["Always", orders, 0, 0],
			);
		}
	});

	it("gives the witnesses the model's name", () => {
		for (const model of ["lkmm", "sc"] as const)
			assert.deepEqual(
				[
					...new Set(
						run(own("SB").replace("0:r0=0 /\\ 1:r0=0", "0:r0=1 /\\ 1:r0=1"), { model }).witnesses.map(
							(one) => one.model,
						),
					),
				],
				[model],
			);
	});

	it("finds no execution of a deadlock", () => {
		const twice = () => "\tspin_lock(l);\n\tspin_lock(l);\n\tspin_unlock(l);\n\tspin_unlock(l);";
		const result = run(`C deadlock\n\n{}\n\n${threads(1, twice)}\nexists (x=0)\n`);
		assert.deepEqual([result.verdict, result.stats.executions], ["Never", 0]);
	});

	it("follows no pointer to nowhere", () => {
		const result = run(
			"C null\n\n{}\n\nP0(int **p)\n{\n\tint *r = READ_ONCE(*p);\n\tint v = READ_ONCE(*r);\n}\n\nexists (0:v=0)\n",
		);
		assert.match(result.errors[0]?.message ?? "", /P0 accesses 0 here, which is the address of no location/);
	});

	it("leaves open what plain copies pass in a circle, and says so", () => {
		const side = (i: number, a: string, b: string, x: string, y: string) =>
			`P${i}(int *a, int *b, int *x, int *y)\n{\n\tint r = READ_ONCE(*${x});\n\tsmp_rmb();\n\tif (r)\n\t\t*${a} = *${b};\n\tsmp_wmb();\n\tWRITE_ONCE(*${y}, 1);\n}\n`;
		const result = run(
			`C thin-air\n\n{}\n\n${side(0, "a", "b", "x", "y")}\n${side(1, "b", "a", "y", "x")}\nlocations [a]\nexists (a=42)\n`,
		);
		assert.deepEqual([result.verdict, result.states.map(({ values }) => values[0])], ["Never", ["0", "?"]]);
	});

	it("stops when it is told to, and says that it is not done", () => {
		const body = (i: number) => Array.from({ length: 4 }, (_, k) => `\tWRITE_ONCE(*x, ${i * 4 + k});`).join("\n");
		const text = `C many\n\n{}\n\n${threads(4, body)}\nexists (x=1)\n`;
		let asked = 0;
		assert.equal(run(text, { cancelled: () => ++asked > 3 }).limit, "cancelled");
		assert.equal(run(text, { limits: { executions: 100 } }).limit, "executions");
		assert.equal(run(text, { limits: { seconds: 0.05 } }).limit, "seconds");
	});
});
