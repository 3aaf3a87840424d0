/** Where a command writes and what it learns about its surroundings; tests pass their own. */
export interface Terminal {
	/** Standard output: results. */
	readonly out: (text: string) => void;
	/** Standard error: errors, progress. */
	readonly error: (text: string) => void;
	/** Standard output may be coloured. */
	readonly colours: boolean;
	/** Standard error is a terminal: a line there may be rewritten. */
	readonly interactive: boolean;
	/** Directory that relative paths start from. */
	readonly directory: string;
	/** The program of search threads. */
	readonly searchWorker: URL;
	/** Calls `stop` when the user interrupts (Ctrl-C); returns what ends this. */
	readonly onInterrupt: (stop: () => void) => () => void;
}

/** Exit statuses of the program. */
export const exitStatus = {
	/** Every check meets its expectation. */
	met: 0,
	/** A check does not meet its expectation. */
	notMet: 1,
	/** A file cannot be read, parsed or typed, or the command line makes no sense. */
	unusable: 2,
	/** A check is inconclusive. */
	inconclusive: 3,
} as const;

/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {}

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof codes;

/** The text in that colour, where colours are wanted. */
export function coloured(terminal: Terminal, colour: Colour, text: string): string {
	return terminal.colours ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;
}

/** The terminal that the process was started from. Colours only on a terminal and without NO_COLOR. */
export function processTerminal(): Terminal {
	const noColour = (process.env.NO_COLOR ?? "") !== "" || process.env.TERM === "dumb";
	return {
		out: (text) => process.stdout.write(text),
		error: (text) => process.stderr.write(text),
		colours: process.stdout.isTTY === true && !noColour,
		interactive: process.stderr.isTTY === true && process.env.TERM !== "dumb",
		directory: process.cwd(),
		searchWorker: new URL("searchWorker.js", import.meta.url),
		onInterrupt: (stop) => {
			process.on("SIGINT", stop);
			return () => process.off("SIGINT", stop);
		},
	};
}
