import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { traceFormats } from "../../../engine/verdict/render.ts";
import type { CheckResult } from "../../../engine/verdict/verdict.ts";
import type { Terminal } from "../../../server/cli/terminal.ts";
import { run } from "../../../server/cli.ts";
import { testTerminal } from "./testTerminal.ts";

const lostUpdate = `
struct counter { int value; };

scenario lost_update {
	kernel v6.5;
	param bool atomically;
	struct counter shared;

	thread one {
		int seen;

		if (atomically) {
			__fetch_add(&shared.value, 1, __full);
			return;
		}
		seen = READ_ONCE(shared.value);
		WRITE_ONCE(shared.value, seen + 1);
	}

	thread two {
		int seen;

		if (atomically) {
			__fetch_add(&shared.value, 1, __full);
			return;
		}
		seen = READ_ONCE(shared.value);
		WRITE_ONCE(shared.value, seen + 1);
	}

	finally (shared.value == 2);

	check plain (atomically = false) expect invariant;
	check atomic (atomically = true) expect safe;
}
`;

/** Enough interleavings to be interrupted: no two of its states are the same. */
const endless = `
struct counter { int value; };

scenario endless {
	kernel v6.5;
	struct counter a, b, c;

	thread one { int i; for (i = 0; i < 200; i++) WRITE_ONCE(a.value, i); }
	thread two { int i; for (i = 0; i < 200; i++) WRITE_ONCE(b.value, i); }
	thread three { int i; for (i = 0; i < 200; i++) WRITE_ONCE(c.value, i); }

	always (a.value + b.value + c.value < 1000);

	check all expect safe;
	check again expect safe;
}
`;

/** A search starts a thread that reads TypeScript, and the machine may be busy. In milliseconds. */
const patience = 60_000;

const storeBuffering = `C SB
(*
 * Result: Sometimes
 *)
{}
P0(int *x, int *y) { int r0; WRITE_ONCE(*x, 1); r0 = READ_ONCE(*y); }
P1(int *x, int *y) { int r0; WRITE_ONCE(*y, 1); r0 = READ_ONCE(*x); }
exists (0:r0=0 /\\ 1:r0=0)
`;

