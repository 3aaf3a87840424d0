/** Reads scenarios for tests: files of the repository by their path in it, texts under a made-up name. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { analyze, type Module, ModuleCache } from "../../../engine/language/analyze.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const cache = new ModuleCache();

function resolve(path: string, system: boolean, from: string): { file: string; text: string } | undefined {
	const file = system ? join(root, "engine/kernel", path) : join(root, dirname(from), path);
	return existsSync(file) ? { file: relative(root, file), text: readFileSync(file, "utf8") } : undefined;
}

/** The module of a file of the repository. */
export function analyzeFile(file: string): Module {
	return analyze(relative(root, file), readFileSync(file, "utf8"), resolve, cache);
}

/** The module of a text. */
export function analyzeText(text: string): Module {
	return analyze("test.mmscn", text, resolve, cache);
}
