/** What a command line gives `mmscn check` to search: checks, litmus tests, and the mistakes in the files. */
import type { CheckOptions } from "../../engine/check.ts";
import type { LitmusTest } from "../../engine/litmus/syntax.ts";
import { errorLine, type FileError } from "./fileError.ts";
import { type LitmusFile, loadLitmus } from "./litmus.ts";
import { expandPaths } from "./paths.ts";
import type { FileLoader, NamedCheck, Searchable } from "./searchable.ts";
import type { Terminal } from "./terminal.ts";

export interface CheckJob {
	readonly file: Searchable;
	readonly check: NamedCheck;
}

export interface Inputs {
	/** Undefined without a scenario. */
	readonly loader: FileLoader | undefined;
	readonly checks: readonly CheckJob[];
	readonly litmus: readonly (LitmusFile & { readonly test: LitmusTest })[];
	/** Each once, in the order of the files. */
	readonly mistakes: readonly FileError[];
	/** A path cannot be read, or a mistake is an error. */
	readonly wrong: boolean;
}

/** Whether the file is taken for a litmus test, by its name. */
export const isLitmus = (file: string) => file.endsWith(".litmus");

function isReadable(file: LitmusFile): file is LitmusFile & { readonly test: LitmusTest } {
	return file.test !== undefined;
}

interface Scenarios {
	readonly loader: FileLoader;
	readonly checks: readonly CheckJob[];
	readonly mistakes: readonly FileError[];
}

/** Reads and checks scenarios; what that takes is loaded first. `name` chooses among the checks. */
async function readScenarios(
	files: readonly string[],
	name: string | undefined,
	options: CheckOptions,
	terminal: Terminal,
): Promise<Scenarios> {
	const { FileLoader, isNamed } = await import("./searchable.ts");
	const loader = new FileLoader(terminal.directory);
	const loaded = files.map((file) => loader.load(file));
	const mistakes = loaded.flatMap((one) => one.errors);
	const checks: CheckJob[] = [];
	for (const file of loaded) {
		for (const check of file.checks.filter((one) => name === undefined || isNamed(one, name))) {
			const problems = loader.problems(file, check, options.lower);
			mistakes.push(...problems);
			if (problems.length === 0) checks.push({ file, check });
		}
	}
	return { loader, checks, mistakes };
}

/** Reads and checks the files under these paths, and prints what is wrong with them. `name` chooses among the checks. */
export async function readInputs(
	paths: readonly string[],
	name: string | undefined,
	options: CheckOptions,
	terminal: Terminal,
): Promise<Inputs> {
	const { files, errors } = expandPaths(paths, terminal.directory);
	for (const line of errors) terminal.error(`${line}\n`);
	const scenarios = files.filter((file) => !isLitmus(file));
	const read = scenarios.length > 0 ? await readScenarios(scenarios, name, options, terminal) : undefined;
	const litmus = files.filter(isLitmus).map((file) => loadLitmus(file, terminal.directory));
	const found = [...(read?.mistakes ?? []), ...litmus.flatMap((one) => one.errors)];
	// A mistake that several files or checks meet is told once.
	const mistakes = [...new Map(found.map((error) => [errorLine(error), error])).values()];
	for (const error of mistakes) terminal.error(`${errorLine(error)}\n`);
	return {
		loader: read?.loader,
		checks: read?.checks ?? [],
		litmus: litmus.filter(isReadable).filter((one) => name === undefined || name === one.test.name),
		mistakes,
		wrong: errors.length > 0 || mistakes.some((one) => one.severity === "error"),
	};
}
