/**
 * A lock is one word: 0 when free and nobody waits; the exclusive holder's thread number + 1 in the low seven bits; then a bit
 * that says that a writer waits in the queue; then a bit for each thread that holds it shared.
 *
 * A rw_semaphore or rwlock with a writer in its queue lets no more readers join those that hold it, and no trylock succeeds:
 * kernel/locking/rwsem.c (RWSEM_READ_FAILED_MASK), kernel/locking/qrwlock.c. While nobody holds it, whoever comes first may
 * still take it ("lock stealing"). Who gets the lock as a writer clears the bit; other writers in the queue set it again.
 */
import type { InstructionBody } from "../program/program.ts";

type LockInstruction = Extract<InstructionBody, { kind: "lock" }>;

/** A lock word can remember this many threads, init and callbacks included. */
export const lockThreadsMax = 24;

const holderBits = 8;
/** Bits of a lock word that name its exclusive holder. */
export const holderMask = 0x7f;
/** Bit of a lock word: a writer waits. */
export const writerWaits = 0x80;
/** Bits of a lock word other than that one: who holds it, shared or exclusively. */
export const anyHolder = ~writerWaits;
/** Bits of a lock word that stand for holders who share it. */
export const anySharedHolder = ~(holderMask | writerWaits);

/** Bit of a lock word for a thread that holds the lock shared. */
export const sharedBit = (thread: number): number => 1 << (holderBits + thread);
/** Thread that holds the lock exclusively, or -1. */
export const exclusiveHolder = (word: number): number => (word & holderMask) - 1;
/** Whether this thread is among the shared holders. */
export const holdsShared = (word: number, thread: number): boolean => (word & sharedBit(thread)) !== 0;
export const holdsExclusive = (word: number, thread: number): boolean => (word & holderMask) === thread + 1;
export const holdsAtAll = (word: number, thread: number): boolean =>
	holdsExclusive(word, thread) || holdsShared(word, thread);
/** Whether anybody holds the lock. */
export const isHeld = (word: number): boolean => (word & anyHolder) !== 0;

/** Whether a thread could take the lock now, as the instruction asks for it. */
export function available(word: number, demand: LockInstruction): boolean {
	const tries = demand.try !== undefined;
	if (!demand.shared) return tries ? word === 0 : !isHeld(word);
	if ((word & holderMask) !== 0) return false;
	if (tries) return (word & writerWaits) === 0;
	return demand.barges === true || (word & writerWaits) === 0 || (word & anySharedHolder) === 0;
}

/** The word after a thread has taken the lock. */
export const taken = (word: number, thread: number, shared: boolean): number =>
	shared ? word | sharedBit(thread) : thread + 1;
/** The word after a thread has given the lock back. */
export const dropped = (word: number, thread: number, shared: boolean): number =>
	shared ? word & ~sharedBit(thread) : word & ~holderMask;

/** Whether a writer who cannot have the lock now may go into its queue. */
export const mayQueue = (word: number, { queues }: LockInstruction): boolean =>
	queues !== undefined && (word & writerWaits) === 0 && (queues === "always" || (word & anySharedHolder) !== 0);

/** Threads that hold the lock shared. */
export const sharedHolders = (word: number): number[] => {
	const holders: number[] = [];
	for (let thread = 0; thread < lockThreadsMax; thread++) if (holdsShared(word, thread)) holders.push(thread);
	return holders;
};

/** Threads that hold the lock shared, as a bit mask. */
export const sharedHolderMask = (word: number): number => word >>> holderBits;

/** The word with each holder under another number: `numbers[thread]`. */
export function renamedHolders(word: number, numbers: Uint8Array): number {
	const holder = exclusiveHolder(word);
	let renamed = (word & writerWaits) | (holder < 0 ? 0 : (numbers[holder] as number) + 1);
	for (let rest = sharedHolderMask(word), thread = 0; rest !== 0; rest >>>= 1, thread++)
		if ((rest & 1) !== 0) renamed |= sharedBit(numbers[thread] as number);
	return renamed;
}
