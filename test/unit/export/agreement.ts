/** Whether SPIN and both our searches say the same about a Program. */
import assert from "node:assert/strict";
import { exportPromela } from "../../../engine/export/promela.ts";
import { Machine } from "../../../engine/memory/sc.ts";
import { Stepper } from "../../../engine/memory/stepper.ts";
import type { Program } from "../../../engine/program/program.ts";
import { type ExploreOptions, explore } from "../../../engine/search/explore.ts";
import { buildGraph } from "../../../engine/search/graph.ts";
import { defaultLimits, Watch } from "../../../engine/search/limits.ts";
import { BackEdges } from "../../../engine/search/reduction/backEdges.ts";
import { spin } from "./spin.ts";

const plain: ExploreOptions = { limits: defaultLimits, reduction: false };
const reduced: ExploreOptions = { limits: defaultLimits, reduction: true, shallowTransitions: 0, neverGivesUp: true };
/** States of the model beyond ours: before init, and the last look at each state in which nobody can go on. */
function extraStates(program: Program): number {
	const graph = buildGraph(new Stepper(new Machine(program)), plain, new Watch(plain));
	let last = 0;
	for (let state = 0; state < graph.table.size; state++)
		if (graph.firstEdge.at(state) === graph.firstEdge.at(state + 1)) last++;
	return 1 + last;
}

const waitsForLocks = (program: Program) =>
	program.threads.some((thread) =>
		thread.instructions.some((instruction) => instruction.kind === "lock" && instruction.try === undefined),
	);

/**
 * Compares what SPIN and both our searches say about a program. Returns whether the numbers of states were compared as well: where
 * nothing ends the search, and every state of the model is one of ours.
 */
export async function assertAgrees(program: Program, model = exportPromela(program), cycles = true): Promise<boolean> {
	const theirs = await spin(model, { reduction: false });
	const one = explore(program, plain);
	const two = explore(program, reduced);
	assert.deepEqual([two.verdict, two.violation?.kind], [one.verdict, one.violation?.kind]);
	if (theirs.violation) {
		const wanted = [theirs.violation];
		for (const options of [plain, reduced])
			assert.equal(explore({ ...program, expect: wanted }, { ...options, wanted }).violation?.kind, theirs.violation);
		return false;
	}
	if (theirs.limit) {
		assert.notEqual(one.verdict, "safe");
		return false;
	}
	assert.ok(theirs.complete);
	const ours = one.violation?.kind;
	assert.ok(ours === undefined || ours === "livelock" || ours === "unreachable", `SPIN finds no ${ours}`);
	assert.notEqual(one.verdict, "inconclusive");
	// A thread that may begin in more than one place takes a step of its own to get there.
	const isCounted = !model.includes("start == ");
	if (isCounted) assert.equal(theirs.states, one.stats.states + extraStates(program));
	const unmet = program.properties.some((property, index) => property.property === "exists" && !theirs.met.has(index));
	if (ours !== "livelock") assert.equal(ours === "unreachable", unmet);
	// SPIN takes a thread before a needless reload for idle; we do not.
	if (!cycles || !new BackEdges(program).any || model.includes("bool reloading")) return isCounted;
	const { livelock } = await spin(model, { reduction: false, cycles: true });
	if (ours === "livelock") assert.ok(livelock);
	// SPIN's fairness is weak; our locks are strongly fair.
	else if (!waitsForLocks(program)) assert.ok(!livelock);
	return isCounted;
}
