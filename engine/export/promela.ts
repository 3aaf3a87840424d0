/**
 * A Program as a Promela model for SPIN: the same micro-steps, one atomic sequence each, so that SPIN reaches the same states and
 * the same violations. Its `init` runs the scenario's init, starts the threads, and judges what is left when nobody can go on.
 */
import { type Layout, layoutOf } from "../memory/layout.ts";
import type { Program } from "../program/program.ts";
import { ValueAnalysis } from "../search/reduction/values.ts";
import { violationKinds } from "../verdict/verdict.ts";
import { Look } from "./look.ts";
import { type Names, namesOf, registerName } from "./names.ts";
import { Places } from "./places.ts";
import { StepText } from "./steps.ts";
import { NotExportable, number, unsignedMacros } from "./symbolic.ts";

export { NotExportable };

/** The macros by which a model says what it found. */
export const reportMacros = `/* What goes wrong ends here: the trail of the error leads to it. */
#define VIOLATION(kind) printf("violation: %e\\n", kind); assert(false)
/* The scenario is too large for what it was given. */
#define LIMIT(kind) printf("limit: %e\\n", kind); assert(false)
/* A last state that an "exists" property asks for; number of the property. */
#define MET(property) skip
`;

/** Text of the model. Throws NotExportable where a step is too involved to be written down. */
export function exportPromela(program: Program): string {
	return new Model(program).text();
}

/** Everything that parts of the model need to know. */
export interface ModelContext {
	readonly program: Program;
	readonly layout: Layout;
	readonly values: ValueAnalysis;
	readonly places: Places;
	readonly look: Look;
	readonly names: Names;
	/** Whether any thread has a context: interrupts, preemption, RCU, spinning locks. */
	readonly hasContexts: boolean;
	/** Name of a register inside its thread's process. */
	register(thread: number, register: number): string;
	isGlobal(thread: number, register: number): boolean;
	/** Statement that checks a state, or nothing. */
	readonly checkState: string;
}

class Model {
	private readonly context: ModelContext;
	private readonly program: Program;

	constructor(program: Program) {
		this.program = program;
		const layout = layoutOf(program);
		const values = new ValueAnalysis(program, layout);
		const places = new Places(program, layout, values);
		const names = namesOf(program);
		const looked = new Set(
			program.properties.flatMap((property) =>
				property.variables.map((variable) => `${variable.thread} ${variable.of}`),
			),
		);
		const isGlobal = (thread: number, register: number) =>
			program.threads[thread]?.kind === "callback" || looked.has(`${thread} ${register}`);
		const register = (thread: number, number: number) => {
			const owner = program.threads[thread] ?? program.init;
			if (!owner) return `r${number}`;
			const prefix =
				thread >= program.threads.length ? "i" : isGlobal(thread, number) ? `${names.threads[thread]}_` : "";
			return registerName(owner, number, prefix);
		};
		const judges = program.detectDataRaces || program.properties.some((property) => property.property === "always");
		this.context = {
			program,
			layout,
			values,
			places,
			names,
			look: new Look(program, layout, places, (cell) => names.cells[cell] ?? `m[${cell}]`),
			hasContexts: hasContexts(program),
			register,
			isGlobal,
			checkState: judges ? "check_state();" : "",
		};
	}

	text(): string {
		const { program } = this;
		const steps = program.threads.map((_, thread) => new StepText(this.context, thread));
		const threads = steps.map((each) => each.process());
		return `${[
			this.heading(),
			reportMacros,
			unsignedMacros,
			`mtype = { ${[...violationKinds, "steps", "allocations", "rcu_callbacks"].join(", ")} };`,
			this.memory(),
			this.checks(),
			...threads,
			this.init(steps),
		].join("\n")}\n`;
	}

