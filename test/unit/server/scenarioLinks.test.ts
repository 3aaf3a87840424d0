import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KernelModel } from "../../../server/kernelModel.ts";
import { includedFirst } from "../../../server/ruleBookLoader.ts";
import { ScenarioLinks } from "../../../server/scenarioLinks.ts";

describe("what comes with the program", () => {
	let model: KernelModel;
	before(() => {
		const folder = mkdtempSync(join(tmpdir(), "mmscn-shipped-"));
		for (const [path, text] of [
			["kernel/machine.mmscn", ""],
			["kernel/a/first.mmscn", "#include <z.mmscn>\n"],
			["kernel/z.mmscn", "#include <a/first.mmscn>\n#include <missing.mmscn>\n"],
			["scenarios/seeds/two.mmscn", "scenario one { check x expect safe; }\nscenario two { check y expect safe; }\n"],
		] as const) {
			mkdirSync(join(folder, path, ".."), { recursive: true });
			writeFileSync(join(folder, path), text);
		}
		model = new KernelModel(join(folder, "kernel"), join(folder, "scenarios"));
	});

	it("has texts by path, of the model and of the scenarios, and none outside of them", () => {
		assert.deepEqual([...model.texts.keys()], ["a/first.mmscn", "machine.mmscn", "z.mmscn"]);
		assert.match(model.text("scenarios/seeds/two.mmscn") ?? "", /^scenario one/);
		for (const path of ["../secret", "scenarios/../kernel/z.mmscn", "seeds/two.mmscn", ""])
			assert.equal(model.text(path), undefined);
	});

	it("orders the model so that what is included comes first, whatever includes what", () => {
		assert.deepEqual(includedFirst(model), ["machine.mmscn", "z.mmscn", "a/first.mmscn"]);
	});

	it("finds the scenario that has the check of a link", () => {
		const links = new ScenarioLinks(model);
		const uri = "mmscn-kernel:/scenarios/seeds/two.mmscn";
		assert.deepEqual(links.arguments({ path: "seeds/two.mmscn", check: "y" }), { uri, scenario: "two", check: "y" });
		assert.deepEqual(links.arguments({ path: "seeds/two.mmscn", check: undefined }), { uri, scenario: "one" });
		assert.equal(links.arguments({ path: "seeds/two.mmscn", check: "z" }), undefined);
		assert.equal(links.arguments({ path: "seeds/three.mmscn", check: undefined }), undefined);
		const link = links.commandLink({ path: "seeds/two.mmscn", check: "y" }) ?? "";
		assert.deepEqual(JSON.parse(decodeURIComponent(link.replace("command:mmscn.explore?", ""))), [
			{ uri, scenario: "two", check: "y" },
		]);
	});
});
