/** What every feature may use, and what a feature is. */
import type { ClientCapabilities, Connection, Range as LspRange, ServerCapabilities } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Range } from "../engine/language/syntax.ts";
import type { ScenarioLink } from "../engine/rules/entry.ts";
import type { Documents } from "./documents.ts";
import type { EraByDocument } from "./eras.ts";
import type { KernelModel } from "./kernelModel.ts";
import type { KernelTrees } from "./kernelTree.ts";
import type { ResultStore } from "./results.ts";
import type { RuleBookLoader } from "./ruleBookLoader.ts";
import type { SearchPool } from "./search/searchPool.ts";
import type { SettingsByDocument } from "./settings.ts";

export interface Services {
	readonly connection: Connection;
	/** What the client can do; known once it has introduced itself. */
	readonly client: () => ClientCapabilities;
	readonly documents: Documents;
	readonly model: KernelModel;
	readonly rules: RuleBookLoader;
	readonly settings: SettingsByDocument;
	/** Target of a link that runs a scenario of the rule book; undefined when it does not come with the program. */
	readonly links: (scenario: ScenarioLink) => string | undefined;
	readonly kernelTrees: KernelTrees;
	readonly eras: EraByDocument;
	readonly searches: SearchPool;
	/** For what takes a moment and must not wait behind a search. */
	readonly walks: SearchPool;
	readonly results: ResultStore;
	/** Calls back when what is known about a document has changed: its text, its results, the settings. */
	readonly changed: Signal<string>;
}

/** One feature of the protocol: what it announces, and how it answers. */
export interface Feature {
	readonly capabilities?: ServerCapabilities;
	register(services: Services): void;
}

/** Listeners to one kind of event. */
export class Signal<Event> {
	private readonly listeners: ((event: Event) => void)[] = [];

	listen(listener: (event: Event) => void): void {
		this.listeners.push(listener);
	}

	fire(event: Event): void {
		for (const listener of this.listeners) listener(event);
	}
}

/** A range of the engine in the protocol's lines and UTF-16 columns. */
export function lspRange(document: TextDocument, range: Range): LspRange {
	return { start: document.positionAt(range.pos), end: document.positionAt(range.end) };
}
