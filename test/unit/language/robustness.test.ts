import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { analyze, ModuleCache } from "../../../engine/language/analyze.ts";
import { parse, parseFunctionAt } from "../../../engine/language/parser.ts";
import type { Diagnostic, NameExpression, Range, SourceTree, TypeName } from "../../../engine/language/syntax.ts";
import { TokenKind } from "../../../engine/language/tokens.ts";
import { fixtureFiles, fixtureFolder, resolveOnDisk, root, withoutMarkers } from "./fixtures.ts";

/** Texts that the language is made for, to be broken. */
const validTexts = [
	...fixtureFiles().map((name) => withoutMarkers(readFileSync(join(fixtureFolder, name), "utf8"))),
	...readdirSync(join(root, "engine/kernel"), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".mmscn"))
		.map((name) => readFileSync(join(root, "engine/kernel", name), "utf8")),
].filter((text) => text.length < 20_000);

const fragments = [
	..."(){}[];,.:?=+-*/%&|^!~<>#\"'\\\n\t @é\u{1f600}\ud800",
	...[
		"->",
		"==",
		"&&",
		"<<=",
		"...",
		"..",
		"/*",
		"*/",
		"/**",
		"//",
		"#include",
		"#define",
		"#if",
		"struct",
		"enum",
		"scenario s {",
	],
	...[
		"thread t {",
		"check c",
		"expect",
		"param",
		"kernel v6.5",
		"init {",
		"atomic {",
		"int",
		"void *",
		"pte_t",
		"if",
		"else",
		"for (",
	],
	...[
		"while",
		"do",
		"switch",
		"case 1:",
		"default:",
		"goto",
		"return",
		"x",
		"f(",
		"READ_ONCE(",
		"0x",
		"1",
		"'a'",
		"__must_hold(",
	],
	...[
		"container_of(",
		"pool",
		"percpu",
		"static",
		"const",
		"typedef",
		"sizeof",
		"({",
		"(int)",
		"always (",
		"under lkmm",
		"with",
	],
];
const noise = fc.oneof(
	{ weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
	{ weight: 4, arbitrary: fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((list) => list.join(" ")) },
	{ weight: 2, arbitrary: fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((list) => list.join("")) },
);
const mutation = fc
	.record({
		text: fc.constantFrom(...validTexts),
		from: fc.nat(),
		length: fc.nat({ max: 30 }),
		insert: fc.array(fc.constantFrom(...fragments), { maxLength: 3 }),
	})
	.map(({ text, from, length, insert }) => {
		const at = from % (text.length + 1);
		return text.slice(0, at) + insert.join(" ") + text.slice(at + length);
	});

/** Every code unit belongs to exactly one token. */
function assertCovered({ tokens, text }: SourceTree): void {
	assert.equal(tokens.kinds.length, tokens.count);
	assert.equal(tokens.starts.length, tokens.count + 1);
	assert.equal(tokens.starts[0], 0);
	assert.equal(tokens.starts[tokens.count], text.length);
	for (let token = 0; token < tokens.count; token++) {
		assert.ok(tokens.starts[token + 1]! > tokens.starts[token]!, `token ${token} is empty`);
		assert.ok(tokens.kinds[token]! > TokenKind.EndOfFile && tokens.kinds[token]! <= TokenKind.Sizeof);
	}
}

function assertInRange(diagnostics: readonly Diagnostic[], text: string): void {
	for (const one of diagnostics) {
		assert.ok(0 <= one.pos && one.pos <= one.end && one.end <= text.length, JSON.stringify(one));
		assert.ok(one.message.length > 0);
		for (const edit of one.fix?.edits ?? [])
			assert.ok(0 <= edit.pos && edit.pos <= edit.end && edit.end <= text.length);
	}
}

/** Children lie in their parents, and names where their text is. `outer` is the range of the parent's parent. */
function assertNested(node: object, text: string, pos: number, end: number, outer: Range = { pos, end }): void {
	if ("kind" in node && node.kind === "name") {
		const { name } = node as NameExpression;
		assert.equal(text.slice(name.pos, name.end), name.text);
	}
	for (const [key, value] of Object.entries(node)) {
		if (["symbol", "type", "tokens", "doc", "errors"].includes(key) || typeof value !== "object" || value === null)
			continue;
		// A later declarator (`*b` in `int a, *b`) shares the base of the first, which lies before it.
		if (key === "base" && (node as TypeName).base.name && (node as TypeName).base.name!.pos < pos) continue;
		if (key === "base" && "body" in value && (value.body as Range).pos < pos) continue;
		const within = key === "annotations" && "base" in node ? outer : { pos, end };
		const list: unknown[] = Array.isArray(value) ? value : [value];
		for (const child of list) {
			if (typeof child !== "object" || child === null) continue;
			const range = child as { pos?: number; end?: number };
			// Declarators share the annotations that stand before the first one.
			if (within === outer && range.pos !== undefined && range.pos < outer.pos) continue;
			if (range.pos === undefined || range.end === undefined) assertNested(child, text, pos, end);
			else {
				assert.ok(range.pos <= range.end, `${key} ends before it begins: ${range.pos} ${range.end}`);
				const where = `${key} [${range.pos}, ${range.end}) is not in [${within.pos}, ${within.end})`;
				assert.ok(within.pos <= range.pos && range.end <= within.end, where);
				assertNested(child, text, range.pos, range.end, within);
			}
		}
	}
}

function assertSound(text: string): void {
	const tree = parse(text);
	assertCovered(tree);
	assertInRange(tree.errors, text);
	assertNested(tree.items, text, 0, text.length);
	const module = analyze("/nowhere/x.mmscn", text, resolveOnDisk, cache);
	assertInRange(module.diagnostics, text);
	const places = module.diagnostics.map((one) => one.pos);
	assert.deepEqual(
		places,
		[...places].sort((a, b) => a - b),
	);
}

const cache = new ModuleCache();

describe("any text", function () {
	this.timeout("20s");

	it("made of noise has a tree that covers it, and errors inside it", () => {
		fc.assert(fc.property(noise, assertSound), { numRuns: 1000 });
	});

	it("one mistake away from a valid one has a tree that covers it, and errors inside it", () => {
		fc.assert(fc.property(mutation, assertSound), { numRuns: 400 });
	});

	it("can be asked for a function anywhere", () => {
		fc.assert(
			fc.property(noise, fc.nat(), (text, seed) => {
				const offset = text.length === 0 ? 0 : seed % text.length;
				const found = parseFunctionAt(text, offset);
				if (!found) return;
				assert.ok(found.end > offset && found.end <= text.length);
				assertInRange(found.errors, text);
			}),
			{ numRuns: 500 },
		);
	});
});

describe("however deeply nested", () => {
	// Far deeper than the stack would bear: each level takes several calls.
	const depth = 10_000;
	const inFunction = (text: string) => `static void f(int x)\n{\n${text}\n}\n`;

	for (const [open, middle, close] of [
		["(", "1", ")"],
		["-", "1", ""],
		["(int)", "1", ""],
		["!", "1", ""],
		["1 + ", "1", ""],
		["1 ? 1 : ", "1", ""],
		["x = ", "1", ""],
		["x[", "1", "]"],
		["f(", "1", ")"],
		["x.", "y", ""],
		["x, ", "1", ""],
	] as const) {
		it(`\`${open}${middle}${close}\` has one error`, () => {
			const text = inFunction(`\tx = ${open.repeat(depth)}${middle}${close.repeat(depth)};`);
			const tree = parse(text);
			assertCovered(tree);
			assert.deepEqual(
				tree.errors.map((error) => error.code),
				["nesting-too-deep"],
			);
			analyze("/nowhere/deep.mmscn", text, resolveOnDisk, cache);
		});
	}

	for (const [open, close] of [
		["{", "}"],
		["if (1) ", ""],
		["if (1) ; else ", ""],
		["while (1) ", ""],
		["do ", " while (1);"],
	] as const) {
		it(`\`${open}${close}\` has one error`, () => {
			const { diagnostics } = analyze(
				"/nowhere/deep.mmscn",
				inFunction(`${open.repeat(depth)};${close.repeat(depth)}`),
				resolveOnDisk,
				cache,
			);
			assert.deepEqual(
				diagnostics.filter((one) => one.severity === "error").map((one) => one.code),
				["nesting-too-deep"],
			);
		});
	}

	it("structs in structs have one error of nesting", () => {
		const { errors } = parse(`${"struct { ".repeat(depth)}int x;${"} x;".repeat(depth)}`);
		assert.deepEqual(
			errors.map((error) => error.code),
			["nesting-too-deep"],
		);
		analyze("/nowhere/deep.mmscn", inFunction("struct { ".repeat(depth)), resolveOnDisk, cache);
	});

	it("lists of values have one error", () => {
		assert.deepEqual(
			parse(`int x = ${"{".repeat(depth)}1${"}".repeat(depth)};`).errors.map((error) => error.code),
			["nesting-too-deep"],
		);
	});
});
