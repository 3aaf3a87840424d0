/** Runs SPIN on an exported model, where SPIN and a C compiler are installed. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { reportMacros } from "../../../engine/export/promela.ts";

const run = promisify(execFile);
const works = (command: string, ...given: string[]) => spawnSync(command, given, { stdio: "ignore" }).status === 0;
const installed = (command: string) => works("sh", "-c", `command -v ${command}`);

/** The C compiler to use: the fastest to compile there is. SPIN itself needs gcc's preprocessor. */
function compiler(): readonly string[] | undefined {
	if (!installed("spin") || !installed("gcc")) return undefined;
	return installed("tcc") ? ["tcc"] : ["gcc", "-O0", "-w"];
}

/** Installs SPIN from Debian's packages where that is allowed, and says whether it can be used. */
export function spinIsThere(): boolean {
	if (compiler()) return true;
	if (process.getuid?.() === 0 && installed("apt-get")) {
		const options = { stdio: "ignore", timeout: 120_000 } as const;
		const install = () =>
			spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "spin", "tcc", "gcc", "libc6-dev"], options);
		if (install().status !== 0 && spawnSync("apt-get", ["update"], options).status === 0) install();
	}
	return compiler() !== undefined;
}

/** What SPIN says about a model. */
export interface SpinResult {
	/** Kind of the violation that ended the search, if one did. */
	readonly violation: string | undefined;
	readonly limit: boolean;
	/** Indices of `exists` properties that some last state met. */
	readonly met: ReadonlySet<number>;
	/** Whether there is a cycle that is fair to all processes. */
	readonly livelock: boolean;
	readonly states: number;
	/** Whether the whole space was searched. */
	readonly complete: boolean;
}

/** The verifier prints what mtype names stand for as numbers; the last in the list is 1. */
function kindOf(model: string, number: number): string | undefined {
	const names = /^mtype = \{ (.*) \};$/m.exec(model)?.[1]?.split(", ") ?? [];
	return names.at(-number);
}

export interface SpinOptions {
	readonly reduction: boolean;
	/** Search for fair cycles rather than for violations. */
	readonly cycles?: boolean;
}

/** Generates, compiles and runs the verifier for a model. */
export async function spin(model: string, options: SpinOptions): Promise<SpinResult> {
	const folder = mkdtempSync(join(tmpdir(), "mmscn-spin-"));
	try {
		writeFileSync(join(folder, "model.pml"), model.replace(reportMacros, reportMacros.replaceAll("%e", "%d")));
		const inside = { cwd: folder, maxBuffer: 1 << 26 };
		const generated = await run("spin", ["-a", "model.pml"], inside);
		if (/error/i.test(generated.stdout)) throw new Error(generated.stdout);
		const [command = "gcc", ...flags] = compiler() ?? [];
		const defines = options.cycles ? ["-DNP", "-DNFAIR=4"] : ["-DSAFETY", "-DPRINTF"];
		if (!options.reduction || options.cycles) defines.push("-DNOREDUCE");
		await run(command, [...flags, "-DVECTORSZ=8192", ...defines, "-o", "pan", "pan.c"], inside);
		const arguments_ = options.cycles ? ["-n", "-l", "-f", "-m200000", "-w16"] : ["-n", "-E", "-m200000", "-w16"];
		const { stdout } = await run("./pan", arguments_, inside);
		const found = /^violation: (\d+)$/m.exec(stdout)?.[1];
		return {
			violation: found === undefined ? undefined : kindOf(model, Number(found)),
			limit: /^limit: \w+$/m.test(stdout),
			met: new Set([...stdout.matchAll(/^met: property (\d+)$/gm)].map(([, index]) => Number(index))),
			livelock: options.cycles === true && /non-progress cycle/.test(stdout) && /errors: [1-9]/.test(stdout),
			states: Number(/(\d+) states, stored/.exec(stdout)?.[1] ?? 0),
			complete: !/Search not completed|max search depth too small/.test(stdout),
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
