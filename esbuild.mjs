// Builds dist/: the client, the language server, the search worker, the command line, the counterexample view and
// the tests that run inside VS Code. `node esbuild.mjs`
import { cpSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
process.chdir(root);
const out = "dist";

const common = {
	bundle: true,
	minify: true,
	keepNames: true,
	sourcemap: true,
	legalComments: "none",
	logLevel: "warning",
};

/** Node programs are ES modules, so that import.meta.url finds what lies beside them; CommonJS packages need require. */
const node = {
	...common,
	platform: "node",
	format: "esm",
	target: "node20.19",
	banner: {
		js: 'import { createRequire as createRequire$ } from "node:module";const require=createRequire$(import.meta.url);',
	},
	outdir: out,
};

const suites = readdirSync("test/editor/suite")
	.filter((file) => file.endsWith(".test.ts"))
	.map((file) => join("test/editor/suite", file));

const started = Date.now();
await Promise.all([
	build({
		...common,
		platform: "node",
		format: "cjs",
		target: "node20.19",
		external: ["vscode"],
		entryPoints: { extension: "client/extension.ts" },
		outdir: out,
		outExtension: { ".js": ".cjs" },
	}),
	build({
		...node,
		entryPoints: { server: "server/main.ts", searchWorker: "server/searchWorker.ts" },
	}),
	// In pieces that lie beside one another: a command reads those that it needs.
	build({ ...node, splitting: true, entryPoints: { mmscn: "server/cli.ts" }, chunkNames: "[name]-[hash]" }),
	build({
		...common,
		platform: "browser",
		format: "iife",
		target: "es2022",
		entryPoints: { webview: "client/webview/main.tsx" },
		outdir: out,
	}),
	build({
		...common,
		minify: false,
		platform: "node",
		format: "cjs",
		target: "node20.19",
		external: ["vscode", "mocha"],
		entryPoints: ["test/editor/index.ts", ...suites],
		entryNames: "[name]",
		outdir: join(out, "test"),
		outExtension: { ".js": ".cjs" },
	}),
]);

// The kernel model is read at run time, as text: it is what "go to definition" opens.
for (const file of readdirSync("engine/kernel", { recursive: true })) {
	if (file.endsWith(".mmscn")) cpSync(join("engine/kernel", file), join(out, "kernel", file));
}
// The scenarios too: the walkthrough opens one, and a hover links to the one that shows what goes wrong, and runs it.
for (const file of existsSync("scenarios") ? readdirSync("scenarios", { recursive: true }) : []) {
	if (file.endsWith(".mmscn")) cpSync(join("scenarios", file), join(out, "scenarios", file));
}
cpSync("node_modules/web-tree-sitter/web-tree-sitter.wasm", join(out, "web-tree-sitter.wasm"));
cpSync("node_modules/tree-sitter-c/tree-sitter-c.wasm", join(out, "tree-sitter-c.wasm"));

// What an earlier build left goes last, so that whoever runs from dist/ meanwhile never finds it empty.
for (const name of readdirSync(out, { recursive: true })) {
	const file = join(out, name);
	const status = statSync(file);
	if (status.isFile() && status.mtimeMs < started) rmSync(file);
}
