import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { parse } from "../../../engine/language/parser.ts";
import type { TagRow } from "../../../engine/rules/entry.ts";
import { buildRuleBook, type RuleBook } from "../../../engine/rules/ruleBook.ts";
import { KernelModel, kernelUri } from "../../../server/kernelModel.ts";
import { currentRules, rulesPath } from "../../docs/rules.ts";

describe("the rule book of the kernel model", () => {
	let book: RuleBook;
	before(() => {
		book = buildRuleBook(
			[...new KernelModel().texts].map(([path, text]) => ({ file: kernelUri(path), tree: parse(text) })),
		);
	});

	it("docs/rules.md is what the model says (npm run rules writes it)", () => {
		assert.ok(existsSync(rulesPath));
		assert.equal(readFileSync(rulesPath, "utf8"), currentRules());
	});

	it("every rule has a statement, a source, and says how it is enforced; none stands twice", () => {
		for (const rule of book.rules.values()) {
			assert.match(rule.id, /^[MFAPVX]\d+$/);
			assert.notEqual(rule.statement, "", rule.id);
			assert.ok(rule.where.length > 0, `${rule.id} names no source`);
			assert.ok(rule.enforced !== undefined, `${rule.id} does not say how it is enforced`);
			assert.equal(
				rule.entries.length,
				1,
				`${rule.id} stands at ${rule.entries.map((entry) => entry.name).join(" and ")}`,
			);
		}
	});

	it("every @see names a rule or a symbol", () => {
		const lost = book.entries.flatMap((entry) =>
			entry.see
				.filter((name) => !book.rules.has(name) && book.lookup(name.replace(/^.*(->|\.)|\(\)$/g, "")).length === 0)
				.map((name) => `${entry.name}: ${name}`),
		);
		assert.deepEqual(lost, []);
	});

	it("every table of tag bits has one row for each value, in every version", () => {
		const versions = [5, 6, 7].flatMap((major) => Array.from({ length: 20 }, (_, minor) => ({ major, minor })));
		for (const entry of book.entries) {
			if (entry.tags === undefined) continue;
			const digits = entry.tags.mask.toString(2).length;
			for (const { major, minor } of versions)
				for (let value = 0; value <= entry.tags.mask; value++) {
					const bits = value.toString(2).padStart(digits, "0");
					const rows: readonly TagRow[] = entry.tags.rows.filter(
						({ span, bits: own }) =>
							own === bits &&
							!(span.since && (major < span.since.major || (major === span.since.major && minor < span.since.minor))) &&
							!(span.until && (major > span.until.major || (major === span.until.major && minor > span.until.minor))),
					);
					assert.equal(rows.length, 1, `${entry.owner}.${entry.name}, ${bits}b in v${major}.${minor}`);
				}
		}
	});

	it("every lock has its place in the documented order", () => {
		assert.ok(book.lockOrder.length > 10);
		const ranks = book.lockOrder.map(({ constant }) => constant.value);
		assert.ok(ranks.every((rank) => rank !== undefined));
		assert.equal(new Set(ranks).size, ranks.length);
	});
});
