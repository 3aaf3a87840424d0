import assert from "node:assert/strict";
import fc from "fast-check";
import { TextDocument } from "vscode-languageserver-textdocument";
import { defaultCheckOptions, runCheck } from "../../../engine/check.ts";
import { parse } from "../../../engine/language/parser.ts";
import type { SourceTree } from "../../../engine/language/syntax.ts";
import { isTrivia } from "../../../engine/language/tokens.ts";
import type { CheckResult, FenceInsertion, Location } from "../../../engine/verdict/verdict.ts";
import { relocated } from "../../../server/relocation.ts";
import { fingerprint } from "../../../server/results.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

const text = `scenario s {
	int x;
	thread a {
		WRITE_ONCE(x,
			1);
		WRITE_ONCE(x, 2);
	}
	thread b { int seen = READ_ONCE(x); assert(seen != 1); }
	check c expect assertion;
}
`;

function resultOf(source: string): CheckResult {
	const module = analyzeText(source);
	const scenario = module.scenarios[0] ?? assert.fail();
	const check = scenario.members.find((member) => member.kind === "check") ?? assert.fail();
	return runCheck(module, scenario, check, defaultCheckOptions).result ?? assert.fail();
}

/** The words at a place, without what stands between them. */
function wordsAt({ text: whole }: SourceTree, place: Location): string {
	const document = TextDocument.create("", "", 0, whole);
	const start = { line: place.line - 1, character: place.column - 1 };
	return fingerprint(
		parse(document.getText({ start, end: { line: place.endLine - 1, character: place.endColumn - 1 } })),
	);
}

function placesIn(value: unknown): Location[] {
	if (Array.isArray(value)) return value.flatMap(placesIn);
	if (typeof value !== "object" || value === null) return [];
	return "endColumn" in value ? [value as Location] : Object.values(value).flatMap(placesIn);
}

const fillers = fc.constantFrom("\n", " ", "\t", "/* a comment */", "// to the end\n", "/*\n * two\n */\n");

describe("places after an edit of comments and white space", () => {
	it("are where the same words are", () => {
		const [from, result] = [parse(text), resultOf(text)];
		const places = placesIn(result);
		assert.ok(places.length > 5);
		const boundaries = [...Array(from.tokens.count).keys()]
			.filter((token) => !isTrivia(from.tokens.kinds[token]!))
			.map((token) => from.tokens.starts[token]!);
		const inserted = fc.array(fc.tuple(fc.constantFrom(...boundaries), fillers), { maxLength: 12 });
		fc.assert(
			fc.property(inserted, (insertions) => {
				const changed = [...insertions]
					.sort(([one], [other]) => other - one)
					.reduce((all, [at, filler]) => all.slice(0, at) + filler + all.slice(at), text);
				const to = parse(changed);
				fc.pre(fingerprint(to) === fingerprint(from));
				const moved = placesIn(relocated(result, "test.mmscn", from, to));
				assert.deepEqual(
					moved.map((place) => wordsAt(to, place)),
					places.map((place) => wordsAt(from, place)),
				);
				// They are the places of a search of the new text, as well.
				assert.deepEqual(moved, placesIn(resultOf(changed)));
			}),
			{ numRuns: 60 },
		);
	});

	it("leaves places of other files alone", () => {
		const place = { file: "other", line: 3, column: 1, endLine: 3, endColumn: 4 };
		assert.deepEqual(relocated({ place }, "test.mmscn", parse(text), parse(`\n${text}`)), { place });
	});

	it("has a barrier above the same statement", () => {
		const pos = text.indexOf("\t\tWRITE_ONCE(x, 2)");
		const insertion: FenceInsertion = {
			fence: "smp_wmb",
			file: "test.mmscn",
			line: 6,
			pos,
			text: "\t\tsmp_wmb();\n",
			before: "",
			thread: "a",
		};
		const changed = text.replace("\tthread a", "\n\t/* two more lines */\n\tthread a");
		const moved = relocated(insertion, "test.mmscn", parse(text), parse(changed));
		assert.equal(moved.line, 8);
		assert.equal(moved.pos, changed.indexOf("\t\tWRITE_ONCE(x, 2)"));
	});
});
