/** Execution graphs laid out by the server, once for each result. */
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { GraphPicture } from "../server/protocol.ts";
import type { LanguageServer } from "./languageServer.ts";
import { graphsOf } from "./webview/graph.ts";
import type { GraphState } from "./webview/messages.ts";

export class GraphPictures {
	private readonly known = new WeakMap<CheckResult, Promise<readonly GraphPicture[]>>();
	private readonly server: LanguageServer;

	constructor(server: LanguageServer) {
		this.server = server;
	}

	/** A picture of each graph of a result, in order. */
	of(result: CheckResult): Promise<readonly GraphPicture[]> {
		const before = this.known.get(result);
		if (before) return before;
		const pictures = this.server
			.request("mmscn/drawGraphs", { graphs: graphsOf(result) })
			.then((answer) => answer.pictures);
		this.known.set(result, pictures);
		return pictures;
	}
}

/** Where a look at a result's graphs begins: at the first step of the first one's cycle that is not kept. */
export function firstLook(result: CheckResult): Omit<GraphState, "pictures"> {
	const broken = graphsOf(result)[0]?.cycle?.findIndex(({ kind, ordering }) => kind === "po" && !ordering) ?? -1;
	return { witness: 0, line: Math.max(0, broken), all: false };
}
