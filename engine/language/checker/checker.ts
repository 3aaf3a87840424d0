/** What the checker of one file knows: names in scope, what it has said so far. */
import type { DiagnosticCode } from "../diagnostic-codes.ts";
import { suggest } from "../suggestions.ts";
import type {
	Annotation,
	Block,
	CallExpression,
	Diagnostic,
	Expression,
	FunctionItem,
	Identifier,
	InitMember,
	LabelStatement,
	PropertyMember,
	Range,
	SourceTree,
	ThreadMember,
} from "../syntax.ts";
import type { StructType, SymbolInfo, Type } from "../types.ts";
import { unknownType } from "./types.ts";

/** Symbols and nodes are read-only to everybody but the checker, which fills them in. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A struct, union or enum, in the name space that C gives them. */
export interface Tag {
	readonly kind: "struct" | "union" | "enum";
	readonly type: Type;
	readonly symbol: SymbolInfo;
	/** Its body has been seen; a mere `struct folio;` has none. */
	readonly defined: boolean;
}

/** Names that other files give this one. */
export interface Surroundings {
	readonly symbols: ReadonlyMap<string, SymbolInfo>;
	readonly tags: ReadonlyMap<string, Tag>;
}

/** A call, for the search of cycles and of functions without a body. */
export interface Call {
	readonly symbol: SymbolInfo;
	readonly node: CallExpression;
	/** The function runs after a grace period, not here. */
	readonly callback: boolean;
}

/** What can call functions. */
export type Caller = FunctionItem | ThreadMember | InitMember | PropertyMember;

/** Calls by caller, of all files. */
const callsByCaller = new WeakMap<Caller, Call[]>();

/** The calls that stand in a function, thread, `init` or property. Empty before it was checked. */
export function callsOf(caller: Caller): readonly Call[] {
	return callsByCaller.get(caller) ?? [];
}

/** What a body is checked against. */
export interface BodyContext {
	readonly caller: Caller | undefined;
	/** For messages: "folio_put", "thread compaction", "init". */
	readonly name: string;
	/** Undefined where `return` has no meaning. */
	readonly returns: Type | undefined;
	readonly labels: Map<string, SymbolInfo & { readonly declaration: LabelStatement }>;
	/** Names already reported: a misspelt declaration is one mistake, not one for each use. */
	readonly reported: Set<string>;
	/** A property of the scenario: reads, never writes. */
	readonly property: boolean;
	loops: number;
	switches: number;
	/** Values of the cases of the innermost switch. */
	cases: Map<number | "default", Range> | undefined;
	/** How deep in loops and switches the innermost `atomic` stands; jumps out of it are errors. */
	atomic: { readonly loops: number; readonly switches: number; readonly block: Block } | undefined;
	/** The `atomic` that each label stands in. */
	readonly atomics: Map<LabelStatement, Block | undefined>;
}

export class Scope {
	readonly symbols = new Map<string, SymbolInfo>();
	readonly outer: Scope | undefined;

	constructor(outer: Scope | undefined) {
		this.outer = outer;
	}

	find(name: string): SymbolInfo | undefined {
		for (let scope: Scope | undefined = this; scope; scope = scope.outer) {
			const found = scope.symbols.get(name);
			if (found) return found;
		}
		return undefined;
	}

	*names(): Generator<string> {
		for (let scope: Scope | undefined = this; scope; scope = scope.outer) yield* scope.symbols.keys();
	}
}

export class Checker {
	readonly file: string;
	readonly tree: SourceTree;
	/** This file declares the machine's builtins. */
	readonly isPrelude: boolean;
	readonly symbols = new Map<string, SymbolInfo>();
	readonly tags = new Map<string, Tag>();
	readonly diagnostics: Diagnostic[] = [];
	/** Symbols of the scenarios' own members. */
	readonly scenarioScopes = new Map<unknown, Scope>();
	readonly scenarioNames = new Map<string, SymbolInfo>();
	/** Variables of each thread, for `thread.variable` in properties; filled when the thread is checked. */
	readonly threadLocals = new Map<ThreadMember, Map<string, SymbolInfo>>();
	/** Constants and typedefs whose values are being found out: meeting one again is a cycle. */
	readonly settling = new Set<SymbolInfo>();
	/** Fields that designators of initializers name. */
	readonly designated = new Map<Identifier, SymbolInfo>();
	/** Checks that need every struct's fields. */
	readonly afterTypes: (() => void)[] = [];
	scope: Scope | undefined;
	body: BodyContext | undefined;
	private readonly surroundings: Surroundings;
	private readonly pending = new Map<SymbolInfo, () => void>();

	constructor(file: string, tree: SourceTree, surroundings: Surroundings, isPrelude: boolean) {
		this.file = file;
		this.tree = tree;
		this.surroundings = surroundings;
		this.isPrelude = isPrelude;
	}

	// ------------------------------------------------------------------------------------------------ reporting

	report(
		code: DiagnosticCode,
		range: Range,
		message: string,
		extra: Partial<Pick<Diagnostic, "severity" | "related" | "fix">> = {},
	): void {
		this.diagnostics.push({ severity: "error", code, pos: range.pos, end: range.end, message, ...extra });
	}

	/** Names of variables that a thread, or a property about it, lacks and that have been reported. */
	readonly reportedVariables = new Map<ThreadMember, Set<string>>();

