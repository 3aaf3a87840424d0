/** `mmscn check PATHS…`: searches every check of the files and says which expectations are met. */
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { checkOptions, readOptions, searchOptionNames } from "./arguments.ts";
import { errorLine, type FileError } from "./fileError.ts";
import { type CheckJob, type Inputs, readInputs } from "./inputs.ts";
import { LitmusSession } from "./litmus.ts";
import type { SearchSession } from "./search.ts";
import { CheckTable, standing, summary } from "./table.ts";
import { coloured, exitStatus, type Terminal, UsageError } from "./terminal.ts";
import { programVersion } from "./version.ts";

export const checkUsage = `mmscn check PATHS… [OPTIONS]

Searches every interleaving of every check in the files, and says which expectations are met. A PATH is a .mmscn file, a
.litmus file, or a folder, whose files are taken recursively and in order.

  --check NAME             only this check: CHECK or SCENARIO.CHECK
  --format FORMAT          text (default), json, sarif or junit
  --diagram                draw every counterexample, not only the unexpected ones; of a litmus test, every witness
  --full                   draw every step of it, not only those that show the race; list what never ran in a safe check
  --states-max N           stop a search after N states
  --seconds-max S          stop a search after S seconds
  --memory-max MIB         stop a search when its tables are larger
  --memory MODEL           sc or lkmm, whatever the checks say; with lkmm, also says which are otherwise under sc
  --no-reduction           leave out no interleaving for being equivalent to another: the oracle of the ordinary search
  --count-interleavings    count the complete interleavings as well

Exit status: 0 every check meets its expectation, 1 one does not, 2 a file cannot be read, parsed or typed, 3 a check is
inconclusive. Of several, 2 goes before 1, and 1 before 3.
`;

const formats = ["text", "json", "sarif", "junit"] as const;

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
	const inputs = await readInputs(positionals, values.check, options, terminal);
	if (values.check !== undefined && inputs.checks.length + inputs.litmus.length === 0 && !inputs.wrong) {
		throw new UsageError(`--check ${values.check}: no file has a check of that name`);
	}

	const table = format === "text" ? terminal : undefined;
	// Barriers are looked for where they will be told.
	const withFences = (race: CheckResult) =>
		format !== "text" || values.diagram === true || standing(race) === "not met";
	const checked: CheckResult[] = [];
	let isStopped = false;
	if (inputs.loader && inputs.checks.length > 0) {
		const { SearchSession } = await import("./search.ts");
		const session = new SearchSession(terminal, inputs.loader, options);
		checked.push(
			...(await searchChecks(inputs.checks, session, table, { both: options.lower.memory === "lkmm", withFences })),
		);
		isStopped = session.isStopped;
	}
	if (table && checked.length > 0 && inputs.litmus.length > 0) terminal.out("\n");
	const litmus = new LitmusSession(terminal, options, {
		isStopped,
		// A suite has hundreds of tests that are meant to be weak.
		withFences: (found) => values.diagram === true || standing(found) === "not met",
		drawsAll: values.diagram === true,
	});
	const { results: explored, mistakes: met } = await searchLitmusTests(inputs, litmus, terminal, table);
	const results = [...checked, ...explored];
	const mistakes = [...inputs.mistakes, ...met];
	const unusable = inputs.wrong || met.length > 0;
	if (format === "json") terminal.out((await import("../../engine/verdict/json.ts")).renderJsonArray(results));
	if (format === "sarif") terminal.out((await import("./sarif.ts")).renderSarif(results, mistakes, programVersion()));
	if (format === "junit") terminal.out((await import("./junit.ts")).renderJunit(results, mistakes));
	if (format === "text") {
		const account = checked.length > 0 ? (await import("./account.ts")).account : undefined;
		for (const result of checked) {
			const told = result.reason !== undefined || (values.full === true && result.coverage !== undefined);
			if (values.diagram !== true && !told && standing(result) !== "not met") continue;
			const said = account?.(result, values.full === true, terminal) ?? "";
			if (said !== "") terminal.out(`\n${said}`);
		}
		const differing = checked.filter(({ otherwise }) => otherwise?.differs).length;
		if (checked.some(({ otherwise }) => otherwise))
			terminal.out(`\n${differing} of ${checked.length} checks are otherwise under sequential consistency\n`);
		if (results.length > 0) terminal.out(`${checked.length > 0 ? "\n" : ""}${summary(results)}\n`);
		else if (!unusable) terminal.out("no checks\n");
	}
	if (unusable) return exitStatus.unusable;
	if (results.some((one) => standing(one) === "not met")) return exitStatus.notMet;
	if (results.some((one) => standing(one) === "inconclusive")) return exitStatus.inconclusive;
	return exitStatus.met;
}

/** Searches one check after the other; with a terminal, the table grows as results come. */
async function searchChecks(
	jobs: readonly CheckJob[],
	session: SearchSession,
	terminal: Terminal | undefined,
	{ both, withFences }: { readonly both: boolean; readonly withFences: (race: CheckResult) => boolean },
): Promise<CheckResult[]> {
	const names = jobs.map((one) => one.check);
	const table = terminal && { terminal, rows: new CheckTable(terminal, names) };
	const several = new Set(jobs.map((one) => one.file)).size > 1;
	const results: CheckResult[] = [];
	try {
		for (const [index, { file, check }] of jobs.entries()) {
			const previous = jobs[index - 1]?.file;
			if (table && previous === undefined) table.terminal.out(`${table.rows.head()}\n`);
			if (table && several && file !== previous) table.terminal.out(`${coloured(table.terminal, "dim", file.file)}\n`);
			const found = await session.search(file, check, { withFences });
			const result = both ? compared(found, await session.search(file, check, { memory: "sc" })) : found;
			results.push(result);
			table?.terminal.out(`${table.rows.row(result)}\n`);
		}
	} finally {
		await session.dispose();
	}
	return results;
}

/** A result with what the same check is under another model beside it. */
function compared(result: CheckResult, other: CheckResult): CheckResult {
	const { memory, verdict, violation, stats } = other;
	const isSettled = result.verdict !== "inconclusive" && verdict !== "inconclusive";
	const differs = isSettled && (result.verdict !== verdict || result.violation?.kind !== violation?.kind);
	return {
		...result,
		otherwise: {
			memory,
			verdict,
			...(violation && { kind: violation.kind }),
			...(stats.limit && { limit: stats.limit }),
			differs,
		},
	};
}

/** Explores the litmus tests; with a table's terminal, each is reported as herd7 does. */
async function searchLitmusTests(
	{ litmus }: Inputs,
	session: LitmusSession,
	terminal: Terminal,
	table: Terminal | undefined,
): Promise<{ readonly results: readonly CheckResult[]; readonly mistakes: readonly FileError[] }> {
	const results: CheckResult[] = [];
	const mistakes: FileError[] = [];
	for (const test of litmus) {
		const outcome = await session.search(test);
		if (!("result" in outcome)) {
			for (const error of outcome) terminal.error(`${errorLine(error)}\n`);
			mistakes.push(...outcome);
			continue;
		}
		results.push(outcome.result);
		if (!table) continue;
		table.out(`${outcome.result.litmus?.report ?? ""}\n`);
		const notes = await session.notes(outcome.result);
		if (notes !== "") table.out(notes);
		table.out("\n");
	}
	return { results, mistakes };
}
