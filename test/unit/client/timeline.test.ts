import assert from "node:assert/strict";
import { contextSwitches, heldAfter, localsAfter, objectsAfter, spansOf } from "../../../client/webview/timeline.ts";
import { trace } from "./counterexample.ts";

describe("the timeline of a counterexample", () => {
	it("finds the context switches that the trace counts", () => {
		assert.deepEqual(contextSwitches(trace), [2, 6]);
		assert.equal(contextSwitches(trace).length, trace.contextSwitches);
	});

	it("finds how long locks are held", () => {
		assert.deepEqual(spansOf(trace), [{ thread: 1, label: "folio (folio lock)", from: 2, to: 4, column: 0 }]);
	});

	it("puts overlapping spans side by side, and ends at the trace's end what nobody releases", () => {
		const held = [["a"], ["a", "b"], ["b"], ["b", "c"]];
		const steps = held.map((names) => ({ ...(trace.steps[0] ?? assert.fail()), thread: 0, held: names }));
		assert.deepEqual(spansOf({ ...trace, steps }), [
			{ thread: 0, label: "a", from: 0, to: 2, column: 0 },
			{ thread: 0, label: "b", from: 1, to: 4, column: 1 },
			{ thread: 0, label: "c", from: 3, to: 4, column: 0 },
		]);
	});

	it("knows the objects after a step, and what the step changed", () => {
		const folio = (step: number) => objectsAfter(trace, step).find(({ object }) => object === "folio")?.fields;
		const mapping = (step: number) => folio(step)?.find(({ field }) => field === "mapping");
		assert.equal(mapping(2)?.value.text, "→ inode.i_data");
		assert.equal(mapping(2)?.before, undefined);
		assert.equal(mapping(3)?.value.text, "NULL");
		assert.equal(mapping(3)?.before?.text, "→ inode.i_data");
		assert.equal(mapping(4)?.before, undefined);
		assert.equal(mapping(0)?.everChanges, true);
		assert.equal(folio(0)?.find(({ field }) => field === "index")?.everChanges, false);
	});

	it("knows what threads hold, and their locals", () => {
		assert.deepEqual(heldAfter(trace, 3), [{ thread: 1, held: ["folio (folio lock)"] }]);
		assert.deepEqual(heldAfter(trace, 4), []);
		assert.deepEqual(localsAfter(trace, 0, 0), []);
		assert.equal(localsAfter(trace, 0, 1)[0]?.changed, true);
		assert.equal(localsAfter(trace, 0, 6)[0]?.changed, false);
	});
});
