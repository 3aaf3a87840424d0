import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { renderJsonArray } from "../../../engine/verdict/json.ts";
import { type CheckResult, violationKinds } from "../../../engine/verdict/verdict.ts";
import { randomTrace } from "./randomTraces.ts";
import { compactionTrace, resultOf } from "./sampleTraces.ts";

const schema = JSON.parse(readFileSync(new URL("../../../docs/verdict.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ allErrors: true }).compile(schema);

/** What is wrong with the output for these results. */
function faults(results: readonly CheckResult[]): readonly string[] {
	validate(JSON.parse(renderJsonArray(results)));
	return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

const sample = resultOf(compactionTrace);
const { trace: _trace, violation: _violation, ...noTrace } = sample;

describe("schema of check --format json", () => {
	it("holds for results of every verdict", () => {
		const safe: CheckResult = { ...noTrace, verdict: "safe", expected: "safe" };
		const inconclusive: CheckResult = {
			...safe,
			verdict: "inconclusive",
			ok: false,
			stats: { ...safe.stats, limit: "states" },
		};
		assert.deepEqual(faults([sample, safe, inconclusive]), []);
	});

	it("holds for any trace", () => {
		fc.assert(fc.property(randomTrace, (trace) => assert.deepEqual(faults([resultOf(trace)]), [])));
	});

	it("knows every kind of violation", () => {
		assert.deepEqual(schema.$defs.violation.properties.kind.enum, violationKinds);
	});

	it("refuses what is missing, unknown or contradictory", () => {
		assert.deepEqual(faults([{ ...sample, verdict: "safe" }]).length > 0, true);
		assert.deepEqual(faults([{ ...noTrace, verdict: "inconclusive", ok: false }]), [
			"/0/stats must have required property 'limit'",
			'/0 must match "then" schema',
		]);
		assert.deepEqual(faults([{ ...sample, colour: "red" } as CheckResult]), ["/0 must NOT have additional properties"]);
	});
});
