import assert from "node:assert/strict";
import type { Program } from "../../../engine/program/program.ts";
import { exploreUnderLkmm } from "../../../engine/search/exploreUnderLkmm.ts";
import { fencesThatForbid } from "../../../engine/search/fences.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import { programsOf } from "./scenario.ts";

const options = { limits: { ...defaultLimits, secondsMax: 20 }, reduction: true };

/** Lines, counted from 1, before which barriers are offered; one list for each offer. */
function offers(members: string): string[][] {
	const [program] = programsOf(`scenario s {\n${members}\n\tcheck c () under lkmm expect safe;\n}\n`) as [Program];
	const verdict = exploreUnderLkmm(program, options);
	assert.ok(verdict.graph);
	return fencesThatForbid(program, verdict.graph, options).map(({ before }) =>
		before.map(({ thread, location }) => `${thread}:${location.line}`).sort(),
	);
}

describe("lkmm: barriers that are offered", () => {
	it("are both of a Dekker's", () => {
		const members = `	int x = 0; int y = 0; int r = 1; int s = 1;
	thread a {
		WRITE_ONCE(x, 1);
		WRITE_ONCE(r, READ_ONCE(y));
	}
	thread b {
		WRITE_ONCE(y, 1);
		WRITE_ONCE(s, READ_ONCE(x));
	}
	never (r == 0 && s == 0);`;
		assert.deepEqual(offers(members), [["a:5", "b:9"]]);
	});

	it("are the one that is missing", () => {
		const members = `	int data = 0; int flag = 0;
	thread writer {
		WRITE_ONCE(data, 1);
		WRITE_ONCE(flag, 1);
	}
	thread reader {
		if (READ_ONCE(flag)) {
			smp_rmb();
			assert(READ_ONCE(data) == 1);
		}
	}`;
		assert.deepEqual(offers(members), [["writer:5"]]);
	});
});
