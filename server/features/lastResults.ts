/** The last results of a document, for a client that was reloaded. */
import type { Requests } from "../protocol.ts";
import type { Feature } from "../services.ts";

type LastResults = Requests["mmscn/lastResults"];

export const lastResults: Feature = {
	register({ connection, results }) {
		connection.onRequest("mmscn/lastResults", ({ uri }: LastResults["params"]): LastResults["result"] =>
			results.newest(uri),
		);
	},
};
