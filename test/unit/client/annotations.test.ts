import assert from "node:assert/strict";
import fc from "fast-check";
import { annotate, racingPair, saidAs, shiftedLine, violatingStep } from "../../../client/annotations.ts";
import { circledNumber, circledNumbers } from "../../../client/circledNumber.ts";
import { kernelFile, scenarioFile, trace } from "./counterexample.ts";

describe("inline annotations", () => {
	const annotations = annotate(trace);
	const on = (line: number, file = scenarioFile) => annotations.find((one) => one.file === file && one.line === line);

	it("say step, CPU and effect", () => {
		assert.equal(on(12)?.text, "① CPU0 folio._refcount: 2 ⇒ 3");
		assert.equal(on(12)?.role, "step");
	});

	it("stand on the kernel model's lines as well", () => {
		assert.equal(on(41, kernelFile)?.text, "① CPU0 folio._refcount: 2 ⇒ 3");
		assert.equal(on(130, kernelFile)?.text, "④ CPU1 folio.mapping: → inode.i_data ⇒ NULL");
	});

	it("say the last effect and the count where a line has several steps", () => {
		assert.equal(on(31)?.text, "③④⑤ CPU1 releases folio (folio lock) (3 steps)");
		assert.deepEqual(on(31)?.steps, [2, 3, 4]);
	});

	it("say what goes wrong, and name the rule", () => {
		assert.equal(on(15)?.role, "violation");
		assert.equal(on(15)?.text, "⑦ CPU0 use after free: compaction reads inode.i_data.flags after inode was freed [M6]");
	});

	it("link the racing pair both ways", () => {
		assert.equal(on(32)?.role, "earlier");
		assert.equal(on(32)?.text, "⑥ CPU1 frees inode ↯ ⑦");
		assert.deepEqual(on(32)?.other?.location, trace.steps[6]?.location);
		assert.deepEqual(on(15)?.other?.location, trace.steps[5]?.location);
		assert.equal(on(15)?.other?.source, "kfree(inode);");
		assert.equal(on(12)?.other, undefined);
	});

	it("say the call where the statement is the machine's own", () => {
		const call = trace.steps[5]?.callStack[0] ?? assert.fail();
		const step = {
			...(trace.steps[5] ?? assert.fail()),
			text: "__free(p);",
			callStack: [call, { ...call, function: "kfree", text: "kfree(inode)" }],
		};
		assert.deepEqual(saidAs(step), { within: ["i_callback"], text: "kfree(inode);" });
		assert.equal(saidAs({ ...step, text: "return READ_ONCE(*p);" }).text, "kfree(inode);");
		assert.deepEqual(saidAs({ ...step, text: "folio->mapping = NULL;" }).within, ["i_callback", "kfree"]);
	});

	it("cover every step", () => {
		const covered = new Set(annotations.flatMap((one) => one.steps));
		assert.deepEqual(
			[...covered].sort((a, b) => a - b),
			trace.steps.map((_, index) => index),
		);
	});

	it("find the pair by the steps' roles where the violation names none", () => {
		const { pair: _, ...violation } = trace.violation;
		assert.deepEqual(racingPair({ ...trace, violation }), [5, 6]);
		const { role: __, ...last } = trace.steps[6] ?? assert.fail();
		const alone = { ...trace, violation, steps: [...trace.steps.slice(0, 6), last] };
		assert.equal(racingPair(alone), undefined);
		assert.equal(violatingStep(alone), 6);
	});
});

describe("circled numbers", () => {
	it("run from one to ten, then go on in brackets", () => {
		assert.deepEqual([0, 9, 10, 50].map(circledNumber), ["①", "⑩", "(11)", "(51)"]);
	});
	it("are cut in the middle when there are many", () => {
		assert.equal(circledNumbers([0, 1, 2, 3]), "①②③④");
		assert.equal(circledNumbers([0, 1, 2, 3, 8]), "①…⑨");
	});
});

describe("lines under edits", () => {
	it("move with the text above them, and stay under edits below", () => {
		assert.equal(shiftedLine(10, { startLine: 3, endLine: 3, linesAdded: 2 }), 12);
		assert.equal(shiftedLine(10, { startLine: 3, endLine: 5, linesAdded: 0 }), 8);
		assert.equal(shiftedLine(10, { startLine: 11, endLine: 12, linesAdded: 0 }), 10);
		assert.equal(shiftedLine(10, { startLine: 10, endLine: 10, linesAdded: 0 }), 10);
	});
	it("go when they are deleted", () => {
		assert.equal(shiftedLine(10, { startLine: 8, endLine: 12, linesAdded: 0 }), undefined);
	});
	it("never change order", () => {
		const number = fc.integer({ min: 1, max: 40 });
		fc.assert(
			fc.property(number, number, number, fc.nat(9), fc.nat(9), (a, b, startLine, length, linesAdded) => {
				const edit = { startLine, endLine: startLine + length, linesAdded };
				const [low, high] = [shiftedLine(Math.min(a, b), edit), shiftedLine(Math.max(a, b), edit)];
				if (low !== undefined && high !== undefined) assert.ok(low <= high);
			}),
		);
	});
});
