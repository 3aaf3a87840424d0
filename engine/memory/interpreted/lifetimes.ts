/** Lives that begin and end: of objects, of RCU callbacks, of threads. */
import type { InstructionBody } from "../../program/program.ts";
import { finished, freed, irqWord, live, notStarted, pcWord, preemptWord, rcuWord, registersWord } from "../layout.ts";
import { holdsAtAll, isHeld } from "../locks.ts";
import { readers } from "./contexts.ts";
import { callbackBusy, type Execution } from "./execution.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** Starts the callback, which waits for the readers of now. The next program counter, or a marker. */
export function callRcu(step: Execution, instruction: Body<"call_rcu">): number {
	const target = step.layout.threads[instruction.thread] as number;
	const callback = step.program.threads[instruction.thread];
	if (!callback || step.words[target + pcWord] !== notStarted) return callbackBusy;
	for (const argument of instruction.arguments) {
		step.words[target + registersWord + argument.register] = step.value(argument.value);
	}
	step.words[step.layout.gracePeriods + instruction.gracePeriod] = readers(step);
	step.words[target + pcWord] = callback.entry;
	return instruction.next;
}

/** An object of the pool that is free, whichever; 0 when none is. The next program counter, or a marker. */
export function allocateObject(step: Execution, instruction: Body<"allocate">): number {
	const pool = step.program.pools[instruction.pool];
	const available = (pool?.objects ?? []).filter((object) => step.words[step.layout.lifetimes + object] !== live);
	const object = available.length > 0 ? available[step.choose(available.length)] : undefined;
	if (object === undefined) {
		step.setRegister(instruction.register, 0);
		return instruction.next;
	}
	setLifetime(step, object, live);
	step.setRegister(instruction.register, step.program.objects[object]?.address ?? 0);
	return instruction.next;
}

function setLifetime(step: Execution, object: number, lifetime: number): void {
	const at = step.layout.lifetimes + object;
	const before = step.words[at] as number;
	step.words[at] = lifetime;
	step.observer?.lifetime?.(object, before, lifetime);
}

/** Ends the life of an object. The next program counter, or a marker. */
export function freeObject(step: Execution, instruction: Body<"free">): number {
	const pointer = step.value(instruction.pointer);
	if (pointer === 0) return instruction.next;
	const object = step.program.objects.findIndex((candidate) => candidate.address === pointer);
	if (object < 0) {
		step.fault = { kind: "invalid_free", detail: `${instruction.text} is not the start of an object` };
		return instruction.next;
	}
	if (step.words[step.layout.lifetimes + object] !== live) {
		step.fault = { kind: "double_free", detail: instruction.text, object };
		return instruction.next;
	}
	// Memory that is type-safe by RCU stays a lock: a reader may hold it for a moment, until it sees that it came too late.
	const typesafe = step.layout.typesafe[object] === 1;
	for (const cell of step.layout.lockCells) {
		const lock = step.words[cell] as number;
		if (step.program.cells[cell]?.object === object && (typesafe ? holdsAtAll(lock, step.thread) : lock !== 0)) {
			const name = step.program.cells[cell]?.lock?.name ?? "its lock";
			return step.misuse(
				cell,
				isHeld(lock)
					? `${instruction.text} is freed while ${name} is held`
					: `${instruction.text} is freed while somebody waits for ${name}`,
			);
		}
	}
	setLifetime(step, object, freed);
	return instruction.next;
}

/** The end of a thread; nothing may be left open. The next program counter, or a marker. */
export function endThread(step: Execution): number {
	const word = (offset: number) => step.words[step.base + offset] as number;
	if (step.thread < step.program.threads.length) {
		if (word(rcuWord) > 0)
			step.fault = { kind: "rcu_reader_left_open", detail: "the thread ends inside rcu_read_lock()" };
		else if (word(irqWord) > 0) step.fault = { kind: "lock_misuse", detail: "the thread ends with interrupts off" };
		else if (word(preemptWord) > 0) step.fault = { kind: "lock_misuse", detail: "the thread ends with preemption off" };
		const held = step.layout.lockCells.find((cell) => holdsAtAll(step.words[cell] as number, step.thread));
		if (held !== undefined && !step.fault) {
			return step.misuse(held, `the thread ends holding ${step.program.cells[held]?.lock?.name ?? "a lock"}`);
		}
	}
	return step.program.threads[step.thread]?.kind === "callback" ? notStarted : finished;
}