	private heading(): string {
		const { program } = this;
		const parameters = Object.entries(program.parameters).map(([name, value]) => `${name} = ${value}`);
		const where = `scenario ${program.scenario}, check ${program.check}${parameters.length > 0 ? ` (${parameters.join(", ")})` : ""}`;
		return `/*\n * ${comment(where)}.\n *\n * spin -a MODEL && gcc -O2 -o pan pan.c && ./pan -E\n *\n * One atomic sequence is one step of a thread; labels S... are where a thread can stand.\n * m[] is memory, alive[] says of each object whether it is unallocated (0), live (1) or freed (2).\n */`;
	}

	private memory(): string {
		const { program } = this;
		const { names, hasContexts, isGlobal, register } = this.context;
		const lines = [`int m[${Math.max(1, program.cells.length)}];`];
		program.cells.forEach((cell, index) => {
			const object = program.objects[cell.object]?.name ?? "?";
			lines.push(
				`#define ${names.cells[index]} m[${index}] /* ${comment(`${object}${cell.field ? `.${cell.field}` : ""} at ${cell.address}`)} */`,
			);
		});
		lines.push(`byte alive[${Math.max(1, program.objects.length)}];`);
		program.objects.forEach((object, index) => {
			lines.push(`/* alive[${index}]: ${comment(`${object.type} ${object.name} at ${object.address}`)} */`);
		});
		const threads = program.threads.length;
		if (hasContexts) for (const name of ["irq", "preempt", "rcu", "spin"]) lines.push(`byte ${name}[${threads}];`);
		if (program.gracePeriods > 0)
			lines.push(
				`/* Threads, as bits, that each grace period still waits for. */`,
				`int waits[${program.gracePeriods}];`,
			);
		lines.push(
			`/* A thread: whether it has ended. A callback: whether it runs. */`,
			`bool finished[${threads}], running[${threads}];`,
		);
		if (hasReloads(program))
			lines.push(`/* Threads that stand before a load that the compiler does again. */`, `bool reloading[${threads}];`);
		if (program.detectDataRaces)
			lines.push(
				`/* The access that a thread is about to make: cell + 1, object, and 1 for plain + 2 for a write. */`,
				`int next_cell[${threads}], next_object[${threads}];`,
				`byte next_how[${threads}];`,
			);
		lines.push("/* Scratch. */", "hidden int at, object, before, operand;");
		program.threads.forEach((thread, index) => {
			thread.registers.forEach((_, number) => {
				if (isGlobal(index, number)) lines.push(`int ${register(index, number)};`);
			});
		});
		return lines.join("\n");
	}

	/** What a property evaluates to in the state at hand. */
	private property(index: number): string {
		const { look, values, register } = this.context;
		const property = this.program.properties[index];
		const name = (number: number) => {
			const variable = property?.variables.find((candidate) => candidate.register === number);
			return variable ? register(variable.thread, variable.of) : "0";
		};
		return look.property(index, values.codeOfProperty(index), name);
	}

	/** Inline checks of every state, and of states in which nobody can go on. */
	private checks(): string {
		const { program } = this;
		const state: string[] = [];
		const last: string[] = [];
		program.properties.forEach((property, index) => {
			const holds = this.property(index);
			const wrong = (condition: string) =>
				`	if\n	:: ${condition} -> VIOLATION(invariant) /* ${comment(`${property.property} (${property.text})`)} */\n	:: else\n	fi;`;
			if (property.property === "always") state.push(wrong(`!${holds}`));
			if (property.property === "finally") last.push(wrong(`!${holds}`));
			if (property.property === "never") last.push(wrong(holds));
			if (property.property === "exists")
				last.push(`	if\n	:: ${holds} -> MET(${index}) /* ${comment(property.text)} */\n	:: else\n	fi;`);
		});
		if (program.detectDataRaces) state.push(...this.races());
		if (program.detectLeaks) last.push(...this.leaks());
		const unfinished = program.threads.map((thread, index) =>
			thread.kind === "callback" ? `running[${index}]` : `!finished[${index}]`,
		);
		const reloads = hasReloads(program) ? program.threads.map((_, index) => `reloading[${index}]`) : [];
		const judge = `	if\n	:: ${unfinished.join(" || ") || "false"} ->\n		if\n		:: ${reloads.join(" || ") || "false"} -> skip\n		:: else -> VIOLATION(deadlock)\n		fi\n	:: else ->\n${indent(last.join("\n") || "	skip")}\n	fi`;
		return [
			state.length > 0 ? `inline check_state() {\n${state.join("\n")}\n	skip\n}\n` : "",
			`inline check_last_state() {\n${judge}\n}`,
		].join("\n");
	}

