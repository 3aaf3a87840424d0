import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expandPaths } from "../../../server/cli/paths.ts";

describe("paths of the command line", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "mmscn-paths-"));
		mkdirSync(join(folder, "b", "c"), { recursive: true });
		mkdirSync(join(folder, "empty"));
		for (const file of ["z.mmscn", "a.litmus", "notes.txt", "b/d.mmscn", "b/c/e.mmscn"])
			writeFileSync(join(folder, file), "");
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it("takes scenarios and litmus tests out of folders, sorted", () => {
		assert.deepEqual(expandPaths(["."], folder), {
			files: ["a.litmus", "b/c/e.mmscn", "b/d.mmscn", "z.mmscn"],
			errors: [],
		});
	});

	it("takes a named file whatever its ending", () => {
		assert.deepEqual(expandPaths(["notes.txt"], folder).files, ["notes.txt"]);
	});

	it("takes a file once, however often and by whatever name it is given", () => {
		symlinkSync(join(folder, "z.mmscn"), join(folder, "link.mmscn"));
		assert.deepEqual(expandPaths(["z.mmscn", "./z.mmscn", "link.mmscn", join(folder, "z.mmscn")], folder).files, [
			"z.mmscn",
		]);
	});

	it("says what is missing and which folder is empty", () => {
		assert.deepEqual(expandPaths(["none.mmscn", "empty", "z.mmscn"], folder), {
			files: ["z.mmscn"],
			errors: ["none.mmscn: error: no such file or folder", "empty: error: no .mmscn or .litmus file in this folder"],
		});
	});
});
