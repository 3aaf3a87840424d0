#!/usr/bin/env node
/** The command line, `mmscn`: finds the command, runs it, says what was wrong with the arguments. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, checkUsage } from "./cli/check.ts";
import { explain, explainUsage } from "./cli/explain.ts";
import { exportCheck, exportUsage } from "./cli/export.ts";
import { replay, replayUsage } from "./cli/replay.ts";
import { exitStatus, processTerminal, type Terminal, UsageError } from "./cli/terminal.ts";
import { trace, traceUsage } from "./cli/trace.ts";
import { programVersion } from "./cli/version.ts";

interface Command {
	readonly run: (given: readonly string[], terminal: Terminal) => Promise<number>;
	readonly usage: string;
	readonly summary: string;
}

const commands: Readonly<Record<string, Command>> = {
	check: { run: check, usage: checkUsage, summary: "search every interleaving of the checks in files" },
	replay: { run: replay, usage: replayUsage, summary: "replay a counterexample from its schedule, step by step" },
	trace: { run: trace, usage: traceUsage, summary: "write a counterexample as ASCII art, Markdown, SVG, …" },
	export: { run: exportCheck, usage: exportUsage, summary: "write a check as a Promela model for SPIN" },
	explain: { run: explain, usage: explainUsage, summary: "what the rule book says about a name" },
};

const usage = `mmscn finds races in Linux memory management before they are merged.

${Object.entries(commands)
	.map(([name, one]) => `  mmscn ${name.padEnd(10)} ${one.summary}`)
	.join("\n")}

  mmscn help COMMAND   says how to use a command
  mmscn --version      prints the version
`;

/** Runs a command line; the exit status. Never throws for anything that the user can type. */
export async function run(given: readonly string[], terminal: Terminal): Promise<number> {
	const [name, ...rest] = given;
	if (name === "--version" || name === "-V") {
		terminal.out(`mmscn ${programVersion()}\n`);
		return exitStatus.met;
	}
	if (name === undefined || name === "--help" || name === "-h" || name === "help") {
		const about = name === "help" ? rest[0] : undefined;
		const known = about === undefined ? usage : commands[about]?.usage;
		if (known === undefined) return misused(terminal, `no command ${about}`, undefined);
		(name === undefined ? terminal.error : terminal.out)(known);
		return name === undefined ? exitStatus.unusable : exitStatus.met;
	}
	const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (command === undefined) return misused(terminal, `no command ${name}`, undefined);
	if (rest.includes("--help") || rest.includes("-h")) {
		terminal.out(command.usage);
		return exitStatus.met;
	}
	try {
		return await command.run(rest, terminal);
	} catch (error) {
		if (error instanceof UsageError) return misused(terminal, error.message, name);
		throw error;
	}
}

function misused(terminal: Terminal, message: string, command: string | undefined): number {
	terminal.error(`mmscn: ${message}\nSee: mmscn help${command === undefined ? "" : ` ${command}`}\n`);
	return exitStatus.unusable;
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
	// A reader that has seen enough (`mmscn … | head`) is no error.
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code === "EPIPE") process.exit(exitStatus.met);
		throw error;
	});
	process.exitCode = await run(process.argv.slice(2), processTerminal());
}
