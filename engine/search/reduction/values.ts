/**
 * Which words each register and each cell may ever hold: a flow-insensitive analysis over sets of constants (Kildall, POPL 1973;
 * for pointers this is Andersen's, 1994). It errs on the side of too many: what it says a place cannot be, it cannot be.
 */
import { resolve } from "../../memory/access.ts";
import { DivisionByZero, evaluateBinary } from "../../memory/expression.ts";
import { type Layout, live } from "../../memory/layout.ts";
import { updated } from "../../memory/sc.ts";
import {
	type BinaryOperator,
	type Expression,
	type Instruction,
	objectAlignment,
	type Place,
	type Program,
	type Thread,
} from "../../program/program.ts";

/** A set of words; undefined: it may be any. */
export type Values = ReadonlySet<number> | undefined;

/** Words in a set before it is taken for "any". */
export const valuesMax = 48;

/** What a place may be. */
export interface Target {
	/** Cells that it may be. */
	readonly cells: readonly number[];
	/** Objects whose lifetime decides whether, or how, touching it is a fault. */
	readonly objects: readonly number[];
}

const booleans: Values = new Set([0, 1]);
const comparisons: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
	"equal",
	"not_equal",
	"less",
	"less_equal",
	"less_unsigned",
	"less_equal_unsigned",
]);

/** Words in a growing set; `any` once there are too many. */
class Growing {
	any = false;
	readonly values = new Set<number>([0]);

	get now(): Values {
		return this.any ? undefined : this.values;
	}

	/** Whether it grew. */
	add(values: Values): boolean {
		if (this.any) return false;
		const before = this.values.size;
		if (values) for (const value of values) this.values.add(value);
		if (!values || this.values.size > valuesMax) this.any = true;
		return this.any || this.values.size > before;
	}
}

export class ValueAnalysis {
	private readonly program: Program;
	private readonly layout: Layout;
	/** Threads, then init, then the code of properties. */
	private readonly codes: readonly Thread[];
	private readonly registers: readonly (readonly Growing[])[];
	private readonly cells: readonly Growing[];
	private readonly alive: Int32Array;
	private changed = true;

	constructor(program: Program, layout: Layout) {
		this.program = program;
		this.layout = layout;
		this.codes = [
			...program.threads,
			...(program.init ? [program.init] : []),
			...program.properties.map((property) => property.code),
		];
		this.registers = this.codes.map((code) => code.registers.map(() => new Growing()));
		this.cells = program.cells.map((cell) => {
			const values = new Growing();
			values.add(new Set([cell.initial]));
			// Who holds a lock is not followed.
			if (cell.lock) values.add(undefined);
			return values;
		});
		this.alive = new Int32Array(layout.words).fill(live, layout.lifetimes, layout.lifetimes + program.objects.length);
		while (this.changed) {
			this.changed = false;
			this.codes.forEach((code, index) => {
				for (const instruction of code.instructions) this.flow(index, instruction);
			});
			this.flowIntoProperties();
		}
	}

	/** Index of a property's code among the codes of `target` and `values`. */
	codeOfProperty(property: number): number {
		return this.program.threads.length + (this.program.init ? 1 : 0) + property;
	}

	/** What an expression in one of the codes may be. */
	values(code: number, expression: Expression): Values {
		switch (expression.op) {
			case "constant":
				return new Set([expression.value]);
			case "register":
				return this.registers[code]?.[expression.register]?.now;
			case "unary": {
				if (expression.operator === "not") return booleans;
				const operand = this.values(code, expression.operand);
				const negates = expression.operator === "negate";
				return operand && new Set([...operand].map((value) => (negates ? -value | 0 : ~value)));
			}
			case "binary":
				return binaryValues(
					expression.operator,
					this.values(code, expression.left),
					this.values(code, expression.right),
				);
			case "select": {
				const then = this.values(code, expression.then);
				const otherwise = this.values(code, expression.otherwise);
				return then && otherwise && limited(new Set([...then, ...otherwise]));
			}
		}
	}

	/** What a place in one of the codes may be. */
	target(code: number, place: Place): Target {
		const bases = this.values(code, place.base);
		const offsets = this.values(code, place.offset);
		if (!bases || !offsets) return this.anywhere(place, bases, offsets);
		const cells = new Set<number>();
		const objects = new Set<number>();
		for (const base of bases) {
			for (const offset of offsets) this.touch(base, offset, place.structure, cells, objects);
		}
		return { cells: [...cells], objects: [...objects] };
	}

	private touch(base: number, offset: number, structure: number, cells: Set<number>, objects: Set<number>): void {
		const found = resolve(this.program, this.layout, this.alive, base, offset, structure, "");
		if (typeof found === "number") {
			cells.add(found);
			objects.add(this.program.cells[found]?.object ?? 0);
			return;
		}
		const pointer = structure < 0 ? (base + offset) | 0 : base;
		const start = pointer & -objectAlignment;
		const object = start > 0 ? (this.layout.objectAt[start / objectAlignment] ?? -1) : -1;
		if (object >= 0) objects.add(object);
	}

