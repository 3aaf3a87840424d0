import assert from "node:assert/strict";
import fc from "fast-check";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import type { FileError } from "../../../server/cli/fileError.ts";
import { renderJunit } from "../../../server/cli/junit.ts";
import { renderSarif } from "../../../server/cli/sarif.ts";
import { CheckTable, grouped, standing, summary } from "../../../server/cli/table.ts";
import { randomTrace } from "../verdict/randomTraces.ts";
import { compactionTrace, resultOf } from "../verdict/sampleTraces.ts";
import { testTerminal } from "./testTerminal.ts";

const race = resultOf(compactionTrace);
const { trace: _trace, violation: _violation, ...noTrace } = race;
const safe: CheckResult = { ...noTrace, check: "locked", verdict: "safe", expected: "safe" };
const surprise: CheckResult = { ...race, check: "surprise", expected: "safe", ok: false };
const missed: CheckResult = { ...safe, check: "missed", expected: "deadlock", ok: false };
const given: CheckResult = {
	...safe,
	check: "given_up",
	verdict: "inconclusive",
	ok: false,
	stats: { ...safe.stats, limit: "states" },
};
const fileError: FileError = {
	file: "a b.mmscn",
	line: 3,
	column: 7,
	severity: "error",
	code: "unknown-name",
	message: 'no "x" & <y>',
};

describe("table of checks", () => {
	it("says verdict, expectation, states and time of each", () => {
		const all = [race, safe, surprise, given];
		const table = new CheckTable(testTerminal().terminal, all);
		assert.equal(
			`\n${[table.head(), ...all.map((one) => table.row(one))].map((line) => line.trimEnd()).join("\n")}\n`,
			`
      check                              verdict                       expected            states       time
ok    compaction_vs_truncation.unlocked  use_after_free                use_after_free       1,234     0.01 s
ok    compaction_vs_truncation.locked    safe                          safe                 1,234     0.01 s
FAIL  compaction_vs_truncation.surprise  use_after_free                safe                 1,234     0.01 s
?     compaction_vs_truncation.given_up  inconclusive (states)         safe                 1,234     0.01 s
`,
		);
	});

	it("counts what is as expected", () => {
		assert.equal(summary([race]), "1 check: 1 as expected");
		assert.equal(
			summary([race, safe, surprise, missed, given]),
			"5 checks: 2 as expected, 2 not as expected, 1 inconclusive",
		);
		assert.equal(grouped(1234567), "1,234,567");
		assert.equal(grouped(123), "123");
		assert.deepEqual([race, surprise, missed, given].map(standing), ["met", "not met", "not met", "inconclusive"]);
	});
});

describe("SARIF", () => {
	it("reports what is not as expected, with the interleaving, and mistakes in files", () => {
		const log = JSON.parse(renderSarif([race, safe, surprise, missed, given], [fileError], "1.2.3"));
		const [{ tool, results }] = log.runs;
		assert.equal(tool.driver.version, "1.2.3");
		assert.deepEqual(tool.driver.rules, [{ id: "use_after_free", shortDescription: { text: "use after free" } }]);
		assert.deepEqual(
			results.map((one: { ruleId: string; level: string }) => `${one.level} ${one.ruleId}`),
			["error unknown-name", "error use_after_free", "error expectation_not_met", "warning inconclusive"],
		);
		assert.deepEqual(results[0].locations[0].physicalLocation, {
			artifactLocation: { uri: "a%20b.mmscn" },
			region: { startLine: 3, startColumn: 7 },
		});
		const flows = results[1].codeFlows[0].threadFlows as { locations: { executionOrder: number }[] }[];
		assert.deepEqual(
			flows.flatMap((flow) => flow.locations.map((one) => one.executionOrder)).sort((a, b) => a - b),
			compactionTrace.steps.map((_, index) => index + 1),
		);
	});
});

describe("JUnit", () => {
	it("has a suite per scenario, and fails what is not as expected", () => {
		const text = renderJunit([race, safe, surprise, given], [fileError]);
		assert.match(
			text,
			/<testsuite name="\S+ compaction_vs_truncation" tests="4" failures="1" errors="1" time="0.048">/,
		);
		assert.match(
			text,
			/<failure type="use_after_free" message="use_after_free, expected safe: compaction reads [^"]*">/,
		);
		assert.match(text, /<error type="inconclusive \(states\)"/);
		assert.match(text, /3:7: no &quot;x&quot; &amp; &lt;y&gt;/);
	});

	it("is well-formed for any trace", () => {
		fc.assert(
			fc.property(randomTrace, (trace) => {
				const text = renderJunit([{ ...resultOf(trace), ok: false }], []);
				assert.doesNotMatch(text.replace(/&(amp|lt|gt|quot);/g, ""), /&/);
				assert.equal(text.match(/<testcase/g)?.length, 1);
				assert.equal(text.match(/<\/failure><\/testcase>/g)?.length, 1);
			}),
		);
	});
});
