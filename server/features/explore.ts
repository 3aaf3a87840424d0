/** The request behind *Explore interleavings*: searches in worker threads, reports progress, stops when cancelled. */
import {
	CancellationToken,
	type Connection,
	LSPErrorCodes,
	ResponseError,
	WorkDoneProgress,
	type WorkDoneProgressBegin,
	type WorkDoneProgressEnd,
	type WorkDoneProgressReport,
} from "vscode-languageserver";
import { defaultCheckOptions } from "../../engine/check.ts";
import type { ScenarioItem, SourceTree } from "../../engine/language/syntax.ts";
import { type Analysis, isLitmusDocument } from "../documents.ts";
import { FenceSearches } from "../fenceSearches.ts";
import { parsedLitmus } from "../litmus.ts";
import type { ExploreParameters, Results } from "../protocol.ts";
import { digest } from "../results.ts";
import type { SearchProgress } from "../search/messages.ts";
import type { SearchOutcome } from "../search/searchPool.ts";
import type { Feature, Services } from "../services.ts";
import { checksOf } from "./codeLens.ts";

export const explore: Feature = {
	register(services) {
		const fences = new FenceSearches(services);
		services.connection.onRequest("mmscn/explore", (params: ExploreParameters, ...rest: CancellationToken[]) =>
			// A client without a token of its own sends null in its place; the connection's own comes last.
			search(services, fences, params, rest.at(-1) ?? CancellationToken.None),
		);
	},
};

async function search(
	services: Services,
	fences: FenceSearches,
	params: ExploreParameters,
	token: CancellationToken,
): Promise<Results> {
	const { results, connection, changed, settings } = services;
	const options = { ...defaultCheckOptions, coverage: true, limits: (await settings.of(params.uri)).limits };
	const { kind, uri, version, text, fingerprint, tree, texts, checks, parameters } = target(services, params);
	fences.cancel(uri);
	const progress = new ProgressReport(connection, params.workDoneToken, checks.length, kind);
	const searches = checks.map((check, index) =>
		services.searches.search({ kind, uri, texts, scenario: params.scenario, check, options }, (said) =>
			progress.said(index, said),
		),
	);
	const stop = () => {
		for (const one of searches) one.cancel();
	};
	if (token.isCancellationRequested) stop();
	const listening = token.onCancellationRequested(stop);
	try {
		const outcomes = await Promise.all(
			searches.map((one, index) => one.outcome.then((outcome) => progress.ended(index, outcome))),
		);
		const found = outcomes.flatMap((outcome) => (outcome.kind === "result" ? [outcome.result] : []));
		// What was found before the cancel, or beside a check that failed, is as good as ever.
		if (found.length > 0) {
			results.add(uri, { version, fingerprint, tree }, found);
			connection.sendNotification("mmscn/results", results.newest(uri));
			fences.start({ uri, texts, options, version, fingerprint, tree }, found);
		}
		const problems = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? (outcome.problems ?? []) : []));
		results.setProblems(uri, text, problems);
		changed.fire(uri);
		if (outcomes.some((outcome) => outcome.kind === "cancelled"))
			throw new ResponseError(LSPErrorCodes.RequestCancelled, "The search was cancelled.");
		const failed = outcomes.find((outcome) => outcome.kind === "failed");
		if (failed !== undefined) throw failure(failed.message);
		return { uri, version, program: fingerprint, results: found, parameters };
	} finally {
		listening.dispose();
		progress.done();
	}
}

interface Target {
	readonly kind: "check" | "litmus";
	readonly uri: string;
	readonly version: number;
	readonly text: string;
	/** Changes when the program does. */
	readonly fingerprint: string;
	/** Of a scenario. */
	readonly tree: SourceTree | undefined;
	readonly texts: Readonly<Record<string, string>>;
	/** Names of the checks; of a litmus test, its quantifier. */
	readonly checks: readonly string[];
	/** What each check says of its parameters, as written: "locked = false, rcu = true". */
	readonly parameters: Readonly<Record<string, string>>;
}

