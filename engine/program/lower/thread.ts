/** One thread on its way from the tree to instructions: its variables, the calls it is in, the instructions so far. */
import type {
	Block,
	FunctionItem,
	Parameter,
	Range,
	Statement,
	Expression as Tree,
	VariableItem,
} from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import type { Expression, Marking, Place, Thread } from "../program.ts";
import type { Guard } from "./annotations.ts";
import { Code, type Label, type Straight } from "./code.ts";
import {
	bare,
	callDepthMax,
	type Frame,
	instructionsMax,
	LoweringError,
	type ProgramContext,
	rulesOf,
} from "./context.ts";
import { displayOf } from "./display.ts";
import { constant, register } from "./fold.ts";
import { isStruct } from "./layout.ts";
import type { LaidOut } from "./objects.ts";

/** Where a variable of a thread or function lives. */
export type Binding =
	| { readonly kind: "register"; readonly register: number }
	| { readonly kind: "memory"; readonly laidOut: LaidOut; readonly shared: boolean }
	/** A parameter that is never assigned to and got a constant. */
	| { readonly kind: "constant"; readonly value: number }
	/** A `__byref` parameter: the caller's own lvalue. */
	| { readonly kind: "lvalue"; readonly lvalue: Lvalue };

export type Lvalue =
	| { readonly kind: "register"; readonly register: number; readonly type: Type }
	| {
			readonly kind: "memory";
			readonly place: Place;
			readonly type: Type;
			readonly private: boolean;
			readonly rules: readonly string[];
			/** The lock that must be held for an access. */
			readonly guard?: Guard;
	  };

/** A function body being inlined, or the thread's own. */
export interface Activation {
	readonly file: string;
	readonly variables: Map<VariableItem | Parameter, Binding>;
	readonly labels: Map<string, Label>;
	readonly addressTaken: ReadonlySet<VariableItem | Parameter>;
	readonly returnLabel: Label;
	readonly returnRegister: number | undefined;
	readonly returnType: Type;
}

export interface Loop {
	readonly breakLabel: Label;
	readonly continueLabel: Label | undefined;
}

export class ThreadLowering {
	readonly context: ProgramContext;
	readonly code = new Code();
	readonly number: number;
	readonly cpu: number;
	/** The CPU whose percpu variables it sees: a callback runs beside the thread that queued it, with that thread's CPU's. */
	readonly dataCpu: number;
	readonly callStack: Frame[] = [];
	/** Rules that stand at the functions of `callStack`. */
	private readonly callRules: (readonly string[])[] = [];
	/** `callStack` as one string. */
	private calls = "";
	readonly loops: Loop[] = [];
	/** Named variables of the thread itself, for `thread.variable`. */
	readonly named = new Map<string, number>();
	activation: Activation;
	/** Statement that instructions belong to, for their text. */
	statement: Range = { pos: 0, end: 0 };
	/** File of `statement`. */
	statementFile: string;
	/** The statement of the thread's own body that calls are being followed from. */
	private ownStatement: Range | undefined;
	/** File of the call whose arguments are being bound; they are the caller's text. */
	private argumentsFile: string | undefined;
	marking: Marking = "plain";
	atomicDepth = 0;
	/** Registers that stand for `thread.variable` in a property. */
	readonly threadVariables = new Map<Tree, number>();

	constructor(context: ProgramContext, number: number, cpu: number, file: string, dataCpu = cpu) {
		this.context = context;
		this.number = number;
		this.cpu = cpu;
		this.dataCpu = dataCpu;
		this.statementFile = file;
		this.activation = {
			file,
			variables: new Map(),
			labels: new Map(),
			addressTaken: new Set(),
			returnLabel: this.code.newLabel(),
			returnRegister: undefined,
			returnType: { kind: "void" },
		};
	}

	/** Begins the thread's own body. */
	enterBody(body: Block): void {
		this.activation = { ...this.activation, addressTaken: addressTakenIn(body) };
	}

