/**
 * Which writes of a register reach which reads of it. Registers are shared by values that have nothing to do with each other
 * (`program/coalesce.ts`); an analysis of what they may hold tells these apart: writes that reach a common read are one
 * *variable* (a web, in Muchnick's word, 1997). A branch on one register alone counts as a write of it on either side, because
 * either side knows more of it.
 */
import { registersRead } from "../../memory/expression.ts";
import { registerDefined, registersUsed, successors } from "../../program/liveness.ts";
import type { Expression, Instruction, Thread } from "../../program/program.ts";

const unreached = -1;

export class Webs {
	/** Variables are numbered from 0 up to here; not all numbers are in use. */
	readonly count: number;
	private readonly registers: number;
	private readonly parents: Int32Array;
	/** For each instruction and register that it reads: a write that reaches it. */
	private readonly reaching: Int32Array;
	private readonly nodes = new Map<Expression, number>();
	private readonly instructions: readonly Instruction[];
	private readonly uses: readonly ReadonlySet<number>[];
	private readonly writes: readonly number[];
	private readonly next: readonly (readonly number[])[];
	/** Who came by last, in a walk over the instructions. */
	private readonly seen: Int32Array;
	private walks: number;
	/** For each branch on one register alone, that register; -1 for everything else. */
	private readonly tested: Int32Array;

	/** `kept`: registers that are looked at from outside, at any time. */
	constructor(thread: Thread, kept: ReadonlySet<number>) {
		const { instructions } = thread;
		this.instructions = instructions;
		this.registers = thread.registers.length;
		this.count = this.registers + instructions.length * 3;
		this.tested = Int32Array.from(instructions, (instruction) => {
			const register = testedBy(instruction);
			return kept.has(register) ? -1 : register;
		});
		this.parents = Int32Array.from({ length: this.count }, (_, variable) => variable);
		this.reaching = new Int32Array(instructions.length * this.registers).fill(unreached);
		const uses = instructions.map((instruction) => registersUsed(instruction));
		const writes = instructions.map((instruction) => registerDefined(instruction) ?? -1);
		const next = instructions.map(successors);
		const seen = new Int32Array(instructions.length).fill(-1);
		this.uses = uses;
		this.writes = writes;
		this.next = next;
		this.seen = seen;
		this.walks = this.count;
		const follow = (variable: number, register: number, from: readonly number[]) => {
			const work = [...from];
			for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
				if (seen[pc] === variable) continue;
				seen[pc] = variable;
				if (uses[pc]?.has(register)) {
					const at = pc * this.registers + register;
					if (this.reaching[at] === unreached) this.reaching[at] = variable;
					else this.join(variable, this.reaching[at] as number);
				}
				if (writes[pc] !== register && this.tested[pc] !== register) work.push(...(next[pc] as readonly number[]));
			}
		};
		for (let register = 0; register < this.registers; register++) follow(register, register, [thread.entry]);
		writes.forEach((register, pc) => {
			if (register < 0) return;
			follow(this.registers + pc, register, next[pc] as readonly number[]);
			if (kept.has(register)) this.join(this.registers + pc, register);
		});
		instructions.forEach((instruction, pc) => {
			const register = this.tested[pc] as number;
			if (instruction.kind !== "branch" || register < 0) return;
			follow(this.edge(pc, true), register, [instruction.then]);
			follow(this.edge(pc, false), register, [instruction.otherwise]);
		});
		instructions.forEach((instruction, pc) => {
			this.findNodes(instruction, pc);
		});
	}

	private edge(pc: number, then: boolean): number {
		return this.registers + this.instructions.length * (then ? 1 : 2) + pc;
	}

	/** For a branch on one register alone: that register, and the variables that it is on either side. */
	branchAt(pc: number): { readonly register: number; readonly then: number; readonly otherwise: number } | undefined {
		const register = this.tested[pc] as number;
		if (register < 0) return undefined;
		return { register, then: this.find(this.edge(pc, true)), otherwise: this.find(this.edge(pc, false)) };
	}

	/** The variable that a register is before the thread's first instruction. */
	atEntry(register: number): number {
		return this.find(register);
	}

	/** The variable that the instruction at `pc` writes; a reload writes the one it reads. */
	writtenAt(pc: number, instruction: Instruction): number {
		if (instruction.kind === "reload") return this.readAt(pc, instruction.register);
		return this.find(this.registers + pc);
	}

	/** The variable that the instruction at `pc` reads in a register. Of code that is never reached: the one at the entry. */
	readAt(pc: number, register: number): number {
		const variable = this.reaching[pc * this.registers + register] as number;
		return this.find(variable === unreached ? register : variable);
	}

	/** The variable that a register is where the thread stands before `pc`; -1 when nobody reads it from there on. */
	heldAt(pc: number, register: number): number {
		const { seen, uses, writes, next } = this;
		const walk = this.walks++;
		const work = [pc];
		for (let at = work.pop(); at !== undefined; at = work.pop()) {
			if (seen[at] === walk) continue;
			seen[at] = walk;
			// All writes that reach this place reach this read.
			if (uses[at]?.has(register)) return this.readAt(at, register);
			if (writes[at] !== register) work.push(...(next[at] as readonly number[]));
		}
		return -1;
	}

	/** The variable behind a part `{ op: "register" }` of an instruction; -1 for a part of no instruction of the thread. */
	behind(node: Expression): number {
		const variable = this.nodes.get(node);
		return variable === undefined ? -1 : this.find(variable);
	}

	/** Each variable that the register may be, at one time or another. */
	all(register: number): ReadonlySet<number> {
		const variables = new Set([this.find(register)]);
		this.instructions.forEach((instruction, pc) => {
			if (registerDefined(instruction) === register) variables.add(this.find(this.registers + pc));
			if (this.tested[pc] !== register) return;
			variables.add(this.find(this.edge(pc, true)));
			variables.add(this.find(this.edge(pc, false)));
		});
		return variables;
	}

	private findNodes(part: unknown, pc: number): void {
		if (typeof part !== "object" || part === null) return;
		const fields = part as Readonly<Record<string, unknown>>;
		if (fields.op === "register") {
			const node = part as Extract<Expression, { op: "register" }>;
			const variable = this.readAt(pc, node.register);
			const known = this.nodes.get(node);
			// One part may stand in more than one instruction.
			if (known !== undefined) this.join(known, variable);
			else this.nodes.set(node, variable);
			return;
		}
		for (const inner of Object.values(fields)) this.findNodes(inner, pc);
	}

	private find(variable: number): number {
		const { parents } = this;
		let root = variable;
		while (parents[root] !== root) root = parents[root] as number;
		for (let at = variable; parents[at] !== root; ) {
			const next = parents[at] as number;
			parents[at] = root;
			at = next;
		}
		return root;
	}

	private join(one: number, two: number): void {
		this.parents[this.find(one)] = this.find(two);
	}
}

/** The only register that a branch asks for; -1 where there is none, or more than one, or nothing to choose. */
function testedBy(instruction: Instruction): number {
	if (instruction.kind !== "branch" || instruction.then === instruction.otherwise) return -1;
	const registers = new Set<number>();
	registersRead(instruction.condition, registers);
	const [register] = registers;
	return registers.size === 1 && register !== undefined ? register : -1;
}
