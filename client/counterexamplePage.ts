/** The page that the counterexample view starts from. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** HTML of the view; `dist` holds its script and styles. Nothing else may run in it or be loaded by it. */
export function html(webview: vscode.Webview, dist: vscode.Uri): string {
	const nonce = randomBytes(16).toString("base64url");
	const asset = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
	const policy = [
		"default-src 'none'",
		`script-src 'nonce-${nonce}'`,
		`style-src ${webview.cspSource}`,
		// Pictures that the view draws itself, to be saved as PNG.
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${asset("webview.css")}">
<title>Counterexample</title>
</head>
<body>
<main id="view"></main>
<script nonce="${nonce}" src="${asset("webview.js")}"></script>
</body>
</html>`;
}
