import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

interface Import {
	readonly file: string;
	readonly specifier: string;
	/** The whole statement is erased at compile time. */
	readonly typeOnly: boolean;
}

function sourceFiles(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => /\.tsx?$/.test(name))
		.map((name) => join(folder, name));
}

/** Every import and re-export of a source text, static or dynamic. Comments that look like imports do no harm: they would only be checked too. */
function importsOf(file: string, text: string): Import[] {
	const found: Import[] = [];
	for (const match of text.matchAll(
		/^\s*(import|export)\b(\s+type\b(?!\s*,|\s+from))?[^;'"`(]*?from\s*["']([^"']+)["']/gm,
	)) {
		found.push({ file, specifier: match[3] ?? "", typeOnly: match[2] !== undefined });
	}
	for (const match of text.matchAll(/^\s*import\s*["']([^"']+)["']|\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/gm)) {
		found.push({ file, specifier: match[1] ?? match[2] ?? "", typeOnly: false });
	}
	return found;
}

function importsUnder(folder: string): Import[] {
	return sourceFiles(folder).flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));
}

/** The top-level folder that a relative import leads to; the package name for any other. */
function target({ file, specifier }: Import): string {
	if (!specifier.startsWith(".")) return specifier;
	return relative(root, resolve(root, dirname(file), specifier)).split(/[\\/]/)[0] ?? "";
}

const show = (found: readonly Import[]) => found.map(({ file, specifier }) => `${file} imports ${specifier}`);

describe("layers", () => {
	it("reads every form of import", () => {
		const text = [
			'import type { A } from "./a.ts";',
			'import { b,\n\ttype B } from "./b.ts";',
			'import "./c.ts";',
			'export * from "./d.ts";',
			'export type { E } from "./e.ts";',
			'const f = await import("./f.ts");',
			'import type from "./g.ts";',
		].join("\n");
		assert.deepEqual(
			importsOf("x.ts", text).map(({ specifier, typeOnly }) => [specifier, typeOnly]),
			[
				["./a.ts", true],
				["./b.ts", false],
				["./d.ts", false],
				["./e.ts", true],
				["./g.ts", false],
				["./c.ts", false],
				["./f.ts", false],
			],
		);
	});

	it("the engine imports nothing but itself", () => {
		const found = importsUnder("engine");
		assert.ok(found.length > 0);
		assert.deepEqual(show(found.filter((one) => target(one) !== "engine")), []);
	});

	it("the engine names no global of Node", () => {
		const named = sourceFiles("engine").filter((file) =>
			/^(?!\s*(\*|\/\/|\/\*)).*\b(process\.(env|argv|exit|cwd|memoryUsage|stdout)|__dirname|Buffer\.)/m.test(
				readFileSync(join(root, file), "utf8"),
			),
		);
		assert.deepEqual(named, []);
	});

	it("the server imports the engine, never the client or VS Code", () => {
		const found = importsUnder("server");
		assert.deepEqual(show(found.filter((one) => target(one) === "client" || target(one) === "vscode")), []);
	});

	it("the client sees engine and server as types only", () => {
		const found = importsUnder("client").filter((one) => ["engine", "server"].includes(target(one)));
		assert.deepEqual(show(found.filter((one) => !one.typeOnly)), []);
	});

	it("the shipped code opens no network and starts no program of its own", () => {
		const forbidden = /^(node:)?(net|tls|dgram|http|https|http2|dns|child_process|cluster|inspector)$/;
		const found = ["engine", "server", "client"].flatMap(importsUnder);
		assert.deepEqual(show(found.filter((one) => forbidden.test(one.specifier))), []);
	});
});
