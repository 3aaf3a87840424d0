/** What may be asked of one check beyond its verdict: every race, what else could run, what could happen from here. */
import { CancellationToken, LSPErrorCodes, ResponseError, WorkDoneProgress } from "vscode-languageserver";
import { defaultCheckOptions } from "../../engine/check.ts";
import type { Analysis } from "../documents.ts";
import type { CheckArguments, Requests } from "../protocol.ts";
import type { Answers, Question, SearchProgress } from "../search/messages.ts";
import type { SearchPool } from "../search/searchPool.ts";
import type { Feature, Services } from "../services.ts";
import { checksOf } from "./codeLens.ts";

type DistinctRaces = Requests["mmscn/distinctRaces"];
type Walk = Requests["mmscn/walk"];
type ExploreFrom = Requests["mmscn/exploreFrom"];

export const byHand: Feature = {
	register(services) {
		const { connection, searches, walks } = services;
		connection.onRequest(
			"mmscn/distinctRaces",
			async (params: DistinctRaces["params"], ...rest: CancellationToken[]): Promise<DistinctRaces["result"]> => {
				const { answer, analysis } = await ask(services, searches, params, { kind: "every_race" }, rest.at(-1));
				const { document, fingerprint: program } = analysis;
				const { uri, scenario, check } = params;
				const memory = memoryOf(analysis, scenario, check);
				const found = { uri, scenario, check, memory, version: document.version, program, ...answer };
				services.results.addRaces(found, analysis);
				services.changed.fire(document.uri);
				return found;
			},
		);
		connection.onRequest(
			"mmscn/walk",
			async (params: Walk["params"], ...rest: CancellationToken[]): Promise<Walk["result"]> => {
				const { schedule, steps, parameters } = params;
				const question = {
					kind: "walk",
					schedule,
					...(steps !== undefined && { steps }),
					...(parameters && { parameters }),
				} as const;
				const { answer, analysis } = await ask(services, walks, params, question, rest.at(-1));
				const { scenario, check } = params;
				const memory = memoryOf(analysis, scenario, check);
				return { ...answer, version: analysis.document.version, program: analysis.fingerprint, memory };
			},
		);
		connection.onRequest(
			"mmscn/exploreFrom",
			async (params: ExploreFrom["params"], ...rest: CancellationToken[]): Promise<ExploreFrom["result"]> => {
				const { schedule, parameters } = params;
				const question = { kind: "search_from", schedule, ...(parameters && { parameters }) } as const;
				return (await ask(services, searches, params, question, rest.at(-1))).answer;
			},
		);
	},
};

/** The memory model that a check asks for. */
function memoryOf({ tree }: Analysis, scenario: string, name: string): "sc" | "lkmm" {
	const item = tree.items.find((one) => one.kind === "scenario" && one.name.text === scenario);
	const check = item?.kind === "scenario" ? checksOf(item).find((one) => one.name.text === name) : undefined;
	return check?.memory?.text === "lkmm" ? "lkmm" : "sc";
}

/** Asks a thread of the pool; rejects for the user, or when cancelled. */
async function ask<Kind extends Question["kind"]>(
	{ connection, documents, settings }: Services,
	pool: SearchPool,
	params: CheckArguments & { readonly workDoneToken?: string | number },
	question: Extract<Question, { readonly kind: Kind }>,
	token: CancellationToken = CancellationToken.None,
): Promise<{ readonly answer: Answers[Kind]; readonly analysis: Analysis }> {
	const { limits } = await settings.of(params.uri);
	const analysis = documents.analysis(params.uri);
	if (analysis === undefined) throw failure(`${params.uri} is no scenario, or cannot be read.`);
	if (analysis.module.hasErrors) throw failure("Errors have to be mended before this can be run.");
	const { uri } = analysis.document;
	const { scenario, check, workDoneToken } = params;
	const report = ({ states, seconds }: SearchProgress) => {
		if (workDoneToken === undefined) return;
		const message = `${count.format(states)} states${seconds > 0 ? `, ${count.format(states / seconds)} states/s` : ""}`;
		void connection.sendProgress(WorkDoneProgress.type, workDoneToken, { kind: "report", message });
	};
	const options = { ...defaultCheckOptions, limits };
	const running = pool.ask({ uri, texts: documents.texts(uri), scenario, check, options, question }, report);
	if (token.isCancellationRequested) running.cancel();
	const listening = token.onCancellationRequested(() => running.cancel());
	try {
		const outcome = await running.outcome;
		if (outcome.kind === "cancelled")
			throw new ResponseError(LSPErrorCodes.RequestCancelled, "The search was cancelled.");
		if (outcome.kind === "failed") throw failure(outcome.message);
		return { answer: outcome.result, analysis };
	} finally {
		listening.dispose();
	}
}

const failure = (message: string) => new ResponseError(LSPErrorCodes.RequestFailed, message);
const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
