// Everything a change must pass: build, types and lint, unit tests, and the suites in a real VS Code. The last line is the total.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install, leftovers, root } from "./host/installation.mjs";
import { inside, page } from "./host/run.mjs";

const binary = (name) => join(root, "node_modules", ".bin", name);
let passed = 0;
let failed = 0;

function add(totals) {
	passed += totals.passed;
	failed += totals.failed;
}

/** Runs one command; a failure counts as one failed test. Returns whether it went well. */
function stage(name, command, ...parameters) {
	console.log(`\n== ${name}`);
	const { status } = spawnSync(command, parameters, { cwd: root, stdio: "inherit" });
	if (status !== 0) {
		failed++;
		console.log(`${name} failed`);
	}
	return status === 0;
}

function unit() {
	console.log("\n== unit tests");
	const counted = join(leftovers, "unit.json");
	mkdirSync(leftovers, { recursive: true });
	rmSync(counted, { force: true });
	const { status } = spawnSync(
		process.execPath,
		[
			join(root, "node_modules", "mocha", "bin", "mocha.js"),
			"--reporter",
			"test/reporter.cjs",
			"test/unit/**/*.test.ts",
		],
		{ cwd: root, stdio: "inherit", env: { ...process.env, TEST_TOTALS: counted } },
	);
	let totals = { passed: 0, failed: 1 };
	try {
		totals = JSON.parse(readFileSync(counted, "utf8"));
	} catch {
		// the run ended before it could count
	}
	add({ passed: totals.passed, failed: totals.failed || (status === 0 ? 0 : 1) });
}

const built = stage("build", process.execPath, "esbuild.mjs");
stage("types", binary("tsc"), "--noEmit");
stage("lint and format", binary("biome"), "ci", "--error-on-warnings", ".");
unit();
if (built) {
	install();
	for (const [name, suite] of [
		["VS Code, inside the extension host", inside],
		["VS Code, from the user's side", page],
	]) {
		console.log(`\n== ${name}`);
		add(await suite());
	}
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
