/** What changes outside of the open documents: settings, and files that the documents include. */
import { DidChangeConfigurationNotification, DidChangeWatchedFilesNotification } from "vscode-languageserver";
import type { Feature } from "../services.ts";

export const watching: Feature = {
	register({ connection, client, settings, documents, changed }) {
		const checkAgain = () => {
			for (const document of documents.openScenarios()) changed.fire(document.uri);
		};
		// A client tells of either only to those who ask.
		connection.onInitialized(() => {
			const { workspace } = client();
			if (workspace?.didChangeConfiguration?.dynamicRegistration)
				void connection.client.register(DidChangeConfigurationNotification.type, { section: "mmscn" });
			if (workspace?.didChangeWatchedFiles?.dynamicRegistration)
				void connection.client.register(DidChangeWatchedFilesNotification.type, {
					watchers: [{ globPattern: "**/*.mmscn" }],
				});
		});
		connection.onDidChangeConfiguration(() => {
			settings.forget();
			checkAgain();
		});
		connection.onDidChangeWatchedFiles(checkAgain);
	},
};
