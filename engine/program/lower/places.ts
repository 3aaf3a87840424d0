/** Lvalues: which register or which word of memory an expression names. */
import type { MemberExpression, NameExpression, Expression as Tree } from "../../language/syntax.ts";
import type { StructType, Type } from "../../language/types.ts";
import type { Expression, Place } from "../program.ts";
import { type Guard, guardOf } from "./annotations.ts";
import { bare, rulesOf } from "./context.ts";
import { lowerExpression } from "./expressions.ts";
import { binary, constant, constantValue } from "./fold.ts";
import { initializeObject } from "./initial.ts";
import { isStruct, sizeOf, structLayout } from "./layout.ts";
import type { Lvalue, ThreadLowering } from "./thread.ts";

const textOf = (t: ThreadLowering, tree: Tree) => t.context.sources.text(t.activation.file, tree);

/** The lvalue that an expression names; an error where it names none. */
export function lowerLvalue(t: ThreadLowering, tree: Tree): Lvalue {
	const inner = bare(tree) as Tree;
	switch (inner.kind) {
		case "name":
			return nameLvalue(t, inner);
		case "member":
			return memberLvalue(t, inner);
		case "index":
			return indexLvalue(t, inner);
		case "unary":
			if (inner.operator === "*") return pointeeLvalue(t, inner.operand, textOf(t, inner));
			break;
		case "call":
			if (inner.callee.kind === "name" && inner.callee.name.text === "__percpu")
				return percpuLvalue(t, inner.arguments);
			break;
		case "cast":
			return lowerLvalue(t, inner.operand);
		default:
			break;
	}
	throw t.error(tree, "this names no object in memory");
}

function nameLvalue(t: ThreadLowering, tree: NameExpression): Lvalue {
	const symbol = tree.symbol;
	const declaration = symbol?.declaration;
	if (!symbol || !declaration) throw t.error(tree, `${tree.name.text} has no meaning here`);
	if (declaration.kind === "variable" || declaration.kind === "parameter") {
		const bound = t.activation.variables.get(declaration);
		if (bound?.kind === "register") return { kind: "register", register: bound.register, type: symbol.type };
		if (bound?.kind === "lvalue") return bound.lvalue;
		if (bound?.kind === "memory")
			return memoryLvalue(t, bound.laidOut.address, symbol.type, tree.name.text, !bound.shared);
		if (declaration.kind === "variable" && symbol.kind === "object") {
			const { laidOut, fresh } = t.context.objects.variable(declaration, symbol.type, -1);
			if (fresh) initializeObject(t.context, symbol.file, declaration, laidOut);
			const at = laidOut.address + t.dataCpu * laidOut.percpuStride;
			const lvalue = memoryLvalue(t, at, symbol.type, tree.name.text, false);
			const annotations = [...declaration.annotations, ...declaration.typeName.annotations];
			return guarded(lvalue, guardOf(t, annotations, tree.name.text));
		}
		if (declaration.kind === "variable") {
			t.declare(declaration, symbol.type);
			return nameLvalue(t, tree);
		}
	}
	throw t.error(tree, `${tree.name.text} is no object`);
}

const guarded = (lvalue: Lvalue, guard: Guard | undefined): Lvalue =>
	guard && lvalue.kind === "memory" ? { ...lvalue, guard } : lvalue;

function memoryLvalue(t: ThreadLowering, address: number, type: Type, text: string, isPrivate: boolean): Lvalue {
	const structure = isStruct(type) ? t.context.objects.structure(type) : -1;
	return {
		kind: "memory",
		place: { base: constant(address), offset: constant(0), structure, text },
		type,
		private: isPrivate,
		rules: [],
	};
}

/** `__percpu(variable, cpu)`, also of an element or field of it: this CPU's copy, moved by the distance between the copies. */
function percpuLvalue(t: ThreadLowering, args: readonly (Tree | { readonly kind: "type_name" })[]): Lvalue {
	const [part, cpu] = args as Tree[];
	const root = part ? rootVariable(part) : undefined;
	const declaration = root?.symbol?.declaration;
	if (!part || !cpu || !root?.symbol || declaration?.kind !== "variable" || declaration.storage !== "percpu") {
		throw t.error(part ?? { pos: 0, end: 0 }, "__percpu needs a percpu variable");
	}
	const own = lowerLvalue(t, part);
	if (own.kind !== "memory") throw t.error(part, "__percpu needs a percpu variable");
	const { laidOut } = t.context.objects.variable(declaration, root.symbol.type, -1);
	const distance = binary("subtract", lowerExpression(t, cpu), constant(t.dataCpu));
	const base = binary("add", own.place.base, binary("multiply", distance, constant(laidOut.percpuStride)));
	const text = `${t.context.sources.text(t.activation.file, part)} of CPU ${t.context.sources.text(t.activation.file, cpu)}`;
	return { ...own, place: { ...own.place, base, text } };
}

