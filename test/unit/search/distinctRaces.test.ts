import assert from "node:assert/strict";
import { lowerCheck } from "../../../engine/program/lower/lower.ts";
import { type DistinctRaces, distinctRaces } from "../../../engine/search/distinctRaces.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import { parseSchedule } from "../../../engine/search/schedule.ts";
import { replay } from "../../../engine/verdict/replay.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";

function racesOf(members: string, limits = defaultLimits): DistinctRaces {
	const module = analyzeText(`scenario s {\n${members}\n\tcheck c () expect safe;\n}\n`);
	const scenario = module.scenarios[0];
	const check = scenario?.members.find((member) => member.kind === "check");
	assert.ok(scenario && check);
	const { programs, problems } = lowerCheck(module, scenario, check);
	assert.deepEqual(problems, []);
	const program = programs[0];
	assert.ok(program);
	const found = distinctRaces(program, { limits, reduction: false });
	for (const { trace } of found.races) {
		const schedule = parseSchedule(trace.schedule);
		assert.ok(typeof schedule !== "string");
		assert.deepEqual(replay(program, schedule), trace);
	}
	return found;
}

const told = (found: DistinctRaces) =>
	found.races.map(({ trace, lines }) => `${trace.violation.kind} ${lines.map(({ line }) => line).join(" ")}`);

describe("every distinct race", () => {
	const several =
		"\tint x;\n\tint v = 1;\n\tthread a {\n\t\tint *p = 0;\n\t\tif (READ_ONCE(x) == 1)\n\t\t\tassert(0);\n\t\tif (READ_ONCE(x) == 2)\n\t\t\t*p = 3;\n\t}\n" +
		"\tthread b {\n\t\tWRITE_ONCE(x, 1);\n\t\tWRITE_ONCE(x, 2);\n\t}";

	it("is found once, with the lines that race", () => {
		assert.deepEqual(told(racesOf(several)).sort(), ["assertion 12 6", "null_dereference 13 9"]);
	});

	it("comes with the fewest context switches first", () => {
		const switches = racesOf(several).races.map(({ trace }) => trace.contextSwitches);
		assert.deepEqual(
			switches,
			[...switches].sort((one, two) => one - two),
		);
	});

	it("is counted as often as it happens", () => {
		const found = racesOf(
			"\tint x;\n\tthread a { int n = READ_ONCE(x); assert(n == 0); }\n\tthread b { WRITE_ONCE(x, 1); WRITE_ONCE(x, 2); }",
		);
		assert.equal(
			found.races.reduce((sum, race) => sum + race.count, 0),
			2,
		);
	});

	it("is not there where everything is safe", () =>
		assert.deepEqual(told(racesOf("\tint x;\n\tthread a { x = 1; }")), []));

	it("may be missing where a limit was hit, which is said", () => {
		assert.equal(racesOf(several, { ...defaultLimits, statesMax: 3 }).limit, "states");
	});
});
