/** A language server on a connection: the services, and the features over them. */
import type { ClientCapabilities, Connection, InitializeResult, ServerCapabilities } from "vscode-languageserver";
import { TextDocumentSyncKind } from "vscode-languageserver";
import { Documents } from "./documents.ts";
import { EraByDocument } from "./eras.ts";
import { byHand } from "./features/byHand.ts";
import { codeAction } from "./features/codeAction.ts";
import { codeLens } from "./features/codeLens.ts";
import { completion } from "./features/completion.ts";
import { definition } from "./features/definition.ts";
import { diagnostics } from "./features/diagnostics.ts";
import { documentHighlight } from "./features/documentHighlight.ts";
import { documentSymbols } from "./features/documentSymbols.ts";
import { drawGraphs } from "./features/drawGraphs.ts";
import { explore } from "./features/explore.ts";
import { exportTrace } from "./features/exportTrace.ts";
import { folding } from "./features/folding.ts";
import { hover } from "./features/hover.ts";
import { kernelDocument } from "./features/kernelDocument.ts";
import { kernelVersion } from "./features/kernelVersion.ts";
import { lastResults } from "./features/lastResults.ts";
import { references } from "./features/references.ts";
import { rename } from "./features/rename.ts";
import { rules as ruleTexts } from "./features/rules.ts";
import { semanticTokens } from "./features/semanticTokens.ts";
import { signatureHelp } from "./features/signatureHelp.ts";
import { watching } from "./features/watching.ts";
import { KernelModel } from "./kernelModel.ts";
import { KernelTrees } from "./kernelTree.ts";
import { ResultStore } from "./results.ts";
import { RuleBookLoader } from "./ruleBookLoader.ts";
import { ScenarioLinks } from "./scenarioLinks.ts";
import { SearchPool } from "./search/searchPool.ts";
import { type Feature, type Services, Signal } from "./services.ts";
import { SettingsByDocument } from "./settings.ts";

const features: readonly Feature[] = [
	diagnostics,
	hover,
	completion,
	signatureHelp,
	definition,
	references,
	documentHighlight,
	rename,
	documentSymbols,
	semanticTokens,
	folding,
	codeAction,
	codeLens,
	explore,
	byHand,
	lastResults,
	kernelDocument,
	kernelVersion,
	exportTrace,
	ruleTexts,
	drawGraphs,
	watching,
];

/** What the server runs in. */
export interface Environment {
	/** The program of the search threads. */
	readonly searchWorker: URL;
	/** Number of search threads; by default by the cores there are. */
	readonly searchThreads?: number;
}

/** Serves a connection that does not listen yet, and starts it. Resolves the searches' end on shutdown. */
export function serve(connection: Connection, environment: Environment): void {
	let client: ClientCapabilities = {};
	const model = new KernelModel();
	const documents = new Documents(model);
	const settings = new SettingsByDocument(connection, () => client.workspace?.configuration === true);
	const kernelTrees = new KernelTrees();
	const scenarioLinks = new ScenarioLinks(model);
	const services: Services = {
		connection,
		client: () => client,
		documents,
		model,
		rules: new RuleBookLoader(model, documents),
		settings,
		links: (scenario) => scenarioLinks.commandLink(scenario),
		kernelTrees,
		eras: new EraByDocument(settings, kernelTrees),
		searches: new SearchPool(environment.searchWorker, { kernel: model.texts }, environment.searchThreads),
		walks: new SearchPool(environment.searchWorker, { kernel: model.texts }, 1),
		results: new ResultStore(),
		changed: new Signal(),
	};
	connection.onInitialize((params): InitializeResult => {
		client = params.capabilities;
		const capabilities: ServerCapabilities = { textDocumentSync: TextDocumentSyncKind.Incremental };
		return {
			capabilities: Object.assign(capabilities, ...features.map((feature) => feature.capabilities)),
			serverInfo: { name: "mmscn" },
		};
	});
	documents.open.onDidClose(({ document }) => {
		settings.forget(document.uri);
		services.results.forget(document.uri);
	});
	// The kernel model is checked before anybody asks.
	setImmediate(() => void services.rules.book());
	connection.onShutdown(async () => {
		await Promise.all([services.searches.dispose(), services.walks.dispose()]);
	});
	for (const feature of features) feature.register(services);
	documents.listen(connection);
	connection.listen();
}
