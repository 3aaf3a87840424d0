/** The outline: scenarios with their threads, checks, objects and parameters; functions, types, constants. */
import { type DocumentSymbol, SymbolKind } from "vscode-languageserver";
import type {
	EnumBody,
	Field,
	Item,
	Range,
	ScenarioMember,
	StructBody,
	TypeName,
} from "../../engine/language/syntax.ts";
import type { Analysis } from "../documents.ts";
import { type Feature, lspRange } from "../services.ts";

export const documentSymbols: Feature = {
	capabilities: { documentSymbolProvider: true },
	register({ connection, documents }) {
		connection.onDocumentSymbol(({ textDocument }) => {
			const analysis = documents.analysis(textDocument.uri);
			return analysis ? outline(analysis) : [];
		});
	},
};

interface OutlineNode {
	readonly name: string;
	readonly kind: SymbolKind;
	readonly range: Range;
	readonly selection: Range;
	readonly detail?: string;
	readonly children?: readonly OutlineNode[];
}

/** The symbols of a document, nested as in the text. */
export function outline({ tree, document }: Analysis): DocumentSymbol[] {
	const symbol = (node: OutlineNode): DocumentSymbol => ({
		name: node.name,
		kind: node.kind,
		range: lspRange(document, node.range),
		selectionRange: lspRange(document, node.selection),
		...(node.detail !== undefined && { detail: node.detail }),
		...(node.children !== undefined && { children: node.children.map(symbol) }),
	});
	return tree.items.flatMap(itemNodes).map(symbol);
}

function itemNodes(item: Item): OutlineNode[] {
	switch (item.kind) {
		case "scenario":
			return named(item.name.text, SymbolKind.Module, item, item.name, { children: item.members.flatMap(memberNodes) });
		case "function":
			return named(item.name.text, SymbolKind.Function, item, item.name);
		case "define":
			return named(item.name.text, SymbolKind.Constant, item, item.name);
		case "typedef":
			return [...typeNodes(item.typeName, item), ...named(item.name.text, SymbolKind.Class, item, item.name)];
		case "type":
			return typeNodes(item.typeName, item);
		case "variable":
			return named(item.name.text, SymbolKind.Variable, item, item.name);
		default:
			return [];
	}
}

function memberNodes(member: ScenarioMember): OutlineNode[] {
	switch (member.kind) {
		case "thread":
			return named(member.name.text, SymbolKind.Method, member, member.name, { detail: "thread" });
		case "init":
			return named("init", SymbolKind.Constructor, member, { pos: member.pos, end: member.pos + "init".length });
		case "check":
			return named(member.name.text, SymbolKind.Event, member, member.name, {
				detail: `expect ${member.expect.map((one) => one.text).join(", ")}`,
			});
		case "param":
			return named(member.name.text, SymbolKind.TypeParameter, member, member.name, { detail: "param" });
		case "variable":
			return named(member.name.text, SymbolKind.Variable, member, member.name);
		case "property":
			return named(`${member.property} (${member.text})`, SymbolKind.Boolean, member, member.condition);
		default:
			return [];
	}
}

function typeNodes(typeName: TypeName, whole: Range): OutlineNode[] {
	const base = typeName.base;
	if (base.kind === "named" || base.body === undefined || base.name === undefined) return [];
	const kind = base.kind === "enum" ? SymbolKind.Enum : SymbolKind.Struct;
	return named(base.name.text, kind, whole, base.name, { detail: base.kind, children: bodyNodes(base.body) });
}

function bodyNodes(body: StructBody | EnumBody): OutlineNode[] {
	if (body.kind === "enum_body")
		return body.enumerators.flatMap((one) => named(one.name.text, SymbolKind.EnumMember, one, one.name));
	return body.fields.flatMap(fieldNodes);
}

function fieldNodes(field: Field): OutlineNode[] {
	const base = field.typeName.base;
	const inner = base.kind !== "named" && base.body !== undefined ? bodyNodes(base.body) : [];
	return field.name === undefined
		? inner
		: named(field.name.text, SymbolKind.Field, field, field.name, { children: inner });
}

/** Nothing for a name that the author has yet to write: the protocol wants every symbol named, and its name inside of it. */
function named(
	name: string,
	kind: SymbolKind,
	range: Range,
	selection: Range,
	rest: Partial<OutlineNode> = {},
): OutlineNode[] {
	if (name === "") return [];
	const whole = { pos: Math.min(range.pos, selection.pos), end: Math.max(range.end, selection.end) };
	return [{ name, kind, range: whole, selection, ...rest }];
}
