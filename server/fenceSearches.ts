/** Looks for the barriers that would forbid what a search has found to take weak memory, once the search has answered. */
import type { FenceFixes } from "../engine/fenceFix.ts";
import type { SourceTree } from "../engine/language/syntax.ts";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { SearchJob } from "./search/messages.ts";
import type { RunningSearch } from "./search/searchPool.ts";
import type { Services } from "./services.ts";

/** What was searched: a document's check, as its results say. */
export type Searched = Pick<SearchJob, "uri" | "texts" | "options"> & {
	readonly version: number;
	readonly fingerprint: string;
	readonly tree: SourceTree | undefined;
};

export class FenceSearches {
	private readonly services: Services;
	private readonly running = new Map<string, RunningSearch<FenceFixes>[]>();

	constructor(services: Services) {
		this.services = services;
		services.documents.open.onDidClose(({ document }) => this.cancel(document.uri));
		services.documents.open.onDidChangeContent(({ document }) => this.cancel(document.uri));
	}

	/** Starts a search for each result with an execution graph; what is found becomes part of the result, and the client is told. */
	start(searched: Searched, results: readonly CheckResult[]): void {
		for (const race of results) {
			if (race.verdict === "race" && race.graph && !race.trace) void this.look(searched, race);
		}
	}

	/** Ends the searches that are about a document. */
	cancel(uri: string): void {
		for (const one of this.running.get(uri) ?? []) one.cancel();
		this.running.delete(uri);
	}

	private async look({ uri, texts, options, version, fingerprint, tree }: Searched, race: CheckResult): Promise<void> {
		const { searches, results, connection, changed } = this.services;
		const { scenario, check } = race;
		const kind = race.litmus ? "litmus" : "check";
		const search = searches.ask({ kind, uri, texts, scenario, check, options, question: { kind: "fences", race } });
		this.running.set(uri, [...(this.running.get(uri) ?? []), search]);
		const outcome = await search.outcome;
		if (outcome.kind !== "result" || results.of(uri, scenario, check)?.result !== race) return;
		const { fixes, isComplete } = outcome.result;
		const found = { ...race, fences: fixes, ...(!isComplete && { fencesIncomplete: true as const }) };
		results.add(uri, { version, fingerprint, tree }, [found]);
		void connection.sendNotification("mmscn/results", results.newest(uri));
		changed.fire(uri);
	}
}
