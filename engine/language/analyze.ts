/** Text to checked modules: a file with everything that it includes, names and types known. */

import { Checker, nameOf, type Surroundings, type Tag } from "./checker/checker.ts";
import { checkFile } from "./checker/declarations.ts";
import { checkCalls } from "./checker/recursion.ts";
import { withoutConsequences } from "./consequences.ts";
import type { DiagnosticCode } from "./diagnostic-codes.ts";
import { type DeclaredIn, withMissingIncludes } from "./missingIncludes.ts";
import { parse } from "./parser.ts";
import { LineTable } from "./print.ts";
import type { Diagnostic, Identifier, IncludeItem, Range, ScenarioItem, SourceTree, ThreadMember } from "./syntax.ts";
import type { SymbolInfo } from "./types.ts";

/** Files that include each other this deep are taken for a mistake. */
export const includeDepthMaximum = 64;
/** The file that every other one includes without saying so. */
export const preludePath = "machine.mmscn";

/**
 * Finds an included file: `path` as written, `system` for `<…>`, `fromFile` the file it is written in. `file` is the name
 * by which the module is known from then on: the same file always has the same name. Undefined when there is none.
 */
export type Resolve = (
	path: string,
	system: boolean,
	fromFile: string,
) => { readonly file: string; readonly text: string } | undefined;

export type { Tag } from "./checker/checker.ts";

/** One checked file. Never changes once made. */
export interface Module {
	readonly file: string;
	readonly text: string;
	readonly tree: SourceTree;
	readonly lines: LineTable;
	/** Modules of its own #include lines, in order; the prelude last. */
	readonly includes: readonly Module[];
	/** What each #include found. */
	readonly includeTargets: ReadonlyMap<IncludeItem, Module>;
	/** Every module that it sees, each once, itself not. */
	readonly closure: readonly Module[];
	/** What the file declares itself: functions, objects, constants, enumerators, typedefs. */
	readonly symbols: ReadonlyMap<string, SymbolInfo>;
	/** Structs, unions and enums that the file declares itself. */
	readonly tags: ReadonlyMap<string, Tag>;
	/** A file-level name, in this file or one that it sees. A function's definition wins over a prototype. */
	lookup(name: string): SymbolInfo | undefined;
	lookupTag(name: string): Tag | undefined;
	/** All names that `lookup` and `lookupTag` know. */
	readonly visible: Surroundings;
	/** Objects, params and threads of a scenario of this file, by name. */
	scenarioSymbols(scenario: ScenarioItem): ReadonlyMap<string, SymbolInfo>;
	/** Variables of a thread of this file, by name; the first where several have the name. */
	threadVariables(thread: ThreadMember): ReadonlyMap<string, SymbolInfo>;
	/** Fields that designators (`.i_count = 1`) name. */
	readonly designated: ReadonlyMap<Identifier, SymbolInfo>;
	readonly scenarios: readonly ScenarioItem[];
	/** Everything there is to say about this file, by place; one for each mistake. */
	readonly diagnostics: readonly Diagnostic[];
	/** Whether it, or a file that it sees, has an error: then nothing of it is searched. */
	readonly hasErrors: boolean;
}

/** Checked modules by file: those whose text and includes are unchanged are not checked again. */
export class ModuleCache {
	private readonly modules = new Map<string, Module>();

	get(file: string): Module | undefined {
		return this.modules.get(file);
	}

	set(module: Module): void {
		this.modules.set(module.file, module);
	}

	/** Forgets one file: it was closed, or removed. */
	delete(file: string): void {
		this.modules.delete(file);
	}

	clear(): void {
		this.modules.clear();
	}
}

/**
 * Checks a file. Never throws, whatever the text; files that `resolve` does not find are errors at their #include.
 * With a `cache`, unchanged files are not checked again, so that an edit costs the edited file. `declaredIn` knows which file to
 * include for a name that is unknown.
 */
export function analyze(
	file: string,
	text: string,
	resolve: Resolve,
	cache: ModuleCache = new ModuleCache(),
	declaredIn: DeclaredIn = () => undefined,
): Module {
	return new Analysis(resolve, cache, declaredIn).module(file, text);
}