describe("command line", function () {
	this.timeout(patience);
	let folder: string;
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "mmscn-cli-"));
		writeFileSync(join(folder, "lost.mmscn"), lostUpdate);
		writeFileSync(join(folder, "surprise.mmscn"), lostUpdate.replace("expect invariant", "expect safe"));
		writeFileSync(join(folder, "missed.mmscn"), lostUpdate.replace("expect safe", "expect deadlock"));
		writeFileSync(join(folder, "endless.mmscn"), endless);
		writeFileSync(
			join(folder, "typo.mmscn"),
			"scenario typo {\n\tkernel v6.5;\n\tthread one { nosuch(); }\n\tcheck c expect safe;\n}\n",
		);
		writeFileSync(join(folder, "none.mmscn"), "struct folio_like { int flags; };\n");
	});
	after(() => rmSync(folder, { recursive: true }));

	async function mmscn(given: readonly string[], options: Partial<Terminal> = {}) {
		const recorded = testTerminal({ directory: folder, ...options });
		const status = await run(given, recorded.terminal);
		return { status, out: recorded.out(), error: recorded.error() };
	}

	it("prints a table, and leaves with 0 when every expectation is met", async () => {
		const { status, out, error } = await mmscn(["check", "lost.mmscn"]);
		assert.equal(error, "");
		assert.match(out, /^ok +lost_update\.plain +invariant +invariant +\d+ +\d+\.\d\d s$/m);
		assert.match(out, /^ok +lost_update\.atomic +safe +safe +\d+ +\d+\.\d\d s$/m);
		assert.match(out, /\n\n2 checks: 2 as expected\n$/);
		assert.equal(status, 0);
	});

	it("says how much of a safe check never ran, and lists it on request", async () => {
		writeFileSync(
			join(folder, "vacuous.mmscn"),
			`int go;
int done;
scenario vacuous {
	kernel v6.5;
	thread one { if (READ_ONCE(go)) WRITE_ONCE(done, 1); }
	thread two { WRITE_ONCE(done, 2); }
	never (done == 1);
	check nothing expect safe;
}
`,
		);
		const { out } = await mmscn(["check", "vacuous.mmscn", "--full"]);
		assert.match(out, /^ok +vacuous\.nothing +safe +safe .* s {2}1 of \d statements never ran$/m);
		assert.match(out, /^vacuous\.mmscn:5:\d+: never ran in vacuous\.nothing: WRITE_ONCE\(done, 1\);$/m);
	});

	it("draws an unexpected race, says where it is and how to see it again, and leaves with 1", async () => {
		const { status, out } = await mmscn(["check", "surprise.mmscn"]);
		assert.match(out, /^FAIL +lost_update\.plain +invariant +safe/m);
		assert.match(out, /^surprise\.mmscn:\d+:\d+: invariant broken: /m);
		assert.match(out, /^CPU 0 +CPU 1$/m);
		assert.match(out, /<-- invariant broken$/m);
		assert.match(out, /^replay: mmscn replay surprise\.mmscn lost_update\.plain \S+$/m);
		assert.match(out, /\n2 checks: 1 as expected, 1 not as expected\n$/);
		assert.equal(status, 1);
	});

	it("leaves with 1 when an expected race is not there", async () => {
		const { status, out } = await mmscn(["check", "missed.mmscn", "--check", "atomic"]);
		assert.match(out, /missed\.mmscn: lost_update\.atomic is safe, expected deadlock/);
		assert.equal(status, 1);
	});

	it("writes mistakes as file:line:column, searches the other files, and leaves with 2", async () => {
		const { status, out, error } = await mmscn(["check", "typo.mmscn", "lost.mmscn", "gone.mmscn"]);
		assert.match(error, /^typo\.mmscn:3:15: error: .*nosuch/m);
		assert.match(error, /^gone\.mmscn: error: no such file or folder$/m);
		assert.match(out, /2 checks: 2 as expected/);
		assert.equal(status, 2);
	});

	it("leaves with 3 when a limit is hit, and names it", async () => {
		const { status, out } = await mmscn(["check", "endless.mmscn", "--check", "all", "--states-max", "100"]);
		assert.match(out, /^\? +endless\.all +inconclusive \(states\) +safe/m);
		assert.equal(status, 3);
	});

	it("stops at Ctrl-C and says so of every check that was not searched", async () => {
		let stop = () => {};
		const { status, out } = await mmscn(["check", "endless.mmscn"], {
			interactive: true,
			error: () => stop(),
			onInterrupt: (given) => {
				stop = given;
				return () => {};
			},
		});
		assert.match(out, /^\? +endless\.all +inconclusive \(cancelled\)/m);
		assert.match(out, /^\? +endless\.again +inconclusive \(cancelled\)/m);
		assert.equal(status, 3);
	});

	it("agrees without reduction, and counts interleavings", async () => {
		const { status, out } = await mmscn(["check", "lost.mmscn", "--no-reduction", "--count-interleavings"]);
		assert.equal(status, 0);
		assert.match(out, /plain .* \d+ of 6 interleavings$/m);
	});

	it("never calls safe under the kernel's memory model what was searched under another", async () => {
		writeFileSync(
			join(folder, "weak.mmscn"),
			`struct word { int value; };
scenario store_buffering {
	kernel v6.5;
	struct word x, y;
	thread one { int seen; WRITE_ONCE(x.value, 1); seen = READ_ONCE(y.value); }
	thread two { int seen; WRITE_ONCE(y.value, 1); seen = READ_ONCE(x.value); }
	never (one.seen == 0 && two.seen == 0);
	check strong under sc expect safe;
	check weak under lkmm expect invariant;
}
`,
		);
		const { out } = await mmscn(["check", "weak.mmscn", "--format", "json"]);
		const results = JSON.parse(out) as CheckResult[];
		const [strong, weak] = results;
		assert.deepEqual([strong?.verdict, strong?.memory], ["safe", "sc"]);
		assert.deepEqual([weak?.verdict, weak?.memory], ["race", "lkmm"]);
		const schema = JSON.parse(readFileSync(new URL("../../../docs/verdict.schema.json", import.meta.url), "utf8"));
		const validate = new Ajv2020({ allErrors: true }).compile(schema);
		assert.ok(validate(results), JSON.stringify(validate.errors));
	});

	it("with --memory lkmm, says which checks are otherwise under sequential consistency", async () => {
		const { out, status } = await mmscn(["check", "weak.mmscn", "--memory", "lkmm"]);
		assert.equal(status, 1);
		assert.match(out, /^FAIL +store_buffering\.strong +invariant .* under sc: safe$/m);
		assert.match(out, /^ok +store_buffering\.weak +invariant .* under sc: safe$/m);
		assert.match(out, /^2 of 2 checks are otherwise under sequential consistency$/m);
		assert.match(
			out,
			/smp_mb\(\) above weak\.mmscn:5 and smp_mb\(\) above weak\.mmscn:6 make it safe, as a search has shown/,
		);
		const json = await mmscn(["check", "weak.mmscn", "--memory", "lkmm", "--format", "json"]);
		const results = JSON.parse(json.out) as CheckResult[];
		assert.deepEqual(results[0]?.otherwise, { memory: "sc", verdict: "safe", differs: true });
		const schema = JSON.parse(readFileSync(new URL("../../../docs/verdict.schema.json", import.meta.url), "utf8"));
		const validate = new Ajv2020({ allErrors: true }).compile(schema);
		assert.ok(validate(results), JSON.stringify(validate.errors));
	});

	it("draws what only weak memory shows as CPUs side by side and a cycle", async () => {
		const { status, out } = await mmscn(["trace", "weak.mmscn", "weak"]);
		assert.equal(status, 0);
		assert.match(out, /^CPU0: one +CPU1: two$/m);
		assert.match(
			out,
			/^\(\w\) WRITE_ONCE\(x\.value, 1\); +\(\w\) WRITE_ONCE\(y\.value, 1\);\n +writes x\.value = 1 +writes y\.value = 1$/m,
		);
		assert.match(out, /^ {2}\(a\) -\w+-> \(b\) {2}/m);
		assert.match(out, /nothing orders WRITE_ONCE\(/);
		assert.ok(out.split("\n").every((line) => line.length <= 75));
		for (const format of traceFormats) {
			assert.equal((await mmscn(["trace", "weak.mmscn", "weak", "--format", format])).status, 0);
		}
	});

	it("JSON keeps to its schema", async () => {
		const schema = JSON.parse(readFileSync(new URL("../../../docs/verdict.schema.json", import.meta.url), "utf8"));
		const validate = new Ajv2020({ allErrors: true }).compile(schema);
		for (const given of [
			["lost.mmscn", "surprise.mmscn", "missed.mmscn"],
			["endless.mmscn", "--states-max", "50"],
		]) {
			const { out, error } = await mmscn(["check", ...given, "--format", "json"]);
			assert.equal(error, "");
			assert.ok(validate(JSON.parse(out)), JSON.stringify(validate.errors));
		}
	});

	it("replays every counterexample to the same violation, without a search", async () => {
		const { out } = await mmscn(["check", "lost.mmscn", "--format", "json"]);
		const [race] = JSON.parse(out) as CheckResult[];
		const schedule = race?.trace?.schedule ?? "";
		assert.notEqual(schedule, "");
		const replayed = await mmscn(["replay", "lost.mmscn", "plain", schedule]);
		assert.equal(replayed.status, 0);
		assert.ok(replayed.out.includes(race?.violation?.message ?? "?"));
		const again = await mmscn(["trace", "lost.mmscn", "lost_update.plain", schedule, "--format", "json"]);
		const { stats: _stats, ...rest } = JSON.parse(again.out);
		const { stats: _others, ...searched } = race as CheckResult;
		assert.deepEqual(rest, searched);
	});

	it("says how far a schedule fits", async () => {
		const { status, error } = await mmscn(["replay", "lost.mmscn", "plain", "aaaaaa"]);
		assert.match(
			error,
			/^mmscn: step \d+: one cannot take a step here\n2 steps fitted; the last one is lost\.mmscn:\d+:\d+: /,
		);
		assert.equal(status, 1);
		assert.match((await mmscn(["replay", "lost.mmscn", "plain", "?"])).error, /^mmscn: not a schedule/);
	});

	for (const format of traceFormats) {
		it(`writes the counterexample as ${format}`, async () => {
			const { status, out, error } = await mmscn(["trace", "lost.mmscn", "plain", "--format", format]);
			assert.deepEqual([status, error], [0, ""]);
			assert.match(out, /READ_ONCE\(shared\.value\)/);
		});
	}

	it("draws compaction against truncation in one small screen, with what the mail said", async () => {
		const root = fileURLToPath(new URL("../../..", import.meta.url));
		const seed = "scenarios/seeds/compaction_vs_truncation.mmscn";
		const { status, out } = await mmscn(["trace", seed, "rfc_v11", "--format", "comment"], { directory: root });
		assert.equal(status, 0);
		const lines = out.trimEnd().split("\n");
		assert.ok(lines.length <= 40);
		assert.ok(lines.every((line) => line.length <= 75));
		const told = [
			/^ \* CPU 0 +CPU 1$/,
			/^ \* compaction +truncation$/,
			/^ \* {3}mapping = folio->mapping$/,
			/^ \* {30,}folio->mapping = NULL$/,
			/^ \* {30,}call_rcu\(&inode->i_rcu,$/,
			/^ \* {30,}<grace period>$/,
			/^ \* {30,}<-- frees inode$/,
			/^ \* mapping_unmovable\(mapping\)$/,
			/&mapping->flags\) {2}<-- use after free$/,
		].map((line) => lines.findIndex((one) => line.test(one)));
		assert.ok(!told.includes(-1), `${told}\n${out}`);
		assert.deepEqual(
			told,
			[...told].sort((a, b) => a - b),
		);
	});

	it("draws where everybody waits in a deadlock, and what is about to race", async () => {
		writeFileSync(
			join(folder, "stuck.mmscn"),
			`#include <linux/spinlock.mmscn>
struct thing { int value; spinlock_t lock; };
scenario stuck {
	kernel v6.5;
	struct thing a, b;
	thread one { spin_lock(&a.lock); spin_lock(&b.lock); }
	thread two { spin_lock(&b.lock); spin_lock(&a.lock); }
	check abba expect deadlock;
}
scenario racy {
	kernel v6.5;
	struct thing a;
	thread one { a.value = 1; }
	thread two { int seen = READ_ONCE(a.value); }
	check plain with data_races expect data_race;
}
`,
		);
		const stuck = await mmscn(["trace", "stuck.mmscn", "abba"]);
		assert.equal(
			stuck.out,
			`stuck, check abba: deadlock

CPU 0                           CPU 1
one                             two
-----                           -----
spin_lock(&a.lock)
                                spin_lock(&b.lock)
spin_lock(&b.lock)  <-- waits
                                spin_lock(&a.lock)  <-- waits: deadlock

nobody can go on: one waits in spin_lock(&b.lock), two in
spin_lock(&a.lock).

Schedule: ab
`,
		);
		const racy = await mmscn(["trace", "stuck.mmscn", "plain"]);
		assert.match(racy.out, /^a\.value = 1 {2}<-- races with it\n {6,}seen = READ_ONCE\(a\.value\)\s+<-- data race$/m);
		for (const format of traceFormats) {
			assert.equal((await mmscn(["trace", "stuck.mmscn", "abba", "ab", "--format", format])).status, 0);
		}
		const json = (await mmscn(["check", "stuck.mmscn", "--format", "json"])).out;
		const schema = JSON.parse(readFileSync(new URL("../../../docs/verdict.schema.json", import.meta.url), "utf8"));
		const validate = new Ajv2020({ allErrors: true }).compile(schema);
		assert.ok(validate(JSON.parse(json)), JSON.stringify(validate.errors));
	});

	it("writes a check as a Promela model, to standard output or to a file", async () => {
		const { status, out, error } = await mmscn(["export", "--to", "promela", "lost.mmscn", "plain"]);
		assert.deepEqual([status, error], [0, ""]);
		assert.match(out, /scenario lost_update, check plain \(atomically = false\)/);
		assert.match(out, /^proctype one\(/m);
		const given = ["export", "--to", "promela", "lost.mmscn", "lost_update.plain", "--output", "lost.pml"];
		assert.deepEqual(await mmscn(given), { status: 0, out: "", error: "" });
		assert.equal(readFileSync(join(folder, "lost.pml"), "utf8"), out);
		const nowhere = await mmscn([...given.slice(0, -1), "nowhere/lost.pml"]);
		assert.deepEqual([nowhere.status, nowhere.out], [2, ""]);
		assert.match(nowhere.error, /^nowhere\/lost\.pml: error: no such file or folder$/m);
	});

	it("exports one model of a check that leaves parameters open, and says which there are", async () => {
		writeFileSync(join(folder, "open.mmscn"), lostUpdate.replace("check plain (atomically = false)", "check plain"));
		const given = ["export", "--to", "promela", "open.mmscn", "plain"];
		const open = await mmscn(given);
		assert.equal(open.status, 2);
		assert.match(open.error, /has 2 models; choose one:\n {2}--parameters "atomically = false"\n/);
		const one = await mmscn([...given, "--parameters", "atomically = true"]);
		assert.equal(one.status, 0);
		assert.match(one.out, /check plain \(atomically = true\)/);
		assert.match((await mmscn([...given, "--parameters", "x = 1"])).error, /no parameter x; it has atomically/);
		assert.match((await mmscn([...given, "--parameters", "atomically = 7"])).error, /never searched with/);
		assert.match((await mmscn([...given, "--parameters", "atomically"])).error, /"NAME = VALUE, …" is wanted/);
	});

	it("says why a check cannot be exported", async () => {
		writeFileSync(
			join(folder, "barriers.mmscn"),
			`int x;
scenario store_buffering {
	kernel v6.5;
	thread one { WRITE_ONCE(x, 1); }
	check weak under lkmm expect safe;
}
`,
		);
		const weak = await mmscn(["export", "--to", "promela", "barriers.mmscn", "weak"]);
		assert.deepEqual([weak.status, weak.out], [2, ""]);
		assert.match(weak.error, /^mmscn: store_buffering\.weak cannot be exported: it is under lkmm, /);
		const asSc = await mmscn(["export", "--to", "promela", "barriers.mmscn", "weak", "--memory", "sc"]);
		assert.equal(asSc.status, 0);
		assert.match((await mmscn(["export", "--to", "promela", "lost.mmscn", "gone"])).error, /has no check gone; it has/);
		assert.match((await mmscn(["export", "--to", "tla", "lost.mmscn", "plain"])).error, /--to tla: promela is wanted/);
		assert.match((await mmscn(["export", "lost.mmscn", "plain"])).error, /--to promela is wanted/);
		assert.match((await mmscn(["export", "--to", "promela", "lost.mmscn"])).error, /FILE and CHECK are wanted/);
	});

	it("has no counterexample of what is safe", async () => {
		const { status, error } = await mmscn(["trace", "lost.mmscn", "atomic"]);
		assert.equal(error, "mmscn: lost_update.atomic is safe: there is no counterexample\n");
		assert.equal(status, 1);
	});

	it("draws a witness of a litmus test in every format", async () => {
		writeFileSync(join(folder, "sb.litmus"), storeBuffering);
		const heads = {
			ascii: /^\S+, check exists: /,
			comment: /^\/\*\n \* \S+, check exists: /,
			markdown: /^### .*\n\n```\n/,
			svg: /^<svg .*<\/svg>\n$/s,
			mermaid: /^flowchart TB\n/,
			json: /^\{/,
		};
		for (const [format, head] of Object.entries(heads)) {
			const { status, out } = await mmscn(["trace", "sb.litmus", "--format", format]);
			assert.equal(status, 0);
			assert.match(out, head);
			if (format === "comment") for (const line of out.split("\n")) assert.ok(line.length <= 75, line);
		}
		const [one, two] = [await mmscn(["trace", "sb.litmus", "1"]), await mmscn(["trace", "sb.litmus", "9"])];
		assert.match(one.out, /reads y = 0/);
		assert.equal(two.status, 1);
		assert.match(two.error, /has \d+ witness/);
		assert.equal((await mmscn(["trace", "sb.litmus", "a2b"])).status, 2);
		assert.equal((await mmscn(["trace", "nosuch.litmus"])).status, 2);
	});

	it("explores litmus tests as herd7 does, and holds them to the result in their comment", async () => {
		writeFileSync(join(folder, "sb.litmus"), storeBuffering);
		writeFileSync(join(folder, "wrong.litmus"), storeBuffering.replace("Sometimes", "Never"));
		writeFileSync(join(folder, "broken.litmus"), storeBuffering.replace("READ_ONCE(*y)", "nosuch(*y)"));
		const right = await mmscn(["check", "sb.litmus"]);
		assert.match(right.out, /^Test SB Allowed\nStates 4\n/);
		assert.match(right.out, /^Observation SB Sometimes 1 3\n\n1 check: 1 as expected\n$/m);
		assert.deepEqual([right.status, right.error], [0, ""]);
		const sc = await mmscn(["check", "sb.litmus", "--memory", "sc"]);
		assert.match(sc.out, /^Observation SB Never 0 3\nUnexpected: Never, its comment says Sometimes$/m);
		assert.equal(sc.status, 1);
		assert.equal((await mmscn(["check", "wrong.litmus"])).status, 1);
		const broken = await mmscn(["check", "broken.litmus"]);
		assert.match(broken.error, /^broken\.litmus:6:\d+: error: .*nosuch/);
		assert.equal(broken.status, 2);
		const [json] = JSON.parse((await mmscn(["check", "sb.litmus", "--format", "json"])).out);
		assert.deepEqual(
			[json.scenario, json.check, json.memory, json.verdict, json.expected, json.ok],
			["SB", "exists", "lkmm", "race", "Sometimes", true],
		);
	});

	it("draws the witnesses of litmus tests, and says which barriers forbid them", async () => {
		writeFileSync(join(folder, "sb.litmus"), storeBuffering);
		writeFileSync(join(folder, "iriw.litmus"), storeBuffering.replace("0:r0=0 /\\ 1:r0=0", "0:r0=0"));
		const { status, out } = await mmscn(["check", "sb.litmus", "--diagram"]);
		assert.equal(status, 0);
		assert.match(out, /Witness 1 of 1/);
		assert.match(out, /^ {2}\(a\) -fr-> \(b\)/m);
		assert.match(
			out,
			/smp_mb\(\) above sb\.litmus:6 and smp_mb\(\) above sb\.litmus:7 forbid it, as a search has shown/,
		);
		assert.match((await mmscn(["check", "iriw.litmus", "--diagram"])).out, /Witness 2 of 2/);
		assert.doesNotMatch((await mmscn(["check", "sb.litmus"])).out, /smp_mb/);
	});

	it("makes a litmus test, and those after it, inconclusive when it is interrupted", async () => {
		const process = (index: number) => `P${index}(atomic_t *v)\n{\n${"\tatomic_inc(v);\n".repeat(6)}}\n`;
		const processes = [0, 1, 2, 3, 4, 5].map(process).join("\n");
		writeFileSync(join(folder, "endless1.litmus"), `C endless\n\n{ }\n\n${processes}\nexists (v=0)\n`);
		writeFileSync(join(folder, "endless2.litmus"), storeBuffering);
		const recorded = testTerminal({ directory: folder });
		setTimeout(recorded.interrupt, 200);
		assert.equal(await run(["check", "endless1.litmus", "endless2.litmus"], recorded.terminal), 3);
		assert.equal(recorded.out().match(/limit of cancelled/g)?.length, 2);
	});

	it("takes a file without checks for what it is: nothing to search", async () => {
		assert.deepEqual(await mmscn(["check", "none.mmscn"]), { status: 0, out: "no checks\n", error: "" });
	});

	it("explains names of the kernel model, and suggests others for unknown ones", async () => {
		const known = await mmscn(["explain", "folio_lock", "M6"]);
		assert.equal(known.status, 0);
		assert.match(known.out, /folio_lock/);
		assert.match(known.out, /^M6 /m);
		const unknown = await mmscn(["explain", "folio_lok"]);
		assert.match(unknown.error, /no folio_lok; did you mean .*folio_lock/);
		assert.equal(unknown.status, 2);
	});

	for (const [given, message] of [
		[["check"], "no PATH to check"],
		[["check", "lost.mmscn", "--format", "xml"], "--format xml: one of text, json, sarif, junit is wanted"],
		[["check", "lost.mmscn", "--states-max", "-1"], "Option '--states-max' argument is ambiguous"],
		[["check", "lost.mmscn", "--states-max=-1"], "--states-max -1: a whole number above 0 is wanted"],
		[["check", "lost.mmscn", "--states-max", "1e3"], "--states-max 1e3: a whole number above 0 is wanted"],
		[["check", "lost.mmscn", "--memory", "tso"], "--memory tso: sc or lkmm is wanted"],
		[["check", "lost.mmscn", "--check", "gone"], "--check gone: no file has a check of that name"],
		[["check", "lost.mmscn", "--nosuch"], "Unknown option '--nosuch'"],
		[["replay", "lost.mmscn"], "FILE, CHECK and SCHEDULE are wanted"],
		[["trace", "lost.mmscn", "gone"], "lost.mmscn has no check gone; it has lost_update.plain, lost_update.atomic"],
		[["explain"], "no NAME to explain"],
		[["frobnicate"], "no command frobnicate"],
		[["constructor"], "no command constructor"],
	] as const) {
		it(`refuses: mmscn ${given.join(" ")}`, async () => {
			const { status, out, error } = await mmscn(given);
			assert.ok(error.startsWith(`mmscn: ${message}`), error);
			assert.match(error, /\nSee: mmscn help/);
			assert.deepEqual([status, out], [2, ""]);
		});
	}

	it("helps", async () => {
		assert.match((await mmscn(["help"])).out, /mmscn check /);
		assert.match((await mmscn(["help", "trace"])).out, /--format FORMAT/);
		assert.match((await mmscn(["check", "--help"])).out, /Exit status/);
		assert.match((await mmscn(["--version"])).out, /^mmscn \d+\.\d+\.\d+\n$/);
		assert.equal((await mmscn([])).status, 2);
	});

	it("takes any bytes for a file: mistakes at their places, or nothing to search", async () => {
		const file = join(folder, "bytes.mmscn");
		const bytes = fc.oneof(
			fc.uint8Array({ maxLength: 200 }),
			fc.string({ unit: "grapheme", maxLength: 200 }).map((text) => Buffer.from(text)),
			fc
				.tuple(fc.nat(lostUpdate.length), fc.nat(lostUpdate.length), fc.uint8Array({ maxLength: 8 }))
				.map(([from, to, between]) =>
					Buffer.concat([Buffer.from(lostUpdate.slice(0, from)), between, Buffer.from(lostUpdate.slice(to))]),
				),
		);
		await fc.assert(
			fc.asyncProperty(bytes, async (content) => {
				writeFileSync(file, content);
				const { status, out, error } = await mmscn(["check", "bytes.mmscn", "--states-max", "1000"]);
				if (status === 2) {
					assert.match(error, /^bytes\.mmscn:\d+:\d+: error: ./m);
					assert.equal(out, "");
				} else assert.ok(out === "no checks\n" || /\n\d checks?: /.test(out));
			}),
			{ numRuns: 60 },
		);
	});
});
