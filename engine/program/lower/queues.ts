/**
 * Which writers go into the queue of a lock that they cannot have. Lowering marks all that take a rw_semaphore or rwlock; a
 * step into a queue that nobody could notice is none.
 */
import type { Instruction, Property, Thread } from "../program.ts";

type LockInstruction = Extract<Instruction, { kind: "lock" }>;

/** A bit lock has no readers, and its queue is not in its word. */
const maySee = (instruction: Instruction): boolean =>
	instruction.kind === "is_locked" ||
	(instruction.kind === "lock" && instruction.try !== undefined && !instruction.bit);

/**
 * The threads, with the steps into queues that they or the code of the properties could notice; RCU callbacks, which are softirqs,
 * read past them.
 */
export function withQueues(threads: readonly Thread[], properties: readonly Property[]): Thread[] {
	const all = [...threads, ...properties.map(({ code }) => code)].flatMap((thread) => thread.instructions);
	const shares = all.some(
		(instruction) => (instruction.kind === "lock" && instruction.shared) || instruction.kind === "downgrade",
	);
	const tells = all.some(maySee);
	const needed = (instruction: LockInstruction): Instruction => {
		const { queues, ...lock } = instruction;
		// Inside `atomic { }` it is all or nothing.
		if (queues === undefined || lock.glued || !(shares || tells)) return lock;
		return { ...lock, queues: tells ? "always" : "behind_readers" };
	};
	return threads.map((thread) => ({
		...thread,
		instructions: thread.instructions.map((instruction) => {
			if (instruction.kind !== "lock") return instruction;
			if (instruction.shared && instruction.spinning && thread.kind === "callback")
				return { ...instruction, barges: true };
			return needed(instruction);
		}),
	}));
}
