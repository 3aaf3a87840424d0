/** SPIN on a model, each stage timed: spin, the C compiler, the verifier. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { timed } from "../measurement.ts";

const run = promisify(execFile);

/** Memory that the verifier may use, in MiB. */
const memoryMaxMiB = 12_000;
/** Steps of the longest path that the verifier may follow. */
const depthMax = 1_000_000;
/** Bytes of a state vector, at the most. */
const vectorBytesMax = 8192;

/** A slot of the hash table for each state, as SPIN's manual advises; in bits, and within these. */
const slotBits = (states: number) => Math.min(26, Math.max(18, Math.ceil(Math.log2(states))));

/** SPIN's version, or undefined where SPIN or gcc is missing. */
export function spinVersion(): string | undefined {
	const version = /Spin Version ([\d.]+)/.exec(spawnSync("spin", ["-V"], { encoding: "utf8" }).stdout ?? "")?.[1];
	return spawnSync("gcc", ["--version"]).status === 0 ? version : undefined;
}

/** What the verifier said. */
export interface SpinSearch {
	readonly seconds: number;
	readonly states: number;
	readonly transitions: number;
	/** Of the state vector alone, without compression. */
	readonly bytesPerState: number;
	readonly errors: number;
}

/** A model, compiled. */
export class Verifier {
	/** spin -a and gcc -O2, in seconds. */
	readonly compileSeconds: number;
	private readonly folder: string;

	private constructor(folder: string, compileSeconds: number) {
		this.folder = folder;
		this.compileSeconds = compileSeconds;
	}

	/** Compiles a model; undefined where that takes longer than so many seconds. */
	static async compile(model: string, reduction: boolean, secondsMax: number): Promise<Verifier | undefined> {
		const folder = mkdtempSync(join(tmpdir(), "mmscn-bench-"));
		const inside = { cwd: folder, maxBuffer: 1 << 26, timeout: Math.ceil(secondsMax * 1000) };
		const defines = ["-DSAFETY", `-DVECTORSZ=${vectorBytesMax}`, `-DMEMLIM=${memoryMaxMiB}`];
		if (!reduction) defines.push("-DNOREDUCE");
		try {
			writeFileSync(join(folder, "model.pml"), model);
			const { seconds } = await timed(async () => {
				await run("spin", ["-a", "model.pml"], inside);
				await run("gcc", ["-O2", "-w", ...defines, "-o", "pan", "pan.c"], inside);
			});
			return new Verifier(folder, seconds);
		} catch (error) {
			rmSync(folder, { recursive: true, force: true });
			if ((error as { killed?: boolean }).killed) return undefined;
			throw error;
		}
	}

	/** One search of about so many states; undefined where it takes longer than so many seconds, or memory runs out. */
	async search(secondsMax: number, states: number): Promise<SpinSearch | undefined> {
		const inside = { cwd: this.folder, maxBuffer: 1 << 26, timeout: Math.ceil(secondsMax * 1000) };
		try {
			const { seconds, result } = await timed(() =>
				run("./pan", ["-n", "-E", `-m${depthMax}`, `-w${slotBits(states)}`], inside),
			);
			const number = (pattern: RegExp) => Number(pattern.exec(result.stdout)?.[1] ?? Number.NaN);
			const errors = number(/errors: (\d+)/);
			if (errors === 0 && /Search not completed|max search depth too small|out of memory/.test(result.stdout))
				return undefined;
			return {
				seconds,
				states: number(/([\d.e+]+) states, stored/),
				transitions: number(/([\d.e+]+) transitions \(/),
				bytesPerState: number(/State-vector (\d+) byte/),
				errors,
			};
		} catch (error) {
			const { killed, code } = error as { killed?: boolean; code?: unknown };
			if (killed || typeof code === "number") return undefined;
			throw error;
		}
	}

	/** Removes what was compiled. */
	dispose(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
