/** The body of a litmus process to code over registers. Whatever is not supported is an error at its place. */
import type { Diagnostic, Expression, Statement } from "../language/syntax.ts";
import type { Instruction, InstructionBody, Operand, ThreadCode } from "../memory/lkmm/code.ts";
import type { EventSource, Tag } from "../memory/lkmm/thread.ts";
import { arithmetic, binaryOperations, bitXor } from "./arithmetic.ts";
import { type Primitive, primitives } from "./primitives.ts";
import type { Process } from "./syntax.ts";

/** Compiles one process; `initial` are the values that its parameters and registers begin with. */
export function compileProcess(
	text: string,
	process: Process,
	initial: ReadonlyMap<string, number>,
	errors: Diagnostic[],
): ThreadCode {
	const compiler = new Compiler(text, initial, errors);
	for (const statement of process.function.body?.statements ?? []) compiler.statement(statement);
	return { name: `P${process.number}`, instructions: compiler.instructions(), registers: compiler.registers };
}

/** An instruction whose jumps are not known yet. */
type Draft = { -readonly [K in keyof Instruction]: Instruction[K] } & {
	otherwise?: number;
	join?: number;
	to?: number;
};

const zero: Operand = { kind: "constant", value: 0 };

class Compiler {
	readonly registers: { name: string | undefined; initial: number }[] = [];
	private readonly text: string;
	private readonly errors: Diagnostic[];
	private readonly byName = new Map<string, number>();
	private readonly drafts: Draft[] = [];
	private statementNumber = 0;
	private source: EventSource = { text: "", pos: 0, end: 0 };
	/** Registers that the statement reads so far. */
	private readSoFar: number[] = [];

	constructor(text: string, initial: ReadonlyMap<string, number>, errors: Diagnostic[]) {
		this.text = text;
		this.errors = errors;
		for (const [name, value] of initial) this.declare(name, value);
	}

	instructions(): Instruction[] {
		return this.drafts as Instruction[];
	}

	private declare(name: string, initial = 0): number {
		let register = this.byName.get(name);
		if (register === undefined) {
			register = this.registers.length;
			this.registers.push({ name, initial });
			this.byName.set(name, register);
		}
		return register;
	}

	private temporary(): number {
		this.registers.push({ name: undefined, initial: 0 });
		return this.registers.length - 1;
	}

	private unsupported(node: { pos: number; end: number }, what: string): Operand {
		const { pos, end } = node;
		this.errors.push({
			severity: "error",
			code: "litmus-unsupported",
			pos,
			end,
			message: `${what} is not supported in litmus tests`,
		});
		return zero;
	}

	private emit(body: InstructionBody): Draft {
		const draft = { ...body, statement: this.statementNumber, source: this.source } as Draft;
		this.drafts.push(draft);
		return draft;
	}

	private begin(node: { pos: number; end: number }): void {
		this.statementNumber++;
		this.readSoFar = [];
		const text = this.text.slice(node.pos, node.end).replaceAll(/\s+/g, " ").trim();
		this.source = { text, pos: node.pos, end: node.end };
	}

	statement(statement: Statement): void {
		switch (statement.kind) {
			case "block":
				for (const inner of statement.statements) this.statement(inner);
				return;
			case "empty":
			case "error":
				return;
			case "declaration":
				for (const variable of statement.variables) {
					const register = this.declare(variable.name.text);
					if (variable.arrayLengths.length > 0) this.unsupported(variable, "an array");
					if (!variable.initializer) continue;
					if (variable.initializer.kind === "initializer_list")
						this.unsupported(variable.initializer, "an initializer list");
					else this.assign(register, variable.initializer, variable);
				}
				return;
			case "expression":
				this.expressionStatement(statement.expression);
				return;
			case "if":
				this.branch(statement);
				return;
			default:
				this.unsupported(
					statement,
					`\`${this.text.slice(statement.pos, statement.end).split(/\W/)[0] || statement.kind}\``,
				);
		}
	}

	private assign(register: number, value: Expression, whole: { pos: number; end: number }): void {
		this.begin(whole);
		this.emit({ op: "assign", register, value: this.value(value) });
	}

	private expressionStatement(expression: Expression): void {
		const inner = strip(expression);
		if (inner.kind === "assignment") {
			this.assignment(inner);
			return;
		}
		this.begin(expression);
		if (inner.kind === "call") this.call(inner, false);
		else if (inner.kind === "update" && strip(inner.operand).kind === "name") this.increment(inner);
		else this.value(inner);
	}

