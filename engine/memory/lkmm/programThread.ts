/**
 * A thread of a Program as paths of events. What has no counterpart in the Linux-kernel memory model ends the path as
 * unsupported: then the exploration is not complete, and says why.
 *
 * Memory that is freed is a write of its own to every cell of the object, so that use after free is what it is in weak
 * memory: an access that sees, or comes in coherence order after, the write of the one who freed it.
 */
import type { Instruction, Program } from "../../program/program.ts";
import { updated } from "../expression.ts";
import { heldExclusively, LockRecorder } from "./lockRecorder.ts";
import { postDominators } from "./postDominators.ts";
import { freed, live, originOf, type ProgramMemory } from "./programMemory.ts";
import { type Body, type Code, different, same } from "./programRecorder.ts";
import { countedLocks, reachableWrites, type Writes } from "./programWrites.ts";
import { noLoads, unionOf } from "./recorder.ts";
import { EventKind, type Path, type PathEnd, type Term, type Thread } from "./thread.ts";

/** How often a path may come by the same branch before it is cut off. */
export const branchVisitsMaximum = 12;
/** Events of one thread's path. */
export const pathEventsMaximum = 250;
/** Instructions of one path. */
const pathInstructionsMaximum = 20_000;

/** The paths of a thread of the Program. */
export function programThread(memory: ProgramMemory, index: number): Thread {
	const code: Code = {
		memory,
		index,
		joins: postDominators((memory.program.threads[index] as Program["threads"][number]).instructions),
		writes: reachableWrites(memory, index),
		counted: countedLocks(memory.program),
		nextId: 0,
	};
	let first: Path | undefined;
	return {
		name: memory.program.threads[index]?.name ?? "",
		start() {
			first ??= new ThreadRecorder(code).begin();
			return first;
		},
	};
}

type Follow = (alternative: number, recorder: ThreadRecorder) => void;

/** Conditions that are never left behind: waits. */
const never = -2;

class ThreadRecorder extends LockRecorder {
	private readonly visits: Map<number, number>;
	private instructionsDone: number;

	constructor(code: Code, parent?: ThreadRecorder) {
		super(code, parent);
		this.visits = new Map(parent?.visits);
		this.instructionsDone = parent?.instructionsDone ?? 0;
	}

	/** The path from the thread's start. A callback first waits for being started. */
	begin(): Path {
		if (this.thread.kind !== "callback") return this.run();
		this.counter++;
		this.source = { text: `start of ${this.thread.name}`, pos: 0, end: 0 };
		const started = this.read("acquire", this.fixed(this.code.memory.startAddress(this.code.index)));
		const term = this.readResult(started).term;
		return this.path(
			this.choice(
				term,
				2,
				(alternative, recorder) => {
					if (alternative === 0) recorder.pc = notStarted;
					recorder.takeArguments = alternative === 1;
					recorder.control(never, [started]);
				},
				{ join: never },
			),
		);
	}

	private takeArguments = false;

	private run(): Path {
		return this.path(this.advance());
	}

	private path(end: PathEnd): Path {
		return { id: this.code.nextId++, events: this.events, terms: this.terms, checks: this.checks, end };
	}

	private advance(): PathEnd {
		if (this.pc === notStarted) return this.finished();
		if (this.takeArguments) this.receiveArguments();
		for (;;) {
			if (this.events.length >= pathEventsMaximum)
				return blocked(`${this.thread.name} makes more than ${pathEventsMaximum} accesses`);
			if (this.instructionsDone++ > pathInstructionsMaximum)
				return blocked(`${this.thread.name} does not come to an end`);
			this.leaveControls((join) => join === this.pc);
			const instruction = this.thread.instructions[this.pc] as Instruction;
			const site = this.program.sites[instruction.site];
			this.counter++;
			this.source = { text: site?.text ?? "", pos: instruction.site, end: instruction.site };
			this.origin = originOf(this.code.index, this.pc);
			this.glued = instruction.glued;
			if (instruction.kind === "end") {
				this.endChecks(instruction);
				return this.finished();
			}
			const end = this.step(instruction);
			if (end) return end;
		}
	}

