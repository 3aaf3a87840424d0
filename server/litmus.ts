/** Litmus tests that are open in the editor. */
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic } from "../engine/language/syntax.ts";
import { compileLitmus } from "../engine/litmus/compile.ts";
import { parseLitmus } from "../engine/litmus/parse.ts";
import type { LitmusTest } from "../engine/litmus/syntax.ts";
import { documentLengthMax } from "./documents.ts";

export interface OpenLitmus {
	/** Undefined where there are errors, or the document is too long to be looked at. */
	readonly litmus: LitmusTest | undefined;
	readonly errors: readonly Diagnostic[];
}

const known = new WeakMap<TextDocument, { readonly version: number; readonly parsed: OpenLitmus }>();

/** A litmus test, parsed and compiled once for each version of its document. */
export function parsedLitmus(document: TextDocument): OpenLitmus {
	const before = known.get(document);
	if (before?.version === document.version) return before.parsed;
	const parsed = parse(document.getText());
	known.set(document, { version: document.version, parsed });
	return parsed;
}

function parse(text: string): OpenLitmus {
	if (text.length > documentLengthMax) return { litmus: undefined, errors: [] };
	const { litmus, errors } = parseLitmus(text);
	if (litmus === undefined) return { litmus, errors };
	const unsupported = compileLitmus(litmus).errors;
	return { litmus: unsupported.length > 0 ? undefined : litmus, errors: unsupported };
}
