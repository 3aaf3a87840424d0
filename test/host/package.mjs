// Makes the .vsix, with vsce under a Node that it runs on. `node test/host/package.mjs [FILE]`
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { install, modules, newerNode, root } from "./installation.mjs";

const bytesMax = 2_000_000;

function vsce(...parameters) {
	const run = spawnSync(newerNode(), [join(modules, "@vscode", "vsce", "vsce"), ...parameters], {
		cwd: root,
		encoding: "utf8",
	});
	if (run.status !== 0) throw new Error(`vsce ${parameters[0]} failed:\n${run.stdout}${run.stderr}`);
	return run.stdout;
}

/** The files that the package holds, as paths in the project. dist/ must have been built. */
export function packagedFiles() {
	return vsce("ls", "--no-dependencies").split("\n").filter(Boolean).sort();
}

/** Writes the package and returns its path and size in bytes. Throws when it is larger than a package should be. */
export function makePackage(file) {
	mkdirSync(dirname(file), { recursive: true });
	vsce("package", "--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links", "--out", file);
	const { size } = statSync(file);
	if (size > bytesMax) throw new Error(`${file} has ${size} bytes; ${bytesMax} is the most a package may have`);
	return { file, size };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	install();
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const { file, size } = makePackage(resolve(process.argv[2] ?? join(root, `mmscn-${version}.vsix`)));
	console.log(`${relative(root, file)}, ${(size / 1000).toFixed(0)} kB, holds\n${packagedFiles().join("\n")}`);
}
