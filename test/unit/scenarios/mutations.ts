/**
 * Mutations of a program: one protection taken away at a time. What a fixed variant does to be safe must be needed, or the
 * scenario must say why it is not.
 */
import type { Expression, Instruction, Place, Program, Thread } from "../../../engine/program/program.ts";

export interface Mutation {
	/** "without folio_lock(folio) (compaction)" */
	readonly name: string;
	readonly program: Program;
}

const always: Expression = { op: "constant", value: 1 };
const never: Expression = { op: "constant", value: 0 };

/** Every mutation of the program's threads; call it before the compiler's reloads are put in. */
export function mutationsOf(program: Program): Mutation[] {
	return program.threads.flatMap((thread, index) =>
		[
			...withoutLocks(program, thread),
			...withoutContext(program, thread),
			...withoutReadOnce(program, thread),
			...withoutRechecks(program, thread),
		].map(({ name, instructions }) => ({
			name: `${thread.name}: ${name}`,
			program: replaceThread(program, index, instructions),
		})),
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

/** The call that the scenario's reader knows it by: the outermost one, or the statement. */
function nameAt(program: Program, instruction: Instruction): string {
	const site = program.sites[instruction.site];
	const innermost = site?.callStack[site.callStack.length - 1];
	return innermost ? `${innermost.function}() at ${innermost.call.file}:${innermost.call.line}` : (site?.text ?? "?");
}

function withoutLocks(program: Program, thread: Thread): Mutated[] {
	const mutated: Mutated[] = [];
	const seen: Place[] = [];
	for (const taken of thread.instructions) {
		if (taken.kind !== "lock" || seen.some((place) => similarLock(place, taken.lock))) continue;
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

function withoutContext(program: Program, thread: Thread): Mutated[] {
	const mutated: Mutated[] = [];
	for (const context of ["irq", "rcu"] as const) {
		const begins = thread.instructions.find(
			(instruction) => instruction.kind === "context" && instruction.context === context && instruction.change === 1,
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

function withoutReadOnce(program: Program, thread: Thread): Mutated[] {
	return thread.instructions.flatMap((load, pc) => {
		if (load.kind !== "load" || load.marking !== "once") return [];
		const instructions = thread.instructions.map((instruction, at) =>
			at === pc ? { ...load, marking: "plain" as const } : instruction,
		);
		return [{ name: `plain load instead of READ_ONCE(${load.place.text}), ${nameAt(program, load)}`, instructions }];
	});
}

/** A place that the thread has loaded before: what is done with the second value is a recheck. It is made to go each way. */
function withoutRechecks(program: Program, thread: Thread): Mutated[] {
	const mutated: Mutated[] = [];
	const loaded: Place[] = [];
	thread.instructions.forEach((load, pc) => {
		if (load.kind !== "load") return;
		const again = loaded.some((place) => similarLock(place, load.place));
		loaded.push(load.place);
		if (!again) return;
		const branch = branchAfter(thread, pc);
		if (branch === undefined) return;
		for (const condition of [always, never]) {
			const instructions = thread.instructions.map(
				(instruction, at): Instruction =>
					at === branch && instruction.kind === "branch" ? { ...instruction, condition } : instruction,
			);
			mutated.push({
				name: `recheck of ${load.place.text} always ${condition === always ? "true" : "false"}, ${nameAt(program, load)}`,
				instructions,
			});
		}
	});
	return mutated;
}

/** The first branch after an instruction, along straight local code. */
function branchAfter(thread: Thread, pc: number): number | undefined {
	let at = pc;
	for (let steps = 0; steps < 16; steps++) {
		const instruction = thread.instructions[at];
		if (!instruction || instruction.kind === "end") return undefined;
		if (instruction.kind === "branch") return at;
		at = instruction.next;
	}
	return undefined;
}
