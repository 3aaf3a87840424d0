/** Single instructions as JavaScript text. Whatever is not plain sailing (a fault, a limit) is left to the interpreter: `return 2`. */
import {
	cellStride,
	type Expression,
	type Instruction,
	type InstructionBody,
	objectAlignment,
	type Place,
	type Program,
} from "../../program/program.ts";
import {
	irqWord,
	type Layout,
	live,
	notStarted,
	pcWord,
	preemptWord,
	rcuWord,
	registersWord,
	spinWord,
} from "../layout.ts";
import { anyHolder, anySharedHolder, holderMask, sharedBit, writerWaits } from "../locks.ts";
import { conditionText, valueText } from "./expressions.ts";

type Body<K extends InstructionBody["kind"]> = Extract<InstructionBody, { kind: K }>;

/** A cell as text: a constant, or a variable that the code before it sets. */
interface CellText {
	readonly before: string;
	readonly cell: string;
	readonly known: number | undefined;
}

/** Text that leaves the step to the interpreter. */
export const giveUp = "return 2;";

/** Whether a lock can be had, its word being in the variable `word`: `available` of locks.ts. */
function freeText(word: string, instruction: Body<"lock">): string {
	const tries = instruction.try !== undefined;
	if (!instruction.shared) return tries ? `${word}===0` : `(${word}&${anyHolder})===0`;
	const noWriter = `(${word}&${holderMask})===0`;
	if (tries) return `(${word}&${holderMask | writerWaits})===0`;
	return instruction.barges
		? noWriter
		: `${noWriter}&&((${word}&${writerWaits})===0||(${word}&${anySharedHolder})===0)`;
}

/** Writes the instructions of one thread. Names that the text may use are those of `library` in compile.ts. */
export class InstructionWriter {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly thread: number;
	private readonly base: number;
	private readonly registers: number;
	private variables = 0;

	constructor(program: Program, layout: Layout, thread: number) {
		this.program = program;
		this.layout = layout;
		this.thread = thread;
		this.base = layout.threads[thread] as number;
		this.registers = this.base + registersWord;
	}

	value(expression: Expression): string {
		return valueText(expression, this.registers);
	}

	condition(expression: Expression): string {
		return conditionText(expression, this.registers);
	}

	register(number: number): string {
		return `w[${this.registers + number}]`;
	}

	/** Text that makes a choice into the variable `name`. */
	choose(name: string, alternatives: string): string {
		return `if(a>=record.arities.length)${giveUp}record.arities[a]=${alternatives};const ${name}=a<record.choiceCount?record.choices[a]:0;a++;`;
	}

	/** Text that leaves the step as not enabled. */
	readonly disabled = "record.arityCount=a;record.changedCount=q;return 1;";

	private fresh(prefix: string): string {
		return `${prefix}${this.variables++}`;
	}

	private word(offset: number): string {
		return `w[${this.base + offset}]`;
	}

	/** The cell of a place, resolved as far as its text is constant. */
	cell(place: Place): CellText {
		const { program, layout } = this;
		if (place.base.op === "constant" && place.offset.op === "constant") {
			const address = (place.base.value + place.offset.value) | 0;
			const cell = address > 0 && address % cellStride === 0 ? (layout.cellAt[address / cellStride] ?? -1) : -1;
			const whole =
				place.structure < 0 || (layout.structuresAt.get(place.base.value)?.includes(place.structure) ?? false);
			if (cell < 0 || !whole) return { before: giveUp, cell: "0", known: undefined };
			const object = program.cells[cell]?.object ?? 0;
			const alive = layout.typesafe[object] === 1 ? "" : `if(w[${layout.lifetimes + object}]!==${live})${giveUp}`;
			return { before: alive, cell: String(cell), known: cell };
		}
		const base = this.fresh("b");
		const cell = this.fresh("c");
		const address = this.fresh("x");
		const structure =
			place.structure < 0
				? ""
				: `if((${base}&${objectAlignment - 1})!==0||!structures[${place.structure}][${base}>>8])${giveUp}`;
		return {
			before: `const ${base}=${this.value(place.base)},${address}=${base}+${this.value(place.offset)}|0;if(${address}<=0||(${address}&${cellStride - 1})!==0||${address}>=top)${giveUp}const ${cell}=cellAt[${address}>>3];if(${cell}<0)${giveUp}${structure}if(w[${layout.lifetimes}+objectOf[${cell}]]!==${live}&&typesafe[objectOf[${cell}]]===0)${giveUp}`,
			cell,
			known: undefined,
		};
	}

