/**
 * Whether exchanging two columns changes nothing but names: an automorphism of the state graph (Clarke, Emerson, Jha, Sistla 1993;
 * Ip and Dill 1993), shown for each program anew. docs/search.md has the conditions and why they are enough.
 *
 * Words have no types: which of them are addresses inside a column is found out here. A place that may hold one is *renamed* as a
 * whole, and everything computed from it must then be either the same or renamed itself, for each value that it may have.
 */
import { DivisionByZero, evaluateBinary, updated } from "../../memory/expression.ts";
import { type Layout, registersWord } from "../../memory/layout.ts";
import { registersOfProperties } from "../../program/liveness.ts";
import { cellStride, type Expression, type Instruction, type Place, type Program } from "../../program/program.ts";
import type { ValueAnalysis, Values } from "../reduction/values.ts";
import { type Column, type ColumnPointers, cellsOfObjects, objectOfWord } from "./columns.ts";

/** Pairs of values that one operation is tried on, at the most. */
const pairsMax = 20_000;

/** Thrown where exchanging columns may change more than names. */
class Distinguished extends Error {}

/** The exchange of the first column with another one. */
interface Exchange {
	readonly threads: ReadonlyMap<number, number>;
	readonly gracePeriods: ReadonlyMap<number, number>;
	readonly cells: ReadonlyMap<number, number>;
	/** A word that is an address, or an address with bits in its low end. */
	word(word: number): number;
}

/**
 * Where addresses inside the columns may stand, if the columns may be exchanged; undefined where they may not. Says nothing of
 * where the search starts. `standing`: by thread, the program counters at which it may stand.
 */
export function pointersOfColumns(
	program: Program,
	layout: Layout,
	values: ValueAnalysis,
	columns: readonly Column[],
	standing: readonly (readonly number[])[],
): ColumnPointers | undefined {
	try {
		return new Automorphism(program, layout, values, columns).pointers(standing);
	} catch (error) {
		if (error instanceof Distinguished) return undefined;
		throw error;
	}
}

class Automorphism {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly analysis: ValueAnalysis;
	private readonly columns: readonly Column[];
	private readonly exchanges: readonly Exchange[];
	private readonly moved: ReadonlySet<number>;
	private readonly locks: ReadonlySet<number>;
	/** Variables (see webs.ts) by code, and cells, that may hold an address inside a column. */
	private readonly variables: readonly Uint8Array[];
	private readonly cells: Uint8Array;
	private changed = true;

	constructor(program: Program, layout: Layout, values: ValueAnalysis, columns: readonly Column[]) {
		this.program = program;
		this.layout = layout;
		this.analysis = values;
		this.columns = columns;
		this.moved = new Set(columns.flatMap((column) => column.objects));
		this.locks = new Set(layout.lockCells);
		this.exchanges = columns.slice(1).map((column) => this.exchange(columns[0] as Column, column));
		this.variables = values.webs.map((webs) => new Uint8Array(webs.count));
		this.cells = Uint8Array.from(program.cells, (cell) => (this.isMoved(cell.initial) ? 1 : 0));
	}

	pointers(standing: readonly (readonly number[])[]): ColumnPointers {
		for (const exchange of this.exchanges) this.compareCode(exchange);
		if (this.moved.size > 0) {
			while (this.changed) {
				this.changed = false;
				this.eachInstruction((code, instruction, pc) => this.flow(code, instruction, pc));
				this.flowIntoProperties();
			}
			for (const exchange of this.exchanges) this.compareMarks(exchange);
		}
		this.eachInstruction((code, instruction, pc) => {
			if (code !== this.initCode) this.mustCommute(code, instruction, pc);
		});
		return this.pointersAt(standing);
	}

