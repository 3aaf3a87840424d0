import assert from "node:assert/strict";
import fc from "fast-check";
import type { Program } from "../../../engine/program/program.ts";
import { type ExploreOptions, explore } from "../../../engine/search/explore.ts";
import { exploreFrom } from "../../../engine/search/exploreFrom.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import { formatSchedule, parseSchedule, type Schedule } from "../../../engine/search/schedule.ts";
import { isTrace, replay } from "../../../engine/verdict/replay.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { walk } from "../../../engine/verdict/walk.ts";
import { cook, recipes } from "./randomPrograms.ts";
import { samples } from "./samples.ts";

const plain: ExploreOptions = { limits: defaultLimits, reduction: false };
const reduced: ExploreOptions = { limits: defaultLimits, reduction: true, shallowTransitions: 0 };
/** Random programs for each property; the seed is fast-check's own, printed on failure. */
const numRuns = 200;

function scheduleOf(text: string): Schedule {
	const schedule = parseSchedule(text);
	assert.ok(typeof schedule !== "string", String(schedule));
	return schedule;
}

function searched(program: Program, schedule: string, options = plain): Verdict {
	const verdict = exploreFrom(program, schedule, options);
	if (typeof verdict === "string") assert.fail(verdict);
	return verdict;
}

function assertReplays(program: Program, { trace }: Verdict): void {
	if (!trace) return;
	const again = replay(program, scheduleOf(trace.schedule));
	assert.ok(isTrace(again), isTrace(again) ? "" : again.message);
	assert.deepEqual(again, trace);
}

describe("a search from where a schedule leads", function () {
	this.timeout("5m");

	it("finds from every point of a counterexample how it can end, and the schedule begins as it was told to", () => {
		let points = 0;
		for (const { program } of samples) {
			const { trace } = explore(program, plain);
			if (!trace || trace.violation.kind === "livelock") continue;
			const whole = scheduleOf(trace.schedule);
			for (let length = 0; length < whole.steps.length; length++) {
				const prefix = { initial: whole.initial, steps: whole.steps.slice(0, length) };
				const verdict = searched(program, formatSchedule(prefix));
				assert.equal(verdict.verdict, "race");
				assertReplays(program, verdict);
				const found = scheduleOf(verdict.trace?.schedule ?? "");
				assert.equal(
					formatSchedule({ ...found, steps: found.steps.slice(0, length) }).replace(/[()]/g, ""),
					formatSchedule(prefix),
				);
				points++;
			}
		}
		assert.ok(points > 20);
	});

	it("from the beginning, says what the whole search says", () => {
		fc.assert(
			fc.property(recipes, (recipe) => {
				const program = cook(recipe);
				const whole = explore(program, plain);
				const verdict = searched(program, formatSchedule({ initial: [], steps: [] }));
				assert.equal(verdict.verdict, whole.violation?.kind === "unreachable" ? "safe" : whole.verdict);
				assert.deepEqual(verdict.trace, whole.trace);
			}),
			{ numRuns },
		);
	});

	it("finds the same with fewer interleavings, from wherever somebody walked to", () => {
		fc.assert(
			fc.property(recipes, fc.array(fc.nat(7), { maxLength: 6 }), (recipe, turns) => {
				const program = cook(recipe);
				let schedule = "";
				for (const turn of turns) {
					const at = walk(program, schedule);
					if (typeof at === "string") assert.fail(at);
					const going = at.alternatives.filter(({ violates }) => !violates);
					schedule = going[turn % Math.max(1, going.length)]?.schedule ?? schedule;
				}
				const [one, two] = [searched(program, schedule), searched(program, schedule, reduced)];
				assert.equal(one.verdict, two.verdict);
				assertReplays(program, one);
				assertReplays(program, two);
			}),
			{ numRuns },
		);
	});

	it("says why a schedule leads nowhere", () => {
		const { program } =
			samples.find((one) => explore(one.program, plain).trace) ?? assert.fail("no sample with a race");
		assert.match(String(exploreFrom(program, "a!", plain)), /not a schedule/);
		assert.match(String(exploreFrom(program, "z", plain)), /no thread number 26/);
		assert.match(String(exploreFrom(program, "a9999", plain)), /cannot take a step here|violates already/);
	});
});
