import * as vscode from "vscode";
import { registerByHand } from "./byHand.ts";
import { CounterexamplePanel } from "./counterexamplePanel.ts";
import { createEngineStatus } from "./engineStatus.ts";
import { type SearchEnd, Searches } from "./explore.ts";
import { registerExport } from "./exportCounterexample.ts";
import { FadedStatements } from "./fadedStatements.ts";
import { type DrawnAnnotation, InlineAnnotations } from "./inlineAnnotations.ts";
import { registerKernelDocuments } from "./kernelDocuments.ts";
import { isInKernelTree } from "./kernelTree.ts";
import { LanguageServer } from "./languageServer.ts";
import type { NeverReached } from "./neverReached.ts";
import type { RaceGroup } from "./raceTree.ts";
import { RaceView } from "./raceView.ts";
import { type DocumentResults, ResultsByDocument } from "./results.ts";
import { registerSample } from "./sample.ts";
import { createSearchStatus } from "./searchStatus.ts";
import type { FromView, ToView } from "./webview/messages.ts";

/** What other extensions, and the tests, may see of this one. */
export interface Api {
	/** Resolves when the language server runs; rejects when it cannot. */
	started(): Promise<void>;
	/** Results of a document, by URI. */
	results(uri: string): DocumentResults | undefined;
	/** Inline annotations on show. */
	annotations(): readonly DrawnAnnotation[];
	/** Statements of a document that are faded: no interleaving reached them. */
	faded(uri: string): readonly NeverReached[];
	/** The tree of distinct races. */
	races(): readonly RaceGroup[];
	/** The last message of this kind that was sent to the counterexample view. */
	posted(type: ToView["type"]): ToView | undefined;
	readonly onDidReceiveFromView: vscode.Event<FromView>;
	readonly onDidEndSearch: vscode.Event<SearchEnd>;
}

export function activate(context: vscode.ExtensionContext): Api {
	const output = vscode.window.createOutputChannel("mmscn", { log: true });
	const server = new LanguageServer(context.extensionUri, output);
	const results = new ResultsByDocument(server);
	const annotations = new InlineAnnotations(results);
	const panel = new CounterexamplePanel(context.extensionUri, results, server);
	const searches = new Searches(server, results, output, (uri) => panel.show(uri));
	const faded = new FadedStatements(results);
	const races = new RaceView(results, (uri) => panel.show(uri));
	context.subscriptions.push(
		output,
		server,
		results,
		annotations,
		panel,
		searches,
		registerKernelDocuments(server),
		faded,
		races,
		registerByHand(server, searches, results, panel, output),
		followScenarios(),
		registerExport(server, results, panel),
		registerSample(context.extensionUri),
		createSearchStatus(results, searches),
		createEngineStatus(server),
		vscode.commands.registerCommand("mmscn.showOutput", () => output.show()),
		results.onDidChange(() => {
			const any = results.uris().some((uri) => results.shown(uri) !== undefined);
			void vscode.commands.executeCommand("setContext", "mmscn.hasCounterexample", any);
		}),
		startWhenNeeded(server, output),
	);
	return {
		started: () => server.start(),
		results: (uri) => results.get(uri),
		annotations: () => annotations.drawn(),
		faded: (uri) => faded.drawn(uri),
		races: () => races.shown,
		posted: (type) => panel.posted.get(type),
		onDidReceiveFromView: panel.onDidReceive,
		onDidEndSearch: searches.onDidEnd,
	};
}

/** Keeps the context key that views and menus of scenarios depend on. */
function followScenarios(): vscode.Disposable {
	const update = () => {
		const open = vscode.window.visibleTextEditors.some(({ document }) => document.languageId === "mmscn");
		void vscode.commands.executeCommand("setContext", "mmscn.scenarioOpen", open);
	};
	update();
	return vscode.window.onDidChangeVisibleTextEditors(update);
}

/** Starts the server with the first document it has something to say about. C outside a kernel tree is no such document. */
function startWhenNeeded(server: LanguageServer, output: vscode.LogOutputChannel): vscode.Disposable {
	const wanted = async (document: vscode.TextDocument): Promise<boolean> => {
		if (document.languageId === "mmscn" || document.languageId === "litmus") return true;
		if (document.languageId !== "c" && document.languageId !== "cpp") return false;
		const enable = vscode.workspace.getConfiguration("mmscn", document).get<string>("kernelC.enable", "auto");
		return enable === "always" || (enable === "auto" && (await isInKernelTree(document.uri)));
	};
	const consider = async (document: vscode.TextDocument) => {
		if (!(await wanted(document))) return;
		opening.dispose();
		await server.start().catch((error: unknown) => {
			output.error(String(error));
			void vscode.window.showErrorMessage("mmscn: the language server did not start; see the output channel.");
		});
	};
	const opening = vscode.workspace.onDidOpenTextDocument(consider);
	for (const document of vscode.workspace.textDocuments) void consider(document);
	return opening;
}
