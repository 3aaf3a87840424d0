import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiDiagram, diagramColumns, renderAscii, renderComment } from "../../../engine/verdict/ascii.ts";
import { timeline } from "../../../engine/verdict/timeline.ts";
import { longestPiece } from "../../../engine/verdict/wrap.ts";
import { randomTrace } from "./randomTraces.ts";
import { compactionTrace, resultOf, traceOf } from "./sampleTraces.ts";

const nowhere = { file: "a.mmscn", line: 1, column: 1, endLine: 1, endColumn: 2 };

describe("ASCII diagram", () => {
	it("draws compaction against truncation as a commit message would", () => {
		assert.equal(
			`\n${asciiDiagram(compactionTrace).join("\n")}\n`,
			`
CPU 0                                  CPU 1
compaction                             truncation
----------                             ----------
folio_try_get(&folio)
mapping = folio_mapping(&folio)
  mapping = folio->mapping
    /* -> inode.i_data */
                                       truncate_inode_folio(&inode.i_data,
                                                            &folio)
                                         filemap_remove_folio(folio)
                                           page_cache_delete(mapping,
                                                             folio, shadow)
                                             folio->mapping = NULL
                                       iput(&inode)
                                         call_rcu(&inode->i_rcu,
                                                  i_callback)
                                       <grace period>
                                       i_callback()
                                         free_inode_nonrcu(inode)
                                           <-- frees inode
mapping_unmovable(mapping)
  test_bit(AS_UNMOVABLE,
           &mapping->flags)  <-- use after free
`,
		);
	});

	it("becomes one C comment, with the sentence, the rule and the schedule", () => {
		const text = renderComment(resultOf(compactionTrace));
		const lines = text.split("\n");
		assert.equal(lines[0], "/*");
		assert.equal(lines.at(-2), " */");
		assert.equal(text.match(/\/\*|\*\//g)?.length, 2);
		assert.ok(lines.every((line) => line.length <= diagramColumns));
		assert.ok(text.includes(" * compaction_vs_truncation, check unlocked: use after free\n * with locked = false\n"));
		assert.ok(text.includes(" * compaction reads inode.i_data.flags after inode was freed.\n * Rules about it: M6.\n"));
		assert.ok(text.includes(" * Schedule: 001111111220\n"));
	});

	it("shows every step on request", () => {
		const rows = timeline(compactionTrace, { full: true }).rows;
		assert.deepEqual(
			rows.flatMap((row) => row.steps),
			compactionTrace.steps.map((_, index) => index),
		);
		assert.ok(renderAscii(resultOf(compactionTrace), { full: true }).includes("__bit_unlock(PG_locked,"));
	});

	it("staggers four CPUs, whose names do not fit side by side", () => {
		const trace = traceOf(
			[
				{ name: "gup_fast_pin_page", cpu: 0 },
				{ name: "khugepaged_collapse", cpu: 1 },
				{ name: "reclaim_shrink_list", cpu: 2 },
				{ name: "fork_copy_page_range", cpu: 3 },
			],
			[
				{ thread: 0, line: 1, text: "pte = ptep_get_lockless(ptep)", access: "read table.pte = present" },
				{ thread: 1, line: 2, text: "pmdp_collapse_flush(vma, address, pmd)", access: "write table.pmd = none" },
				{ thread: 2, line: 3, text: "try_to_unmap_one(folio, vma, address)", access: "write table.pte = none" },
				{
					thread: 3,
					line: 4,
					text: "folio_try_dup_anon_rmap_pte(folio, page, vma)",
					access: "read table.pte = none",
					role: "earlier",
				},
				{ thread: 0, line: 5, text: "try_grab_folio_fast(page, 1, flags)", role: "violation" },
			],
			{ kind: "assertion", message: "the page is pinned and shared", location: nowhere, pair: [3, 4] },
		);
		assert.equal(
			`\n${asciiDiagram(trace).join("\n")}\n`,
			`
CPU 0             CPU 1              CPU 2     CPU 3
gup_fast_pin_page khugepaged_collapse
                                     reclaim_shrink_list
                                               fork_copy_page_range
---------------   ----------------   -------   --------------------
pte = ptep_get_lockless(ptep)  /* present */
                  pmdp_collapse_flush(vma, address, pmd)
                                     try_to_unmap_one(folio, vma, address)
                                               folio_try_dup_anon_rmap_pte(
                                                   folio, page, vma)
                                                 <-- reads table.pte
try_grab_folio_fast(page, 1, flags)  <-- assertion fails
`,
		);
	});

	it("gives a callback a column of its own while the thread that queued it runs on", () => {
		const steps = [
			...compactionTrace.steps.slice(0, 10),
			{ ...compactionTrace.steps[8], thread: 1, text: "pr_debug();", callStack: [] },
			...compactionTrace.steps.slice(10),
		] as typeof compactionTrace.steps;
		const diagram = asciiDiagram({ ...compactionTrace, steps });
		assert.match(diagram[0] ?? "", /^CPU 0 +CPU 1 +RCU$/);
		assert.match(diagram[1] ?? "", /^compaction +truncation +i_callback$/);
	});

	it("leaves out threads that took no step", () => {
		const threads = [...compactionTrace.threads, { ...compactionTrace.threads[0], name: "idle", cpu: 7 }];
		assert.deepEqual(
			asciiDiagram({ ...compactionTrace, threads } as typeof compactionTrace),
			asciiDiagram(compactionTrace),
		);
	});

	it("puts each line into one column, in at most 75 columns unless a single name is longer", () => {
		fc.assert(
			fc.property(randomTrace, fc.boolean(), (trace, full) => {
				const table = timeline(trace, { full });
				const longest = table.rows.reduce((most, row) => Math.max(most, row.depth * 2 + longestPiece(row.text)), 0);
				for (const line of asciiDiagram(trace, { full })) {
					assert.ok(line.length <= Math.max(diagramColumns, longest + 8), line);
					assert.equal(line, line.trimEnd());
					assert.notEqual(line, "");
					assert.match(line, /^[\x20-\x7e]*$/);
				}
			}),
		);
	});

	it("keeps the order of the steps, and every decisive one", () => {
		fc.assert(
			fc.property(randomTrace, (trace) => {
				const { rows, lanes } = timeline(trace);
				const seen = rows.flatMap((row) => row.steps);
				assert.equal(new Set(seen).size, seen.length);
				assert.equal(seen.length, trace.steps.length);
				const firsts = rows.map((row) => row.steps[0]).filter((first) => first !== undefined);
				assert.deepEqual(
					firsts,
					[...firsts].sort((one, other) => one - other),
				);
				for (const row of rows) assert.ok(lanes[row.lane] !== undefined);
				if (trace.steps.length > 0) assert.equal(rows.filter((row) => row.role === "violation").length, 1);
			}),
		);
	});
});
