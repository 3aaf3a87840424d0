import assert from "node:assert/strict";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { type Walk, walk } from "../../../engine/verdict/walk.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

function programOf(members: string): Program {
	const module = analyzeText(`scenario s {\n${members}\n\tcheck c () expect safe;\n}\n`);
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const { programs, problems } = lowerCheck(module, scenario, check);
	assert.deepEqual(problems, []);
	return programs[0] as Program;
}

function walked(program: Program, schedule: string): Walk {
	const result = walk(program, schedule);
	if (typeof result === "string") assert.fail(result);
	return result;
}

const handover =
	"\tint data;\n\tint ready;\n\tthread writer {\n\t\tdata = 1;\n\t\tready = 1;\n\t}\n\tthread reader {\n\t\twait_until(ready);\n\t\tassert(data == 1);\n\t}";

describe("walking a schedule by hand", () => {
	it("begins before the first step, with the threads that can go on", () => {
		const start = walked(programOf(handover), "");
		assert.deepEqual(start.steps, []);
		assert.deepEqual(
			start.alternatives.map(({ name, text, schedule }) => [name, text, schedule]),
			[["writer", "data = 1;", "a"]],
		);
	});

	it("goes on along any alternative, and ends where nothing is left to do", () => {
		const program = programOf(handover);
		let at = walked(program, "");
		const order: string[] = [];
		while (at.alternatives.length > 0) {
			const last = at.alternatives[at.alternatives.length - 1];
			assert.ok(last);
			order.push(last.name);
			at = walked(program, last.schedule);
		}
		assert.deepEqual(order, ["writer", "writer", "reader", "reader"]);
		assert.equal(at.schedule, "a2b2");
		assert.equal(at.trace, undefined);
	});

	it("offers every outcome of a choice, and says which of them violates", () => {
		const program = programOf("\tint x;\n\tthread a { x = 1; int n = __choose(0, 2); assert(n != 1); }");
		assert.deepEqual(
			walked(program, "").alternatives.map(({ choices, violates }) => [choices, violates]),
			[
				["0", false],
				["1", true],
				["2", false],
			],
		);
	});

	it("is a counterexample once it has come to a violation", () => {
		const program = programOf("\tint x;\n\tthread a { x = 1; assert(0); }");
		assert.equal(walked(program, "a").trace?.violation.kind, "assertion");
	});

	it("says at which step an old schedule fits no more, and keeps what fitted", () => {
		const old = walked(programOf(handover), "ab2");
		assert.equal(old.misfit, "step 2: reader cannot take a step here");
		assert.equal(old.schedule, "a");
		assert.equal(old.steps.length, 1);
		assert.equal(walked(programOf(handover), "c").misfit, "step 1: thread number 3 cannot take a step here");
	});

	it("says what is no schedule", () => {
		assert.match(String(walk(programOf(handover), "a!")), /not a schedule/);
	});
});
