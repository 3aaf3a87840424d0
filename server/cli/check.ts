/** `mmscn check PATHS…`: searches every check of the files and says which expectations are met. */
import { asciiDiagram } from "../../engine/verdict/ascii.ts";
import { renderJsonArray } from "../../engine/verdict/json.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { ascii, parameterWords, sentence, violationName } from "../../engine/verdict/words.ts";
import { checkOptions, readOptions, searchOptionNames } from "./arguments.ts";
import { errorLine } from "./fileError.ts";
import { renderJunit } from "./junit.ts";
import { expandPaths } from "./paths.ts";
import { renderSarif } from "./sarif.ts";
import { SearchSession } from "./search.ts";
import { FileLoader, type NamedCheck, type Searchable } from "./searchable.ts";
import { CheckTable, standing, summary } from "./table.ts";
import { coloured, exitStatus, type Terminal, UsageError } from "./terminal.ts";
import { programVersion } from "./version.ts";

export const checkUsage = `mmscn check PATHS… [OPTIONS]

Searches every interleaving of every check in the files, and says which expectations are met. A PATH is a .mmscn file, a
.litmus file, or a folder, whose files are taken recursively and in order.

  --check NAME             only this check: CHECK or SCENARIO.CHECK
  --format FORMAT          text (default), json, sarif or junit
  --diagram                draw every counterexample, not only the unexpected ones
  --full                   draw every step of it, not only those that show the race
  --states-max N           stop a search after N states
  --seconds-max S          stop a search after S seconds
  --memory-max MIB         stop a search when its tables are larger
  --memory MODEL           sc or lkmm, whatever the checks say
  --no-reduction           every interleaving one by one, as the reduced search's oracle
  --count-interleavings    count the complete interleavings as well

Exit status: 0 every check meets its expectation, 1 one does not, 2 a file cannot be read, parsed or typed, 3 a check is
inconclusive. Of several, 2 goes before 1, and 1 before 3.
`;

const formats = ["text", "json", "sarif", "junit"] as const;

/** Whether the user asked for this check: CHECK, or SCENARIO.CHECK. */
export function isWanted(check: NamedCheck, name: string | undefined): boolean {
	return name === undefined || name === check.check || name === `${check.scenario}.${check.check}`;
}

interface Job {
	readonly file: Searchable;
	readonly check: NamedCheck;
}

/** Runs the command; the exit status. Throws a UsageError when the arguments make no sense. */
export async function check(given: readonly string[], terminal: Terminal): Promise<number> {
	const { values, positionals } = readOptions(given, {
		...searchOptionNames,
		check: { type: "string" },
		format: { type: "string" },
		diagram: { type: "boolean" },
		full: { type: "boolean" },
	});
	const format = formats.find((one) => one === (values.format ?? "text"));
	if (format === undefined) throw new UsageError(`--format ${values.format}: one of ${formats.join(", ")} is wanted`);
	if (positionals.length === 0) throw new UsageError("no PATH to check; a file or a folder is wanted");
	const options = checkOptions(values);

	const { files, errors } = expandPaths(positionals, terminal.directory);
	for (const line of errors) terminal.error(`${line}\n`);
	const loader = new FileLoader(terminal.directory);
	const loaded = files.map((file) => loader.load(file));
	const all = loaded.flatMap((file) => file.checks.map((one): Job => ({ file, check: one })));
	const jobs = all.filter((one) => isWanted(one.check, values.check));
	const mistakes = loaded.flatMap((one) => one.errors);
	const searchable = jobs.filter((one) => {
		const problems = loader.problems(one.file, one.check, options.lower);
		mistakes.push(...problems);
		return problems.length === 0;
	});
	// A mistake that several files or checks meet is told once.
	const found = [...new Map(mistakes.map((error) => [errorLine(error), error])).values()];
	for (const error of found) terminal.error(`${errorLine(error)}\n`);
	const unusable = errors.length > 0 || found.some((one) => one.severity === "error");
	if (values.check !== undefined && jobs.length === 0 && !unusable) {
		throw new UsageError(`--check ${values.check}: no file has a check of that name`);
	}

	const text = format === "text";
	const results = await searchAll(
		searchable,
		new SearchSession(terminal, loader, options),
		text ? terminal : undefined,
	);
	if (format === "json") terminal.out(renderJsonArray(results));
	if (format === "sarif") terminal.out(renderSarif(results, found, programVersion()));
	if (format === "junit") terminal.out(renderJunit(results, found));
	if (text) {
		for (const result of results) {
			if (values.diagram !== true && standing(result) !== "not met") continue;
			const said = account(result, values.full === true, terminal);
			if (said !== "") terminal.out(`\n${said}`);
		}
		if (results.length > 0) terminal.out(`\n${summary(results)}\n`);
		else if (!unusable) terminal.out("no checks\n");
	}
	if (unusable) return exitStatus.unusable;
	if (results.some((one) => standing(one) === "not met")) return exitStatus.notMet;
	if (results.some((one) => standing(one) === "inconclusive")) return exitStatus.inconclusive;
	return exitStatus.met;
}

