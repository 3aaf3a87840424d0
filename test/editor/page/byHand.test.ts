import assert from "node:assert/strict";
import { chooseTheme } from "../../host/workbench.mjs";
import { accessibilityFindings } from "./accessibility.ts";
import { counterexample, lenses, startWorkbench, type Workbench } from "./workbench.ts";

/** The workbench writes its state every five seconds, when it is idle. */
const stateSavedMilliseconds = 12_000;
/** After a search, decorations are drawn within this time. */
const fadedSecondsMax = 10;

describe("one check beyond its verdict, as a user sees it", function () {
	this.timeout(120_000);
	let workbench: Workbench;
	const view = () => counterexample(workbench.page);
	const header = () => view().locator("header");
	const branches = () => view().locator(".branches");

	before(async () => {
		workbench = await startWorkbench();
	});
	after(() => workbench.close());

	it("fades what no interleaving reached, and says in the lens how much that is", async () => {
		const { page } = workbench;
		await workbench.open("never_ran.mmscn");
		const explore = lenses(page).filter({ hasText: "Explore interleavings" });
		await explore.first().waitFor({ timeout: 60_000 });
		await explore.first().click();
		await lenses(page).filter({ hasText: "safe; 1 of 3 statements never ran" }).waitFor();
		const faded = () =>
			page
				.locator(".monaco-editor .view-line")
				.evaluateAll((lines) =>
					lines
						.filter((line) =>
							[...line.querySelectorAll("span")].some((span) => Number(getComputedStyle(span).opacity) < 1),
						)
						.map((line) => (line.textContent ?? "").replaceAll("\u00a0", " ").trim()),
				);
		const end = Date.now() + fadedSecondsMax * 1000;
		while ((await faded()).length === 0 && Date.now() < end) await page.waitForTimeout(100);
		assert.deepEqual(await faded(), ["WRITE_ONCE(thing.value, 8);"]);
	});

	it("lists every race of a check in a tree, and goes from one to the next in the view", async () => {
		const { page } = workbench;
		await workbench.open("two_races.mmscn");
		const explore = lenses(page).filter({ hasText: "Explore interleavings" });
		await explore.first().waitFor({ timeout: 60_000 });
		await explore.first().click();
		await view().locator('[role="option"]').first().waitFor();
		await lenses(page).filter({ hasText: "all races…" }).click();
		const races = header().locator(".race-choice");
		await races.filter({ hasText: "race 1 of 2" }).waitFor();
		const first = await header().locator(".violation").textContent();
		await races.getByLabel("Next race").click();
		await races.filter({ hasText: "race 2 of 2" }).waitFor();
		assert.notEqual(await header().locator(".violation").textContent(), first);
		const tree = page.locator(".pane", { hasText: "Races" }).locator(".monaco-list-row");
		await tree.filter({ hasText: "use after free" }).waitFor();
		await tree.filter({ hasText: "assertion" }).waitFor();
		await tree.filter({ hasText: "line" }).first().click();
		await races.filter({ hasText: "race 1 of 2" }).waitFor();
	});

	it("goes on by hand along another branch, back and forth, and searches on from there", async () => {
		await view().locator('[role="option"]').first().click();
		await branches().getByText("Instead of step 1").waitFor();
		await branches().locator("button.branch", { hasText: "reader" }).click();
		const bar = header().locator(".walk-bar");
		await bar.getByText("nothing has gone wrong so far").waitFor();
		assert.equal(await view().locator('[role="option"]').count(), 1);
		await branches().getByText("Next").waitFor();
		await branches().locator("button.branch", { hasText: "owner" }).first().click();
		await bar.getByText("2 steps;").waitFor();
		await bar.getByText("Back", { exact: false }).first().click();
		await bar.getByText("1 step;").waitFor();
		await bar.getByText("Forth", { exact: false }).click();
		await bar.getByText("2 steps;").waitFor();
		await branches().getByText("Search from here").click();
		await bar.getByText("From here on no interleaving goes wrong").waitFor();
	});

	for (const theme of ["Light Modern", "Dark Modern", "Dark High Contrast", "Light High Contrast"]) {
		it(`has nothing that axe-core objects to while walking, in ${theme}`, async () => {
			await chooseTheme(workbench.page, theme);
			await view().locator('[role="listbox"]').focus();
			assert.deepEqual(await accessibilityFindings(workbench.page), []);
		});
	}

	it("is where it was after a reload of the window, with what could run next", async () => {
		const { page } = workbench;
		const bar = header().locator(".walk-bar");
		const steps = await view().locator('[role="option"]').count();
		await page.waitForTimeout(stateSavedMilliseconds);
		await workbench.reopen();
		await bar.getByText(`${steps} steps;`).waitFor({ timeout: 60_000 });
		assert.equal(await view().locator('[role="option"]').count(), steps);
		await branches().locator("button.branch").first().click();
		await bar.getByText(`${steps + 1} steps;`).waitFor();
		await bar.getByText("Back", { exact: false }).first().click();
		await bar.getByText(`${steps} steps;`).waitFor();
	});

	it("goes back to the counterexample", async () => {
		await header().getByText("To the counterexample").click();
		await header().locator(".violation").waitFor();
		assert.equal(await header().locator(".walk-bar").count(), 0);
	});
});