	private pointersAt(standing: readonly (readonly number[])[]): ColumnPointers {
		const { program, layout, analysis } = this;
		const cells = program.cells.flatMap((_, cell) => (this.cells[cell] ? [cell] : []));
		if (this.moved.size === 0) return { cells, registers: program.threads.map(() => new Map()), kept: [] };
		const kept: number[] = [];
		const named = registersOfProperties(program);
		const registers = program.threads.map((of, thread) => {
			const webs = analysis.webs[thread];
			const first = (layout.threads[thread] as number) + registersWord;
			const isNamed = (register: number) => named[thread]?.has(register) === true;
			const holds = (variable: number) => variable >= 0 && this.variables[thread]?.[variable] === 1;
			// What a callback is given stands there also where it does not ask for it.
			const heldAt = (pc: number, register: number) => {
				const variable = webs?.heldAt(pc, register) ?? -1;
				return variable < 0 && pc === of.entry ? (webs?.atEntry(register) ?? -1) : variable;
			};
			const all = of.registers.map((_, register) => register);
			for (const register of all)
				if (isNamed(register) && holds(webs?.atEntry(register) ?? -1)) kept.push(first + register);
			return new Map(
				(standing[thread] ?? []).map((pc) => {
					const pointing = all.filter((register) => !isNamed(register) && holds(heldAt(pc, register)));
					return [pc, pointing.map((register) => first + register)];
				}),
			);
		});
		return { cells, registers, kept };
	}

	private get initCode(): number {
		return this.program.init ? this.program.threads.length : -1;
	}

	private eachInstruction(visit: (code: number, instruction: Instruction, pc: number) => void): void {
		this.analysis.codes.forEach((code, index) => {
			code.instructions.forEach((instruction, pc) => {
				if (this.analysis.reaches(index, pc)) visit(index, instruction, pc);
			});
		});
	}

	private exchange(one: Column, two: Column): Exchange {
		const both = (before: readonly number[], after: readonly number[]) =>
			new Map(
				before.flatMap((member, index) => {
					const other = after[index] as number;
					return [[member, other] as const, [other, member] as const];
				}),
			);
		const objects = both(one.objects, two.objects);
		const cellsOf = cellsOfObjects(this.program);
		const cells = new Map<number, number>();
		for (const [from, to] of objects)
			cellsOf[from]?.forEach((cell, index) => {
				cells.set(cell, cellsOf[to]?.[index] as number);
			});
		const address = (object: number) => this.program.objects[object]?.address ?? 0;
		return {
			threads: both(one.threads, two.threads),
			gracePeriods: both(one.gracePeriods, two.gracePeriods),
			cells,
			word: (word) => {
				const object = objectOfWord(this.layout, word);
				const other = objects.get(object);
				return other === undefined ? word : word - address(object) + address(other);
			},
		};
	}

	private isMoved(word: number): boolean {
		return this.moved.has(objectOfWord(this.layout, word));
	}

	/** Each thread's code with names exchanged is the code of the thread that it is exchanged with; properties stay as they are. */
	private compareCode(exchange: Exchange): void {
		const threads = this.program.threads.length;
		this.analysis.codes.forEach((code, index) => {
			if (index === this.initCode) return;
			const other = index < threads ? (exchange.threads.get(index) ?? index) : index;
			const renamed = namesIn(code.instructions, exchange);
			const names = namesIn(this.analysis.codes[other]?.instructions ?? []);
			if (renamed.length !== names.length || renamed.some((name, at) => name !== names[at])) throw new Distinguished();
		});
	}

	/** What is renamed in one column is renamed in the others. */
	private compareMarks(exchange: Exchange): void {
		for (const [cell, other] of exchange.cells) this.mustNotHold(this.cells[cell] !== this.cells[other]);
		for (const [thread, other] of exchange.threads)
			this.variables[thread]?.forEach((holds, variable) => {
				this.mustNotHold(holds !== this.variables[other]?.[variable]);
			});
	}

	// ---- Which places hold addresses inside a column.

	private mark(code: number, variable: number, holds: boolean): void {
		const of = this.variables[code];
		if (!holds || !of || of[variable]) return;
		of[variable] = 1;
		this.changed = true;
	}

	/** The variable that an instruction writes. */
	private written(code: number, instruction: Instruction, pc: number): number {
		return this.analysis.webs[code]?.writtenAt(pc, instruction) ?? 0;
	}

	private atEntry(code: number, register: number): number {
		return this.analysis.webs[code]?.atEntry(register) ?? 0;
	}

