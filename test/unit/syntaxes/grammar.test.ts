import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const checker = createRequire(import.meta.url).resolve("vscode-tmgrammar-test/dist/unit.js");
const fixtures = readdirSync(join(here, "fixtures"));

describe("TextMate grammars", () => {
	it("have fixtures", () => {
		assert.deepEqual(fixtures.map((name) => name.split(".").pop()).sort(), ["litmus", "mmscn"]);
	});
	for (const fixture of fixtures) {
		it(`colours ${fixture}`, () => {
			const grammars = ["mmscn", "litmus"].flatMap((name) => ["-g", join(root, "syntaxes", `${name}.tmLanguage.json`)]);
			const run = spawnSync(process.execPath, [checker, ...grammars, join(here, "fixtures", fixture)], {
				encoding: "utf8",
			});
			assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
			assert.ok(run.stdout.includes(fixture), run.stdout);
		});
	}
});
