import assert from "node:assert/strict";
import fc from "fast-check";
import type { Program } from "../../../engine/program/program.ts";
import { type ExploreOptions, explore } from "../../../engine/search/explore.ts";
import { defaultLimits, type Progress, pollTransitions, Watch } from "../../../engine/search/limits.ts";
import { parseSchedule } from "../../../engine/search/schedule.ts";
import { isTrace, replay } from "../../../engine/verdict/replay.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { cook, cookPrepared, recipes } from "./randomPrograms.ts";
import { cheapestViolation } from "./reference.ts";
import { counters, samples } from "./samples.ts";

const plain: ExploreOptions = { limits: defaultLimits, reduction: false };
/** The reduced search asked at once, however small the program. */
const reduced: ExploreOptions = { limits: defaultLimits, reduction: true, shallowTransitions: 0, neverGivesUp: true };
/** Random programs for each property; the seed is fast-check's own, printed on failure. */
const numRuns = 400;

const kindOf = (verdict: Verdict) => (verdict.verdict === "race" ? verdict.violation?.kind : verdict.verdict);

function assertReplays(program: Program, verdict: Verdict): void {
	if (!verdict.trace) return;
	const schedule = parseSchedule(verdict.trace.schedule);
	assert.ok(typeof schedule !== "string", String(schedule));
	const again = replay(program, schedule);
	assert.ok(isTrace(again), isTrace(again) ? "" : again.message);
	assert.deepEqual(again, verdict.trace);
}

describe("explore", function () {
	this.timeout("5m");
	for (const sample of samples) {
		it(sample.name, () => {
			for (const options of [plain, reduced]) {
				const verdict = explore(sample.program, options);
				assert.equal(kindOf(verdict), sample.verdict);
				assertReplays(sample.program, verdict);
				assert.equal(verdict.trace?.contextSwitches, sample.switches ?? verdict.trace?.contextSwitches);
			}
			const states = explore(sample.program, plain).stats.states;
			if (sample.states !== undefined) assert.equal(states, sample.states);
		});
	}

	it("agrees with itself: reduced and plain, twice, on random programs", () => {
		fc.assert(
			fc.property(recipes, fc.boolean(), (recipe, isPrepared) => {
				const program = isPrepared ? cookPrepared(recipe) : cook(recipe);
				const one = explore(program, plain);
				const two = explore(program, reduced);
				assert.equal(kindOf(two), kindOf(one));
				assert.equal(two.stats.limit, one.stats.limit);
				assert.deepEqual(two.trace, one.trace);
				assert.deepEqual(explore(program, reduced).trace, two.trace);
				assertReplays(program, one);
			}),
			{ numRuns },
		);
	});

	it("finds the counterexample with the fewest context switches, then the fewest steps", () => {
		fc.assert(
			fc.property(recipes, (recipe) => {
				const program = cook(recipe);
				const verdict = explore(program, reduced);
				const cheapest = cheapestViolation(program);
				if (!verdict.trace || verdict.violation?.kind === "livelock") return;
				assert.deepEqual({ switches: verdict.trace.contextSwitches, steps: verdict.trace.steps.length }, cheapest);
			}),
			{ numRuns },
		);
	});

	it("counts interleavings as binomial coefficients do", () => {
		// Two steps in each of two threads.
		const verdict = explore(counters(2, false), { ...plain, countInterleavings: true, wanted: ["deadlock"] });
		assert.equal(verdict.stats.interleavings, 6);
		assert.equal(verdict.stats.violatingInterleavings, 4);
	});

	it("goes on for the kinds that are wanted", () => {
		const program = counters(2, false);
		assert.equal(kindOf(explore(program, { ...reduced, wanted: ["invariant"] })), "invariant");
		const other = explore(program, { ...reduced, wanted: ["deadlock"] });
		assert.equal(kindOf(other), "invariant");
	});

	it("is inconclusive at each limit, and says which", () => {
		const program = counters(3, true);
		const at = (limits: Partial<typeof defaultLimits>, options = reduced) =>
			explore(program, { ...options, limits: { ...defaultLimits, ...limits } });
		assert.equal(at({ statesMax: 10 }, plain).stats.limit, "states");
		assert.equal(at({ stepsMax: 4 }, plain).stats.limit, "steps");
		assert.equal(at({ statesMax: 10 }, plain).verdict, "inconclusive");
	});

	it("stops within two looks at the clock when it is cancelled, in either search", () => {
		for (const options of [plain, reduced]) {
			let looks = 0;
			const cancelled = () => ++looks > 2;
			const verdict = explore(counters(7, false), { ...options, cancelled, wanted: ["deadlock"] });
			assert.equal(verdict.stats.limit, "cancelled");
			assert.ok(verdict.stats.transitions <= 3 * pollTransitions);
		}
	});

	it("says how far it is, with everything it holds counted", () => {
		let last: Progress | undefined;
		const onProgress = (progress: Progress) => {
			last = progress;
		};
		const watch = new Watch({ ...plain, onProgress });
		watch.add(() => ({ states: 3, frontier: 1, bytes: 1024 * 1024 }));
		watch.add(() => ({ states: 4, frontier: 1, bytes: 1024 * 1024 }));
		for (let transition = 0; transition < pollTransitions; transition++) assert.equal(watch.transition(), undefined);
		assert.deepEqual([last?.states, last?.frontier, last?.memoryMiB], [7, 2, 2]);
	});

	it("gives up at the limit of memory", () => {
		const verdict = explore(counters(7, false), {
			...plain,
			wanted: ["deadlock"],
			limits: { ...defaultLimits, memoryMaxMiB: 0.25 },
		});
		assert.equal(verdict.stats.limit, "memory");
	});
});
