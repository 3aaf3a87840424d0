/** `mmscn replay FILE CHECK SCHEDULE`: takes the steps of a schedule again, without a search, and says where they lead. */
import { replaySchedule } from "../../engine/check.ts";
import { renderAscii } from "../../engine/verdict/ascii.ts";
import { isTrace } from "../../engine/verdict/replay.ts";
import type { Trace } from "../../engine/verdict/verdict.ts";
import { ascii } from "../../engine/verdict/words.ts";
import { checkOptions, readOptions } from "./arguments.ts";
import { type FoundCheck, findCheck, resultOfTrace } from "./findCheck.ts";
import { exitStatus, type Terminal, UsageError } from "./terminal.ts";

export const replayUsage = `mmscn replay FILE CHECK SCHEDULE [--full] [--memory MODEL]

Takes the steps of a schedule again, one by one, without a search, and draws what happens. CHECK is CHECK or
SCENARIO.CHECK; a schedule is printed with every counterexample.

  --full                   draw every step, not only those that show the race
  --memory MODEL           sc or lkmm, whatever the check says

Exit status: 0 the schedule leads to a violation, 1 it does not fit the file or leads to none, 2 the file or the command
line cannot be used.
`;

/** Runs the command; the exit status. */
export async function replay(given: readonly string[], terminal: Terminal): Promise<number> {
	const { values, positionals } = readOptions(given, { full: { type: "boolean" }, memory: { type: "string" } });
	const [file, check, schedule, ...more] = positionals;
	if (file === undefined || check === undefined || schedule === undefined || more.length > 0) {
		throw new UsageError("FILE, CHECK and SCHEDULE are wanted");
	}
	const found = findCheck(file, check, checkOptions(values), terminal);
	if (found === undefined) return exitStatus.unusable;
	const trace = replayed(found, schedule, terminal);
	if (trace === undefined) return exitStatus.notMet;
	terminal.out(renderAscii(resultOfTrace(found, trace), { full: values.full === true }));
	return exitStatus.met;
}

/** The trace of a schedule; undefined, and said on the terminal, when it does not fit or leads to no violation. */
export function replayed(found: FoundCheck, schedule: string, terminal: Terminal): Trace | undefined {
	const result = replaySchedule(found.programs, schedule);
	if (isTrace(result)) return result;
	terminal.error(`mmscn: ${result.message}\n`);
	const last = result.steps.at(-1);
	if (last !== undefined) {
		const count = result.steps.length;
		const { line, column } = last.location;
		const where = `${found.loader.shown(last.location.file)}:${line}:${column}`;
		terminal.error(`${count} step${count === 1 ? "" : "s"} fitted; the last one is ${where}: ${ascii(last.text)}\n`);
	}
	return undefined;
}
