/** The words that every picture of a counterexample shares. */
import type { CheckResult, TraceStep, Violation, ViolationKind } from "./verdict.ts";

const violationWords: Readonly<Partial<Record<ViolationKind, string>>> = {
	null_dereference: "NULL dereference",
	wild_dereference: "wild pointer dereference",
	tagged_dereference: "dereference of a tagged pointer",
	wrong_type: "dereference as the wrong type",
	out_of_range: "array index out of range",
	refcount_from_zero: "refcount incremented from zero",
	assertion: "assertion fails",
	invariant: "invariant broken",
	lock_order: "lock order inverted",
	sleep_in_atomic: "sleeps in atomic context",
	rcu_reader_left_open: "RCU reader left open",
	unreachable: "never reached",
};

/** The kind of a violation in words: "use after free". */
export function violationName(kind: ViolationKind): string {
	return violationWords[kind] ?? kind.replaceAll("_", " ");
}

/** "folio.mapping"; the object's name alone where the object itself is meant. */
export function placeName(object: string, field: string): string {
	if (field === "") return object;
	return field.startsWith("[") ? object + field : `${object}.${field}`;
}

/** What the earlier half of a racing pair did, for the mark beside it: "frees inode", "writes folio.mapping". */
export function earlierDeed(step: TraceStep, violation: Violation): string {
	const verbs = {
		read: "reads",
		write: "writes",
		update: "updates",
		free: "frees",
		allocate: "allocates",
		lock: "locks",
		unlock: "unlocks",
	} as const;
	const suffering = step.accesses.filter((one) => one.object === violation.object);
	const same = suffering.filter((one) => one.field === violation.field);
	const access =
		suffering.find((one) => one.kind === "free") ??
		same.find((one) => one.kind !== "read") ??
		same[0] ??
		suffering.at(-1) ??
		step.accesses.at(-1);
	if (access === undefined) return "races with it";
	return `${verbs[access.kind]} ${placeName(access.object, access.kind === "free" ? "" : access.field)}`;
}

/** The same text without the typographic signs that the editor uses: commit messages are plain. */
export function ascii(text: string): string {
	return text
		.replaceAll("→", "->")
		.replaceAll("⇒", "=>")
		.replaceAll("…", "...")
		.replaceAll("≠", "!=")
		.replaceAll("≤", "<=")
		.replaceAll("≥", ">=")
		.replace(/[–—]/g, "-")
		.replace(/[“”]/g, '"')
		.replace(/[‘’]/g, "'")
		.replaceAll("\u00a0", " ");
}

/** "locked = false, arch = x86", or "" when the scenario has no parameters. */
export function parameterWords(parameters: Readonly<Record<string, string>>): string {
	return Object.entries(parameters)
		.map(([name, value]) => `${name} = ${value}`)
		.join(", ");
}

/** What was found, in one line: "compaction_vs_truncation, check unlocked: use after free". */
export function headline(result: CheckResult): string {
	const found =
		result.violation !== undefined
			? violationName(result.violation.kind)
			: result.verdict === "race"
				? "reached"
				: result.verdict;
	return `${result.scenario}, check ${result.check}: ${found}`;
}

/** The message as a sentence, with its full stop. */
export function sentence(text: string): string {
	const plain = text.trim();
	return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}
