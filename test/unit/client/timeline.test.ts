import assert from "node:assert/strict";
import { stepForKey } from "../../../client/webview/keys.ts";
import {
	contextSwitches,
	endsGracePeriod,
	heldAfter,
	localsAfter,
	objectsAfter,
	spansOf,
	touchedBy,
	visibleSteps,
} from "../../../client/webview/timeline.ts";
import { spansHeld } from "../../../engine/verdict/spans.ts";
import { trace } from "./counterexample.ts";

const all = [...trace.steps.keys()];

describe("the timeline of a counterexample", () => {
	it("finds the context switches that the trace counts", () => {
		assert.deepEqual(contextSwitches(trace, all), [2, 6]);
		assert.equal(contextSwitches(trace, all).length, trace.contextSwitches);
	});

	it("can leave out what does not tell the race, but never the selected step", () => {
		const told = { ...trace, decisive: [1, 3, 5, 6] };
		assert.deepEqual(visibleSteps(told, false, 6), [1, 3, 5, 6]);
		assert.deepEqual(visibleSteps(told, false, 0), [0, 1, 3, 5, 6]);
		assert.deepEqual(visibleSteps(told, true, 6), all);
		assert.deepEqual(visibleSteps(trace, false, 6), all);
		assert.deepEqual(contextSwitches(told, [1, 3, 5, 6]), [3, 6]);
	});

	it("finds how long locks are held", () => {
		assert.deepEqual(spansOf({ ...trace, spans: spansHeld(trace.steps) }), [
			{ kind: "lock", thread: 1, label: "folio (folio lock)", from: 2, to: 4, column: 0 },
		]);
	});

	it("puts overlapping spans side by side, and ends at the trace's end what nobody releases", () => {
		const held = [["a"], ["a", "b"], ["b"], ["b", "c"]];
		const steps = held.map((names) => ({ ...(trace.steps[0] ?? assert.fail()), thread: 0, held: names }));
		assert.deepEqual(spansOf({ ...trace, steps, spans: spansHeld(steps) }), [
			{ kind: "lock", thread: 0, label: "a", from: 0, to: 2, column: 0 },
			{ kind: "lock", thread: 0, label: "b", from: 1, to: 4, column: 1 },
			{ kind: "lock", thread: 0, label: "c", from: 3, to: 4, column: 0 },
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
		assert.equal(mapping(0)?.value.text, "→ inode.i_data");
		assert.equal(folio(0)?.find(({ field }) => field === "index")?.value.text, "0");
	});

	it("knows what steps touch, and what the violation is about", () => {
		assert.deepEqual([...touchedBy(trace, [3, 5])].sort(), ["folio.mapping", "inode.", "inode.i_data.flags"]);
	});

	it("knows the end of a grace period", () => {
		const threads = trace.threads.map((thread) => ({ ...thread, kind: "callback" as const }));
		const steps = trace.steps.map((step, index) => (index === 2 ? { ...step, accesses: [] } : step));
		assert.equal(endsGracePeriod({ ...trace, threads, steps }, 2), true);
		assert.equal(endsGracePeriod({ ...trace, steps }, 2), false);
		assert.equal(endsGracePeriod({ ...trace, threads }, 2), false);
	});

	it("knows what threads hold, and their locals", () => {
		assert.deepEqual(heldAfter(trace, 3), [{ thread: 1, held: ["folio (folio lock)"] }]);
		assert.deepEqual(heldAfter(trace, 4), []);
		assert.deepEqual(localsAfter(trace, 0, 0), []);
		assert.equal(localsAfter(trace, 0, 1)[0]?.changed, true);
		assert.equal(localsAfter(trace, 0, 6)[0]?.changed, false);
	});
});

describe("keys in the counterexample view", () => {
	const press = (key: string, step: number, visible: readonly number[] = all) =>
		stepForKey({ key, ctrlKey: false, metaKey: false, altKey: false }, trace, visible, step);
	it("go step by step, and to the ends", () => {
		assert.deepEqual([press("ArrowDown", 2), press("ArrowUp", 2), press("Home", 2), press("End", 2)], [3, 1, 0, 6]);
		assert.deepEqual([press("ArrowRight", 2), press("ArrowLeft", 2)], [3, 1]);
	});
	it("go from context switch to context switch", () => {
		assert.deepEqual([press("n", 0), press("n", 2), press("n", 6)], [2, 6, 6]);
		assert.deepEqual([press("p", 6), press("p", 5), press("p", 2), press("p", 1)], [2, 2, 0, 0]);
	});
	it("stay among the visible steps", () => {
		const visible = [1, 3, 5, 6];
		assert.deepEqual(
			[press("ArrowDown", 1, visible), press("ArrowUp", 3, visible), press("Home", 5, visible)],
			[3, 1, 1],
		);
		assert.deepEqual([press("ArrowDown", 6, visible), press("ArrowUp", 1, visible)], [6, 1]);
	});
	it("leave other keys alone", () => {
		assert.equal(press("x", 2), undefined);
		assert.equal(stepForKey({ key: "n", ctrlKey: true, metaKey: false, altKey: false }, trace, all, 0), undefined);
	});
});
