/** The documents that are open, what they include, and what the language says about them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Connection, TextDocuments } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { URI } from "vscode-uri";
import { analyze, type Module, ModuleCache } from "../engine/language/analyze.ts";
import type { SourceTree } from "../engine/language/syntax.ts";
import { includedFile } from "./includes.ts";
import { type KernelModel, kernelPath, kernelUri } from "./kernelModel.ts";
import { type Occurrence, occurrencesOf } from "./occurrences.ts";
import { digest, fingerprint } from "./results.ts";

/** Files longer than this are not looked at, in UTF-16 code units: nobody writes such a scenario. */
export const documentLengthMax = 4 * 1024 * 1024;

/** A scenario or model file, checked. */
export interface Analysis {
	readonly document: TextDocument;
	readonly module: Module;
	readonly tree: SourceTree;
	/** Changes when the program does, and not with comments and white space. */
	readonly fingerprint: string;
	/** Computed on first use. */
	occurrences(): readonly Occurrence[];
}

/** The same URI in one spelling, whoever wrote it. */
export function canonicalUri(uri: string): string {
	return URI.parse(uri).toString();
}

export class Documents {
	readonly open: TextDocuments<TextDocument>;
	private readonly model: KernelModel;
	private readonly cache = new ModuleCache();
	private readonly analyses = new Map<
		string,
		{ readonly texts: ReadonlyMap<string, string>; readonly analysis: Analysis }
	>();

	constructor(model: KernelModel) {
		this.model = model;
		this.open = new TextDocuments(TextDocument);
		this.open.onDidClose(({ document }) => {
			this.analyses.delete(document.uri);
			this.cache.delete(document.uri);
		});
	}

	/** Starts to follow what the client opens, edits and closes. */
	listen(connection: Connection): void {
		this.open.listen(connection);
	}

	/** An open document, or a file of the kernel model or on disk; undefined when there is none. */
	document(uri: string): TextDocument | undefined {
		const open = this.opened(uri);
		if (open !== undefined) return open;
		const text = this.closedText(uri);
		return text === undefined ? undefined : TextDocument.create(uri, "mmscn", 0, text);
	}

	/** The checked module of a scenario or model file; undefined when it is no such file or cannot be read. */
	analysis(uri: string): Analysis | undefined {
		const document = this.document(uri);
		if (document === undefined || !isScenarioDocument(document) || document.getText().length > documentLengthMax)
			return undefined;
		const known = this.analyses.get(document.uri);
		if (known !== undefined && this.isCurrent(known.texts)) return known.analysis;
		const texts = new Map<string, string>();
		const text = document.getText();
		texts.set(document.uri, text);
		const module = analyze(
			document.uri,
			text,
			(path, system, from) => {
				const included = this.resolve(from, path, system);
				if (included !== undefined && !this.isModelFile(included.file)) texts.set(included.file, included.text);
				return included;
			},
			this.cache,
			this.model.declaredIn,
		);
		const tree = module.tree;
		const program = [
			fingerprint(tree),
			...[...texts].filter(([file]) => file !== document.uri).map(([, included]) => included),
		];
		let occurrences: readonly Occurrence[] | undefined;
		const analysis: Analysis = {
			document,
			module,
			tree,
			fingerprint: digest(program.join("\0")),
			occurrences: () => {
				occurrences ??= occurrencesOf(module);
				return occurrences;
			},
		};
		if (this.opened(uri) !== undefined || kernelPath(uri) !== undefined)
			this.analyses.set(document.uri, { texts, analysis });
		return analysis;
	}

	/** Texts of a document and of all that it includes outside of the kernel model, by URI. */
	texts(uri: string): Readonly<Record<string, string>> {
		const analysis = this.analysis(uri);
		const known = this.analyses.get(canonicalUri(uri)) ?? this.analyses.get(uri);
		if (known !== undefined) return Object.fromEntries(known.texts);
		return analysis === undefined ? {} : { [uri]: analysis.document.getText() };
	}

	/** Whether a document, as it was last checked, includes another one of the author's. */
	includes(uri: string, other: string): boolean {
		return (
			this.analyses.get(uri)?.texts.has(canonicalUri(other)) === true ||
			this.analyses.get(uri)?.texts.has(other) === true
		);
	}

	/** Open documents that are scenarios. */
	openScenarios(): TextDocument[] {
		return this.open.all().filter(isScenarioDocument);
	}

	/** What an include names, seen from a file; undefined when there is no such file. */
	resolve(from: string, path: string, system: boolean): { readonly file: string; readonly text: string } | undefined {
		if (system) {
			const text = this.model.text(path);
			return text === undefined ? undefined : { file: kernelUri(path), text };
		}
		const file = includedFile(from, path);
		if (file === undefined) return undefined;
		const text = this.opened(file)?.getText() ?? this.closedText(file);
		return text === undefined ? undefined : { file, text };
	}

	private opened(uri: string): TextDocument | undefined {
		const exact = this.open.get(uri);
		if (exact !== undefined) return exact;
		const wanted = canonicalUri(uri);
		return this.open.get(wanted) ?? this.open.all().find((document) => canonicalUri(document.uri) === wanted);
	}

	private closedText(uri: string): string | undefined {
		const path = kernelPath(uri);
		if (path !== undefined) return this.model.text(path);
		if (!uri.startsWith("file:")) return undefined;
		try {
			return readFileSync(fileURLToPath(uri), "utf8");
		} catch {
			return undefined;
		}
	}

	/** Files of the model never change; scenarios that come with the program lie beside it, and travel with their includes. */
	private isModelFile(file: string): boolean {
		return this.model.texts.has(kernelPath(file) ?? "");
	}

	private isCurrent(texts: ReadonlyMap<string, string>): boolean {
		for (const [uri, text] of texts) if ((this.opened(uri)?.getText() ?? this.closedText(uri)) !== text) return false;
		return true;
	}
}

/** Whether the document is in the scenario language, by its language or its name. */
export function isScenarioDocument(document: TextDocument): boolean {
	return document.languageId === "mmscn" || document.uri.endsWith(".mmscn");
}

/** Whether the document is a litmus test, by its language or its name. */
export function isLitmusDocument(document: TextDocument): boolean {
	return document.languageId === "litmus" || document.uri.endsWith(".litmus");
}