	private increment(expression: Expression & { kind: "update" }): void {
		const name = strip(expression.operand);
		if (name.kind !== "name") return;
		const value = this.value(name);
		const register = this.declare(name.name.text);
		const one: Operand = { kind: "constant", value: expression.operator === "++" ? 1 : -1 };
		this.emit({ op: "assign", register, value: { kind: "apply", operation: binaryOperations["+"], a: value, b: one } });
	}

	private assignment(expression: Expression & { kind: "assignment" }): void {
		this.begin(expression);
		const target = strip(expression.target);
		const combine = (old: () => Operand): Operand => {
			if (expression.operator === "=") return this.value(expression.value);
			const operation = binaryOperations[expression.operator.slice(0, -1) as keyof typeof binaryOperations];
			return { kind: "apply", operation, a: old(), b: this.value(expression.value) };
		};
		if (target.kind === "name") {
			const value = combine(() => this.value(target));
			this.emit({ op: "assign", register: this.declare(target.name.text), value });
		} else if (target.kind === "unary" && target.operator === "*") {
			const address = this.value(target.operand);
			this.emit({ op: "store", address, value: combine(() => this.value(target)), tag: "plain" });
		} else this.unsupported(target, `an assignment to \`${this.text.slice(target.pos, target.end)}\``);
	}

	private branch(statement: Statement & { kind: "if" }): void {
		this.begin(statement.condition);
		const condition = this.value(statement.condition);
		const branch = this.emit({ op: "branch", condition, reads: [...this.readSoFar], otherwise: 0, join: 0 });
		this.statement(statement.then);
		let skip: Draft | undefined;
		if (statement.otherwise) {
			this.begin(statement.otherwise);
			skip = this.emit({ op: "jump", to: 0 });
		}
		branch.otherwise = this.drafts.length;
		if (statement.otherwise) this.statement(statement.otherwise);
		branch.join = this.drafts.length;
		if (skip) skip.to = this.drafts.length;
	}

	// ------------------------------------------------------------------------------------------------- expressions

	private value(expression: Expression): Operand {
		switch (expression.kind) {
			case "number":
				return { kind: "constant", value: expression.value };
			case "parenthesized":
			case "cast":
				return this.value(expression.operand);
			case "name": {
				if (expression.name.text === "NULL") return zero;
				return this.read(this.declare(expression.name.text));
			}
			case "unary":
				return this.unary(expression);
			case "binary": {
				const a = this.value(expression.left);
				const before = this.drafts.length;
				const b = this.value(expression.right);
				if ((expression.operator === "&&" || expression.operator === "||") && this.drafts.length > before) {
					return this.unsupported(expression.right, `an access of memory behind \`${expression.operator}\``);
				}
				return { kind: "apply", operation: binaryOperations[expression.operator], a, b };
			}
			case "call":
				return this.call(expression, true);
			default:
				return this.unsupported(expression, `\`${this.text.slice(expression.pos, expression.end)}\``);
		}
	}

	private read(register: number): Operand {
		this.readSoFar.push(register);
		return { kind: "register", register };
	}

	private unary(expression: Expression & { kind: "unary" }): Operand {
		const { operator } = expression;
		if (operator === "&") {
			return this.unsupported(
				expression,
				`\`${this.text.slice(expression.pos, expression.end)}\` (parameters are addresses already)`,
			);
		}
		if (operator === "*") return this.load(this.value(expression.operand), "plain");
		const a = this.value(expression.operand);
		if (operator === "+") return a;
		if (operator === "-") return { kind: "apply", operation: binaryOperations["-"], a: zero, b: a };
		if (operator === "!") return { kind: "apply", operation: binaryOperations["=="], a, b: zero };
		return { kind: "apply", operation: bitXor, a, b: { kind: "constant", value: -1 } };
	}

	private load(address: Operand, tag: Tag): Operand {
		const register = this.temporary();
		this.emit({ op: "load", register, address, tag });
		return this.read(register);
	}

	/** Address that an argument `*p` names. */
	private place(argument: Expression, callee: string): Operand {
		const inner = strip(argument);
		if (inner.kind === "unary" && inner.operator === "*") return this.value(inner.operand);
		return this.unsupported(argument, `\`${callee}\` of what is not \`*pointer\``);
	}