	private markCells(cells: readonly number[], holds: boolean): void {
		if (!holds) return;
		for (const cell of cells) {
			if (this.cells[cell]) continue;
			this.cells[cell] = 1;
			this.changed = true;
		}
	}

	private flow(code: number, instruction: Instruction, pc: number): unknown {
		const variable = this.written(code, instruction, pc);
		switch (instruction.kind) {
			case "assign":
				return this.mark(code, variable, this.holds(code, instruction.value));
			case "load":
			case "reload":
				return this.mark(code, variable, this.anyHolds(this.targetsOf(code, instruction.place)));
			case "store":
				return this.markCells(this.targetsOf(code, instruction.place), this.holds(code, instruction.value));
			case "update": {
				const cells = this.targetsOf(code, instruction.place);
				if (instruction.register !== undefined) this.mark(code, variable, this.anyHolds(cells));
				for (const cell of cells) this.markCells([cell], this.updateHolds(code, instruction, cell));
				return undefined;
			}
			case "branch": {
				const webs = this.analysis.webs[code];
				const branch = webs?.branchAt(pc);
				if (!webs || !branch) return undefined;
				const holds = this.variables[code]?.[webs.readAt(pc, branch.register)] === 1;
				this.mark(code, branch.then, holds);
				return this.mark(code, branch.otherwise, holds);
			}
			case "call_rcu":
				for (const { register, value } of instruction.arguments)
					this.mark(instruction.thread, this.atEntry(instruction.thread, register), this.holds(code, value));
				return undefined;
			default:
				return undefined;
		}
	}

	private flowIntoProperties(): void {
		this.program.properties.forEach((property, index) => {
			const code = this.analysis.codeOfProperty(index);
			for (const { register, thread, of } of property.variables)
				this.mark(code, this.atEntry(code, register), this.variables[thread]?.[this.atEntry(thread, of)] === 1);
		});
	}

	private targetsOf(code: number, place: Place): readonly number[] {
		return this.analysis.target(code, place).cells;
	}

	private anyHolds(cells: readonly number[]): boolean {
		return cells.some((cell) => this.cells[cell] === 1);
	}

	/** Whether an expression's value may be renamed. Throws where renaming its operands does anything else to it. */
	private holds(code: number, expression: Expression): boolean {
		switch (expression.op) {
			case "constant":
				return this.isMoved(expression.value);
			case "register":
				return this.variables[code]?.[this.analysis.webs[code]?.behind(expression) ?? -1] === 1;
			case "unary":
				if (!this.holds(code, expression.operand)) return false;
				// A renamed address is as little 0 as the address was.
				if (expression.operator === "not") return false;
				throw new Distinguished();
			case "binary":
				return this.combined(
					{ values: this.analysis.values(code, expression.left), holds: this.holds(code, expression.left) },
					{ values: this.analysis.values(code, expression.right), holds: this.holds(code, expression.right) },
					(left, right) => evaluateBinary(expression.operator, left, right),
				);
			case "select": {
				this.holds(code, expression.condition);
				const then = this.holds(code, expression.then);
				const otherwise = this.holds(code, expression.otherwise);
				if (then === otherwise) return then;
				this.mustBeFixed(this.analysis.values(code, then ? expression.otherwise : expression.then));
				return true;
			}
		}
	}

	/** Whether the result of an operation is renamed with its operands; throws where it is neither that nor the same. */
	private combined(left: Operand, right: Operand, combine: (left: number, right: number) => number): boolean {
		if (!left.holds && !right.holds) return false;
		if (!left.values || !right.values || left.values.size * right.values.size > pairsMax) throw new Distinguished();
		let same = true;
		let renamed = true;
		for (const exchange of this.exchanges) {
			for (const one of left.values) {
				for (const two of right.values) {
					const before = attempt(combine, one, two);
					const after = attempt(combine, left.holds ? exchange.word(one) : one, right.holds ? exchange.word(two) : two);
					if (before === undefined || after === undefined) {
						if (before !== after) throw new Distinguished();
						continue;
					}
					same &&= after === before;
					renamed &&= after === exchange.word(before);
				}
			}
		}
		if (!same && !renamed) throw new Distinguished();
		return !same;
	}

