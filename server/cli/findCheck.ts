/** The one check that a command line names by file and name. */
import type { CheckOptions } from "../../engine/check.ts";
import { lowerCheck } from "../../engine/program/lower/lower.ts";
import type { Program } from "../../engine/program/program.ts";
import type { CheckResult, Trace } from "../../engine/verdict/verdict.ts";
import { errorLine } from "./fileError.ts";
import { renamed } from "./search.ts";
import { FileLoader, isNamed, type NamedCheck, type Searchable } from "./searchable.ts";
import { type Terminal, UsageError } from "./terminal.ts";

export interface FoundCheck {
	readonly loader: FileLoader;
	readonly file: Searchable;
	readonly check: NamedCheck;
	/** One for each combination of the parameters that the check leaves open. */
	readonly programs: readonly Program[];
}

/**
 * The check `name` (CHECK or SCENARIO.CHECK) of a file. Undefined when the file has errors, which are printed; a UsageError
 * when it has no such check, or several.
 */
export function findCheck(
	file: string,
	name: string,
	options: CheckOptions,
	terminal: Terminal,
): FoundCheck | undefined {
	const loader = new FileLoader(terminal.directory);
	const loaded = loader.load(file);
	const wrong = loaded.errors.filter((one) => one.severity === "error");
	for (const error of wrong) terminal.error(`${errorLine(error)}\n`);
	if (wrong.length > 0 || loaded.module === undefined) return undefined;
	const [check, ...others] = loaded.checks.filter((one) => isNamed(one, name));
	if (check === undefined) {
		const names = loaded.checks.map((one) => `${one.scenario}.${one.check}`).join(", ");
		throw new UsageError(`${file} has no check ${name}${names === "" ? "" : `; it has ${names}`}`);
	}
	if (others.length > 0) throw new UsageError(`${file} has several checks ${name}; write SCENARIO.${name}`);
	const problems = loader.problems(loaded, check, options.lower);
	for (const problem of problems) terminal.error(`${errorLine(problem)}\n`);
	if (problems.length > 0) return undefined;
	const { programs } = lowerCheck(loaded.module, check.items.scenario, check.items.check, options.lower);
	return { loader, file: loaded, check, programs };
}

/** A replayed trace as the result of its check, for the pictures; nothing was searched, so the statistics are zero. */
export function resultOfTrace({ loader, file, check, programs }: FoundCheck, trace: Trace): CheckResult {
	return renamed(
		{
			file: file.file,
			scenario: check.scenario,
			check: check.check,
			memory: programs[0]?.memory ?? "sc",
			verdict: "race",
			violation: trace.violation,
			trace,
			expected: check.expected,
			ok: (programs[0]?.expect ?? []).includes(trace.violation.kind),
			stats: { states: 0, transitions: 0, seconds: 0 },
		},
		loader,
	);
}
