import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Api } from "../../../client/extension.ts";
import type { ExploreArguments } from "../../../server/protocol.ts";

const waitSecondsMax = 20;
const pollMilliseconds = 50;

export const seed = "scenarios/seeds/compaction_vs_truncation.mmscn";

/** Waits for something to be there, and returns it. Throws with what was waited for when it does not come. */
export async function until<T>(
	what: string,
	find: () => T | undefined | false | Thenable<T | undefined | false>,
): Promise<T> {
	const end = Date.now() + waitSecondsMax * 1000;
	for (;;) {
		const found = await find();
		if (found) return found;
		if (Date.now() > end) throw new Error(`waited ${waitSecondsMax} s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
	}
}

/** A file of the test's workspace. */
export function file(path: string): vscode.Uri {
	const folder = vscode.workspace.workspaceFolders?.[0] ?? assert.fail("no folder is open");
	return vscode.Uri.joinPath(folder.uri, path);
}

/** Opens a file of the workspace in the first column. */
export async function open(path: string): Promise<vscode.TextEditor> {
	const document = await vscode.workspace.openTextDocument(file(path));
	return vscode.window.showTextDocument(document, vscode.ViewColumn.One);
}

/** The extension's own interface, with its server running. */
export async function start(): Promise<Api> {
	const extension = vscode.extensions.getExtension<Api>("mmscn.mmscn") ?? assert.fail("the extension is not there");
	const api = await extension.activate();
	await api.started();
	return api;
}

/** The position after the `nth` occurrence (from 0) of a text. */
export function position(document: vscode.TextDocument, text: string, nth = 0): vscode.Position {
	let index = -1;
	for (let count = 0; count <= nth; count++) index = document.getText().indexOf(text, index + 1);
	assert.ok(index >= 0, `${text} is not in ${document.uri}`);
	return document.positionAt(index + 1);
}

/** The text of all hovers at a position. */
export async function hoverText(document: vscode.TextDocument, at: vscode.Position): Promise<string> {
	const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", document.uri, at);
	return hovers
		.flatMap(({ contents }) => contents)
		.map((content) => (typeof content === "string" ? content : content.value))
		.join("\n");
}

export interface ExploreLens {
	readonly title: string;
	readonly line: number;
	readonly arguments: ExploreArguments;
}

/** The lenses that explore, once the server shows them. */
export function exploreLenses(document: vscode.TextDocument): Promise<ExploreLens[]> {
	return until("code lenses", async () => {
		const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
			"vscode.executeCodeLensProvider",
			document.uri,
			100,
		);
		const found = lenses
			.filter((lens) => lens.command?.command === "mmscn.explore")
			.map((lens) => ({
				title: lens.command?.title ?? "",
				line: lens.range.start.line,
				arguments: lens.command?.arguments?.[0] as ExploreArguments,
			}));
		return found.length > 0 && found;
	});
}

/** Changes a document; where `text` is found, `replacement` stands afterwards. */
export async function replace(document: vscode.TextDocument, text: string, replacement: string): Promise<void> {
	const start = document.getText().indexOf(text);
	assert.ok(start >= 0, `${text} is not in ${document.uri}`);
	const edit = new vscode.WorkspaceEdit();
	edit.replace(
		document.uri,
		new vscode.Range(document.positionAt(start), document.positionAt(start + text.length)),
		replacement,
	);
	assert.ok(await vscode.workspace.applyEdit(edit));
}
