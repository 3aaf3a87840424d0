import assert from "node:assert/strict";
import fc from "fast-check";
import { exportPromela } from "../../../engine/export/promela.ts";
import { Machine } from "../../../engine/memory/sc.ts";
import { Stepper } from "../../../engine/memory/stepper.ts";
import type { Program } from "../../../engine/program/program.ts";
import { type ExploreOptions, explore } from "../../../engine/search/explore.ts";
import { buildGraph } from "../../../engine/search/graph.ts";
import { defaultLimits, Watch } from "../../../engine/search/limits.ts";
import { BackEdges } from "../../../engine/search/reduction/backEdges.ts";
import { cook, recipes } from "../search/randomPrograms.ts";
import { samples } from "../search/samples.ts";
import { spin, spinIsThere } from "./spin.ts";

const plain: ExploreOptions = { limits: defaultLimits, reduction: false };
const reduced: ExploreOptions = { limits: defaultLimits, reduction: true, shallowTransitions: 0 };
/** Random programs that are compared; two are at work at a time. */
const programs = 1000;
/** Of these, at the most so many may be too involved for an export. */
const notExportedMax = 50;

/** States of the model beyond ours: before init, and the last look at each state in which nobody can go on. */
function extraStates(program: Program): number {
	const graph = buildGraph(new Stepper(new Machine(program)), plain, new Watch(plain));
	let last = 0;
	for (let state = 0; state < graph.table.size; state++)
		if (graph.firstEdge.at(state) === graph.firstEdge.at(state + 1)) last++;
	return 1 + last;
}

/** Compares what SPIN and both our searches say about a program. */
async function assertAgrees(program: Program, model = exportPromela(program)): Promise<void> {
	const theirs = await spin(model, { reduction: false });
	const one = explore(program, plain);
	const two = explore(program, reduced);
	assert.deepEqual([two.verdict, two.violation?.kind], [one.verdict, one.violation?.kind]);
	if (theirs.violation) {
		const wanted = [theirs.violation];
		for (const options of [plain, reduced])
			assert.equal(explore({ ...program, expect: wanted }, { ...options, wanted }).violation?.kind, theirs.violation);
		return;
	}
	if (theirs.limit) return assert.notEqual(one.verdict, "safe");
	assert.ok(theirs.complete);
	const ours = one.violation?.kind;
	assert.ok(ours === undefined || ours === "livelock" || ours === "unreachable", `SPIN finds no ${ours}`);
	assert.notEqual(one.verdict, "inconclusive");
	// A thread that may begin in more than one place takes a step of its own to get there.
	if (!model.includes("start == ")) assert.equal(theirs.states, one.stats.states + extraStates(program));
	const unmet = program.properties.some((property, index) => property.property === "exists" && !theirs.met.has(index));
	if (ours !== "livelock") assert.equal(ours === "unreachable", unmet);
	// SPIN takes a thread before a needless reload for idle; we do not.
	if (!new BackEdges(program).any || model.includes("bool reloading")) return;
	const cycles = await spin(model, { reduction: false, cycles: true });
	assert.equal(ours === "livelock", cycles.livelock);
}

describe("Promela export", function () {
	this.timeout("20m");

	before(function () {
		if (!spinIsThere()) {
			console.log("      skipped: spin and gcc are not installed, and cannot be");
			this.skip();
		}
	});

	for (const sample of samples) it(`SPIN agrees: ${sample.name}`, () => assertAgrees(sample.program));

	it("SPIN agrees on random programs", async () => {
		let notExported = 0;
		const compare = async (program: Program) => {
			let model: string;
			try {
				model = exportPromela(program);
			} catch {
				notExported++;
				return;
			}
			await assertAgrees(program, model);
		};
		await fc.assert(
			fc.asyncProperty(recipes, recipes, async (one, two) => {
				await Promise.all([compare(cook(one)), compare(cook(two))]);
			}),
			{ numRuns: programs / 2 },
		);
		assert.ok(notExported <= notExportedMax, `${notExported} programs could not be exported`);
	});
});
