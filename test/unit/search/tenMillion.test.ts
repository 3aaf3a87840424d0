import assert from "node:assert/strict";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { defaultLimits, type Progress, pollTransitions } from "../../../engine/search/limits.ts";
import { built } from "./builder.ts";

/** Seven threads of nine steps each, every one on a word of its own: 10^7 states, 7 · 9 · 10^6 transitions. */
const tenMillionStates: Program = built((builder) => {
	const names = ["a", "b", "c", "d", "e", "f", "g"];
	const words = builder.object("words", Object.fromEntries(names.map((name) => [name, 0])));
	for (const name of names)
		builder.thread(name, (code) => {
			for (let step = 0; step < 9; step++) code.store(words.at(name), step & 1);
		});
});

/** Memory that may be taken between two looks at the clock, in MiB: what is taken has to be cleared and filled, which takes time. */
const growthMaxMiB = 32;

describe("a search of ten million states", function () {
	this.timeout("20m");

	it("reports and can be cancelled from its first to its last state", () => {
		// A clock on which the transitions between two looks take as long as a report may: each look must make one.
		let looks = 0;
		const reports: Progress[] = [];
		let largestGrowth = 0;
		const onProgress = (progress: Progress) => {
			const last = reports[reports.length - 1];
			if (last) {
				largestGrowth = Math.max(largestGrowth, progress.memoryMiB - last.memoryMiB);
				assert.ok(progress.states >= last.states);
				assert.ok(progress.transitions - last.transitions <= pollTransitions);
			}
			reports.push(progress);
		};
		const verdict = explore(tenMillionStates, {
			limits: { ...defaultLimits, secondsMax: Number.POSITIVE_INFINITY },
			reduction: false,
			now: () => looks++ * 200,
			onProgress,
			cancelled: () => (reports[reports.length - 1]?.states ?? 0) >= 9_990_000,
		});
		const last = reports[reports.length - 1] as Progress;
		assert.equal(verdict.stats.limit, "cancelled");
		assert.ok(verdict.stats.states >= 9_990_000);
		// Within two looks of what it was told.
		assert.ok(verdict.stats.transitions - last.transitions <= pollTransitions);
		assert.ok(reports.length >= Math.floor(verdict.stats.transitions / pollTransitions) - 1, String(reports.length));
		assert.ok(reports.some(({ frontier }) => frontier > 100_000));
		assert.ok(largestGrowth <= growthMaxMiB, `${largestGrowth} MiB at once`);
		// Less than SPIN's state vector of seven processes and seven words with its overhead.
		assert.ok((last.memoryMiB * 2 ** 20) / last.states < 160);
	});

	it("is one state after the other for the reduced search, and none is kept twice", () => {
		const verdict = explore(tenMillionStates, {
			limits: defaultLimits,
			reduction: true,
			shallowTransitions: 0,
			neverGivesUp: true,
		});
		assert.equal(verdict.verdict, "safe");
		assert.ok(verdict.stats.states < 10);
	});
});
