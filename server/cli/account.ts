/** What went wrong in one check, for people: as compilers say it, then the diagram, then how to see it again. */
import { asciiDiagram, diagramColumns } from "../../engine/verdict/ascii.ts";
import { graphDiagram } from "../../engine/verdict/graphAscii.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { ascii, parameterWords, sentence, violationName } from "../../engine/verdict/words.ts";
import { fenceLines } from "./fences.ts";
import { standing } from "./table.ts";
import { coloured, type Terminal } from "./terminal.ts";

/** The text, with its newline; "" when there is nothing to say. `full` draws every step. */
export function account(result: CheckResult, full: boolean, terminal: Terminal): string {
	const name = `${result.scenario}.${result.check}`;
	const { violation, trace } = result;
	if (violation === undefined) {
		if (result.reason !== undefined) return `${result.file}: ${name} is ${result.verdict}: ${ascii(result.reason)}\n`;
		const lines =
			standing(result) === "not met"
				? [`${result.file}: ${name} is ${result.verdict}, expected ${result.expected}`]
				: [];
		for (const { location, text } of full ? (result.coverage?.unreached ?? []) : []) {
			lines.push(`${location.file}:${location.line}:${location.column}: never ran in ${name}: ${ascii(text)}`);
		}
		for (const { location, text } of full ? (result.coverage?.leftOut ?? []) : []) {
			const place = `${location.file}:${location.line}:${location.column}`;
			lines.push(`${place}: left out by the parameters of ${name}: ${ascii(text)}`);
		}
		return lines.map((line) => `${line}\n`).join("");
	}
	const { file, line, column } = violation.location;
	const colour = standing(result) === "not met" ? "red" : "yellow";
	const lines = [
		`${file}:${line}:${column}: ${coloured(terminal, colour, violationName(violation.kind))}: ${ascii(sentence(violation.message))}`,
	];
	if (trace === undefined) {
		lines.push(`  in check ${name}`);
		if (result.graph !== undefined) lines.push("", ...graphDiagram(result.graph, diagramColumns));
		lines.push(...fenceLines(result, "makes safe"));
		return `${lines.join("\n")}\n`;
	}
	const parameters = parameterWords(trace.parameters);
	lines.push(`  in check ${name}${parameters === "" ? "" : ` with ${ascii(parameters)}`}`);
	const last = trace.steps.at(-1);
	if (last !== undefined && (last.threadLocation.file !== file || last.threadLocation.line !== line)) {
		const at = last.threadLocation;
		lines.push(`  at ${at.file}:${at.line}:${at.column} in ${trace.threads[last.thread]?.name ?? "?"}`);
	}
	const rules = violation.rules ?? [];
	if (rules.length > 0) lines.push(`  breaks ${rules.join(", ")} (mmscn explain ${rules[0]})`);
	lines.push(
		"",
		...asciiDiagram(trace, { full }).map((one) => (one.includes("<-- ") ? marked(terminal, one) : one)),
		"",
	);
	lines.push(`replay: mmscn replay ${shellWord(result.file)} ${name} ${shellWord(trace.schedule)}`);
	return `${lines.join("\n")}\n`;
}

function marked(terminal: Terminal, line: string): string {
	const at = line.lastIndexOf("<-- ");
	return line.slice(0, at) + coloured(terminal, "red", line.slice(at));
}

/** The word as a POSIX shell takes it literally. */
export function shellWord(word: string): string {
	return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
