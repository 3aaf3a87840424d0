/** VS Code calls `run` inside the extension host; the desktop's test runner does the same. */
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

const testSecondsMax = 60;

export function run(): Promise<void> {
	const { TEST_REPORT: report, TEST_TOTALS: totals } = process.env;
	if (report) {
		const print = (...values: unknown[]) => appendFileSync(report, `${format(...values)}\n`);
		Object.assign(Mocha.reporters.Base, { consoleLog: print });
	}
	const mocha = new Mocha({ ui: "bdd", timeout: testSecondsMax * 1000, color: false, reporter: "spec" });
	for (const file of readdirSync(__dirname).sort()) {
		if (file.endsWith(".test.cjs")) mocha.addFile(join(__dirname, file));
	}
	return new Promise((resolve, reject) => {
		const runner = mocha.run((failures) => {
			const { passes = 0, tests = 0 } = runner.stats ?? {};
			const failed = failures + (tests === 0 ? 1 : 0);
			if (totals) writeFileSync(totals, JSON.stringify({ passed: passes, failed }));
			if (failed) reject(new Error(`${failed} tests failed`));
			else resolve();
		});
	});
}