	private changed(cell: string): string {
		return `changed[q++]=${cell};`;
	}

	/** Text of an instruction other than branch, reload and end, which say where to go on. */
	text(instruction: Instruction): string {
		switch (instruction.kind) {
			case "assign":
				return `${this.register(instruction.register)}=${this.value(instruction.value)};`;
			case "choose": {
				const name = this.fresh("k");
				return `${this.choose(name, String(instruction.high - instruction.low + 1))}${this.register(instruction.register)}=${instruction.low}+${name};`;
			}
			case "check":
				return `if(!(${this.condition(instruction.condition)}))${giveUp}`;
			case "await":
				return `if(!(${this.condition(instruction.condition)})){${this.disabled}}`;
			case "might_sleep":
				return this.program.threads[this.thread]?.kind === "callback" ? giveUp : `if(${this.isReader()})${giveUp}`;
			case "holds": {
				const at = this.cell(instruction.lock);
				const shared = instruction.shared ? `||(w[${at.cell}]&${this.sharedBit})!==0` : "";
				return `${at.before}${this.register(instruction.register)}=(w[${at.cell}]&${holderMask})===${this.thread + 1}${shared}?1:0;`;
			}
			case "context_get":
				return this.contextGet(instruction);
			case "load": {
				const at = this.cell(instruction.place);
				return `${at.before}${this.register(instruction.register)}=w[${at.cell}];`;
			}
			case "store": {
				const at = this.cell(instruction.place);
				return `${at.before}w[${at.cell}]=${this.value(instruction.value)};${this.changed(at.cell)}`;
			}
			case "update":
				return this.update(instruction);
			case "lock":
				return this.lock(instruction);
			case "unlock":
				return this.unlock(instruction);
			case "downgrade": {
				const at = this.cell(instruction.lock);
				return `${at.before}if((w[${at.cell}]&${holderMask})!==${this.thread + 1})${giveUp}w[${at.cell}]=w[${at.cell}]&${~holderMask}|${this.sharedBit};${this.changed(at.cell)}`;
			}
			case "is_locked": {
				const at = this.cell(instruction.lock);
				return `${at.before}${this.register(instruction.register)}=w[${at.cell}]!==0?1:0;`;
			}
			case "context":
				return this.context(instruction);
			case "context_set":
				return `${this.word(irqWord)}=${this.condition(instruction.value)}?1:0;${this.quiesce()}`;
			case "irqs_disabled_on":
				return this.irqsDisabledOn(instruction);
			case "grace_period_begin":
				return this.gracePeriodBegin(instruction.gracePeriod);
			case "grace_period_end":
				return `if(w[${this.layout.gracePeriods + instruction.gracePeriod}]!==0){${this.disabled}}`;
			case "call_rcu":
				return this.callRcu(instruction);
			case "allocate":
				return this.allocate(instruction);
			case "free":
				return this.free(instruction);
			default:
				return "";
		}
	}

	/** A reload at which the thread stands: the load, if it makes a difference. */
	reload(instruction: Body<"reload">): string {
		const at = this.cell(instruction.place);
		const register = this.register(instruction.register);
		return `${at.before}if(${register}===w[${at.cell}]){${this.disabled}}${register}=w[${at.cell}];`;
	}

	/** The checks at the end of a thread, and its last program counter. */
	end(after: number): string {
		const held = this.layout.lockCells.map(
			(cell) => `(w[${cell}]&${holderMask})===${this.thread + 1}||(w[${cell}]&${this.sharedBit})!==0`,
		);
		const wrong = [`${this.word(rcuWord)}>0`, `${this.word(irqWord)}>0`, `${this.word(preemptWord)}>0`, ...held];
		return `if(${wrong.join("||")})${giveUp}${this.word(pcWord)}=${after};`;
	}

	private get sharedBit(): number {
		return sharedBit(this.thread);
	}

	private isReader(): string {
		return `(${[irqWord, preemptWord, rcuWord, spinWord].map((offset) => this.word(offset)).join("|")})!==0`;
	}

