/**
 * Which words each register and each cell may ever hold: an analysis over sets of constants (Kildall, POPL 1973; for pointers this
 * is Andersen's, 1994). Cells are told apart by nothing but their addresses, registers by the writes that reach a read (webs.ts); code
 * that no value leads to counts for nothing (Wegman and Zadeck, TOPLAS 1991). It errs on the side of too many: what it says a place
 * cannot be, it cannot be.
 */
import { resolve } from "../../memory/access.ts";
import { DivisionByZero, evaluate, updated } from "../../memory/expression.ts";
import { type Layout, live } from "../../memory/layout.ts";
import { registersOfProperties, successors } from "../../program/liveness.ts";
import {
	type Expression,
	type Instruction,
	objectAlignment,
	type Place,
	type Program,
	type Thread,
} from "../../program/program.ts";
import { Webs } from "./webs.ts";
import { binaryValues, booleans, combined, Growing, limited, union, type Values, valuesMax } from "./wordSets.ts";

/** What a place may be. */
export interface Target {
	/** Cells that it may be. */
	readonly cells: readonly number[];
	/** Objects whose lifetime decides whether, or how, touching it is a fault. */
	readonly objects: readonly number[];
}

export class ValueAnalysis {
	private readonly program: Program;
	private readonly layout: Layout;
	/** Threads, then init, then the code of properties. */
	readonly codes: readonly Thread[];
	/** Of each code. */
	readonly webs: readonly Webs[];
	/** By code and variable, see webs.ts. */
	private readonly variables: readonly (readonly Growing[])[];
	private readonly cells: readonly Growing[];
	/** By code and program counter: 1 where some execution may come, as far as values say. */
	private readonly reached: readonly Uint8Array[];
	private readonly alive: Int32Array;
	private changed = true;
	private round = 0;

	constructor(program: Program, layout: Layout) {
		this.program = program;
		this.layout = layout;
		this.codes = [
			...program.threads,
			...(program.init ? [program.init] : []),
			...program.properties.map((property) => property.code),
		];
		const kept = registersOfProperties(program);
		this.webs = this.codes.map((code, index) => new Webs(code, kept[index] ?? new Set([0])));
		this.variables = this.webs.map((webs) => Array.from({ length: webs.count }, () => new Growing()));
		this.cells = program.cells.map((cell) => {
			const values = new Growing();
			values.add(new Set([cell.initial]), this.round);
			// Who holds a lock is not followed.
			if (cell.lock) values.add(undefined, this.round);
			return values;
		});
		this.alive = new Int32Array(layout.words).fill(live, layout.lifetimes, layout.lifetimes + program.objects.length);
		this.reached = this.codes.map((code) => new Uint8Array(code.instructions.length));
		this.codes.forEach((code, index) => {
			// Callbacks begin where they are queued.
			if (code.kind !== "callback") this.reach(index, code.entry);
		});
		while (this.changed) {
			this.changed = false;
			this.round++;
			this.eachInstruction((code, instruction, pc) => {
				this.flow(code, instruction, pc);
				this.goOn(code, instruction, pc);
			});
			this.flowIntoProperties();
		}
	}

	/** Whether some execution may come to an instruction of one of the codes. */
	reaches(code: number, pc: number): boolean {
		return this.reached[code]?.[pc] === 1;
	}

	/** Every instruction that some execution may come to, with the number of its code and its program counter. */
	eachInstruction(visit: (code: number, instruction: Instruction, pc: number) => void): void {
		this.codes.forEach((code, index) => {
			code.instructions.forEach((instruction, pc) => {
				if (this.reaches(index, pc)) visit(index, instruction, pc);
			});
		});
	}

	private reach(code: number, pc: number): void {
		const of = this.reached[code];
		if (!of || of[pc] === 1) return;
		of[pc] = 1;
		this.changed = true;
	}

	/** Whether an expression may be 0, or may be anything else. */
	private mayBe(code: number, expression: Expression, zero: boolean): boolean {
		const values = this.values(code, expression);
		if (!values) return true;
		for (const value of values) if ((value === 0) === zero) return true;
		return false;
	}

	/** Reaches what may follow an instruction. */
	private goOn(code: number, instruction: Instruction, pc: number): void {
		switch (instruction.kind) {
			case "check":
			case "await":
				if (this.mayBe(code, instruction.condition, false)) this.reach(code, instruction.next);
				return;
			case "branch": {
				const { then, otherwise, condition } = instruction;
				if (this.mayBe(code, condition, false)) this.reach(code, then);
				if (this.mayBe(code, condition, true)) this.reach(code, otherwise);
				this.refine(code, condition, pc);
				return;
			}
			case "call_rcu":
				this.reach(instruction.thread, this.codes[instruction.thread]?.entry ?? 0);
				break;
			default:
		}
		for (const next of successors(instruction)) this.reach(code, next);
	}

