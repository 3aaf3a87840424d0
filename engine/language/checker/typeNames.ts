/** Type names to types. */

import { suggest } from "../suggestions.ts";
import type { EnumBody, Expression, Field, Range, StructBody, TypeName } from "../syntax.ts";
import type { FieldType, StructType, SymbolInfo, Type } from "../types.ts";
import { checkFieldAnnotations } from "./annotations.ts";
import { type Checker, type Mutable, makeSymbol, replacement } from "./checker.ts";
import { checkExpression } from "./expressions.ts";
import { builtinTypes, intType, isStruct, lockStructs, typeText, unknownType, wrapped } from "./types.ts";

/** Elements of an array. Scenarios are small; a larger one is a mistake. */
export const arrayLengthMaximum = 4096;

/** Types of struct and enum bodies that have no name, by body: several declarators share one. */
const anonymousTypes = new WeakMap<StructBody | EnumBody, Type>();

/**
 * The type that a type name means. `declaration` is where a struct or enum that it declares is declared; `givenName` names
 * one that has no name of its own (`typedef struct { … } foo_t`).
 */
export function resolveType(
	c: Checker,
	typeName: TypeName,
	declaration: SymbolInfo["declaration"] | undefined,
	givenName = "",
): Type {
	let type = baseType(c, typeName, declaration, givenName);
	const rcu = typeName.annotations.some((annotation) => annotation.name.text === "__rcu");
	for (let level = typeName.pointers; level > 0; level--) {
		type = level === 1 && rcu ? { kind: "pointer", to: type, rcu } : { kind: "pointer", to: type };
	}
	typeName.type = type;
	return type;
}

/** The type with array lengths around it: `int x[2][3]`. */
export function arrayType(c: Checker, type: Type, lengths: readonly Expression[]): Type {
	let result = type;
	for (let index = lengths.length - 1; index >= 0; index--) {
		const node = lengths[index] as Expression;
		checkExpression(c, node);
		const length = node.constant;
		if (type.kind === "void") continue;
		if (length === undefined) {
			if (node.type?.kind !== "unknown") c.report("array-length", node, "the length of an array is a constant");
			result = { kind: "array", of: result, length: 1 };
		} else if (length < 1 || length > arrayLengthMaximum) {
			c.report("array-length", node, `an array has 1 to ${arrayLengthMaximum} elements, not ${length}`);
			result = { kind: "array", of: result, length: 1 };
		} else result = { kind: "array", of: result, length };
	}
	return result;
}

function baseType(
	c: Checker,
	typeName: TypeName,
	declaration: SymbolInfo["declaration"] | undefined,
	givenName: string,
): Type {
	const { base } = typeName;
	if (base.kind === "named") return namedType(c, typeName);
	if (base.body !== undefined && declaration !== undefined) {
		if (base.body.kind === "enum_body") return enumType(c, base.body, base.name?.text ?? givenName);
		if (base.kind !== "enum") return structType(c, base.kind, base.body, base.name, givenName, declaration);
	}
	if (base.name === undefined || base.name.text === "") return unknownType;
	const lock = base.kind === "struct" ? lockStructs.get(base.name.text) : undefined;
	if (lock !== undefined) return { kind: "lock", name: lock };
	const tag = c.findTag(base.name.text);
	if (tag?.kind === base.kind) return tag.type;
	if (tag !== undefined) {
		c.report(
			"unknown-type",
			base.name,
			`\`${base.name.text}\` is ${article(tag.kind)} ${tag.kind}, not ${article(base.kind)} ${base.kind}`,
			{
				fix: replacement({ pos: typeName.pos, end: base.name.end }, `${tag.kind} ${base.name.text}`),
			},
		);
		return unknownType;
	}
	const candidates = [...c.tagNames(base.kind), ...(base.kind === "struct" ? lockStructs.keys() : [])];
	c.reportUnknown("unknown-type", base.name, `unknown ${base.kind}`, candidates);
	return unknownType;
}

const article = (word: string): string => (/^[aeiou]/.test(word) ? "an" : "a");

