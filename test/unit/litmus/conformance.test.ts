import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareTest, parseVerdicts } from "../../conformance/compare.ts";

/** The suites are not part of this repository; where they lie beside it, herd7's verdicts must hold. */
const suites = fileURLToPath(new URL("../../../../shared/litmus/", import.meta.url));
const table = join(suites, "verdicts.csv");
/** Tests that took herd7 longer are left to `npm run conformance`, seconds. */
const herdSecondsMaximum = 10;

describe("litmus: herd7's verdicts", () => {
	for (const sequential of [false, true]) {
		it(sequential ? "agree under sequential consistency" : "agree", function () {
			if (!existsSync(table)) {
				console.log("      skipped: there is no ../shared/litmus beside this repository");
				this.skip();
			}
			const rows = parseVerdicts(readFileSync(table, "utf8")).filter(({ seconds }) => seconds <= herdSecondsMaximum);
			const reports = rows.map((row) =>
				compareTest(readFileSync(join(suites, row.suite, row.path), "utf8"), row, { seconds: 60, sequential }),
			);
			const others = reports.filter(({ outcome }) => outcome !== "agree" && outcome !== "not compared");
			assert.deepEqual(
				others.map(({ path, outcome, message }) => `${path}: ${outcome} ${message}`),
				[],
			);
			assert.ok(reports.length > 470);
		}).timeout(120_000);
	}
});
