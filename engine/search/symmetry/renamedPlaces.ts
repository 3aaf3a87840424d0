/**
 * Which places may hold an address inside one of the columns of a class. Words have no types, so this is found out from the code: what
 * may come from such an address, and is not the same whichever column it is, is *renamed* when columns are exchanged.
 */
import { DivisionByZero, evaluateBinary, updated } from "../../memory/expression.ts";
import { type Layout, registersWord } from "../../memory/layout.ts";
import { registersOfProperties } from "../../program/liveness.ts";
import type { Expression, Instruction, Place, Program } from "../../program/program.ts";
import type { ValueAnalysis } from "../reduction/values.ts";
import type { Values } from "../reduction/wordSets.ts";
import { type ColumnPointers, objectOfWord } from "./columns.ts";
import type { Exchange } from "./exchange.ts";

/** Pairs of values that one operation is tried on, at the most. */
export const pairsMax = 20_000;

/** Thrown where exchanging columns may change more than names. */
export class Distinguished extends Error {}

/** What an operation works on: its values, and whether they are renamed. */
export interface Operand {
	readonly values: Values;
	readonly holds: boolean;
}

export class RenamedPlaces {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly analysis: ValueAnalysis;
	private readonly exchanges: readonly Exchange[];
	private readonly objects: ReadonlySet<number>;
	/** Variables (see webs.ts) by code, and cells, that are renamed. */
	readonly variables: readonly Uint8Array[];
	readonly cells: Uint8Array;
	private changed = true;

	/** `objects`: those of all columns. */
	constructor(
		program: Program,
		layout: Layout,
		values: ValueAnalysis,
		exchanges: readonly Exchange[],
		objects: ReadonlySet<number>,
	) {
		this.program = program;
		this.layout = layout;
		this.analysis = values;
		this.exchanges = exchanges;
		this.objects = objects;
		this.variables = values.webs.map((webs) => new Uint8Array(webs.count));
		this.cells = Uint8Array.from(program.cells, (cell) => (this.isMoved(cell.initial) ? 1 : 0));
		if (objects.size === 0) return;
		while (this.changed) {
			this.changed = false;
			values.eachInstruction((code, instruction, pc) => this.flow(code, instruction, pc));
			this.flowIntoProperties();
		}
		for (const exchange of exchanges) this.compareMarks(exchange);
	}

	/** The words of a state that are renamed. `standing`: by thread, the program counters at which it may stand. */
	pointersAt(standing: readonly (readonly number[])[]): ColumnPointers {
		const { program, layout, analysis } = this;
		const cells = program.cells.flatMap((_, cell) => (this.cells[cell] ? [cell] : []));
		if (this.objects.size === 0) return { cells, registers: program.threads.map(() => new Map()), kept: [] };
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

	/** Whether a word is an address inside one of the columns, perhaps with low bits set. */
	isMoved(word: number): boolean {
		return this.objects.has(objectOfWord(this.layout, word));
	}

	/** What is renamed in one column is renamed in the others. */
	private compareMarks(exchange: Exchange): void {
		for (const [cell, other] of exchange.cells) if (this.cells[cell] !== this.cells[other]) throw new Distinguished();
		for (const [thread, other] of exchange.threads)
			this.variables[thread]?.forEach((holds, variable) => {
				if (holds !== this.variables[other]?.[variable]) throw new Distinguished();
			});
	}

	private mark(code: number, variable: number, holds: boolean): void {
		const of = this.variables[code];
		if (!holds || !of || of[variable]) return;
		of[variable] = 1;
		this.changed = true;
	}

	/** The variable that an instruction writes. */
	written(code: number, instruction: Instruction, pc: number): number {
		return this.analysis.webs[code]?.writtenAt(pc, instruction) ?? 0;
	}

	/** The variable that a register is where its thread begins. */
	atEntry(code: number, register: number): number {
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

	/** Whether one of the cells is renamed. */
	anyHolds(cells: readonly number[]): boolean {
		return cells.some((cell) => this.cells[cell] === 1);
	}

	/** Whether an expression's value may be renamed. Throws where renaming its operands does anything else to it. */
	holds(code: number, expression: Expression): boolean {
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
	combined(left: Operand, right: Operand, combine: (left: number, right: number) => number): boolean {
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

	/** Whether what an update leaves in a cell is renamed. */
	updateHolds(code: number, instruction: Extract<Instruction, { kind: "update" }>, cell: number): boolean {
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
			if (this.combined(before, value, (one, two) => (one === two ? 1 : 0))) throw new Distinguished();
		}
		if (instruction.update === "exchange") return operand.holds;
		return this.combined(before, operand, (one, two) => updated(instruction.update, one, two));
	}

	/** Throws where a value may be an address inside one of the columns. */
	mustBeFixed(values: Values): void {
		if (!values || [...values].some((value) => this.isMoved(value))) throw new Distinguished();
	}
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
