// Runs the suites in a real VS Code: code-server's build of it, in a headless Chromium, both out of npm packages.
//
//   node test/host/run.mjs [inside|page]
//
// `inside` runs in the extension host (test/editor/suite), `page` drives the workbench as a user does (test/editor/page).
// CHROMIUM_PATH uses that browser, VERBOSE=1 prints the browser's console, VSIX=file tests a package; leftovers are in .vscode-test/.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { install, leftovers, root } from "./installation.mjs";
import { workbenchUrl } from "./server.mjs";
import { openWorkbench } from "./workbench.mjs";

const verdictSecondsMax = Number(process.env.TEST_SECONDS_MAX ?? 240);

/** Totals that a suite left; a suite that left none has failed. */
function totals(file) {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return { passed: 0, failed: 1 };
	}
}

/** Runs the suite inside the extension host. It reports through a file; its verdict comes through the page. */
export async function inside() {
	const report = join(leftovers, "report.txt");
	const counted = join(leftovers, "inside.json");
	writeFileSync(report, "");
	rmSync(counted, { force: true });
	const workbench = await openWorkbench({ env: { TEST_REPORT: report, TEST_TOTALS: counted } });
	let timer;
	try {
		const verdict = new Promise((done, fail) => {
			workbench.page.exposeFunction("codeAutomationExit", done).catch(fail);
			workbench.page.once("crash", () => fail(new Error("the workbench crashed")));
			workbench.server.child.once("exit", () => fail(new Error("VS Code's server died; see .vscode-test/server.log")));
			timer = setTimeout(
				() => fail(new Error(`no verdict after ${verdictSecondsMax} s; see .vscode-test/failed.png and logs/`)),
				verdictSecondsMax * 1000,
			);
		});
		await workbench.page.goto(workbenchUrl(workbench.server, { tests: "dist/test/index.cjs" }));
		await verdict;
	} catch (error) {
		await workbench.failed();
		console.error(error instanceof Error ? error.message : error);
	} finally {
		clearTimeout(timer);
		await workbench.close();
		const text = readFileSync(report, "utf8");
		process.stdout.write(text);
		if (!text.trim())
			console.error(
				`The suite reported nothing. Last errors of the workbench:\n${workbench.errors.slice(-6).join("\n")}`,
			);
	}
	return totals(counted);
}

/** Runs the suite that drives the workbench from outside. */
export async function page() {
	const counted = join(leftovers, "page.json");
	rmSync(counted, { force: true });
	spawnSync(
		process.execPath,
		[
			join(root, "node_modules", "mocha", "bin", "mocha.js"),
			"--reporter",
			"test/reporter.cjs",
			"test/editor/page/**/*.test.ts",
		],
		{ cwd: root, stdio: "inherit", env: { ...process.env, TEST_TOTALS: counted } },
	);
	return totals(counted);
}

const suites = { inside, page };

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	install();
	const wanted = process.argv[2] ? [process.argv[2]] : Object.keys(suites);
	let failed = 0;
	for (const name of wanted) {
		console.log(`\n== VS Code, ${name}`);
		failed += (await suites[name]()).failed;
	}
	process.exitCode = failed ? 1 : 0;
}
