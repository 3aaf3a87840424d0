/** `mmscn export --to promela FILE CHECK`: the check as a model for another tool. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { exportPromela, NotExportable } from "../../engine/export/promela.ts";
import { underInterleavings } from "../../engine/program/interleaved.ts";
import type { Program } from "../../engine/program/program.ts";
import { checkOptions, readOptions } from "./arguments.ts";
import { findCheck } from "./findCheck.ts";
import { reason } from "./paths.ts";
import { exitStatus, type Terminal, UsageError } from "./terminal.ts";

export const exportUsage = `mmscn export --to promela FILE CHECK [OPTIONS]

Writes the check as a Promela model for SPIN: the same steps of the same threads, so that SPIN reaches the same states and finds
the same violations. CHECK is CHECK or SCENARIO.CHECK. Run the model with

  spin -a MODEL && gcc -O2 -DVECTORSZ=8192 -o pan pan.c && ./pan -E

  --to promela             the only target there is
  --output FILE            write to FILE instead of standard output
  --parameters LIST        NAME = VALUE, …: of a check that leaves parameters open, the model of these values
  --memory sc              sequentially consistent, whatever the check says; a check under lkmm has no model otherwise

Exit status: 0 the model is written, 2 the file or the command line cannot be used, or the check cannot be exported.
`;

/** Runs the command; the exit status. */
export async function exportCheck(given: readonly string[], terminal: Terminal): Promise<number> {
	const { values, positionals } = readOptions(given, {
		to: { type: "string" },
		output: { type: "string" },
		parameters: { type: "string" },
		memory: { type: "string" },
	});
	if (values.to !== "promela")
		throw new UsageError(values.to === undefined ? "--to promela is wanted" : `--to ${values.to}: promela is wanted`);
	const [file, check, ...more] = positionals;
	if (file === undefined || check === undefined || more.length > 0) throw new UsageError("FILE and CHECK are wanted");
	const found = findCheck(file, check, checkOptions(values), terminal);
	if (found === undefined) return exitStatus.unusable;
	const program = chosen(found.programs, check, values.parameters);
	const cannot = (why: string) => {
		terminal.error(`mmscn: ${program.scenario}.${program.check} cannot be exported: ${why}\n`);
		return exitStatus.unusable;
	};
	if (program.memory !== "sc")
		return cannot("it is under lkmm, and Promela's memory is sequentially consistent (--memory sc exports it as that)");
	let model: string;
	try {
		model = exportPromela(underInterleavings(program));
	} catch (error) {
		if (error instanceof NotExportable) return cannot(error.message);
		throw error;
	}
	if (values.output === undefined) {
		terminal.out(model);
		return exitStatus.met;
	}
	try {
		writeFileSync(resolve(terminal.directory, values.output), model);
	} catch (error) {
		terminal.error(`${values.output}: error: ${reason(error)}\n`);
		return exitStatus.unusable;
	}
	return exitStatus.met;
}

/** The one program that is meant; a UsageError where there are several, or none. */
function chosen(programs: readonly Program[], check: string, list: string | undefined): Program {
	const wanted = list === undefined ? [] : parametersIn(list);
	const known = new Set(programs.flatMap((program) => Object.keys(program.parameters)));
	const unknown = wanted.find(([name]) => !known.has(name));
	if (unknown)
		throw new UsageError(
			`${check} has no parameter ${unknown[0]}${known.size > 0 ? `; it has ${[...known].join(", ")}` : ""}`,
		);
	const fitting = programs.filter((program) => wanted.every(([name, value]) => program.parameters[name] === value));
	const [first, ...others] = fitting;
	if (first && others.length === 0) return first;
	const combinations = (first ? fitting : programs).map((program) => `  --parameters "${spelled(program)}"`).join("\n");
	throw new UsageError(
		first
			? `${check} leaves parameters open and has ${fitting.length} models; choose one:\n${combinations}`
			: `${check} is never searched with ${list}; it is with:\n${combinations}`,
	);
}

function parametersIn(list: string): [name: string, value: string][] {
	return list.split(",").map((each) => {
		const [, name, value] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(each) ?? [];
		if (name === undefined || value === undefined)
			throw new UsageError(`--parameters ${list}: "NAME = VALUE, …" is wanted`);
		return [name, value];
	});
}

const spelled = (program: Program) =>
	Object.entries(program.parameters)
		.map(([name, value]) => `${name} = ${value}`)
		.join(", ");
