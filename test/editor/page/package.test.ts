import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { leftovers, root } from "../../host/installation.mjs";
import { makePackage, packagedFiles } from "../../host/package.mjs";

/** Everything a package may hold, outside the kernel model and the scenarios. A file that is not listed here does not ship. */
const listed = [
	"CHANGELOG.md",
	"LICENSE",
	"README.md",
	"dist/extension.cjs",
	"dist/mmscn.js",
	"dist/searchWorker.js",
	"dist/server.js",
	"dist/tree-sitter-c.wasm",
	"dist/web-tree-sitter.wasm",
	"dist/webview.css",
	"dist/webview.js",
	"docs/images/counterexample.png",
	"docs/images/kernel-c.png",
	"docs/images/scenario.png",
	"docs/images/step.png",
	"package.json",
	"syntaxes/litmus.language-configuration.json",
	"syntaxes/litmus.tmLanguage.json",
	"syntaxes/mmscn.language-configuration.json",
	"syntaxes/mmscn.tmLanguage.json",
];

describe("the package", function () {
	this.timeout(120_000);

	it("holds what is listed, the kernel model and the scenarios", () => {
		const files = packagedFiles();
		const texts = files.filter((file) => /^dist\/(kernel|scenarios)\/[\w/]+\.mmscn$/.test(file));
		assert.ok(texts.includes("dist/kernel/machine.mmscn"));
		assert.ok(texts.includes("dist/scenarios/seeds/compaction_vs_truncation.mmscn"));
		// Parts of the command line, each of which it reads when it needs it.
		const parts = files.filter((file) => /^dist\/\w+-[A-Z0-9]{8}\.js$/.test(file));
		const code = [join("dist", "mmscn.js"), ...parts].map((file) => readFileSync(join(root, file), "utf8")).join("\n");
		for (const part of parts) assert.ok(code.includes(`"./${basename(part)}"`), `${part} is left from an older build`);
		assert.deepEqual(
			files.filter((file) => !texts.includes(file) && !parts.includes(file)),
			listed,
		);
	});

	it("is small enough", () => {
		const { size } = makePackage(join(leftovers, "mmscn.vsix"));
		assert.ok(size > 0);
	});
});
