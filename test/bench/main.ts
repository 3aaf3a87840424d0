/**
 * The benchmark: `npm run bench -- [--quick] [--json FILE] [PART…]`. Each part compares us with its peers in one run, in turn.
 * Results as a table on the terminal; with `--json` as a list of Measurement.
 */
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { language } from "./language.ts";
import { lkmm } from "./lkmm/lkmm.ts";
import type { Measurement, Part } from "./measurement.ts";
import { shallow } from "./search/breadthFirst.ts";
import { growth, search } from "./search/search.ts";

const parts: readonly Part[] = [search, growth, shallow, lkmm, language];

const { values, positionals } = parseArgs({
	options: { quick: { type: "boolean" }, json: { type: "string" } },
	allowPositionals: true,
});
const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
	console.error(`bench: no part ${unknown.join(", ")}; there are ${parts.map((part) => part.name).join(", ")}`);
	process.exit(2);
}
console.log(
	`${cpus()[0]?.model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
);
const measurements: Measurement[] = [];
for (const part of parts) {
	if (positionals.length > 0 ? !positionals.includes(part.name) : part.isPartOf) continue;
	console.log(`\n== ${part.name}`);
	measurements.push(...(await part.run({ quick: values.quick === true, log: (line) => console.log(line) })));
	// After each part: a run that is broken off keeps what it has.
	if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, undefined, "\t")}\n`);
}
console.log(`\n${table(measurements)}`);

function table(all: readonly Measurement[]): string {
	const seconds = (value: number | undefined) => (value === undefined ? "-" : value.toPrecision(3));
	const count = (value: number | undefined) => (value === undefined ? "-" : String(Math.round(value)));
	const rows = all.map((each) => [
		each.measure,
		each.name,
		seconds(each.ourSeconds),
		seconds(each.peerSeconds),
		each.peerSeconds === undefined ? (each.note ?? "-") : (each.ourSeconds / each.peerSeconds).toPrecision(2),
		count(each.ourStates),
		count(each.peerStates),
		count(each.ourBytesPerState),
		count(each.peerBytesPerState),
	]);
	const heading = ["measure", "name", "ours, s", "peer, s", "ratio", "our states", "peer's", "our B/state", "peer's"];
	const widths = heading.map((title, column) =>
		Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
	);
	return [heading, ...rows]
		.map((row) =>
			row
				.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
				.join("  "),
		)
		.join("\n");
}