	private updateHolds(code: number, instruction: Extract<Instruction, { kind: "update" }>, cell: number): boolean {
		const before = { values: this.analysis.valuesOfCell(cell), holds: this.cells[cell] === 1 };
		const operand = {
			values: this.analysis.values(code, instruction.operand),
			holds: this.holds(code, instruction.operand),
		};
		if (instruction.compare) {
			const value = {
				values: this.analysis.values(code, instruction.compare.value),
				holds: this.holds(code, instruction.compare.value),
			};
			this.mustNotHold(this.combined(before, value, (one, two) => (one === two ? 1 : 0)));
		}
		if (instruction.update === "exchange") return operand.holds;
		return this.combined(before, operand, (one, two) => updated(instruction.update, one, two));
	}

	// ---- What must hold once it is known which places these are.

	private mustNotHold(holds: boolean): void {
		if (holds) throw new Distinguished();
	}

	/** No value is one that is renamed. */
	private mustBeFixed(values: Values): void {
		if (!values || [...values].some((value) => this.isMoved(value))) throw new Distinguished();
	}

	/** What goes into a place that is renamed, and is not renamed itself, must be the same when renamed. */
	private mustFit(holds: boolean, values: () => Values, into: boolean): void {
		if (into && !holds) this.mustBeFixed(values());
	}

	private mustCommute(code: number, instruction: Instruction, pc: number): unknown {
		const { analysis } = this;
		const variable = this.written(code, instruction, pc);
		const into = this.variables[code]?.[variable] === 1;
		const noLock = (cells: readonly number[]) => this.mustNotHold(cells.some((cell) => this.locks.has(cell)));
		switch (instruction.kind) {
			case "assign":
				return this.fit(code, instruction.value, into);
			case "branch":
			case "check":
			case "await":
				this.holds(code, instruction.condition);
				return undefined;
			case "context_set":
				this.holds(code, instruction.value);
				return undefined;
			case "choose":
			case "context_get":
				return this.mustFit(false, () => undefined, into);
			case "load":
			case "reload": {
				const cells = this.place(code, instruction.place);
				noLock(cells);
				for (const cell of cells) this.mustFit(this.cells[cell] === 1, () => analysis.valuesOfCell(cell), into);
				return undefined;
			}
			case "store": {
				const cells = this.place(code, instruction.place);
				noLock(cells);
				return this.fit(code, instruction.value, this.anyHolds(cells));
			}
			case "update":
				return this.updateMustCommute(code, instruction, instruction.register !== undefined && into);
			case "lock":
			case "unlock":
				this.place(code, instruction.lock);
				if (instruction.bit) this.bitMustCommute(code, instruction.bit, instruction.kind === "lock");
				return undefined;
			case "holds":
				// A property holds no locks: it is no thread.
				this.mustNotHold(code >= this.program.threads.length);
				this.place(code, instruction.lock);
				return undefined;
			case "downgrade":
			case "is_locked":
				this.place(code, instruction.lock);
				return undefined;
			case "irqs_disabled_on":
				return this.cpuMustBeFixed(code, instruction.cpu);
			case "call_rcu":
				for (const { register, value } of instruction.arguments)
					this.fit(code, value, this.variables[instruction.thread]?.[this.atEntry(instruction.thread, register)] === 1);
				return undefined;
			case "allocate":
				return this.mustFit(false, () => analysis.valuesOfVariable(code, variable), into);
			case "free":
				if (!this.holds(code, instruction.pointer)) this.mustBeFixed(analysis.values(code, instruction.pointer));
				return undefined;
			default:
				return undefined;
		}
	}

	private fit(code: number, expression: Expression, into: boolean): void {
		this.mustFit(this.holds(code, expression), () => this.analysis.values(code, expression), into);
	}

