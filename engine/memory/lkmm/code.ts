/** Code of a thread as a list of instructions over registers, and its paths: the front ends compile to this. */
import { noLoads, PathRecorder, type Recorded, unionOf } from "./recorder.ts";
import { EventKind, type EventSource, type Path, type PathEnd, type Tag, type Thread } from "./thread.ts";

export type Operand =
	| { readonly kind: "constant"; readonly value: number }
	| { readonly kind: "register"; readonly register: number }
	| {
			readonly kind: "apply";
			readonly operation: (a: number, b: number) => number;
			readonly a: Operand;
			readonly b: Operand;
	  };

export type Instruction = InstructionBody & {
	/** Accesses of one statement are ordered only as far as they need one another's values. */
	readonly statement: number;
	readonly source: EventSource;
};

export type InstructionBody =
	| { readonly op: "assign"; readonly register: number; readonly value: Operand }
	| { readonly op: "load"; readonly register: number; readonly address: Operand; readonly tag: Tag }
	| { readonly op: "store"; readonly address: Operand; readonly value: Operand; readonly tag: Tag }
	| {
			readonly op: "exchange";
			readonly register: number | undefined;
			readonly address: Operand;
			readonly value: Operand;
			readonly tag: Tag;
	  }
	| {
			readonly op: "update";
			readonly register: number | undefined;
			readonly result: "old" | "new";
			readonly address: Operand;
			readonly operand: Operand;
			readonly operation: (old: number, operand: number) => number;
			readonly tag: Tag;
	  }
	| {
			readonly op: "compare_exchange";
			readonly register: number | undefined;
			readonly address: Operand;
			readonly expected: Operand;
			readonly desired: Operand;
			readonly tag: Tag;
	  }
	/** The register gets 1 when the addition was done, else 0. */
	| {
			readonly op: "add_unless";
			readonly register: number | undefined;
			readonly address: Operand;
			readonly addend: Operand;
			readonly unless: Operand;
			readonly tag: Tag;
	  }
	| { readonly op: "fence"; readonly fence: EventKind }
	| { readonly op: "lock" | "unlock" | "synchronize_srcu"; readonly address: Operand }
	| { readonly op: "try_lock" | "is_locked"; readonly register: number | undefined; readonly address: Operand }
	/** Falls through when the condition is not 0; controls everything before `join`. `reads`: registers that the condition's statement reads. */
	| {
			readonly op: "branch";
			readonly condition: Operand;
			readonly reads: readonly number[];
			readonly otherwise: number;
			readonly join: number;
	  }
	| { readonly op: "jump"; readonly to: number };

export interface ThreadCode {
	readonly name: string;
	readonly instructions: readonly Instruction[];
	/** Initial value of every register. */
	readonly registers: readonly { readonly name: string | undefined; readonly initial: number }[];
}

/** Limit of the events of one thread: a path that reaches it is cut off and the exploration is not complete. */
export const threadEventsMaximum = 250;

/** The threads' paths of `code`, recorded as they are asked for. */
export function threadOf(code: ThreadCode): Thread {
	const writes = reachableWrites(code);
	let paths = 0;
	let first: Path | undefined;
	return {
		name: code.name,
		start() {
			first ??= new Recorder(code, writes, () => paths++).run();
			return first;
		},
	};
}

class Recorder extends PathRecorder {
	private readonly code: ThreadCode;
	private readonly writes: readonly (ReadonlySet<number> | undefined)[];
	private readonly nextId: () => number;
	private registers: Recorded[];
	private statement = -1;
	private pc = 0;

	constructor(
		code: ThreadCode,
		writes: readonly (ReadonlySet<number> | undefined)[],
		nextId: () => number,
		parent?: Recorder,
	) {
		super();
		this.code = code;
		this.writes = writes;
		this.nextId = nextId;
		if (parent) {
			this.continueFrom(parent);
			this.registers = [...parent.registers];
			this.statement = parent.statement;
			this.pc = parent.pc;
		} else {
			this.registers = code.registers.map(({ initial }) => ({
				term: this.constant(initial),
				data: noLoads,
				control: noLoads,
			}));
		}
	}

	/** Records up to the next choice or the end. */
	run(): Path {
		const end = this.advance();
		return { id: this.nextId(), events: this.events, terms: this.terms, checks: this.checks, end };
	}

