import assert from "node:assert/strict";
import fc from "fast-check";
import { lanesOf } from "../../../engine/verdict/lanes.ts";
import { renderTrace, traceFormats } from "../../../engine/verdict/render.ts";
import { randomTrace } from "./randomTraces.ts";
import { compactionTrace, resultOf } from "./sampleTraces.ts";

const { trace: _trace, violation: _violation, ...noTrace } = resultOf(compactionTrace);
const safe = { ...noTrace, verdict: "safe", expected: "safe" } as const;

/** Throws unless every tag of the document is closed in its turn and nothing but entities begins with `&`. */
function assertWellFormed(document: string): void {
	const open: string[] = [];
	assert.doesNotMatch(document.replace(/&(amp|lt|gt|quot);/g, ""), /&/);
	const rest = document.replace(
		/<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)>/g,
		(_tag, closing, name, _attributes, alone) => {
			if (closing === "/") assert.equal(open.pop(), name);
			else if (alone !== "/") open.push(name);
			return "";
		},
	);
	assert.deepEqual(open, []);
	assert.doesNotMatch(rest, /[<\0]/);
}

describe("formats of a counterexample", () => {
	for (const format of traceFormats) {
		it(`${format}: takes any trace, and says the same twice`, () => {
			fc.assert(
				fc.property(randomTrace, fc.boolean(), (trace, full) => {
					const text = renderTrace(resultOf(trace), format, { full });
					assert.ok(text.endsWith("\n"));
					assert.equal(renderTrace(JSON.parse(JSON.stringify(resultOf(trace))), format, { full }), text);
				}),
				{ numRuns: 50 },
			);
		});

		it(`${format}: a result without a trace gives its verdict`, () => {
			assert.match(renderTrace(safe, format), /safe/);
		});
	}

	it("Markdown has as many cells in every row", () => {
		fc.assert(
			fc.property(randomTrace, (trace) => {
				const rows = renderTrace(resultOf(trace), "markdown")
					.split("\n")
					.filter((line) => line.startsWith("|"));
				const cells = rows.map((row) => row.replaceAll("\\|", "").split("|").length);
				const lanes = lanesOf(trace).lanes.length;
				assert.deepEqual([...new Set(cells)], lanes === 0 ? [] : [lanes + 3]);
			}),
		);
	});

	it("Markdown shows the racing pair", () => {
		const text = renderTrace(resultOf(compactionTrace), "markdown");
		assert.ok(text.includes("`folio->mapping = NULL`"));
		assert.ok(text.includes("`test_bit(AS_UNMOVABLE, &mapping->flags)` **← use after free** |  |"));
		assert.ok(text.includes("**← frees inode** |"));
	});

	it("SVG is well-formed, and needs nothing beside it", () => {
		fc.assert(
			fc.property(randomTrace, fc.boolean(), (trace, full) => {
				const text = renderTrace(resultOf(trace), "svg", { full });
				assertWellFormed(text);
				assert.doesNotMatch(text.replace("http://www.w3.org/2000/svg", ""), /https?:\/\/|\shref=|<script|<image/);
			}),
		);
	});

	it("SVG marks the pair, the lock's span and the arrow between them", () => {
		const text = renderTrace(resultOf(compactionTrace), "svg");
		assert.equal(text.match(/class="violation"/g)?.length, 1);
		assert.equal(text.match(/class="earlier"/g)?.length, 1);
		assert.equal(text.match(/class="held"/g)?.length, 1);
		assert.equal(text.match(/<path class="pair"/g)?.length, 1);
		assert.ok(text.includes("held: folio (folio lock)"));
	});

	it("SVG draws an arrow from the write to the read on another CPU that saw it", () => {
		const steps = compactionTrace.steps.map((step, index) =>
			index === 11 ? { ...step, accesses: step.accesses.map((access) => ({ ...access, readsFrom: 4 })) } : step,
		);
		const text = renderTrace(resultOf({ ...compactionTrace, steps }), "svg");
		assert.equal(text.match(/<path class="reads"/g)?.length, 1);
	});

	it("Mermaid has only lines that a sequence diagram may have", () => {
		const line =
			/^( {4}(participant L\d as (CPU \d+|RCU)<br\/>[^;<>]*(<br\/>[^;<>]*)*|L\d--?>>L\d: .*|Note over L\d(,L\d)?: .*|%% .*)|sequenceDiagram)$/;
		fc.assert(
			fc.property(randomTrace, fc.boolean(), (trace, full) => {
				const lines = renderTrace(resultOf(trace), "mermaid", { full }).trimEnd().split("\n");
				for (const one of lines) {
					assert.match(one, line);
					assert.doesNotMatch(one.replace(/#\d+;/g, "").replace(/^[^:]*: |<br\/>|^ {4}%%.*/g, ""), /[;<>{}"]/);
				}
			}),
		);
	});
});
