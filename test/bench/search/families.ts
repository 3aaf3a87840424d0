/** Scenarios that grow with n, as text. */

export interface Family {
	readonly name: string;
	/** Sizes that are measured, in order. */
	readonly sizes: readonly number[];
	/** With `--quick`: gcc needs many seconds for the models of some. */
	readonly quickSizes: readonly number[];
	/** Larger sizes are searched without reduction only: with it, they take as long again and show nothing new. */
	readonly reducedMax: number;
	text(n: number): string;
}

const each = (n: number, thread: (index: number) => string) =>
	Array.from({ length: n }, (_, index) => thread(index)).join("\n");

/** n threads that take a reference on a folio and its lock, and mark it dirty. */
const locksAndReferences: Family = {
	name: "lock and reference",
	sizes: [4, 6, 8, 10],
	quickSizes: [4],
	reducedMax: 10,
	text: (n) => `#include <mm/filemap.mmscn>

scenario lock_and_reference {
	kernel v6.12;

	struct folio folio = { ._refcount = 1, .flags = BIT(PG_uptodate) };

${each(
	n,
	(index) => `	thread user${index} {
		if (!folio_try_get(&folio))
			return;
		folio_lock(&folio);
		folio.private = folio.private + 1;
		folio_unlock(&folio);
		folio_put(&folio);
	}
`,
)}
	finally (folio._refcount == 1 && folio.private == ${n});

	check all expect safe;
}
`,
};

/** n write faults in a shared mapping of a file, each in a process of its own, against truncation of the file. */
const faultsAndTruncation: Family = {
	name: "page faults against truncation",
	sizes: [2, 4, 6, 8],
	quickSizes: [2],
	reducedMax: 8,
	text: (n) => `#include <mm/memory.mmscn>
#include <mm/inode.mmscn>

static void write_fault(struct vm_area_struct *vma, struct folio *folio)
{
	folio_lock(folio);
	if (!folio->mapping) {
		folio_unlock(folio);
		folio_put(folio);
		return;
	}
	if (finish_fault(vma, 0, folio) & VM_FAULT_NOPAGE)
		folio_unlock(folio);
	else
		fault_dirty_shared_page(folio);
	folio_put(folio);
}

scenario faults_vs_truncation {
	kernel v6.6;

	struct super_block sb;
	struct inode inode;
	struct folio folio = { ._refcount = ${n} };
${each(
	n,
	(index) => `	struct ptdesc table${index};
	struct mm_struct mm${index};
	struct vm_area_struct vma${index} = { .vm_mm = &mm${index} };`,
)}

	init {
		inode_init_always(&sb, &inode);
		filemap_add_folio(&inode.i_data, &folio, 0);
		folio_unlock(&folio);
${each(n, (index) => `		pmd_populate(&mm${index}, &mm${index}.pmd[0], &table${index});`)}
	}

${each(
	n,
	(index) => `	thread fault${index} {
		write_fault(&vma${index}, &folio);
	}
`,
)}
	thread truncation {
		folio_lock(&folio);
		truncate_inode_folio(&inode.i_data, &folio);
		folio_unlock(&folio);
	}

	check all expect safe;
}
`,
};

/** n walks of GUP-fast against collapse of the page table into a huge page. */
const gupFastAndCollapse: Family = {
	name: "GUP-fast against collapse",
	sizes: [2, 3, 4, 5],
	quickSizes: [],
	reducedMax: 4,
	text: (n) => `#include <mm/gup.mmscn>
#include <mm/khugepaged.mmscn>
#include <mm/huge_memory.mmscn>

scenario gup_fast_vs_collapse {
	kernel v6.0;

	struct anon_vma anon_vma = { .root = &anon_vma };
	struct folio old = { ._refcount = 1, ._mapcount = 1, .data = 7 };
	struct folio huge = { ._refcount = 1 };
	struct ptdesc table;
	struct mm_struct mm;
	struct vm_area_struct vma = { .vm_mm = &mm, .anon_vma = &anon_vma };

	init {
		tlb_flush_is_ipi = true;
		old.mapping = (struct address_space *)((unsigned long)&anon_vma | PAGE_MAPPING_ANON);
		set_bit(PG_anon_exclusive, &old.page.flags);
		pmd_populate(&mm, &mm.pmd[0], &table);
		set_pte(&table.pte[0], mk_pte(&old.page, PAGE_SHARED));
	}

${each(
	n,
	(index) => `	thread gup${index} {
		struct page *page = lockless_pages_from_mm(&mm, 0, FOLL_PIN | FOLL_WRITE);
	}
`,
)}
	thread khugepaged {
		int result = collapse_huge_page(&vma, 0, &huge);
	}

	never (gup0.page == &old.page && khugepaged.result == SCAN_SUCCEED);

	check all expect safe;
}
`,
};

export const families: readonly Family[] = [locksAndReferences, faultsAndTruncation, gupFastAndCollapse];
