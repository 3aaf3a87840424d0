/**
 * The compiler's freedom: a value that came from a plain load may be loaded again at a later use, until a compiler barrier, a
 * store that may hit the same word, or a call the compiler cannot see through. (This is what READ_ONCE() exists to forbid:
 * Corbet, "Who's afraid of a big bad optimizing compiler?", LWN 2019.)
 *
 * A pass over a finished thread: at each later use that may load again it puts a `reload`. What holds depends on the path, so
 * instructions are copied where paths with different facts meet.
 */

import { registersRead } from "../memory/expression.ts";
import { liveRegisters, registersUsed } from "./liveness.ts";
import type { Instruction, Place, Thread } from "./program.ts";

/** Instructions of one thread after copying; past it the thread is left as it was. */
export const reloadInstructionsMax = 50_000;

/** A register that may be loaded again from its place; `used` since it was loaded. */
interface Reloadable {
	readonly place: Place;
	readonly used: boolean;
}
type Facts = ReadonlyMap<number, Reloadable>;

const none: Facts = new Map();

/** Where a place is, as far as is known without running: struct type and offset, or a lone address, or anywhere (""). */
export function locationKey(place: Place): string {
	if (place.structure >= 0)
		return place.offset.op === "constant" ? `${place.structure}+${place.offset.value}` : `${place.structure}+*`;
	return place.base.op === "constant" && place.offset.op === "constant"
		? `@${place.base.value + place.offset.value}`
		: "";
}

function mayAlias(one: Place, two: Place): boolean {
	const a = locationKey(one);
	const b = locationKey(two);
	if (a === "" || b === "" || a === b) return true;
	if (a.startsWith("@") || b.startsWith("@")) return a.startsWith("@") !== b.startsWith("@");
	return one.structure === two.structure && (a.endsWith("*") || b.endsWith("*"));
}

/**
 * The thread with its reloads; `writtenByOthers` says whether another thread may change what is at a place, as a reload of
 * what nobody else writes shows nothing.
 */
export function withReloads(thread: Thread, writtenByOthers: (place: Place) => boolean): Thread {
	const live = liveRegisters(thread, new Set());
	const numbers = new Map<string, number>();
	const pending: { pc: number; facts: Facts; number: number }[] = [];
	const result: Instruction[] = [];
	let overflow = false;
	const visit = (pc: number, facts: Facts): number => {
		const relevant = restrict(facts, live[pc] ?? new Set());
		const key = `${pc}|${keyOf(relevant)}`;
		const known = numbers.get(key);
		if (known !== undefined) return known;
		const number = result.length;
		if (number > reloadInstructionsMax) overflow = true;
		result.push(undefined as never);
		numbers.set(key, number);
		pending.push({ pc, facts: relevant, number });
		return number;
	};
	const entry = visit(thread.entry, none);
	for (let at = pending.pop(); at && !overflow; at = pending.pop()) {
		const instruction = thread.instructions[at.pc] as Instruction;
		const again = reloadAt(instruction, at.facts, writtenByOthers);
		if (again) {
			// The instruction itself follows, with the register noted as fresh.
			const facts = new Map(at.facts).set(again.register, { place: again.place, used: false });
			const next = visit(at.pc, facts);
			result[at.number] = {
				kind: "reload",
				register: again.register,
				place: again.place,
				next,
				site: instruction.site,
				glued: instruction.glued,
			};
			continue;
		}
		const after = transfer(instruction, at.facts, writtenByOthers);
		result[at.number] = withTargets(instruction, (target) => visit(target, after));
	}
	return overflow ? thread : { ...thread, instructions: result, entry };
}

function withTargets(instruction: Instruction, target: (pc: number) => number): Instruction {
	if (instruction.kind === "end") return instruction;
	if (instruction.kind === "branch") {
		const then = target(instruction.then);
		return { ...instruction, then, otherwise: target(instruction.otherwise) };
	}
	return { ...instruction, next: target(instruction.next) };
}

function restrict(facts: Facts, live: ReadonlySet<number>): Facts {
	const kept = new Map<number, Reloadable>();
	for (const [register, fact] of facts) if (live.has(register)) kept.set(register, fact);
	return kept;
}

