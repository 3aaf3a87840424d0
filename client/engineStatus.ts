/** The language status item of scenarios and kernel C: which kernel version hovers speak of, and whether the engine runs. */
import * as vscode from "vscode";
import type { KernelVersionInForce } from "../server/protocol.ts";
import type { LanguageServer, ServerState } from "./languageServer.ts";

const said: Readonly<Record<NonNullable<KernelVersionInForce["from"]>, string>> = {
	scenario: "by the scenario's kernel line",
	setting: "by the setting mmscn.kernelVersion",
	makefile: "by the kernel tree's Makefile",
	option: "by the command line",
};

const states: Readonly<Record<ServerState, string>> = {
	starting: "engine starting",
	running: "engine ready",
	stopped: "engine stopped",
};

/** What the item says. */
export function statusText(
	state: ServerState,
	{ version, from }: KernelVersionInForce,
): { text: string; detail: string } {
	return {
		text: version === undefined ? "mmscn: no kernel version" : `mmscn: kernel ${version}`,
		detail: [...(from === undefined ? [] : [said[from]]), states[state]].join("; "),
	};
}

export function createEngineStatus(server: LanguageServer): vscode.Disposable {
	const item = vscode.languages.createLanguageStatusItem("mmscn.engine", [
		{ language: "mmscn" },
		{ language: "c" },
		{ language: "cpp" },
	]);
	item.name = "mmscn kernel version";
	item.command = { command: "workbench.action.openSettings", title: "Set", arguments: ["mmscn.kernelVersion"] };
	let asked = 0;
	const update = async () => {
		const turn = ++asked;
		const editor = vscode.window.activeTextEditor;
		const uri = editor?.document.uri.toString();
		const ready = server.state === "running" && uri !== undefined;
		const offset = editor?.document.offsetAt(editor.selection.active) ?? 0;
		const version = ready
			? await server.request("mmscn/kernelVersion", { uri, offset }).catch((): KernelVersionInForce => ({}))
			: {};
		if (turn !== asked) return;
		const { text, detail } = statusText(server.state, version);
		item.text = text;
		item.detail = detail;
		item.severity =
			server.state === "stopped" ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
		item.busy = server.state === "starting";
	};
	void update();
	return vscode.Disposable.from(
		item,
		server.onDidChangeState(() => void update()),
		vscode.window.onDidChangeActiveTextEditor(() => void update()),
		vscode.workspace.onDidSaveTextDocument(() => void update()),
		vscode.workspace.onDidChangeConfiguration((event) => {
			if (event.affectsConfiguration("mmscn.kernelVersion")) void update();
		}),
	);
}
