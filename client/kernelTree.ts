/** Whether a C file lies in a Linux kernel tree; other C projects are left alone. */
import * as vscode from "vscode";

/** Files that together stand at the top of every kernel tree and nowhere else. */
const landmarks = ["Kbuild", "MAINTAINERS", "mm/filemap.c"];
const parentsMax = 12;

async function exists(uri: vscode.Uri): Promise<boolean> {
	try {
		await vscode.workspace.fs.stat(uri);
		return true;
	} catch {
		return false;
	}
}

/** True when a folder above the document is the top of a kernel tree. */
export async function isInKernelTree(document: vscode.Uri): Promise<boolean> {
	let folder = vscode.Uri.joinPath(document, "..");
	for (let depth = 0; depth < parentsMax; depth++) {
		const found = await Promise.all(landmarks.map((name) => exists(vscode.Uri.joinPath(folder, name))));
		if (found.every(Boolean)) return true;
		const parent = vscode.Uri.joinPath(folder, "..");
		if (parent.path === folder.path) return false;
		folder = parent;
	}
	return false;
}
