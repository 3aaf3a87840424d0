/**
 * Results as SARIF 2.1.0, for code hosts that show findings on the lines they are about. Checks that meet their
 * expectation are no findings.
 */
import type { CheckResult, Location, Trace } from "../../engine/verdict/verdict.ts";
import { ascii, sentence, violationName } from "../../engine/verdict/words.ts";
import type { FileError } from "./fileError.ts";
import { standing, verdictWords } from "./table.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** A path as the URI reference that SARIF wants; a URI stays what it is. */
function uri(file: string): string {
	if (/^[a-z][a-z0-9+.-]+:/i.test(file)) return encodeURI(file);
	return file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}

function physical({ file, line, column, endLine, endColumn }: Location) {
	const region = { startLine: line, startColumn: column, endLine, endColumn };
	return { physicalLocation: { artifactLocation: { uri: uri(file) }, region } };
}

/** One flow per thread; `executionOrder` says how they interleave. */
function codeFlow(trace: Trace) {
	const threadFlows = trace.threads.map((thread, number) => ({
		id: thread.name,
		message: { text: `CPU ${thread.cpu}: ${thread.name}` },
		locations: trace.steps.flatMap((step, index) =>
			step.thread !== number
				? []
				: [
						{
							location: {
								...physical(step.location),
								message: { text: ascii(step.effect === "" ? step.text : step.effect) },
							},
							executionOrder: index + 1,
							nestingLevel: step.callStack.length,
							importance: step.role === undefined ? "important" : "essential",
						},
					],
		),
	}));
	return {
		message: { text: `Schedule: ${trace.schedule}` },
		threadFlows: threadFlows.filter((one) => one.locations.length > 0),
	};
}

function finding(result: CheckResult) {
	const inconclusive = standing(result) === "inconclusive";
	const what = `${result.scenario}, check ${result.check}: ${verdictWords(result)}, expected ${result.expected}.`;
	const { violation, trace } = result;
	const location =
		violation === undefined
			? { physicalLocation: { artifactLocation: { uri: uri(result.file) } } }
			: physical(violation.location);
	return {
		ruleId: inconclusive ? "inconclusive" : (violation?.kind ?? "expectation_not_met"),
		level: inconclusive ? "warning" : "error",
		message: { text: violation === undefined ? what : `${sentence(violation.message)} ${what}` },
		locations: [location],
		...(trace === undefined ? {} : { codeFlows: [codeFlow(trace)] }),
		partialFingerprints: { check: `${result.file}#${result.scenario}.${result.check}` },
	};
}

function fileFinding(error: FileError) {
	return {
		ruleId: error.code,
		level: error.severity,
		message: { text: error.message },
		locations: [
			{
				physicalLocation: {
					artifactLocation: { uri: uri(error.file) },
					region: { startLine: error.line, startColumn: error.column },
				},
			},
		],
	};
}

/** A whole log, as text. `version` is the program's own. */
export function renderSarif(results: readonly CheckResult[], errors: readonly FileError[], version: string): string {
	const kinds = new Set(
		results.filter((one) => standing(one) === "not met").flatMap((one) => one.violation?.kind ?? []),
	);
	const rules = [...kinds].sort().map((kind) => ({ id: kind, shortDescription: { text: violationName(kind) } }));
	const log = {
		$schema: schema,
		version: "2.1.0",
		runs: [
			{
				tool: { driver: { name: "mmscn", version, rules } },
				columnKind: "utf16CodeUnits",
				results: [...errors.map(fileFinding), ...results.filter((one) => standing(one) !== "met").map(finding)],
			},
		],
	};
	return `${JSON.stringify(log, undefined, "\t")}\n`;
}