	private finished(): PathEnd {
		return {
			kind: "finished",
			registers: new Map(this.registers.map(({ term }, register) => [String(register), term])),
		};
	}

	private receiveArguments(): void {
		this.takeArguments = false;
		for (const register of callbackArguments(this.program, this.code.index)) {
			const read = this.read("once", this.fixed(this.code.memory.argumentAddress(this.code.index, register)));
			this.set(register, this.readResult(read));
		}
	}

	/** Does one instruction and moves on; returns where the path ends, if it does. */
	private step(instruction: Instruction): PathEnd | undefined {
		switch (instruction.kind) {
			case "assign":
				this.set(instruction.register, this.evaluate(instruction.value, instruction.site));
				break;
			case "branch":
				return this.branch(instruction);
			case "choose":
				return this.choice(undefined, instruction.high - instruction.low + 1, (alternative, recorder) => {
					recorder.set(instruction.register, recorder.fixed(instruction.low + alternative));
					recorder.pc = instruction.next;
				});
			case "check": {
				const condition = this.evaluate(instruction.condition, instruction.site);
				this.check(condition, instruction.site, () => ({ kind: instruction.violation, detail: instruction.message }));
				break;
			}
			case "await":
				return this.wait(instruction);
			case "might_sleep":
				if (this.inAtomic())
					this.fail(instruction.site, { kind: "sleep_in_atomic", detail: `${instruction.what} may sleep here` });
				break;
			case "fence":
				this.event(fences[instruction.fence]);
				break;
			case "holds": {
				const place = this.place(instruction.lock, instruction.site);
				this.set(instruction.register, this.holds(place, instruction.shared));
				break;
			}
			case "context_get":
				this.set(instruction.register, this.fixed(this.context(instruction.context)));
				break;
			case "load": {
				const raceAllowed = instruction.marking === "data_race";
				const place = this.place(instruction.place, instruction.site);
				const read = this.access(EventKind.Read, tags[instruction.marking], place, { raceAllowed, glued: this.glued });
				this.set(instruction.register, this.readResult(read));
				break;
			}
			case "reload":
				return this.choice(undefined, 2, (alternative, recorder) => {
					if (alternative === 1) {
						const read = recorder.read("plain", recorder.place(instruction.place, instruction.site));
						recorder.set(instruction.register, recorder.readResult(read));
					}
					recorder.pc = instruction.next;
				});
			case "store": {
				const value = this.evaluate(instruction.value, instruction.site);
				const { term, data } = value;
				const raceAllowed = instruction.marking === "data_race";
				const place = this.place(instruction.place, instruction.site);
				this.access(EventKind.Write, tags[instruction.marking], place, { term, data, raceAllowed, glued: this.glued });
				break;
			}
			case "update":
				return this.update(instruction);
			case "lock":
				return this.lock(instruction);
			case "unlock":
				return this.unlock(instruction);
			case "is_locked":
				if (this.isCounted(instruction)) {
					const read = this.readResult(this.read("once", this.place(instruction.lock, instruction.site)));
					this.set(instruction.register, { ...read, term: this.apply(different, read.term, this.constant(0)) });
					break;
				}
				return this.choice(undefined, 2, (locked, recorder) => {
					const place = recorder.place(instruction.lock, instruction.site);
					const event = recorder.access(locked === 1 ? EventKind.SawLocked : EventKind.SawUnlocked, "once", place, {});
					recorder.set(instruction.register, { ...recorder.fixed(locked), data: [event] });
					recorder.pc = instruction.next;
				});
			case "context":
				this.changeContext(instruction);
				break;
			case "context_set": {
				const value = this.known(this.evaluate(instruction.value, instruction.site).term);
				if (value === undefined) return unsupported("an irq state that is read from memory");
				this.asReader(() => {
					this.irq = value !== 0 ? 1 : 0;
				});
				break;
			}
			case "grace_period_begin":
				break;
			case "grace_period_end":
				// Waits for itself.
				if (this.isReader()) return { kind: "waiting", on: noLoads };
				this.event(EventKind.GracePeriod);
				break;
			case "call_rcu":
				this.callRcu(instruction);
				break;
			case "allocate":
				return this.allocate(instruction);
			case "free":
				return this.free(instruction);
			case "downgrade": {
				const place = this.place(instruction.lock, instruction.site);
				const at = this.heldIndex(place);
				const held = this.held[at];
				if (!held || held.shared) {
					this.fail(instruction.site, {
						kind: "lock_misuse",
						detail: `${instruction.lock.text} is downgraded by a thread that does not hold it exclusively`,
					});
					break;
				}
				this.held[at] = { ...held, shared: true };
				this.count(place, "release", 1 - heldExclusively);
				break;
			}
			case "irqs_disabled_on":
				return unsupported("waiting for another CPU's interrupts");
			case "end":
				return undefined;
		}
		this.pc = instruction.next;
		return undefined;
	}

