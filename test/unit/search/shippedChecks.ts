/** Every check of every shipped scenario, lowered. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { underInterleavings } from "../../../engine/program/interleaved.ts";
import { defaultLowerOptions, lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { analyzeFile } from "../scenarios/analyzeFile.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

export interface ShippedCheck {
	/** "seeds/compaction_vs_truncation rfc_v11" */
	readonly name: string;
	readonly programs: readonly Program[];
	/** Kinds of violation that the check expects. */
	readonly wanted: readonly string[];
}

/** Files under scenarios/, in order. */
export function shippedFiles(): string[] {
	const folder = join(root, "scenarios");
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".mmscn"))
		.sort();
}

/** The checks of all files; files with errors have none. */
export function shippedChecks(): ShippedCheck[] {
	return shippedFiles().flatMap((file) => {
		const module = analyzeFile(join(root, "scenarios", file));
		return checksOf(module, file.replace(/\.mmscn$/, ""));
	});
}

/** A Program as it is searched; one under another memory model than sc stays as it is. */
export const prepared = (program: Program): Program =>
	program.memory === "sc" ? underInterleavings(program) : program;

/** The checks of one module. */
export function checksOf(module: ReturnType<typeof analyzeFile>, file: string): ShippedCheck[] {
	const checks: ShippedCheck[] = [];
	if (module.hasErrors) return checks;
	for (const item of module.scenarios) {
		for (const member of item.members) {
			if (member.kind !== "check") continue;
			const { programs, problems } = lowerCheck(module, item, member, defaultLowerOptions);
			if (problems.length > 0) continue;
			const expect = programs[0]?.expect ?? [];
			const wanted = expect.filter((kind) => kind !== "safe" && kind !== "reachable");
			checks.push({ name: `${file} ${member.name.text}`, programs: programs.map(prepared), wanted });
		}
	}
	return checks;
}
