/** Which instructions some interleaving executes: a "safe" about code that never ran says little. */

import type { Observer } from "../memory/interpreted/execution.ts";
import type { Machine, Outcome } from "../memory/sc.ts";
import type { Program } from "../program/program.ts";
import type { Location } from "../verdict/verdict.ts";
import { forEachStart, forEachStep } from "./successors.ts";

/** For each thread of the program, and then for init, a 1 for each instruction that ran. */
export type Coverage = readonly Uint8Array[];

/**
 * Explores every state again and notes what runs. `statesMax` bounds it; undefined when that is not enough, or when
 * `cancelled` says so.
 */
export function coverageOf(machine: Machine, statesMax: number, cancelled?: () => boolean): Coverage | undefined {
	const { program } = machine;
	const threads = program.init ? [...program.threads, program.init] : program.threads;
	const covered = threads.map((thread) => new Uint8Array(thread.instructions.length));
	// Executed by the step under way; it counts only if the step can be taken.
	const running: { thread: number; pc: number }[] = [];
	const observer: Observer = {
		begin: () => {
			running.length = 0;
		},
		instruction: (thread, pc) => void running.push({ thread, pc }),
	};
	const taken = () => {
		for (const { thread, pc } of running) (covered[thread] as Uint8Array)[pc] = 1;
	};
	return observeAll(machine, statesMax, observer, taken, cancelled) ? covered : undefined;
}

/**
 * Takes every step of every reachable state once, in no particular order, with an observer listening; `taken` is called after
 * each that can be taken. False when `statesMax` is not enough, or when `cancelled` says so.
 */
export function observeAll(
	machine: Machine,
	statesMax: number,
	observer: Observer,
	taken: () => void,
	cancelled?: () => boolean,
): boolean {
	const known = new Set<string>();
	const queue: Int32Array[] = [];
	const into = new Int32Array(machine.layout.words);
	const halves = new Uint16Array(into.buffer);
	const take = (outcome: Outcome) => {
		taken();
		if (outcome.kind !== "done") return true;
		// The words themselves are the key: states are compared whole.
		const key = String.fromCharCode(...halves);
		if (known.has(key)) return true;
		known.add(key);
		queue.push(Int32Array.from(into));
		return true;
	};
	forEachStart(machine, into, take, observer);
	for (let from = queue.pop(); from; from = queue.pop()) {
		if (known.size > statesMax || ((known.size & 255) === 0 && cancelled?.())) return false;
		for (let thread = 0; thread < machine.program.threads.length; thread++) {
			forEachStep(machine, from, thread, into, take, observer);
		}
	}
	return true;
}

/** A statement of a thread or of init, and whether some interleaving reached it. */
export interface ReachedStatement {
	readonly location: Location;
	readonly text: string;
	readonly reached: boolean;
	/** The parameters leave it out: nothing of it is in the program. */
	readonly leftOut: boolean;
}

/** What steers, and is settled by the parameters: its statements are what is left out. */
const steers = /^(if|while|for|switch|do|return|goto)\b/;

/** The threads' own statements that have something to execute, in the order of the program; then those that the parameters leave out. */
export function statementsReached(program: Program, coverage: Coverage): ReachedStatement[] {
	const statements = new Map<string, { location: Location; text: string; reached: boolean; leftOut: boolean }>();
	const keyOf = ({ file, line, column }: Location) => `${file}:${line}:${column}`;
	const threads = program.init ? [...program.threads, program.init] : program.threads;
	threads.forEach((thread, index) => {
		thread.instructions.forEach((instruction, pc) => {
			const statement = program.sites[instruction.site]?.statement;
			if (!statement || instruction.kind === "end") return;
			const { location, text } = statement;
			const known = statements.get(keyOf(location)) ?? { location, text, reached: false, leftOut: false };
			if (coverage[index]?.[pc]) known.reached = true;
			statements.set(keyOf(location), known);
		});
	});
	for (const { statement } of program.sites) {
		// Without a call or an access it may have been folded into others, and run with them.
		if (!statement || steers.test(statement.text) || !/\w\s*\(|->/.test(statement.text)) continue;
		const key = keyOf(statement.location);
		if (!statements.has(key)) statements.set(key, { ...statement, reached: false, leftOut: true });
	}
	return [...statements.values()];
}
