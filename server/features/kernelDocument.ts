/** The text of files of the kernel model, and of the scenarios that come with the program, for read-only documents. */
import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import type { Requests } from "../protocol.ts";
import type { Feature } from "../services.ts";

type KernelDocument = Requests["mmscn/kernelDocument"];

export const kernelDocument: Feature = {
	register({ connection, model }) {
		connection.onRequest("mmscn/kernelDocument", ({ path }: KernelDocument["params"]): KernelDocument["result"] => {
			const text = model.text(path);
			if (text === undefined)
				throw new ResponseError(LSPErrorCodes.RequestFailed, `The kernel model has no file ${path}.`);
			return { text };
		});
	},
};