/** What is to be searched; throws for the user when there is nothing that can be. */
function target({ documents }: Services, params: ExploreParameters): Target {
	const document = documents.document(params.uri);
	if (document !== undefined && isLitmusDocument(document)) {
		const text = document.getText();
		const { litmus } = parsedLitmus(document);
		if (litmus === undefined) throw failure("Errors have to be mended before this can be explored.");
		const { uri, version } = document;
		return {
			kind: "litmus",
			uri,
			version,
			text,
			fingerprint: digest(text),
			tree: undefined,
			texts: { [uri]: text },
			checks: [litmus.quantifier],
			parameters: {},
		};
	}
	const analysis = documents.analysis(params.uri);
	if (analysis === undefined) throw failure(`${params.uri} is no scenario, or cannot be read.`);
	const { uri, version } = analysis.document;
	return {
		kind: "check",
		uri,
		version,
		text: analysis.tree.text,
		fingerprint: analysis.fingerprint,
		tree: analysis.tree,
		texts: documents.texts(uri),
		checks: checksToSearch(analysis, params),
		parameters: parametersOf(analysis, params.scenario),
	};
}

function parametersOf({ tree }: Analysis, name: string): Readonly<Record<string, string>> {
	const scenarios = tree.items.filter((item) => item.kind === "scenario" && item.name.text === name);
	const checks = scenarios.flatMap((item) => (item.kind === "scenario" ? checksOf(item) : []));
	const words = ({ pos, end }: { pos: number; end: number }) => tree.text.slice(pos, end).replace(/\s+/g, " ").trim();
	return Object.fromEntries(checks.map((check) => [check.name.text, check.arguments.map(words).join(", ")]));
}

const failure = (message: string) => new ResponseError(LSPErrorCodes.RequestFailed, message);

/** The names of the checks asked for; throws for the user when there is nothing that can be searched. */
function checksToSearch(analysis: Analysis, params: ExploreParameters): string[] {
	const errors = analysis.module.diagnostics.filter((one) => one.severity === "error").length;
	if (analysis.module.hasErrors)
		throw failure(`${errors === 1 ? "An error has" : "Errors have"} to be mended before this can be searched.`);
	const scenario = analysis.tree.items.find(
		(item): item is ScenarioItem => item.kind === "scenario" && item.name.text === params.scenario,
	);
	if (scenario === undefined) throw failure(`There is no scenario ${params.scenario} in this file.`);
	const names = checksOf(scenario).map((check) => check.name.text);
	if (params.check === undefined) return names;
	if (!names.includes(params.check)) throw failure(`Scenario ${params.scenario} has no check ${params.check}.`);
	return [params.check];
}

const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** The protocol's WorkDoneProgress of all the checks of one request together. */
class ProgressReport {
	private readonly connection: Connection;
	private readonly token: string | number | undefined;
	private readonly latest: (SearchProgress | undefined)[];
	private readonly finished: boolean[];

	private readonly unit: "states" | "executions";

	constructor(connection: Connection, token: string | number | undefined, checks: number, kind: Target["kind"]) {
		this.unit = kind === "litmus" ? "executions" : "states";
		this.connection = connection;
		this.token = token;
		this.latest = Array.from({ length: checks }, () => undefined);
		this.finished = Array.from({ length: checks }, () => false);
		this.send({
			kind: "begin",
			title: `Exploring ${kind === "litmus" ? "executions" : "interleavings"}`,
			cancellable: true,
		});
	}

	said(check: number, progress: SearchProgress): void {
		this.latest[check] = progress;
		this.report();
	}

	ended(check: number, outcome: SearchOutcome): SearchOutcome {
		this.finished[check] = true;
		if (outcome.kind === "result") this.latest[check] = { ...outcome.result.stats, frontier: 0, memoryMiB: 0 };
		this.report();
		return outcome;
	}

	done(): void {
		this.send({ kind: "end" });
	}

	private report(): void {
		const sum = (of: (progress: SearchProgress) => number) =>
			this.latest.reduce((total, one) => total + (one ? of(one) : 0), 0);
		const [states, seconds] = [sum((one) => one.states), sum((one) => one.seconds)];
		const [frontier, memory] = [sum((one) => one.frontier), sum((one) => one.memoryMiB)];
		const checks = this.latest.length;
		const done = this.finished.filter(Boolean).length;
		const parts = [
			`${count.format(states)} ${this.unit}`,
			...(seconds > 0 ? [`${count.format(states / seconds)} ${this.unit}/s`] : []),
			...(frontier > 0 ? [`frontier ${count.format(frontier)}`] : []),
			...(memory > 0 ? [`${count.format(Math.ceil(memory))} MiB`] : []),
			...(checks > 1 ? [`${done} of ${checks} checks done`] : []),
		];
		this.send({
			kind: "report",
			message: parts.join(", "),
			...(checks > 1 && { percentage: Math.floor((100 * done) / checks) }),
		});
	}

	private send(value: WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd): void {
		if (this.token !== undefined) void this.connection.sendProgress(WorkDoneProgress.type, this.token, value);
	}
}
