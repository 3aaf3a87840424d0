/** The command behind *Explore interleavings*: search with progress and cancel, then show what was found. */
import * as vscode from "vscode";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { ExploreArguments, Results } from "../server/protocol.ts";
import { hasPicture, spoken } from "./annotations.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { ResultsByDocument } from "./results.ts";
import { resultAccount } from "./searchAccount.ts";

/** A search that ends sooner shows no progress: it would only flicker. */
const progressDelayMilliseconds = 300;

/** How the last search ended, for whoever waits for it. */
export type SearchEnd =
	| { readonly kind: "finished"; readonly results: Results }
	| { readonly kind: "cancelled" }
	| { readonly kind: "failed"; readonly message: string };

export class Searches implements vscode.Disposable {
	private readonly running = new Map<string, vscode.CancellationTokenSource>();
	private readonly ended = new vscode.EventEmitter<SearchEnd>();
	private readonly subscriptions: vscode.Disposable[];
	private tokens = 0;

	readonly onDidEnd = this.ended.event;

	private readonly server: LanguageServer;
	private readonly results: ResultsByDocument;
	private readonly output: vscode.LogOutputChannel;
	private readonly show: (uri: string) => void;

	/** `show` is called with a document that has a counterexample to show. */
	constructor(
		server: LanguageServer,
		results: ResultsByDocument,
		output: vscode.LogOutputChannel,
		show: (uri: string) => void,
	) {
		this.server = server;
		this.results = results;
		this.output = output;
		this.show = show;
		this.subscriptions = [
			vscode.commands.registerCommand("mmscn.explore", (given?: ExploreArguments) => this.explore(given)),
			vscode.commands.registerCommand("mmscn.cancelSearch", () => this.cancelAll()),
		];
	}

	/** True while any search runs. */
	isSearching(): boolean {
		return this.running.size > 0;
	}

	private cancelAll(): void {
		for (const source of this.running.values()) source.cancel();
	}

	/**
	 * Asks the server for something that takes a while, with progress and cancel; a later question about the same document ends an
	 * earlier one. What fails is told to the user; undefined then, and when it was cancelled.
	 */
	async ask<Answer>(
		uri: string,
		title: string,
		send: (workDoneToken: string, token: vscode.CancellationToken) => Promise<Answer>,
	): Promise<Answer | undefined> {
		this.running.get(uri)?.cancel();
		const cancellation = new vscode.CancellationTokenSource();
		this.running.set(uri, cancellation);
		void vscode.commands.executeCommand("setContext", "mmscn.searching", true);
		this.output.info(`${title} (${uri})`);
		try {
			return await this.withProgress(title, cancellation, send);
		} catch (error) {
			if (cancellation.token.isCancellationRequested) {
				this.output.info("cancelled");
				void vscode.window.setStatusBarMessage("mmscn: search cancelled", 5000);
				return undefined;
			}
			const message = error instanceof Error ? error.message : String(error);
			this.output.error(message);
			void vscode.window.showErrorMessage(`mmscn: ${message}`);
			return undefined;
		} finally {
			if (this.running.get(uri) === cancellation) this.running.delete(uri);
			cancellation.dispose();
			void vscode.commands.executeCommand("setContext", "mmscn.searching", this.isSearching());
		}
	}

	private async explore(given: ExploreArguments | undefined): Promise<SearchEnd | undefined> {
		const what = given ?? (await lensAtCursor());
		if (!what) {
			void vscode.window.showInformationMessage("mmscn: there is no scenario here that could be searched.");
			return undefined;
		}
		this.running.get(what.uri)?.cancel();
		const cancellation = new vscode.CancellationTokenSource();
		this.running.set(what.uri, cancellation);
		void vscode.commands.executeCommand("setContext", "mmscn.searching", true);
		const end = await this.search(what, cancellation).finally(() => {
			if (this.running.get(what.uri) === cancellation) this.running.delete(what.uri);
			cancellation.dispose();
			void vscode.commands.executeCommand("setContext", "mmscn.searching", this.isSearching());
		});
		this.report(what, end);
		this.ended.fire(end);
		return end;
	}

	private async search(what: ExploreArguments, cancellation: vscode.CancellationTokenSource): Promise<SearchEnd> {
		const name = what.check ? `${what.scenario}, ${what.check}` : what.scenario;
		this.output.info(`search of ${name} (${what.uri})`);
		const send = (workDoneToken: string, token: vscode.CancellationToken) =>
			this.server.request("mmscn/explore", { ...what, workDoneToken }, token);
		return this.withProgress(`exploring ${name}`, cancellation, send).then(
			(results): SearchEnd => ({ kind: "finished", results }),
			(error: unknown): SearchEnd =>
				cancellation.token.isCancellationRequested
					? { kind: "cancelled" }
					: { kind: "failed", message: error instanceof Error ? error.message : String(error) },
		);
	}

