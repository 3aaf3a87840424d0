import assert from "node:assert/strict";
import fc from "fast-check";
import { TextDocument } from "vscode-languageserver-textdocument";
import { Client } from "./harness.ts";

const seed = `#include <mm/pagemap.mmscn>
/** Doc. @rule M1 x */
enum e { A, B = 3 };
struct s { int a; union { int b[2]; struct s *next; }; };
static int f(struct s *s, int n)
{
	for (int i = 0; i < n; i++)
		s->b[i] = n > 1 ? A : 0x3;
	goto out;
out:
	return s->next->a;
}
scenario x {
	kernel v6.5;
	param bool p;
	struct folio folio = { .mapping = NULL, ._refcount = 2 };
	init { folio.index = 1; }
	thread a { atomic { folio_lock(&folio); } }
	thread b on 1 { int y = READ_ONCE(folio.flags); }
	always (a.y == 0);
	check c (p = true) under sc with leaks expect safe;
}
`;
const pieces = seed.split(/(?<=\W)/);

/** The seed with pieces lost, doubled, moved, and things put in between that belong nowhere. */
const anyText = fc
	.array(
		fc.oneof(
			{ weight: 6, arbitrary: fc.nat(pieces.length - 1).map((from) => pieces.slice(from, from + 25).join("")) },
			{
				weight: 2,
				arbitrary: fc.constantFrom(
					"{",
					"}",
					"(",
					")",
					"->",
					".",
					";",
					"/*",
					'"',
					"#include <",
					"\r\n",
					"𝒳",
					"struct ",
					"goto ",
					"\0",
				),
			},
			{ weight: 1, arbitrary: fc.string() },
		),
		{ maxLength: 12 },
	)
	.map((parts) => parts.join(""));

/** Every request that asks about a document, or about a place in it. */
const requests: readonly (readonly [method: string, more?: object])[] = [
	["textDocument/hover"],
	["textDocument/completion"],
	["textDocument/signatureHelp"],
	["textDocument/definition"],
	["textDocument/references", { context: { includeDeclaration: true } }],
	["textDocument/documentHighlight"],
	["textDocument/documentSymbol"],
	["textDocument/foldingRange"],
	["textDocument/codeLens"],
	["textDocument/semanticTokens/full"],
	[
		"textDocument/codeAction",
		{ range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } }, context: { diagnostics: [] } },
	],
];

describe("the language server, on any text", () => {
	let client: Client;
	before(async () => {
		client = new Client({ searchWorker: new URL("file:///no/search/here.mjs") });
		await client.start();
	});
	after(() => client.stop());

	it("answers every request without an error, with ranges inside of the text", async () => {
		const uri = "untitled:any";
		let version = 1;
		await client.open(uri, seed);
		await fc.assert(
			fc.asyncProperty(anyText, fc.nat(), async (text, where) => {
				await client.change(uri, ++version, text);
				const document = TextDocument.create(uri, "mmscn", version, text);
				const position = document.positionAt(text.length === 0 ? 0 : where % text.length);
				for (const [method, more] of requests) {
					const answer = await client.ask(method, uri, position, more);
					for (const range of rangesIn(answer, uri))
						assert.ok(range.line <= document.lineCount, `${method}: line ${range.line}`);
				}
				const { diagnostics } = await client.diagnostics((one) => one.version === version);
				for (const { range } of diagnostics) assert.ok(document.offsetAt(range.start) <= document.offsetAt(range.end));
				client.published.length = 0;
			}),
			{ numRuns: 60 },
		);
	}).timeout(60_000);
});

/** Positions of the document in an answer; those of other files are left out. */
function rangesIn(answer: unknown, uri: string): { readonly line: number }[] {
	if (typeof answer !== "object" || answer === null) return [];
	if ("uri" in answer && answer.uri !== uri) return [];
	if ("line" in answer) return [answer as { readonly line: number }];
	return Object.values(answer).flatMap((value) => rangesIn(value, uri));
}