type Found = Module | "cycle" | "deep" | undefined;

class Analysis {
	private readonly resolve: Resolve;
	private readonly cache: ModuleCache;
	private readonly declaredIn: DeclaredIn;
	private readonly open: string[] = [];
	private readonly finished = new Map<string, Module>();

	constructor(resolve: Resolve, cache: ModuleCache, declaredIn: DeclaredIn) {
		this.resolve = resolve;
		this.declaredIn = declaredIn;
		this.cache = cache;
	}

	module(file: string, text: string): Module {
		const finished = this.finished.get(file);
		if (finished) return finished;
		const cached = this.cache.get(file);
		const reusable = cached?.text === text ? cached : undefined;
		let tree = reusable?.tree ?? parse(text);
		this.open.push(file);
		const found = new Map<IncludeItem, Found>();
		for (const item of tree.items) if (item.kind === "include") found.set(item, this.include(item, file));
		const prelude = this.prelude(file);
		this.open.pop();
		if (reusable && this.unchanged(reusable, found, prelude)) {
			this.finished.set(file, reusable);
			return reusable;
		}
		// Symbols and types stand in the tree; another check needs another one.
		if (reusable) {
			const before = [...found.values()];
			tree = parse(text);
			found.clear();
			let index = 0;
			for (const item of tree.items) if (item.kind === "include") found.set(item, before[index++]);
		}
		const isPrelude = this.resolve(preludePath, true, file)?.file === file;
		const module = buildModule(file, text, tree, {
			found,
			prelude,
			isPrelude,
			open: [...this.open, file],
			declaredIn: this.declaredIn,
		});
		this.finished.set(file, module);
		this.cache.set(module);
		return module;
	}

	private include(item: IncludeItem, fromFile: string): Found {
		const target = this.resolve(item.path, item.system, fromFile);
		if (!target) return undefined;
		if (this.open.includes(target.file)) return "cycle";
		if (this.open.length >= includeDepthMaximum) return "deep";
		return this.module(target.file, target.text);
	}

	/** The prelude's module; undefined for the prelude itself, and where there is none. */
	private prelude(fromFile: string): Module | undefined {
		const target = this.resolve(preludePath, true, fromFile);
		if (!target || this.open.includes(target.file)) return undefined;
		return this.module(target.file, target.text);
	}

	private unchanged(module: Module, found: ReadonlyMap<IncludeItem, Found>, prelude: Module | undefined): boolean {
		const now = [...found.values()];
		if (now.some((one) => typeof one === "string")) return false;
		const before = [...found.keys()].map((item) => module.includeTargets.get(item));
		const preludeBefore = module.includes.length > module.includeTargets.size ? module.includes.at(-1) : undefined;
		return now.every((one, index) => one === before[index]) && prelude === preludeBefore;
	}
}

// ------------------------------------------------------------------------------------------------------ one module

interface Surrounding {
	readonly found: ReadonlyMap<IncludeItem, Found>;
	readonly prelude: Module | undefined;
	readonly isPrelude: boolean;
	readonly open: readonly string[];
	readonly declaredIn: DeclaredIn;
}

