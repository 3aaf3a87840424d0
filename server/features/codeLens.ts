/** *Explore interleavings* over every scenario and check, with what the last search found. */
import { type CodeLens, CodeLensRefreshRequest } from "vscode-languageserver";
import type { CheckMember, ScenarioItem } from "../../engine/language/syntax.ts";
import type { CheckResult, Coverage } from "../../engine/verdict/verdict.ts";
import { violationName } from "../../engine/verdict/words.ts";
import { type Analysis, isLitmusDocument } from "../documents.ts";
import type { CheckArguments, ExploreArguments } from "../protocol.ts";
import type { KnownResult, ResultStore } from "../results.ts";
import { type Feature, lspRange } from "../services.ts";
import { litmusLenses } from "./litmusLens.ts";

const title = "Explore interleavings";
/** Of a check under the Linux-kernel memory model, which searches executions, as over a litmus test. */
const weakTitle = "Explore executions";
const titleOf = ({ memory }: CheckMember) => (memory?.text === "lkmm" ? weakTitle : title);

export const codeLens: Feature = {
	capabilities: { codeLensProvider: {} },
	register({ connection, documents, results, changed, client }) {
		connection.onCodeLens(({ textDocument }) => {
			const document = documents.document(textDocument.uri);
			if (document !== undefined && isLitmusDocument(document)) return litmusLenses(document, results);
			const analysis = documents.analysis(textDocument.uri);
			return analysis ? codeLenses(analysis, results) : [];
		});
		changed.listen(() => {
			if (client().workspace?.codeLens?.refreshSupport) void connection.sendRequest(CodeLensRefreshRequest.type);
		});
	},
};

/** A lens for each scenario and each of its checks. */
export function codeLenses(analysis: Analysis, results: ResultStore): CodeLens[] {
	return analysis.tree.items.flatMap((item) =>
		item.kind === "scenario" ? scenarioLenses(analysis, item, results) : [],
	);
}

export function checksOf(scenario: ScenarioItem): CheckMember[] {
	return scenario.members.filter((member) => member.kind === "check");
}

function scenarioLenses(analysis: Analysis, scenario: ScenarioItem, results: ResultStore): CodeLens[] {
	const { document } = analysis;
	const lens = (at: { pos: number; end: number }, text: string, what: Omit<ExploreArguments, "uri">): CodeLens => ({
		range: lspRange(document, at),
		command: {
			title: text,
			command: "mmscn.explore",
			arguments: [{ uri: document.uri, ...what } satisfies ExploreArguments],
		},
	});
	const checks = checksOf(scenario);
	if (checks.length === 0 || scenario.name.text === "") return [];
	const known = checks.map((check) => results.of(document.uri, scenario.name.text, check.name.text));
	const everyRace = (check: CheckMember, one: KnownResult | undefined): CodeLens[] =>
		one?.result.trace === undefined || one.fingerprint !== analysis.fingerprint
			? []
			: [
					{
						range: lspRange(document, check.name),
						command: {
							title: "all races…",
							command: "mmscn.findEveryRace",
							arguments: [
								{ uri: document.uri, scenario: scenario.name.text, check: check.name.text } satisfies CheckArguments,
							],
						},
					},
				];
	return [
		lens(
			scenario.name,
			joined(
				checks.every((check) => titleOf(check) === weakTitle) ? weakTitle : title,
				scenarioSummary(known, analysis.fingerprint),
			),
			{ scenario: scenario.name.text },
		),
		...checks.flatMap((check, index) => [
			lens(check.name, joined(titleOf(check), checkSummary(known[index], analysis.fingerprint)), {
				scenario: scenario.name.text,
				check: check.name.text,
			}),
			...everyRace(check, known[index]),
		]),
	];
}

const joined = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(" · ");
const count = new Intl.NumberFormat("en");

/** "safe · 1,234 states · 0.12 s", "use after free, expected safe · …"; undefined when the check was never searched. */
function checkSummary(known: KnownResult | undefined, current: string): string | undefined {
	if (known === undefined) return undefined;
	const { result } = known;
	const { states, seconds } = result.stats;
	const stale = known.fingerprint === current ? undefined : "(stale)";
	return joined(
		`${result.ok ? "✓" : result.verdict === "inconclusive" ? "?" : "✗"} ${verdictText(result)}`,
		`${count.format(states)} states`,
		`${seconds.toFixed(2)} s`,
		stale,
	);
}

/** The verdict in words, with the expectation where it was not met. */
export function verdictText(result: CheckResult): string {
	const found =
		result.violation !== undefined
			? violationName(result.violation.kind)
			: result.stats.limit !== undefined
				? `${result.verdict}: limit on ${result.stats.limit}`
				: `${result.verdict}${neverRan(result.coverage)}`;
	return result.ok ? found : `${found}, expected ${result.expected.replaceAll("_", " ")}`;
}

/** "; 2 of 14 statements never ran", where some did not: a "safe" about code that never ran says little. */
function neverRan(coverage: Coverage | undefined): string {
	const unreached = coverage?.unreached.length ?? 0;
	if (!coverage || unreached === 0) return "";
	const leftOut = coverage.leftOut?.length ?? 0;
	const more = leftOut > 0 ? ` (${leftOut} more left out by its parameters)` : "";
	return `; ${unreached} of ${coverage.statements} statements never ran${more}`;
}

function scenarioSummary(known: readonly (KnownResult | undefined)[], current: string): string | undefined {
	const searched = known.filter((one) => one !== undefined);
	if (searched.length === 0) return undefined;
	const fresh = searched.filter((one) => one.fingerprint === current);
	if (fresh.length === 0) return "(stale)";
	const met = fresh.filter((one) => one.result.ok).length;
	return `${met} of ${known.length} checks as expected`;
}
