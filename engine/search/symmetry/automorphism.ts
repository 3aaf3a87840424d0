/**
 * Whether exchanging two columns changes nothing but names: an automorphism of the state graph (Clarke, Emerson, Jha, Sistla 1993;
 * Ip and Dill 1993), shown for each program anew. docs/search.md has the conditions and why they are enough.
 *
 * Each instruction must commute with the exchange: what it does to renamed words (`renamedPlaces.ts`) is what it does to the words,
 * renamed.
 */ import type { Layout } from "../../memory/layout.ts";
import { cellStride, type Expression, type Instruction, type Place, type Program } from "../../program/program.ts";
import type { ValueAnalysis } from "../reduction/values.ts";
import type { Values } from "../reduction/wordSets.ts";
import type { Column, ColumnPointers } from "./columns.ts";
import { type Exchange, exchangeOf, namesIn } from "./exchange.ts";
import { Distinguished, pairsMax, RenamedPlaces } from "./renamedPlaces.ts";

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
	private readonly places: RenamedPlaces;

	constructor(program: Program, layout: Layout, values: ValueAnalysis, columns: readonly Column[]) {
		this.program = program;
		this.layout = layout;
		this.analysis = values;
		this.columns = columns;
		this.moved = new Set(columns.flatMap((column) => column.objects));
		this.locks = new Set(layout.lockCells);
		this.exchanges = columns.slice(1).map((column) => exchangeOf(program, layout, columns[0] as Column, column));
		for (const exchange of this.exchanges) this.compareCode(exchange);
		this.places = new RenamedPlaces(program, layout, values, this.exchanges, this.moved);
	}

	pointers(standing: readonly (readonly number[])[]): ColumnPointers {
		this.analysis.eachInstruction((code, instruction, pc) => {
			if (code !== this.initCode) this.mustCommute(code, instruction, pc);
		});
		return this.places.pointersAt(standing);
	}

	private get initCode(): number {
		return this.program.init ? this.program.threads.length : -1;
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

	private mustNotHold(holds: boolean): void {
		if (holds) throw new Distinguished();
	}

	/** What goes into a place that is renamed, and is not renamed itself, must be the same when renamed. */
	private mustFit(holds: boolean, values: () => Values, into: boolean): void {
		if (into && !holds) this.places.mustBeFixed(values());
	}

	private mustCommute(code: number, instruction: Instruction, pc: number): unknown {
		const { analysis } = this;
		const variable = this.places.written(code, instruction, pc);
		const into = this.places.variables[code]?.[variable] === 1;
		const noLock = (cells: readonly number[]) => this.mustNotHold(cells.some((cell) => this.locks.has(cell)));
		switch (instruction.kind) {
			case "assign":
				return this.fit(code, instruction.value, into);
			case "branch":
			case "check":
			case "await":
				this.places.holds(code, instruction.condition);
				return undefined;
			case "context_set":
				this.places.holds(code, instruction.value);
				return undefined;
			case "choose":
			case "context_get":
				return this.mustFit(false, () => undefined, into);
			case "load":
			case "reload": {
				const cells = this.place(code, instruction.place);
				noLock(cells);
				for (const cell of cells) this.mustFit(this.places.cells[cell] === 1, () => analysis.valuesOfCell(cell), into);
				return undefined;
			}
			case "store": {
				const cells = this.place(code, instruction.place);
				noLock(cells);
				return this.fit(code, instruction.value, this.places.anyHolds(cells));
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
					this.fit(
						code,
						value,
						this.places.variables[instruction.thread]?.[this.places.atEntry(instruction.thread, register)] === 1,
					);
				return undefined;
			case "allocate":
				return this.mustFit(false, () => analysis.valuesOfVariable(code, variable), into);
			case "free":
				if (!this.places.holds(code, instruction.pointer))
					this.places.mustBeFixed(analysis.values(code, instruction.pointer));
				return undefined;
			default:
				return undefined;
		}
	}

	private fit(code: number, expression: Expression, into: boolean): void {
		this.mustFit(this.places.holds(code, expression), () => this.analysis.values(code, expression), into);
	}

	private updateMustCommute(code: number, instruction: Extract<Instruction, { kind: "update" }>, into: boolean): void {
		const cells = this.place(code, instruction.place);
		for (const cell of cells) {
			this.mustNotHold(this.locks.has(cell));
			this.mustFit(this.places.cells[cell] === 1, () => this.analysis.valuesOfCell(cell), into);
			// What is stored is among the values of the cell.
			this.mustFit(
				this.places.updateHolds(code, instruction, cell),
				() =>
					instruction.update === "exchange"
						? this.analysis.values(code, instruction.operand)
						: this.analysis.valuesOfCell(cell),
				this.places.cells[cell] === 1,
			);
		}
	}

	private bitMustCommute(code: number, bit: { word: Place; number: Expression }, sets: boolean): void {
		this.mustNotHold(this.places.holds(code, bit.number));
		const numbers = { values: this.analysis.values(code, bit.number), holds: false };
		for (const cell of this.place(code, bit.word)) {
			this.mustNotHold(this.locks.has(cell));
			if (this.places.cells[cell] !== 1) continue;
			const word = { values: this.analysis.valuesOfCell(cell), holds: true };
			const isSet = (value: number, number: number) => ((value & (1 << number)) !== 0 ? 1 : 0);
			this.mustNotHold(this.places.combined(word, numbers, isSet));
			const change = (value: number, number: number) => (sets ? value | (1 << number) : value & ~(1 << number));
			if (!this.places.combined(word, numbers, change)) throw new Distinguished();
		}
	}

	/** Cells that a place may be. A renamed place must be the renamed cell, and another place no cell that is renamed. */
	private place(code: number, place: Place): readonly number[] {
		const target = this.analysis.target(code, place);
		this.mustNotHold(this.places.holds(code, place.offset));
		if (!this.places.holds(code, place.base)) {
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
		this.mustNotHold(this.places.holds(code, cpu));
		const values = this.analysis.values(code, cpu);
		const cpus = new Set(
			this.columns.flatMap((column) => column.threads.map((thread) => this.program.threads[thread]?.cpu)),
		);
		if (!values || [...values].some((value) => cpus.has(value))) throw new Distinguished();
	}
}