	// ------------------------------------------------------------------------------------------------- control

	private branch(instruction: Body<"branch">): PathEnd | undefined {
		const condition = this.evaluate(instruction.condition, instruction.site);
		const loads = unionOf(condition.data, condition.control);
		const join = this.code.joins[this.pc] as number;
		const follow: Follow = (taken, recorder) => {
			recorder.control(join, loads);
			recorder.pc = taken === 0 ? instruction.otherwise : instruction.then;
		};
		const known = this.known(condition.term);
		if (known !== undefined) {
			follow(known === 0 ? 0 : 1, this);
			return undefined;
		}
		const visits = (this.visits.get(this.pc) ?? 0) + 1;
		this.visits.set(this.pc, visits);
		if (visits > branchVisitsMaximum)
			return blocked(`${this.thread.name} goes round a loop more than ${branchVisitsMaximum} times`);
		return this.choice(condition.term, 2, follow, { join });
	}

	private wait(instruction: Body<"await">): PathEnd | undefined {
		const condition = this.evaluate(instruction.condition, instruction.site);
		const known = this.known(condition.term);
		const go: Follow = (_, recorder) => {
			recorder.control(never, unionOf(condition.data, condition.control));
			recorder.pc = instruction.next;
		};
		const waiting: PathEnd = { kind: "waiting", on: condition.data };
		if (known === 0) return waiting;
		if (known !== undefined) {
			go(1, this);
			return undefined;
		}
		return this.choice(condition.term, 2, go, {
			join: never,
			instead: (alternative) => (alternative === 0 ? waiting : undefined),
		});
	}

	/** `join`: where the branches that the choice controls come together; undefined when it controls nothing. */
	protected override choice(
		condition: number | undefined,
		alternatives: number,
		follow: Follow,
		{
			join,
			instead,
			alternativeOf,
		}: {
			join?: number;
			instead?: (alternative: number) => PathEnd | undefined;
			alternativeOf?: (value: number) => number;
		} = {},
	): PathEnd {
		const taken: (Path | undefined)[] = [];
		const writes = this.code.writes[Math.max(this.pc, 0)] as Writes;
		return {
			kind: "choice",
			condition,
			alternatives,
			...(alternativeOf && { alternativeOf }),
			mayWrite: (address) => writes.addresses.has(address),
			mayWritePlainly: (address) => writes.plain.has(address),
			mayRunAhead: this.runningAhead(condition, join),
			take: (alternative) => {
				const known = taken[alternative];
				if (known) return known;
				const recorder = new ThreadRecorder(this.code, this);
				const end = instead?.(alternative);
				if (!end) follow(alternative, recorder);
				const path = end ? recorder.path(end) : recorder.run();
				taken[alternative] = path;
				return path;
			},
		};
	}

