/** One line on the terminal that says how far a search is; nothing where standard error is no terminal. */
import { grouped } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface SearchProgress {
	readonly states: number;
	readonly seconds: number;
	readonly frontier: number;
	readonly memoryMiB: number;
}

export interface ProgressLine {
	show(progress: SearchProgress): void;
	clear(): void;
}

/** A line that begins with `name` and is rewritten at each report. */
export function progressLine(terminal: Terminal, name: string): ProgressLine {
	let shown = false;
	return {
		show: ({ states, seconds, frontier, memoryMiB }) => {
			if (!terminal.interactive) return;
			shown = true;
			const rate = seconds > 0 ? `, ${grouped(Math.round(states / seconds))} states/s` : "";
			const ahead = frontier > 0 ? `, frontier ${grouped(frontier)}` : "";
			const line = `${name}: ${grouped(states)} states${rate}${ahead}, ${seconds.toFixed(0)} s, ${Math.ceil(memoryMiB)} MiB (Ctrl-C stops)`;
			terminal.error(`\r\x1b[K${line}`);
		},
		clear: () => {
			if (shown) terminal.error("\r\x1b[K");
			shown = false;
		},
	};
}
