import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import { printLitmusResult } from "../../../engine/litmus/print.ts";

const folder = fileURLToPath(new URL("../../litmus/", import.meta.url));

describe("litmus: the project's own tests", () => {
	for (const name of readdirSync(folder).filter((file) => file.endsWith(".litmus"))) {
		it(name, () => {
			const text = readFileSync(folder + name, "utf8");
			const expected = /^ \* Result: (Never|Sometimes|Always)$/m.exec(text)?.[1];
			const { litmus, errors } = parseLitmus(text);
			assert.deepEqual(errors, []);
			assert.ok(litmus);
			const result = exploreLitmus(litmus, { model: "lkmm" });
			assert.deepEqual(result.errors, []);
			assert.equal(result.verdict, expected, printLitmusResult(result));
			const sequential = exploreLitmus(litmus, { model: "sc" });
			assert.ok(sequential.stats.executions <= result.stats.executions, "sequential consistency allows no more");
			// A weak outcome is shown with the cycle that makes it weak, and only such a one has a cycle.
			for (const { cycle } of sequential.witnesses) assert.equal(cycle, undefined);
			if (sequential.verdict === "Never") {
				for (const { cycle } of result.witnesses) assert.ok(cycle?.some((step) => !step.ordering));
			}
		});
	}
});