/** The variable that a chain of `.field` and `[index]` begins with. */
function rootVariable(tree: Tree): NameExpression | undefined {
	const inner = bare(tree) as Tree;
	if (inner.kind === "name") return inner;
	if (inner.kind === "member" && !inner.arrow) return rootVariable(inner.object);
	return inner.kind === "index" ? rootVariable(inner.object) : undefined;
}

function memberLvalue(t: ThreadLowering, tree: MemberExpression): Lvalue {
	const field = tree.name.text;
	const type: Type = tree.type ?? tree.symbol?.type ?? { kind: "unknown" };
	const rules = rulesOf(tree.symbol?.doc);
	const pointed = tree.object.type?.kind === "pointer" ? tree.object.type.to : undefined;
	if (tree.arrow && pointed && isStruct(pointed)) {
		const base = lowerExpression(t, tree.object);
		return memberOf(t, base, constant(0), pointed, field, type, textOf(t, tree), rules, false);
	}
	const outer = lowerLvalue(t, tree.object);
	if (outer.kind !== "memory" || !isStruct(outer.type))
		throw t.error(tree, `${textOf(t, tree.object)} is no struct in memory`);
	// A nested struct has an address of its own only when somebody asks for it; until then the outer pointer is what is followed.
	return memberOf(
		t,
		outer.place.base,
		outer.place.offset,
		outer.type,
		field,
		type,
		textOf(t, tree),
		rules,
		outer.private,
		outer.place.structure,
	);
}

function memberOf(
	t: ThreadLowering,
	base: Expression,
	offset: Expression,
	owner: StructType,
	field: string,
	type: Type,
	text: string,
	rules: readonly string[],
	isPrivate: boolean,
	structure = t.context.objects.structure(owner),
): Lvalue {
	const at = structLayout(owner).offsets.get(field) ?? 0;
	const place: Place = { base, offset: binary("add", offset, constant(at)), structure, text };
	const node = structLayout(owner).fields.find((candidate) => candidate.name === field)?.node;
	const annotations = node ? [...node.annotations, ...node.typeName.annotations] : [];
	const lvalue: Lvalue = { kind: "memory", place, type, private: isPrivate, rules };
	return guarded(lvalue, guardOf(t, annotations, text, { owner, base, offset, structure }));
}

function indexLvalue(t: ThreadLowering, tree: Extract<Tree, { kind: "index" }>): Lvalue {
	const arrayType = tree.object.type;
	const text = textOf(t, tree);
	if (arrayType?.kind === "array") {
		const array = lowerLvalue(t, tree.object);
		if (array.kind !== "memory") throw t.error(tree, "this array is not in memory");
		const index = lowerExpression(t, tree.index);
		const known = constantValue(index);
		const outside = `${text}: the index is outside of the array's ${arrayType.length} elements`;
		if (known === undefined || known < 0 || known >= arrayType.length) {
			t.emit(
				{
					kind: "check",
					condition: binary("less_unsigned", index, constant(arrayType.length)),
					violation: "out_of_range",
					message: outside,
				},
				tree,
			);
		}
		const step = binary("multiply", index, constant(sizeOf(arrayType.of)));
		if (isStruct(arrayType.of)) {
			const base = binary("add", binary("add", array.place.base, array.place.offset), step);
			return {
				...array,
				place: { base, offset: constant(0), structure: t.context.objects.structure(arrayType.of), text },
				type: arrayType.of,
			};
		}
		return {
			...array,
			place: { ...array.place, offset: binary("add", array.place.offset, step), text },
			type: arrayType.of,
		};
	}
	const to: Type = arrayType?.kind === "pointer" ? arrayType.to : { kind: "unknown" };
	const base = lowerExpression(t, tree.object);
	const address = binary("add", base, binary("multiply", lowerExpression(t, tree.index), constant(sizeOf(to))));
	return atAddress(t, address, to, text);
}

function pointeeLvalue(t: ThreadLowering, pointer: Tree, text: string): Lvalue {
	const to: Type =
		pointer.type?.kind === "pointer"
			? pointer.type.to
			: pointer.type?.kind === "array"
				? pointer.type.of
				: { kind: "unknown" };
	return atAddress(t, lowerExpression(t, pointer), to, text);
}

/** The lvalue at a computed address. `*&x` is x itself, with what is known of x. */
export function atAddress(t: ThreadLowering, address: Expression, type: Type, text: string): Lvalue {
	const structure = isStruct(type) ? t.context.objects.structure(type) : -1;
	return {
		kind: "memory",
		place: { base: address, offset: constant(0), structure, text },
		type,
		private: false,
		rules: [],
	};
}

/** The address of an lvalue in memory. */
export function addressOf(t: ThreadLowering, tree: Tree): Expression {
	const inner = bare(tree) as Tree;
	if (inner.kind === "unary" && inner.operator === "*") return lowerExpression(t, inner.operand);
	const lvalue = lowerLvalue(t, tree);
	if (lvalue.kind !== "memory") throw t.error(tree, "this variable has no address here");
	return binary("add", lvalue.place.base, lvalue.place.offset);
}
