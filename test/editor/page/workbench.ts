/** The workbench as a user meets it. */
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { workbenchUrl } from "../../host/server.mjs";
import { openWorkbench } from "../../host/workbench.mjs";

export const seed = "scenarios/seeds/compaction_vs_truncation.mmscn";

export interface Workbench {
	readonly page: Page;
	/** The workspace on disk. */
	readonly folder: string;
	/** Goes to the workbench with a file open. */
	open(path: string): Promise<void>;
	/** Loads the window anew, with what was open in it. */
	reopen(): Promise<void>;
	/** Runs a command by its title. */
	command(title: string): Promise<void>;
	close(): Promise<void>;
}

export async function startWorkbench(
	settings: Record<string, unknown> = {},
	viewport = { width: 1440, height: 900 },
): Promise<Workbench> {
	const { page, server, workspace, failed, close } = await openWorkbench({ settings, viewport });
	page.setDefaultTimeout(30_000);
	return {
		page,
		folder: workspace.folder,
		async open(path) {
			try {
				await page.goto(workbenchUrl(server, { open: join(workspace.folder, path) }));
				await page.locator(".monaco-editor .view-line").first().waitFor({ timeout: 60_000 });
			} catch (error) {
				await failed();
				throw error;
			}
		},
		async reopen() {
			// Not page.reload(): its address names a file, and VS Code then opens that file and nothing else.
			await page.goto(workbenchUrl(server));
		},
		async command(title) {
			await page.keyboard.press("F1");
			const box = page.locator(".quick-input-widget input");
			await box.fill(`>${title}`);
			await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
			await box.press("Enter");
		},
		close,
	};
}

/** The lenses over the open scenario. */
export function lenses(page: Page): Locator {
	return page.locator(".codelens-decoration a");
}

/** The inside of the counterexample view. */
export function counterexample(page: Page): FrameLocator {
	return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}
