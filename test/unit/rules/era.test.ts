import assert from "node:assert/strict";
import {
	compareVersions,
	formatSpan,
	parseVersion,
	placeIn,
	spanOf,
	versionOfMakefile,
} from "../../../engine/rules/era.ts";

const v = (text: string) => parseVersion(text)!;

describe("kernel versions", () => {
	it("reads the forms that people write", () => {
		for (const text of ["v6.5", "6.5", "v6.5-rc1", "6.5.3", "v6.5 in this wording"])
			assert.deepEqual(parseVersion(text), { major: 6, minor: 5 });
		for (const text of ["", "6", "six.five", "v6.", "1234.5"]) assert.equal(parseVersion(text), undefined);
	});

	it("compares by number, not by text", () => {
		assert.ok(compareVersions(v("v6.9"), v("v6.10")) < 0);
		assert.ok(compareVersions(v("v5.19"), v("v6.0")) < 0);
		assert.equal(compareVersions(v("v6.5"), v("6.5")), 0);
	});

	it("places a version in a span with both ends included", () => {
		const span = spanOf("v6.0", "v6.16");
		assert.deepEqual(
			["v5.19", "v6.0", "v6.16", "v6.17"].map((text) => placeIn(span, v(text))),
			["before", "inside", "inside", "after"],
		);
		assert.equal(placeIn(spanOf(undefined, undefined), v("v2.6")), "inside");
		assert.equal(placeIn(span, undefined), "inside");
		assert.deepEqual(
			[span, spanOf("v6.8", undefined), spanOf(undefined, "v5.19"), spanOf(undefined, undefined)].map(formatSpan),
			["v6.0 to v6.16", "since v6.8", "until v5.19", undefined],
		);
	});

	it("reads a kernel's Makefile, and no other", () => {
		assert.deepEqual(versionOfMakefile("# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION = -rc1\n"), {
			major: 6,
			minor: 12,
		});
		assert.equal(versionOfMakefile("VERSION = 6\nall:\n\tcc x.c\n"), undefined);
	});
});
