/** The C parser, loaded when it is first needed. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Language, Parser } from "web-tree-sitter";
import type { ParseC } from "../engine/kernel-c/tree.ts";

/** Where a WebAssembly file lies: beside the bundle, or in its package when run from source. */
function wasmPath(file: string): string {
	const bundled = import.meta.url.endsWith(".js");
	if (bundled) return fileURLToPath(new URL(file, import.meta.url));
	return createRequire(import.meta.url).resolve(`${file.replace(/\.wasm$/, "")}/${file}`);
}

let loading: Promise<ParseC> | undefined;

/** One parser for the whole process; rejects when its files cannot be read. */
export function loadCParser(): Promise<ParseC> {
	loading ??= load();
	return loading;
}

async function load(): Promise<ParseC> {
	const [runtime, grammar] = await Promise.all(
		["web-tree-sitter.wasm", "tree-sitter-c.wasm"].map((file) => readFile(wasmPath(file))),
	);
	await Parser.init({ wasmBinary: runtime });
	const parser = new Parser();
	parser.setLanguage(await Language.load(grammar!));
	return (text, use) => {
		const tree = parser.parse(text);
		if (tree === null) throw new Error("The C parser was stopped.");
		try {
			return use(tree.rootNode);
		} finally {
			tree.delete();
		}
	};
}
