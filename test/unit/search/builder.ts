/** Small Programs by hand: objects with fields, threads as straight code with structured branches. */
import {
	type BinaryOperator,
	type Cell,
	cellStride,
	type Expression,
	type Instruction,
	type InstructionBody,
	type LockClass,
	type Marking,
	type ObjectLayout,
	objectAlignment,
	type Place,
	type Pool,
	type Program,
	type Property,
	type Site,
	type StructureInstance,
	type Thread,
	type Update,
} from "../../../engine/program/program.ts";
import type { ViolationKind } from "../../../engine/verdict/verdict.ts";

export const value = (constant: number): Expression => ({ op: "constant", value: constant });
export const register = (number: number): Expression => ({ op: "register", register: number });
export const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
	op: "binary",
	operator,
	left,
	right,
});
export const equal = (left: Expression, right: number): Expression => binary("equal", left, value(right));
export const not = (operand: Expression): Expression => ({ op: "unary", operator: "not", operand });

/** A field: a word with an initial value, or a lock. */
export type Field = number | LockClass;
export const lock = (name = "lock", rank?: number, spinning = false): LockClass => ({ name, rank, spinning });

export interface BuiltObject {
	readonly index: number;
	readonly name: string;
	readonly address: number;
	readonly structure: number;
	readonly fields: readonly string[];
	/** The field, named by the object itself. */
	at(field: string): Place;
	/** The field of whichever object of this type the register points to. */
	through(pointer: number, field: string): Place;
}

type WithoutNext = InstructionBody extends infer Body ? (Body extends unknown ? Omit<Body, "next"> : never) : never;

/** Instructions of one thread, in order. */
export class Code {
	readonly instructions: Instruction[] = [];
	readonly registers: Thread["registers"][number][] = [];
	private gluing = 0;

	register(name?: string): number {
		return this.registers.push({ name, display: { kind: "integer", signed: true } }) - 1;
	}

	emit(body: WithoutNext): number {
		const pc = this.instructions.length;
		// What no other thread can run before: the second and later instructions of `atomic`.
		const glued = this.gluing > 1;
		if (this.gluing > 0) this.gluing++;
		this.instructions.push({ next: pc + 1, ...body, site: 0, glued } as Instruction);
		return pc;
	}

	get isAtomic(): boolean {
		return this.gluing > 0;
	}

	/** One step. */
	atomic(body: () => void): void {
		const outermost = this.gluing === 0;
		if (outermost) this.gluing = 1;
		body();
		if (outermost) this.gluing = 0;
	}

	load(place: Place, marking: Marking = "once", into = this.register()): number {
		this.emit({ kind: "load", register: into, place, marking });
		return into;
	}

	store(place: Place, stored: number | Expression, marking: Marking = "once"): void {
		this.emit({ kind: "store", place, value: typeof stored === "number" ? value(stored) : stored, marking });
	}

	update(place: Place, update: Update, operand: number, ask = true): number {
		const into = this.register();
		this.emit({
			kind: "update",
			register: ask ? into : undefined,
			place,
			update,
			operand: value(operand),
			ordering: "full",
		});
		return into;
	}

	compareAndExchange(place: Place, old: number, fresh: number): number {
		const into = this.register();
		this.emit({
			kind: "update",
			register: into,
			place,
			update: "exchange",
			operand: value(fresh),
			compare: { value: value(old), unless: false },
			ordering: "full",
		});
		return into;
	}

	lock(
		place: Place,
		options: { shared?: boolean; spinning?: boolean; bit?: { word: Place; number: number }; queues?: boolean } = {},
	) {
		const queues = options.queues && !this.isAtomic ? { queues: "always" as const } : {};
		this.emit({ kind: "lock", lock: place, try: undefined, ...this.lockOptions(options), ...queues });
	}

	trylock(place: Place, options: { shared?: boolean; spinning?: boolean } = {}): number {
		const into = this.register();
		this.emit({ kind: "lock", lock: place, try: into, ...this.lockOptions(options) });
		return into;
	}

