/**
 * Why nothing prevented a race, read off its trace: what each thread had seen that was true no longer when it acted on it, what was
 * held at those accesses, and which rules of the kernel model stand there.
 */
import { mergedAccesses, ownCounts } from "./decisive.ts";
import { deedOnMentioned } from "./mentioned.ts";
import type { AccessHeld, AccessRecord, Trace, TraceStep, Why } from "./verdict.ts";
import { placeName } from "./words.ts";

/** A thread read a place, another changed it, and the first did not look again, or looked and saw something else. */
interface Outdated {
	readonly place: string;
	readonly read: number;
	readonly write: number;
	/** The later read that saw the change, where there is one. */
	readonly again?: number;
}

/** What happened to a place at a step. */
interface Visit {
	readonly index: number;
	readonly thread: number;
	readonly access: AccessRecord;
	readonly changes: boolean;
}

/** Why nothing prevented what a trace shows. `rules` are those at what each of its steps touches. */
export function whyOf(trace: Omit<Trace, "why">, rules: readonly (readonly string[])[]): Why {
	const outdated = outdatedReads(trace);
	const pair = trace.violation.pair ?? [];
	const matter = [...new Set([...outdated.flatMap(({ read, write }) => [read, write]), ...pair])].sort((a, b) => a - b);
	const accesses = matter.flatMap((index): AccessHeld[] => {
		const step = trace.steps[index];
		return step ? [{ step: index, what: deedOf(trace, step), held: heldAt(trace.steps, index) }] : [];
	});
	const about = outdated.find(({ write }) => write === pair[0]) ?? outdated.at(-1);
	const racing = about ? [about.read, about.write] : pair;
	return {
		story: storyOf(trace, outdated),
		accesses,
		exclusion: exclusionOf(trace, racing[0], racing[1]),
		rules: [...new Set([...(trace.violation.rules ?? []), ...matter.flatMap((index) => rules[index] ?? [])])],
	};
}

const nameOf = (trace: Pick<Trace, "threads">, step: TraceStep | undefined) =>
	trace.threads[step?.thread ?? -1]?.name ?? "init";
const numbered = (index: number) => `step ${index + 1}`;

/** What a step does, in a few words. */
function deedOf(trace: Pick<Trace, "threads" | "violation">, step: TraceStep): string {
	const local =
		trace.violation.kind === "invariant"
			? deedOnMentioned(step, nameOf(trace, step), trace.violation.message)
			: undefined;
	if (local?.startsWith("writes") === false) return local;
	return step.effect || (step.callStack.at(-1)?.text ?? step.text).replace(/;$/, "");
}

/** What a thread holds while it takes a step: an unlock still has the lock. */
function heldAt(steps: readonly TraceStep[], index: number): readonly string[] {
	const step = steps[index];
	const before = steps.slice(0, index).findLast((one) => one.thread === step?.thread)?.held ?? [];
	return [...new Set([...before, ...(step?.held ?? [])])];
}

/** Every decisive visit to a place that is neither a lock nor a word that both only count up and down. */
function visitsOf({ steps, decisive }: Pick<Trace, "steps" | "decisive">): ReadonlyMap<string, readonly Visit[]> {
	const telling = new Set(decisive ?? steps.keys());
	const visits = new Map<string, Visit[]>();
	for (const [index, step] of steps.entries()) {
		const merged = mergedAccesses(step);
		if (merged.some(({ kind }) => kind === "lock" || kind === "unlock")) continue;
		for (const access of merged) {
			if (access.kind === "free" || access.kind === "allocate") continue;
			const changes = step.changes.some(({ object, field }) => object === access.object && field === access.field);
			if (changes && !telling.has(index)) continue;
			const place = placeName(access.object, access.field);
			const there = visits.get(place);
			const visit = { index, thread: step.thread, access, changes };
			if (there) there.push(visit);
			else visits.set(place, [visit]);
		}
	}
	return visits;
}

/** Reads that were outdated before the trace was at its end, in the order of the steps. Only of threads that went on afterwards. */
function outdatedReads(trace: Omit<Trace, "why">): Outdated[] {
	const telling = new Set(trace.decisive ?? trace.steps.keys());
	const found: Outdated[] = [];
	for (const [place, visits] of visitsOf(trace)) {
		for (const [at, write] of visits.entries()) {
			if (!write.changes) continue;
			const readers = new Set(visits.slice(0, at).map(({ thread }) => thread));
			for (const reader of readers) {
				if (reader === write.thread) continue;
				const read = visits.slice(0, at).findLast(({ thread }) => thread === reader);
				if (read?.access.kind !== "read" || !telling.has(read.index)) continue;
				// Somebody else's change in between has been told already.
				if (visits.slice(visits.indexOf(read) + 1, at).some(({ changes }) => changes)) continue;
				if (!trace.steps.some((step, index) => index > write.index && step.thread === reader)) continue;
				const again = visits.slice(at + 1).find(({ thread }) => thread === reader);
				if (again && trace.steps[again.index]?.note?.startsWith("the compiler reloads") !== true) continue;
				found.push({ place, read: read.index, write: write.index, ...(again && { again: again.index }) });
			}
		}
	}
	return found.sort((a, b) => a.read - b.read || a.write - b.write);
}

