import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { edgeWords, graphForKey, lineKind } from "../../../client/webview/graph.ts";
import type { GraphState } from "../../../client/webview/messages.ts";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import type { ExecutionGraph } from "../../../engine/verdict/executionGraph.ts";
import { layoutGraph } from "../../../engine/verdict/graphLayout.ts";

const { litmus } = parseLitmus(readFileSync(new URL("../../litmus/MP+wmb.litmus", import.meta.url), "utf8"));
assert.ok(litmus);
const graph = exploreLitmus(litmus, { model: "lkmm" }).witnesses[0] as ExecutionGraph;
const [cycle, all] = [layoutGraph(graph), layoutGraph(graph, { all: true })];

describe("view of an execution graph", () => {
	const stroke = (key: string) => ({ key, ctrlKey: false, metaKey: false, altKey: false });
	const state: GraphState = {
		pictures: [
			{ cycle, all },
			{ cycle, all },
		],
		witness: 0,
		line: 0,
		all: false,
	};

	it("tells edges apart: kept, not kept, beside the cycle", () => {
		assert.deepEqual(cycle.lines.map(lineKind).sort(), ["broken", "cycle", "cycle", "cycle"]);
		assert.ok(all.lines.length >= cycle.lines.length);
	});

	it("says what an edge is and why", () => {
		const words = cycle.lines.map((_, index) => edgeWords(cycle, index));
		assert.ok(words.every((one, index) => one.startsWith(`Edge ${index + 1} of 4: `) && one.endsWith(".")));
		assert.ok(
			words.some((one) => /program order, not kept\. Nothing orders `.*two loads may be done in any order/.test(one)),
		);
		assert.ok(words.some((one) => /program order, kept\. .*smp_wmb\(\) stands between/.test(one)));
		assert.equal(edgeWords(cycle, 99), "");
	});

	it("goes round the edges, and from witness to witness", () => {
		assert.deepEqual(graphForKey(stroke("ArrowDown"), state), { line: 1 });
		assert.deepEqual(graphForKey(stroke("ArrowUp"), state), { line: 3 });
		assert.deepEqual(graphForKey(stroke("ArrowDown"), { ...state, line: 3 }), { line: 0 });
		assert.deepEqual(graphForKey(stroke("End"), state), { line: 3 });
		assert.deepEqual(graphForKey(stroke("n"), state), { witness: 1, line: 0 });
		assert.deepEqual(graphForKey(stroke("n"), { ...state, witness: 1 }), { witness: 1, line: 0 });
		assert.deepEqual(graphForKey(stroke("p"), state), { witness: 0, line: 0 });
	});

	it("leaves other keys to others", () => {
		assert.equal(graphForKey(stroke("x"), state), undefined);
		assert.equal(graphForKey({ ...stroke("ArrowDown"), ctrlKey: true }, state), undefined);
	});
});
