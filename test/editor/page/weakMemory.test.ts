import assert from "node:assert/strict";
import { chooseTheme } from "../../host/workbench.mjs";
import { accessibilityFindings } from "./accessibility.ts";
import { counterexample, lenses, startWorkbench, type Workbench } from "./workbench.ts";

describe("executions that take weak memory, as a user sees them", function () {
	this.timeout(120_000);
	let workbench: Workbench;
	const view = () => counterexample(workbench.page);
	const words = async () => (await view().locator(".edge-words").textContent()) ?? "";
	const said = async () => (await view().locator("[aria-live]").textContent()) ?? "";

	before(async () => {
		workbench = await startWorkbench();
		await workbench.open("store_buffering.litmus");
	});
	after(() => workbench.close());

	it("opens beside a litmus test when its lens is clicked, and the lens then has herd7's result", async () => {
		const lens = lenses(workbench.page).filter({ hasText: "Explore executions" });
		await lens.first().waitFor({ timeout: 60_000 });
		await lens.first().click();
		await view().locator(".picture svg").waitFor();
		await lenses(workbench.page).filter({ hasText: "Sometimes 3 1" }).waitFor();
		assert.equal(await view().locator(".lane-title").count(), 2);
		assert.equal(await view().locator(".picture .box").count(), 4);
		assert.match((await view().locator(".report").textContent()) ?? "", /Observation store_buffering Sometimes 3 1/);
	});

	it("shows every witness, and says of each why it is allowed", async () => {
		const witnesses = await view().getByLabel("Witness", { exact: true }).locator("option").count();
		assert.equal(witnesses, 3);
		let weak = 0;
		await view().locator(".picture").focus();
		for (let witness = 0; witness < witnesses; witness++) {
			weak += (await view().locator(".cycle-steps li").count()) > 0 ? 1 : 0;
			if (witness + 1 < witnesses) await workbench.page.keyboard.press("n");
		}
		assert.equal(weak, 1);
	});

	it("goes from edge to edge by keyboard, and says each aloud", async () => {
		const select = view().getByLabel("Witness", { exact: true });
		for (let witness = 0; (await view().locator(".cycle-steps li").count()) === 0; witness++)
			await select.selectOption(String(witness));
		assert.match((await view().locator(".story").first().textContent()) ?? "", /before others see its write/);
		await view().locator(".picture").focus();
		await workbench.page.keyboard.press("Home");
		const first = await words();
		assert.match(first, /^Edge 1 of 4: /);
		await workbench.page.keyboard.press("ArrowDown");
		assert.match(await words(), /^Edge 2 of 4: /);
		assert.match(await said(), /^Edge 2 of 4: /);
		await workbench.page.keyboard.press("ArrowUp");
		assert.equal(await words(), first);
		assert.equal(await view().locator(".picture .label.broken").count(), 2);
		await view().getByLabel("All edges").check();
		assert.ok((await view().locator(".picture .label").count()) >= 4);
		await view().getByLabel("All edges").uncheck();
	});

	it("says why on hover over an edge", async () => {
		await view().locator(".picture .label.broken").first().hover();
		const pointed = view().locator(".pointed");
		if ((await pointed.count()) > 0) assert.match((await pointed.textContent()) ?? "", /program order, not kept/);
		else assert.match(await words(), /program order, not kept/);
	});

	it("takes the editor to the statement of a box", async () => {
		await view().locator(".picture .box").last().focus();
		await workbench.page.keyboard.press("Enter");
		await workbench.page.locator(".monaco-editor.focused").waitFor();
		await workbench.page.getByText(/Ln 14, Col \d+ \(\d+ selected\)/).waitFor();
	});

	it("says on hover which ordering a primitive gives", async () => {
		await workbench.page.locator(".monaco-editor .view-line span span", { hasText: "READ_ONCE" }).first().hover();
		await workbench.page.locator(".monaco-hover", { hasText: "Ordering" }).first().waitFor();
		await workbench.page.mouse.move(5, 500);
	});

	for (const theme of ["Light Modern", "Dark Modern", "Dark High Contrast", "Light High Contrast"]) {
		it(`has nothing that axe-core objects to, in ${theme}`, async () => {
			await chooseTheme(workbench.page, theme);
			assert.deepEqual(await accessibilityFindings(workbench.page), []);
		});
	}
});

describe("the barrier that makes a check safe, as a user sees it", function () {
	this.timeout(120_000);
	let workbench: Workbench;
	const view = () => counterexample(workbench.page);

	before(async () => {
		workbench = await startWorkbench();
		await workbench.open("scenarios/history/d20_page_table_publish.mmscn");
	});
	after(() => workbench.close());

	it("is offered below the picture, with what the search has shown", async () => {
		const lens = lenses(workbench.page).filter({ hasText: "Explore interleavings" });
		await lens.first().waitFor({ timeout: 60_000 });
		await lens.first().click();
		await view().locator(".picture svg").waitFor();
		assert.match(
			(await view().locator(".story").textContent()) ?? "",
			/no smp_wmb\(\), release or full barrier orders the two/,
		);
		const fences = view().locator(".fences li");
		await fences.first().waitFor();
		assert.match((await fences.first().textContent()) ?? "", /smp_wmb\(\) above line \d+/);
		assert.deepEqual(await accessibilityFindings(workbench.page), []);
	});

	it("goes into the text, after which the result is of an older text", async () => {
		await view().locator(".fences button").first().click();
		await view().locator(".stale-note").waitFor();
		await workbench.page.locator(".monaco-editor .view-line", { hasText: "smp_wmb();" }).first().waitFor();
	});
});