	private updateMustCommute(code: number, instruction: Extract<Instruction, { kind: "update" }>, into: boolean): void {
		const cells = this.place(code, instruction.place);
		for (const cell of cells) {
			this.mustNotHold(this.locks.has(cell));
			this.mustFit(this.cells[cell] === 1, () => this.analysis.valuesOfCell(cell), into);
			// What is stored is among the values of the cell.
			this.mustFit(
				this.updateHolds(code, instruction, cell),
				() =>
					instruction.update === "exchange"
						? this.analysis.values(code, instruction.operand)
						: this.analysis.valuesOfCell(cell),
				this.cells[cell] === 1,
			);
		}
	}

	private bitMustCommute(code: number, bit: { word: Place; number: Expression }, sets: boolean): void {
		this.mustNotHold(this.holds(code, bit.number));
		const numbers = { values: this.analysis.values(code, bit.number), holds: false };
		for (const cell of this.place(code, bit.word)) {
			this.mustNotHold(this.locks.has(cell));
			if (this.cells[cell] !== 1) continue;
			const word = { values: this.analysis.valuesOfCell(cell), holds: true };
			const isSet = (value: number, number: number) => ((value & (1 << number)) !== 0 ? 1 : 0);
			this.mustNotHold(this.combined(word, numbers, isSet));
			const change = (value: number, number: number) => (sets ? value | (1 << number) : value & ~(1 << number));
			if (!this.combined(word, numbers, change)) throw new Distinguished();
		}
	}

	/** Cells that a place may be. A renamed place must be the renamed cell, and another place no cell that is renamed. */
	private place(code: number, place: Place): readonly number[] {
		const target = this.analysis.target(code, place);
		this.mustNotHold(this.holds(code, place.offset));
		if (!this.holds(code, place.base)) {
			this.mustNotHold(target.objects.some((object) => this.moved.has(object)));
			this.mustNotHold(target.cells.some((cell) => this.moved.has(this.program.cells[cell]?.object ?? -1)));
			return target.cells;
		}
		const bases = this.analysis.values(code, place.base);
		const offsets = this.analysis.values(code, place.offset);
		if (!bases || !offsets || bases.size * offsets.size > pairsMax) throw new Distinguished();
		for (const exchange of this.exchanges) {
			for (const base of bases) {
				for (const offset of offsets) {
					const before = this.cellAt((base + offset) | 0);
					const after = this.cellAt((exchange.word(base) + offset) | 0);
					if (after !== (exchange.cells.get(before) ?? before)) throw new Distinguished();
				}
			}
		}
		return target.cells;
	}

	private cellAt(address: number): number {
		return address > 0 && address % cellStride === 0 ? (this.layout.cellAt[address / cellStride] ?? -1) : -1;
	}

	/** Who asks a CPU that is exchanged can tell it from the others. */
	private cpuMustBeFixed(code: number, cpu: Expression): void {
		this.mustNotHold(this.holds(code, cpu));
		const values = this.analysis.values(code, cpu);
		const cpus = new Set(
			this.columns.flatMap((column) => column.threads.map((thread) => this.program.threads[thread]?.cpu)),
		);
		if (!values || [...values].some((value) => cpus.has(value))) throw new Distinguished();
	}
}

interface Operand {
	readonly values: Values;
	readonly holds: boolean;
}

/** Undefined for a division by zero. */
function attempt(combine: (left: number, right: number) => number, left: number, right: number): number | undefined {
	try {
		return combine(left, right);
	} catch (error) {
		if (error instanceof DivisionByZero) return undefined;
		throw error;
	}
}

/** The constants, callbacks and grace periods that instructions name, in order, renamed if so wished. */
function namesIn(instructions: readonly Instruction[], by?: Exchange): readonly number[] {
	const names: number[] = [];
	const walk = (part: unknown, key: string): void => {
		if (typeof part === "number") {
			if (key === "thread") names.push(by?.threads.get(part) ?? part);
			if (key === "gracePeriod") names.push(by?.gracePeriods.get(part) ?? part);
			return;
		}
		if (typeof part !== "object" || part === null) return;
		const fields = part as Readonly<Record<string, unknown>>;
		if (fields.op === "constant") {
			const value = fields.value as number;
			names.push(by ? by.word(value) : value);
			return;
		}
		for (const inner of Object.keys(fields)) walk(fields[inner], inner);
	};
	for (const instruction of instructions) walk(instruction, "");
	return names;
}
