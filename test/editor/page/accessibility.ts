import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeFinding {
	readonly id: string;
	readonly help: string;
	readonly nodes: readonly { readonly html: string }[];
}

/** What axe-core objects to in the counterexample view, one line each. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
	for (const frame of page.frames()) {
		if ((await frame.locator("main#view").count()) === 0) continue;
		// The view's policy forbids scripts of its page, not what a debugger evaluates.
		await frame.evaluate(axe);
		const found = await frame.evaluate(async () => {
			const { axe } = globalThis as unknown as { axe: { run(where: Document): Promise<{ violations: AxeFinding[] }> } };
			return (await axe.run(document)).violations;
		});
		return found.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.map(({ html }) => html).join(" ")}`);
	}
	assert.fail("the view is not there");
}
