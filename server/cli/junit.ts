/** Results as JUnit XML, for CI systems that show tests: a suite per scenario, a case per check. */
import { renderAscii } from "../../engine/verdict/ascii.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { FileError } from "./fileError.ts";
import { standing, verdictWords } from "./table.ts";

function escaped(text: string): string {
	return text
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;")
		.replaceAll('"', "&quot;")
		.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (sign) => (/[\t\r\n]/.test(sign) ? sign : "\ufffd"));
}

const attributes = (given: Readonly<Record<string, string | number>>) =>
	Object.entries(given)
		.map(([name, value]) => ` ${name}="${escaped(String(value)).replace(/[\t\r\n]/g, " ")}"`)
		.join("");

function testCase(result: CheckResult): string {
	const head = attributes({
		classname: result.scenario,
		name: result.check,
		file: result.file,
		time: result.stats.seconds.toFixed(3),
	});
	const kind = standing(result);
	if (kind === "met") return `\t\t<testcase${head}/>`;
	const said = `${verdictWords(result)}, expected ${result.expected}`;
	const message = result.violation === undefined ? said : `${said}: ${result.violation.message}`;
	const tag = kind === "inconclusive" ? "error" : "failure";
	const body = result.trace === undefined ? "" : escaped(renderAscii(result));
	return `\t\t<testcase${head}><${tag}${attributes({ type: verdictWords(result), message })}>${body}</${tag}></testcase>`;
}

/** A whole document. A file that cannot be searched is a suite with one error. */
export function renderJunit(results: readonly CheckResult[], errors: readonly FileError[]): string {
	const suites = new Map<string, CheckResult[]>();
	for (const result of results) {
		const name = `${result.file} ${result.scenario}`;
		suites.set(name, [...(suites.get(name) ?? []), result]);
	}
	const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="mmscn">'];
	for (const [name, inside] of suites) {
		const count = (which: string) => inside.filter((one) => standing(one) === which).length;
		const time = inside.reduce((sum, one) => sum + one.stats.seconds, 0).toFixed(3);
		const head = { name, tests: inside.length, failures: count("not met"), errors: count("inconclusive"), time };
		lines.push(`\t<testsuite${attributes(head)}>`, ...inside.map(testCase), "\t</testsuite>");
	}
	for (const file of new Set(errors.map((one) => one.file))) {
		const inside = errors.filter((one) => one.file === file);
		const text = inside.map((one) => `${one.line}:${one.column}: ${one.message}`).join("\n");
		lines.push(
			`\t<testsuite${attributes({ name: file, tests: 1, failures: 0, errors: 1 })}>`,
			`\t\t<testcase${attributes({ classname: file, name: "read" })}><error${attributes({ type: "error", message: inside[0]?.message ?? "" })}>${escaped(text)}</error></testcase>`,
			"\t</testsuite>",
		);
	}
	lines.push("</testsuites>");
	return `${lines.join("\n")}\n`;
}
