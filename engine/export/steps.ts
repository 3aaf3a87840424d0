/** The steps of one thread as a Promela process: a label for each place where it can stand, an atomic sequence for each step. */
import { stopsOf } from "../memory/compiled/region.ts";
import { isStop } from "../memory/sc.ts";
import { deadRegisters, liveRegisters, registersOfProperties } from "../program/liveness.ts";
import type { Instruction, Place, Thread } from "../program/program.ts";
import { wrongIf } from "./instructions.ts";
import { heldOffText, holdsText } from "./locks.ts";
import { comment } from "./memory.ts";
import { withoutIdle } from "./names.ts";
import type { ModelContext } from "./promela.ts";
import { hasReloads, racesForBits } from "./promela.ts";
import { ended, StatementWriter } from "./statements.ts";
import { promelaValue, type Scope } from "./symbolic.ts";

/** What `init` does for a thread before its process starts. */
interface Prefix {
	readonly text: string;
	/** Where the thread stands then; `ended` where it is over. */
	readonly starts: readonly number[];
	/** Variables of `init`, with their types. */
	readonly declared: readonly string[];
	/** Registers that are handed to the process. */
	readonly handedOver: readonly number[];
	/** Statements that clear the variables, once the process runs. */
	readonly after: string;
}

export class StepText {
	private readonly context: ModelContext;
	private readonly index: number;
	private readonly thread: Thread;
	private readonly isInit: boolean;
	private readonly dead: readonly Int32Array[];
	private readonly live: readonly ReadonlySet<number>[];
	private readonly scope: Scope;
	private written: Prefix | undefined;

	/** `index` of a thread, or one past the last for init. */
	constructor(context: ModelContext, index: number) {
		this.context = context;
		this.index = index;
		this.isInit = index >= context.program.threads.length;
		this.thread = (this.isInit ? context.program.init : context.program.threads[index]) as Thread;
		this.dead = this.isInit ? [] : (deadRegisters(context.program)[index] ?? []);
		this.live = liveRegisters(this.thread, registersOfProperties(context.program)[index] ?? new Set());
		this.scope = { register: (register) => context.register(index, register) };
	}

	private get isCallback(): boolean {
		return this.thread.kind === "callback" && !this.isInit;
	}

	/** What precedes the process, in `init`. */
	get prefix(): Prefix {
		this.written ??= this.writePrefix();
		return this.written;
	}

	/** The thread's local work before its first stop, with variables of its own. */
	private writePrefix(): Prefix {
		const { context, index } = this;
		const name = context.names[index];
		const { entry, instructions, registers } = this.thread;
		const nothing = { starts: [entry], declared: [], handedOver: [], after: "" };
		if (this.isCallback) return { ...nothing, text: "" };
		if (isStop(instructions[entry] as Instruction, context.layout.contextIsShared))
			return { ...nothing, text: this.standing(entry) };
		const start = `${name}_start`;
		const variable = (register: number) => `${name}_r${register}`;
		const inside: Scope = {
			register: (register) =>
				context.isGlobal(index, register) ? context.register(index, register) : variable(register),
		};
		const reached = new Set<number>();
		const writer = new StatementWriter(
			context,
			index,
			this.thread,
			inside,
			`${name}_at_`,
			(pc) => {
				reached.add(pc);
				if (pc === ended)
					return `${this.misuses()}${this.clear(this.thread.instructions.length, inside)}${start} = ${pc}; unfinished = unfinished - 1`;
				return `${this.clear(pc, inside)}${this.standing(pc)}${start} = ${pc}`;
			},
			this.live,
		);
		const all = writer.write(entry, false, `${name}_ready`);
		const starts = [...reached].sort((one, two) => one - two);
		const own = registers.flatMap((_, register) => (context.isGlobal(index, register) ? [] : [register]));
		const { text, used } = withoutIdle(all, own.map(variable));
		const handedOver = own.filter(
			(register) => used.includes(variable(register)) && starts.some((pc) => this.live[pc]?.has(register)),
		);
		// Where it can only stand in one place, nobody needs to be told which.
		const told = starts.length > 1 ? text : text.replaceAll(new RegExp(`\\b${start} = -?\\d+`, "g"), "skip");
		const names = starts.length > 1 ? [...used, start] : used;
		const declared = own
			.filter((register) => used.includes(variable(register)))
			.map((register) => `${context.type(index, register)} ${variable(register)}`);
		return {
			starts,
			declared: starts.length > 1 ? [...declared, `int ${start}`] : declared,
			handedOver,
			text: told,
			after: clearing(names),
		};
	}

