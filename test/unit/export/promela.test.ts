import assert from "node:assert/strict";
import fc from "fast-check";
import { exportPromela, NotExportable } from "../../../engine/export/promela.ts";
import type { Program } from "../../../engine/program/program.ts";
import { analyzeText } from "../scenarios/analyzeFile.ts";
import { cook, recipes } from "../search/randomPrograms.ts";
import { samples } from "../search/samples.ts";
import { checksOf, shippedChecks } from "../search/shippedChecks.ts";
import { assertAgrees } from "./agreement.ts";
import { spinIsThere } from "./spin.ts";

/** Random programs that are compared; two are at work at a time. */
const programs = 1000;
/** Which ones; MMSCN_SPIN_SEED chooses others. */
const seed = Number(process.env.MMSCN_SPIN_SEED ?? 1);
/** No model of a shipped check is longer, in characters: somebody is to read it, and a C compiler to compile what SPIN makes of it. */
const modelLengthMax = 150_000;
/** Of these, at the most so many may be too involved for an export; of the shipped checks none is. */
const notExportedMax = 50;

/** The model; undefined where a step is too involved to be written down. */
function exported(program: Program): string | undefined {
	try {
		return exportPromela(program);
	} catch (error) {
		if (error instanceof NotExportable) return undefined;
		throw error;
	}
}

/** Says in the report what a test has compared. */
function tell(context: Mocha.Context, what: string): void {
	if (context.test) context.test.title += ` (${what})`;
}

describe("Promela export", function () {
	this.timeout("20m");

	let shipped: readonly { readonly name: string; readonly program: Program; readonly model: string }[] = [];

	before(() => {
		shipped = shippedChecks().flatMap(({ name, programs }) =>
			programs.flatMap((program) =>
				program.memory === "sc" ? [{ name, program, model: exportPromela(program) }] : [],
			),
		);
	});

	it("is short: of the longest shipped check, too", () => {
		const long = shipped.filter(({ model }) => model.length > modelLengthMax);
		assert.deepEqual(
			long.map(({ name, model }) => `${name}: ${model.length}`),
			[],
		);
	});

	it("reads like the source", () => {
		const module = analyzeText(`struct counter { int value; };
scenario lost_update {
	kernel v6.5;
	struct counter shared;
	thread one { int seen = READ_ONCE(shared.value); WRITE_ONCE(shared.value, seen + 1); }
	thread two { int seen = READ_ONCE(shared.value); WRITE_ONCE(shared.value, seen + 1); }
	finally (shared.value == 2);
	check plain expect invariant;
}
`);
		const [check] = checksOf(module, "lost");
		const model = exportPromela(check?.programs[0] as Program);
		assert.match(model, /^#define shared_value m\[0\] \/\* shared\.value at \d+ \*\/$/m);
		assert.ok(
			model.includes(`proctype one() {
	int r0_seen;
S0:	/* int seen = READ_ONCE(shared.value); */
	atomic {
		r0_seen = shared_value;
		goto S2
	}
S2:	/* WRITE_ONCE(shared.value, seen + 1); */
	atomic {
		shared_value = (r0_seen + 1);
		goto ending
	}
`),
			model,
		);
		assert.ok(!/hidden|POINTS/.test(model), model);
	});

	describe("against SPIN", () => {
		before(function () {
			if (!spinIsThere()) {
				console.log("      skipped: spin and gcc are not installed, and cannot be");
				this.skip();
			}
		});

		for (const sample of samples) it(`SPIN agrees: ${sample.name}`, () => assertAgrees(sample.program));

		it("SPIN agrees on shipped checks", async function () {
			const programs = [...shipped];
			const count = programs.length;
			let counted = 0;
			const compare = async () => {
				for (let next = programs.pop(); next; next = programs.pop()) {
					const { name, program, model } = next;
					try {
						if (await assertAgrees(program, model)) counted++;
					} catch (error) {
						throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
					}
				}
			};
			await Promise.all([compare(), compare()]);
			tell(this, `${count} programs; states of the ${counted} that are searched to the end`);
			assert.ok(counted > 0);
		});

		it("SPIN agrees on random programs", async function () {
			let notExported = 0;
			let counted = 0;
			const compare = async (program: Program) => {
				const model = exported(program);
				if (model === undefined) notExported++;
				else if (await assertAgrees(program, model)) counted++;
			};
			await fc.assert(
				fc.asyncProperty(recipes, recipes, async (one, two) => {
					await Promise.all([compare(cook(one)), compare(cook(two))]);
				}),
				{ numRuns: programs / 2, seed },
			);
			tell(
				this,
				`${programs} programs, ${notExported} not exported; states of the ${counted} that are searched to the end`,
			);
			assert.ok(counted > 0);
			assert.ok(notExported <= notExportedMax, `${notExported} programs could not be exported`);
		});
	});
});
