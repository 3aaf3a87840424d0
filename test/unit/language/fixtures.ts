/** Fixtures: files whose comments say which diagnostics they must have, and no others. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import type { Module, Resolve } from "../../../engine/language/analyze.ts";

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolvePath(here, "../../..");
export const fixtureFolder = join(here, "fixtures");

/** Files of the kernel model, and files next to the one that includes them. */
export const resolveOnDisk: Resolve = (path, system, fromFile) => {
	const file = system ? join(root, "engine/kernel", path) : join(dirname(fromFile), path);
	return existsSync(file) ? { file, text: readFileSync(file, "utf8") } : undefined;
};

export function fixtureFiles(): string[] {
	return readdirSync(fixtureFolder)
		.filter((name) => name.endsWith(".mmscn"))
		.sort();
}

/** `//   ^^^ error code: message`, under the line that it is about; `// <- …` for what begins at the comment's own column. */
const markerPattern = /^[ \t]*\/\/[ \t]*(?:\^+|<-) (?:error|warning|information) [a-z-]+: .*$/;

/** The text without its markers. */
export function withoutMarkers(text: string): string {
	return text
		.split("\n")
		.filter((line) => !markerPattern.test(line))
		.join("\n");
}

/** Widths as an editor with tabs of one column: markers repeat the tabs of the line above. */
function marker(line: string, from: number, to: number, rest: string): string {
	const indent = line.slice(0, from).replace(/[^\t]/g, " ");
	if (from < 2 || /\t/.test(indent.slice(0, 2))) {
		const tabs = /^\t*/.exec(indent)?.[0].length ?? 0;
		if (tabs === from) return `${indent}// <- ${rest}`;
		return `${"\t".repeat(tabs)}//${" ".repeat(Math.max(0, from - tabs - 2))}${"^".repeat(Math.max(1, to - from))} ${rest}`;
	}
	return `//${indent.slice(2)}${"^".repeat(Math.max(1, to - from))} ${rest}`;
}

/** The text with a marker for each diagnostic under its first line. */
export function withMarkers(module: Module): string {
	const lines = module.text.split("\n");
	const byLine = new Map<number, string[]>();
	for (const one of module.diagnostics) {
		const from = module.lines.position(one.pos);
		const to = module.lines.position(one.end);
		const text = lines[from.line - 1] ?? "";
		const end = to.line === from.line ? to.column : text.length + 1;
		const list = byLine.get(from.line) ?? [];
		list.push(marker(text, from.column - 1, end - 1, `${one.severity} ${one.code}: ${one.message}`));
		byLine.set(from.line, list);
	}
	return lines.flatMap((line, index) => [line, ...(byLine.get(index + 1) ?? [])]).join("\n");
}
