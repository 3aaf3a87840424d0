/**
 * Mutations of a program: one protection taken away at a time. What a fixed variant does to be safe must be needed, or the
 * scenario must say why it is not.
 */

import type { Expression, Instruction, Place, Program, Thread } from "../../../engine/program/program.ts";

import type { Touched } from "./touched.ts";

export interface Mutation {
	/** "without folio_lock(folio) (compaction)" */
	readonly name: string;
	readonly program: Program;
}

const always: Expression = { op: "constant", value: 1 };

/**
 * Every mutation of what runs in the program's threads and could matter to another: locks that others take too, values that
 * others change. Call it before the compiler's reloads are put in.
 */
export function mutationsOf(program: Program, touched: Touched): Mutation[] {
	return program.threads.flatMap((thread, index) => {
		const mutated = [
			...withoutLocks(program, thread, index, touched),
			...withoutContext(program, thread, index, touched),
			...withoutReadOnce(program, thread, index, touched),
			...withoutRechecks(program, thread, index, touched),
		];
		return mutated.map(({ name, instructions }) => ({
			name: `${thread.name}: ${name}`,
			program: replaceThread(program, index, instructions),
		}));
	});
}

const overlaps = (locks: ReadonlyMap<number, ReadonlySet<number>> | undefined, cells: ReadonlySet<number>) =>
	[...(locks?.values() ?? [])].some((others) => [...others].some((cell) => cells.has(cell)));

/** Whether another thread writes what this load reads: only then is there anything to look at twice. */
function changes(touched: Touched, index: number, pc: number): boolean {
	return [...(touched.reads[index]?.get(pc) ?? [])].some((cell) =>
		[...(touched.writers.get(cell) ?? [])].some((writer) => writer !== index && writer < touched.threads),
	);
}

interface Mutated {
	readonly name: string;
	readonly instructions: readonly Instruction[];
}

function replaceThread(program: Program, index: number, instructions: readonly Instruction[]): Program {
	const threads = program.threads.map((thread, at): Thread => (at === index ? { ...thread, instructions } : thread));
	return { ...program, threads };
}

/** An instruction that does nothing, in the place of one that did something. */
function nothing(instruction: Extract<Instruction, { next: number }>): Instruction {
	return {
		kind: "check",
		condition: always,
		violation: "assertion",
		message: "",
		next: instruction.next,
		site: instruction.site,
		glued: instruction.glued,
	};
}

const sameLock = (one: Place, two: Place) =>
	one.structure === two.structure && JSON.stringify([one.base, one.offset]) === JSON.stringify([two.base, two.offset]);
/** Inlined calls have registers of their own, so locks taken and released in different calls are told apart by their kind only. */
const similarLock = (one: Place, two: Place) =>
	sameLock(one, two) || (one.structure === two.structure && JSON.stringify(one.offset) === JSON.stringify(two.offset));

/** The call, and the function that makes it; without lines, so that edits of the model do not rename mutations. */
function nameAt(program: Program, instruction: Instruction): string {
	const calls = program.sites[instruction.site]?.callStack ?? [];
	const [innermost, caller] = [calls[calls.length - 1], calls[calls.length - 2]];
	if (!innermost) return program.sites[instruction.site]?.text ?? "?";
	return caller ? `${innermost.function}() in ${caller.function}()` : `${innermost.function}()`;
}