	/** Which writes from here on do not have to wait for the condition: they stand behind its branches, or an access is plain. */
	private runningAhead(condition: number | undefined, join: number | undefined): (address: number) => boolean {
		if (condition === undefined) return () => false;
		const { writes } = this.code;
		const here = writes[Math.max(this.pc, 0)] as Writes;
		const readsPlainly = this.loadsOf(condition).some((load) => this.events[load]?.tag === "plain");
		const behind = join === undefined || readsPlainly ? here : join < 0 ? undefined : writes[join];
		return (address) => here.plain.has(address) || (behind?.addresses.has(address) ?? false);
	}

	private loadsOf(term: number): number[] {
		const found = this.terms[term] as Term;
		if (found.kind === "constant") return [];
		if (found.kind === "read") return [found.event];
		const parts = found.kind === "select" ? [found.condition, found.then, found.otherwise] : [found.a, found.b];
		return parts.flatMap((part) => this.loadsOf(part));
	}

	// ------------------------------------------------------------------------------------------------- accesses

	private update(instruction: Body<"update">): PathEnd | undefined {
		const tag = orderings[instruction.ordering];
		const place = this.place(instruction.place, instruction.site);
		const operand = this.evaluate(instruction.operand, instruction.site);
		const read = this.access(EventKind.Read, tag, place, { atomic: true, glued: this.glued });
		const old = this.readResult(read);
		const { update, compare, register } = instruction;
		const store = (recorder: ThreadRecorder, after: readonly number[]) => {
			if (update === "exchange") recorder.write(tag, place, operand, read, after);
			else {
				const term = recorder.apply((a, b) => updated(update, a, b), old.term, operand.term);
				recorder.write(tag, place, { term, data: unionOf([read], operand.data), control: noLoads }, read, after);
			}
		};
		const done = (recorder: ThreadRecorder) => {
			if (register !== undefined) recorder.set(register, old);
			recorder.pc = instruction.next;
		};
		if (!compare) {
			store(this, noLoads);
			done(this);
			return undefined;
		}
		const value = this.evaluate(compare.value, instruction.site);
		const succeeds = this.apply(compare.unless ? different : same, old.term, value.term);
		return this.choice(succeeds, 2, (taken, recorder) => {
			if (taken === 1) store(recorder, value.data);
			done(recorder);
		});
	}

	// ------------------------------------------------------------------------------------------------- lifetimes

	private callRcu(instruction: Body<"call_rcu">): void {
		const { memory } = this.code;
		for (const { register, value } of instruction.arguments) {
			this.write(
				"once",
				this.fixed(memory.argumentAddress(instruction.thread, register)),
				this.evaluate(value, instruction.site),
			);
		}
		this.counter++;
		this.write("release", this.fixed(memory.startAddress(instruction.thread)), this.fixed(1));
		this.counter++;
	}

	/** Each object of the pool is an alternative; that none is free is one more. */
	private allocate(instruction: Body<"allocate">): PathEnd {
		const { memory } = this.code;
		const pool = memory.program.pools[instruction.pool];
		const objects = pool?.objects ?? [];
		return this.choice(undefined, objects.length + 1, (alternative, recorder) => {
			const object = objects[alternative];
			const require = (term: number, data: readonly number[]) => recorder.assume({ term, data, control: noLoads });
			if (object === undefined) {
				for (const other of objects) {
					const read = recorder.read("once", recorder.fixed(memory.lifetimeAddress(other)));
					require(recorder.apply(same, recorder.readResult(read).term, recorder.constant(live)), [read]);
				}
				recorder.set(instruction.register, recorder.fixed(0));
			} else {
				const place = recorder.fixed(memory.lifetimeAddress(object));
				const read = recorder.read("acquire", place, true);
				require(recorder.apply(different, recorder.readResult(read).term, recorder.constant(live)), [read]);
				recorder.write("acquire", place, recorder.fixed(live), read);
				recorder.counter++;
				if (pool && !pool.typesafeByRcu) recorder.mark(object, "allocate", noLoads);
				recorder.set(instruction.register, recorder.fixed(memory.program.objects[object]?.address ?? 0));
			}
			recorder.counter++;
			recorder.pc = instruction.next;
		});
	}

