/** The steps of one thread as a Promela process: a label for each place where it can stand, an atomic sequence for each step. */
import { regionAt, stopsOf } from "../memory/compiled/region.ts";
import { isStop } from "../memory/sc.ts";
import { deadRegisters } from "../program/liveness.ts";
import type { Instruction, Thread } from "../program/program.ts";
import type { ModelContext } from "./promela.ts";
import { hasReloads } from "./promela.ts";
import { ended, StatementWriter } from "./statements.ts";
import type { Scope } from "./symbolic.ts";

export class StepText {
	private readonly context: ModelContext;
	private readonly index: number;
	private readonly thread: Thread;
	private readonly isInit: boolean;
	private readonly dead: readonly Int32Array[];
	private readonly scope: Scope;
	private starts: readonly number[] = [];

	/** `index` of a thread, or one past the last for init. */
	constructor(context: ModelContext, index: number) {
		this.context = context;
		this.index = index;
		this.isInit = index >= context.program.threads.length;
		this.thread = (this.isInit ? context.program.init : context.program.threads[index]) as Thread;
		this.dead = this.isInit ? [] : (deadRegisters(context.program)[index] ?? []);
		this.scope = { register: (register) => context.register(index, register) };
	}

	private get isCallback(): boolean {
		return this.thread.kind === "callback" && !this.isInit;
	}

	/** Registers that a thread's local prefix may set: they are handed to the process. */
	private get handedOver(): readonly number[] {
		if (
			this.isCallback ||
			isStop(this.thread.instructions[this.thread.entry] as Instruction, this.context.layout.contextIsShared)
		)
			return [];
		return this.thread.registers.flatMap((_, register) =>
			this.context.isGlobal(this.index, register) ? [] : [register],
		);
	}

	/** Code for `init` that runs the thread's local work before its first stop, with its variables there. */
	prefix(): { readonly declared: string[]; readonly text: string; readonly after: string[] } {
		const { context, index } = this;
		const name = context.names.threads[index];
		const { entry, instructions } = this.thread;
		if (this.isCallback) {
			this.starts = [entry];
			return { declared: [], text: "", after: [] };
		}
		if (isStop(instructions[entry] as Instruction, context.layout.contextIsShared)) {
			this.starts = [entry];
			return { declared: [], text: this.standing(entry), after: [] };
		}
		const variables = this.handedOver.map((register) => `${name}_r${register}`);
		const start = `${name}_start`;
		const inside: Scope = {
			register: (register) =>
				context.isGlobal(index, register) ? context.register(index, register) : `${name}_r${register}`,
		};
		const starts = new Set<number>();
		const writer = new StatementWriter(context, index, this.thread, inside, `${name}_at_`, (pc) => {
			starts.add(pc);
			if (pc === ended)
				return `${this.clear(this.thread.instructions.length, inside)}${start} = ${pc}; finished[${index}] = true`;
			return `${this.clear(pc, inside)}${this.standing(pc)}${start} = ${pc}`;
		});
		const text = writer.write(entry, false, `${name}_ready`);
		this.starts = [...starts].sort((one, two) => one - two);
		return {
			declared: [...variables, start].map((variable) => `	int ${variable};`),
			text,
			after: [...variables, start].map((variable) => `		${variable} = 0;`),
		};
	}

	/** Statement that starts the process. */
	run(): string {
		const name = this.context.names.threads[this.index];
		const given = this.handedOver.map((register) => `${name}_r${register}`);
		if (this.starts.length > 1) given.unshift(`${name}_start`);
		return `run ${name}(${given.join(", ")});`;
	}

	/** The scenario's init, as statements. */
	initCode(): string {
		const writer = new StatementWriter(
			this.context,
			this.index,
			this.thread,
			this.scope,
			"init_at_",
			() => "skip",
			true,
		);
		return writer.write(this.thread.entry, true, "init_ready");
	}

	/** The proctype. */
	process(): string {
		this.prefix();
		const { context, index, thread } = this;
		const name = context.names.threads[index];
		const handed = this.handedOver;
		const parameters = handed.map((register) => `int ${this.scope.register(register)}`);
		if (this.starts.length > 1) parameters.unshift("int start");
		const locals = thread.registers.flatMap((_, register) =>
			handed.includes(register) || context.isGlobal(index, register)
				? []
				: [`	int ${this.scope.register(register)};\n`],
		);
		const stops = new Set(stopsOf(thread, context.layout.contextIsShared));
		const steps: string[] = [];
		const wanted = [...this.starts].filter((pc) => pc >= 0);
		const written = new Set<number>();
		for (let pc = wanted.shift(); pc !== undefined; pc = wanted.shift()) {
			if (written.has(pc) || !stops.has(pc)) continue;
			written.add(pc);
			const reached: number[] = [];
			steps.push(this.step(pc, reached));
			wanted.push(...reached);
		}
		const dispatch =
			this.starts.length > 1
				? `	if\n${this.starts.map((pc) => `	:: start == ${pc} -> goto ${pc < 0 ? "end_done" : this.labelOf(pc)}\n`).join("")}	fi;\n`
				: "";
		const done = this.isCallback ? "" : "end_done:\n	false\n";
		return `\nproctype ${name}(${parameters.join("; ")}) {\n${locals.join("")}${dispatch}${steps.join("")}${done}}`;
	}

