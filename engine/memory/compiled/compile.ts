/**
 * Steps of a Program as generated JavaScript: one function for each place where a thread can stand, that changes a row of
 * words as the interpreter would. The interpreter (sc.ts) stays the definition: a function that meets a fault, a limit or
 * anything out of the ordinary says so and lets it decide.
 */
import { deadRegisters } from "../../program/liveness.ts";
import {
	cellStride,
	type Instruction,
	objectAlignment,
	type Place,
	type Program,
	type Thread,
} from "../../program/program.ts";
import { finished, irqWord, type Layout, live, notStarted, pcWord, preemptWord, rcuWord, spinWord } from "../layout.ts";
import { holdsAtAll } from "../locks.ts";
import { localInstructionsMax } from "../sc.ts";
import { expressionLibrary } from "./expressions.ts";
import { giveUp, InstructionWriter } from "./instructions.ts";
import { type Region, regionAt, stopsOf } from "./region.ts";

/** What a step leaves beside the words themselves. */
export interface StepRecord {
	/** Alternatives to take, in order; those past `choiceCount` are 0. */
	choices: Int32Array;
	choiceCount: number;
	/** How many alternatives each choice had. */
	arities: Int32Array;
	arityCount: number;
	/** Words outside the threads that were written, some perhaps twice. */
	readonly changed: Int32Array;
	changedCount: number;
	/** Callbacks that were started, as a bit mask. */
	started: number;
}

/** 0: done; 1: not enabled; 2: ask the interpreter, the words are spoilt. */
export type StepFunction = (words: Int32Array) => number;

/** Cell of the access that the thread stands before, or -1 where it would fault. */
export type AccessFunction = (words: Int32Array) => number;

export interface CompiledProgram {
	readonly record: StepRecord;
	/** By thread and program counter; holes where no step begins. */
	readonly steps: readonly (readonly (StepFunction | undefined)[])[];
	readonly accesses: readonly (readonly (AccessFunction | undefined)[])[];
	readonly regions: readonly (readonly (Region | undefined)[])[];
}

/** Writes that one step can note. */
const changedMax = 4096;
/** Instructions of one step past which it is left to the interpreter. */
const regionInstructionsMax = 1000;

/** Thrown by generated code for a division by zero; whoever calls it asks the interpreter. */
export const divisionByZero = new Error("division by zero");

/** A record with room for the steps of any Program. */
export function stepRecord(): StepRecord {
	return {
		choices: new Int32Array(256),
		choiceCount: 0,
		arities: new Int32Array(256),
		arityCount: 0,
		changed: new Int32Array(changedMax),
		changedCount: 0,
		started: 0,
	};
}

/** Compiles all steps. Undefined where code may not be generated (Content-Security-Policy) or the Program is laid out unusually. */
export function compileProgram(program: Program, layout: Layout): CompiledProgram | undefined {
	if ([...layout.structuresAt.keys()].some((address) => address % objectAlignment !== 0)) return undefined;
	if (program.objects.some((object) => object.address % objectAlignment !== 0)) return undefined;
	const record = stepRecord();
	const dead = deadRegisters(program);
	const regions: (Region | undefined)[][] = [];
	const texts = program.threads.map((thread, index) => {
		const own: (Region | undefined)[] = thread.instructions.map(() => undefined);
		regions.push(own);
		const steps = stopsOf(thread, layout.contextIsShared).map((pc) => {
			const region = regionAt(thread, pc, layout, index);
			own[pc] = region;
			const code = new StepWriter(program, layout, index, region, dead[index] ?? []);
			return `steps[${index}][${pc}]=function(w){${code.body()}};${code.access()}`;
		});
		return steps.join("\n");
	});
	const steps: (StepFunction | undefined)[][] = program.threads.map((thread) =>
		thread.instructions.map(() => undefined),
	);
	const accesses: (AccessFunction | undefined)[][] = steps.map((of) => [...of]);
	const names = library(program, layout);
	try {
		const generated = new Function(
			"record",
			"changed",
			"steps",
			"accesses",
			"divisionByZero",
			...Object.keys(names),
			`"use strict";${expressionLibrary}\n${texts.join("\n")}`,
		);
		generated(record, record.changed, steps, accesses, divisionByZero, ...Object.values(names));
	} catch (error) {
		if (error instanceof EvalError) return undefined;
		throw error;
	}
	return { record, steps, accesses, regions };
}

