/** The command that copies a counterexample in the format asked for, ready for a mail or a commit message. */
import * as vscode from "vscode";
import type { TraceFormat } from "../server/protocol.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { ResultsByDocument } from "./results.ts";

const formats: readonly (vscode.QuickPickItem & { readonly format: TraceFormat })[] = [
	{ format: "ascii", label: "ASCII diagram", description: "one column for each CPU, for a mail" },
	{ format: "comment", label: "C comment", description: "the ASCII diagram as a comment, for a patch" },
	{ format: "markdown", label: "Markdown" },
	{ format: "svg", label: "SVG", description: "a picture that stands alone" },
	{ format: "mermaid", label: "Mermaid", description: "a sequence diagram" },
	{ format: "json", label: "JSON" },
];

export function registerExport(
	server: LanguageServer,
	results: ResultsByDocument,
	document: () => string | undefined,
): vscode.Disposable {
	return vscode.commands.registerCommand(
		"mmscn.exportCounterexample",
		async (asked?: TraceFormat, witness?: number) => {
			const active = vscode.window.activeTextEditor?.document.uri.toString();
			const uri = active !== undefined && results.shown(active) ? active : document();
			const shown = uri === undefined ? undefined : results.shown(uri);
			if (!shown) return;
			const graph = shown.witnesses?.[witness ?? 0];
			const result = graph ? { ...shown, graph } : shown;
			const format = asked ?? (await vscode.window.showQuickPick(formats, { title: "Copy counterexample as" }))?.format;
			if (!format) return;
			try {
				const { text } = await server.request("mmscn/exportTrace", { result, format });
				await vscode.env.clipboard.writeText(text);
				void vscode.window.setStatusBarMessage(`mmscn: counterexample copied (${format})`, 5000);
			} catch (error) {
				void vscode.window.showErrorMessage(`mmscn: ${error instanceof Error ? error.message : String(error)}`);
			}
		},
	);
}
