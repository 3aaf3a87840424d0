/** The symbols that can be named at a place. */
import type { Module } from "../engine/language/analyze.ts";
import { type AnyNode, childrenOf, pathAt } from "../engine/language/nodes.ts";
import type { Field, Item, SourceTree, TypeName } from "../engine/language/syntax.ts";
import type { StructType, SymbolInfo, Type } from "../engine/language/types.ts";

interface FileSymbols {
	readonly names: readonly SymbolInfo[];
	/** Structs, unions and enums, which have a name space of their own. */
	readonly tags: readonly { readonly keyword: string; readonly symbol: SymbolInfo }[];
}

const byTree = new WeakMap<SourceTree, FileSymbols>();

/** What a file declares for itself and for those who include it. */
export function fileSymbols(tree: SourceTree): FileSymbols {
	let found = byTree.get(tree);
	if (found === undefined) {
		found = collect(tree);
		byTree.set(tree, found);
	}
	return found;
}

function collect(tree: SourceTree): FileSymbols {
	const names: SymbolInfo[] = [];
	const tags: { keyword: string; symbol: SymbolInfo }[] = [];
	const enumerators = ({ base }: TypeName) => {
		if (base.kind === "enum" && base.body?.kind === "enum_body")
			for (const { symbol } of base.body.enumerators) if (symbol !== undefined) names.push(symbol);
	};
	for (const item of tree.items) {
		if ("typeName" in item) enumerators(item.typeName);
		const symbol = symbolOf(item);
		if (symbol === undefined || symbol.name === "") continue;
		if (item.kind === "type") {
			if (item.typeName.base.kind !== "named" && item.typeName.base.body !== undefined)
				tags.push({ keyword: item.typeName.base.kind, symbol });
		} else names.push(symbol);
	}
	return { names, tags };
}

const symbolOf = (item: Item) => ("symbol" in item ? item.symbol : undefined);

/** A module and everything that it includes, each once. */
export function* modulesOf(module: Module, seen = new Set<Module>()): Generator<Module> {
	if (seen.has(module)) return;
	seen.add(module);
	yield module;
	for (const included of module.includes) yield* modulesOf(included, seen);
}

/** Everything that an expression may name at an offset, innermost scope first; a name that is hidden is left out. */
export function namesAt(module: Module, offset: number): SymbolInfo[] {
	const found = new Map<string, SymbolInfo>();
	const add = (symbol: SymbolInfo | undefined) => {
		if (symbol !== undefined && symbol.name !== "" && !found.has(symbol.name)) found.set(symbol.name, symbol);
	};
	for (const node of pathAt(module.tree, offset).reverse()) for (const symbol of declaredIn(node, offset)) add(symbol);
	for (const one of modulesOf(module)) for (const symbol of fileSymbols(one.tree).names) add(symbol);
	return [...found.values()];
}

/** What a node declares for the nodes inside of it: in a block only what stands before the offset. */
function declaredIn(node: AnyNode, offset: number): SymbolInfo[] {
	switch (node.kind) {
		case "block":
		case "for":
			return childrenOf(node)
				.filter((child) => child.kind === "declaration" && child.end <= offset)
				.flatMap((child) => childrenOf(child).flatMap(ownSymbol))
				.reverse();
		case "function":
			return childrenOf(node)
				.filter((child) => child.kind === "parameter")
				.flatMap(ownSymbol);
		case "scenario":
			return childrenOf(node)
				.filter((child) => child.kind === "variable" || child.kind === "param")
				.flatMap(ownSymbol);
		default:
			return [];
	}
}

function ownSymbol(node: AnyNode): SymbolInfo[] {
	const symbol = "symbol" in node ? (node.symbol as SymbolInfo | undefined) : undefined;
	return symbol === undefined ? [] : [symbol];
}

/** Every variable that a thread or function declares anywhere in it. */
export function localsOf(node: AnyNode): SymbolInfo[] {
	return childrenOf(node).flatMap((child) => [
		...(child.kind === "variable" ? ownSymbol(child) : []),
		...localsOf(child),
	]);
}

/** Every label of the function, thread or init block around an offset. */
export function labelsAt(module: Module, offset: number): SymbolInfo[] {
	const body = pathAt(module.tree, offset).find(
		(node) => node.kind === "function" || node.kind === "thread" || node.kind === "init",
	);
	const labels = (node: AnyNode): SymbolInfo[] =>
		childrenOf(node).flatMap((child) => [...(child.kind === "label" ? ownSymbol(child) : []), ...labels(child)]);
	return body === undefined ? [] : labels(body);
}

/** The fields that `.` or `->` after a value of this type may name. */
export function fieldsOf(type: Type | undefined): readonly { readonly name: string; readonly node: Field }[] {
	const struct = type?.kind === "pointer" ? type.to : type;
	return struct?.kind === "struct" || struct?.kind === "union" ? ((struct as StructType).fields ?? []) : [];
}
