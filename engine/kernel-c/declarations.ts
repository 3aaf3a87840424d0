/** What a declaration of kernel C says about a name: its type, as far as fields and pointers go. */
import { type CNode, childrenOf, fieldOf, upwards } from "./tree.ts";

/** `struct folio *` is base "folio", tag "struct", pointers 1; `pte_t` is base "pte_t" without a tag. */
export interface CType {
	readonly base: string;
	readonly tag: "struct" | "union" | "enum" | undefined;
	/** How many `*` and `[]` stand between the name and the base. */
	readonly pointers: number;
}

/** The type that a `type` node names, without the declarator; undefined for one without a name. */
export function baseType(node: CNode | null): CType | undefined {
	if (node === null || node.isError) return undefined;
	const tag = { struct_specifier: "struct", union_specifier: "union", enum_specifier: "enum" } as const;
	if (node.type in tag) {
		const name = node.childForFieldName("name")?.text;
		return name === undefined ? undefined : { base: name, tag: tag[node.type as keyof typeof tag], pointers: 0 };
	}
	if (node.type === "type_descriptor") {
		const base = baseType(node.childForFieldName("type"));
		const declarator = node.childForFieldName("declarator");
		return base && { ...base, pointers: declarator === null ? 0 : count(declarator.text) };
	}
	return { base: node.text.replace(/\s+/g, " "), tag: undefined, pointers: 0 };
}

const count = (declarator: string) => declarator.replace(/[^*[]/g, "").length;

interface Declarator {
	readonly name: CNode;
	readonly pointers: number;
	/** Parameter list, when it declares a function (not a pointer to one). */
	readonly parameters: CNode | undefined;
}

/** Follows a declarator to the name it declares. A pointer to a function counts as no pointer and has no parameters here. */
export function declaratorOf(node: CNode | null): Declarator | undefined {
	let pointers = 0;
	let parameters: CNode | undefined;
	for (let one = node; one !== null; ) {
		if (one.isError || one.isMissing) return undefined;
		switch (one.type) {
			case "identifier":
			case "field_identifier":
			case "type_identifier":
				return { name: one, pointers, parameters };
			case "pointer_declarator":
			case "array_declarator":
				pointers++;
				break;
			case "function_declarator":
				parameters = one.childForFieldName("parameters") ?? undefined;
				break;
			case "parenthesized_declarator":
				one =
					childrenOf(one).find((child) => child.type.endsWith("declarator") || child.type.endsWith("identifier")) ??
					null;
				continue;
		}
		one = one.childForFieldName("declarator");
	}
	return undefined;
}

/** The type that a declaration, parameter or field gives to `name`; undefined when it does not declare that name. */
export function typeInDeclaration(declaration: CNode, name: string): CType | undefined {
	for (const node of fieldOf(declaration, "declarator")) {
		const declarator = declaratorOf(node.type === "init_declarator" ? node.childForFieldName("declarator") : node);
		if (declarator?.name.text !== name) continue;
		const base = baseType(declaration.childForFieldName("type"));
		return base && { ...base, pointers: declarator.pointers };
	}
	return undefined;
}

const declares = (declaration: CNode, name: string) =>
	fieldOf(declaration, "declarator").some(
		(node) =>
			declaratorOf(node.type === "init_declarator" ? node.childForFieldName("declarator") : node)?.name.text === name,
	);

/** Where a name is declared, seen from a place inside a function: innermost block first, then the parameters. */
export function localDeclaration(place: CNode, name: string): CNode | undefined {
	for (const scope of upwards(place)) {
		const candidates =
			scope.type === "function_definition"
				? childrenOf(declaratorOf(scope.childForFieldName("declarator"))?.parameters ?? scope)
				: scope.type === "compound_statement" || scope.type === "for_statement" || scope.type === "case_statement"
					? childrenOf(scope)
					: [];
		for (const candidate of candidates) {
			if (candidate.startIndex > place.startIndex) break;
			if ((candidate.type === "declaration" || candidate.type === "parameter_declaration") && declares(candidate, name))
				return candidate;
		}
		if (scope.type === "function_definition") return undefined;
	}
	return undefined;
}

/** The type of a field in the body of a struct or union; the fields of anonymous members belong to the outer one. */
export function fieldType(body: CNode, field: string): CType | undefined {
	for (const member of childrenOf(body)) {
		if (member.type !== "field_declaration") continue;
		const found = typeInDeclaration(member, field);
		if (found !== undefined) return found;
		const inner = member.childForFieldName("type")?.childForFieldName("body");
		if (inner && fieldOf(member, "declarator").length === 0) {
			const nested = fieldType(inner, field);
			if (nested !== undefined) return nested;
		}
	}
	return undefined;
}
