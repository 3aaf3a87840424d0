import assert from "node:assert/strict";
import { join } from "node:path";
import { leftovers } from "../../host/installation.mjs";
import { makePackage, packagedFiles } from "../../host/package.mjs";

/** Everything a package may hold, outside the kernel model. A file that is not listed here does not ship. */
const listed = [
	"CHANGELOG.md",
	"LICENSE",
	"README.md",
	"dist/extension.cjs",
	"dist/mmscn.js",
	"dist/scenarios/seeds/compaction_vs_truncation.mmscn",
	"dist/searchWorker.js",
	"dist/server.js",
	"dist/tree-sitter-c.wasm",
	"dist/web-tree-sitter.wasm",
	"dist/webview.css",
	"dist/webview.js",
	"package.json",
	"syntaxes/litmus.language-configuration.json",
	"syntaxes/litmus.tmLanguage.json",
	"syntaxes/mmscn.language-configuration.json",
	"syntaxes/mmscn.tmLanguage.json",
];

describe("the package", function () {
	this.timeout(120_000);

	it("holds what is listed, and the kernel model", () => {
		const files = packagedFiles();
		const model = files.filter((file) => /^dist\/kernel\/[\w/]+\.mmscn$/.test(file));
		assert.ok(model.includes("dist/kernel/machine.mmscn"));
		assert.deepEqual(
			files.filter((file) => !model.includes(file)),
			listed,
		);
	});

	it("is small enough", () => {
		const { size } = makePackage(join(leftovers, "mmscn.vsix"));
		assert.ok(size > 0);
	});
});
