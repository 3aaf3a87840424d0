/** Lock words, readers and contexts as Promela sees them; engine/memory/locks.ts has the words' layout. */
import { anyHolder, anySharedHolder, holderMask, sharedBit, writerWaits } from "../memory/locks.ts";
import type { Instruction, InstructionBody, Program } from "../program/program.ts";

type LockInstruction = Extract<InstructionBody, { kind: "lock" }>;

/** Macros over a lock word and a thread's number. */
export const lockMacros: Readonly<Record<string, string>> = {
	SHAREABLE: `#define SHAREABLE(lock) (((lock) & ${holderMask}) == 0 && (((lock) & ${writerWaits}) == 0 || ((lock) & ${anySharedHolder}) == 0))`,
	FREE: `#define FREE(lock) (((lock) & ${anyHolder}) == 0)`,
	HOLDS: "#define HOLDS(lock, me) (OWNS(lock, me) || SHARES(lock, me))",
	SHARES: `#define SHARES(lock, me) (((lock) & (${sharedBit(0)} << (me))) != 0)`,
	OWNS: `#define OWNS(lock, me) (((lock) & ${holderMask}) == (me) + 1)`,
};

/** Whether a thread holds a lock, exclusively or (with `shared`) in any way. */
export const holdsText = (word: string, thread: number, shared: boolean): string =>
	`${shared ? "HOLDS" : "OWNS"}(${word}, ${thread})`;

/** Whether a thread holds a lock in just this way: what unlocking asks for. */
export const ownsText = (word: string, thread: number, shared: boolean): string =>
	`${shared ? "SHARES" : "OWNS"}(${word}, ${thread})`;

/** Whether a lock can be had, as the instruction asks for it (`available` in engine/memory/locks.ts). */
export function freeText(word: string, instruction: LockInstruction): string {
	const tries = instruction.try !== undefined;
	if (!instruction.shared) return tries ? `${word} == 0` : `FREE(${word})`;
	if (tries) return `(${word} & ${holderMask | writerWaits}) == 0`;
	return instruction.barges ? `(${word} & ${holderMask}) == 0` : `SHAREABLE(${word})`;
}

/** Whether a writer that cannot have the lock may go into its queue. */
export function mayQueueText(word: string, instruction: LockInstruction): string {
	if (instruction.queues === undefined) return "false";
	const notYet = `(${word} & ${writerWaits}) == 0`;
	return instruction.queues === "always" ? `(${notYet})` : `(${notYet} && (${word} & ${anySharedHolder}) != 0)`;
}

/** The word after a thread has taken the lock, or has given it back, or after a writer has gone into its queue. */
export const takenText = (word: string, thread: number, shared: boolean): string =>
	shared ? `${word} | ${sharedBit(thread)}` : String(thread + 1);
export const droppedText = (word: string, thread: number, shared: boolean): string =>
	shared ? `${word} & ~${sharedBit(thread)}` : `${word} & ~${holderMask}`;
export const queuedText = (word: string): string => `${word} | ${writerWaits}`;

const contexts = ["irq", "preempt", "rcu", "spin"] as const;
export type ContextName = (typeof contexts)[number];

/** Contexts that some thread ever enters; nobody needs the others. */
export function contextsOf(program: Program): readonly ContextName[] {
	const enters = (name: ContextName) => (instruction: Instruction) =>
		(instruction.kind === "context" && instruction.context === name) ||
		(instruction.kind === "context_set" && name === "irq") ||
		(instruction.kind === "lock" && instruction.spinning && name === "spin");
	return contexts.filter((name) => program.threads.some((thread) => thread.instructions.some(enters(name))));
}

/** Whether a thread is a reader: what a grace period waits for. */
export function readerText(used: readonly ContextName[], thread: number, word: (name: string) => string): string {
	const tests = used.map((context) => `${word(`${context}[${thread}]`)} != 0`);
	return tests.length === 0 ? "false" : `(${tests.join(" || ")})`;
}

/** Bit mask of the threads that are readers. */
export function readersText(program: Program, used: readonly ContextName[], word: (name: string) => string): string {
	if (used.length === 0) return "0";
	return `(${program.threads.map((_, thread) => `(${readerText(used, thread, word)} -> ${1 << thread} : 0)`).join(" | ")})`;
}

/** Whether a thread on the CPU has interrupts off. */
export function irqsOffText(
	program: Program,
	used: readonly ContextName[],
	cpu: string,
	word: (name: string) => string,
): string {
	if (!used.includes("irq")) return "0";
	const tests = program.threads.flatMap((thread, index) =>
		thread.kind === "thread" ? [`(${cpu} == ${thread.cpu} && ${word(`irq[${index}]`)} != 0)`] : [],
	);
	return tests.length === 0 ? "0" : `(${tests.join(" || ")})`;
}

/** Condition under which a CPU mate keeps a thread off their CPU. */
export const heldOffText = (used: readonly ContextName[], mate: number): string[] =>
	used.filter((context) => context !== "rcu").map((context) => `${context}[${mate}] == 0`);
