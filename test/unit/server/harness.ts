/** A language server in this process, and a client that talks to it over streams. */
import { PassThrough } from "node:stream";
import {
	type ClientCapabilities,
	createConnection,
	createProtocolConnection,
	type Diagnostic,
	type ProtocolConnection,
	StreamMessageReader,
	StreamMessageWriter,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Environment, serve } from "../../../server/serve.ts";

/** A text with `$0` where the cursor is. */
export interface Marked {
	readonly text: string;
	readonly position: { readonly line: number; readonly character: number };
}

/** Takes the `$0` out of a fixture. */
export function marked(fixture: string): Marked {
	const offset = fixture.indexOf("$0");
	if (offset < 0) throw new Error("the fixture has no $0");
	const text = fixture.replace("$0", "");
	return { text, position: TextDocument.create("x", "x", 0, text).positionAt(offset) };
}

export interface Published {
	readonly uri: string;
	readonly version?: number;
	readonly diagnostics: readonly Diagnostic[];
}

export class Client {
	readonly connection: ProtocolConnection;
	readonly published: Published[] = [];
	private readonly waiting: {
		readonly wanted: (published: Published) => boolean;
		readonly found: (published: Published) => void;
	}[] = [];
	settings: unknown = {};
	/** Methods that the server has asked to be told of. */
	readonly registered: string[] = [];

	constructor(environment: Environment) {
		const [up, down] = [new PassThrough(), new PassThrough()];
		serve(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), environment);
		this.connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
		this.connection.onNotification("textDocument/publishDiagnostics", (published: Published) => {
			this.published.push(published);
			for (const one of this.waiting) if (one.wanted(published)) one.found(published);
		});
		this.connection.onRequest("workspace/configuration", ({ items }: { items: readonly unknown[] }) =>
			items.map(() => this.settings),
		);
		this.connection.onRequest("workspace/codeLens/refresh", () => null);
		this.connection.onRequest(
			"client/registerCapability",
			({ registrations }: { registrations: readonly { readonly method: string }[] }) => {
				this.registered.push(...registrations.map((one) => one.method));
				return null;
			},
		);
		this.connection.listen();
	}

	async start(capabilities: ClientCapabilities = {}): Promise<void> {
		await this.connection.sendRequest("initialize", {
			processId: null,
			rootUri: null,
			capabilities: {
				workspace: {
					configuration: true,
					codeLens: { refreshSupport: true },
					didChangeConfiguration: { dynamicRegistration: true },
					didChangeWatchedFiles: { dynamicRegistration: true },
				},
				...capabilities,
			},
		});
		await this.connection.sendNotification("initialized", {});
	}

	async stop(): Promise<void> {
		await this.connection.sendRequest("shutdown");
		this.connection.dispose();
	}

	async open(uri: string, text: string, languageId = "mmscn", version = 1): Promise<void> {
		await this.connection.sendNotification("textDocument/didOpen", {
			textDocument: { uri, languageId, version, text },
		});
	}

	async change(uri: string, version: number, text: string): Promise<void> {
		await this.connection.sendNotification("textDocument/didChange", {
			textDocument: { uri, version },
			contentChanges: [{ text }],
		});
	}

	async close(uri: string): Promise<void> {
		await this.connection.sendNotification("textDocument/didClose", { textDocument: { uri } });
	}

	/** The first diagnostics that are published from now on, or were before, and are the wanted ones. */
	diagnostics(wanted: (published: Published) => boolean): Promise<Published> {
		const known = this.published.find(wanted);
		if (known !== undefined) return Promise.resolve(known);
		return new Promise((found) => this.waiting.push({ wanted, found }));
	}

	/** A request about a position of a document. */
	ask<Result>(method: string, uri: string, position: Marked["position"], more: object = {}): Promise<Result> {
		return this.connection.sendRequest<Result>(method, { textDocument: { uri }, position, ...more });
	}
}
