/** Quick fixes: where a diagnostic knows the one right way to mend it. */
import { type CodeAction, CodeActionKind } from "vscode-languageserver";
import type { Analysis } from "../documents.ts";
import { type Feature, lspRange } from "../services.ts";

export const codeAction: Feature = {
	capabilities: { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] } },
	register({ connection, documents }) {
		connection.onCodeAction(({ textDocument, range, context }) => {
			const analysis = documents.analysis(textDocument.uri);
			if (analysis === undefined) return [];
			const { document } = analysis;
			return quickFixes(analysis, document.offsetAt(range.start), document.offsetAt(range.end)).map((fix) => {
				const mended = context.diagnostics.filter((one) => one.code === fix.code && one.message === fix.message);
				return mended.length > 0 ? { ...fix.action, diagnostics: mended } : fix.action;
			});
		});
	},
};

interface QuickFix {
	readonly code: string;
	readonly message: string;
	readonly action: CodeAction;
}

/** Fixes of the diagnostics that touch a range. */
export function quickFixes({ document, module }: Analysis, pos: number, end: number): QuickFix[] {
	return module.diagnostics.flatMap((diagnostic): QuickFix[] => {
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
