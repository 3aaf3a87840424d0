/**
 * The compiler's freedom: a value that came from a plain load, or was computed from one, may be loaded again at a later use, until
 * a compiler barrier, a store that may hit the same word, or a call the compiler cannot see through. (This is what READ_ONCE()
 * exists to forbid: Corbet, "Who's afraid of a big bad optimizing compiler?", LWN 2019.)
 *
 * A pass over a finished thread: at each later use that may load again it puts a `reload`. What holds depends on the path, so
 * instructions are copied where paths with different facts meet.
 */
import { liveRegisters, registersUsed } from "./liveness.ts";
import type { Expression, Instruction, Place, Program, Register, Thread } from "./program.ts";
import {
	derivedFrom,
	type Facts,
	isCopy,
	keyOf,
	kill,
	markUses,
	newGroup,
	noFacts,
	type Reloadable,
	reads,
	restrict,
	sizeOf,
	substituted,
} from "./reloadable.ts";
import { Whereabouts, type Words } from "./whereabouts.ts";

/** Instructions of one thread after copying. */
export const reloadInstructionsMax = 50_000;

/**
 * Operands and operators of a computation that the compiler may do again from a new load; one that a loop makes longer and longer
 * is kept as it was first done.
 */
export const computationSizeMax = 12;

/** What a thread's reloads depend on beside itself. */
interface Surroundings {
	/** Whether another thread may change what is at a place: a reload of what nobody else writes shows nothing. */
	readonly writtenByOthers: (place: Place) => boolean;
	/** Whether two places may be the same word. */
	readonly mayAlias: (one: Place, two: Place) => boolean;
}

/** The thread with its reloads; undefined when it would become too long. */
function withReloads(thread: Thread, surroundings: Surroundings): Thread | undefined {
	const writer = new ReloadWriter(thread, surroundings);
	return writer.write();
}

const registerOf = (register: number): Expression => ({ op: "register", register });

class ReloadWriter {
	private readonly thread: Thread;
	private readonly surroundings: Surroundings;
	private readonly live: readonly ReadonlySet<number>[];
	private readonly numbers = new Map<string, number>();
	private readonly pending: { pc: number; facts: Facts; number: number }[] = [];
	private readonly result: Instruction[] = [];
	private readonly registers: Register[];
	/** By the program counter of a computation: the register that remembers what was loaded for it. */
	private readonly loadedFor = new Map<number, number>();

	constructor(thread: Thread, surroundings: Surroundings) {
		this.thread = thread;
		this.surroundings = surroundings;
		this.live = liveRegisters(thread, new Set());
		this.registers = [...thread.registers];
	}

	write(): Thread | undefined {
		const { pending, result, thread } = this;
		const entry = this.visit(thread.entry, noFacts);
		for (let at = pending.pop(); at; at = pending.pop()) {
			if (result.length > reloadInstructionsMax) return undefined;
			const instruction = thread.instructions[at.pc] as Instruction;
			const again = this.reloadAt(instruction, at.facts);
			if (again !== undefined) this.putReload(at.number, at.pc, again, at.facts);
			else this.put(at.number, at.pc, at.facts);
		}
		return { ...thread, instructions: result, entry, registers: this.registers };
	}

	private visit(pc: number, facts: Facts): number {
		const relevant = restrict(facts, this.live[pc] ?? new Set());
		const key = `${pc}|${keyOf(relevant)}`;
		const known = this.numbers.get(key);
		if (known !== undefined) return known;
		const number = this.result.push(undefined as never) - 1;
		this.numbers.set(key, number);
		this.pending.push({ pc, facts: relevant, number });
		return number;
	}

	/** The first register that the instruction really uses, whose load was used before, and may be done again. */
	private reloadAt(instruction: Instruction, facts: Facts): number | undefined {
		if (facts.size === 0 || isCopy(instruction)) return undefined;
		for (const register of registersUsed(instruction)) {
			const fact = facts.get(register);
			if (fact?.used && !fact.offered && this.surroundings.writtenByOthers(fact.place)) return register;
		}
		return undefined;
	}

	/** A reload of one register; the instruction itself follows. */
	private putReload(number: number, pc: number, register: number, before: Facts): void {
		const { site, glued } = this.thread.instructions[pc] as Instruction;
		const fact = before.get(register) as Reloadable;
		const facts = new Map(before).set(register, { ...fact, offered: true });
		const { place, computed } = fact;
		if (!computed) {
			this.result[number] = { kind: "reload", register, place, next: this.visit(pc, facts), site, glued };
			return;
		}
		const { loaded, value } = computed;
		const compute = this.result.push({ kind: "assign", register, value, next: this.visit(pc, facts), site, glued }) - 1;
		this.result[number] = { kind: "reload", register: loaded, place, next: compute, site, glued };
	}

