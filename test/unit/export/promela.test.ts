import assert from "node:assert/strict";
import fc from "fast-check";
import { exportPromela, NotExportable } from "../../../engine/export/promela.ts";
import type { Program } from "../../../engine/program/program.ts";
import { cook, recipes } from "../search/randomPrograms.ts";
import { samples } from "../search/samples.ts";
import { shippedChecks } from "../search/shippedChecks.ts";
import { assertAgrees } from "./agreement.ts";
import { spinIsThere } from "./spin.ts";

/** Random programs that are compared; two are at work at a time. */
const programs = 1000;
/** Which ones; MMSCN_SPIN_SEED chooses others. */
const seed = Number(process.env.MMSCN_SPIN_SEED ?? 1);
/** Longer models of shipped checks are left out: each takes SPIN and the C compiler many seconds. */
const modelLengthMax = 100_000;
/** Of these, at the most so many may be too involved for an export. */
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

describe("Promela export", function () {
	this.timeout("20m");

	before(function () {
		if (!spinIsThere()) {
			console.log("      skipped: spin and gcc are not installed, and cannot be");
			this.skip();
		}
	});

	for (const sample of samples) it(`SPIN agrees: ${sample.name}`, () => assertAgrees(sample.program));

	it("SPIN agrees on shipped checks", async () => {
		const named = shippedChecks().flatMap((check) =>
			check.programs.flatMap((program) => {
				const model = program.memory === "sc" ? exported(program) : undefined;
				return model !== undefined && model.length <= modelLengthMax ? [{ name: check.name, program, model }] : [];
			}),
		);
		assert.ok(named.length > 0);
		const compare = async () => {
			for (let next = named.pop(); next; next = named.pop()) {
				const { name, program, model } = next;
				await assertAgrees(program, model, false).catch((error: Error) => {
					throw new Error(`${name}: ${error.message}`, { cause: error });
				});
			}
		};
		await Promise.all([compare(), compare()]);
	});

	it("SPIN agrees on random programs", async () => {
		let notExported = 0;
		const compare = async (program: Program) => {
			const model = exported(program);
			if (model === undefined) notExported++;
			else await assertAgrees(program, model);
		};
		await fc.assert(
			fc.asyncProperty(recipes, recipes, async (one, two) => {
				await Promise.all([compare(cook(one)), compare(cook(two))]);
			}),
			{ numRuns: programs / 2, seed },
		);
		assert.ok(notExported <= notExportedMax, `${notExported} programs could not be exported`);
	});
});
