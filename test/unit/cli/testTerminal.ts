import type { Terminal } from "../../../server/cli/terminal.ts";

export interface Recorded {
	readonly terminal: Terminal;
	readonly out: () => string;
	readonly error: () => string;
	/** What Ctrl-C does. */
	readonly interrupt: () => void;
}

/** A terminal that remembers what was written; plain unless told otherwise. */
export function testTerminal(options: Partial<Terminal> = {}): Recorded {
	let out = "";
	let error = "";
	const stops = new Set<() => void>();
	return {
		terminal: {
			out: (text) => {
				out += text;
			},
			error: (text) => {
				error += text;
			},
			colours: false,
			interactive: false,
			directory: process.cwd(),
			searchWorker: new URL("searchWorker.mjs", import.meta.url),
			onInterrupt: (stop) => {
				stops.add(stop);
				return () => stops.delete(stop);
			},
			...options,
		},
		out: () => out,
		error: () => error,
		interrupt: () => {
			for (const stop of stops) stop();
		},
	};
}
