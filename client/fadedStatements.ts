/** Fades statements that no interleaving reached, so that a "safe" about code that never ran is seen for what it is. */
import * as vscode from "vscode";
import type { SearchEnd, Searches } from "./explore.ts";
import { type NeverReached, neverReached } from "./neverReached.ts";

const setting = "mmscn.inlineAnnotations";

/** About as faint as unused code in most themes, and still to be read in all. */
const opacity = "0.66";

export class FadedStatements implements vscode.Disposable {
	private readonly decoration = vscode.window.createTextEditorDecorationType({
		opacity,
		textDecoration: "underline dotted",
		rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
	});
	/** By URI; only while the document is the text that was searched. */
	private readonly byUri = new Map<string, readonly NeverReached[]>();
	private readonly subscriptions: vscode.Disposable[];

	constructor(searches: Searches) {
		this.subscriptions = [
			searches.onDidEnd((end) => this.take(end)),
			vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
			// What never ran of another text is not known.
			vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
				if (contentChanges.length > 0 && this.byUri.delete(document.uri.toString())) this.draw();
			}),
			vscode.workspace.onDidChangeConfiguration((event) => {
				if (event.affectsConfiguration(setting)) this.draw();
			}),
		];
	}

	/** What is faded now in a document; empty when the setting is off. */
	drawn(uri: string): readonly NeverReached[] {
		const on = vscode.workspace.getConfiguration().get<boolean>(setting, true);
		return on ? (this.byUri.get(uri) ?? []) : [];
	}

	private take(end: SearchEnd): void {
		if (end.kind !== "finished") return;
		const uri = vscode.Uri.parse(end.results.uri).toString();
		const statements = neverReached(end.results.results).filter(
			({ location }) => vscode.Uri.parse(location.file).toString() === uri,
		);
		const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
		if (document && document.version !== end.results.version) this.byUri.delete(uri);
		else this.byUri.set(uri, statements);
		this.draw();
	}

	private draw(): void {
		for (const editor of vscode.window.visibleTextEditors) {
			const faded = this.drawn(editor.document.uri.toString());
			editor.setDecorations(
				this.decoration,
				faded.map(({ location: { line, column, endLine, endColumn }, checks }) => ({
					range: new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1),
					hoverMessage: `mmscn: no interleaving of check ${checks.join(", ")} reaches this.`,
				})),
			);
		}
	}

	dispose(): void {
		for (const one of [...this.subscriptions, this.decoration]) one.dispose();
	}
}