	/** Sends a request, and shows its progress, with a way to cancel it, when it takes a while. */
	private async withProgress<Answer>(
		title: string,
		cancellation: vscode.CancellationTokenSource,
		send: (workDoneToken: string, token: vscode.CancellationToken) => Promise<Answer>,
	): Promise<Answer> {
		const workDoneToken = `mmscn-search-${++this.tokens}`;
		let message = "";
		let report: ((value: { message: string }) => void) | undefined;
		const listening = this.server.onProgress(workDoneToken, (said) => {
			message = said;
			report?.({ message });
		});
		const answer = send(workDoneToken, cancellation.token);
		const delay = new Promise<"late">((resolve) => setTimeout(resolve, progressDelayMilliseconds, "late"));
		try {
			if ((await Promise.race([answer, delay])) === "late") {
				await vscode.window.withProgress(
					{ location: vscode.ProgressLocation.Notification, title: `mmscn: ${title}`, cancellable: true },
					async (progress, token) => {
						token.onCancellationRequested(() => cancellation.cancel());
						report = (value) => progress.report(value);
						if (message) report({ message });
						// What it was rejected with is the caller's.
						await answer.catch(() => undefined);
					},
				);
			}
			return await answer;
		} finally {
			listening.dispose();
		}
	}

	private report(what: ExploreArguments, end: SearchEnd): void {
		if (end.kind === "failed") {
			this.output.error(end.message);
			void vscode.window.showErrorMessage(`mmscn: ${end.message}`);
			return;
		}
		if (end.kind === "cancelled") {
			this.output.info("cancelled");
			void vscode.window.setStatusBarMessage("mmscn: search cancelled", 5000);
			return;
		}
		for (const result of end.results.results)
			for (const line of result.litmus?.report.split("\n") ??
				resultAccount(result, end.results.parameters?.[result.check]))
				this.output.info(line);
		const found = end.results.results.filter((result) => hasPicture(result));
		const asked = found.find((result) => !result.ok) ?? found[0];
		const uri = vscode.Uri.parse(what.uri).toString();
		if (asked) {
			this.results.show(uri, asked);
			this.show(uri);
		} else void vscode.window.setStatusBarMessage(`mmscn: ${end.results.results.map(summary).join("; ")}`, 8000);
	}

	dispose(): void {
		this.cancelAll();
		for (const one of [...this.subscriptions, this.ended]) one.dispose();
	}
}

const count = new Intl.NumberFormat("en");

/** One line about a result: "unlocked: race (use after free), 1,234 states in 0.12 s". */
export function summary(result: CheckResult): string {
	const { states, seconds, limit } = result.stats;
	if (result.litmus) return result.litmus.report.split("\n").find((line) => line.startsWith("Observation")) ?? "";
	const what = result.violation
		? ` (${spoken(result.violation.kind)})`
		: limit
			? ` (stopped by the limit on ${limit})`
			: "";
	const unreached = result.coverage?.unreached.length ?? 0;
	const vacuous = unreached > 0 ? ` (${unreached} of ${result.coverage?.statements} statements never ran)` : "";
	const expectation = result.ok ? "" : `, but ${spoken(result.expected)} was expected`;
	return `${result.check}: ${result.verdict}${what}${vacuous}${expectation}, ${count.format(states)} states in ${seconds.toFixed(2)} s`;
}

const searchable = ({ document: { languageId, uri } }: Pick<vscode.TextEditor, "document">) =>
	["mmscn", "litmus"].includes(languageId) && uri.scheme !== "mmscn-kernel";

/**
 * The active editor where it has something to search; where no text is active, as beside a walkthrough, the one that has, brought to the
 * front where it lies behind others.
 */
async function searchableEditor(): Promise<vscode.TextEditor | undefined> {
	const { activeTextEditor: active, visibleTextEditors } = vscode.window;
	if (active) return searchable(active) ? active : undefined;
	const visible = visibleTextEditors.find(searchable);
	if (visible) return visible;
	const document = vscode.workspace.textDocuments.findLast((one) => searchable({ document: one }));
	return document && vscode.window.showTextDocument(document, vscode.ViewColumn.One);
}

/** What the nearest lens at or above the cursor would search, else the first lens. */
async function lensAtCursor(): Promise<ExploreArguments | undefined> {
	const editor = await searchableEditor();
	if (!editor) return undefined;
	const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
		"vscode.executeCodeLensProvider",
		editor.document.uri,
		1000,
	);
	const explore = lenses
		.filter((lens) => lens.command?.command === "mmscn.explore")
		.sort((a, b) => a.range.start.line - b.range.start.line);
	const above = explore.filter((lens) => lens.range.start.line <= editor.selection.active.line).at(-1);
	return (above ?? explore[0])?.command?.arguments?.[0] as ExploreArguments | undefined;
}
