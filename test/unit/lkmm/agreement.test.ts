import assert from "node:assert/strict";
import fc from "fast-check";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";
import { fullyFenced, litmusText, type RandomProgram, randomProgram } from "./randomProgram.ts";
import { enumerate, type Outcome, TooLarge } from "./reference.ts";

/** Candidates of a random program beyond which brute force is left alone. */
const candidatesMaximum = 3000;

function explored(program: RandomProgram, model: "lkmm" | "sc"): Outcome {
	const text = litmusText(program);
	const { litmus, errors } = parseLitmus(text);
	assert.deepEqual(errors, [], text);
	const result = exploreLitmus(litmus as NonNullable<typeof litmus>, { model, limits: { witnesses: 0 } });
	assert.deepEqual(result.errors, [], text);
	assert.equal(result.limit, undefined);
	const states = new Map<string, number>();
	for (const { values, executions } of result.states) {
		states.set(values.map((value, i) => `${result.places[i]}=${value}`).join(";"), executions);
	}
	return { states, race: result.flags.includes("data-race") };
}

/** Only what both report: registers that are assigned and locations that are written. */
function comparable(outcome: Outcome, keep: ReadonlySet<string>): [string, number][] {
	const merged = new Map<string, number>();
	for (const [state, count] of outcome.states) {
		const key = state
			.split(";")
			.filter((part) => keep.has(part.slice(0, part.indexOf("="))))
			.sort()
			.join(";");
		merged.set(key, (merged.get(key) ?? 0) + count);
	}
	return [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
}

function namesInAll(outcome: Outcome): Set<string> {
	const sets = [...outcome.states.keys()].map(
		(state) => new Set(state.split(";").map((part) => part.slice(0, part.indexOf("=")))),
	);
	const [first = new Set<string>(), ...rest] = sets;
	return new Set([...first].filter((name) => rest.every((set) => set.has(name))));
}

/** Compares on `wanted` random programs that are small enough, and returns how many there were. */
function agree(seed: number, wanted: number, plain: boolean, model: "lkmm" | "sc"): number {
	let compared = 0;
	const stream = fc.sample(randomProgram({ plain }), { seed, numRuns: wanted * 2 });
	for (const program of stream) {
		if (compared >= wanted) break;
		let expected: Outcome;
		try {
			expected = enumerate(program, { sequential: model === "sc", candidates: candidatesMaximum });
		} catch (error) {
			if (error instanceof TooLarge) continue;
			throw error;
		}
		compared++;
		const actual = explored(program, model);
		const names = namesInAll(expected);
		assert.deepEqual(comparable(actual, names), comparable(expected, names), litmusText(program));
		assert.equal(actual.race, expected.race, litmusText(program));
	}
	return compared;
}

describe("lkmm: agreement with brute force", () => {
	it("agrees on 1200 random programs of marked accesses", () => {
		assert.equal(agree(20260101, 1200, false, "lkmm"), 1200);
	}).timeout(240_000);

	it("agrees on 800 random programs with plain accesses, data races included", () => {
		assert.equal(agree(20260202, 800, true, "lkmm"), 800);
	}).timeout(240_000);

	it("agrees under sequential consistency on 300 random programs", () => {
		assert.equal(agree(20260303, 300, false, "sc"), 300);
	}).timeout(240_000);

	it("allows what sequential consistency allows, and no more, when everything is marked and fenced", () => {
		for (const program of fc.sample(randomProgram({ plain: true }), { seed: 20260404, numRuns: 300 })) {
			const fenced = fullyFenced(program);
			const text = litmusText(fenced);
			assert.deepEqual([...explored(fenced, "lkmm").states], [...explored(fenced, "sc").states], text);
		}
	}).timeout(240_000);
});