function namedType(c: Checker, typeName: TypeName): Type {
	if (typeName.base.kind !== "named") return unknownType;
	const { name } = typeName.base;
	const builtin = builtinTypes.get(typeName.unsigned ? `unsigned ${name.text}` : name.text);
	const symbol = c.find(name.text);
	if (symbol !== undefined && c.settling.has(symbol)) {
		c.report("typedef-cycle", name, `\`${name.text}\` is defined by itself`);
		return unknownType;
	}
	if (symbol?.kind === "type" && !typeName.unsigned) return symbol.type;
	if (builtin !== undefined) return builtin;
	if (name.text === "") return unknownType;
	for (const kind of ["struct", "union", "enum"] as const) {
		if (c.findTag(name.text)?.kind !== kind && !(kind === "struct" && lockStructs.has(name.text))) continue;
		const fix = replacement(name, `${kind} ${name.text}`);
		c.report("unknown-type", name, `\`${name.text}\` is ${article(kind)} ${kind}: write \`${kind} ${name.text}\``, {
			fix,
		});
		return unknownType;
	}
	if (typeName.unsigned) {
		c.report("unknown-type", name, `\`unsigned ${name.text}\` is not a type`);
		return unknownType;
	}
	const types = [...c.namesInScope()].filter((candidate) => c.find(candidate)?.kind === "type");
	// `folio_t` for `struct folio`.
	const tag = suggest(name.text, c.tagNames("struct"));
	const known = suggest(name.text, [...types, ...builtinTypes.keys()]);
	if (known === undefined && tag !== undefined) {
		const fix = replacement(name, `struct ${tag}`);
		c.report("unknown-type", name, `unknown type \`${name.text}\`; did you mean \`struct ${tag}\`?`, { fix });
	} else c.reportUnknown("unknown-type", name, "unknown type", [...types, ...builtinTypes.keys()]);
	return unknownType;
}

// -------------------------------------------------------------------------------------------------------- structs

/** Makes the tag known before its body is looked at, so that it may point to itself. */
export function declareTags(
	c: Checker,
	typeName: TypeName,
	declaration: SymbolInfo["declaration"],
	givenName = "",
): void {
	const { base } = typeName;
	if (base.kind === "named") return;
	if (base.body?.kind === "struct_body") {
		for (const field of base.body.fields) declareTags(c, field.typeName, field);
	}
	const name = base.name?.text ?? givenName;
	if (base.kind === "struct" && lockStructs.has(name) && base.body !== undefined && base.name) {
		c.report("duplicate-name", base.name, `\`struct ${name}\` is a lock of the machine, and has no fields here`);
		return;
	}
	// `struct folio *f;` in a parameter declares nothing; `struct folio;` does.
	if (base.body === undefined && !(declaration.kind === "type" && typeName.pointers === 0)) return;
	if (name === "" || (base.name === undefined && base.kind === "enum")) return;
	const known = c.tags.get(name) ?? (base.body === undefined ? c.findTag(name) : undefined);
	if (known !== undefined && known.kind === base.kind) {
		if (base.body === undefined || base.name === undefined) return;
		if (known.defined) c.reportDuplicate(base.name, known.symbol);
		else c.tags.set(name, { ...known, defined: true, symbol: tagSymbol(c, name, declaration, known.type) });
		return;
	}
	if (known !== undefined && base.name) {
		c.reportDuplicate(base.name, known.symbol);
		return;
	}
	const type: Type =
		base.kind === "enum" ? { kind: "enum", name } : ({ kind: base.kind, name, fields: undefined } satisfies StructType);
	c.tags.set(name, {
		kind: base.kind,
		type,
		symbol: tagSymbol(c, name, declaration, type),
		defined: base.body !== undefined,
	});
}

function tagSymbol(c: Checker, name: string, declaration: SymbolInfo["declaration"], type: Type): SymbolInfo {
	const symbol = makeSymbol(c, "type", name, declaration, type);
	if (isStruct(type)) type.symbol = symbol;
	if (declaration.kind === "type") declaration.symbol = symbol;
	return symbol;
}

function structType(
	c: Checker,
	kind: "struct" | "union",
	body: StructBody | EnumBody,
	tagName: (Range & { readonly text: string }) | undefined,
	givenName: string,
	declaration: SymbolInfo["declaration"],
): Type {
	const known = anonymousTypes.get(body);
	if (known !== undefined) return known;
	const name = tagName?.text ?? givenName;
	const tag = c.tags.get(name);
	const type: Type = name !== "" && tag?.kind === kind ? tag.type : { kind, name, fields: undefined };
	anonymousTypes.set(body, type);
	if (!isStruct(type) || body.kind !== "struct_body") return unknownType;
	// A second body of the same struct is an error already; its fields are those of another, nameless type.
	const target: StructType = type.fields === undefined ? type : { kind, name: "", fields: undefined };
	if (name === "") target.symbol = makeSymbol(c, "type", name, declaration, type);
	const fields: FieldType[] = [];
	const overlays = { next: 0 };
	collectFields(c, body, target, fields, kind === "union" ? overlays.next++ : -1, overlays);
	target.fields = fields;
	return target;
}

