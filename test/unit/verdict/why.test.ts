import assert from "node:assert/strict";
import { defaultCheckOptions, runCheck } from "../../../engine/check.ts";
import type { Trace } from "../../../engine/verdict/verdict.ts";
import { analyzeFile, analyzeText } from "../scenarios/analyzeFile.ts";

const traces = new Map<string, Trace>();

/** The counterexample of a check of a shipped seed. */
function traceOf(seed: string, check: string): Trace {
	const known = traces.get(`${seed} ${check}`);
	if (known) return known;
	const module = analyzeFile(`scenarios/seeds/${seed}.mmscn`);
	for (const item of module.tree.items) {
		if (item.kind !== "scenario") continue;
		for (const member of item.members) {
			if (member.kind !== "check" || member.name.text !== check) continue;
			const trace = runCheck(module, item, member, defaultCheckOptions).result?.trace;
			assert.ok(trace, `${check} has a counterexample`);
			traces.set(`${seed} ${check}`, trace);
			return trace;
		}
	}
	assert.fail(`there is no check ${check}`);
}

describe("why nothing prevented a race", () => {
	it("says what a thread read that another changed since, and who freed what was used", () => {
		const { why } = traceOf("compaction_vs_truncation", "rfc_v11");
		assert.deepEqual(why?.story, [
			"compaction read folio.mapping = → inode.i_data (step 5). truncation made it NULL (step 23); compaction did not look again.",
			"i_callback freed inode (step 46) before compaction used it (step 47).",
		]);
		assert.match(why?.exclusion ?? "", /^compaction held nothing at step 5; .*\. No lock is held at both\.$/);
		assert.ok(why?.rules.includes("M6"));
	});

	it("says where the compiler read again, and saw something else", () => {
		const { why } = traceOf("gup_fast_longterm_pin", "v7_reloaded");
		assert.ok(why?.story.some((one) => /at step \d+ the compiler reloads folio->mapping: NULL\.$/.test(one)));
	});

	it("says of both sides of a race that each missed the other", () => {
		const { why } = traceOf("gup_fast_vs_thp_collapse", "v5_19_broadcast");
		assert.match(why?.story[0] ?? "", /^gup_fast read mm\.pmd\[0\] .* gup_fast did not look again\.$/);
		assert.match(why?.story[1] ?? "", /^khugepaged read old\._refcount = 1 .* khugepaged did not look again\.$/);
	});

	it("says which values break a property, since when, and what its author says about it", () => {
		const { why, violation } = traceOf("page_anon_exclusive", "v5_17");
		assert.equal(violation.meaning, "The device writes to the page that the process reads.");
		assert.match(
			why?.story.at(-1) ?? "",
			/process\.page = → folio\.page \(since step 9\), table\.pte\[0\] = → copy\.page /,
		);
		// A variable `page` of a function that the thread calls is none of the thread's.
		assert.doesNotMatch(why?.story.join() ?? "", /step 32/);
		assert.match(
			why?.story[0] ?? "",
			/^process read folio\._refcount = 1025 \(step \d+\) after it had changed it itself/,
		);
	});
});

describe("spans of a trace", () => {
	it("has the grace period, from call_rcu() to its end", () => {
		const { spans, steps } = traceOf("compaction_vs_truncation", "rfc_v11");
		const period = spans?.find(({ kind }) => kind === "grace_period") ?? assert.fail("there is a grace period");
		assert.match(steps[period.from]?.text ?? "", /^call_rcu\(/);
		assert.equal(period.thread, steps[period.from]?.thread);
		assert.notEqual(steps[period.to]?.thread, period.thread);
	});

	it("has an IPI from where it can be sent to where the other CPU has taken it", () => {
		const module = analyzeText(`#include <mm/tlb.mmscn>
scenario s {
	kernel v6.5;
	int x;
	int z;
	thread walker {
		local_irq_disable();
		WRITE_ONCE(x, 1);
		int told = READ_ONCE(z);
		local_irq_enable();
	}
	thread flusher {
		int seen = READ_ONCE(x);
		WRITE_ONCE(z, 1);
		tlb_remove_table_sync_one();
		WRITE_ONCE(x, 2);
	}
	/* The IPI has to wait for the walker. */
	never (flusher.seen == 1 && walker.told == 1 && x == 2);
	check c expect invariant;
}
`);
		const scenario = module.scenarios[0] ?? assert.fail();
		const check = scenario.members.find((member) => member.kind === "check") ?? assert.fail();
		const trace = runCheck(module, scenario, check, defaultCheckOptions).result?.trace ?? assert.fail();
		const { spans, steps } = trace;
		const [ipi, ...more] = (spans ?? []).filter(({ kind }) => kind === "ipi");
		assert.ok(ipi && more.length === 0, "one IPI");
		assert.match(steps[ipi.to]?.text ?? "", /__irqs_disabled_on/);
		assert.match(steps[ipi.from]?.text ?? "", /WRITE_ONCE\(z, 1\)/);
		const off = spans?.find(({ kind, thread }) => kind === "irq" && thread === 0) ?? assert.fail();
		assert.ok(ipi.from < off.to && off.to < ipi.to, "it is in flight while the walker has interrupts off");
	});

	it("has what is held, begun by the step that takes it and ended by the one that gives it back", () => {
		const { spans = [], steps } = traceOf("do_page_mkwrite", "test_before_lock");
		for (const { thread, label, from, to, kind } of spans) {
			if (kind === "grace_period" || kind === "ipi") continue;
			assert.ok(steps[from]?.held.includes(label), `${label} is held after step ${from}`);
			assert.ok(to === steps.length || !steps[to]?.held.includes(label), `${label} is not held after step ${to}`);
			assert.equal(steps[from]?.thread, thread);
		}
		assert.ok(spans.some(({ kind }) => kind === "lock"));
	});
});
