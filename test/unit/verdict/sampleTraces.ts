/** Traces written by hand, in a short notation, for the tests of pictures. */
import type {
	AccessRecord,
	Change,
	CheckResult,
	Frame,
	Location,
	Trace,
	TraceStep,
	Violation,
} from "../../../engine/verdict/verdict.ts";

const at = (file: string, line: number): Location => ({ file, line, column: 2, endLine: line, endColumn: 20 });
const scenarioFile = "compaction_vs_truncation.mmscn";
const modelFile = "mmscn-kernel:/mm/filemap.mmscn";

export interface StepNotation {
	readonly thread: number;
	/** "calls > calls > statement"; a call may be written with its arguments. */
	readonly text: string;
	/** Line of the thread's own statement. */
	readonly line: number;
	/** "read folio.mapping = → inode.i_data", "write folio.mapping = NULL", "free inode". */
	readonly access?: string;
	readonly from?: number;
	readonly before?: string;
	readonly held?: readonly string[];
	readonly role?: "earlier" | "violation";
	readonly note?: string;
	readonly location?: Location;
}

function step(notation: StepNotation, cpus: readonly number[]): TraceStep {
	const parts = notation.text.split(" > ");
	const text = `${parts.at(-1)};`;
	const callStack: Frame[] = parts.slice(0, -1).map((call, depth) => ({
		function: /(\w+)\(/.exec(call)?.[1] ?? call,
		call: at(
			depth === 0 ? scenarioFile : modelFile,
			depth === 0 ? notation.line : 100 + (parts[depth - 1]?.length ?? 0),
		),
		...(call.endsWith("()") ? {} : { text: call }),
	}));
	const accesses: AccessRecord[] = [];
	const changes: Change[] = [];
	const match = /^(\w+) ([\w[\]]+)(?:\.([\w.[\]]+))?(?: = (.*))?$/.exec(notation.access ?? "");
	if (match !== null) {
		const value = match[4] === undefined ? undefined : { raw: 0, text: match[4] };
		const place = { object: match[2] ?? "", field: match[3] ?? "" };
		accesses.push({
			kind: match[1] as AccessRecord["kind"],
			...place,
			...(value === undefined ? {} : { value }),
			...(notation.from === undefined ? {} : { readsFrom: notation.from }),
		});
		if (match[1] !== "read") {
			changes.push({
				...place,
				before: { raw: 1, text: notation.before ?? (match[1] === "free" ? "live" : "?") },
				after: value ?? { raw: 0, text: "freed" },
			});
		}
	}
	return {
		thread: notation.thread,
		cpu: cpus[notation.thread] ?? 0,
		location:
			notation.location ??
			at(callStack.length === 0 ? scenarioFile : modelFile, callStack.length === 0 ? notation.line : 200 + text.length),
		threadLocation: at(scenarioFile, notation.line),
		callStack,
		text,
		effect: notation.access ?? "",
		accesses,
		changes,
		locals: [],
		held: notation.held ?? [],
		...(notation.role === undefined ? {} : { role: notation.role }),
		...(notation.note === undefined ? {} : { note: notation.note }),
	};
}

/** A trace from its notation; the schedule is that of the steps' threads. */
export function traceOf(
	threads: readonly {
		readonly name: string;
		readonly cpu: number;
		readonly kind?: "thread" | "callback";
		readonly location?: Location;
	}[],
	steps: readonly StepNotation[],
	violation: Violation,
	parameters: Readonly<Record<string, string>> = {},
): Trace {
	const cpus = threads.map((one) => one.cpu);
	return {
		schedule: steps.map((one) => one.thread).join(""),
		contextSwitches: steps.filter((one, index) => index > 0 && one.thread !== steps[index - 1]?.thread).length,
		threads: threads.map((one, index) => ({ kind: "thread", location: at(scenarioFile, 10 + index * 20), ...one })),
		parameters,
		initial: [],
		steps: steps.map((one) => step(one, cpus)),
		violation,
	};
}

/** Compaction tests a flag of folio->mapping without the folio lock while truncation frees the inode. */
const callRcu = at(modelFile, 90);
export const compactionTrace: Trace = traceOf(
	[
		{ name: "compaction", cpu: 0 },
		{ name: "truncation", cpu: 1 },
		{ name: "i_callback", cpu: 2, kind: "callback", location: callRcu },
	],
	[
		{
			thread: 0,
			line: 30,
			text: "folio_try_get(&folio) > folio_ref_add_unless() > return __fetch_add_unless(v, 1, 0, __full) != 0",
			access: "update folio._refcount = 3",
			before: "2",
		},
		{
			thread: 0,
			line: 34,
			text: "mapping = folio_mapping(&folio) > mapping = folio->mapping",
			access: "read folio.mapping = → inode.i_data",
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > folio_lock(folio) > __bit_lock(PG_locked, &folio->flags, &folio->lock)",
			access: "lock folio.flags",
			held: ["folio (folio lock)"],
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > if (folio->mapping != mapping)",
			access: "read folio.mapping = → inode.i_data",
			held: ["folio (folio lock)"],
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > filemap_remove_folio(folio) > __filemap_remove_folio(folio, NULL) > page_cache_delete(mapping, folio, shadow) > folio->mapping = NULL",
			access: "write folio.mapping = NULL",
			before: "→ inode.i_data",
			held: ["folio (folio lock)"],
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > filemap_remove_folio(folio) > __filemap_remove_folio(folio, NULL) > page_cache_delete(mapping, folio, shadow) > mapping->nrpages -= 1",
			access: "write inode.i_data.nrpages = 0",
			before: "1",
			held: ["folio (folio lock)"],
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > filemap_remove_folio(folio) > folio_put(folio) > folio_put_testzero(folio) > return __fetch_add(&folio->_refcount, -1, __full) == 1",
			access: "update folio._refcount = 2",
			before: "3",
			held: ["folio (folio lock)"],
		},
		{
			thread: 1,
			line: 50,
			text: "truncate_inode_folio(&inode.i_data, &folio) > folio_unlock(folio) > __bit_unlock(PG_locked, &folio->flags, &folio->lock)",
			access: "unlock folio.flags",
		},
		{
			thread: 1,
			line: 51,
			text: "iput(&inode) > evict(inode) > destroy_inode(inode) > call_rcu(&inode->i_rcu, i_callback) > __call_rcu(i_callback, inode)",
			location: callRcu,
		},
		{ thread: 2, line: 51, text: "__call_rcu(i_callback, inode)", location: callRcu },
		{
			thread: 2,
			line: 60,
			text: "i_callback(inode) > free_inode_nonrcu(inode) > __free(inode)",
			access: "free inode",
			role: "earlier",
		},
		{
			thread: 0,
			line: 35,
			text: "mapping_unmovable(mapping) > test_bit(AS_UNMOVABLE, &mapping->flags) > return (READ_ONCE(addr[0]) >> nr) & 1",
			access: "read inode.i_data.flags",
			role: "violation",
		},
	],
	{
		kind: "use_after_free",
		message: "compaction reads inode.i_data.flags after inode was freed",
		location: at(modelFile, 90),
		object: "inode",
		field: "i_data.flags",
		rules: ["M6"],
		pair: [10, 11],
	},
	{ locked: "false" },
);

/** A result that carries this trace. */
export function resultOf(trace: Trace): CheckResult {
	return {
		file: scenarioFile,
		scenario: "compaction_vs_truncation",
		check: "unlocked",
		memory: "sc",
		expected: "use_after_free",
		ok: true,
		verdict: "race",
		violation: trace.violation,
		trace,
		stats: { states: 1234, transitions: 2345, seconds: 0.012 },
	};
}