/** Fields of a body in order; those of anonymous members belong to the outer struct. */
function collectFields(
	c: Checker,
	body: StructBody,
	owner: StructType,
	fields: FieldType[],
	overlay: number,
	overlays: { next: number },
): void {
	for (const node of body.fields) {
		const { base } = node.typeName;
		if (node.name === undefined) {
			if (base.kind !== "named" && base.body?.kind === "struct_body") {
				const inner = base.kind === "union" ? overlays.next++ : overlay;
				collectFields(c, base.body, owner, fields, inner, overlays);
			}
			continue;
		}
		const type = arrayType(c, resolveType(c, node.typeName, node), node.arrayLengths);
		checkFieldAnnotations(c, node, body);
		if (node.name.text === "") continue;
		const symbol = fieldSymbol(c, node, type, owner);
		const known = fields.find((field) => field.name === node.name?.text);
		if (known) {
			const at = known.node.name ?? known.node;
			c.report("duplicate-field", node.name, `${typeText(owner)} has two fields \`${node.name.text}\``, {
				related: [{ file: c.file, pos: at.pos, end: at.end, message: "the other one" }],
			});
			continue;
		}
		if (type.kind === "void" || type.kind === "function") {
			c.report("incomplete-type", node.typeName, `a field cannot be ${typeText(type)}`);
			continue;
		}
		fields.push({ name: node.name.text, type: symbol.type, node, overlay });
	}
}

function fieldSymbol(c: Checker, node: Field, type: Type, owner: StructType): SymbolInfo {
	const symbol: Mutable<SymbolInfo> = makeSymbol(c, "field", node.name?.text ?? "", node, type);
	symbol.owner = owner;
	node.symbol = symbol;
	return symbol;
}

/** A struct that holds, by value, a struct whose body nobody has seen, or itself. */
export function checkContainment(c: Checker, type: StructType): void {
	for (const field of type.fields ?? []) {
		const inner = elementType(field.type);
		if (!isStruct(inner)) continue;
		const complete = c.completed(inner);
		if (complete.fields === undefined) {
			c.report(
				"incomplete-type",
				field.node.typeName,
				`the fields of ${typeText(inner)} are not known here: include the file that has them`,
			);
		} else if (contains(c, complete, type, new Set())) {
			c.report(
				"struct-contains-itself",
				field.node.typeName,
				complete === type
					? `${typeText(type)} cannot contain itself: a pointer is meant`
					: `${typeText(type)} contains itself through ${typeText(complete)}: a pointer is meant`,
			);
		}
	}
}

function elementType(type: Type): Type {
	return type.kind === "array" ? elementType(type.of) : type;
}

function contains(c: Checker, type: StructType, wanted: StructType, seen: Set<StructType>): boolean {
	if (type === wanted) return true;
	if (seen.has(type)) return false;
	seen.add(type);
	return (type.fields ?? []).some((field) => {
		const inner = elementType(field.type);
		return isStruct(inner) && contains(c, c.completed(inner), wanted, seen);
	});
}

// ---------------------------------------------------------------------------------------------------------- enums

/** The type of an enum body, whose constants were declared by `declareEnumerators`. */
function enumType(c: Checker, body: EnumBody, name: string): Type {
	const known = anonymousTypes.get(body);
	if (known !== undefined) return known;
	const tag = c.tags.get(name);
	const type: Type = tag?.kind === "enum" ? tag.type : name === "" ? intType : { kind: "enum", name };
	anonymousTypes.set(body, type);
	return type;
}

/** Declares the constants of every enum body in a type name; their values are found on first use. */
export function declareEnumerators(c: Checker, typeName: TypeName, givenName = ""): void {
	const { base } = typeName;
	if (base.kind === "named" || base.body === undefined) return;
	if (base.body.kind === "struct_body") {
		for (const field of base.body.fields) declareEnumerators(c, field.typeName);
		return;
	}
	const { body } = base;
	const name = base.name?.text ?? givenName;
	const type: Type = name === "" ? intType : { kind: "enum", name };
	const symbols: Mutable<SymbolInfo>[] = [];
	let settled = false;
	for (const node of body.enumerators) {
		const symbol = makeSymbol(c, "enumerator", node.name.text, node, type);
		node.symbol = symbol;
		symbols.push(symbol);
		c.postpone(symbol, () => {
			if (settled) return;
			settled = true;
			settleEnumerators(c, body, symbols);
		});
		c.declare(symbol, node.name);
	}
}

function settleEnumerators(c: Checker, body: EnumBody, symbols: readonly Mutable<SymbolInfo>[]): void {
	let next: number | undefined = 0;
	for (const [index, node] of body.enumerators.entries()) {
		if (node.value !== undefined) {
			checkExpression(c, node.value);
			next = node.value.constant;
			if (next === undefined && node.value.type?.kind !== "unknown") {
				c.report("not-constant", node.value, "the value of an enum constant is a constant");
			}
		}
		const symbol = symbols[index];
		if (symbol && next !== undefined) symbol.constant = next;
		next = next === undefined ? undefined : wrapped(next + 1, intType);
	}
}
