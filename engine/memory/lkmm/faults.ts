/** What goes wrong in an execution of a Program: checks that fail, and accesses that see memory's end. */
import type { Fault } from "../access.ts";
import type { ProgramMemory } from "./programMemory.ts";
import type { ProgramFailure } from "./programRecorder.ts";
import { type EventKey, keyOf, type State, type ThreadPart } from "./state.ts";
import { EventKind, type PathEvent } from "./thread.ts";

/** A fault with where it shows: the thread's event, or the place just behind the first `after` events. */
export interface ProgramFault {
	readonly fault: Fault;
	readonly thread: number;
	/** How many events of the thread come before what went wrong, or are it. */
	readonly after: number;
	/** A use after free does not stop the thread. */
	readonly goesOn?: boolean;
	/** Index into `Program.sites`. */
	readonly site: number;
	/** The event that went wrong, where it is one. */
	readonly event?: EventKey;
	/** The event that made it wrong: the write that freed the memory. */
	readonly cause?: EventKey;
}

/** The first thing that is wrong in a partial execution, by thread and place. */
export function programFault(memory: ProgramMemory, state: State): ProgramFault | undefined {
	// What is read out of freed memory makes other things go wrong, too.
	const used = usedAfterFree(memory, state);
	if (used) return used;
	for (const [thread, part] of state.parts.entries()) {
		for (const check of part.path.checks) {
			if (check.failure === undefined || part.values[check.term] !== 0) continue;
			const { fault, site } = check.failure as ProgramFailure;
			return { fault: fault({ termValue: (term) => part.values[term] as number }), thread, after: check.after, site };
		}
	}
	return undefined;
}

/** An access whose place in coherence order is behind the end of the memory, and before a new beginning. */
function usedAfterFree(memory: ProgramMemory, state: State): ProgramFault | undefined {
	for (const [thread, part] of state.parts.entries()) {
		for (const [index, event] of part.path.events.entries()) {
			if (event.lifetime !== undefined || (event.kind !== EventKind.Read && event.kind !== EventKind.Write)) continue;
			const cause = endBefore(state, part, index, event, keyOf(thread, index));
			if (cause === undefined) continue;
			const cell = part.location[index] as number;
			const detail = memory.program.sites[event.source.pos]?.text ?? "";
			return {
				fault: { kind: "use_after_free", detail, cell, object: memory.program.cells[cell]?.object ?? -1 },
				thread,
				after: index + 1,
				goesOn: true,
				site: event.source.pos,
				event: keyOf(thread, index),
				cause,
			};
		}
	}
	return undefined;
}

/** The write that ended the memory which an event reads or writes. */
function endBefore(
	state: State,
	part: ThreadPart,
	index: number,
	event: PathEvent,
	key: EventKey,
): EventKey | undefined {
	const location = part.location[index] as number;
	if (location < 0) return undefined;
	const at = event.kind === EventKind.Read ? (part.rf[index] as number) : part.placed[index] === 1 ? key : -1;
	if (at < 0) return undefined;
	const order = state.order[location] as readonly EventKey[];
	for (let i = order.indexOf(at); i >= 0; i--) {
		const write = order[i] as EventKey;
		const { lifetime } = state.event(write);
		if (lifetime === "allocate") return undefined;
		if (lifetime === "free") return write;
	}
	return undefined;
}