	/** Says that a name is unknown, with the nearest known one. */
	reportUnknown(code: DiagnosticCode, name: Identifier, what: string, candidates: Iterable<string>): void {
		if (name.text === "") return;
		const near = suggest(name.text, candidates);
		const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
		this.report(
			code,
			name,
			`${what} \`${name.text}\`${hint}`,
			near === undefined ? {} : { fix: replacement(name, near) },
		);
	}

	// --------------------------------------------------------------------------------------------------- names

	/** The symbol that a name means here, its type and value known. */
	find(name: string): SymbolInfo | undefined {
		const found = this.scope?.find(name) ?? this.symbols.get(name) ?? this.surroundings.symbols.get(name);
		if (found) this.settle(found);
		return found;
	}

	findTag(name: string): Tag | undefined {
		const own = this.tags.get(name);
		if (own?.defined) return own;
		return this.surroundings.tags.get(name) ?? own;
	}

	*namesInScope(): Generator<string> {
		if (this.scope) yield* this.scope.names();
		yield* this.symbols.keys();
		yield* this.surroundings.symbols.keys();
	}

	*tagNames(kind: Tag["kind"]): Generator<string> {
		for (const tags of [this.tags, this.surroundings.tags]) {
			for (const [name, tag] of tags) if (tag.kind === kind) yield name;
		}
	}

	/** What to do before the symbol's type and value can be used. */
	postpone(symbol: SymbolInfo, settle: () => void): void {
		this.pending.set(symbol, settle);
	}

	/** Makes sure that the symbol's type and value are known. */
	settle(symbol: SymbolInfo): void {
		const settle = this.pending.get(symbol);
		if (!settle) return;
		this.pending.delete(symbol);
		// A file-level declaration sees neither the scope nor the body that happened to need it first.
		const { scope, body } = this;
		this.scope = this.body = undefined;
		settle();
		this.scope = scope;
		this.body = body;
	}

	settleAll(): void {
		for (const symbol of [...this.pending.keys()]) this.settle(symbol);
	}

	/** A struct whose body this file sees, where the type itself comes from a file that does not. */
	completed<T extends Type>(type: T): T {
		if ((type.kind === "struct" || type.kind === "union") && type.fields === undefined) {
			const tag = this.findTag(type.name);
			if (tag?.kind === type.kind) return tag.type as T;
		}
		if (type.kind === "pointer") {
			const to = this.completed(type.to);
			if (to !== type.to) return { ...type, to };
		}
		return type;
	}

	// --------------------------------------------------------------------------------------------------- scopes

	/** Runs `check` in a scope of its own. */
	inScope<T>(check: () => T): T {
		const outer = this.scope;
		this.scope = new Scope(outer);
		const result = check();
		this.scope = outer;
		return result;
	}

	/** Adds a symbol to the innermost scope, or to the file; an error if its scope has one of that name. */
	declare(symbol: SymbolInfo, name: Identifier): void {
		if (symbol.name === "") return;
		const symbols = this.scope?.symbols ?? this.symbols;
		const known = symbols.get(symbol.name);
		if (known) {
			this.reportDuplicate(name, known);
			return;
		}
		symbols.set(symbol.name, symbol);
	}

	reportDuplicate(name: Identifier, known: SymbolInfo): void {
		const at = nameOf(known);
		this.report("duplicate-name", name, `\`${name.text}\` is declared twice`, {
			related: [{ file: known.file, pos: at.pos, end: at.end, message: "the other declaration" }],
		});
	}

	/** Notes a call of the body that is being checked. */
	recordCall(call: Call): void {
		const caller = this.body?.caller;
		if (!caller) return;
		const calls = callsByCaller.get(caller);
		if (calls) calls.push(call);
		else callsByCaller.set(caller, [call]);
	}
}

/** A quick fix that replaces a range. */
export function replacement(range: Range, text: string): NonNullable<Diagnostic["fix"]> {
	return { title: `Change to \`${text}\``, edits: [{ pos: range.pos, end: range.end, text }] };
}

/** The place of a symbol's name in its file. */
export function nameOf(symbol: SymbolInfo): Range {
	const { declaration } = symbol;
	if (declaration.kind === "type") {
		const { base } = declaration.typeName;
		return base.name ?? declaration;
	}
	return declaration.name ?? declaration;
}

/** Fills in a node's type, and its value where it is a constant. */
export function setType(node: Expression, type: Type, constant?: number): Type {
	node.type = type;
	if (constant !== undefined) node.constant = constant;
	return type;
}

/** A new symbol whose type is filled in later. */
export function makeSymbol(
	checker: Checker,
	kind: SymbolInfo["kind"],
	name: string,
	declaration: SymbolInfo["declaration"],
	type: Type = unknownType,
): Mutable<SymbolInfo> {
	const doc = "doc" in declaration ? declaration.doc : undefined;
	return { kind, name, type, file: checker.file, declaration, doc };
}

/** Whether one of the annotations has this name. */
export function hasAnnotation(annotations: readonly Annotation[], name: string): boolean {
	return annotations.some((annotation) => annotation.name.text === name);
}

/** The field of a struct by name; anonymous members' fields belong to the outer struct. */
export function fieldOf(type: StructType, name: string) {
	return type.fields?.find((field) => field.name === name);
}