	/** The instruction itself. Where it computes something that may be had again, what was loaded is remembered first. */
	private put(number: number, pc: number, before: Facts): void {
		const facts = new Map([...before].map(([register, { offered: _, ...fact }]) => [register, fact]));
		const instruction = this.thread.instructions[pc] as Instruction;
		const after = this.transfer(instruction, facts);
		const source = derivedFrom(instruction);
		const fact = source === undefined ? undefined : facts.get(source);
		if (instruction.kind !== "assign" || source === undefined || !fact || (isCopy(instruction) && !fact.computed)) {
			this.result[number] = withTargets(instruction, (target) => this.visit(target, after));
			return;
		}
		const { site, glued } = instruction;
		const loaded = this.remembers(pc, source);
		kill(after, loaded);
		const from = fact.computed;
		const computedFrom = from ? substituted(from.value, from.loaded, registerOf(loaded)) : registerOf(loaded);
		const value = substituted(instruction.value, source, computedFrom);
		if (!reads(fact.place, instruction.register) && sizeOf(value) <= computationSizeMax)
			after.set(instruction.register, {
				place: fact.place,
				used: fact.used,
				group: fact.group,
				computed: { loaded, value },
			});
		const next = this.visit(instruction.next, after);
		const compute = this.result.push({ ...instruction, next }) - 1;
		const remembered = registerOf(from?.loaded ?? source);
		this.result[number] = { kind: "assign", register: loaded, value: remembered, next: compute, site, glued };
	}

	private remembers(pc: number, source: number): number {
		const known = this.loadedFor.get(pc);
		if (known !== undefined) return known;
		const display = this.thread.registers[source]?.display ?? { kind: "integer", signed: true };
		const register = this.registers.push({ name: undefined, display }) - 1;
		this.loadedFor.set(pc, register);
		return register;
	}

	private transfer(instruction: Instruction, facts: Facts): Map<number, Reloadable> {
		const { writtenByOthers, mayAlias } = this.surroundings;
		const after = new Map(facts);
		const forget = (place: Place) => {
			for (const [register, fact] of [...after]) if (mayAlias(fact.place, place)) after.delete(register);
		};
		markUses(after, instruction);
		switch (instruction.kind) {
			case "assign": {
				const copied =
					isCopy(instruction) && instruction.value.op === "register"
						? after.get(instruction.value.register)
						: undefined;
				kill(after, instruction.register);
				if (copied && !copied.computed && !reads(copied.place, instruction.register))
					after.set(instruction.register, copied);
				break;
			}
			case "load":
				kill(after, instruction.register);
				if (instruction.marking === "acquire") after.clear();
				else if (
					instruction.marking === "plain" &&
					!instruction.glued &&
					!reads(instruction.place, instruction.register) &&
					writtenByOthers(instruction.place)
				) {
					after.set(instruction.register, { place: instruction.place, used: false, group: newGroup(after) });
				}
				break;
			case "store":
				if (instruction.marking === "release") after.clear();
				else forget(instruction.place);
				break;
			case "update":
				// Without ordering no compiler barrier either: arm64's have no memory clobber (arch/arm64/include/asm/atomic_lse.h).
				if (instruction.ordering === "noreturn" || instruction.ordering === "relaxed") {
					forget(instruction.place);
					if (instruction.register !== undefined) kill(after, instruction.register);
				} else after.clear();
				break;
			case "branch":
			case "check":
			case "might_sleep":
			case "end":
				break;
			case "holds":
			case "context_get":
			case "choose":
				kill(after, instruction.register);
				break;
			default:
				// Atomics that order, locks, fences, context changes, waiting, allocation: all are compiler barriers in the kernel.
				after.clear();
		}
		return after;
	}
}

function withTargets(instruction: Instruction, target: (pc: number) => number): Instruction {
	if (instruction.kind === "end") return instruction;
	if (instruction.kind === "branch") {
		const then = target(instruction.then);
		return { ...instruction, then, otherwise: target(instruction.otherwise) };
	}
	return { ...instruction, next: target(instruction.next) };
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
		const reloading = withReloads(thread, { writtenByOthers: mayWrite, mayAlias });
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
