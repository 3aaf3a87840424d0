/** Litmus tests on the command line: read, explored, reported as herd7 does. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { CheckOptions } from "../../engine/check.ts";
import { LineTable } from "../../engine/language/print.ts";
import type { Diagnostic } from "../../engine/language/syntax.ts";
import { expectedVerdict, litmusCheckResult } from "../../engine/litmus/checkResult.ts";
import { compileLitmus } from "../../engine/litmus/compile.ts";
import { type LitmusExploration, type LitmusResult, startLitmus } from "../../engine/litmus/explore.ts";
import { parseLitmus } from "../../engine/litmus/parse.ts";
import type { LitmusTest } from "../../engine/litmus/syntax.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { FileError } from "./fileError.ts";
import { fileLengthMax, reason } from "./paths.ts";
import { progressLine } from "./progress.ts";
import { standing } from "./table.ts";
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

/** How long a search goes on without looking at whether the user has interrupted it, in milliseconds. */
const sliceMilliseconds = 50;
/** Time that is spent on looking for barriers, in seconds. */
const fenceSecondsMaximum = 20;

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

/** Witnesses that are drawn, at the most. */
const drawnMaximum = 20;

interface SessionOptions {
	/** The user has interrupted what came before. */
	readonly isStopped?: boolean;
	/** Whether to look for the barriers that would forbid what was found. */
	readonly withFences?: (result: CheckResult) => boolean;
	/** Whether every witness is drawn. */
	readonly drawsAll?: boolean;
	/** How many witnesses are kept; without it, as many as are drawn. */
	readonly witnesses?: number;
}

/**
 * Explores one test after the other, here and not in a thread of its own: starting one would take longer than most tests. Between two
 * slices the process sees to Ctrl-C, which makes the test under way and all later ones inconclusive, limit `cancelled`.
 */
export class LitmusSession {
	private readonly terminal: Terminal;
	private readonly options: CheckOptions;
	private readonly session: SessionOptions;
	private isStopped: boolean;

	constructor(terminal: Terminal, options: CheckOptions, session: SessionOptions = {}) {
		this.terminal = terminal;
		this.options = options;
		this.session = session;
		this.isStopped = session.isStopped === true;
	}

	/** The result, with its witnesses; or errors that only the exploration meets. */
	async search(
		given: LitmusFile & { readonly test: LitmusTest },
	): Promise<{ readonly result: CheckResult } | readonly FileError[]> {
		const { file, test } = given;
		const { drawsAll, witnesses = drawsAll ? drawnMaximum : 1, withFences } = this.session;
		const { secondsMax, statesMax } = this.options.limits;
		const progress = progressLine(this.terminal, test.name);
		const started = performance.now();
		const litmus = await this.interruptible((cancelled) =>
			startLitmus(test, {
				model: this.options.lower.memory ?? "lkmm",
				limits: { seconds: secondsMax, executions: statesMax, witnesses },
				cancelled,
				onProgress: (executions) =>
					progress.show({
						states: executions,
						seconds: (performance.now() - started) / 1000,
						frontier: 0,
						memoryMiB: 0,
					}),
			}),
		);
		progress.clear();
		if (litmus.errors.length > 0) return located(file, test.text, litmus.errors);
		const result = litmusCheckResult(file, test, litmus);
		if (result.verdict !== "race" || !withFences?.(result)) return { result };
		const { litmusFenceFixes } = await import("../../engine/litmus/fences.ts");
		const { fixes, isComplete } = litmusFenceFixes(test, result, { seconds: fenceSecondsMaximum });
		return { result: { ...result, fences: fixes, ...(!isComplete && { fencesIncomplete: true }) } };
	}

	private async interruptible(start: (cancelled: () => boolean) => LitmusExploration): Promise<LitmusResult> {
		const release = this.terminal.onInterrupt(() => {
			this.isStopped = true;
		});
		try {
			const exploration = start(() => this.isStopped);
			for (;;) {
				const result = exploration.advanceFor(sliceMilliseconds);
				if (result) return result;
				await new Promise((resolve) => setImmediate(resolve));
			}
		} finally {
			release();
		}
	}

	/** What is to be said of a result below its report: with a newline, "" when that is nothing. */
	async notes(result: CheckResult): Promise<string> {
		const lines: string[] = [];
		const { litmus, witnesses = [], expected } = result;
		if (standing(result) === "not met") lines.push(`Unexpected: ${litmus?.verdict}, its comment says ${expected}`);
		if (this.session.drawsAll) {
			const { graphDiagram } = await import("../../engine/verdict/graphAscii.ts");
			const { diagramColumns } = await import("../../engine/verdict/ascii.ts");
			for (const [index, graph] of witnesses.entries())
				lines.push("", `Witness ${index + 1} of ${witnesses.length}`, "", ...graphDiagram(graph, diagramColumns));
			if (witnesses.length === drawnMaximum) lines.push("", `No more than ${drawnMaximum} witnesses are drawn`);
		}
		if (result.fences) {
			const { fenceLines } = await import("./fences.ts");
			lines.push(...fenceLines(result, "forbids"));
		}
		return lines.map((line) => `${line}\n`).join("");
	}
}