	/** Statement that starts the process. */
	run(): string {
		const name = this.context.names[this.index];
		const given = this.prefix.handedOver.map((register) => `${name}_r${register}`);
		if (this.prefix.starts.length > 1) given.unshift(`${name}_start`);
		return `run ${name}(${given.join(", ")});`;
	}

	/** The scenario's init, as statements, with the variables that it needs. */
	initCode(): Pick<Prefix, "declared" | "text" | "after"> {
		const writer = new StatementWriter(
			this.context,
			this.index,
			this.thread,
			this.scope,
			"init_at_",
			() => "skip",
			this.live,
			true,
		);
		const variables = this.thread.registers.map((_, register) => this.scope.register(register));
		const { text, used } = withoutIdle(writer.write(this.thread.entry, true, "init_ready"), variables);
		const declared = variables.flatMap((name, register) =>
			used.includes(name) ? [`${this.context.type(this.index, register)} ${name}`] : [],
		);
		return { declared, text, after: clearing(used) };
	}

	/** The proctype. */
	process(): string {
		const { context, index, thread } = this;
		const name = context.names[index];
		const { handedOver, starts } = this.prefix;
		const stops = new Set(stopsOf(thread, context.layout.contextIsShared));
		const steps: string[] = [];
		const wanted = starts.filter((pc) => pc >= 0);
		const written = new Set<number>();
		for (let pc = wanted.shift(); pc !== undefined; pc = wanted.shift()) {
			if (written.has(pc) || !stops.has(pc)) continue;
			written.add(pc);
			const reached: number[] = [];
			steps.push(this.step(pc, reached));
			wanted.push(...reached);
		}
		const dispatch =
			starts.length > 1
				? `	if\n${starts.map((pc) => `	:: start == ${pc} -> goto ${pc < 0 ? "end_done" : this.labelOf(pc)}\n`).join("")}	fi;\n`
				: "";
		const done = this.isCallback ? "" : "end_done:\n	false;\n";
		const code = `${dispatch}${steps.join("")}`;
		const ending = code.includes("goto ending") ? this.ending() : "";
		const names = thread.registers.map((_, register) => this.scope.register(register));
		const isOwn = (register: number) => !context.isGlobal(index, register) && !handedOver.includes(register);
		const { text, used } = withoutIdle(
			`${code}${done}${ends(code, ending)}`,
			names.filter((_, register) => isOwn(register)),
		);
		const parameters = handedOver.map((register) => `${context.type(index, register)} ${names[register]}`);
		if (starts.length > 1) parameters.unshift("int start");
		const locals = names
			.map((variable, register) => (used.includes(variable) ? `	${context.type(index, register)} ${variable};\n` : ""))
			.join("");
		return `\nproctype ${name}(${parameters.join("; ")}) {\n${locals}${text}}`;
	}

	private step(pc: number, reached: number[]): string {
		const { context, index, thread } = this;
		const site = context.program.sites[thread.instructions[pc]?.site ?? -1];
		const label = this.labelOf(pc);
		const writer = new StatementWriter(
			context,
			index,
			thread,
			this.scope,
			`S${pc}_at_`,
			(stop, written) => {
				if (stop === ended) return "goto ending";
				if (!reached.includes(stop)) reached.push(stop);
				return `${this.clear(stop, this.scope, pc, written)}${this.standing(stop)}goto ${this.labelOf(stop)}`;
			},
			this.live,
		);
		const guards = this.guards(pc);
		const leaves = thread.instructions[pc]?.kind === "reload" ? `		reloading[${index}] = false;\n` : "";
		const when = guards === "true" ? "" : `		${guards} ->\n`;
		return `${label}:	/* ${comment(site?.text ?? "")} */\n	atomic {\n${when}${leaves}${writer.write(pc, true)}\n	}\n`;
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
		for (const mate of context.layout.cpuMates[index] ?? []) guards.push(...heldOffText(context.contexts, mate));
		const enabled = context.look.enabled(index, pc, (register) => context.register(index, register));
		if (enabled !== "true") guards.push(enabled);
		return guards.join(" && ") || "true";
	}

	/**
	 * Clears the registers that no longer matter at a stop, as far as the step from `from` may have left something in them;
	 * `written`: registers that it may have assigned to.
	 */
	private clear(pc: number, scope: Scope, from?: number, written?: ReadonlySet<number>): string {
		const dirty = from === undefined ? undefined : this.dirtyAfter(from, written ?? new Set());
		const dead = [...(this.dead[pc] ?? [])].filter((register) => dirty?.has(register) !== false);
		return dead.map((register) => `${scope.register(register)} = 0; `).join("");
	}

