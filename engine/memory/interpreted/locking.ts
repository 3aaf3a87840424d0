/** Taking, giving back and asking for locks. */
import type { InstructionBody } from "../../program/program.ts";
import { spinWord } from "../layout.ts";
import { available, dropped, holdsAtAll, holdsExclusive, holdsShared, mayQueue, taken, writerWaits } from "../locks.ts";
import { quiesce } from "./contexts.ts";
import { disabledStep, type Execution, queuedStep } from "./execution.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Takes a lock, waits for it or tries it. The next program counter, or a marker. */
export function takeLock(step: Execution, instruction: Body<"lock">): number {
	const cell = step.cellOf(instruction.lock);
	if (cell < 0) return instruction.next;
	const word = step.words[cell] as number;
	const bit = instruction.bit;
	const wordCell = bit ? step.cellOf(bit.word) : -1;
	if (bit && wordCell < 0) return instruction.next;
	const mask = bit ? 1 << step.value(bit.number) : 0;
	const free = available(word, instruction) && (!bit || ((step.words[wordCell] as number) & mask) === 0);
	const tries = instruction.try !== undefined;
	if (!tries && holdsAtAll(word, step.thread)) {
		return step.misuse(
			cell,
			`${instruction.lock.text} is taken again by the thread that holds it: it waits for itself`,
		);
	}
	if (!free && !tries) return joinQueue(step, instruction, cell);
	step.setRegister(instruction.try, free ? 1 : 0);
	if (!free) {
		step.observer?.read?.(bit ? wordCell : cell, step.words[bit ? wordCell : cell] as number);
		return instruction.next;
	}
	if (!tries && !inOrder(step, cell)) return instruction.next;
	step.words[cell] = taken(word, step.thread, instruction.shared);
	if (bit) step.write(wordCell, (step.words[wordCell] as number) | mask);
	if (instruction.spinning) step.words[step.base + spinWord] = (step.words[step.base + spinWord] as number) + 1;
	step.observer?.lock?.(cell, true, instruction.shared);
	return instruction.next;
}

/** A lock that cannot be had now: a writer may go into its queue, and stands where it stood. */
function joinQueue(step: Execution, instruction: Body<"lock">, cell: number): number {
	const word = step.words[cell] as number;
	if (!mayQueue(word, instruction)) return disabledStep;
	step.words[cell] = word | writerWaits;
	step.observer?.queue?.(cell);
	return queuedStep;
}

/** Lock order against the documented hierarchy; a lock without a rank has no order. */
function inOrder(step: Execution, cell: number): boolean {
	const wanted = step.program.cells[cell]?.lock;
	if (wanted?.rank === undefined) return true;
	for (const other of step.layout.lockCells) {
		const held = step.program.cells[other]?.lock;
		if (held?.rank === undefined || held.rank <= wanted.rank || !holdsAtAll(step.words[other] as number, step.thread))
			continue;
		step.fault = {
			kind: "lock_order",
			detail: `takes ${wanted.name} while holding ${held.name}, which comes after it in the lock hierarchy`,
			cell,
		};
		return false;
	}
	return true;
}

/** Gives a lock back, which must be held. The next program counter, or a marker. */
export function releaseLock(step: Execution, instruction: Body<"unlock">): number {
	const cell = step.cellOf(instruction.lock);
	if (cell < 0) return instruction.next;
	const word = step.words[cell] as number;
	const held = instruction.shared ? holdsShared(word, step.thread) : holdsExclusive(word, step.thread);
	if (!held) return step.misuse(cell, `${instruction.lock.text} is unlocked by a thread that does not hold it`);
	step.words[cell] = dropped(word, step.thread, instruction.shared);
	if (instruction.bit) {
		const wordCell = step.cellOf(instruction.bit.word);
		if (wordCell < 0) return instruction.next;
		const mask = 1 << step.value(instruction.bit.number);
		const before = step.words[wordCell] as number;
		// Somebody stored to the word and lost the bit: the lock was free for anybody.
		if ((before & mask) === 0)
			return step.misuse(
				cell,
				`${instruction.lock.text} is unlocked, but its bit in ${instruction.bit.word.text} is clear`,
			);
		step.write(wordCell, before & ~mask);
	}
	if (instruction.spinning) step.words[step.base + spinWord] = (step.words[step.base + spinWord] as number) - 1;
	if (instruction.spinning) quiesce(step);
	step.observer?.lock?.(cell, false, instruction.shared);
	return instruction.next;
}

/** Turns a lock held exclusively into one held shared. The next program counter, or a marker. */
export function downgradeLock(step: Execution, instruction: Body<"downgrade">): number {
	const cell = step.cellOf(instruction.lock);
	if (cell < 0) return instruction.next;
	const word = step.words[cell] as number;
	if (!holdsExclusive(word, step.thread)) {
		return step.misuse(cell, `${instruction.lock.text} is downgraded by a thread that does not hold it exclusively`);
	}
	step.words[cell] = taken(dropped(word, step.thread, false), step.thread, true);
	step.observer?.lock?.(cell, true, true);
	return instruction.next;
}

/** Whether the thread itself holds a lock. The next program counter, or a marker. */
export function askWhetherHeld(step: Execution, instruction: Body<"holds">): number {
	const cell = step.cellOf(instruction.lock);
	if (cell < 0) return instruction.next;
	const word = step.words[cell] as number;
	const held = instruction.shared ? holdsAtAll(word, step.thread) : holdsExclusive(word, step.thread);
	step.setRegister(instruction.register, held ? 1 : 0);
	return instruction.next;
}
