/** Shows files of the kernel model, read-only, with the text that the server reads them from. */
import * as vscode from "vscode";
import type { KernelScheme } from "../server/protocol.ts";
import type { LanguageServer } from "./languageServer.ts";

const scheme: KernelScheme = "mmscn-kernel";

export function registerKernelDocuments(server: LanguageServer): vscode.Disposable {
	return vscode.workspace.registerTextDocumentContentProvider(scheme, {
		async provideTextDocumentContent(uri, token) {
			const { text } = await server.request("mmscn/kernelDocument", { path: uri.path.replace(/^\//, "") }, token);
			return text;
		},
	});
}
