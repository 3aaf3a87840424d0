/** Initial values against the types that they are for. */
import type { Expression, Initializer, InitializerEntry, InitializerList, Range, VariableItem } from "../syntax.ts";
import type { Type } from "../types.ts";
import { type Checker, fieldOf } from "./checker.ts";
import { bare, checkConversion, checkOperand } from "./conversions.ts";
import { checkExpression } from "./expressions.ts";
import { isStruct, typeText, unknownType } from "./types.ts";

/** Checks the initial value of an object: it must be known before the first step. */
export function checkObjectInitializer(c: Checker, node: VariableItem, type: Type): void {
	if (node.initializer === undefined) return;
	const before = c.diagnostics.length;
	checkInitializer(c, type, node.initializer);
	if (c.diagnostics.length === before) checkKnownBefore(c, node.initializer);
}

/** Checks a value, or a list of values, for an object of this type. */
export function checkInitializer(c: Checker, type: Type, node: Initializer): void {
	if (node.kind === "initializer_list") {
		checkList(c, type, node);
		return;
	}
	if (type.kind === "lock") {
		checkExpression(c, node);
		c.report("initializer", node, "a lock begins unlocked: leave its value out");
		return;
	}
	const only = isStruct(type) ? onlyScalar(c, type) : undefined;
	if (only !== undefined) {
		// C lets a struct of one word be given that word's value without braces of its own.
		checkConversion(c, only, node, "initializer", `${typeText(type)} holds`);
	} else if (isStruct(type)) {
		const given = checkExpression(c, node);
		if (given.kind === "unknown") return;
		c.report(
			"initializer",
			node,
			isStruct(given)
				? `${typeText(type)} is not copied: give its fields values in braces`
				: `${typeText(type)} takes values in braces`,
		);
	} else if (type.kind === "array") {
		checkExpression(c, node);
		c.report("initializer", node, `${typeText(type)} takes values in braces`);
	} else checkConversion(c, type, node, "initializer", "this object is");
}

/** The type of the one word that a struct consists of, like an atomic_t that is a struct. */
function onlyScalar(c: Checker, type: Type): Type | undefined {
	let inner = type;
	while (isStruct(inner)) {
		const fields = c.completed(inner).fields ?? [];
		if (fields.length !== 1) return undefined;
		inner = fields[0]?.type ?? unknownType;
	}
	return inner.kind === "array" || inner.kind === "lock" ? undefined : inner;
}

function checkList(c: Checker, type: Type, node: InitializerList): void {
	const complete = c.completed(type);
	if (isStruct(complete) || complete.kind === "array") {
		let next = 0;
		const seen = new Map<string, Range>();
		for (const entry of node.entries) next = checkEntry(c, complete, entry, next, seen);
		return;
	}
	if (complete.kind === "unknown") {
		for (const entry of node.entries) checkInitializer(c, unknownType, entry.value);
		return;
	}
	const [only] = node.entries;
	if (node.entries.length !== 1 || only === undefined || only.designators.length > 0 || complete.kind === "lock") {
		for (const entry of node.entries) checkInitializer(c, unknownType, entry.value);
		c.report(
			"initializer",
			node,
			complete.kind === "lock"
				? "a lock begins unlocked: leave its value out"
				: `${typeText(complete)} is one word: give it one value`,
		);
		return;
	}
	checkInitializer(c, complete, only.value);
}

/** Checks one entry; returns the position after it. */
function checkEntry(c: Checker, type: Type, entry: InitializerEntry, next: number, seen: Map<string, Range>): number {
	let target = type;
	let position = next;
	let path = "";
	if (entry.designators.length === 0) {
		const element = elementAt(type, position);
		if (element === undefined) {
			checkInitializer(c, unknownType, entry.value);
			// One report for all that is too much.
			if (!seen.has("…")) {
				const count =
					type.kind === "array"
						? `${type.length} elements`
						: `${isStruct(type) ? (type.fields ?? []).length : 0} fields`;
				c.report("initializer", entry, `${typeText(type)} has only ${count}`);
			}
			seen.set("…", entry);
			return position;
		}
		({ type: target, path } = element);
	}
	for (const [level, designator] of entry.designators.entries()) {
		const found =
			designator.kind === "field" ? fieldAt(c, target, designator.name) : indexAt(c, target, designator.index);
		if (found === undefined) {
			checkInitializer(c, unknownType, entry.value);
			return position + 1;
		}
		if (level === 0) position = found.position;
		({ type: target } = found);
		path += found.path;
	}
	const before = seen.get(path);
	if (before !== undefined) {
		c.report("initializer", entry, `\`${path.replace(/^\./, "")}\` has a value already`, {
			related: [{ file: c.file, pos: before.pos, end: before.end, message: "its first value" }],
		});
	}
	seen.set(path, { pos: entry.pos, end: entry.end });
	checkInitializer(c, c.completed(target), entry.value);
	return position + 1;
}

