/** The webview panel of the counterexample view: its page, and the messages to and from it. */
import * as vscode from "vscode";
import { html } from "./counterexamplePage.ts";
import type { FromView, ToView } from "./webview/messages.ts";

export const viewType = "mmscn.counterexample";

/** How long the view may take to draw a picture. */
const pngMillisecondsMax = 20_000;

export class CounterexampleWebview implements vscode.Disposable {
	private panel: vscode.WebviewPanel | undefined;
	/** How many pictures were asked for. */
	private pictures = 0;
	private readonly extensionUri: vscode.Uri;
	private readonly received = new vscode.EventEmitter<FromView>();
	private readonly closed = new vscode.EventEmitter<void>();

	/** Fires with each message of the view. */
	readonly onDidReceive = this.received.event;
	readonly onDidClose = this.closed.event;
	/** The last message of each kind that was posted to the view. */
	readonly posted = new Map<ToView["type"], ToView>();

	constructor(extensionUri: vscode.Uri) {
		this.extensionUri = extensionUri;
	}

	get isOpen(): boolean {
		return this.panel !== undefined;
	}

	/** Opens the panel beside the editor, or brings it to the front; the keyboard stays where it is. */
	open(): void {
		if (this.panel) this.panel.reveal(undefined, true);
		else
			this.attach(
				vscode.window.createWebviewPanel(
					viewType,
					"Counterexample",
					{ viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
					{},
				),
			);
	}

	/** Takes over a panel, such as one from before a reload of the window. */
	attach(panel: vscode.WebviewPanel): void {
		this.panel = panel;
		const dist = vscode.Uri.joinPath(this.extensionUri, "dist");
		panel.webview.options = { enableScripts: true, localResourceRoots: [dist], enableCommandUris: false };
		panel.webview.onDidReceiveMessage((message: FromView) => {
			// A page that begins anew knows nothing of what was said to the one before.
			if (message.type === "ready") this.posted.clear();
			this.received.fire(message);
		});
		panel.onDidDispose(() => {
			this.panel = undefined;
			this.closed.fire();
		});
		panel.webview.html = html(panel.webview, dist);
	}

	post(message: ToView): void {
		this.posted.set(message.type, message);
		void this.panel?.webview.postMessage(message);
	}

	/** A picture as PNG, drawn by the open view. Rejects when it is not drawn in time. */
	async png(svg: string): Promise<Uint8Array> {
		const id = ++this.pictures;
		const answer = new Promise<Uint8Array>((resolve, reject) => {
			const late = setTimeout(
				() => end(() => reject(new Error("the picture was not drawn in time"))),
				pngMillisecondsMax,
			);
			const listening = this.onDidReceive((message) => {
				// A page that has only now begun has not heard the question.
				if (message.type === "ready") this.post({ type: "draw", id, svg });
				if (message.type === "png" && message.id === id) end(() => resolve(Buffer.from(message.data, "base64")));
				if (message.type === "noPng" && message.id === id) end(() => reject(new Error(message.message)));
			});
			const end = (settle: () => void) => {
				clearTimeout(late);
				listening.dispose();
				settle();
			};
		});
		this.post({ type: "draw", id, svg });
		return answer;
	}

	dispose(): void {
		this.panel?.dispose();
		for (const one of [this.received, this.closed]) one.dispose();
	}
}
