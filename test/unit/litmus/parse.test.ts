import assert from "node:assert/strict";
import fc from "fast-check";
import type { Diagnostic } from "../../../engine/language/syntax.ts";
import { exploreLitmus } from "../../../engine/litmus/explore.ts";
import { parseLitmus } from "../../../engine/litmus/parse.ts";

const around = (body: string, more = "exists (0:r0=1)"): string =>
	`C test\n\n{ x = 1; }\n\nP0(int *x, spinlock_t *s)\n{\n\t${body}\n}\n\n${more}\n`;

/** Every error that parsing or compiling reports. */
function errorsOf(text: string): readonly Diagnostic[] {
	const { litmus, errors } = parseLitmus(text);
	return litmus ? exploreLitmus(litmus, { model: "lkmm" }).errors : errors;
}

const messageOf = (text: string): string =>
	errorsOf(text)
		.map(({ pos, end, message }) => `${text.slice(pos, end)}: ${message}`)
		.join("\n");

describe("litmus: parsing", () => {
	it("reads initial values of every form", () => {
		const { litmus, errors } = parseLitmus(
			"C init\n\n{ (* nested (* comment *) *) x = 1; int y = -2; int *p = &x; q = y; atomic_t v = ATOMIC_INIT(3); 0:r1 = x; int 0:r2; spinlock_t s }\n\nP0(int *x)\n{\n}\n\nexists (x=1)\n",
		);
		assert.deepEqual(errors, []);
		assert.deepEqual(
			litmus?.initial.map(({ place, type, value }) => [
				place.process,
				place.name,
				type,
				value.kind === "number" ? value.value : value.name,
			]),
			[
				[undefined, "x", undefined, 1],
				[undefined, "y", "int", -2],
				[undefined, "p", "int *", "x"],
				[undefined, "q", undefined, "y"],
				[undefined, "v", "atomic_t", 3],
				[0, "r1", undefined, "x"],
				[0, "r2", "int", 0],
				[undefined, "s", "spinlock_t", 0],
			],
		);
	});

	it("reads comments of both kinds, and conditions with every operator", () => {
		const text = around(
			"int r0 = READ_ONCE(*x); // one\n\t/* two (* three */",
			"(* four *) locations [x; 0:r0]\nfilter (~x=2)\nexists (not (x=0) => (0:r0=1 /\\ true \\/ false) (* five *))",
		);
		const { litmus, errors } = parseLitmus(text);
		assert.deepEqual(errors, []);
		assert.equal(litmus?.conditionText, "exists (not (x=0) => (0:r0=1 /\\ true \\/ false) )");
		assert.equal(exploreLitmus(litmus as NonNullable<typeof litmus>, { model: "lkmm" }).verdict, "Always");
	});

	it("takes `(*x)` in a body for a dereference", () => {
		assert.deepEqual(errorsOf(around("int r0 = (*x);")), []);
	});

	for (const [what, text, expected] of [
		["a function that it does not know", around("foo(x);"), /^foo: `foo\(\)` is not supported in litmus tests$/],
		["a loop", around("while (1) { }"), /: `while` is not supported in litmus tests$/],
		["goto", around("goto out;\nout: ;"), /: `goto` is not supported in litmus tests/],
		[
			"the address of a parameter",
			around("int *p = &x;"),
			/^&x: `&x` \(parameters are addresses already\) is not supported/,
		],
		["a call with too few arguments", around("WRITE_ONCE(*x);"), /`WRITE_ONCE\(\)` takes 2 arguments, not 1$/],
		["the value of what has none", around("int r0 = smp_mb();"), /`smp_mb\(\)` returns nothing$/],
		[
			"READ_ONCE of a pointer itself",
			around("int r0 = READ_ONCE(x);"),
			/^x: `READ_ONCE` of what is not `\*pointer` is not supported/,
		],
		["an access behind &&", around("int r0 = 1 && READ_ONCE(*x);"), /an access of memory behind `&&` is not supported/],
		[
			"a register of no process",
			around("int r0;", "exists (3:r0=1)"),
			/^3:r0: there is no process P3 whose register this could be$/,
		],
		["another architecture", "PPC test\n{}\n", /^PPC: litmus tests for `PPC` are not supported: only the C flavour is/],
		["a missing condition", around("int r0;", ""), /a condition is missing here/],
		["a missing process", "C test\n\n{}\n\nexists (x=1)\n", /a process is missing here/],
		[
			"processes out of order",
			"C test\n\n{}\n\nP1(int *x)\n{\n}\n\nexists (x=1)\n",
			/^P1: processes are numbered from P0 on: this one is P0$/,
		],
		[
			"an array",
			"C test\n\n{ int x[2] = {1, 2}; }\n\nP0(int *x)\n{\n}\n\nexists (x=1)\n",
			/arrays are not supported in litmus tests/,
		],
		["text behind the condition", around("int r0;", "exists (x=1) )"), /^\): `\)` has no meaning after the condition$/],
		["a comment without an end", "C test\n\n{}\n\n(* P0(int *x) {}", /this comment has no end/],
	] as const) {
		it(`reports ${what}`, () => assert.match(messageOf(text), expected));
	}

	it("finds the C parser's errors at their place", () => {
		const text = around("int r0 = READ_ONCE(*x;");
		assert.ok(errorsOf(text).length > 0);
		for (const { pos } of errorsOf(text)) assert.equal(text.slice(0, pos).split("\n").length, 7);
	});

	it("survives any text, with errors inside of it", () => {
		const piece = fc.constantFrom(
			"C t\n",
			"{",
			"}",
			"P0(int *x)",
			"P1()",
			"exists",
			"~",
			"(",
			")",
			"x",
			"0:r1",
			"=",
			"1",
			"/\\",
			"\\/",
			";",
			"(*",
			"*)",
			"//",
			"\n",
			"filter",
			"locations",
			"[",
			"]",
			"READ_ONCE(*x)",
			"int r1",
			"if",
			"else",
			"&",
			"-",
			"spin_lock(x);",
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" ")),
				),
				(text) => {
					for (const { pos, end } of errorsOf(text)) assert.ok(pos >= 0 && pos <= end && end <= text.length);
				},
			),
			{ numRuns: 500 },
		);
	});
});
