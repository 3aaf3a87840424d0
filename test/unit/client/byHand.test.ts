import assert from "node:assert/strict";
import { racingPair, violatingStep } from "../../../client/annotations.ts";
import { neverReached } from "../../../client/neverReached.ts";
import { raceTree } from "../../../client/raceTree.ts";
import { runOfWalk, runOnShow } from "../../../client/run.ts";
import { resultAccount, searchAccount } from "../../../client/searchAccount.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import type { Walk } from "../../../engine/verdict/walk.ts";
import { at, kernelFile, race, safe, scenarioFile, trace } from "./counterexample.ts";

const withCoverage = (check: string, lines: readonly number[]): CheckResult => ({
	...safe,
	check,
	coverage: { statements: 9, unreached: lines.map((line) => ({ location: at(line), text: `statement ${line}` })) },
});

describe("what no interleaving reached", () => {
	const lines = (results: readonly CheckResult[]) =>
		neverReached(results).map(({ location, checks }) => [location.line, checks]);
	it("is what every safe check that knows says", () => {
		assert.deepEqual(lines([withCoverage("one", [40, 41])]), [
			[40, ["one"]],
			[41, ["one"]],
		]);
		assert.deepEqual(lines([withCoverage("one", [40, 41]), withCoverage("two", [41, 42]), safe]), [
			[41, ["one", "two"]],
		]);
		assert.deepEqual(lines([safe]), []);
	});
	it("is nothing that a counterexample goes through", () => {
		assert.deepEqual(lines([withCoverage("one", [32, 40]), race]), [[40, ["one"]]]);
	});
});

describe("the tree of distinct races", () => {
	const other: CheckResult = {
		...race,
		violation: { ...trace.violation, kind: "null_dereference", message: "compaction reads through NULL" },
	};
	const found = {
		uri: scenarioFile,
		scenario: race.scenario,
		check: race.check,
		version: 1,
		program: "p",
		memory: "sc" as const,
		stats: race.stats,
		races: [
			{ result: race, lines: [at(32), at(15)], count: 12 },
			{ result: other, lines: [at(55, kernelFile), at(15)], count: 1 },
			{ result: race, lines: [at(33), at(15)], count: 3 },
		],
	};
	it("groups by violation, then by lines, with counts", () => {
		const tree = raceTree(found);
		assert.deepEqual(
			tree.map(({ label, description, races }) => [label, description, races.map((one) => [one.at, one.label])]),
			[
				[
					"use after free",
					"2 races",
					[
						[0, "line 32 ↯ line 15"],
						[2, "line 33 ↯ line 15"],
					],
				],
				["null dereference", "1 race", [[1, "filemap.mmscn:55 ↯ line 15"]]],
			],
		);
		assert.match(tree[0]?.races[0]?.description ?? "", /^×12 · /);
		assert.match(
			tree[0]?.races[0]?.tooltip ?? "",
			/after inode was freed\n2 context switches, 7 steps at the least\n12 /,
		);
	});
});

describe("a run by hand", () => {
	const walk: Walk = {
		schedule: "a2b",
		threads: trace.threads,
		parameters: {},
		initial: trace.initial,
		steps: trace.steps.slice(0, 3).map(({ role: _role, ...step }) => step),
		spans: [],
		alternatives: [],
	};
	it("is drawn although nothing is wrong", () => {
		const run = runOfWalk(walk);
		assert.equal(run.contextSwitches, 1);
		assert.equal(racingPair(run), undefined);
		assert.equal(violatingStep(run), -1);
	});
	it("is the counterexample that it has come to, and on show instead of the one that was found", () => {
		assert.equal(runOfWalk({ ...walk, trace }), trace);
		const onShow = { scenario: "s", check: "c", memory: "sc" as const, walk, undo: false, redo: false };
		assert.equal(runOnShow({ results: [race], shown: 0, walk: onShow })?.steps.length, 3);
		assert.equal(runOnShow({ results: [race], shown: 0 }), trace);
	});
});

describe("the account of a search", () => {
	it("says what was searched, what it took and why it stopped", () => {
		assert.deepEqual(resultAccount(race), [
			"compaction_unlocked_mapping, rfc_v11 (locked = false), sequential consistency",
			"  race: compaction reads inode.i_data.flags after inode was freed, as expected",
			"  321 states, 780 transitions, 0.01 s; stopped at the counterexample",
			"  schedule 0x2.1x4.0",
		]);
		assert.deepEqual(resultAccount(withCoverage("fixed", [40])).slice(1), [
			"  safe, as expected",
			"  222 states, 500 transitions, 0.01 s; searched to the end",
			"  1 of 9 statements never ran:",
			"    line 40: statement 40",
		]);
	});
	it("says which parameters a safe check was searched with", () => {
		assert.match(resultAccount(safe, "locked = true")[0] ?? "", /, v6_8 \(locked = true\), sequential/);
		assert.match(resultAccount(safe)[0] ?? "", /, v6_8, sequential/);
	});
	it("names the setting of the limit that was met", () => {
		const stats = { ...race.stats, limit: "states" } as const;
		assert.match(searchAccount(stats), /; stopped by the limit on states \(mmscn\.search\.statesMax\)$/);
	});
});
