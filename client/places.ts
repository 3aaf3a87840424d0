/** Places of a run in the editors: going there, and the line of the selected step. */
import * as vscode from "vscode";
import type { FenceFix, Location, TraceStep } from "../engine/verdict/verdict.ts";

function range(location: Location): vscode.Range {
	return new vscode.Range(location.line - 1, location.column - 1, location.endLine - 1, location.endColumn - 1);
}

const isIn = (place: Location, document: vscode.TextDocument) =>
	vscode.Uri.parse(place.file).toString() === document.uri.toString();

/** Shows a place in the column where its document is already open, else in the first. `focus`: the editor takes the keyboard. */
export async function openPlace(location: Location, focus: boolean): Promise<void> {
	const uri = vscode.Uri.parse(location.file);
	const already = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
	const document = await vscode.workspace.openTextDocument(uri);
	const editor = await vscode.window.showTextDocument(document, {
		viewColumn: already?.viewColumn ?? vscode.ViewColumn.One,
		preserveFocus: !focus,
		...(focus ? { selection: range(location) } : {}),
	});
	editor.revealRange(range(location), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Moves the editor to a step: to its own line when that file is open, or is to have the keyboard; else to the line of the thread. */
export async function openStep(step: TraceStep, focus: boolean): Promise<void> {
	const own = vscode.window.visibleTextEditors.some((editor) => isIn(step.location, editor.document));
	await openPlace(own || focus ? step.location : step.threadLocation, focus);
}

/** Shows characters of a document, given as UTF-16 offsets. */
export async function openOffsets(file: string, pos: number, end: number): Promise<void> {
	const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(file));
	const [first, last] = [document.positionAt(pos), document.positionAt(end)];
	const place = { line: first.line + 1, column: first.character + 1 };
	await openPlace({ file, ...place, endLine: last.line + 1, endColumn: last.character + 1 }, true);
}

/** Puts barriers into the texts that they are for. */
export async function insertFences({ insertions }: FenceFix): Promise<void> {
	const edit = new vscode.WorkspaceEdit();
	for (const { file, pos, text } of insertions) {
		const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(file));
		edit.insert(document.uri, document.positionAt(pos), text);
	}
	await vscode.workspace.applyEdit(edit);
}

/** True when the cursor is on the line of a step. */
export function standsOn(editor: vscode.TextEditor, step: TraceStep): boolean {
	const line = editor.selection.active.line + 1;
	return [step.location, step.threadLocation].some((place) => isIn(place, editor.document) && place.line === line);
}

/** The line of the selected step, marked in every visible editor. */
export class LineOfStep implements vscode.Disposable {
	private readonly decoration = vscode.window.createTextEditorDecorationType({
		isWholeLine: true,
		backgroundColor: new vscode.ThemeColor("editor.stackFrameHighlightBackground"),
	});

	/** Marks the lines of a step, and no others; none without a step. */
	mark(step: TraceStep | undefined): void {
		const places = step ? [step.location, step.threadLocation] : [];
		for (const editor of vscode.window.visibleTextEditors)
			editor.setDecorations(this.decoration, places.filter((place) => isIn(place, editor.document)).map(range));
	}

	dispose(): void {
		this.decoration.dispose();
	}
}
