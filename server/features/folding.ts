/** Folding: every block and body, doc comments, runs of includes. */
import { type FoldingRange, FoldingRangeKind } from "vscode-languageserver";
import { TokenKind } from "../../engine/language/tokens.ts";
import type { Analysis } from "../documents.ts";
import type { Feature } from "../services.ts";

export const folding: Feature = {
	capabilities: { foldingRangeProvider: true },
	register({ connection, documents }) {
		connection.onFoldingRanges(({ textDocument }) => {
			const analysis = documents.analysis(textDocument.uri);
			return analysis ? foldingRanges(analysis) : [];
		});
	},
};

/** Ranges of whole lines; the line of a closing brace stays visible. */
export function foldingRanges({ tree, document }: Analysis): FoldingRange[] {
	const { count, kinds, starts } = tree.tokens;
	const line = (offset: number) => document.positionAt(offset).line;
	const ranges: FoldingRange[] = [];
	const add = (startLine: number, endLine: number, kind?: FoldingRangeKind) => {
		if (endLine > startLine) ranges.push({ startLine, endLine, ...(kind && { kind }) });
	};
	const open: number[] = [];
	for (let token = 0; token < count; token++) {
		const start = starts[token]!;
		switch (kinds[token]) {
			case TokenKind.OpenBrace:
				open.push(start);
				break;
			case TokenKind.CloseBrace: {
				const begin = open.pop();
				if (begin !== undefined) add(line(begin), line(start) - 1);
				break;
			}
			case TokenKind.BlockComment:
			case TokenKind.DocComment:
				add(line(start), line(starts[token + 1]!), FoldingRangeKind.Comment);
				break;
		}
	}
	const includes = tree.items.filter((item) => item.kind === "include").map((item) => line(item.pos));
	for (let first = 0; first < includes.length; ) {
		let last = first;
		while (includes[last + 1] === includes[last]! + 1) last++;
		add(includes[first]!, includes[last]!, FoldingRangeKind.Imports);
		first = last + 1;
	}
	return ranges;
}