	private anywhere(place: Place, bases: Values, offsets: Values): Target {
		const cells = new Set<number>();
		const objects = new Set(this.program.objects.map((_, object) => object));
		if (place.structure < 0) return { cells: this.program.cells.map((_, cell) => cell), objects: [...objects] };
		const starts = bases ?? new Set(this.program.instances.map((instance) => instance.address));
		for (const start of starts) {
			const all = offsets ?? new Set(this.program.cells.map((cell) => cell.address - start));
			for (const offset of all) this.touch(start, offset, place.structure, cells, objects);
		}
		return { cells: [...cells], objects: [...objects] };
	}

	private set(code: number, register: number | undefined, values: Values): void {
		if (register !== undefined && this.registers[code]?.[register]?.add(values)) this.changed = true;
	}

	private write(cells: readonly number[], values: Values): void {
		for (const cell of cells) if (this.cells[cell]?.add(values)) this.changed = true;
	}

	private read(cells: readonly number[]): Values {
		const union = new Set<number>();
		for (const cell of cells) {
			const values = this.cells[cell]?.now;
			if (!values) return undefined;
			for (const value of values) union.add(value);
		}
		return limited(union);
	}

	private flow(code: number, instruction: Instruction): unknown {
		switch (instruction.kind) {
			case "assign":
				return this.set(code, instruction.register, this.values(code, instruction.value));
			case "choose": {
				const count = instruction.high - instruction.low + 1;
				const all =
					count > valuesMax ? undefined : Array.from({ length: count }, (_, index) => instruction.low + index);
				return this.set(code, instruction.register, all && new Set(all));
			}
			case "load":
			case "reload":
				return this.set(code, instruction.register, this.read(this.target(code, instruction.place).cells));
			case "store":
				return this.write(this.target(code, instruction.place).cells, this.values(code, instruction.value));
			case "update": {
				const operand = this.values(code, instruction.operand);
				for (const cell of this.target(code, instruction.place).cells) {
					const before = this.cells[cell]?.now;
					this.set(code, instruction.register, before);
					this.write(
						[cell],
						combined(before, operand, (one, two) => updated(instruction.update, one, two)),
					);
				}
				return undefined;
			}
			case "lock":
			case "unlock":
				this.set(code, instruction.kind === "lock" ? instruction.try : undefined, booleans);
				if (instruction.bit) this.flowBit(code, instruction.bit, instruction.kind === "lock");
				return undefined;
			case "holds":
			case "is_locked":
			case "irqs_disabled_on":
				return this.set(code, instruction.register, booleans);
			case "context_get":
				return this.set(code, instruction.register, undefined);
			case "allocate": {
				const objects = this.program.pools[instruction.pool]?.objects ?? [];
				const addresses = objects.map((object) => this.program.objects[object]?.address ?? 0);
				return this.set(code, instruction.register, limited(new Set(addresses)));
			}
			case "call_rcu":
				for (const argument of instruction.arguments)
					this.set(instruction.thread, argument.register, this.values(code, argument.value));
				return;
			default:
				return undefined;
		}
	}

	private flowBit(code: number, bit: { word: Place; number: Expression }, sets: boolean): void {
		const numbers = this.values(code, bit.number);
		for (const cell of this.target(code, bit.word).cells) {
			const change = (word: number, number: number) => (sets ? word | (1 << number) : word & ~(1 << number));
			this.write([cell], combined(this.cells[cell]?.now, numbers, change));
		}
	}

	private flowIntoProperties(): void {
		this.program.properties.forEach((property, index) => {
			for (const variable of property.variables)
				this.set(this.codeOfProperty(index), variable.register, this.registers[variable.thread]?.[variable.of]?.now);
		});
	}
}

const limited = (values: ReadonlySet<number>): Values => (values.size > valuesMax ? undefined : values);

function combined(one: Values, two: Values, combine: (one: number, two: number) => number): Values {
	if (!one || !two) return undefined;
	const values = new Set<number>();
	for (const first of one) {
		for (const second of two) {
			values.add(combine(first, second));
			if (values.size > valuesMax) return undefined;
		}
	}
	return values;
}

function binaryValues(operator: BinaryOperator, left: Values, right: Values): Values {
	if (comparisons.has(operator)) return booleans;
	if (operator === "and" && (!left || !right)) return masked(left ?? right);
	return combined(left, right, (one, two) => {
		try {
			return evaluateBinary(operator, one, two);
		} catch (error) {
			if (error instanceof DivisionByZero) return 0;
			throw error;
		}
	});
}

/** Any word, masked: all combinations of the mask's bits, when they are few. */
function masked(masks: Values): Values {
	if (!masks) return undefined;
	const values = new Set<number>([0]);
	for (const mask of masks) {
		// Enumerates the subsets of the mask's bits.
		for (let part = mask; part !== 0; part = (part - 1) & mask) {
			values.add(part);
			if (values.size > valuesMax) return undefined;
		}
	}
	return values;
}