	site(range: Range, rules: readonly string[] = []): number {
		const file = this.argumentsFile ?? this.activation.file;
		const statement = this.statementFile === file && this.statement.end > 0 ? this.statement : range;
		const own = this.callStack.length === 0 ? statement : this.ownStatement;
		const all = this.callRules.length === 0 ? rules : [...new Set([...rules, ...this.callRules.flat()])];
		return this.context.site(file, range, statement, own, this.callStack, this.calls, all);
	}

	error(range: Range, message: string): LoweringError {
		return new LoweringError(this.activation.file, range, message);
	}

	emit(body: Straight, range: Range, rules: readonly string[] = []): void {
		if (this.code.size > instructionsMax)
			throw this.error(range, `this thread is longer than ${instructionsMax} instructions once its calls are inlined`);
		this.code.emit(body, this.site(range, rules), this.atomicDepth > 0);
	}

	/** An access that no other thread can tell from local work. */
	emitPrivate(body: Straight, range: Range): void {
		this.code.emit(body, this.site(range), true);
	}

	branch(condition: Expression, then: Label, otherwise: Label, range: Range): void {
		this.code.branch(condition, then, otherwise, this.site(range));
	}

	temporary(type: Type): number {
		return this.code.newRegister(undefined, displayOf(type, undefined, this.context.version, this.context.lookup));
	}

	/** A copy of the value that later assignments to variables do not change. */
	stable(value: Expression, type: Type, range: Range): Expression {
		if (value.op === "constant") return value;
		const copy = this.temporary(type);
		this.emit({ kind: "assign", register: copy, value }, range);
		return register(copy);
	}

	/** Everything between is one step. */
	atomically(range: Range, body: () => void): void {
		if (this.atomicDepth === 0) this.emit({ kind: "await", condition: constant(1) }, range);
		this.atomicDepth++;
		body();
		this.atomicDepth--;
	}

	declare(variable: VariableItem, type: Type): Binding {
		const { objects } = this.context;
		const known = this.activation.variables.get(variable);
		if (known) return known;
		const taken = this.activation.addressTaken.has(variable);
		let binding: Binding;
		if (isStruct(type) || type.kind === "array" || type.kind === "lock" || taken) {
			binding = { kind: "memory", laidOut: objects.local(variable, type, this.number), shared: taken };
		} else {
			binding = {
				kind: "register",
				register: this.code.newRegister(variable.name.text, this.displayOf(type, variable)),
			};
			if (this.callStack.length === 0 && !this.named.has(variable.name.text))
				this.named.set(variable.name.text, binding.register);
		}
		this.activation.variables.set(variable, binding);
		return binding;
	}

	bindParameter(parameter: Parameter, type: Type, binding: Binding | undefined): Binding {
		const bound = binding ?? {
			kind: "register",
			register: this.code.newRegister(
				parameter.name?.text,
				displayOf(type, undefined, this.context.version, this.context.lookup),
			),
		};
		this.activation.variables.set(parameter, bound);
		return bound;
	}

	private displayOf(type: Type, variable: VariableItem) {
		return displayOf(type, variable.doc, this.context.version, this.context.lookup);
	}

	label(name: string): Label {
		const known = this.activation.labels.get(name);
		if (known) return known;
		const label = this.code.newLabel();
		this.activation.labels.set(name, label);
		return label;
	}

	/** The call as written; "mapping = folio_mapping(folio)" where the statement does nothing else. */
	private callText(file: string, call: Range): string {
		const { sources } = this.context;
		const text = sources.text(file, call);
		const { statement } = this;
		if (this.statementFile !== file || call.pos < statement.pos || call.end > statement.end) return text;
		const before = sources.text(file, { pos: statement.pos, end: call.pos });
		const after = sources.text(file, { pos: call.end, end: statement.end });
		// An assignment, or a declaration without its type.
		const assigned = /^\S+ ?=$/.test(before) ? before : /^[\w\s*]+?[\s*](\w+ ?=)$/.exec(before)?.[1];
		return assigned !== undefined && (after === "" || after === ";") ? `${assigned} ${text}` : text;
	}

