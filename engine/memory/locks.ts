/**
 * A lock is one word: 0 when free; the exclusive holder's thread number + 1 in the low eight bits; a bit for each thread
 * that holds it shared above them.
 */

/** A lock word can remember this many threads, init and callbacks included. */
export const lockThreadsMax = 24;

const holderBits = 8;
const holderMask = (1 << holderBits) - 1;

/** Thread that holds the lock exclusively, or -1. */
export const exclusiveHolder = (word: number): number => (word & holderMask) - 1;
/** Whether this thread is among the shared holders. */
export const holdsShared = (word: number, thread: number): boolean => (word & (1 << (holderBits + thread))) !== 0;
export const holdsExclusive = (word: number, thread: number): boolean => (word & holderMask) === thread + 1;
export const holdsAtAll = (word: number, thread: number): boolean =>
	holdsExclusive(word, thread) || holdsShared(word, thread);
/** Whether a thread could take the lock now. */
export const available = (word: number, shared: boolean): boolean => (shared ? (word & holderMask) === 0 : word === 0);
export const taken = (word: number, thread: number, shared: boolean): number =>
	shared ? word | (1 << (holderBits + thread)) : thread + 1;
export const dropped = (word: number, thread: number, shared: boolean): number =>
	shared ? word & ~(1 << (holderBits + thread)) : word & ~holderMask;
/** Threads that hold the lock shared. */
export const sharedHolders = (word: number): number[] => {
	const holders: number[] = [];
	for (let thread = 0; thread < lockThreadsMax; thread++) if (holdsShared(word, thread)) holders.push(thread);
	return holders;
};