function buildModule(
	file: string,
	text: string,
	tree: SourceTree,
	{ found, prelude, isPrelude, open, declaredIn }: Surrounding,
): Module {
	const lines = new LineTable(text);
	const problems: Diagnostic[] = [];
	const includeTargets = new Map<IncludeItem, Module>();
	for (const [item, target] of found) {
		if (target !== undefined && typeof target !== "string") includeTargets.set(item, target);
		const problem = includeProblem(item, target, open);
		if (problem) problems.push(problem);
	}
	const includes = [...new Set([...includeTargets.values(), ...(prelude ? [prelude] : [])])];
	const closure = closureOf(includes);
	const symbols = new Map<string, SymbolInfo>();
	const tags = new Map<string, Tag>();
	const visible: Surroundings = { symbols, tags };
	mergeIncludes(visible, closure, includeTargets, problems);
	const checker = new Checker(file, tree, { symbols: new Map(symbols), tags: new Map(tags) }, isPrelude);
	checkFile(checker);
	mergeOwn(checker, visible, closure);
	checkCalls(checker, tree.items);
	const all = withoutConsequences(text, inOrder([...tree.errors, ...problems, ...checker.diagnostics]));
	const diagnostics = withMissingIncludes(text, tree, all, declaredIn);
	const scenarios = tree.items.filter((item) => item.kind === "scenario");
	return {
		file,
		text,
		tree,
		lines,
		includes,
		includeTargets,
		closure,
		symbols: checker.symbols,
		tags: checker.tags,
		lookup: (name) => symbols.get(name),
		lookupTag: (name) => tags.get(name),
		visible,
		scenarioSymbols: (scenario) => checker.scenarioScopes.get(scenario)?.symbols ?? new Map(),
		threadVariables: (thread) => checker.threadLocals.get(thread) ?? new Map(),
		designated: checker.designated,
		scenarios,
		diagnostics,
		hasErrors: diagnostics.some((one) => one.severity === "error") || includes.some((module) => module.hasErrors),
	};
}

function includeProblem(item: IncludeItem, target: Found, open: readonly string[]): Diagnostic | undefined {
	const spelling = item.system ? `<${item.path}>` : `"${item.path}"`;
	if (target === undefined) {
		const where = item.system ? "the kernel model has no such file" : "there is no such file next to this one";
		return problem("include-missing", item.pathRange, `${spelling}: ${where}`);
	}
	if (target === "cycle") {
		const name = item.path.split("/").at(-1) ?? item.path;
		const start = Math.max(
			0,
			open.findIndex((file) => file.endsWith(`/${name}`) || file === name),
		);
		const cycle = [...open.slice(start), open[start] ?? item.path].map((file) => file.split("/").at(-1));
		return problem("include-cycle", item.pathRange, `files include each other: ${cycle.join(" → ")}`);
	}
	if (target === "deep")
		return problem("include-depth", item.pathRange, `files include each other more than ${includeDepthMaximum} deep`);
	const errors = target.diagnostics.filter((one) => one.severity === "error" && one.code !== "include-errors");
	const [first] = errors;
	if (!first) return target.hasErrors ? inheritedErrors(item, target, spelling) : undefined;
	const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
	const { line } = target.lines.position(first.pos);
	return {
		...problem("include-errors", item.pathRange, `${spelling} has ${count}; line ${line}: ${first.message}`),
		related: errors.map((error) => ({ file: target.file, pos: error.pos, end: error.end, message: error.message })),
	};
}

function inheritedErrors(item: IncludeItem, target: Module, spelling: string): Diagnostic {
	const broken = target.closure.find((module) =>
		module.diagnostics.some((one) => one.severity === "error" && one.code !== "include-errors"),
	);
	const first = broken?.diagnostics.find((one) => one.severity === "error");
	const where = broken?.file.split("/").at(-1);
	const message = `${spelling} includes ${where ?? "a file"}, which has errors${first ? `: ${first.message}` : ""}`;
	return {
		...problem("include-errors", item.pathRange, message),
		...(broken &&
			first && { related: [{ file: broken.file, pos: first.pos, end: first.end, message: first.message }] }),
	};
}

function problem(code: DiagnosticCode, range: Range, message: string): Diagnostic {
	return { severity: "error", code, pos: range.pos, end: range.end, message };
}

/** Every module that these see, deepest first, the prelude before all. */
function closureOf(includes: readonly Module[]): Module[] {
	const all = new Set<Module>();
	const prelude = includes.at(-1);
	if (prelude && prelude.includes.length === 0) all.add(prelude);
	for (const module of includes) {
		for (const inner of module.closure) all.add(inner);
		all.add(module);
	}
	return [...all];
}

