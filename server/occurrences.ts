/** Every place of a file where a symbol is named: what references, highlights, renaming, colours and hovers all start from. */
import type { Module } from "../engine/language/analyze.ts";
import { type AnyNode, walk } from "../engine/language/nodes.ts";
import type { Identifier, Range, TypeName } from "../engine/language/syntax.ts";
import type { SymbolInfo } from "../engine/language/types.ts";

export interface Occurrence extends Range {
	readonly symbol: SymbolInfo;
	readonly role: "declaration" | "read" | "write";
	/** The node that names the symbol: an expression, a declaration, a type. */
	readonly node: AnyNode;
}

/** The occurrences of a checked file, sorted by place. Names that mean nothing are left out. */
export function occurrencesOf(module: Module): readonly Occurrence[] {
	const found: Occurrence[] = [];
	const written = new Set<AnyNode>();
	const add = (
		symbol: SymbolInfo | undefined,
		name: Identifier | undefined,
		role: Occurrence["role"],
		node: AnyNode,
	) => {
		if (symbol !== undefined && name !== undefined && name.text !== "")
			found.push({ symbol, role, node, pos: name.pos, end: name.end });
	};
	walk(module.tree, (node) => {
		switch (node.kind) {
			case "assignment":
				if ("target" in node) written.add(node.target);
				break;
			case "update":
				if ("operand" in node) written.add(node.operand);
				break;
			case "name":
			case "member":
				if ("symbol" in node && "name" in node)
					add(node.symbol as SymbolInfo, node.name as Identifier, written.has(node) ? "write" : "read", node);
				break;
			case "goto":
				if ("label" in node) add(node.symbol, node.label, "read", node);
				break;
			case "type":
				if ("typeName" in node) add(node.symbol, baseName(node.typeName), "declaration", node);
				break;
			case "type_name":
				if ("base" in node) add(typeSymbol(node, module), baseName(node), "read", node);
				break;
			case "check":
				if ("arguments" in node && "expect" in node) {
					add(node.symbol, node.name, "declaration", node);
					for (const argument of node.arguments) add(argument.symbol, argument.name, "read", node);
				}
				break;
			default:
				if ("symbol" in node && "name" in node)
					add(node.symbol as SymbolInfo, node.name as Identifier, "declaration", node);
		}
	});
	for (const [name, symbol] of module.designated) add(symbol, name, "write", name);
	const sorted = found.sort((a, b) => a.pos - b.pos || roleOrder(a) - roleOrder(b));
	return sorted.filter((one, index) => sorted[index - 1]?.pos !== one.pos);
}

/** A declaration wins over the mention of the same name: `struct folio { … }` is both. */
const roleOrder = (one: Occurrence) => (one.role === "declaration" ? 0 : 1);

function baseName(typeName: TypeName): Identifier | undefined {
	return typeName.base.name;
}

function typeSymbol({ base }: TypeName, module: Module): SymbolInfo | undefined {
	if (base.name === undefined) return undefined;
	return base.kind === "named" ? module.lookup(base.name.text) : module.lookupTag(base.name.text)?.symbol;
}

/** The occurrence that the offset is in, or just behind. */
export function occurrenceAt(occurrences: readonly Occurrence[], offset: number): Occurrence | undefined {
	return (
		occurrences.find((one) => one.pos <= offset && offset < one.end) ?? occurrences.find((one) => one.end === offset)
	);
}

/** Whether two symbols are one: modules that were checked apart have symbols of their own. */
export function sameSymbol(a: SymbolInfo, b: SymbolInfo): boolean {
	return (
		a === b || (a.file === b.file && a.kind === b.kind && a.declaration.pos === b.declaration.pos && a.name === b.name)
	);
}
