import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { chooseTheme } from "../../host/workbench.mjs";
import { accessibilityFindings } from "./accessibility.ts";
import { counterexample, lenses, seed, startWorkbench, type Workbench } from "./workbench.ts";

/** The workbench writes its state every five seconds, when it is idle. */
const stateSavedMilliseconds = 12_000;

/** Waits until lines of the open text carry annotations. */
async function annotated(page: Page): Promise<void> {
	await page.waitForFunction(
		() =>
			[...document.querySelectorAll(".monaco-editor .view-line span")].filter((span) =>
				getComputedStyle(span, "::after").content.includes("CPU"),
			).length >= 2,
	);
}

describe("the counterexample, as a user sees it", function () {
	this.timeout(120_000);
	let workbench: Workbench;
	const view = () => counterexample(workbench.page);
	const selected = () => view().locator('[role="option"][aria-selected="true"]');
	const label = async () => (await selected().textContent()) ?? "";

	before(async () => {
		workbench = await startWorkbench();
		await workbench.open(seed);
	});
	after(() => workbench.close());

	it("opens beside the text when the lens is clicked", async () => {
		const lens = lenses(workbench.page).filter({ hasText: "Explore interleavings" });
		await lens.first().waitFor({ timeout: 60_000 });
		await lens.first().click();
		await view().locator('[role="option"]').first().waitFor();
		assert.ok((await view().locator(".lane-name").count()) >= 2);
		assert.match((await view().locator("header .violation").textContent()) ?? "", /use after free/);
		assert.equal(await view().locator(".row.violation").count(), 1);
	});

	it("annotates the lines of the text", async () => {
		await annotated(workbench.page);
	});

	it("goes through the steps by keyboard, from end to end", async () => {
		const rows = view().locator('[role="option"]');
		const telling = await rows.count();
		await view().getByLabel("Every step").check();
		const steps = await rows.count();
		assert.ok(steps > telling, "the view leaves out what does not tell the race");
		await view().locator('[role="listbox"]').focus();
		await workbench.page.keyboard.press("Home");
		assert.match(await label(), /^Step 1, CPU \d/);
		await workbench.page.keyboard.press("ArrowDown");
		assert.match(await label(), /^Step 2, CPU \d/);
		await workbench.page.keyboard.press("ArrowUp");
		assert.match(await label(), /^Step 1, CPU \d/);
		await workbench.page.keyboard.press("n");
		assert.equal(await selected().locator(".switch-sign").count(), 1);
		await workbench.page.keyboard.press("p");
		assert.match(await label(), /^Step 1, CPU \d/);
		await workbench.page.keyboard.press("End");
		assert.match(await label(), new RegExp(`^Step ${steps}, CPU \\d`));
		assert.match(
			(await view().locator("[aria-live]").textContent()) ?? "",
			new RegExp(`^Step ${steps} of ${steps}, CPU \\d`),
		);
		await view().getByLabel("Every step").uncheck();
		assert.equal(await rows.count(), telling);
	});

	it("marks what a step changed", async () => {
		await view().locator('[role="listbox"]').focus();
		await workbench.page.keyboard.press("Home");
		const rows = await view().locator('[role="option"]').count();
		let marked = 0;
		for (let step = 0; step < rows; step++) {
			marked += await view().locator(".objects .changed del").count();
			await workbench.page.keyboard.press("ArrowDown");
		}
		assert.ok(marked > 0, "no step changed an object");
	});

	it("takes the editor to the line of a clicked step, and its source on Enter", async () => {
		await view().locator('[role="option"]').first().click();
		await workbench.page.locator(".monaco-editor .cdr[class*=ced-]").first().waitFor({ state: "attached" });
		await view().locator('[role="listbox"]').focus();
		await workbench.page.keyboard.press("Enter");
		await workbench.page.locator(".monaco-editor.focused").waitFor();
	});

	it("annotates lines of the kernel model that took part, when their file is open", async () => {
		const { page } = workbench;
		await view().locator('[role="option"]', { hasText: "folio->mapping = NULL" }).dblclick();
		await page.locator(".tab.active", { hasText: "filemap.mmscn" }).waitFor();
		await page.waitForFunction(() =>
			[...document.querySelectorAll(".monaco-editor.focused .view-line")].some(
				(line) =>
					line.textContent?.replaceAll("\u00a0", " ").includes("folio->mapping = NULL") &&
					[...line.querySelectorAll("span")].some((span) =>
						/CPU1 folio\.mapping: .* ⇒ NULL/.test(getComputedStyle(span, "::after").content.replaceAll("\u00a0", " ")),
					),
			),
		);
		await page.keyboard.press("Control+F4");
	});

	for (const theme of ["Light Modern", "Dark Modern", "Dark High Contrast", "Light High Contrast"]) {
		it(`has nothing that axe-core objects to, in ${theme}`, async () => {
			await chooseTheme(workbench.page, theme);
			await view().locator('[role="listbox"]').focus();
			assert.deepEqual(await accessibilityFindings(workbench.page), []);
		});
	}

	it("survives a reload of the window, at the same step", async () => {
		await view().locator('[role="listbox"]').focus();
		await workbench.page.keyboard.press("Home");
		await workbench.page.keyboard.press("ArrowDown");
		const before = await label();
		await workbench.page.waitForTimeout(stateSavedMilliseconds);
		await workbench.reopen();
		await view().locator('[role="option"]').first().waitFor({ timeout: 60_000 });
		assert.equal(await label(), before);
		await annotated(workbench.page);
	});

	it("shows progress of a long search, and its button cancels it", async () => {
		await workbench.open("long.mmscn");
		const lens = lenses(workbench.page).filter({ hasText: "Explore interleavings" });
		await lens.first().waitFor({ timeout: 60_000 });
		await lens.first().click();
		// Under test, the workbench shows no toasts; the notification centre has what they would show.
		const notification = workbench.page.locator(".notifications-center .notification-list-item", {
			hasText: "exploring",
		});
		await workbench.page.locator("[id='status.notifications'] a").click();
		await notification.waitFor();
		await notification.locator("a,.monaco-button", { hasText: "Cancel" }).first().click();
		await notification.waitFor({ state: "detached" });
	});
});