/** The step that begins at one program counter. */
class StepWriter {
	private readonly thread: Thread;
	private readonly index: number;
	private readonly layout: Layout;
	private readonly region: Region;
	private readonly dead: readonly Int32Array[];
	private readonly writer: InstructionWriter;
	private readonly mayBeSet: ReadonlySet<number>;

	constructor(program: Program, layout: Layout, index: number, region: Region, dead: readonly Int32Array[]) {
		this.thread = program.threads[index] as Thread;
		this.index = index;
		this.layout = layout;
		this.region = region;
		this.dead = dead;
		this.writer = new InstructionWriter(program, layout, index);
		this.mayBeSet = this.registersThatMayBeSet();
	}

	body(): string {
		const { region } = this;
		if (region.inside.length > regionInstructionsMax) return giveUp;
		const mates = (this.layout.cpuMates[this.index] ?? []).flatMap((mate) =>
			[irqWord, preemptWord, spinWord].map((offset) => `w[${(this.layout.threads[mate] as number) + offset}]`),
		);
		const heldOff = mates.length === 0 ? "" : `if((${mates.join("|")})!==0){${this.writer.disabled}}`;
		const head = `let a=0,q=0;record.started=0;${heldOff}`;
		const first = this.block(region.entry, true);
		if (region.joins.size === 0) return head + first;
		const blocks = [...region.joins].map((pc) => `case ${pc}:{${this.block(pc, false)}}`);
		const guard = `n+=${region.inside.length};if(n>=${localInstructionsMax}||q>${changedMax - regionInstructionsMax})return 2;`;
		return `${head}let p=-1,n=0;for(;;){${guard}switch(p){case -1:{${first}}${blocks.join("")}}}`;
	}

	/** A function for the cell that the thread is about to load, store or update, or that has the bit which it is about to lock. */
	access(): string {
		const instruction = this.thread.instructions[this.region.entry] as Instruction;
		const place = accessed(instruction);
		if (!place) return "";
		const at = this.writer.cell(place);
		const isSet =
			instruction.kind === "lock" && instruction.bit
				? `if((w[${at.cell}]&1<<${this.writer.value(instruction.bit.number)})!==0)return -1;`
				: "";
		const text = `${at.before.replaceAll(giveUp, "return -1;")}${isSet}return ${at.cell};`;
		return `accesses[${this.index}][${this.region.entry}]=function(w){${text}};`;
	}

	/** Text from an instruction on, up to where the step ends or another block begins. */
	private block(start: number, isEntry: boolean): string {
		let text = "";
		let pc = start;
		let first = isEntry;
		for (;;) {
			const instruction = this.thread.instructions[pc] as Instruction;
			if (instruction.kind === "end") return text + this.end(pc);
			if (instruction.kind === "branch") {
				const condition = this.writer.condition(instruction.condition);
				return `${text}if(${condition}){${this.follow(instruction.then)}}else{${this.follow(instruction.otherwise)}}`;
			}
			if (instruction.kind === "reload" && !first) return text + this.mayReload(instruction, pc);
			text += instruction.kind === "reload" ? this.writer.reload(instruction) : this.writer.text(instruction);
			first = false;
			if (!this.goesOn(instruction.next)) return text + this.follow(instruction.next);
			pc = instruction.next;
		}
	}

	private goesOn(pc: number): boolean {
		return this.region.inside.includes(pc, 1) && !this.region.joins.has(pc);
	}

	private follow(pc: number): string {
		if (this.region.joins.has(pc)) return `p=${pc};continue;`;
		return this.goesOn(pc) ? this.block(pc, false) : this.stop(pc);
	}