	private races(): string[] {
		const { program } = this;
		const checks: string[] = [];
		for (let one = 0; one < program.threads.length; one++) {
			for (let two = one + 1; two < program.threads.length; two++) {
				const objects = program.objects.flatMap((_, object) =>
					this.context.places.mayDie(object) ? [`(next_object[${one}] != ${object} || alive[${object}] == 1)`] : [],
				);
				const race = [
					`next_cell[${one}] != 0`,
					`next_cell[${one}] == next_cell[${two}]`,
					`((next_how[${one}] | next_how[${two}]) & 3) == 3`,
					...objects,
				];
				checks.push(`	if\n	:: ${race.join(" && ")} -> VIOLATION(data_race)\n	:: else\n	fi;`);
			}
		}
		return checks;
	}

	private leaks(): string[] {
		const { program } = this;
		const { names } = this.context;
		return program.pools.flatMap((pool) =>
			pool.objects.map((object) => {
				const address = program.objects[object]?.address ?? 0;
				const known = program.cells.flatMap((cell, index) =>
					cell.object === object
						? []
						: [`(alive[${cell.object}] == 1 && (${names.cells[index]} & -256) == ${address})`],
				);
				return `	if\n	:: alive[${object}] == 1 && !(${known.join(" || ") || "false"}) -> VIOLATION(leak)\n	:: else\n	fi;`;
			}),
		);
	}

	private init(steps: readonly StepText[]): string {
		const { program } = this;
		const lines: string[] = [];
		const declared: string[] = [];
		program.cells.forEach((cell, index) => {
			if (cell.initial !== 0) lines.push(`		${this.context.names.cells[index]} = ${number(cell.initial)};`);
		});
		program.objects.forEach((object, index) => {
			if (object.initiallyLive) lines.push(`		alive[${index}] = 1;`);
		});
		if (program.init) {
			const { register } = this.context;
			const registers = program.init.registers.map((_, number) => register(program.threads.length, number));
			declared.push(...registers.map((name) => `	int ${name};`));
			lines.push(new StepText(this.context, program.threads.length).initCode());
			lines.push(...registers.map((name) => `		${name} = 0;`));
		}
		for (const step of steps) {
			const prefix = step.prefix();
			declared.push(...prefix.declared);
			if (prefix.text !== "")
				lines.push(prefix.text.endsWith(";") || prefix.text.endsWith("; ") ? prefix.text : `${prefix.text};`);
		}
		if (this.context.checkState) lines.push(`		${this.context.checkState}`);
		for (const step of steps) lines.push(`		${step.run()}`);
		for (const step of steps) lines.push(...step.prefix().after);
		return `init {\n${declared.join("\n")}${declared.length > 0 ? "\n" : ""}	atomic {\n${lines.filter((line) => line !== "").join("\n")}\n	}\n	atomic {\n		timeout;\n		check_last_state();\n		goto end_last\n	}\nend_last:\n	false\n}`;
	}
}

/** Text that cannot end a comment. */
const comment = (text: string) => text.replaceAll("*/", "* /");
const indent = (text: string) => text.replaceAll(/^/gm, "	");

function hasContexts(program: Program): boolean {
	if (program.gracePeriods > 0) return true;
	return [...program.threads, ...program.properties.map((property) => property.code)].some((thread) =>
		thread.instructions.some(
			(instruction) =>
				/^(context|irqs_disabled_on|might_sleep)/.test(instruction.kind) ||
				("spinning" in instruction && instruction.spinning),
		),
	);
}

/** Whether any thread can stand before a load that is done again. */
export function hasReloads(program: Program): boolean {
	return program.threads.some((thread) => thread.instructions.some(({ kind, glued }) => kind === "reload" && !glued));
}
