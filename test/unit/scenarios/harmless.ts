/** Mutations that no check catches, and why that is right: the first pattern that fits speaks. */
const reasons: readonly { readonly file?: RegExp; readonly mutation: RegExp; readonly why: string }[] = [
	{
		mutation: /without rcu_read_lock\(\) in pte_offset_map/,
		why: "nothing in these scenarios frees a page table after a grace period; history/d15 turns on tables that go away",
	},
	{
		mutation: /without spin_lock\(\) in pte_offset_map_lock/,
		why: "the other side changes the entry in one step, so that the two can only follow each other; what spans several steps is caught elsewhere",
	},
	{
		mutation: /without rcu_read_lock\(\) in filemap_get_entry/,
		why: "the model frees no node of the page cache's tree and no folio descriptor, which is what this reader protects in the kernel",
	},
	{
		mutation: /(truncation|migration): with interrupts on/,
		why: "i_pages is taken with interrupts off because of handlers that complete writeback; no scenario here has one",
	},
	{
		mutation: /(gup_fast|gup): with interrupts on/,
		why: "nothing in this scenario waits for an IPI or for a grace period, so nobody notices; seeds 0 and 3 have checks in which somebody does",
	},
	{
		mutation: /second look at (\*addr|folio->flags), (test_bit\(\)|folio_test_swapcache\(\)|folio_data_read\(\))/,
		why: "the two looks are at different flags of one word, and the flag that is looked at now does not change in between",
	},
	{
		mutation: /second look at mapping->(nrpages|host)/,
		why: "only the one who evicts the inode changes it once truncation has begun, or its lock was taken before the first look",
	},
	{
		mutation: /second look at xa->slots\[index\], xas_reload_differs/,
		why: "the slot is emptied only under the folio lock, and looked at again there; history/d8 turns on this recheck",
	},
	{
		mutation:
			/second look at (folio|old)->mapping, (filemap_remove_folio|unmap_mapping_folio|folio_migrate_mapping|wp_page_copy|folio_test_ksm)/,
		why: "the folio lock is held since the first look, or the word was read by its only owner: it cannot have changed",
	},
	{
		mutation: /second look at folio->mapping, folio_mapping\(\) in folio_expected_ref_count/,
		why: "the folio lock is held since the first look",
	},
	{
		mutation: /second look at folio->(mapping|_mapcount), free_unref_folio/,
		why: "an assertion about a folio whose last reference is gone: with an older value it asks the same of the same owner",
	},
	{
		mutation: /second look at \*pmdp, pmdp_get\(\) in gup_huge_pmd/,
		why: "the huge page that is found here stays mapped to the end of the scenario",
	},
	{
		file: /gup_fast_vs_thp_collapse|gup_fast_longterm_pin|page_anon_exclusive/,
		mutation: /second look at \*ptep, ptep_get\(\) in gup_pte_range/,
		why: "who changes the entry here is noticed by another recheck: of the middle level, of folio->mapping, or of write_protect_seq",
	},
	{
		mutation: /second look at folio->mapping, (pin_allowed_merged|folio_fast_pin_allowed)/,
		why: "an older value only makes the answer what it would have been before truncation began; the object lives until interrupts are on again",
	},
	{
		mutation: /second look at page->compound_head, page_folio\(\) in try_get_folio/,
		why: "a split between the two looks is noticed by the recheck of the middle-level entry that follows",
	},
	{
		mutation: /second look at \*ptep, ptep_get\(\) in do_(wp|swap)_page/,
		why: "the entry is compared under the page-table lock; the other side has finished with it, or waits for the folio lock",
	},
	{
		mutation: /second look at \*v, atomic_read\(\) in folio_ref_count/,
		why: "the count that matters is read again with the entry cleared, or by the compare-and-exchange that freezes it",
	},
	{
		file: /page_anon_exclusive/,
		mutation: /(without folio_lock\(\) in do_swap_page|without folio_trylock\(\))/,
		why: "the page-table lock orders the two sides in this scenario, which has one process and one page table",
	},
	{
		mutation: /plain load instead of READ_ONCE\(folio->flags\), folio_test_swapcache\(\)/,
		why: "of the two flags that are tested PG_swapbacked never changes: two loads say what the second alone would",
	},
	{
		mutation: /plain load instead of READ_ONCE\(\*addr\), test_bit\(\) in folio_test_slab/,
		why: "no page turns into a slab page here, or back: each load brings the same flag",
	},
	{
		mutation: /plain load instead of READ_ONCE\(\*ptep\), ptep_get\(\) in (zap_folio_pte|do_wp_page|follow_page_pte)/,
		why: "the entry is read under the page-table lock, without which nobody here changes it",
	},
	{
		mutation: /collapse_(v5_19|v6_1), gup_fast: plain load instead of READ_ONCE\(\*ptep\), ptep_get_lockless\(\)/,
		why: "khugepaged clears the entries only when the CPU that walks them has had interrupts on; collapse_v6_0 is caught",
	},
	{
		mutation: /exclusive_fork_vs_gup_fast, gup_fast: plain load instead of READ_ONCE\(\*ptep\), ptep_get_lockless\(\)/,
		why: "fork only takes the write bit out of the entry, and write_protect_seq tells of that",
	},
];

/** Why a mutation of a file's scenarios does no harm; undefined when nobody has said. */
export function whyHarmless(file: string, mutation: string): string | undefined {
	return reasons.find((reason) => (reason.file?.test(file) ?? true) && reason.mutation.test(mutation))?.why;
}
