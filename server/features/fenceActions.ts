/** The barriers that make a check safe, as quick fixes: at the check, where it goes wrong, and where they would stand. */
import {
	type CodeAction,
	CodeActionKind,
	type Diagnostic,
	type Range as LspRange,
	type WorkspaceEdit,
} from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { FenceFix } from "../../engine/verdict/verdict.ts";
import type { Analysis } from "../documents.ts";
import { parsedLitmus } from "../litmus.ts";
import { digest, type KnownResult, type ResultStore } from "../results.ts";
import { lspRange } from "../services.ts";
import { checksOf } from "./codeLens.ts";

/** Fixes of the checks whose last search, of this very version of the text, found what takes weak memory. The weakest come first. */
export function fenceActions(
	analysis: Analysis,
	results: ResultStore,
	range: LspRange,
	diagnostics: readonly Diagnostic[],
): CodeAction[] {
	const { document, tree } = analysis;
	results.follow(analysis);
	const touches = (first: number, last = first) => range.start.line <= last && first <= range.end.line;
	return tree.items.flatMap((item) => {
		if (item.kind !== "scenario") return [];
		return checksOf(item).flatMap((check): CodeAction[] => {
			const known = results.of(document.uri, item.name.text, check.name.text);
			if (known === undefined || known.version !== document.version) return [];
			const at = lspRange(document, check);
			const places = known.result.fences?.flatMap(({ insertions }) => insertions.map(({ line }) => line)) ?? [];
			const isHere =
				touches(at.start.line, at.end.line) ||
				[...places, ...linesOf(known, document.uri)].some((line) => touches(line - 1));
			if (!isHere) return [];
			const mended = diagnostics.filter(
				({ code, range: { start } }) =>
					code === "unmet-expectation" && at.start.line <= start.line && start.line <= at.end.line,
			);
			return (known.result.fences ?? []).map((fix, index) => ({
				title: fixTitle(fix, check.name.text),
				kind: CodeActionKind.QuickFix,
				...(index === 0 && { isPreferred: true }),
				...(mended.length > 0 && { diagnostics: mended }),
				edit: editOf(document, fix),
			}));
		});
	});
}

/** The same of a litmus test: at the barriers' places, at the accesses of the cycle, and at the test's name. */
export function litmusFenceActions(document: TextDocument, results: ResultStore, range: LspRange): CodeAction[] {
	const { litmus } = parsedLitmus(document);
	if (litmus === undefined) return [];
	const known = results.of(document.uri, litmus.name, litmus.quantifier);
	if (known === undefined || known.fingerprint !== digest(document.getText())) return [];
	const { fences = [], graph } = known.result;
	const events = graph?.cycle?.flatMap(({ from }) => graph.events[from] ?? []) ?? [];
	const lines = [
		0,
		...fences.flatMap(({ insertions }) => insertions.map(({ line }) => line - 1)),
		...events.flatMap(({ pos }) => (pos === undefined ? [] : [document.positionAt(pos).line])),
	];
	if (!lines.some((line) => range.start.line <= line && line <= range.end.line)) return [];
	return fences.map((fix, index) => ({
		title: `Insert ${placesOf(fix)}: ${fix.insertions.length > 1 ? "forbid" : "forbids"} it (verified by search)`,
		kind: CodeActionKind.QuickFix,
		...(index === 0 && { isPreferred: true }),
		edit: editOf(document, fix),
	}));
}

function editOf(document: TextDocument, { insertions }: FenceFix): WorkspaceEdit {
	const edits = insertions.map(({ pos, text }) => ({ range: lspRange(document, { pos, end: pos }), newText: text }));
	return { changes: { [document.uri]: edits } };
}

/** Lines of the document on which the counterexample goes wrong, or which its cycle goes through. */
function linesOf({ result: { violation, graph } }: KnownResult, uri: string): number[] {
	const events = graph?.cycle?.flatMap(({ from }) => graph.events[from] ?? []) ?? [];
	const places = [violation?.location, ...events.map(({ statement, at }) => statement?.location ?? at)];
	return places.flatMap((place) => (place?.file === uri ? [place.line] : []));
}

/** "Insert smp_mb() above line 553: makes without_mb safe (verified by search)". */
export function fixTitle(fix: FenceFix, check: string): string {
	return `Insert ${placesOf(fix)}: makes ${check} safe (verified by search)`;
}

const placesOf = ({ insertions }: FenceFix) =>
	insertions.map(({ fence, line }) => `${fence}() above line ${line}`).join(" and ");
