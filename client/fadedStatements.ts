/** Fades statements that no interleaving reached, so that a "safe" about code that never ran is seen for what it is. */
import * as vscode from "vscode";
import { type NeverReached, neverReached } from "./neverReached.ts";
import type { ResultsByDocument } from "./results.ts";

const setting = "mmscn.inlineAnnotations";

/** About as faint as unused code in most themes, and still to be read in all. */
const opacity = "0.66";

export class FadedStatements implements vscode.Disposable {
	private readonly decoration = vscode.window.createTextEditorDecorationType({
		opacity,
		textDecoration: "underline dotted",
		rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
	});
	private readonly subscriptions: vscode.Disposable[];
	private readonly results: ResultsByDocument;

	constructor(results: ResultsByDocument) {
		this.results = results;
		this.subscriptions = [
			results.onDidChange(() => this.draw()),
			vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
			vscode.workspace.onDidChangeConfiguration((event) => {
				if (event.affectsConfiguration(setting)) this.draw();
			}),
		];
	}

	/** What is faded now in a document; empty when the setting is off, or the document is another program by now. */
	drawn(uri: string): readonly NeverReached[] {
		const on = vscode.workspace.getConfiguration().get<boolean>(setting, true);
		const known = this.results.get(uri);
		if (!on || !known || known.stale) return [];
		return neverReached(known.results).filter(({ location }) => vscode.Uri.parse(location.file).toString() === uri);
	}

	private draw(): void {
		for (const editor of vscode.window.visibleTextEditors) {
			const faded = this.drawn(editor.document.uri.toString());
			editor.setDecorations(
				this.decoration,
				faded.map(({ location: { line, column, endLine, endColumn }, checks, leftOutOf }) => ({
					range: new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1),
					hoverMessage: [
						...(checks.length > 0 ? [`mmscn: no interleaving of check ${checks.join(", ")} reaches this.`] : []),
						...(leftOutOf.length > 0 ? [`mmscn: the parameters of check ${leftOutOf.join(", ")} leave this out.`] : []),
					].join("\n\n"),
				})),
			);
		}
	}

	dispose(): void {
		for (const one of [...this.subscriptions, this.decoration]) one.dispose();
	}
}