function withoutLocks(program: Program, thread: Thread, index: number, touched: Touched): Mutated[] {
	const mutated: Mutated[] = [];
	const seen: Place[] = [];
	for (const [pc, taken] of thread.instructions.entries()) {
		const cells = touched.locks[index]?.get(pc);
		const contended =
			cells && program.threads.some((_, other) => other !== index && overlaps(touched.locks[other], cells));
		if (!contended || taken.kind !== "lock" || seen.some((place) => similarLock(place, taken.lock))) continue;
		seen.push(taken.lock);
		const instructions = thread.instructions.map((instruction): Instruction => {
			if (instruction.kind === "lock" && similarLock(instruction.lock, taken.lock)) {
				if (instruction.try === undefined) return nothing(instruction);
				return {
					kind: "assign",
					register: instruction.try,
					value: always,
					next: instruction.next,
					site: instruction.site,
					glued: instruction.glued,
				};
			}
			if (instruction.kind === "unlock" && similarLock(instruction.lock, taken.lock)) return nothing(instruction);
			// Who does not lock does not say that it holds the lock either.
			if (instruction.kind === "holds" && similarLock(instruction.lock, taken.lock)) {
				return {
					kind: "assign",
					register: instruction.register,
					value: always,
					next: instruction.next,
					site: instruction.site,
					glued: instruction.glued,
				};
			}
			return instruction;
		});
		mutated.push({ name: `without ${nameAt(program, taken)}`, instructions });
	}
	return mutated;
}

function withoutContext(program: Program, thread: Thread, index: number, touched: Touched): Mutated[] {
	const mutated: Mutated[] = [];
	for (const context of ["irq", "rcu"] as const) {
		const begins = thread.instructions.find(
			(instruction, pc) =>
				touched.ran[index]?.has(pc) &&
				instruction.kind === "context" &&
				instruction.context === context &&
				instruction.change === 1,
		);
		if (!begins) continue;
		const instructions = thread.instructions.map((instruction): Instruction => {
			if (instruction.kind === "context" && instruction.context === context) return nothing(instruction);
			if (instruction.kind === "context_set" && context === "irq") return nothing(instruction);
			if (instruction.kind === "context_get" && instruction.context === context) {
				return {
					kind: "assign",
					register: instruction.register,
					value: always,
					next: instruction.next,
					site: instruction.site,
					glued: instruction.glued,
				};
			}
			return instruction;
		});
		mutated.push({
			name: context === "irq" ? "with interrupts on" : `without ${nameAt(program, begins)}`,
			instructions,
		});
	}
	return mutated;
}

function withoutReadOnce(program: Program, thread: Thread, index: number, touched: Touched): Mutated[] {
	return thread.instructions.flatMap((load, pc) => {
		if (load.kind !== "load" || load.marking !== "once" || !changes(touched, index, pc)) return [];
		const instructions = thread.instructions.map((instruction, at) =>
			at === pc ? { ...load, marking: "plain" as const } : instruction,
		);
		return [{ name: `plain load instead of READ_ONCE(${load.place.text}), ${nameAt(program, load)}`, instructions }];
	});
}

/**
 * A place that the thread loads a second time: rechecks, and second looks under a lock. The mutation goes on with the first value.
 * Both loads are of one word that another thread writes.
 */
function withoutRechecks(program: Program, thread: Thread, index: number, touched: Touched): Mutated[] {
	const mutated: Mutated[] = [];
	const loaded: { readonly cell: number; readonly register: number; readonly site: number }[] = [];
	thread.instructions.forEach((load, pc) => {
		const cells = touched.reads[index]?.get(pc);
		const [cell] = cells ?? [];
		if (load.kind !== "load" || cell === undefined || cells?.size !== 1 || !changes(touched, index, pc)) return;
		// Which earlier look came first depends on the path: each is tried as the one whose value is kept.
		for (const before of loaded) {
			if (before.cell !== cell || before.site === load.site) continue;
			const keeps: Instruction = {
				kind: "assign",
				register: load.register,
				value: { op: "register", register: before.register },
				next: load.next,
				site: load.site,
				glued: load.glued,
			};
			mutated.push({
				name: `without the second look at ${load.place.text}, ${nameAt(program, load)}`,
				instructions: thread.instructions.map((instruction, at) => (at === pc ? keeps : instruction)),
			});
		}
		loaded.push({ cell, register: load.register, site: load.site });
	});
	return mutated;
}
