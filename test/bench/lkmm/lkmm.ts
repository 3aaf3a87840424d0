/**
 * Litmus tests under the Linux-kernel memory model: how time grows over families of tests, and the whole of a suite beside this
 * repository against the times of herd7 that come with it. herd7 itself runs where it is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import { compareTest, parseVerdicts } from "../../conformance/compare.ts";
import { type BenchOptions, type Measurement, median, type Part, repetitions } from "../measurement.ts";
import { independentReads, lockedIncrements, storeBuffering } from "./families.ts";

/** Seconds that a run of herd7, or of our program, may take. */
const secondsMaximum = 120;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const commandLine = join(root, "dist/mmscn.js");
/** Orientation where GenMC is not at hand: GenMC 0.9 on lock, increment, unlock, seconds with process start. */
const genmcLocks: Readonly<Record<number, number>> = { 3: 0.12, 4: 0.17, 5: 0.39 };

interface Run {
	readonly seconds: number;
	readonly executions: number;
	readonly checked: number;
}

function explored(text: string): Run {
	const { litmus } = parseLitmus(text);
	if (!litmus) throw new Error("the benchmark's own test does not parse");
	const begin = performance.now();
	const { stats } = exploreLitmus(litmus, { model: "lkmm", limits: { seconds: secondsMaximum, witnesses: 1 } });
	return { seconds: (performance.now() - begin) / 1000, executions: stats.executions, checked: stats.checked };
}

/** Seconds of a whole process; undefined when it fails or takes too long. */
function processSeconds(command: string, arguments_: readonly string[]): number | undefined {
	const begin = performance.now();
	const { status, signal, error } = spawnSync(command, arguments_, { timeout: secondsMaximum * 1000, stdio: "ignore" });
	return error || signal || (status ?? 2) > 1 ? undefined : (performance.now() - begin) / 1000;
}

function medianOf(times: number, measure: () => number | undefined): number | undefined {
	const seconds = Array.from({ length: times }, measure).filter((value) => value !== undefined);
	return seconds.length > 0 ? median(seconds) : undefined;
}

function familyRows(options: BenchOptions, folder: string): Measurement[] {
	const herd = spawnSync("herd7", ["-version"]).status === 0;
	const peer = herd ? "herd7" : "GenMC 0.9 (from its table)";
	const times = repetitions(options);
	const largest = options.quick ? 5 : 6;
	const rows: Measurement[] = [];
	for (const [name, family] of [
		["SB", storeBuffering],
		["IRIW", independentReads],
		["locks", lockedIncrements],
	] as const) {
		for (let n = 2; n <= largest; n++) {
			const text = family(n);
			const file = join(folder, `${name}-${n}.litmus`);
			writeFileSync(file, text);
			const run = explored(text);
			options.log(`${name}-${n}: ${run.executions} executions, ${run.seconds.toFixed(3)} s`);
			const own = existsSync(commandLine)
				? medianOf(times, () => processSeconds(process.execPath, [commandLine, "check", file]))
				: undefined;
			const peerSeconds = herd
				? medianOf(1, () => processSeconds("herd7", ["-conf", "linux-kernel.cfg", file]))
				: name === "locks"
					? genmcLocks[n]
					: undefined;
			const counts = { ourStates: run.executions, ourTransitions: run.checked };
			rows.push({ peer, name: `${name}-${n}`, measure: "search", ourSeconds: run.seconds, ...counts });
			if (own !== undefined) {
				rows.push({
					peer,
					name: `${name}-${n}`,
					measure: "text-to-verdict",
					ourSeconds: own,
					...counts,
					...(peerSeconds !== undefined && { peerSeconds }),
				});
			}
		}
	}
	return rows;
}

/** The suites that may lie beside this repository, with herd7's times out of their table. */
function suiteRows(options: BenchOptions): Measurement[] {
	const suites = join(root, "../shared/litmus");
	const table = join(suites, "verdicts.csv");
	if (!existsSync(table)) {
		options.log("suites: ../shared/litmus is not there; left out");
		return [];
	}
	const rows = parseVerdicts(readFileSync(table, "utf8")).filter(({ verdict }) => verdict !== "TIMEOUT");
	const reports = rows.map((row) =>
		compareTest(readFileSync(join(suites, row.suite, row.path), "utf8"), row, {
			seconds: secondsMaximum,
			sequential: false,
		}),
	);
	const slowest = [...reports].sort((a, b) => b.herdSeconds - a.herdSeconds).slice(0, 10);
	const sum = (of: typeof reports, key: "seconds" | "herdSeconds") =>
		of.reduce((total, report) => total + report[key], 0);
	const note = "herd7's seconds are those of the table, one process for each test";
	const row = (name: string, of: typeof reports): Measurement => ({
		peer: "herd7 7.58 (table)",
		name,
		measure: "search",
		ourSeconds: sum(of, "seconds"),
		peerSeconds: sum(of, "herdSeconds"),
		note,
	});
	return [row(`${reports.length} tests`, reports), row("herd7's ten slowest", slowest)];
}

export const lkmm: Part = {
	name: "lkmm",
	run: async (options) => {
		const folder = mkdtempSync(join(tmpdir(), "mmscn-bench-"));
		try {
			return [...familyRows(options, folder), ...suiteRows(options)];
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
};
