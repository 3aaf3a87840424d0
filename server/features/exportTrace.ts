/** A counterexample as text in the format asked for. */
import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { renderTrace } from "../../engine/verdict/render.ts";
import type { Requests } from "../protocol.ts";
import type { Feature } from "../services.ts";

type ExportTrace = Requests["mmscn/exportTrace"];

export const exportTrace: Feature = {
	register({ connection }) {
		connection.onRequest("mmscn/exportTrace", ({ result, format }: ExportTrace["params"]): ExportTrace["result"] => {
			if (result.trace === undefined && result.graph === undefined)
				throw new ResponseError(LSPErrorCodes.RequestFailed, "There is no counterexample to export.");
			return { text: renderTrace(result, format) };
		});
	},
};