	private advance(): PathEnd {
		const { instructions } = this.code;
		while (this.pc < instructions.length) {
			if (this.events.length >= threadEventsMaximum) {
				return { kind: "blocked", reason: `${this.code.name} makes more than ${threadEventsMaximum} accesses` };
			}
			this.leaveControls((join) => join <= this.pc);
			const instruction = instructions[this.pc] as Instruction;
			if (instruction.statement !== this.statement) {
				this.statement = instruction.statement;
				this.counter++;
			}
			this.source = instruction.source;
			const choice = this.step(instruction);
			if (choice) return choice;
		}
		const registers = new Map<string, number>();
		for (const [index, { name }] of this.code.registers.entries()) {
			if (name !== undefined) registers.set(name, (this.registers[index] as Recorded).term);
		}
		return { kind: "finished", registers };
	}

	/** Does one instruction and moves on, or returns the choice that it makes. */
	private step(instruction: Instruction): PathEnd | undefined {
		switch (instruction.op) {
			case "assign": {
				this.set(instruction.register, this.evaluate(instruction.value));
				break;
			}
			case "jump":
				this.pc = instruction.to;
				return undefined;
			case "branch":
				return this.branch(instruction);
			case "load": {
				const read = this.read(instruction.tag, this.evaluate(instruction.address));
				this.set(instruction.register, this.readResult(read));
				break;
			}
			case "store":
				this.write(instruction.tag, this.evaluate(instruction.address), this.evaluate(instruction.value));
				break;
			case "exchange":
			case "update":
				this.readModifyWrite(instruction);
				break;
			case "compare_exchange":
			case "add_unless":
				return this.conditionalUpdate(instruction);
			case "fence":
				this.event(instruction.fence);
				break;
			case "lock":
				this.takeLock(this.evaluate(instruction.address));
				break;
			case "unlock":
				this.access(EventKind.Unlock, "release", this.evaluate(instruction.address), {});
				break;
			case "synchronize_srcu":
				this.access(EventKind.SleepableGracePeriod, "plain", this.evaluate(instruction.address), {});
				break;
			case "try_lock":
			case "is_locked":
				return this.choice(undefined, 2, (taken, recorder) => recorder.lockState(instruction, taken));
		}
		this.pc++;
		return undefined;
	}

	private branch(instruction: Instruction & { op: "branch" }): PathEnd | undefined {
		const condition = this.evaluate(instruction.condition);
		const read = instruction.reads.map((register) => this.registers[register] as Recorded);
		const loads = unionOf(condition.data, condition.control, ...read.map((r) => r.data), ...read.map((r) => r.control));
		const follow = (taken: number, recorder: Recorder) => {
			recorder.control(instruction.join, loads);
			recorder.pc = taken === 0 ? instruction.otherwise : recorder.pc + 1;
		};
		const known = this.known(condition.term);
		if (known !== undefined) {
			follow(known === 0 ? 0 : 1, this);
			return undefined;
		}
		return this.choice(condition.term, 2, follow);
	}

	private readModifyWrite(instruction: Instruction & { op: "exchange" | "update" }): void {
		const { register, tag } = instruction;
		const operand = this.evaluate(instruction.op === "exchange" ? instruction.value : instruction.operand);
		const place = this.evaluate(instruction.address);
		const read = this.read(tag, place, true);
		const result = this.readResult(read);
		if (instruction.op === "exchange") {
			this.write(tag, place, operand, read);
			if (register !== undefined) this.set(register, result);
			return;
		}
		// The write depends on the read by data, but not on the address: its own read half does.
		const term = this.apply(instruction.operation, result.term, operand.term);
		const data = unionOf([read], operand.data);
		this.access(EventKind.Write, tag, place, {
			atomic: true,
			readHalf: read,
			term,
			data,
			addressless: true,
		});
		if (register === undefined) return;
		const returned = instruction.result === "old" ? result.term : term;
		this.set(register, { term: returned, data, control: operand.control });
	}

	private conditionalUpdate(instruction: Instruction & { op: "compare_exchange" | "add_unless" }): PathEnd {
		const { register, tag } = instruction;
		const compare = this.evaluate(instruction.op === "compare_exchange" ? instruction.expected : instruction.unless);
		const place = this.evaluate(instruction.address);
		const read = this.read(tag, place, true);
		const old = this.readResult(read);
		const isEqual = this.apply(equal, old.term, compare.term);
		if (instruction.op === "compare_exchange") {
			return this.choice(isEqual, 2, (taken, recorder) => {
				if (taken === 1) recorder.write(tag, place, recorder.evaluate(instruction.desired), read, compare.data);
				if (register !== undefined) recorder.set(register, old);
				recorder.pc++;
			});
		}
		return this.choice(this.apply(notEqual, old.term, compare.term), 2, (taken, recorder) => {
			if (taken === 1) {
				const addend = recorder.evaluate(instruction.addend);
				// What is added counts as an address in herd7's add_unless.
				recorder.access(EventKind.Write, tag, place, {
					atomic: true,
					readHalf: read,
					term: recorder.apply(plus, old.term, addend.term),
					data: [read],
					moreAddress: addend.data,
					extraAfter: compare.data,
				});
			}
			if (register !== undefined) {
				recorder.set(register, {
					term: recorder.constant(taken),
					data: unionOf([read], compare.data),
					control: compare.control,
				});
			}
			recorder.pc++;
		});
	}