	/** Runs `body` inside a call of the function; `activate` binds its parameters. */
	within(
		item: FunctionItem,
		file: string,
		call: Range,
		returnType: Type,
		activate: () => void,
		body: () => void,
	): number | undefined {
		if (this.callStack.length >= callDepthMax)
			throw this.error(call, `calls are nested more than ${callDepthMax} deep here`);
		const outer = this.activation;
		const { statement, statementFile, marking } = this;
		const frame: Frame = {
			function: item.name.text,
			call: this.context.sources.location(outer.file, call),
			text: this.callText(outer.file, call),
		};
		const returnRegister = returnType.kind === "void" ? undefined : this.temporary(returnType);
		this.activation = {
			file,
			variables: new Map(),
			labels: new Map(),
			addressTaken: item.body ? addressTakenIn(item.body) : new Set(),
			returnLabel: this.code.newLabel(),
			returnRegister,
			returnType,
		};
		this.argumentsFile = outer.file;
		activate();
		this.argumentsFile = undefined;
		if (this.callStack.length === 0) this.ownStatement = statement;
		this.callStack.push(frame);
		this.callRules.push(rulesOf(item.doc));
		const { calls } = this;
		this.calls = `${calls}>${frame.call.file}:${frame.call.line}:${frame.call.column}`;
		this.marking = "plain";
		const loops = this.loops.splice(0);
		body();
		this.loops.push(...loops);
		this.code.bind(this.activation.returnLabel);
		this.callStack.pop();
		this.callRules.pop();
		this.calls = calls;
		this.activation = outer;
		this.statement = statement;
		this.statementFile = statementFile;
		this.marking = marking;
		return returnRegister;
	}

	finish(name: string, kind: Thread["kind"], range: Range): Thread {
		return {
			name,
			cpu: this.cpu,
			kind,
			location: this.context.sources.location(this.activation.file, range),
			instructions: this.code.finish(),
			entry: 0,
			registers: this.code.registers,
		};
	}
}

/** Variables and parameters of a body whose address is taken: with `&` (`&x`, not `&x->y`), or as an array that becomes a pointer. */
function addressTakenIn(body: Block): Set<VariableItem | Parameter> {
	const known = addressTakenCache.get(body);
	if (known) return known;
	const taken = new Set<VariableItem | Parameter>();
	const take = (operand: Tree) => {
		const root = rootOf(operand);
		const declaration = root?.kind === "name" ? root.symbol?.declaration : undefined;
		if (declaration?.kind === "variable" || declaration?.kind === "parameter") taken.add(declaration);
	};
	/** Arrays that an index is applied to: they do not become pointers. */
	const indexed = new Set<unknown>();
	const visit = (node: unknown): void => {
		if (Array.isArray(node)) {
			for (const element of node) visit(element);
			return;
		}
		if (typeof node !== "object" || node === null || !("kind" in node)) return;
		const tree = node as Tree | Statement;
		if (tree.kind === "unary" && tree.operator === "&") take(tree.operand);
		// Designators of initializers have kinds of the same names.
		if (tree.kind === "index" && "object" in tree) indexed.add(bare(tree.object));
		const isArray =
			(tree.kind === "name" || tree.kind === "member" || tree.kind === "index") && tree.type?.kind === "array";
		if (isArray && !indexed.has(tree)) take(tree);
		for (const [key, child] of Object.entries(tree)) {
			if (key !== "symbol" && key !== "type" && typeof child === "object") visit(child);
		}
	};
	visit(body.statements);
	addressTakenCache.set(body, taken);
	return taken;
}

const addressTakenCache = new WeakMap<Block, Set<VariableItem | Parameter>>();

/** The variable that an lvalue is a part of, where no pointer is followed on the way. */
function rootOf(expression: Tree): Tree | undefined {
	const inner = bare(expression) as Tree;
	if (inner.kind === "member") return inner.arrow ? undefined : rootOf(inner.object);
	if (inner.kind === "index") return inner.object.type?.kind === "array" ? rootOf(inner.object) : undefined;
	return inner;
}