/** Searches one check after the other; with a terminal, the table grows as results come. */
async function searchAll(
	jobs: readonly Job[],
	session: SearchSession,
	terminal: Terminal | undefined,
): Promise<CheckResult[]> {
	const table =
		terminal &&
		new CheckTable(
			terminal,
			jobs.map((one) => one.check),
		);
	const several = new Set(jobs.map((one) => one.file)).size > 1;
	const results: CheckResult[] = [];
	let previous: Searchable | undefined;
	try {
		for (const { file, check } of jobs) {
			if (terminal && table) {
				if (previous === undefined) terminal.out(`${table.head()}\n`);
				if (several && file !== previous) terminal.out(`${coloured(terminal, "dim", file.file)}\n`);
				previous = file;
			}
			const result = await session.search(file, check);
			results.push(result);
			if (terminal && table) terminal.out(`${table.row(result)}\n`);
		}
	} finally {
		await session.dispose();
	}
	return results;
}

/** What went wrong, as compilers say it, then the diagram, then how to see it again. */
function account(result: CheckResult, full: boolean, terminal: Terminal): string {
	const name = `${result.scenario}.${result.check}`;
	const { violation, trace } = result;
	if (violation === undefined) {
		if (standing(result) === "not met")
			return `${result.file}: ${name} is ${result.verdict}, expected ${result.expected}\n`;
		return "";
	}
	const { file, line, column } = violation.location;
	const colour = standing(result) === "not met" ? "red" : "yellow";
	const lines = [
		`${file}:${line}:${column}: ${coloured(terminal, colour, violationName(violation.kind))}: ${ascii(sentence(violation.message))}`,
	];
	if (trace === undefined) return `${lines.join("\n")}\n`;
	const parameters = parameterWords(trace.parameters);
	lines.push(`  in check ${name}${parameters === "" ? "" : ` with ${ascii(parameters)}`}`);
	const last = trace.steps.at(-1);
	if (last !== undefined && (last.threadLocation.file !== file || last.threadLocation.line !== line)) {
		const at = last.threadLocation;
		lines.push(`  at ${at.file}:${at.line}:${at.column} in ${trace.threads[last.thread]?.name ?? "?"}`);
	}
	const rules = violation.rules ?? [];
	if (rules.length > 0) lines.push(`  breaks ${rules.join(", ")} (mmscn explain ${rules[0]})`);
	lines.push(
		"",
		...asciiDiagram(trace, { full }).map((one) => (one.includes("<-- ") ? marked(terminal, one) : one)),
		"",
	);
	lines.push(`replay: mmscn replay ${shellWord(result.file)} ${name} ${shellWord(trace.schedule)}`);
	return `${lines.join("\n")}\n`;
}

function marked(terminal: Terminal, line: string): string {
	const at = line.lastIndexOf("<-- ");
	return line.slice(0, at) + coloured(terminal, "red", line.slice(at));
}

/** The word as a POSIX shell takes it literally. */
export function shellWord(word: string): string {
	return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
