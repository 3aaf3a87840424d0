/** The command that copies a counterexample in the format asked for, ready for a mail or a commit message, or saves it as PNG. */
import * as vscode from "vscode";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { TraceFormat } from "../server/protocol.ts";
import type { CounterexamplePanel } from "./counterexamplePanel.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { ResultsByDocument } from "./results.ts";

/** What a user can have: the texts, and a picture that only a file can hold. */
export type ExportFormat = TraceFormat | "png";

const formats: readonly (vscode.QuickPickItem & { readonly format: ExportFormat })[] = [
	{ format: "ascii", label: "ASCII diagram", description: "one column for each CPU, for a mail" },
	{ format: "comment", label: "C comment", description: "the ASCII diagram as a comment, for a patch" },
	{ format: "markdown", label: "Markdown" },
	{ format: "svg", label: "SVG", description: "a picture that stands alone" },
	{ format: "png", label: "PNG", description: "a picture, saved as a file" },
	{ format: "mermaid", label: "Mermaid", description: "a sequence diagram" },
	{ format: "json", label: "JSON" },
];

export function registerExport(
	server: LanguageServer,
	results: ResultsByDocument,
	panel: CounterexamplePanel,
): vscode.Disposable {
	return vscode.commands.registerCommand(
		"mmscn.exportCounterexample",
		async (asked?: ExportFormat, witness?: number, target?: vscode.Uri) => {
			const active = vscode.window.activeTextEditor?.document.uri.toString();
			const uri = active !== undefined && results.shown(active) ? active : panel.document;
			const shown = uri === undefined ? undefined : results.shown(uri);
			if (uri === undefined || !shown) return;
			const graph = shown.witnesses?.[witness ?? 0];
			const result = graph ? { ...shown, graph } : shown;
			const format = asked ?? (await vscode.window.showQuickPick(formats, { title: "Copy counterexample as" }))?.format;
			if (!format) return;
			try {
				if (format === "png") await savePng(server, panel, uri, result, target);
				else {
					const { text } = await server.request("mmscn/exportTrace", { result, format });
					await vscode.env.clipboard.writeText(text);
					void vscode.window.setStatusBarMessage(`mmscn: counterexample copied (${format})`, 5000);
				}
			} catch (error) {
				void vscode.window.showErrorMessage(`mmscn: ${error instanceof Error ? error.message : String(error)}`);
			}
		},
	);
}

/** Draws the picture in the view and writes it to a file; asks which, where none is given. */
async function savePng(
	server: LanguageServer,
	panel: CounterexamplePanel,
	uri: string,
	result: CheckResult,
	target: vscode.Uri | undefined,
): Promise<void> {
	const { text } = await server.request("mmscn/exportTrace", { result, format: "svg" });
	const png = await panel.png(uri, text);
	const beside = vscode.Uri.joinPath(vscode.Uri.parse(uri), "..", `${result.scenario}-${result.check}.png`);
	const file = target ?? (await vscode.window.showSaveDialog({ defaultUri: beside, filters: { PNG: ["png"] } }));
	if (!file) return;
	await vscode.workspace.fs.writeFile(file, png);
	void vscode.window.setStatusBarMessage(`mmscn: counterexample saved as ${file.path.split("/").pop() ?? ""}`, 5000);
}
