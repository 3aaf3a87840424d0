/**
 * Code actions: the one right way to mend what a diagnostic says, and the counterexample as a comment above the line where it
 * goes wrong.
 */
import { type CodeAction, CodeActionKind, type Range as LspRange } from "vscode-languageserver";
import { diagramColumns, renderComment } from "../../engine/verdict/ascii.ts";
import type { CheckResult, Location } from "../../engine/verdict/verdict.ts";
import { type Analysis, isLitmusDocument } from "../documents.ts";
import type { ResultStore } from "../results.ts";
import { type Feature, lspRange } from "../services.ts";
import { validationOf } from "../validation.ts";
import { checksOf } from "./codeLens.ts";
import { fenceActions, litmusFenceActions } from "./fenceActions.ts";

export const codeAction: Feature = {
	capabilities: { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.Refactor] } },
	register({ connection, documents, results }) {
		connection.onCodeAction(({ textDocument, range, context }) => {
			const litmus = documents.document(textDocument.uri);
			if (litmus !== undefined && isLitmusDocument(litmus)) return litmusFenceActions(litmus, results, range);
			const analysis = documents.analysis(textDocument.uri);
			if (analysis === undefined) return [];
			const { document } = analysis;
			const fixes = quickFixes(analysis, document.offsetAt(range.start), document.offsetAt(range.end)).map((fix) => {
				const mended = context.diagnostics.filter((one) => one.code === fix.code && one.message === fix.message);
				return mended.length > 0 ? { ...fix.action, diagnostics: mended } : fix.action;
			});
			const fences = fenceActions(analysis, results, range, context.diagnostics);
			return [...fixes, ...fences, ...diagrams(analysis, results, range)];
		});
	},
};

interface QuickFix {
	readonly code: string;
	readonly message: string;
	readonly action: CodeAction;
}

/** Fixes of the diagnostics that touch a range. */
export function quickFixes(analysis: Analysis, pos: number, end: number): QuickFix[] {
	const { document, module } = analysis;
	return [...module.diagnostics, ...validationOf(analysis)].flatMap((diagnostic): QuickFix[] => {
		const { fix } = diagnostic;
		if (fix === undefined || diagnostic.pos > end || diagnostic.end < pos) return [];
		const edits = fix.edits.map((edit) => ({ range: lspRange(document, edit), newText: edit.text }));
		const action: CodeAction = {
			title: fix.title,
			kind: CodeActionKind.QuickFix,
			isPreferred: true,
			edit: { changes: { [document.uri]: edits } },
		};
		return [{ code: diagnostic.code, message: diagnostic.message, action }];
	});
}

/** Columns of a tab in the kernel. */
const tabColumns = 8;
/** However deep a line is indented, a diagram beside it takes this many columns. */
const widthMin = 51;

/** The line of the scenario's own threads at which a result goes wrong; undefined where nothing is drawn of it. */
function placeOf({ trace, graph, violation }: CheckResult): Location | undefined {
	// In a call the statement of the thread stands for what goes wrong inside of it.
	const last = trace?.steps.findLast(({ role }) => role === "violation") ?? trace?.steps.at(-1);
	if (trace) return last?.threadLocation ?? trace.violation.location;
	const wrong = graph?.events.find(({ role }) => role === "violation");
	return graph && (wrong?.statement?.location ?? wrong?.at ?? violation?.location);
}

/** Above a line where a counterexample of this very program goes wrong, or the check that found it: the diagram as a comment. */
function diagrams(analysis: Analysis, results: ResultStore, range: LspRange): CodeAction[] {
	const { document, tree, fingerprint } = analysis;
	results.follow(analysis);
	const touches = (line: number) => range.start.line <= line && line <= range.end.line;
	return tree.items.flatMap((item) => {
		if (item.kind !== "scenario") return [];
		return checksOf(item).flatMap((check): CodeAction[] => {
			const known = results.of(document.uri, item.name.text, check.name.text);
			if (known?.fingerprint !== fingerprint) return [];
			const place = placeOf(known.result);
			if (place === undefined) return [];
			const line = place.file === document.uri ? place.line - 1 : undefined;
			if (line === undefined || !(touches(line) || touches(document.positionAt(check.name.pos).line))) return [];
			const start = { line, character: 0 };
			const lineText = document.getText({ start, end: { line: line + 1, character: 0 } });
			const indentation = /^[ \t]*/.exec(lineText)?.[0] ?? "";
			const lineEnd = lineText.endsWith("\r\n") ? "\r\n" : "\n";
			// The comment stays as narrow as one in a commit message, wherever it stands.
			const indented = indentation.replaceAll("\t", " ".repeat(tabColumns)).length;
			const width = Math.max(diagramColumns - indented, widthMin);
			const comment = renderComment(known.result, { width }).trimEnd().split("\n");
			const newText = comment.map((text) => `${indentation}${text}`.trimEnd() + lineEnd).join("");
			return [
				{
					title: `Insert the counterexample of ${check.name.text} as a comment`,
					kind: CodeActionKind.Refactor,
					edit: { changes: { [document.uri]: [{ range: { start, end: start }, newText }] } },
				},
			];
		});
	});
}