interface Element {
	readonly type: Type;
	readonly path: string;
	readonly position: number;
}

function elementAt(type: Type, position: number): Element | undefined {
	if (type.kind === "array")
		return position < type.length ? { type: type.of, path: `[${position}]`, position } : undefined;
	const field = isStruct(type) ? type.fields?.[position] : undefined;
	return field && { type: field.type, path: `.${field.name}`, position };
}

function fieldAt(
	c: Checker,
	type: Type,
	name: Range & { readonly text: string; readonly kind: "identifier" },
): Element | undefined {
	const struct = c.completed(type);
	if (!isStruct(struct)) {
		if (struct.kind !== "unknown") c.report("initializer", name, `${typeText(type)} has no fields`);
		return undefined;
	}
	const field = fieldOf(struct, name.text);
	if (field === undefined) {
		c.reportUnknown(
			"unknown-field",
			name,
			`${typeText(struct)} has no field`,
			(struct.fields ?? []).map((one) => one.name),
		);
		return undefined;
	}
	if (field.node.symbol) c.designated.set(name, field.node.symbol);
	return { type: field.type, path: `.${name.text}`, position: struct.fields?.indexOf(field) ?? 0 };
}

function indexAt(c: Checker, type: Type, node: Expression): Element | undefined {
	checkOperand(c, node);
	if (type.kind !== "array") {
		if (type.kind !== "unknown") c.report("initializer", node, `${typeText(type)} is no array`);
		return undefined;
	}
	const index = node.constant;
	if (index === undefined || index < 0 || index >= type.length) {
		if (node.type?.kind !== "unknown")
			c.report("initializer", node, `an index of ${typeText(type)} is a constant from 0 to ${type.length - 1}`);
		return undefined;
	}
	return { type: type.of, path: `[${index}]`, position: index };
}

// ------------------------------------------------------------------------------------- known before the first step

function checkKnownBefore(c: Checker, node: Initializer): void {
	if (node.kind === "initializer_list") {
		for (const entry of node.entries) checkKnownBefore(c, entry.value);
		return;
	}
	const unknown = firstUnknown(node);
	if (unknown) {
		c.report(
			"not-constant",
			unknown,
			"the value of an object is known before the first step: constants, params and addresses; the rest belongs into `init`",
		);
	}
}

/** The first part of an expression that depends on the run; parts that are in error count as known. */
function firstUnknown(node: Expression): Expression | undefined {
	if (node.constant !== undefined || node.type?.kind === "unknown") return undefined;
	switch (node.kind) {
		case "name":
			if (node.type?.kind === "array") return undefined;
			if (node.name.text === "LINUX_VERSION_CODE") return undefined;
			if (node.symbol?.kind === "param" || node.symbol?.kind === "constant" || node.symbol?.kind === "enumerator")
				return undefined;
			return node;
		case "unary":
			return node.operator === "&"
				? unknownAddress(node.operand)
				: node.operator === "*"
					? node
					: firstUnknown(node.operand);
		case "binary":
			return firstUnknown(node.left) ?? firstUnknown(node.right);
		case "conditional":
			return firstUnknown(node.condition) ?? (node.then && firstUnknown(node.then)) ?? firstUnknown(node.otherwise);
		case "cast":
		case "parenthesized":
			return firstUnknown(node.operand);
		case "member":
		case "index":
			return node.type?.kind === "array" ? unknownAddress(node) : node;
		case "number":
		case "string":
		case "error":
			return undefined;
		default:
			return node;
	}
}

/** The part of an lvalue on which its address depends and that is not known before the first step. */
function unknownAddress(node: Expression): Expression | undefined {
	const inner = bare(node);
	switch (inner.kind) {
		case "name":
			return undefined;
		case "member":
			return inner.arrow ? firstUnknown(inner.object) : unknownAddress(inner.object);
		case "index":
			return (
				(inner.object.type?.kind === "pointer" ? firstUnknown(inner.object) : unknownAddress(inner.object)) ??
				firstUnknown(inner.index)
			);
		case "unary":
			return inner.operator === "*" ? firstUnknown(inner.operand) : inner;
		default:
			return inner;
	}
}
