/** The language status item: what the last search of the active scenario found. */
import * as vscode from "vscode";
import { type Searches, summary } from "./explore.ts";
import type { DocumentResults, ResultsByDocument } from "./results.ts";

function tally({ results }: DocumentResults): string {
	const of = (verdict: string) => results.filter((result) => result.verdict === verdict).length;
	const parts = [
		[of("race"), "race"],
		[of("safe"), "safe"],
		[of("inconclusive"), "inconclusive"],
	] as const;
	return parts
		.filter(([number]) => number > 0)
		.map(([number, name]) => `${number} ${name}`)
		.join(", ");
}

export function createSearchStatus(results: ResultsByDocument, searches: Searches): vscode.Disposable {
	const item = vscode.languages.createLanguageStatusItem("mmscn.search", { language: "mmscn" });
	item.name = "mmscn search";
	item.command = { command: "mmscn.showOutput", title: "Show output" };
	const update = () => {
		const known = results.get(vscode.window.activeTextEditor?.document.uri.toString() ?? "");
		item.busy = searches.isSearching();
		item.text = !known
			? "mmscn: not searched yet"
			: known.stale
				? "mmscn: changed since the last search"
				: `mmscn: ${tally(known)}`;
		item.detail = known?.stale === false ? known.results.map(summary).join("; ") : "";
		item.severity =
			known && !known.stale && known.results.some((result) => !result.ok)
				? vscode.LanguageStatusSeverity.Error
				: vscode.LanguageStatusSeverity.Information;
	};
	update();
	return vscode.Disposable.from(
		item,
		results.onDidChange(update),
		searches.onDidEnd(update),
		vscode.window.onDidChangeActiveTextEditor(update),
	);
}