	/** Registers that may be other than 0 after the step from `from`, if nobody clears them. */
	private dirtyAfter(from: number, written: ReadonlySet<number>): ReadonlySet<number> {
		// The arguments of a callback are there before it starts.
		const before = this.isCallback && from === this.thread.entry ? this.thread.registers.keys() : this.live[from];
		return new Set([...(before ?? []), ...written]);
	}

	/** What a thread must not leave behind. */
	private misuses(): string {
		const { contexts, layout, memory } = this.context;
		const { index } = this;
		const left = (["irq", "preempt"] as const).flatMap((name) =>
			contexts.includes(name) ? [`${name}[${index}] > 0`] : [],
		);
		const held = layout.lockCells.map((cell) => holdsText(memory.names[cell] ?? "", index, true));
		const misuse = [...left, ...held].join(" || ");
		const open = contexts.includes("rcu") ? `${wrongIf(`rcu[${index}] > 0`, "rcu_reader_left_open")};\n		` : "";
		return misuse === "" ? open : `${open}${wrongIf(misuse, "lock_misuse")};\n		`;
	}

	/** Where every way through the thread ends. */
	private ending(): string {
		const { context, index, thread } = this;
		const lock = racesForBits(context.program) ? `locking[${index}] = 0; ` : "";
		const next = context.program.detectDataRaces ? `next[${index}] = 0; ${lock}` : "";
		const clear = this.clear(thread.instructions.length, this.scope);
		const rest = this.isCallback ? `running[${index}] = false; goto ${this.labelOf(thread.entry)}` : "goto end_done";
		return `ending:\n		skip;\n		${this.misuses()}${clear}${next}unfinished = unfinished - 1; ${rest}`;
	}

	/** Takes note of the access that a thread which stops here is about to make, and of a reload. */
	private standing(pc: number): string {
		const { context, index } = this;
		if (pc < 0) return "";
		const instruction = this.thread.instructions[pc] as Instruction;
		let text = "";
		if (hasReloads(context.program) && instruction.kind === "reload") text += `reloading[${index}] = true; `;
		if (!context.program.detectDataRaces) return text;
		if (racesForBits(context.program)) {
			const locks = instruction.kind === "lock" ? instruction.bit?.number : undefined;
			text += `locking[${index}] = ${locks ? `(1 << ${promelaValue(locks, this.scope)})` : "0"}; `;
		}
		const access = accessOf(instruction);
		if (!access) return `${text}next[${index}] = 0; `;
		const how = (access.plain ? 1 : 0) + (access.writes ? 2 : 0);
		const { at, fits } = context.places.resolve(index, access.place, this.scope);
		const word = typeof at === "number" ? String(4 * at + 4 + how) : `4 * ${at} + ${4 + how}`;
		if (fits === "false") return `${text}next[${index}] = 0; `;
		return `${text}next[${index}] = ${fits === "true" ? word : `(${fits} -> ${word} : 0)`}; `;
	}
}

/** The access that counts for data races, as `nextAccess` of engine/memory/sc.ts has it. */
function accessOf(instruction: Instruction): { place: Place; plain: boolean; writes: boolean } | undefined {
	switch (instruction.kind) {
		case "update":
			return { place: instruction.place, plain: false, writes: true };
		case "load":
		case "store": {
			const { kind, marking, place } = instruction;
			return marking === "data_race" ? undefined : { place, plain: marking === "plain", writes: kind === "store" };
		}
		case "lock":
		case "unlock":
			return instruction.bit && { place: instruction.bit.word, plain: false, writes: true };
		default:
			return undefined;
	}
}

/** Statements that clear variables. */
const clearing = (variables: readonly string[]) => variables.map((each) => `		${each} = 0;`).join("\n");

/**
 * Where a process or init, whose body this is, goes in the end. One atomic sequence: who jumps into the middle of one from another
 * is not interrupted in between.
 */
export function ends(body: string, ending = ""): string {
	const classifies = `${body}${ending}`.includes("goto wrong_pointer");
	const isWrong = classifies || `${body}${ending}`.includes("goto violation");
	const parts = [
		...(ending === "" ? [] : [ending]),
		...(classifies ? ["wrong_pointer:\n		skip;\n		classify(); goto violation"] : []),
		...(isWrong ? ["violation:\n		skip;\n		VIOLATION(wrong)"] : []),
	];
	return parts.length === 0 ? "" : `	atomic {\n		false;\n${parts.join(";\n")}\n	}\n`;
}
