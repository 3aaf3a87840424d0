/**
 * Compares the litmus engine with herd7's verdicts: `npm run conformance -- DIR CSV [--json FILE] [--seconds N] [--only TEXT]`.
 * DIR holds a folder for each suite that the CSV names. Exit code 1 when a verdict, a count or a flag disagrees.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareTest, type Expected, parseVerdicts, type TestReport } from "./compare.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { json: { type: "string" }, seconds: { type: "string" }, only: { type: "string" }, sc: { type: "boolean" } },
});
const [directory, csv] = positionals;
if (directory === undefined || csv === undefined) {
	console.error("usage: npm run conformance -- DIR CSV [--json FILE] [--seconds N] [--only TEXT] [--sc]");
	process.exit(2);
}

const secondsPerTest = Number(values.seconds ?? 60);
const expected = parseVerdicts(readFileSync(csv, "utf8")).filter(({ path }) => path.includes(values.only ?? ""));
const begin = performance.now();
const reports: TestReport[] = [];
for (const row of expected) reports.push(run(row));
const seconds = (performance.now() - begin) / 1000;

const count = (outcome: TestReport["outcome"]) => reports.filter((report) => report.outcome === outcome).length;
for (const report of reports) {
	if (report.outcome === "agree") continue;
	console.log(`${report.outcome.padEnd(12)} ${report.suite}/${report.path}  ${report.message}`);
}
const finished = reports.filter((report) => report.outcome !== "not compared");
const herdSeconds = expected.filter((row) => row.verdict !== "TIMEOUT").reduce((sum, row) => sum + row.seconds, 0);
const ownSeconds = finished.reduce((sum, report) => sum + report.seconds, 0);
const slowest = [...finished].sort((a, b) => b.herdSeconds - a.herdSeconds).slice(0, 10);
const sum = (of: readonly TestReport[], what: (report: TestReport) => number) =>
	of.reduce((total, report) => total + what(report), 0);
console.log(
	`agree ${count("agree")}, disagree ${count("disagree")}, unsupported ${count("unsupported")}, inconclusive ${count("inconclusive")}`,
);
console.log(`not compared, because herd7 did not finish: ${count("not compared")}`);
console.log(
	`${seconds.toFixed(1)} s in all; ${ownSeconds.toFixed(1)} s on the compared tests, where herd7 took ${herdSeconds.toFixed(1)} s`,
);
console.log(
	`herd7's ten slowest: ${sum(slowest, (r) => r.seconds).toFixed(1)} s, herd7 ${sum(slowest, (r) => r.herdSeconds).toFixed(1)} s`,
);
if (values.json !== undefined) {
	const summary = {
		agree: count("agree"),
		disagree: count("disagree"),
		unsupported: count("unsupported"),
		inconclusive: count("inconclusive"),
		seconds,
		tests: reports,
	};
	writeFileSync(values.json, `${JSON.stringify(summary, undefined, "\t")}\n`);
}
process.exit(count("disagree") + count("unsupported") + count("inconclusive") > 0 ? 1 : 0);

function run(row: Expected): TestReport {
	let text: string;
	try {
		text = readFileSync(join(directory as string, row.suite, row.path), "utf8");
	} catch {
		return {
			suite: row.suite,
			path: row.path,
			outcome: "unsupported",
			message: "the file cannot be read",
			seconds: 0,
			herdSeconds: row.seconds,
		};
	}
	return compareTest(text, row, { seconds: secondsPerTest, sequential: values.sc ?? false });
}