function keyOf(facts: Facts): string {
	return [...facts]
		.sort(([a], [b]) => a - b)
		.map(([register, { place, used }]) => `${register}${used ? "!" : ""}=${JSON.stringify([place.base, place.offset])}`)
		.join(",");
}

/** The first register that the instruction really uses, was used before, and may be loaded again. */
function reloadAt(instruction: Instruction, facts: Facts, writtenByOthers: (place: Place) => boolean) {
	if (facts.size === 0 || isCopy(instruction)) return undefined;
	for (const register of registersUsed(instruction)) {
		const fact = facts.get(register);
		if (fact?.used && writtenByOthers(fact.place)) return { register, place: fact.place };
	}
	return undefined;
}

const isCopy = (instruction: Instruction) => instruction.kind === "assign" && instruction.value.op === "register";

function transfer(instruction: Instruction, facts: Facts, writtenByOthers: (place: Place) => boolean): Facts {
	let after = new Map(facts);
	if (!isCopy(instruction)) {
		for (const register of registersUsed(instruction)) {
			const fact = after.get(register);
			if (fact) after.set(register, { ...fact, used: true });
		}
	}
	switch (instruction.kind) {
		case "assign": {
			const fact = instruction.value.op === "register" ? after.get(instruction.value.register) : undefined;
			kill(after, instruction.register);
			if (fact) after.set(instruction.register, fact);
			break;
		}
		case "load":
			kill(after, instruction.register);
			if (instruction.marking === "acquire") after = new Map();
			else if (
				instruction.marking === "plain" &&
				!instruction.glued &&
				!reads(instruction.place, instruction.register) &&
				writtenByOthers(instruction.place)
			) {
				after.set(instruction.register, { place: instruction.place, used: false });
			}
			break;
		case "store":
			if (instruction.marking === "release") after = new Map();
			else
				for (const [register, fact] of [...after]) if (mayAlias(fact.place, instruction.place)) after.delete(register);
			break;
		case "branch":
		case "check":
		case "might_sleep":
		case "holds":
		case "context_get":
		case "end":
			break;
		case "choose":
			kill(after, instruction.register);
			break;
		default:
			// Atomics, locks, fences, context changes, waiting, allocation: all are compiler barriers in the kernel.
			after = new Map();
	}
	if ((instruction.kind === "holds" || instruction.kind === "context_get") && instruction.register !== undefined)
		kill(after, instruction.register);
	return after;
}

function reads(place: Place, register: number): boolean {
	const read = new Set<number>();
	registersRead(place.base, read);
	registersRead(place.offset, read);
	return read.has(register);
}

/** A register gets a new value: neither it nor a place computed from it is what it was. */
function kill(facts: Map<number, Reloadable>, register: number): void {
	facts.delete(register);
	for (const [other, fact] of [...facts]) if (reads(fact.place, register)) facts.delete(other);
}

/** The threads with the compiler's reloads of what another thread may write. */
export function withCompilerReloads(threads: readonly Thread[]): Thread[] {
	const written = threads.map((thread) => writtenBy(thread));
	return threads.map((thread, index) =>
		withReloads(thread, (place) => written.some((keys, other) => other !== index && mayWrite(keys, place))),
	);
}

interface Written {
	readonly keys: ReadonlySet<string>;
	/** A store through a pointer to a single word. */
	readonly anywhere: boolean;
}

function writtenBy(thread: Thread): Written {
	const keys = new Set<string>();
	for (const instruction of thread.instructions) {
		if (instruction.kind === "store" || instruction.kind === "update") keys.add(locationKey(instruction.place));
		if ((instruction.kind === "lock" || instruction.kind === "unlock") && instruction.bit)
			keys.add(locationKey(instruction.bit.word));
		if (instruction.kind === "free" || instruction.kind === "allocate") keys.add("");
	}
	return { keys, anywhere: keys.has("") || [...keys].some((key) => key.startsWith("@")) };
}

/** Whether a place may be written: by its own key, through an array element, or through a pointer to a word. */
function mayWrite(written: Written, place: Place): boolean {
	if (written.anywhere) return true;
	const key = locationKey(place);
	return (
		key === "" ||
		key.startsWith("@") ||
		written.keys.has(key) ||
		written.keys.has(`${place.structure}+*`) ||
		key.endsWith("*")
	);
}