	private mayReload(instruction: Extract<Instruction, { kind: "reload" }>, pc: number): string {
		const name = `r${pc}`;
		const next = this.follow(instruction.next);
		const again = instruction.glued ? `${this.writer.reload(instruction)}${next}` : this.stop(pc);
		return `${this.writer.choose(name, "2")}if(${name}===0){${next}}else{${again}}`;
	}

	private stop(pc: number): string {
		return `w[${(this.layout.threads[this.index] as number) + pcWord}]=${pc};${this.leave(pc)}`;
	}

	private end(_pc: number): string {
		const after = this.thread.kind === "callback" ? notStarted : finished;
		return this.writer.end(after) + this.leave(this.thread.instructions.length);
	}

	private leave(pc: number): string {
		const clear = [...(this.dead[pc] ?? [])].filter((register) => this.mayBeSet.has(register));
		return `${clear.map((register) => `${this.writer.register(register)}=0;`).join("")}record.arityCount=a;record.changedCount=q;return 0;`;
	}

	/** Registers that may be other than 0 when the step ends: the others were cleared where it began. */
	private registersThatMayBeSet(): ReadonlySet<number> {
		const { region, thread } = this;
		const all = thread.registers.map((_, register) => register);
		if (thread.kind === "callback" && region.entry === thread.entry) return new Set(all);
		const cleared = new Set(this.dead[region.entry] ?? []);
		const set = new Set(all.filter((register) => !cleared.has(register)));
		for (const pc of region.inside) {
			const instruction = thread.instructions[pc] as Instruction;
			if ("register" in instruction && instruction.register !== undefined) set.add(instruction.register);
			if (instruction.kind === "lock" && instruction.try !== undefined) set.add(instruction.try);
		}
		return set;
	}
}

function accessed(instruction: Instruction): Place | undefined {
	switch (instruction.kind) {
		case "load":
		case "store":
		case "update":
			return instruction.place;
		case "lock":
		case "unlock":
			return instruction.bit?.word;
		default:
			return undefined;
	}
}

/** What generated code calls and looks up. */
function library(program: Program, layout: Layout) {
	const top = layout.cellAt.length * cellStride;
	const structures = program.structures.map((_, structure) => {
		const starts = new Uint8Array(Math.ceil(top / objectAlignment) + 1);
		for (const [address, found] of layout.structuresAt)
			if (found.includes(structure)) starts[address / objectAlignment] = 1;
		return starts;
	});
	const startAt = new Map(program.objects.map((object, index) => [object.address, index]));
	const locksIn = program.objects.map((_, object) =>
		layout.lockCells.filter((cell) => program.cells[cell]?.object === object),
	);
	const ranks = program.cells.map((cell) => cell.lock?.rank);
	return {
		top,
		cellAt: layout.cellAt,
		objectOf: Int32Array.from(program.cells, (cell) => cell.object),
		typesafe: layout.typesafe,
		structures,
		startOf: (pointer: number) => startAt.get(pointer) ?? -1,
		mayFree: (words: Int32Array, object: number) =>
			words[layout.lifetimes + object] === live && (locksIn[object] ?? []).every((cell) => words[cell] === 0),
		inOrder: (words: Int32Array, cell: number, thread: number) => {
			const rank = ranks[cell];
			if (rank === undefined) return true;
			return !layout.lockCells.some(
				(other) => (ranks[other] ?? rank) > rank && holdsAtAll(words[other] as number, thread),
			);
		},
		readers: (words: Int32Array) => {
			let mask = 0;
			for (let thread = 0; thread < program.threads.length; thread++) {
				const base = layout.threads[thread] as number;
				if (
					words[base + irqWord] !== 0 ||
					words[base + preemptWord] !== 0 ||
					words[base + rcuWord] !== 0 ||
					words[base + spinWord] !== 0
				)
					mask |= 1 << thread;
			}
			return mask;
		},
	};
}
