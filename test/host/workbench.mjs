// A workbench on a workspace of its own, in a browser: what the suites, the screenshots and `npm run editor` share.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "./browser.mjs";
import { leftovers, root } from "./installation.mjs";
import { startServer } from "./server.mjs";

/** A folder with the fixtures of test/editor and the shipped scenarios. Returns its path and how to remove it. */
export function makeWorkspace() {
	const parent = mkdtempSync(join(tmpdir(), "mmscn-"));
	const folder = join(parent, "workspace");
	mkdirSync(folder);
	cpSync(join(root, "test", "editor", "workspace"), folder, { recursive: true });
	if (existsSync(join(root, "scenarios")))
		cpSync(join(root, "scenarios"), join(folder, "scenarios"), { recursive: true });
	return { folder, remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 3 }) };
}

/**
 * Starts a server and a browser with an empty page. `settings` are user settings, `env` goes to the extension host. `errors`
 * collects what workbench and extension host log as errors; `close` ends everything.
 */
export async function openWorkbench({ settings = {}, env = {}, viewport = { width: 1280, height: 800 } } = {}) {
	const workspace = makeWorkspace();
	const started = await startServer({ overrides: settings, env }).catch((error) => {
		workspace.remove();
		throw error;
	});
	const server = { ...started, folder: workspace.folder };
	let browser;
	const close = async () => {
		await browser?.close().catch(() => {});
		await server.stop();
		workspace.remove();
	};
	try {
		browser = await startBrowser();
		const page = await browser.newPage({ viewport });
		const errors = [];
		page.on("pageerror", (error) => errors.push(error.message));
		page.on("console", (message) => {
			if (message.type() === "error") errors.push(message.text().split("\n").slice(0, 4).join("\n"));
			if (process.env.VERBOSE) console.error(`[${message.type()}] ${message.text()}`);
		});
		const failed = () => page.screenshot({ path: join(leftovers, "failed.png") }).catch(() => {});
		return { page, server, workspace, errors, failed, close };
	} catch (error) {
		await close();
		throw error;
	}
}

/**
 * Changes the colour theme of an open workbench, by its label. The picker is the way: this build does not heed a theme that stands
 * in the settings from the start.
 */
export async function chooseTheme(page, label) {
	await page.keyboard.press("Control+k");
	await page.keyboard.press("Control+t");
	const box = page.locator(".quick-input-widget input[type=text]").first();
	await box.fill(label);
	await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: label }).waitFor();
	await box.press("Enter");
	await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}
