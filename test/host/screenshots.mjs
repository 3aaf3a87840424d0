// Pictures from the real editor. `node test/host/screenshots.mjs [--readme]`
//
// Without --readme: every view in a light, a dark and a high-contrast theme, into .vscode-test/screenshots/, to be looked at.
// With it: the README's pictures, into docs/images/.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, leftovers, root } from "./installation.mjs";
import { workbenchUrl } from "./server.mjs";
import { openWorkbench } from "./workbench.mjs";

const { values } = parseArgs({ options: { readme: { type: "boolean" } } });
const themes = {
	light: "Default Light Modern",
	dark: "Default Dark Modern",
	"high-contrast": "Default High Contrast",
	"high-contrast-light": "Default High Contrast Light",
};
const seed = "scenarios/seeds/compaction_vs_truncation.mmscn";
const waitMilliseconds = 60_000;
/** Hover and scroll come to rest within this time. */
const restMilliseconds = 800;

const view = (page) => page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");

/** Opens the seed without the side bar. */
async function openSeed({ page, server }) {
	await page.goto(workbenchUrl(server, { open: join(server.folder, seed) }));
	await page
		.locator(".codelens-decoration a", { hasText: "Explore interleavings" })
		.first()
		.waitFor({ timeout: waitMilliseconds });
	await page.keyboard.press("Control+b");
}

async function explore(page, nth = 0) {
	await page.locator(".codelens-decoration a", { hasText: "Explore interleavings" }).nth(nth).click();
	await view(page).locator('[role="option"]').first().waitFor({ timeout: waitMilliseconds });
	await page.waitForTimeout(restMilliseconds);
}

async function hoverOver(page, text) {
	const word = page.locator(".monaco-editor .view-line span span", { hasText: text }).first();
	await word.hover();
	await page.locator(".monaco-hover:not(.hidden) .hover-row").first().waitFor();
	await page.waitForTimeout(restMilliseconds);
}

/** Runs `take` in a workbench of its own with this theme. */
async function inTheme(theme, viewport, take) {
	const workbench = await openWorkbench({ settings: { "workbench.colorTheme": theme }, viewport });
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
	for (const [name, theme] of Object.entries(themes)) {
		await inTheme(theme, { width: 1600, height: 1000 }, async (workbench) => {
			const { page } = workbench;
			const picture = (what) => page.screenshot({ path: join(out, `${name}-${what}.png`) });
			await openSeed(workbench);
			await hoverOver(page, "folio_mapping");
			await picture("1-hover");
			await page.mouse.move(5, 500);
			await explore(page);
			await picture("2-counterexample");
			await view(page).locator('[role="listbox"]').focus();
			await page.keyboard.press("Home");
			await page.keyboard.press("n");
			await page.waitForTimeout(restMilliseconds);
			await picture("3-step");
		});
	}
	console.log(`Pictures are in ${out}`);
}

async function forReadme() {
	const out = join(root, "docs", "images");
	mkdirSync(out, { recursive: true });
	await inTheme(themes.light, { width: 1400, height: 860 }, async (workbench) => {
		const { page } = workbench;
		await openSeed(workbench);
		await hoverOver(page, "folio_mapping");
		await page.screenshot({ path: join(out, "hover.png") });
		await page.mouse.move(5, 500);
		await explore(page);
		await page.screenshot({ path: join(out, "counterexample.png") });
	});
	console.log(`Pictures are in ${out}`);
}

install();
await (values.readme ? forReadme() : toLookAt());
