/** Litmus tests on the command line: read, explored, reported as herd7 does. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { CheckOptions } from "../../engine/check.ts";
import { LineTable } from "../../engine/language/print.ts";
import type { Diagnostic } from "../../engine/language/syntax.ts";
import { expectedVerdict, litmusCheckResult } from "../../engine/litmus/checkResult.ts";
import { compileLitmus } from "../../engine/litmus/compile.ts";
import { exploreLitmus, type LitmusResult } from "../../engine/litmus/explore.ts";
import { parseLitmus } from "../../engine/litmus/parse.ts";
import type { LitmusTest } from "../../engine/litmus/syntax.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { FileError } from "./fileError.ts";
import { reason } from "./paths.ts";
import { progressLine } from "./progress.ts";
import { fileLengthMax } from "./searchable.ts";
import type { Terminal } from "./terminal.ts";

/** A litmus test of the command line. */
export interface LitmusFile {
	/** As the user gave it. */
	readonly file: string;
	readonly errors: readonly FileError[];
	/** Undefined when there are errors. */
	readonly test: LitmusTest | undefined;
	/** What a comment `Result: Never` says, as the kernel's own tests have it. */
	readonly expected: LitmusResult["verdict"] | undefined;
}

/** The result in herd7's terms, and the same as a result of a check. */
export interface LitmusOutcome {
	readonly litmus: LitmusResult;
	readonly result: CheckResult;
}

/** Reads and compiles a litmus test; never throws. */
export function loadLitmus(file: string, directory: string): LitmusFile {
	const path = resolve(directory, file);
	let text: string;
	try {
		if (statSync(path).size > fileLengthMax) throw new Error(`larger than ${fileLengthMax / 1024 / 1024} MiB`);
		text = readFileSync(path, "utf8");
	} catch (error) {
		const unreadable = {
			file,
			line: 1,
			column: 1,
			severity: "error",
			code: "unreadable",
			message: reason(error),
		} as const;
		return { file, errors: [unreadable], test: undefined, expected: undefined };
	}
	const { litmus, errors: mistakes } = parseLitmus(text);
	const found = litmus === undefined ? mistakes : [...mistakes, ...compileLitmus(litmus).errors];
	const errors = located(file, text, found);
	const wrong = errors.some((one) => one.severity === "error");
	return { file, errors, test: wrong ? undefined : litmus, expected: expectedVerdict(text) };
}

function located(file: string, text: string, found: readonly Diagnostic[]): FileError[] {
	const lines = new LineTable(text);
	return found.flatMap(({ severity, pos, code, message }): FileError[] =>
		severity === "information" ? [] : [{ file, ...lines.position(pos), severity, code, message }],
	);
}

/** Explores a litmus test, and keeps so many of its witnesses; errors are what only the exploration meets. */
export function searchLitmus(
	given: LitmusFile & { readonly test: LitmusTest },
	options: CheckOptions,
	terminal: Terminal,
	witnesses = 1,
): LitmusOutcome | readonly FileError[] {
	const { file, test } = given;
	const model = options.lower.memory ?? "lkmm";
	const progress = progressLine(terminal, test.name);
	const started = performance.now();
	const litmus = exploreLitmus(test, {
		model,
		limits: { seconds: options.limits.secondsMax, executions: options.limits.statesMax, witnesses },
		onProgress: (executions) =>
			progress.show({ states: executions, seconds: (performance.now() - started) / 1000, memoryMiB: 0 }),
	});
	progress.clear();
	if (litmus.errors.length > 0) return located(file, test.text, litmus.errors);
	const result = litmusCheckResult(file, test, litmus);
	return { litmus, result };
}
