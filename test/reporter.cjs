// mocha's own "spec" report, and the totals as JSON in the file that TEST_TOTALS names.
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class extends reporters.Spec {
	constructor(runner, options) {
		super(runner, options);
		runner.once("end", () => {
			const { passes, failures, tests } = this.stats;
			// A run of no test at all has not passed.
			const totals = { passed: passes, failed: failures + (tests === 0 ? 1 : 0) };
			if (process.env.TEST_TOTALS) writeFileSync(process.env.TEST_TOTALS, JSON.stringify(totals));
		});
	}
};
