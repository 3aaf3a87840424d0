/** The language server's process, and typed requests to it. */
import * as vscode from "vscode";
import {
	LanguageClient,
	type LanguageClientOptions,
	type ServerOptions,
	State,
	TransportKind,
	WorkDoneProgress,
} from "vscode-languageclient/node";
import type { Notifications, Requests } from "../server/protocol.ts";

const languages = ["mmscn", "litmus", "c", "cpp"];
/** On disk, not yet saved, in a virtual workspace, and the kernel model's own files. */
const schemes = ["file", "untitled", "vscode-vfs", "mmscn-kernel"];

/** How the server is: what a user needs to know of it. */
export type ServerState = "starting" | "running" | "stopped";

export class LanguageServer implements vscode.Disposable {
	private readonly client: LanguageClient;
	private started: Promise<void> | undefined;
	private readonly changed = new vscode.EventEmitter<ServerState>();

	/** Fires when the server starts, runs or ends. */
	readonly onDidChangeState = this.changed.event;

	constructor(extensionUri: vscode.Uri, output: vscode.LogOutputChannel) {
		const module = vscode.Uri.joinPath(extensionUri, "dist", "server.js").fsPath;
		const serverOptions: ServerOptions = { module, transport: TransportKind.ipc };
		const clientOptions: LanguageClientOptions = {
			documentSelector: languages.flatMap((language) => schemes.map((scheme) => ({ language, scheme }))),
			outputChannel: output,
			diagnosticCollectionName: "mmscn",
			// Hovers link to the scenario that shows what goes wrong, and run it.
			markdown: { isTrusted: { enabledCommands: ["mmscn.explore"] } },
		};
		this.client = new LanguageClient("mmscn", "mmscn", serverOptions, clientOptions);
	}

	get state(): ServerState {
		if (this.client.state === State.Running) return "running";
		return this.started === undefined || this.client.state === State.Starting ? "starting" : "stopped";
	}

	/** Starts the server once; later calls wait for the same start. */
	start(): Promise<void> {
		if (this.started === undefined) {
			this.client.onDidChangeState(() => this.changed.fire(this.state));
			this.started = this.client.start();
		}
		return this.started;
	}

	/** Sends a request; starts the server where nobody did. Rejects with the server's message, or on cancellation. */
	async request<Method extends keyof Requests & string>(
		method: Method,
		params: Requests[Method]["params"],
		token?: vscode.CancellationToken,
	): Promise<Requests[Method]["result"]> {
		await this.start();
		return this.client.sendRequest<Requests[Method]["result"]>(method, params, token);
	}

	/** Calls back with the parameters of each such notification. */
	onNotification<Method extends keyof Notifications & string>(
		method: Method,
		listener: (params: Notifications[Method]) => void,
	): vscode.Disposable {
		return this.client.onNotification(method, listener);
	}

	/** Calls back with what the server says about the work that was given this token. */
	onProgress(
		workDoneToken: string,
		listener: (message: string, percentage: number | undefined) => void,
	): vscode.Disposable {
		return this.client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
			if (value.kind !== "end") listener(value.message ?? "", value.percentage);
		});
	}

	dispose(): void {
		this.changed.dispose();
		void this.client.dispose();
	}
}