	/** After a change of context. */
	private quiesce(): string {
		const { gracePeriods } = this.layout;
		const bit = 1 << this.thread;
		const leave = Array.from({ length: this.program.gracePeriods }, (_, period) => {
			const at = gracePeriods + period;
			return `if((w[${at}]&${bit})!==0){w[${at}]=w[${at}]&${~bit};${this.changed(String(at))}}`;
		});
		return leave.length === 0 ? "" : `if(!(${this.isReader()})){${leave.join("")}}`;
	}

	private contextGet(instruction: Body<"context_get">): string {
		const offsets = { irq: irqWord, preempt: preemptWord, rcu: rcuWord };
		const got = instruction.context === "atomic" ? `${this.isReader()}?1:0` : this.word(offsets[instruction.context]);
		return `${this.register(instruction.register)}=${got};`;
	}

	private update(instruction: Body<"update">): string {
		const at = this.cell(instruction.place);
		const before = this.fresh("v");
		const operand = this.fresh("o");
		const after = {
			add: `${before}+${operand}|0`,
			and: `${before}&${operand}`,
			or: `${before}|${operand}`,
			xor: `${before}^${operand}`,
			exchange: operand,
		}[instruction.update];
		const write = `w[${at.cell}]=${after};${this.changed(at.cell)}`;
		const compare = instruction.compare;
		const stores = compare
			? `if(${before}${compare.unless ? "!==" : "==="}${this.value(compare.value)}){${write}}`
			: write;
		const keep = instruction.register === undefined ? "" : `${this.register(instruction.register)}=${before};`;
		return `${at.before}const ${before}=w[${at.cell}],${operand}=${this.value(instruction.operand)};${stores}${keep}`;
	}

	private lock(instruction: Body<"lock">): string {
		const at = this.cell(instruction.lock);
		const bit = instruction.bit;
		const word = bit ? this.cell(bit.word) : undefined;
		const mask = this.fresh("m");
		const held = this.fresh("h");
		const bitText = bit && word ? `${word.before}const ${mask}=1<<${this.value(bit.number)};` : "";
		const own = `(${held}&${holderMask})===${this.thread + 1}||(${held}&${this.sharedBit})!==0`;
		const isFree = `${freeText(held, instruction)}${word ? `&&(w[${word.cell}]&${mask})===0` : ""}`;
		const take = `w[${at.cell}]=${instruction.shared ? `${held}|${this.sharedBit}` : this.thread + 1};${this.changed(at.cell)}${
			word ? `w[${word.cell}]=w[${word.cell}]|${mask};${this.changed(word.cell)}` : ""
		}${instruction.spinning ? `${this.word(spinWord)}=${this.word(spinWord)}+1;` : ""}`;
		const begin = `${at.before}${bitText}const ${held}=w[${at.cell}];`;
		if (instruction.try !== undefined) {
			const register = this.register(instruction.try);
			return `${begin}if(${isFree}){${register}=1;${take}}else{${register}=0;}`;
		}
		return `${begin}if(${own})${giveUp}if(!(${isFree})){${this.queue(instruction, held, at)}${this.disabled}}${this.order(at)}${take}`;
	}

	/** Text of a writer's step into the queue of a lock that it cannot have: it stands where it stood. */
	private queue(instruction: Body<"lock">, held: string, at: CellText): string {
		if (instruction.queues === undefined) return "";
		const readers = instruction.queues === "always" ? "" : `&&(${held}&${anySharedHolder})!==0`;
		return `if((${held}&${writerWaits})===0${readers}){w[${at.cell}]=${held}|${writerWaits};${this.changed(at.cell)}record.arityCount=a;record.changedCount=q;return 0;}`;
	}

	/** Leaves a lock taken against the hierarchy to the interpreter. */
	private order(at: CellText): string {
		const ranked = this.layout.lockCells.filter((cell) => this.program.cells[cell]?.lock?.rank !== undefined);
		if (ranked.length === 0) return "";
		const holds = (cell: number) =>
			`(w[${cell}]&${holderMask})===${this.thread + 1}||(w[${cell}]&${this.sharedBit})!==0`;
		if (at.known === undefined) return `if(!inOrder(w,${at.cell},${this.thread}))${giveUp}`;
		const rank = this.program.cells[at.known]?.lock?.rank;
		if (rank === undefined) return "";
		const later = ranked.filter((cell) => (this.program.cells[cell]?.lock?.rank as number) > rank);
		return later.length === 0 ? "" : `if(${later.map(holds).join("||")})${giveUp}`;
	}