	private step(pc: number, reached: number[]): string {
		const { context, index, thread } = this;
		const site = context.program.sites[thread.instructions[pc]?.site ?? -1];
		const label = this.labelOf(pc);
		const writer = new StatementWriter(context, index, thread, this.scope, `S${pc}_at_`, (stop) => {
			if (stop === ended) return `${this.clear(thread.instructions.length, this.scope)}${this.ending()}`;
			if (!reached.includes(stop)) reached.push(stop);
			return `${this.clear(stop, this.scope, pc)}${this.standing(stop)}${context.checkState}goto ${this.labelOf(stop)}`;
		});
		const guards = this.guards(pc);
		const leaves = thread.instructions[pc]?.kind === "reload" ? `			reloading[${index}] = false;\n` : "";
		return `${label}:	/* ${(site?.text ?? "").replaceAll("*/", "* /")} */\n	atomic {\n		(${guards}) ->\n${leaves}${writer.write(pc, true)}\n	}\n`;
	}

	private labelOf(pc: number): string {
		// A callback may wait for ever, and so may a load that nothing makes the compiler do again.
		const mayStay = (this.isCallback && pc === this.thread.entry) || this.thread.instructions[pc]?.kind === "reload";
		return mayStay ? `end_S${pc}` : `S${pc}`;
	}

	private guards(pc: number): string {
		const { context, index } = this;
		const guards: string[] = [];
		if (this.isCallback && pc === this.thread.entry) guards.push(`running[${index}]`);
		if (context.hasContexts)
			for (const mate of context.layout.cpuMates[index] ?? [])
				guards.push(`irq[${mate}] == 0 && preempt[${mate}] == 0 && spin[${mate}] == 0`);
		const enabled = context.look.enabled(index, pc, (register) => context.register(index, register));
		if (enabled !== "true") guards.push(enabled);
		return guards.join(" && ") || "true";
	}

	/** Clears the registers that no longer matter at a stop, as far as the step may have set them. */
	private clear(pc: number, scope: Scope, from?: number): string {
		const dead = [...(this.dead[pc] ?? [])];
		if (from === undefined || (this.isCallback && from === this.thread.entry))
			return dead.map((register) => `${scope.register(register)} = 0; `).join("");
		const region = regionAt(this.thread, from, this.context.layout, this.index);
		const cleared = new Set(this.dead[from] ?? []);
		for (const inside of region.inside) {
			const instruction = this.thread.instructions[inside] as Instruction;
			if ("register" in instruction && instruction.register !== undefined) cleared.delete(instruction.register);
			if (instruction.kind === "lock" && instruction.try !== undefined) cleared.delete(instruction.try);
		}
		return dead.flatMap((register) => (cleared.has(register) ? [] : [`${scope.register(register)} = 0; `])).join("");
	}

	private ending(): string {
		const { context, index } = this;
		const races = context.program.detectDataRaces
			? `next_cell[${index}] = 0; next_object[${index}] = 0; next_how[${index}] = 0; `
			: "";
		if (!this.isCallback) return `finished[${index}] = true; ${races}${context.checkState}goto end_done`;
		return `running[${index}] = false; ${races}${context.checkState}goto ${this.labelOf(this.thread.entry)}`;
	}

	/** Takes note of the access that a thread which stops here is about to make, and of a reload. */
	private standing(pc: number): string {
		const { context, index } = this;
		if (pc < 0) return "";
		const instruction = this.thread.instructions[pc] as Instruction;
		let text = "";
		if (hasReloads(context.program) && instruction.kind === "reload") text += `reloading[${index}] = true; `;
		if (!context.program.detectDataRaces) return text;
		const isAccess =
			instruction.kind === "update" ||
			((instruction.kind === "load" || instruction.kind === "store") && instruction.marking !== "data_race");
		if (!isAccess) return `${text}next_cell[${index}] = 0; next_object[${index}] = 0; next_how[${index}] = 0; `;
		const how =
			(instruction.kind !== "update" && instruction.marking === "plain" ? 1 : 0) +
			(instruction.kind === "load" ? 0 : 2);
		const set = (cell: number, object: number) =>
			`next_cell[${index}] = ${cell + 1}; next_object[${index}] = ${object}; next_how[${index}] = ${how}`;
		const { cases } = context.places.resolve(index, instruction.place, this.scope);
		const [only] = cases;
		if (only && only.condition === undefined) return `${text}${set(only.cell, only.object)}; `;
		const chosen = cases.map(({ condition, cell, object }) => ` :: ${condition} -> ${set(cell, object)}`);
		return `${text}if${chosen.join("")} :: else -> next_cell[${index}] = 0; next_object[${index}] = 0; next_how[${index}] = 0 fi; `;
	}
}
