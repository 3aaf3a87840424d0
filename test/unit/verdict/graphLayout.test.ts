import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import type { ExecutionGraph } from "../../../engine/verdict/executionGraph.ts";
import { layoutGraph } from "../../../engine/verdict/graphLayout.ts";
import { type GraphBox, type GraphLine, graphMetrics } from "../../../engine/verdict/graphPicture.ts";
import { renderSvg } from "../../../engine/verdict/svg.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";

const folder = new URL("../../litmus/", import.meta.url);

function witnesses(name: string): readonly ExecutionGraph[] {
	const { litmus } = parseLitmus(readFileSync(new URL(name, folder), "utf8"));
	assert.ok(litmus);
	return exploreLitmus(litmus, { model: "lkmm", limits: { witnesses: 3 } }).witnesses;
}

const all = readdirSync(folder).flatMap((name) => witnesses(name).map((graph) => ({ name, graph })));
const first = (name: string) => witnesses(`${name}.litmus`)[0] as ExecutionGraph;

interface Area {
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

const areaOf = ({ x, y, width, height }: GraphBox): Area => ({ left: x, right: x + width, top: y, bottom: y + height });
const labelArea = ({ labelX, labelY, labelWidth }: GraphLine): Area => ({
	left: labelX - labelWidth / 2,
	right: labelX + labelWidth / 2,
	top: labelY - graphMetrics.labelHeight / 2,
	bottom: labelY + graphMetrics.labelHeight / 2,
});
const overlap = (a: Area, b: Area) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

describe("layout of an execution graph", () => {
	it("has graphs to lay out", () => assert.ok(all.length > 30));

	for (const edges of ["the cycle alone", "all edges"]) {
		const options = { all: edges === "all edges" };
		it(`keeps boxes apart and everything in the picture, with ${edges}`, () => {
			for (const { name, graph } of all) {
				const { boxes, lines, width, height } = layoutGraph(graph, options);
				const areas = [...boxes.map(areaOf), ...lines.map(labelArea)];
				for (const { left, right, top, bottom } of areas)
					assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height, name);
				for (const [i, box] of boxes.entries())
					assert.ok(!boxes.slice(i + 1).some((other) => overlap(areaOf(box), areaOf(other))), name);
			}
		});
	}

	it("covers neither statement nor label with a label of the cycle", () => {
		for (const { name, graph } of all) {
			const { boxes, lines } = layoutGraph(graph);
			if (!graph.cycle) continue;
			for (const [i, line] of lines.entries()) {
				assert.ok(!boxes.some((box) => overlap(areaOf(box), labelArea(line))), `${name}: ${line.label}`);
				assert.ok(
					!lines.slice(i + 1).some((other) => overlap(labelArea(other), labelArea(line))),
					`${name}: ${line.label}`,
				);
			}
		}
	});

	it("has a line for each step of the cycle, with its number and the reason", () => {
		const graph = first("SB");
		const { lines } = layoutGraph(graph);
		assert.deepEqual(
			lines.map(({ label }) => label),
			["1 fr", "2 po ✗", "3 fr", "4 po ✗"],
		);
		assert.deepEqual(
			lines.map(({ why }) => why),
			graph.cycle?.map(({ why }) => why),
		);
	});

	it("says which program order is kept", () => {
		assert.deepEqual(
			layoutGraph(first("MP+wmb"))
				.lines.flatMap(({ kind, label }) => (kind === "po" ? [label.slice(2)] : []))
				.sort(),
			["po ✓", "po ✗"].sort(),
		);
	});

	it("puts threads side by side and their rows in program order", () => {
		const { lanes, boxes } = layoutGraph(first("IRIW"));
		assert.deepEqual(
			lanes.map(({ title }) => title),
			["P0", "P1", "P2", "P3"],
		);
		for (const [i, lane] of lanes.entries()) if (i > 0) assert.ok(lane.x > (lanes[i - 1]?.x ?? 0));
		const second = boxes.filter(({ thread }) => thread === 2);
		assert.deepEqual(
			second.map(({ code }) => code.join(" ")),
			["int r0 = READ_ONCE(*x)", "int r1 = READ_ONCE(*y)"],
		);
		assert.ok((second[0]?.y ?? 0) < (second[1]?.y ?? 0));
	});

	it("shows every communication where there is no cycle", () => {
		const strong = all.filter(({ graph }) => graph.cycle === undefined);
		assert.ok(strong.length > 0);
		for (const { name, graph } of strong) {
			const wanted = new Set(graph.edges.flatMap(({ kind }) => (["rf", "co", "fr"].includes(kind) ? [kind] : [])));
			assert.deepEqual(new Set(layoutGraph(graph).lines.map(({ kind }) => kind)), wanted, name);
		}
	});

	it("draws as an SVG that says what the picture says", () => {
		const graph = first("SB");
		const result: CheckResult = {
			file: "SB.litmus",
			scenario: "SB",
			check: "exists",
			memory: "lkmm",
			verdict: "race",
			expected: "any",
			ok: true,
			stats: { states: 4, transitions: 4, seconds: 0 },
			graph,
		};
		const svg = renderSvg(result);
		assert.equal(svg.match(/marker-end=/g)?.length, 4);
		assert.match(svg, /WRITE_ONCE\(\*x, 1\)/);
		assert.match(svg, />2 po ✗</);
		assert.match(svg, /reads y before others see its write to x, allowed because no full/);
	});
});
