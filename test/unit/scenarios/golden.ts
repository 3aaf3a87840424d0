/** Golden files: what is printed is compared with test/golden, or written there with UPDATE_GOLDEN=1. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const golden = join(dirname(fileURLToPath(import.meta.url)), "../../golden");

/** Whether golden files are rewritten rather than compared. */
export const updatesGolden = process.env.UPDATE_GOLDEN === "1";

/** Compares a text with the golden file at this path below test/golden. */
export function matchesGolden(path: string, text: string): void {
	const file = join(golden, path);
	if (updatesGolden) {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		return;
	}
	assert.ok(existsSync(file), `test/golden/${path} is missing: run with UPDATE_GOLDEN=1 and read what it writes`);
	assert.equal(text, readFileSync(file, "utf8"));
}
