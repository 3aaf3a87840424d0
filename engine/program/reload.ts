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
import type { Instruction, Place, Program, Thread } from "./program.ts";

/** Instructions of one thread after copying. */
export const reloadInstructionsMax = 50_000;

/** A register that may be loaded again from its place; `used` since it was loaded. */
interface Reloadable {
	readonly place: Place;
	readonly used: boolean;
}
type Facts = ReadonlyMap<number, Reloadable>;

const none: Facts = new Map();

/** Which words a place may name: addresses, or any word at all. */
type Words = ReadonlySet<number> | "any";

/** Finds out which words places may name, as far as that is known without running. */
class Whereabouts {
	private readonly bases: ReadonlyMap<number, readonly number[]>;
	/** Addresses of the words of the object that a word belongs to. */
	private readonly objectAt: ReadonlyMap<number, ReadonlySet<number>>;
	private readonly known = new Map<string, Words>();

	constructor(program: Program) {
		const bases = new Map<number, number[]>();
		for (const { structure, address } of program.instances) {
			const same = bases.get(structure);
			if (same) same.push(address);
			else bases.set(structure, [address]);
		}
		this.bases = bases;
		const words = new Map<number, Set<number>>();
		for (const { object, address } of program.cells) words.set(object, (words.get(object) ?? new Set()).add(address));
		this.objectAt = new Map(program.cells.map(({ object, address }) => [address, words.get(object) ?? new Set()]));
	}

	/**
	 * A struct's field: that field of every instance of the struct, nested ones and those that share its memory included, unless
	 * the pointer is known. An element of an array: any word of the object.
	 */
	of(place: Place): Words {
		const base = place.base.op === "constant" ? place.base.value : undefined;
		const offset = place.offset.op === "constant" ? place.offset.value : undefined;
		if (base === undefined && place.structure < 0) return "any";
		const key = `${place.structure} ${base} ${offset}`;
		const known = this.known.get(key);
		if (known) return known;
		const bases = base === undefined ? (this.bases.get(place.structure) ?? []) : [base];
		const words = new Set(
			bases.flatMap((at) => (offset === undefined ? [...(this.objectAt.get(at) ?? [])] : [at + offset])),
		);
		// A struct that begins with no word of its own says nothing of its object.
		const found = offset === undefined && bases.some((at) => !this.objectAt.has(at)) ? "any" : words;
		this.known.set(key, found);
		return found;
	}

	mayBeSame(one: Words, two: Words): boolean {
		if (one === "any" || two === "any") return true;
		for (const word of one) if (two.has(word)) return true;
		return false;
	}
}

/**
 * The thread with its reloads; undefined when it would become too long. `writtenByOthers` says whether another thread may change
 * what is at a place, as a reload of what nobody else writes shows nothing; `mayAlias`, whether two places may be the same word.
 */
function withReloads(
	thread: Thread,
	writtenByOthers: (place: Place) => boolean,
	mayAlias: (one: Place, two: Place) => boolean,
): Thread | undefined {
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
		const after = transfer(instruction, at.facts, writtenByOthers, mayAlias);
		result[at.number] = withTargets(instruction, (target) => visit(target, after));
	}
	return overflow ? undefined : { ...thread, instructions: result, entry };
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

const isCopy = (instruction: Instruction) =>
	instruction.kind === "assign" && instruction.value.op === "register" && !instruction.handedOver;

function transfer(
	instruction: Instruction,
	facts: Facts,
	writtenByOthers: (place: Place) => boolean,
	mayAlias: (one: Place, two: Place) => boolean,
): Facts {
	let after = new Map(facts);
	if (!isCopy(instruction)) {
		for (const register of registersUsed(instruction)) {
			const fact = after.get(register);
			if (fact) after.set(register, { ...fact, used: true });
		}
	}
	switch (instruction.kind) {
		case "assign": {
			const fact =
				isCopy(instruction) && instruction.value.op === "register" ? after.get(instruction.value.register) : undefined;
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
		case "update":
			// Without ordering no compiler barrier either: arm64's have no memory clobber (arch/arm64/include/asm/atomic_lse.h).
			if (instruction.ordering === "noreturn" || instruction.ordering === "relaxed") {
				for (const [register, fact] of [...after]) if (mayAlias(fact.place, instruction.place)) after.delete(register);
				if (instruction.register !== undefined) kill(after, instruction.register);
			} else after = new Map();
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
			// Atomics that order, locks, fences, context changes, waiting, allocation: all are compiler barriers in the kernel.
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

/** Thrown for a thread that would become longer than `reloadInstructionsMax`: to leave reloads out would be to leave races out. */
export class TooManyReloads extends Error {
	readonly thread: Thread;

	constructor(thread: Thread) {
		super(
			`with every load that the compiler may repeat, ${thread.name} is longer than ${reloadInstructionsMax} instructions`,
		);
		this.thread = thread;
	}
}

/** The program's threads with the compiler's reloads of what another thread may write. */
export function withCompilerReloads(program: Program): Thread[] {
	const { threads } = program;
	const whereabouts = new Whereabouts(program);
	const mayAlias = (one: Place, two: Place) => whereabouts.mayBeSame(whereabouts.of(one), whereabouts.of(two));
	const written = threads.map((thread) => writtenBy(thread, whereabouts));
	return threads.map((thread, index) => {
		const others = written.filter((_, other) => other !== index);
		const mayWrite = (place: Place) => others.some((words) => whereabouts.mayBeSame(words, whereabouts.of(place)));
		const reloading = withReloads(thread, mayWrite, mayAlias);
		if (!reloading) throw new TooManyReloads(thread);
		return reloading;
	});
}

/** Words that a thread may change, or free: then what is there any more can be any word. */
function writtenBy(thread: Thread, whereabouts: Whereabouts): Words {
	const written = new Set<number>();
	for (const instruction of thread.instructions) {
		let words: Words = new Set<number>();
		if (instruction.kind === "store" || instruction.kind === "update") words = whereabouts.of(instruction.place);
		if ((instruction.kind === "lock" || instruction.kind === "unlock") && instruction.bit)
			words = whereabouts.of(instruction.bit.word);
		if (instruction.kind === "free" || instruction.kind === "allocate") words = "any";
		if (words === "any") return "any";
		for (const word of words) written.add(word);
	}
	return written;
}
