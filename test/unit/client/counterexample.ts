/** A counterexample written by hand, for what draws one. Its file is the one below, line for line. */
import type {
	AccessRecord,
	Change,
	CheckResult,
	Frame,
	Location,
	Trace,
	TraceStep,
	Value,
} from "../../../engine/verdict/verdict.ts";

export const scenarioFile = "file:///w/compaction.mmscn";
export const kernelFile = "mmscn-kernel:/mm/filemap.mmscn";

export function at(line: number, file = scenarioFile, column = 3): Location {
	return { file, line, column, endLine: line, endColumn: column + 20 };
}

export function value(text: string, raw = 0): Value {
	return { raw, text };
}

function frame(name: string, line: number): Frame {
	return { function: name, call: at(line) };
}

interface Given {
	readonly thread: number;
	readonly line: number;
	readonly text: string;
	readonly effect: string;
	readonly inside?: { readonly function: string; readonly line: number };
	readonly accesses?: readonly AccessRecord[];
	readonly changes?: readonly Change[];
	readonly locals?: TraceStep["locals"];
	readonly held?: readonly string[];
	readonly role?: "earlier" | "violation";
}

function step({
	thread,
	line,
	text,
	effect,
	inside,
	accesses = [],
	changes = [],
	locals = [],
	held = [],
	role,
}: Given): TraceStep {
	return {
		thread,
		cpu: thread,
		location: inside ? at(inside.line, kernelFile) : at(line),
		threadLocation: at(line),
		callStack: inside ? [frame(inside.function, line)] : [],
		text,
		effect,
		accesses,
		changes,
		locals,
		held,
		...(role ? { role } : {}),
	};
}

const lock = "folio (folio lock)";

export const trace: Trace = {
	schedule: "0x2.1x4.0",
	contextSwitches: 2,
	threads: [
		{ name: "compaction", cpu: 0, kind: "thread", location: at(10) },
		{ name: "truncation", cpu: 1, kind: "thread", location: at(30) },
	],
	parameters: { locked: "false" },
	initial: [
		{ object: "folio", field: "mapping", type: "struct address_space *", value: value("→ inode.i_data", 256) },
		{ object: "folio", field: "_refcount", type: "atomic_t", value: value("2", 2) },
		{ object: "folio", field: "index", type: "pgoff_t", value: value("0") },
		{ object: "inode", field: "", type: "struct inode", value: value("live") },
		{ object: "inode", field: "i_data.flags", type: "unsigned long", value: value("AS_UNMOVABLE", 128) },
		{ object: "inode", field: "i_count", type: "atomic_t", value: value("1", 1) },
	],
	steps: [
		step({
			thread: 0,
			line: 12,
			text: "if (!folio_try_get(&folio))",
			effect: "folio._refcount: 2 ⇒ 3",
			inside: { function: "folio_try_get", line: 41 },
			accesses: [{ kind: "update", object: "folio", field: "_refcount", value: value("3", 3) }],
			changes: [{ object: "folio", field: "_refcount", before: value("2", 2), after: value("3", 3) }],
		}),
		step({
			thread: 0,
			line: 14,
			text: "mapping = folio_mapping(&folio);",
			effect: "reads folio.mapping = → inode.i_data",
			inside: { function: "folio_mapping", line: 77 },
			accesses: [{ kind: "read", object: "folio", field: "mapping", value: value("→ inode.i_data", 256) }],
			locals: [{ name: "mapping", value: value("→ inode.i_data", 256) }],
		}),
		step({
			thread: 1,
			line: 31,
			text: "folio_lock(folio);",
			effect: "takes folio (folio lock)",
			inside: { function: "folio_lock", line: 20 },
			accesses: [{ kind: "lock", object: "folio", field: "flags" }],
			held: [lock],
		}),
		step({
			thread: 1,
			line: 31,
			text: "folio->mapping = NULL;",
			effect: "folio.mapping: → inode.i_data ⇒ NULL",
			inside: { function: "page_cache_delete", line: 130 },
			accesses: [{ kind: "write", object: "folio", field: "mapping", value: value("NULL") }],
			changes: [{ object: "folio", field: "mapping", before: value("→ inode.i_data", 256), after: value("NULL") }],
			held: [lock],
		}),
		step({
			thread: 1,
			line: 31,
			text: "folio_unlock(folio);",
			effect: "releases folio (folio lock)",
			inside: { function: "folio_unlock", line: 24 },
			accesses: [{ kind: "unlock", object: "folio", field: "flags" }],
		}),
		step({
			thread: 1,
			line: 32,
			text: "kfree(inode);",
			effect: "frees inode",
			inside: { function: "i_callback", line: 55 },
			accesses: [{ kind: "free", object: "inode", field: "" }],
			changes: [{ object: "inode", field: "", before: value("live"), after: value("freed", 1) }],
			role: "earlier",
		}),
		step({
			thread: 0,
			line: 15,
			text: "if (mapping && mapping_unmovable(mapping))",
			effect: "reads inode.i_data.flags",
			inside: { function: "mapping_unmovable", line: 99 },
			accesses: [{ kind: "read", object: "inode", field: "i_data.flags", readsFrom: 5 }],
			role: "violation",
		}),
	],
	violation: {
		kind: "use_after_free",
		message: "compaction reads inode.i_data.flags after inode was freed",
		location: at(99, kernelFile),
		object: "inode",
		field: "i_data.flags",
		rules: ["M6"],
		pair: [5, 6],
	},
};

export const race: CheckResult = {
	file: scenarioFile,
	scenario: "compaction_unlocked_mapping",
	check: "rfc_v11",
	expected: "use_after_free",
	ok: true,
	verdict: "race",
	memory: "sc",
	violation: trace.violation,
	trace,
	stats: { states: 321, transitions: 780, seconds: 0.01 },
};

export const safe: CheckResult = {
	file: scenarioFile,
	scenario: "compaction_unlocked_mapping",
	check: "v6_8",
	expected: "safe",
	ok: true,
	verdict: "safe",
	memory: "sc",
	stats: { states: 222, transitions: 500, seconds: 0.01 },
};