	private unlock(instruction: Body<"unlock">): string {
		const at = this.cell(instruction.lock);
		const word = instruction.bit ? this.cell(instruction.bit.word) : undefined;
		const mask = this.fresh("m");
		const held = instruction.shared
			? `(w[${at.cell}]&${this.sharedBit})!==0`
			: `(w[${at.cell}]&${holderMask})===${this.thread + 1}`;
		const dropped = instruction.shared ? `w[${at.cell}]&${~this.sharedBit}` : `w[${at.cell}]&${~holderMask}`;
		const clear =
			instruction.bit && word
				? `${word.before}const ${mask}=1<<${this.value(instruction.bit.number)};if((w[${word.cell}]&${mask})===0)${giveUp}w[${word.cell}]=w[${word.cell}]&~${mask};${this.changed(word.cell)}`
				: "";
		const spin = instruction.spinning ? `${this.word(spinWord)}=${this.word(spinWord)}-1;${this.quiesce()}` : "";
		return `${at.before}if(!(${held}))${giveUp}w[${at.cell}]=${dropped};${this.changed(at.cell)}${clear}${spin}`;
	}

	private context(instruction: Body<"context">): string {
		if (instruction.context === "irq")
			return `${this.word(irqWord)}=${instruction.change > 0 ? 1 : 0};${this.quiesce()}`;
		const word = this.word(instruction.context === "rcu" ? rcuWord : preemptWord);
		return instruction.change > 0 ? `${word}=${word}+1;` : `if(${word}<1)${giveUp}${word}=${word}-1;${this.quiesce()}`;
	}

	private irqsDisabledOn(instruction: Body<"irqs_disabled_on">): string {
		const cpu = this.fresh("u");
		const tests = this.program.threads.flatMap((thread, index) =>
			thread.kind === "thread"
				? [`${cpu}===${thread.cpu}&&w[${(this.layout.threads[index] as number) + irqWord}]!==0`]
				: [],
		);
		return `const ${cpu}=${this.value(instruction.cpu)};${this.register(instruction.register)}=${tests.join("||") || "false"}?1:0;`;
	}

	private gracePeriodBegin(gracePeriod: number): string {
		const at = this.layout.gracePeriods + gracePeriod;
		return `w[${at}]=readers(w);${this.changed(String(at))}`;
	}

	private callRcu(instruction: Body<"call_rcu">): string {
		const target = this.layout.threads[instruction.thread] as number;
		const entry = this.program.threads[instruction.thread]?.entry ?? 0;
		const given = instruction.arguments.map(
			(argument) => `w[${target + registersWord + argument.register}]=${this.value(argument.value)};`,
		);
		return `if(w[${target + pcWord}]!==${notStarted})${giveUp}${given.join("")}${this.gracePeriodBegin(instruction.gracePeriod)}w[${target + pcWord}]=${entry};record.started|=${1 << instruction.thread};`;
	}

	private allocate(instruction: Body<"allocate">): string {
		const objects = this.program.pools[instruction.pool]?.objects ?? [];
		const register = this.register(instruction.register);
		const free = this.fresh("n");
		const index = this.fresh("i");
		const isFree = (object: number) => `w[${this.layout.lifetimes + object}]!==${live}`;
		const count = objects.map((object) => `(${isFree(object)}?1:0)`).join("+") || "0";
		const take = objects
			.map((object) => {
				const at = this.layout.lifetimes + object;
				const address = this.program.objects[object]?.address ?? 0;
				return `if(${isFree(object)}&&${index}--===0){w[${at}]=${live};${this.changed(String(at))}${register}=${address};}`;
			})
			.join("else ");
		const chosen = this.fresh("k");
		return `const ${free}=${count};if(${free}===0){${register}=0;}else{${this.choose(chosen, free)}let ${index}=${chosen};${take}}`;
	}

	private free(instruction: Body<"free">): string {
		const pointer = this.fresh("p");
		const object = this.fresh("o");
		return `const ${pointer}=${this.value(instruction.pointer)};if(${pointer}!==0){const ${object}=startOf(${pointer});if(${object}<0||!mayFree(w,${object}))${giveUp}w[${this.layout.lifetimes}+${object}]=2;${this.changed(`${this.layout.lifetimes}+${object}`)}}`;
	}
}
