/** The type of a C expression, as far as it is needed to say which struct a field belongs to. */
import { functionHeadChunk, structChunk, variableChunk } from "./chunk.ts";
import { baseType, type CType, declaratorOf, fieldType, localDeclaration, typeInDeclaration } from "./declarations.ts";
import { type CNode, childrenOf, type ParseC } from "./tree.ts";

/** What is known besides the file itself: the kernel model's structs and functions. */
export interface KnownTypes {
	/** Type of a field of a struct; undefined when the struct or the field is not known. */
	field(struct: string, field: string): CType | undefined;
	/** Type that a function returns; undefined when the function is not known. */
	returned(name: string): CType | undefined;
}

/** A C file, and what is known besides. */
export interface CFile {
	readonly text: string;
	readonly parse: ParseC;
	readonly known: KnownTypes;
}

/** Macros whose value has the type of their first argument. */
const sameTypeAsArgument = new Set([
	"READ_ONCE",
	"data_race",
	"likely",
	"unlikely",
	"rcu_dereference",
	"rcu_dereference_check",
	"rcu_dereference_protected",
	"rcu_dereference_raw",
	"rcu_access_pointer",
	"smp_load_acquire",
	"xchg",
]);

/** The type of an expression; undefined whenever a part of it is not known or not understood. */
export function typeOf(file: CFile, node: CNode | null): CType | undefined {
	if (node === null || node.isError || node.isMissing) return undefined;
	switch (node.type) {
		case "identifier":
			return variableType(file, node);
		case "parenthesized_expression":
			return typeOf(file, childrenOf(node)[0] ?? null);
		case "field_expression": {
			const object = typeOf(file, node.childForFieldName("argument"));
			const field = node.childForFieldName("field");
			return object && field !== null ? typeOfField(file, object.base, field.text) : undefined;
		}
		case "subscript_expression":
			return pointed(typeOf(file, node.childForFieldName("argument")), -1);
		case "pointer_expression": {
			const address = node.childForFieldName("operator")?.text === "&";
			return pointed(typeOf(file, node.childForFieldName("argument")), address ? 1 : -1);
		}
		case "cast_expression":
			return baseType(node.childForFieldName("type"));
		case "assignment_expression":
			return typeOf(file, node.childForFieldName("left"));
		case "conditional_expression":
			return typeOf(file, node.childForFieldName("consequence")) ?? typeOf(file, node.childForFieldName("alternative"));
		case "binary_expression":
			return typeOf(file, node.childForFieldName("left"));
		case "update_expression":
			return typeOf(file, node.childForFieldName("argument"));
		case "call_expression":
			return callType(file, node);
		default:
			return undefined;
	}
}

/** The type of a field of a struct: as the file defines it, or else as the kernel model does. */
export function typeOfField(file: CFile, struct: string, field: string): CType | undefined {
	const chunk = structChunk(file.text, struct);
	if (chunk !== undefined) {
		const found = file.parse(file.text.slice(chunk.start, chunk.end), (root) => {
			const body = childrenOf(root)[0];
			const specifier = body?.childForFieldName("body") ? body : body?.childForFieldName("type");
			const fields = specifier?.childForFieldName("body");
			return fields ? fieldType(fields, field) : undefined;
		});
		if (found !== undefined) return found;
	}
	return file.known.field(struct, field);
}

const pointed = (type: CType | undefined, by: 1 | -1): CType | undefined => {
	const pointers = (type?.pointers ?? 0) + by;
	return type === undefined || pointers < 0 ? undefined : { ...type, pointers };
};

function variableType(file: CFile, node: CNode): CType | undefined {
	const local = localDeclaration(node, node.text);
	if (local !== undefined) return typeInDeclaration(local, node.text);
	const chunk = variableChunk(file.text, node.text);
	if (chunk === undefined) return undefined;
	return file.parse(file.text.slice(chunk.start, chunk.end), (root) => {
		const declaration = childrenOf(root)[0];
		return declaration?.type === "declaration" ? typeInDeclaration(declaration, node.text) : undefined;
	});
}

function callType(file: CFile, node: CNode): CType | undefined {
	const name = node.childForFieldName("function");
	if (name?.type !== "identifier") return undefined;
	const callArguments = node.childForFieldName("arguments");
	const operands = callArguments === null ? [] : childrenOf(callArguments);
	if (sameTypeAsArgument.has(name.text)) return typeOf(file, operands[0] ?? null);
	if (name.text === "container_of") {
		// A type among the arguments is no C, so the tree is of no help here.
		const struct = /,\s*struct\s+(\w+)\s*,\s*[\w.]+\s*\)$/.exec(node.text)?.[1];
		return struct === undefined ? undefined : { base: struct, tag: "struct", pointers: 1 };
	}
	const chunk = functionHeadChunk(file.text, name.text);
	if (chunk !== undefined) {
		const head = file.text.slice(chunk.start, chunk.end).replace(/;?\s*$/, ";");
		const found = file.parse(head, (root) => {
			const declaration = childrenOf(root)[0];
			if (declaration?.type !== "declaration") return undefined;
			const base = baseType(declaration.childForFieldName("type"));
			const declarator = declaratorOf(declaration.childForFieldName("declarator"));
			return base && declarator?.name.text === name.text ? { ...base, pointers: declarator.pointers } : undefined;
		});
		if (found !== undefined) return found;
	}
	return file.known.returned(name.text);
}