/** The value that a step saw or left at a place. */
function valueAt(step: TraceStep | undefined, place: string): string {
	const change = step?.changes.find(({ object, field }) => placeName(object, field) === place);
	const access = step?.accesses.findLast(({ object, field }) => placeName(object, field) === place);
	return change?.after.text ?? access?.value?.text ?? "?";
}

function storyOf(trace: Omit<Trace, "why">, outdated: readonly Outdated[]): string[] {
	const { steps, violation, threads } = trace;
	const story = outdated.map(({ place, read, write, again }) => {
		const [reader, writer] = [nameOf(trace, steps[read]), nameOf(trace, steps[write])];
		const said =
			again === undefined
				? `${reader} did not look again`
				: `at ${numbered(again)} ${steps[again]?.note ?? `${reader} read it again`}: ${valueAt(steps[again], place)}`;
		return `${reader} read ${place} = ${valueAt(steps[read], place)} (${numbered(read)}). ${writer} made it ${valueAt(steps[write], place)} (${numbered(write)}); ${said}.`;
	});
	for (const { raised, read } of ownCounts(trace)) {
		const place = placeName(steps[read]?.accesses[0]?.object ?? "", steps[read]?.accesses[0]?.field ?? "");
		const name = nameOf(trace, steps[read]);
		story.push(
			`${name} read ${place} = ${valueAt(steps[read], place)} (${numbered(read)}) after it had changed it itself (${numbered(raised)}).`,
		);
	}
	const [earlier, later] = (violation.pair ?? []).map((index) => steps[index]);
	const freed = earlier?.accesses.find(({ kind }) => kind === "free");
	if (earlier && later && freed && violation.pair) {
		const [from, to] = violation.pair;
		story.push(
			`${nameOf(trace, earlier)} freed ${freed.object} (${numbered(from)}) before ${nameOf(trace, later)} used it (${numbered(to)}).`,
		);
	}
	if (violation.kind === "invariant") {
		const settled = new Map<string, { readonly value: string; readonly index: number }>();
		for (const [index, step] of steps.entries())
			for (const { name, value } of valuesOf(step, threads[step.thread]?.name ?? "", violation.message))
				if (settled.get(name)?.value !== value) settled.set(name, { value, index });
		// What was settled later than this step did is told below.
		const first = violation.pair?.[0];
		const step = first === undefined ? undefined : steps[first];
		const told = [...settled.values()].some(({ index }) => index === first);
		if (first !== undefined && step && !told && !story.some((one) => one.includes(`${numbered(first)})`)))
			story.push(`${nameOf(trace, step)}: ${deedOf(trace, step)} (${numbered(first)}).`);
		const parts = [...settled].map(([name, { value, index }]) => `${name} = ${value} (since ${numbered(index)})`);
		if (parts.length > 0) story.push(`So at the end ${parts.join(", ")}.`);
	}
	return story;
}

/** What a step gives a new value of what a property names. */
function valuesOf(step: TraceStep, thread: string, text: string): { readonly name: string; readonly value: string }[] {
	const shared = step.changes
		.filter((change) => deedOnMentioned({ ...step, changes: [change], locals: [] }, thread, text) !== undefined)
		.map(({ object, field, after }) => ({ name: placeName(object, field), value: after.text }));
	const own = step.locals
		.filter((local) => deedOnMentioned({ ...step, changes: [], locals: [local] }, thread, text) !== undefined)
		.map(({ name, value }) => ({ name: `${thread}.${name}`, value: value.text }));
	return [...shared, ...own];
}

/** Whether what two steps held excludes each other. */
function exclusionOf({ steps, threads }: Pick<Trace, "steps" | "threads">, one?: number, two?: number): string {
	if (one === undefined || two === undefined) return "";
	const said = (index: number) => {
		const held = heldAt(steps, index);
		const name = threads[steps[index]?.thread ?? -1]?.name ?? "init";
		return `${name} held ${held.length === 0 ? "nothing" : held.join(", ")} at ${numbered(index)}`;
	};
	const isLock = (what: string) => /\)(, shared)?$/.test(what);
	const bare = (what: string) => what.replace(/, shared$/, "");
	const [first, second] = [heldAt(steps, one).filter(isLock), heldAt(steps, two).filter(isLock)];
	const common = first.find((what) => second.some((other) => bare(other) === bare(what)));
	const both = `${said(one)}; ${said(two)}`;
	if (common === undefined) return `${both}. No lock is held at both.`;
	return `${both}. Both held ${bare(common)}, one after the other: it was released in between.`;
}
