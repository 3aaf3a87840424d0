/**
 * A Program as a Promela model for SPIN: the same micro-steps, one atomic sequence each, so that SPIN reaches the same states and
 * the same violations. Its `init` runs the scenario's init, starts the threads, and judges what is left when nobody can go on.
 */
import { type Layout, layoutOf } from "../memory/layout.ts";
import type { Program } from "../program/program.ts";
import { ValueAnalysis } from "../search/reduction/values.ts";
import type { Values } from "../search/reduction/wordSets.ts";
import { violationKinds } from "../verdict/verdict.ts";
import { LockOrder } from "./lockOrder.ts";
import { type ContextName, contextsOf, lockMacros } from "./locks.ts";
import { Look } from "./look.ts";
import { comment, Memory } from "./memory.ts";
import { registerName, Spellings } from "./names.ts";
import { Places } from "./places.ts";
import { ends, StepText } from "./steps.ts";
import { macrosUsed, NotExportable, number, unsignedMacros } from "./symbolic.ts";

export { NotExportable };

/** The macros by which a model says what it found. */
export const reportMacros = `/* What goes wrong ends here: the trail of the error leads to it. */
#define VIOLATION(kind) printf("violation: %e\\n", kind); assert(false)
/* The scenario is too large for what it was given. */
#define LIMIT(kind) printf("limit: %e\\n", kind); assert(false)
/* A last state that an "exists" property asks for; number of the property. */
#define MET(property) printf("met: property %d\\n", property)
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
	readonly memory: Memory;
	readonly order: LockOrder;
	/** Names of threads. */
	readonly names: readonly string[];
	/** Contexts that some thread enters. */
	readonly contexts: readonly ContextName[];
	/** Name of a register inside its thread's process. */
	register(thread: number, register: number): string;
	isGlobal(thread: number, register: number): boolean;
	/** The narrowest type that holds whatever a register may be. */
	type(thread: number, register: number): string;
}

class Model {
	private readonly context: ModelContext;
	private readonly program: Program;

	constructor(program: Program) {
		this.program = program;
		const layout = layoutOf(program);
		const values = new ValueAnalysis(program, layout);
		const spellings = new Spellings();
		const names = program.threads.map((thread) => spellings.spell(thread.name));
		const memory = new Memory(program, layout, spellings);
		const places = new Places(program, layout, values, memory);
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
			const prefix = thread >= program.threads.length ? "i" : isGlobal(thread, number) ? `${names[thread]}_` : "";
			return registerName(owner, number, prefix);
		};
		this.context = {
			program,
			layout,
			values,
			places,
			memory,
			order: new LockOrder(program, layout, memory),
			names,
			look: new Look(program, layout, places),
			contexts: contextsOf(program),
			register,
			isGlobal,
			type: (thread, register) => narrowest(values.values(thread, { op: "register", register })),
		};
	}

	text(): string {
		const { program } = this;
		const { memory, order } = this.context;
		const steps = program.threads.map((_, thread) => new StepText(this.context, thread));
		const threads = steps.map((each) => each.process());
		const code = [this.checks(), ...threads, this.watch(), this.init(steps)].join("\n");
		const classification = code.includes("goto wrong_pointer") ? memory.classification() : "";
		const macros = [...macrosUsed(unsignedMacros, code), ...macrosUsed(lockMacros, `${code}${order.text(code)}`)];
		return `${[
			this.heading(),
			reportMacros,
			`mtype = { ${[...violationKinds, "steps", "allocations", "rcu_callbacks"].join(", ")} };`,
			memory.text(`${code}${classification}`),
			this.state(code),
			macros.length > 0 ? `${macros.join("\n")}\n` : "",
			order.text(code),
			classification,
			code,
		]
			.filter((part) => part !== "")
			.join("\n")}\n`;
	}

	private heading(): string {
		const { program } = this;
		const parameters = Object.entries(program.parameters).map(([name, value]) => `${name} = ${value}`);
		const where = `scenario ${program.scenario}, check ${program.check}${parameters.length > 0 ? ` (${parameters.join(", ")})` : ""}`;
		return `/*\n * ${comment(where)}.\n *\n * spin -a MODEL && gcc -O2 -DVECTORSZ=8192 -o pan pan.c && ./pan -E\n *\n * One atomic sequence is one step of a thread; labels S... are where a thread can stand.\n * m[] is memory, alive[] says of each object whether it is unallocated (0), live (1) or freed (2).\n */`;
	}

	/** What there is beside memory. */
	private state(code: string): string {
		const { program } = this;
		const { contexts, isGlobal, register, type } = this.context;
		const lines: string[] = [];
		const threads = program.threads.length;
		if (contexts.length > 0)
			lines.push(
				"/* Of each thread: interrupts off; depth of preempt_disable() and rcu_read_lock(); spinning locks held. */",
			);
		for (const name of contexts) lines.push(`byte ${name}[${threads}];`);
		if (program.gracePeriods > 0)
			lines.push(
				`/* Threads, as bits, that each grace period still waits for. */`,
				`int waits[${program.gracePeriods}];`,
			);
		lines.push("/* Threads that have not ended, and callbacks that run. */", "byte unfinished;");
		if (program.threads.some((thread) => thread.kind === "callback"))
			lines.push("/* Of a callback: whether it runs. */", `bool running[${threads}];`);
		if (hasReloads(program))
			lines.push(`/* Threads that stand before a load that the compiler does again. */`, `bool reloading[${threads}];`);
		if (program.detectDataRaces)
			lines.push(
				"/* The access that a thread is about to make, or 0: 4 * (index in m[] + 1), + 1 for plain, + 2 for a write. */",
				`short next[${threads}];`,
			);
		if (racesForBits(program))
			lines.push(
				"/* The bit that the access is about to lock, or 0: none while it is set. */",
				`int locking[${threads}];`,
			);
		lines.push(
			...(/\bbefore\b/.test(code) ? ["/* What a word was before it is changed. */", "hidden int before;"] : []),
			...(/\bwrong\b/.test(code) ? ["/* What has gone wrong. */", "hidden mtype wrong;"] : []),
			...(code.includes("goto wrong_pointer")
				? ["/* The pointer that has. */", "hidden int base, address;", "hidden byte whole, typed;"]
				: []),
		);
		program.threads.forEach((thread, index) => {
			thread.registers.forEach((_, number) => {
				if (isGlobal(index, number)) lines.push(`${type(index, number)} ${register(index, number)};`);
			});
		});
		return `${lines.join("\n")}\n`;
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

	/** Inline checks of states in which nobody can go on. */
	private checks(): string {
		const { program } = this;
		const last: string[] = [];
		program.properties.forEach((property, index) => {
			const holds = this.property(index);
			const told = comment(`${property.property} (${property.text})`);
			const wrong = (condition: string) =>
				`	if\n	:: ${condition} -> VIOLATION(invariant) /* ${told} */\n	:: else\n	fi;`;
			if (property.property === "finally") last.push(wrong(`!${holds}`));
			if (property.property === "never") last.push(wrong(holds));
			if (property.property === "exists")
				last.push(`	if\n	:: ${holds} -> MET(${index}) /* ${told} */\n	:: else\n	fi;`);
		});
		if (program.detectLeaks) last.push(...this.leaks());
		const reloads = hasReloads(program) ? program.threads.map((_, index) => `reloading[${index}]`) : [];
		const stuck =
			reloads.length === 0
				? "VIOLATION(deadlock)"
				: `\n		if\n		:: ${reloads.join(" || ")} -> skip\n		:: else -> VIOLATION(deadlock)\n		fi`;
		return `inline check_last_state() {\n	if\n	:: unfinished != 0 -> ${stuck}\n	:: else ->\n${indent(last.join("\n") || "	skip")}\n	fi\n}`;
	}

	/** A process that looks at every state, before anybody goes on from it; nothing where no check is about every state. */
	private watch(): string {
		const { program } = this;
		const wrong = program.properties.flatMap((property, index) =>
			property.property === "always"
				? [
						`	:: atomic { !${this.property(index)} -> VIOLATION(invariant) } /* ${comment(`always (${property.text})`)} */`,
					]
				: [],
		);
		if (program.detectDataRaces)
			wrong.push(...this.races().map((race) => `	:: atomic { ${race} -> VIOLATION(data_race) }`));
		return wrong.length === 0 ? "" : `\nproctype watch() {\nend_watch:\n	if\n${wrong.join("\n")}\n	fi\n}`;
	}

	private races(): string[] {
		const { program } = this;
		const { memory, places } = this.context;
		const mortal = program.objects.map((_, object) => places.mayDie(object));
		// Words of objects that may die, each with its object.
		const dead = program.cells.flatMap((cell, index) =>
			mortal[cell.object] ? [{ word: memory.index(index), object: cell.object }] : [],
		);
		const races: string[] = [];
		for (let one = 0; one < program.threads.length; one++) {
			for (let two = one + 1; two < program.threads.length; two++) {
				const objects = [...new Set(dead.map(({ object }) => object))].map((object) => {
					const words = dead.filter((each) => each.object === object).map(({ word }) => word);
					const inside = `next[${one}] >= ${4 * (Math.min(...words) + 1)} && next[${one}] < ${4 * (Math.max(...words) + 2)}`;
					return `(alive[${object}] == 1 || !(${inside}))`;
				});
				races.push(
					[
						`next[${one}] != 0 && next[${one}] >> 2 == next[${two}] >> 2`,
						`((next[${one}] | next[${two}]) & 3) == 3`,
						...(racesForBits(program)
							? [`(m[(next[${one}] >> 2) - 1] & (locking[${one}] | locking[${two}])) == 0`]
							: []),
						...objects,
					].join(" && "),
				);
			}
		}
		return races;
	}

	private leaks(): string[] {
		const { program } = this;
		const { names } = this.context.memory;
		return program.pools.flatMap((pool) =>
			pool.objects.map((object) => {
				const address = program.objects[object]?.address ?? 0;
				const known = program.cells.flatMap((cell, index) =>
					cell.object === object ? [] : [`(alive[${cell.object}] == 1 && (${names[index]} & -256) == ${address})`],
				);
				return `	if\n	:: alive[${object}] == 1 && !(${known.join(" || ") || "false"}) -> VIOLATION(leak)\n	:: else\n	fi;`;
			}),
		);
	}

	private init(steps: readonly StepText[]): string {
		const { program } = this;
		const threads = program.threads.filter((thread) => thread.kind === "thread").length;
		const lines = [`		unfinished = ${threads};`];
		const declared: string[] = [];
		program.cells.forEach((cell, index) => {
			if (cell.initial !== 0) lines.push(`		${this.context.memory.names[index]} = ${number(cell.initial)};`);
		});
		program.objects.forEach((object, index) => {
			if (object.initiallyLive) lines.push(`		alive[${index}] = 1;`);
		});
		const init = program.init && new StepText(this.context, program.threads.length).initCode();
		if (init) {
			declared.push(...init.declared);
			lines.push(init.text, init.after);
		}
		for (const { prefix } of steps) {
			declared.push(...prefix.declared);
			if (prefix.text !== "") lines.push(/; ?$/.test(prefix.text) ? prefix.text : `${prefix.text};`);
		}
		for (const step of steps) lines.push(`		${step.run()}`);
		// The newest process is the first to go on.
		if (this.watch() !== "") lines.push("		run watch();");
		for (const step of steps) lines.push(step.prefix.after);
		const body = lines.filter((line) => line !== "").join("\n");
		const variables = declared.map((variable) => `	${variable};\n`).join("");
		return `\ninit {\n${variables}	atomic {\n${body}\n	}\n	atomic {\n		timeout;\n		check_last_state();\n		goto end_last\n	}\nend_last:\n	false;\n${ends(body)}}`;
	}
}

/** Type for a variable that holds these values; undefined: any. */
function narrowest(values: Values): string {
	if (!values) return "int";
	const all = [...values];
	if (all.every((value) => value >= 0 && value < 1 << 8)) return "byte";
	return all.every((value) => value >= -(1 << 15) && value < 1 << 15) ? "short" : "int";
}

const indent = (text: string) => text.replaceAll(/^/gm, "	");

/** Whether the model must know which bits threads are about to lock. */
export const racesForBits = (program: Program): boolean =>
	program.detectDataRaces &&
	program.threads.some((thread) =>
		thread.instructions.some((instruction) => instruction.kind === "lock" && instruction.bit !== undefined),
	);

/** Whether any thread can stand before a load that is done again. */
export function hasReloads(program: Program): boolean {
	return program.threads.some((thread) => thread.instructions.some(({ kind, glued }) => kind === "reload" && !glued));
}