	unlock(place: Place, options: { shared?: boolean; spinning?: boolean; bit?: { word: Place; number: number } } = {}) {
		this.emit({ kind: "unlock", lock: place, ...this.lockOptions(options) });
	}

	private lockOptions(options: { shared?: boolean; spinning?: boolean; bit?: { word: Place; number: number } }) {
		const bit = options.bit && { word: options.bit.word, number: value(options.bit.number) };
		return { shared: options.shared ?? false, spinning: options.spinning ?? false, ...(bit ? { bit } : {}) };
	}

	check(condition: Expression, violation: ViolationKind = "assertion"): void {
		this.emit({ kind: "check", condition, violation, message: "it must hold" });
	}

	/** Waits until the place holds the value. */
	waitFor(place: Place, expected: number): void {
		this.atomic(() => {
			const got = this.load(place);
			this.emit({ kind: "await", condition: equal(register(got), expected) });
		});
	}

	when(condition: Expression, then: () => unknown, otherwise: () => unknown = () => {}): void {
		const branch = this.emit({ kind: "branch", condition, then: 0, otherwise: 0 } as never);
		const thenAt = this.instructions.length;
		then();
		const over = this.emit({ kind: "fence", fence: "compiler" });
		const otherwiseAt = this.instructions.length;
		otherwise();
		const end = this.instructions.length;
		this.patch(branch, { then: thenAt, otherwise: otherwiseAt });
		this.patch(over, { next: end });
	}

	/** Repeats the body for ever; `leave(condition)` inside it goes on after the loop where the condition holds. */
	loop(body: (leave: (condition: Expression) => void) => unknown): void {
		const start = this.instructions.length;
		const exits: number[] = [];
		body((condition) => {
			const at = this.emit({ kind: "branch", condition, then: 0, otherwise: 0 } as never);
			this.patch(at, { otherwise: at + 1 });
			exits.push(at);
		});
		const back = this.emit({ kind: "fence", fence: "compiler" });
		this.patch(back, { next: start });
		for (const exit of exits) this.patch(exit, { then: this.instructions.length });
	}

	rcu(body: () => unknown): void {
		this.emit({ kind: "context", context: "rcu", change: 1 });
		body();
		this.emit({ kind: "context", context: "rcu", change: -1 });
	}

	synchronize(gracePeriod: number): void {
		this.emit({ kind: "grace_period_begin", gracePeriod });
		this.emit({ kind: "grace_period_end", gracePeriod });
	}

	free(pointer: Expression): void {
		this.emit({ kind: "free", pointer, text: "object" });
	}

	private patch(at: number, targets: { then?: number; otherwise?: number; next?: number }): void {
		Object.assign(this.instructions[at] as Instruction, targets);
	}
}

/** Collects objects, threads and properties, and gives the Program. */
export class Builder {
	private readonly structures: string[] = [];
	private readonly cells: Cell[] = [];
	private readonly instances: StructureInstance[] = [];
	private readonly objects: ObjectLayout[] = [];
	private readonly pools: { name: string; objects: number[]; typesafeByRcu: boolean }[] = [];
	private readonly threads: Thread[] = [];
	private readonly properties: Property[] = [];
	private init: Thread | undefined;
	private nextAddress = 16 * objectAlignment;
	private gracePeriods = 0;
	detectDataRaces = false;
	detectLeaks = false;

