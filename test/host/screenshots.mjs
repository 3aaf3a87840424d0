// Pictures from the real editor. `node test/host/screenshots.mjs [--readme | --seeds]`
//
// Plain: every view in light, dark and high-contrast themes, into .vscode-test/screenshots/, to be looked at.
// --seeds: the first race of each scenario in scenarios/seeds, likewise.
// --readme: the pictures of README and walkthrough, into docs/images/.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, leftovers, root } from "./installation.mjs";
import { workbenchUrl } from "./server.mjs";
import { chooseTheme, openWorkbench } from "./workbench.mjs";

const { values } = parseArgs({ options: { readme: { type: "boolean" }, seeds: { type: "boolean" } } });
const themes = ["Light Modern", "Dark Modern", "Dark High Contrast", "Light High Contrast"];
const seed = "scenarios/seeds/compaction_vs_truncation.mmscn";
/** The check of each seed that has the race of the mail. */
const seedChecks = {
	compaction_vs_truncation: "rfc_v11",
	do_page_mkwrite: "test_before_lock",
	gup_fast_longterm_pin: "v7_reloaded",
	gup_fast_vs_thp_collapse: "v5_19_broadcast",
	page_anon_exclusive: "v5_17",
};
const waitMilliseconds = 60_000;
/** Hover and scroll come to rest within this time. */
const restMilliseconds = 800;

const view = (page) => page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
const lenses = (page) => page.locator(".codelens-decoration a", { hasText: "Explore interleavings" });

/** Opens a file of the workspace without the side bar. */
async function open({ page, server }, path) {
	await page.goto(workbenchUrl(server, { open: join(server.folder, path) }));
	await page.locator(".monaco-editor .view-line").first().waitFor({ timeout: waitMilliseconds });
	const sideBar = page.locator(".part.sidebar");
	if (await sideBar.isVisible()) await page.keyboard.press("Control+b");
	await sideBar.waitFor({ state: "hidden" });
}

async function goToLine(page, line) {
	await page.keyboard.press("Control+g");
	await page.locator(".quick-input-widget input[type=text]").first().fill(`:${line}`);
	await page.keyboard.press("Enter");
	await page.waitForTimeout(restMilliseconds);
}

async function explore(page, nth = 0) {
	await lenses(page).nth(nth).click();
	await view(page).locator('[role="option"]').first().waitFor({ timeout: waitMilliseconds });
	await page.mouse.move(5, 500);
	await page.waitForTimeout(restMilliseconds);
}

/** Hovers over a word of the open editor until its hover shows: the language server may still be starting. */
async function hoverOver(page, text) {
	const hover = page.locator(".monaco-hover:not(.hidden) .hover-row").first();
	const end = Date.now() + waitMilliseconds;
	for (;;) {
		await page.mouse.move(5, 500);
		await page.locator(".monaco-editor .view-line span span", { hasText: text }).first().hover();
		try {
			await hover.waitFor({ timeout: 3 * restMilliseconds });
			break;
		} catch (error) {
			if (Date.now() > end) throw error;
		}
	}
	await page.waitForTimeout(restMilliseconds);
}

/** Runs `take` in a workbench of its own. */
async function withWorkbench(viewport, take) {
	const workbench = await openWorkbench({ viewport });
	workbench.page.setDefaultTimeout(waitMilliseconds);
	try {
		await take(workbench);
	} catch (error) {
		await workbench.failed();
		throw error;
	} finally {
		await workbench.close();
	}
}

async function toLookAt() {
	const out = join(leftovers, "screenshots");
	mkdirSync(out, { recursive: true });
	await withWorkbench({ width: 1600, height: 1000 }, async (workbench) => {
		const { page } = workbench;
		await open(workbench, seed);
		await lenses(page).first().waitFor();
		await explore(page);
		for (const theme of themes) {
			const picture = (what) =>
				page.screenshot({ path: join(out, `${theme.toLowerCase().replaceAll(" ", "-")}-${what}.png`) });
			await chooseTheme(page, theme);
			await view(page).locator('[role="listbox"]').focus();
			await page.keyboard.press("End");
			await page.waitForTimeout(restMilliseconds);
			await picture("violation");
			await page.keyboard.press("Home");
			await page.keyboard.press("n");
			await page.waitForTimeout(restMilliseconds);
			await picture("step");
			await hoverOver(page, "folio_mapping");
			await picture("hover");
			await page.mouse.move(5, 500);
		}
	});
	console.log(`Pictures are in ${out}`);
}

/** Goes to the line that has a text. */
async function goToText(page, path, text) {
	const lines = readFileSync(join(root, path), "utf8").split("\n");
	await goToLine(page, lines.findIndex((line) => line.includes(text)) + 1);
}

/** The race of the mail of each seed, in a window high enough for all of it. */
async function ofSeeds() {
	const out = join(leftovers, "screenshots", "seeds");
	mkdirSync(out, { recursive: true });
	await withWorkbench({ width: 1680, height: 1500 }, async (workbench) => {
		const { page } = workbench;
		await open(workbench, seed);
		await lenses(page).first().waitFor();
		await chooseTheme(page, "Light Modern");
		for (const [name, check] of Object.entries(seedChecks)) {
			const path = join("scenarios", "seeds", `${name}.mmscn`);
			await open(workbench, path);
			await goToText(page, path, `check ${check} `);
			await lenses(page).first().waitFor();
			await page.keyboard.press("F1");
			await page.locator(".quick-input-widget input[type=text]").first().fill(">mmscn: Explore Interleavings");
			await page.keyboard.press("Enter");
			await view(page).locator(".lane-name, .lane-title").first().waitFor({ timeout: waitMilliseconds });
			await page.mouse.move(5, 500);
			await page.waitForTimeout(restMilliseconds);
			await page.screenshot({ path: join(out, `${name}.png`) });
		}
	});
	console.log(`Pictures are in ${out}`);
}

async function forReadme() {
	const out = join(root, "docs", "images");
	mkdirSync(out, { recursive: true });
	await withWorkbench({ width: 1680, height: 1050 }, async (workbench) => {
		const { page } = workbench;
		await open(workbench, seed);
		await lenses(page).first().waitFor();
		await chooseTheme(page, "Light Modern");
		await goToLine(page, 72);
		await page.screenshot({ path: join(out, "scenario.png") });
		await goToLine(page, 1);
		await explore(page);
		await page.screenshot({ path: join(out, "counterexample.png") });
		await view(page).locator('[role="listbox"]').focus();
		await page.keyboard.press("Home");
		await page.keyboard.press("n");
		await page.mouse.move(5, 500);
		await page.waitForTimeout(restMilliseconds);
		await page.screenshot({ path: join(out, "step.png") });
		await open(workbench, "linux/mm/filemap.c");
		await hoverOver(page, "folio_mapping");
		await page.screenshot({ path: join(out, "kernel-c.png"), clip: { x: 0, y: 0, width: 1200, height: 500 } });
	});
	console.log(`Pictures are in ${out}`);
}

install();
await (values.readme ? forReadme() : values.seeds ? ofSeeds() : toLookAt());
