/** The walkthrough's first step: a scenario to try, as a document of the user's own. */
import * as vscode from "vscode";

const sample = ["dist", "scenarios", "seeds", "compaction_vs_truncation.mmscn"];

export function registerSample(extensionUri: vscode.Uri): vscode.Disposable {
	return vscode.commands.registerCommand("mmscn.openSample", async () => {
		const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, ...sample));
		const document = await vscode.workspace.openTextDocument({
			language: "mmscn",
			content: new TextDecoder().decode(bytes),
		});
		await vscode.window.showTextDocument(document);
	});
}