	// ------------------------------------------------------------------------------------------------------- calls

	private call(expression: Expression & { kind: "call" }, wanted: boolean): Operand {
		const callee = strip(expression.callee);
		const name = callee.kind === "name" ? callee.name.text : this.text.slice(callee.pos, callee.end);
		const info = primitives.get(name);
		if (!info) return this.unsupported(callee, `\`${name}()\``);
		const arguments_: Expression[] = [];
		for (const argument of expression.arguments) {
			if (argument.kind === "type_name") return this.unsupported(argument, "a type as an argument");
			arguments_.push(argument);
		}
		if (arguments_.length !== info.arguments) {
			const s = info.arguments === 1 ? "" : "s";
			return this.complain(expression, `\`${name}()\` takes ${info.arguments} argument${s}, not ${arguments_.length}`);
		}
		if (wanted && !info.hasValue) return this.complain(expression, `\`${name}()\` returns nothing`);
		return this.primitive(info.primitive, name, arguments_);
	}

	private complain(node: { pos: number; end: number }, message: string): Operand {
		this.errors.push({ severity: "error", code: "argument-count", pos: node.pos, end: node.end, message });
		return zero;
	}

	private primitive(primitive: Primitive, name: string, arguments_: readonly Expression[]): Operand {
		const [first, second, third] = arguments_ as [Expression, Expression, Expression];
		switch (primitive.does) {
			case "load":
				return this.load(primitive.from === "place" ? this.place(first, name) : this.value(first), primitive.tag);
			case "store": {
				const address = primitive.to === "place" ? this.place(first, name) : this.value(first);
				this.emit({ op: "store", address, value: this.value(second), tag: primitive.tag });
				if (primitive.fence === undefined) return zero;
				this.begin(this.source);
				this.emit({ op: "fence", fence: primitive.fence });
				return zero;
			}
			case "fence":
				this.emit({ op: "fence", fence: primitive.fence });
				return zero;
			case "exchange":
				return this.result((register) => ({
					op: "exchange",
					register,
					address: this.value(first),
					value: this.value(second),
					tag: primitive.tag,
				}));
			case "compare_exchange":
				return this.result((register) => ({
					op: "compare_exchange",
					register,
					address: this.value(first),
					expected: this.value(second),
					desired: this.value(third),
					tag: primitive.tag,
				}));
			case "add_unless":
				return this.result((register) => ({
					op: "add_unless",
					register,
					address: this.value(first),
					addend: this.value(second),
					unless: this.value(third),
					tag: "full",
				}));
			case "update":
				return this.update(primitive, arguments_);
			case "lock":
			case "unlock":
			case "synchronize_srcu":
				this.emit({ op: primitive.does, address: this.value(first) });
				return zero;
			case "try_lock":
			case "is_locked":
				return this.result((register) => ({ op: primitive.does, register, address: this.value(first) }));
			case "srcu_lock":
				return this.load(this.value(first), "srcu");
			case "srcu_unlock":
				this.emit({ op: "store", address: this.value(first), value: this.value(second), tag: "srcu" });
				return zero;
		}
	}

	private result(body: (register: number) => InstructionBody): Operand {
		const register = this.temporary();
		this.emit(body(register));
		return this.read(register);
	}

	private update(primitive: Primitive & { does: "update" }, arguments_: readonly Expression[]): Operand {
		const pointer = arguments_.at(-1) as Expression;
		const operand: Operand =
			primitive.operand === "one" ? { kind: "constant", value: 1 } : this.value(arguments_[0] as Expression);
		const value = this.result((register) => ({
			op: "update",
			register,
			result: primitive.result === "old" ? "old" : "new",
			address: this.value(pointer),
			operand,
			operation: arithmetic[primitive.arithmetic],
			tag: primitive.tag,
		}));
		if (primitive.result === "test") return { kind: "apply", operation: binaryOperations["=="], a: value, b: zero };
		if (primitive.result === "negative") return { kind: "apply", operation: binaryOperations["<"], a: value, b: zero };
		return value;
	}
}

/** The expression without parentheses and casts around it. */
function strip(expression: Expression): Expression {
	let inner = expression;
	while (inner.kind === "parenthesized" || inner.kind === "cast") inner = inner.operand;
	return inner;
}
