/** *Explore executions* over a litmus test, with the result line of the last search. */
import type { CodeLens } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { Scanner } from "../../engine/litmus/scanner.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import { parsedLitmus } from "../litmus.ts";
import type { ExploreArguments } from "../protocol.ts";
import { digest, type ResultStore } from "../results.ts";

const count = new Intl.NumberFormat("en");

/** A lens over the name of the test; none while it has errors. */
export function litmusLenses(document: TextDocument, results: ResultStore): CodeLens[] {
	const { litmus } = parsedLitmus(document);
	if (litmus === undefined) return [];
	const known = results.of(document.uri, litmus.name, litmus.quantifier);
	const stale = known !== undefined && known.fingerprint !== digest(document.getText()) ? ["(stale)"] : [];
	const line = Math.max(0, document.positionAt(new Scanner(litmus.text).peek().pos).line);
	const start = { line, character: 0 };
	return [
		{
			range: { start, end: { line, character: litmus.name.length + 2 } },
			command: {
				title: ["Explore executions", ...(known ? [litmusSummary(known.result)] : []), ...stale].join(" · "),
				command: "mmscn.explore",
				arguments: [{ uri: document.uri, scenario: litmus.name, check: litmus.quantifier } satisfies ExploreArguments],
			},
		},
	];
}

/** "Sometimes 1 3 · 4 states · 0.00 s", as herd7 counts; with what its comment says where that is something else. */
export function litmusSummary({ litmus, expected, ok, stats }: CheckResult): string {
	if (litmus === undefined) return "";
	const { verdict, positive, negative, states } = litmus;
	const limit = stats.limit === undefined ? "" : `, incomplete: limit on ${stats.limit}`;
	const unexpected = ok || stats.limit !== undefined ? "" : `, its comment says ${expected}`;
	return [
		`${ok ? "✓" : stats.limit === undefined ? "✗" : "?"} ${verdict} ${count.format(positive)} ${count.format(negative)}${limit}${unexpected}`,
		`${count.format(states)} state${states === 1 ? "" : "s"}`,
		`${stats.seconds.toFixed(2)} s`,
	].join(" · ");
}