	object(name: string, fields: Record<string, Field>, options: { type?: string; pool?: number } = {}): BuiltObject {
		const type = options.type ?? name;
		let structure = this.structures.indexOf(type);
		if (structure < 0) structure = this.structures.push(type) - 1;
		const address = this.nextAddress;
		this.nextAddress += objectAlignment;
		const pool = options.pool ?? -1;
		const index = this.objects.push({ name, type, address, pool, initiallyLive: pool < 0, thread: -1 }) - 1;
		if (pool >= 0) this.pools[pool]?.objects.push(index);
		this.instances.push({ address, structure, object: index, field: "" });
		const names = Object.keys(fields);
		names.forEach((field, offset) => {
			const what = fields[field] as Field;
			const isLock = typeof what !== "number";
			this.cells.push({
				address: address + offset * cellStride,
				object: index,
				field,
				type: isLock ? "spinlock_t" : "unsigned long",
				display: isLock ? { kind: "lock" } : { kind: "integer", signed: true },
				initial: isLock ? 0 : what,
				...(isLock ? { lock: what } : {}),
			});
		});
		const place = (base: Expression, field: string): Place => ({
			base,
			offset: value(names.indexOf(field) * cellStride),
			structure,
			text: `${name}->${field}`,
		});
		return {
			index,
			name,
			address,
			structure,
			fields: names,
			at: (field) => place(value(address), field),
			through: (pointer, field) => place(register(pointer), field),
		};
	}

	pool(name: string, typesafeByRcu = false): number {
		return this.pools.push({ name, objects: [], typesafeByRcu }) - 1;
	}

	gracePeriod(): number {
		return this.gracePeriods++;
	}

	thread(name: string, write: (code: Code) => unknown, kind: Thread["kind"] = "thread", cpu?: number): number {
		return this.threads.push(this.finish(name, write, kind, cpu ?? this.threads.length)) - 1;
	}

	setInit(write: (code: Code) => unknown): void {
		this.init = this.finish("init", write, "thread", 0);
	}

	/** `write` leaves the result in register 0. */
	property(
		property: Property["property"],
		write: (code: Code, result: number) => unknown,
		variables: Property["variables"] = [],
	): void {
		const code = this.finish(
			property,
			(inner) => {
				const result = inner.register("result");
				for (const variable of variables) while (inner.registers.length <= variable.register) inner.register();
				inner.emit({ kind: "fence", fence: "compiler" });
				inner.atomic(() => {
					inner.emit({ kind: "fence", fence: "compiler" });
					write(inner, result);
				});
			},
			"thread",
			0,
		);
		this.properties.push({ property, text: "property", location: code.location, code, variables });
	}

	/** A property about one word. */
	claim(property: Property["property"], place: Place, expected: number, holds = true): void {
		this.property(property, (code, result) => {
			const got = code.load(place);
			const same = equal(register(got), expected);
			code.emit({ kind: "assign", register: result, value: holds ? same : not(same) });
		});
	}

	private finish(name: string, write: (code: Code) => unknown, kind: Thread["kind"], cpu: number): Thread {
		const code = new Code();
		write(code);
		code.emit({ kind: "end" });
		const line = this.threads.length + 1;
		const location = { file: "built.mmscn", line, column: 1, endLine: line, endColumn: 2 };
		return { name, cpu, kind, location, instructions: code.instructions, entry: 0, registers: code.registers };
	}

	build(): Program {
		const sites: Site[] = [];
		const withSites = (thread: Thread): Thread => ({
			...thread,
			instructions: thread.instructions.map((instruction) => {
				const site = sites.push({
					location: thread.location,
					callStack: [],
					text: `${thread.name}: ${instruction.kind}`,
					rules: [],
				});
				return { ...instruction, site: site - 1 };
			}),
		});
		const threads = this.threads.map(withSites);
		const init = this.init && withSites(this.init);
		return {
			scenario: "built",
			check: "built",
			memory: "sc",
			kernelVersion: { major: 6, minor: 12 },
			parameters: {},
			structures: this.structures,
			cells: this.cells,
			instances: this.instances,
			objects: this.objects,
			pools: this.pools as Pool[],
			sites,
			init,
			threads,
			gracePeriods: this.gracePeriods,
			properties: this.properties,
			detectDataRaces: this.detectDataRaces,
			detectLeaks: this.detectLeaks,
			expect: ["safe"],
		};
	}
}

/** A Program in one expression. */
export function built(write: (builder: Builder) => void): Program {
	const builder = new Builder();
	write(builder);
	return builder.build();
}
