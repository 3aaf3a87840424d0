/** SPIN on a model, each stage timed: spin, the C compiler, the verifier. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { timed } from "../measurement.ts";

const run = promisify(execFile);

/** Seconds that one stage of SPIN may take. */
export const stageSecondsMax = 45;
/** With `--quick`. */
const quickStageSecondsMax = 8;

/** SPIN's version, or undefined where SPIN or gcc is missing. */
export function spinVersion(): string | undefined {
	const version = /Spin Version ([\d.]+)/.exec(spawnSync("spin", ["-V"], { encoding: "utf8" }).stdout ?? "")?.[1];
	return spawnSync("gcc", ["--version"]).status === 0 ? version : undefined;
}

export interface SpinTimes {
	/** spin -a and gcc -O2, in seconds. */
	readonly compileSeconds: number;
	/** The verifier's own time, each repetition, in seconds. */
	readonly searchSeconds: readonly number[];
	readonly states: number;
	readonly transitions: number;
	/** Stored states times (vector + overhead), without compression, as pan says it. */
	readonly bytesPerState: number;
	readonly errors: number;
}

/** Compiles a model once and runs it some times. Undefined where a stage takes too long or memory runs out. */
export async function runSpin(
	model: string,
	reduction: boolean,
	times: number,
	quick: boolean,
): Promise<SpinTimes | undefined> {
	const folder = mkdtempSync(join(tmpdir(), "mmscn-bench-"));
	const inside = { cwd: folder, maxBuffer: 1 << 26, timeout: (quick ? quickStageSecondsMax : stageSecondsMax) * 1000 };
	try {
		writeFileSync(join(folder, "model.pml"), model);
		const defines = ["-DSAFETY", "-DVECTORSZ=8192", "-DMEMLIM=6000", ...(reduction ? [] : ["-DNOREDUCE"])];
		const compiled = await timed(async () => {
			await run("spin", ["-a", "model.pml"], inside);
			await run("gcc", ["-O2", "-w", ...defines, "-o", "pan", "pan.c"], inside);
		});
		const seconds: number[] = [];
		let output = "";
		for (let repetition = 0; repetition < times; repetition++) {
			const { seconds: taken, result } = await timed(() => run("./pan", ["-n", "-E", "-m1000000", "-w22"], inside));
			seconds.push(taken);
			output = result.stdout;
		}
		const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN);
		const states = number(/([\d.e+]+) states, stored/);
		return {
			compileSeconds: compiled.seconds,
			searchSeconds: seconds,
			states,
			transitions: number(/([\d.e+]+) transitions \(/),
			bytesPerState: number(/State-vector (\d+) byte/),
			errors: number(/errors: (\d+)/),
		};
	} catch (error) {
		const { killed, code } = error as { killed?: boolean; code?: unknown };
		if (killed || code === "ENOENT" || typeof code === "number") return undefined;
		throw error;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