	private lockState(instruction: Instruction & { op: "try_lock" | "is_locked" }, taken: number): void {
		const { register, address, op } = instruction;
		if (op === "try_lock" && taken === 1) {
			this.takeLock(this.evaluate(address));
			if (register !== undefined) this.set(register, { term: this.constant(1), data: noLoads, control: noLoads });
		} else {
			const seen = op === "try_lock" || taken === 1 ? EventKind.SawLocked : EventKind.SawUnlocked;
			const event = this.access(seen, "once", this.evaluate(address), {});
			if (register !== undefined) this.set(register, { term: this.constant(taken), data: [event], control: noLoads });
		}
		this.pc++;
	}

	private choice(
		condition: number | undefined,
		alternatives: number,
		follow: (taken: number, recorder: Recorder) => void,
	): PathEnd {
		const taken: (Path | undefined)[] = [];
		const writes = this.writes[this.pc];
		return {
			kind: "choice",
			condition,
			alternatives,
			mayWrite: (address) => writes?.has(address) ?? true,
			mayWritePlainly: (address) => writes?.has(address) ?? true,
			mayRunAhead: (address) => writes?.has(address) ?? true,
			take: (alternative) => {
				let path = taken[alternative];
				if (!path) {
					const recorder = new Recorder(this.code, this.writes, this.nextId, this);
					follow(alternative, recorder);
					path = recorder.run();
					taken[alternative] = path;
				}
				return path;
			},
		};
	}

	private set(register: number, { term, data, control }: Recorded): void {
		this.registers[register] = { term, data, control: unionOf(control, this.controlling()) };
	}

	private evaluate(operand: Operand): Recorded {
		if (operand.kind === "constant") return { term: this.constant(operand.value), data: noLoads, control: noLoads };
		if (operand.kind === "register") return this.registers[operand.register] as Recorded;
		const a = this.evaluate(operand.a);
		const b = this.evaluate(operand.b);
		return {
			term: this.apply(operand.operation, a.term, b.term),
			data: unionOf(a.data, b.data),
			control: unionOf(a.control, b.control),
		};
	}
}

const equal = (a: number, b: number): number => (a === b ? 1 : 0);
const notEqual = (a: number, b: number): number => (a === b ? 0 : 1);
const plus = (a: number, b: number): number => a + b;

/** For each instruction, the addresses that it or what follows may write; undefined where one is not known beforehand. */
function reachableWrites(code: ThreadCode): (ReadonlySet<number> | undefined)[] {
	const { instructions } = code;
	const assigned = new Set(
		instructions.flatMap((i) => ("register" in i && i.register !== undefined ? [i.register] : [])),
	);
	const known = (operand: Operand): number | undefined => {
		if (operand.kind === "constant") return operand.value;
		if (operand.kind === "register")
			return assigned.has(operand.register) ? undefined : code.registers[operand.register]?.initial;
		const a = known(operand.a);
		const b = known(operand.b);
		return a === undefined || b === undefined ? undefined : operand.operation(a, b);
	};
	const own = instructions.map((instruction): number | "any" | undefined => {
		if (!("address" in instruction) || instruction.op === "load" || instruction.op === "is_locked") return undefined;
		return known(instruction.address) ?? "any";
	});
	const result: (Set<number> | undefined)[] = instructions.map(() => new Set<number>());
	const at = (pc: number): Set<number> | undefined => (pc < instructions.length ? result[pc] : new Set());
	for (let changed = true; changed; ) {
		changed = false;
		for (let pc = instructions.length - 1; pc >= 0; pc--) {
			const before = result[pc];
			if (!before) continue;
			const instruction = instructions[pc] as Instruction;
			const next =
				instruction.op === "jump"
					? [instruction.to]
					: instruction.op === "branch"
						? [pc + 1, instruction.otherwise]
						: [pc + 1];
			const sets = next.map(at);
			if (own[pc] === "any" || sets.includes(undefined)) {
				result[pc] = undefined;
				changed = true;
				continue;
			}
			const size = before.size;
			if (own[pc] !== undefined) before.add(own[pc] as number);
			for (const set of sets) for (const address of set ?? []) before.add(address);
			if (before.size !== size) changed = true;
		}
	}
	return result;
}