	/** Either side of a branch on one register keeps the values that lead there. */
	private refine(code: number, condition: Expression, pc: number): void {
		const webs = this.webs[code] as Webs;
		const branch = webs.branchAt(pc);
		if (!branch) return;
		const { register } = branch;
		const values = this.valuesOfVariable(code, webs.readAt(pc, register));
		const row = new Int32Array(register + 1);
		const holds = (value: number) => {
			row[register] = value;
			try {
				return evaluate(condition, row, 0) !== 0;
			} catch (error) {
				if (error instanceof DivisionByZero) return undefined;
				throw error;
			}
		};
		const those = (wanted: boolean) => values && new Set([...values].filter((value) => holds(value) === wanted));
		this.add(code, branch.then, those(true));
		this.add(code, branch.otherwise, those(false));
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
				return this.valuesOf(code, expression);
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

	private valuesOf(code: number, expression: Extract<Expression, { op: "register" }>): Values {
		const webs = this.webs[code] as Webs;
		const variable = webs.behind(expression);
		if (variable >= 0) return this.valuesOfVariable(code, variable);
		// A part of no instruction: whatever the register ever is.
		return union([...webs.all(expression.register)].map((one) => this.valuesOfVariable(code, one)));
	}

	private add(code: number, variable: number, values: Values): void {
		if (this.variables[code]?.[variable]?.add(values, this.round)) this.changed = true;
	}

	private write(cells: readonly number[], values: Values): void {
		for (const cell of cells) if (this.cells[cell]?.add(values, this.round)) this.changed = true;
	}

	private read(cells: readonly number[]): Values {
		return union(cells.map((cell) => this.valuesOfCell(cell)));
	}

	private flow(code: number, instruction: Instruction, pc: number): unknown {
		const written = (values: Values) => this.add(code, this.webs[code]?.writtenAt(pc, instruction) ?? 0, values);
		switch (instruction.kind) {
			case "assign":
				return written(this.values(code, instruction.value));
			case "choose": {
				const count = instruction.high - instruction.low + 1;
				const all =
					count > valuesMax ? undefined : Array.from({ length: count }, (_, index) => instruction.low + index);
				return written(all && new Set(all));
			}
			case "load":
			case "reload":
				return written(this.read(this.target(code, instruction.place).cells));
			case "store":
				return this.write(this.target(code, instruction.place).cells, this.values(code, instruction.value));
			case "update": {
				const operand = this.values(code, instruction.operand);
				for (const cell of this.target(code, instruction.place).cells) {
					const before = this.cells[cell]?.now;
					if (instruction.register !== undefined) written(before);
					this.write(
						[cell],
						combined(before, operand, (one, two) => updated(instruction.update, one, two)),
					);
				}
				return undefined;
			}
			case "lock":
			case "unlock":
				if (instruction.kind === "lock" && instruction.try !== undefined) written(booleans);
				if (instruction.bit) this.flowBit(code, instruction.bit, instruction.kind === "lock");
				return undefined;
			case "holds":
			case "is_locked":
			case "irqs_disabled_on":
				return written(booleans);
			case "context_get":
				return written(undefined);
			case "allocate": {
				const objects = this.program.pools[instruction.pool]?.objects ?? [];
				const addresses = objects.map((object) => this.program.objects[object]?.address ?? 0);
				return written(limited(new Set(addresses)));
			}
			case "call_rcu":
				for (const argument of instruction.arguments)
					this.addAtEntry(instruction.thread, argument.register, this.values(code, argument.value));
				return undefined;
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
				this.addAtEntry(
					this.codeOfProperty(index),
					variable.register,
					this.valuesOfVariable(variable.thread, this.webs[variable.thread]?.atEntry(variable.of) ?? 0),
				);
		});
	}

	/** What a cell may hold. */
	valuesOfCell(cell: number): Values {
		return this.cells[cell]?.now;
	}

	/** What a variable of one of the codes may hold. */
	valuesOfVariable(code: number, variable: number): Values {
		return this.variables[code]?.[variable]?.now;
	}

	private addAtEntry(code: number, register: number, values: Values): void {
		this.add(code, this.webs[code]?.atEntry(register) ?? 0, values);
	}
}