	private free(instruction: Body<"free">): PathEnd | undefined {
		const { memory } = this.code;
		const pointer = this.evaluate(instruction.pointer, instruction.site);
		const { objects } = memory.program;
		const [ofNull, ofNothing, ofFirst] = [0, 1, 2];
		const alternativeOf = (value: number) => {
			const object = objects.findIndex(({ address }) => address === value);
			return value === 0 ? ofNull : object < 0 ? ofNothing : ofFirst + object;
		};
		const follow: Follow = (alternative, recorder) => {
			recorder.pc = instruction.next;
			if (alternative === ofNull) return;
			const object = alternative - ofFirst;
			if (alternative === ofNothing) {
				recorder.fail(instruction.site, {
					kind: "invalid_free",
					detail: `${instruction.text} is not the start of an object`,
				});
				return;
			}
			// The memory ends before its next owner can have it: see `allocate`.
			if (memory.layout.typesafe[object] !== 1) recorder.mark(object, "free", pointer.data);
			recorder.counter++;
			const place = { ...recorder.fixed(memory.lifetimeAddress(object)), data: pointer.data };
			const read = recorder.read("release", place, true);
			const old = recorder.readResult(read);
			recorder.check(
				{ ...old, term: recorder.apply(same, old.term, recorder.constant(live)) },
				instruction.site,
				() => ({
					kind: "double_free",
					detail: instruction.text,
					object,
				}),
			);
			recorder.write("release", place, recorder.fixed(freed), read);
			recorder.counter++;
		};
		const known = this.known(pointer.term);
		if (known !== undefined) {
			follow(alternativeOf(known), this);
			return undefined;
		}
		return this.choice(pointer.term, ofFirst + objects.length, follow, { alternativeOf });
	}

	/** Writes that stand for an object's end, or its new beginning. */
	private mark(object: number, lifetime: "free" | "allocate", moreAddress: readonly number[]): void {
		const { memory } = this.code;
		for (const cell of memory.cellsOf(object)) {
			const { address, initial } = memory.program.cells[cell] as Program["cells"][number];
			const term = this.constant(lifetime === "free" ? 0 : initial);
			this.access(EventKind.Write, "once", this.fixed(address), { term, lifetime, moreAddress });
		}
	}
}

/** Program counter of a callback that nobody started. */
const notStarted = -1;

const unsupported = (what: string): PathEnd => ({
	kind: "blocked",
	reason: `${what} cannot be searched under lkmm`,
	unsupported: true,
});
const blocked = (reason: string): PathEnd => ({ kind: "blocked", reason });

const tags = {
	plain: "plain",
	once: "once",
	acquire: "acquire",
	release: "release",
	dereference: "once",
	data_race: "plain",
} as const;
const orderings = {
	noreturn: "noreturn",
	relaxed: "once",
	acquire: "acquire",
	release: "release",
	full: "full",
} as const;
const fences = {
	mb: EventKind.FullFence,
	rmb: EventKind.ReadFence,
	wmb: EventKind.WriteFence,
	before_atomic: EventKind.BeforeAtomic,
	after_atomic: EventKind.AfterAtomic,
	after_spinlock: EventKind.AfterSpinlock,
	after_unlock_lock: EventKind.AfterUnlockLock,
	barrier: EventKind.CompilerFence,
	compiler: EventKind.CompilerFence,
} as const;

/** Registers in which a callback thread gets its arguments. */
function callbackArguments(program: Program, thread: number): number[] {
	for (const { instructions } of program.threads) {
		for (const instruction of instructions) {
			if (instruction.kind === "call_rcu" && instruction.thread === thread)
				return instruction.arguments.map(({ register }) => register);
		}
	}
	return [];
}