/** Names of all included files in one table; two declarations of one name are an error at the #include of the later one. */
function mergeIncludes(
	{ symbols, tags }: { symbols: ReadonlyMap<string, SymbolInfo>; tags: ReadonlyMap<string, Tag> },
	closure: readonly Module[],
	targets: ReadonlyMap<IncludeItem, Module>,
	problems: Diagnostic[],
): void {
	const clashes = new Map<IncludeItem, SymbolInfo[]>();
	for (const module of closure) {
		for (const [name, symbol] of module.symbols) {
			const known = symbols.get(name);
			if (known && !isPrototype(symbol) && !isPrototype(known)) noteClash(clashes, targets, module, symbol);
			if (!known || isPrototype(known)) (symbols as Map<string, SymbolInfo>).set(name, symbol);
		}
		for (const [name, tag] of module.tags) {
			const known = tags.get(name);
			if (known?.defined && tag.defined) noteClash(clashes, targets, module, tag.symbol);
			if (!known || (!known.defined && tag.defined)) (tags as Map<string, Tag>).set(name, tag);
		}
	}
	for (const [item, [first, ...others]] of clashes) {
		if (!first) continue;
		const known = symbols.get(first.name) ?? tags.get(first.name)?.symbol;
		const more = others.length > 0 ? ` and ${others.length} more` : "";
		const at = nameOf(first);
		problems.push({
			...problem(
				"include-conflict",
				item.pathRange,
				`\`${first.name}\`${more}: declared here and in ${known?.file.split("/").at(-1) ?? "another file"}`,
			),
			related: [{ file: first.file, pos: at.pos, end: at.end, message: "declared here" }],
		});
	}
}

function noteClash(
	clashes: Map<IncludeItem, SymbolInfo[]>,
	targets: ReadonlyMap<IncludeItem, Module>,
	module: Module,
	symbol: SymbolInfo,
): void {
	for (const [item, target] of targets) {
		if (target !== module && !target.closure.includes(module)) continue;
		clashes.set(item, [...(clashes.get(item) ?? []), symbol]);
		return;
	}
}

/** A name that another declaration may still complete. */
function isPrototype(symbol: SymbolInfo): boolean {
	return symbol.kind === "function" && symbol.declaration.kind === "function" && symbol.declaration.body === undefined;
}

/** Adds the file's own names to those that it sees; a name of an included file must not be declared anew. */
function mergeOwn(checker: Checker, visible: Surroundings, closure: readonly Module[]): void {
	const symbols = visible.symbols as Map<string, SymbolInfo>;
	const tags = visible.tags as Map<string, Tag>;
	if (closure.length > 0) {
		for (const [name, symbol] of checker.symbols) {
			const known = symbols.get(name);
			if (known && !isPrototype(known) && !isPrototype(symbol)) {
				const at = nameOf(symbol);
				const file = known.file.split("/").at(-1) ?? known.file;
				const other = nameOf(known);
				checker.report("duplicate-name", at, `\`${name}\` is declared in ${file} already`, {
					related: [{ file: known.file, pos: other.pos, end: other.end, message: "the other declaration" }],
				});
			}
		}
		for (const [name, tag] of checker.tags) {
			const known = tags.get(name);
			if (!known?.defined || !tag.defined) continue;
			const other = nameOf(known.symbol);
			const base = tag.symbol.declaration.kind === "type" ? tag.symbol.declaration.typeName.base.name : undefined;
			checker.report(
				"duplicate-name",
				base ?? nameOf(tag.symbol),
				`\`${tag.kind} ${name}\` is declared in ${known.symbol.file.split("/").at(-1)} already`,
				{
					related: [{ file: known.symbol.file, pos: other.pos, end: other.end, message: "the other declaration" }],
				},
			);
		}
	}
	for (const [name, symbol] of checker.symbols) {
		const known = symbols.get(name);
		if (!known || !isPrototype(symbol)) symbols.set(name, symbol);
	}
	for (const [name, tag] of checker.tags) if (tag.defined || !tags.has(name)) tags.set(name, tag);
}

/** By place; what says the same of the same place only once. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
	const seen = new Set<string>();
	return [...diagnostics]
		.sort((a, b) => a.pos - b.pos || a.end - b.end || a.code.localeCompare(b.code))
		.filter((one) => {
			const key = `${one.pos}:${one.end}:${one.code}`;
			return !seen.has(key) && seen.add(key);
		});
}
