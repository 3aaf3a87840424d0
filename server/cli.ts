#!/usr/bin/env node
/** The command line, `mmscn`: finds the command, runs it, says what was wrong with the arguments. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitStatus, processTerminal, type Terminal, UsageError } from "./cli/terminal.ts";
import { programVersion } from "./cli/version.ts";

interface Command {
	readonly summary: string;
	/** The command itself is read when it is called for: a program that answers in a tenth of a second reads no more than it needs. */
	readonly load: () => Promise<{
		readonly run: (given: readonly string[], terminal: Terminal) => Promise<number>;
		readonly usage: string;
	}>;
}

const commands: Readonly<Record<string, Command>> = {
	check: {
		summary: "search every interleaving of the checks in files",
		load: async () => {
			const { check, checkUsage } = await import("./cli/check.ts");
			return { run: check, usage: checkUsage };
		},
	},
	replay: {
		summary: "replay a counterexample from its schedule, step by step",
		load: async () => {
			const { replay, replayUsage } = await import("./cli/replay.ts");
			return { run: replay, usage: replayUsage };
		},
	},
	trace: {
		summary: "write a counterexample as ASCII art, Markdown, SVG, …",
		load: async () => {
			const { trace, traceUsage } = await import("./cli/trace.ts");
			return { run: trace, usage: traceUsage };
		},
	},
	export: {
		summary: "write a check as a Promela model for SPIN",
		load: async () => {
			const { exportCheck, exportUsage } = await import("./cli/export.ts");
			return { run: exportCheck, usage: exportUsage };
		},
	},
	explain: {
		summary: "what the rule book says about a name",
		load: async () => {
			const { explain, explainUsage } = await import("./cli/explain.ts");
			return { run: explain, usage: explainUsage };
		},
	},
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
		const known = about === undefined ? usage : (await commandOf(about)?.load())?.usage;
		if (known === undefined) return misused(terminal, `no command ${about}`, undefined);
		(name === undefined ? terminal.error : terminal.out)(known);
		return name === undefined ? exitStatus.unusable : exitStatus.met;
	}
	const command = await commandOf(name)?.load();
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

function commandOf(name: string): Command | undefined {
	return Object.hasOwn(commands, name) ? commands[name] : undefined;
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
