import assert from "node:assert/strict";
import { asciiDiagram } from "../../../engine/verdict/ascii.ts";
import { changesOfMentioned, deedOnMentioned } from "../../../engine/verdict/mentioned.ts";
import type { Trace } from "../../../engine/verdict/verdict.ts";
import { traceOf } from "./sampleTraces.ts";

const nowhere = { file: "a.mmscn", line: 1, column: 1, endLine: 1, endColumn: 2 };

const trace = traceOf(
	[
		{ name: "fault", cpu: 0 },
		{ name: "truncation", cpu: 1 },
	],
	[
		{ thread: 1, line: 1, text: "folio->mapping = NULL", access: "write folio.mapping = NULL", role: "earlier" },
		{ thread: 1, line: 2, text: "folio->mapping_count = 0", access: "write folio.mapping_count = 0" },
		{ thread: 0, line: 3, text: "table->pte[0] = pte", access: "write table.pte[0] = present", role: "violation" },
		{ thread: 0, line: 4, text: "seen = READ_ONCE(folio->mapping)", access: "read folio.mapping = NULL" },
	],
	{
		kind: "invariant",
		message: "never (table.pte[0] && folio.mapping == NULL): it holds at the end",
		location: nowhere,
	},
);

describe("what a property names", () => {
	it("is changed by the steps that write it, not by those that read it or write a longer name", () => {
		assert.deepEqual(changesOfMentioned(trace.steps, trace.threads, trace.violation.message), [0, 2]);
	});

	it("may be a variable of a thread", () => {
		const steps = trace.steps.map((step, index) =>
			index === 3 ? { ...step, locals: [{ name: "seen", value: { raw: 0, text: "NULL" } }] } : step,
		);
		assert.deepEqual(changesOfMentioned(steps, trace.threads, "never (fault.seen == NULL)"), [3]);
		assert.equal(deedOnMentioned(steps[3]!, "fault", "never (fault.seen == NULL)"), "seen = NULL");
		assert.deepEqual(changesOfMentioned(steps, trace.threads, "never (truncation.seen == NULL)"), []);
	});

	it("is marked where it was settled, although the threads went on", () => {
		assert.deepEqual(asciiDiagram(trace).slice(3), [
			"                                               folio->mapping = NULL",
			"                                                 <-- writes folio.mapping",
			"                                               folio->mapping_count = 0",
			"table->pte[0] = pte  <-- invariant broken",
			"seen = READ_ONCE(folio->mapping)  /* NULL */",
		]);
	});
});

describe("an assertion", () => {
	it("is drawn under the access that it judges", () => {
		const failing: Trace = {
			...trace,
			violation: { kind: "assertion", message: "fault: assert(seen) does not hold", location: nowhere },
			pending: [{ thread: 0, location: nowhere, threadLocation: nowhere, callStack: [], text: "assert(seen);" }],
		};
		assert.deepEqual(asciiDiagram(failing).slice(-1), ["assert(seen)  <-- assertion fails"]);
	});
});
