/** `mmscn trace FILE CHECK [SCHEDULE]`: one counterexample, as text or picture. */
import type { CheckOptions } from "../../engine/check.ts";
import { renderTrace, traceFormats } from "../../engine/verdict/render.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { checkOptions, readOptions, searchOptionNames } from "./arguments.ts";
import { errorLine } from "./fileError.ts";
import { type FoundCheck, findCheck, resultOfTrace } from "./findCheck.ts";
import { LitmusSession, loadLitmus } from "./litmus.ts";
import { replayed } from "./replay.ts";
import { SearchSession } from "./search.ts";
import { verdictWords } from "./table.ts";
import { exitStatus, type Terminal, UsageError } from "./terminal.ts";

export const traceUsage = `mmscn trace FILE CHECK [SCHEDULE] [OPTIONS]
mmscn trace FILE.litmus [WITNESS] [OPTIONS]

Writes the counterexample of a check to standard output: of its schedule, or of a search where none is given. CHECK is CHECK
or SCENARIO.CHECK. Of a litmus test, an execution that ends as its condition asks (for forall, one that does not): the first, or the
one with the number WITNESS.

  --format FORMAT          ascii (default), comment (C), markdown, svg, mermaid or json
  --full                   every step, not only those that show the race (json always has all)
  --states-max N           stop a search after N states
  --seconds-max S          stop a search after S seconds
  --memory-max MIB         stop a search when its tables are larger
  --memory MODEL           sc or lkmm, whatever the check says
  --no-reduction           leave out no interleaving for being equivalent to another

Exit status: 0 there is a counterexample, 1 there is none, 2 the file or the command line cannot be used, 3 the search is
inconclusive.
`;

/** Runs the command; the exit status. */
export async function trace(given: readonly string[], terminal: Terminal): Promise<number> {
	const { values, positionals } = readOptions(given, {
		...searchOptionNames,
		format: { type: "string" },
		full: { type: "boolean" },
	});
	const [file, check, schedule, ...more] = positionals;
	const isLitmus = file?.endsWith(".litmus") === true;
	if (isLitmus && schedule !== undefined)
		throw new UsageError("a litmus test has no schedules: FILE and WITNESS are wanted");
	if (file === undefined || (check === undefined && !isLitmus) || more.length > 0)
		throw new UsageError("FILE and CHECK are wanted");
	const format = traceFormats.find((one) => one === (values.format ?? "ascii"));
	if (format === undefined)
		throw new UsageError(`--format ${values.format}: one of ${traceFormats.join(", ")} is wanted`);
	const options = checkOptions(values);
	const full = values.full === true;
	if (isLitmus || check === undefined)
		return witness(file, check, options, terminal, (result) => renderTrace(result, format, { full }));
	const found = findCheck(file, check, options, terminal);
	if (found === undefined) return exitStatus.unusable;
	let result: CheckResult;
	if (schedule === undefined) result = await searched(found, new SearchSession(terminal, found.loader, options));
	else {
		const trace = replayed(found, schedule, terminal);
		if (trace === undefined) return exitStatus.notMet;
		result = resultOfTrace(found, trace);
	}
	if (result.trace === undefined && result.graph === undefined) {
		terminal.error(
			`mmscn: ${result.scenario}.${result.check} is ${verdictWords(result)}: there is no counterexample\n`,
		);
		return result.verdict === "inconclusive" ? exitStatus.inconclusive : exitStatus.notMet;
	}
	terminal.out(renderTrace(result, format, { full }));
	return exitStatus.met;
}

/** Draws a witness of a litmus test; the exit status. */
async function witness(
	file: string,
	asked: string | undefined,
	options: CheckOptions,
	terminal: Terminal,
	draw: (result: CheckResult) => string,
): Promise<number> {
	const number = Number(asked ?? "1");
	if (!Number.isInteger(number) || number < 1)
		throw new UsageError(`${asked}: the number of a witness is wanted, from 1`);
	const loaded = loadLitmus(file, terminal.directory);
	const { test } = loaded;
	const session = new LitmusSession(terminal, options, { witnesses: number });
	const outcome = test && (await session.search({ ...loaded, test }));
	const errors = outcome === undefined ? loaded.errors : "result" in outcome ? [] : outcome;
	for (const error of errors) terminal.error(`${errorLine(error)}\n`);
	if (outcome === undefined || !("result" in outcome)) return exitStatus.unusable;
	const { result } = outcome;
	const graph = result.witnesses?.[number - 1];
	if (graph) {
		terminal.out(draw({ ...result, graph }));
		return exitStatus.met;
	}
	const count = result.witnesses?.length ?? 0;
	terminal.error(
		`mmscn: ${result.scenario} has ${count === 0 ? "no witness" : `${count} witness${count === 1 ? "" : "es"}`}\n`,
	);
	return result.stats.limit === undefined ? exitStatus.notMet : exitStatus.inconclusive;
}

async function searched({ file, check }: FoundCheck, session: SearchSession): Promise<CheckResult> {
	try {
		return await session.search(file, check);
	} finally {
		await session.dispose();
	}
}
