/** Types: the ones that C brings along, how they are written, and how they go together. */
import type { LockTypeName, StructType, Type } from "../types.ts";

type IntegerType = Extract<Type, { kind: "integer" }>;

export const unknownType: Type = { kind: "unknown" };
export const voidType: Type = { kind: "void" };
export const boolType: Type = { kind: "bool" };
export const intType: IntegerType = { kind: "integer", name: "int", signed: true, bits: 32 };
export const unsignedLongType: IntegerType = { kind: "integer", name: "unsigned long", signed: false, bits: 32 };
export const voidPointer: Type = { kind: "pointer", to: voidType };
/** Strings are arguments only; nothing else takes this type. */
export const stringType: Type = { kind: "pointer", to: { kind: "integer", name: "char", signed: true, bits: 8 } };

function integer(name: string, signed: boolean, bits: 8 | 16 | 32): IntegerType {
	return { kind: "integer", name, signed, bits };
}

const plainIntegers: readonly IntegerType[] = [
	integer("char", true, 8),
	integer("unsigned char", false, 8),
	integer("short", true, 16),
	integer("unsigned short", false, 16),
	intType,
	integer("unsigned int", false, 32),
	integer("long", true, 32),
	unsignedLongType,
	integer("long long", true, 32),
	integer("unsigned long long", false, 32),
];

const namedIntegers: readonly IntegerType[] = [
	...[8, 16, 32, 64].flatMap((width) => {
		const bits = Math.min(width, 32) as 8 | 16 | 32;
		const both = [`u${width}`, `__u${width}`, `uint${width}_t`].map((name) => integer(name, false, bits));
		return [...both, ...[`s${width}`, `__s${width}`, `int${width}_t`].map((name) => integer(name, true, bits))];
	}),
	...[
		"size_t",
		"uintptr_t",
		"gfp_t",
		"pgoff_t",
		"vm_fault_t",
		"vm_flags_t",
		"sector_t",
		"dev_t",
		"phys_addr_t",
		"dma_addr_t",
	].map((name) => integer(name, false, 32)),
	...["ssize_t", "ptrdiff_t", "intptr_t", "loff_t", "pid_t", "time_t"].map((name) => integer(name, true, 32)),
	integer("umode_t", false, 16),
	integer("fmode_t", false, 32),
];

/** Types that need no declaration, by the name they are written with. A typedef of the same name wins. */
export const builtinTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
	["void", voidType],
	["bool", boolType],
	...[...plainIntegers, ...namedIntegers].map((type) => [type.name, type] as const),
	...(["spinlock_t", "raw_spinlock_t", "rwlock_t"] as const).map(
		(name) => [name, { kind: "lock", name } as const] as const,
	),
]);

/** Structs that are locks and have no fields. */
export const lockStructs: ReadonlyMap<string, LockTypeName> = new Map([
	["mutex", "mutex"],
	["rw_semaphore", "rw_semaphore"],
	["bit_lock", "bit_lock"],
]);

export function isStruct(type: Type): type is StructType {
	return type.kind === "struct" || type.kind === "union";
}

export function isArithmetic(type: Type): boolean {
	return type.kind === "bool" || type.kind === "integer" || type.kind === "enum";
}

/** One word: what can be loaded, stored and compared. */
export function isScalar(type: Type): boolean {
	return isArithmetic(type) || type.kind === "pointer";
}

/** The type as C writes it: "struct folio *", "unsigned long", "struct page *[4]". */
export function typeText(type: Type): string {
	switch (type.kind) {
		case "pointer": {
			if (type.to.kind === "function")
				return `${typeText(type.to.returns)} (*)(${type.to.parameters.map(typeText).join(", ")})`;
			const to = typeText(type.to);
			return to.endsWith("*") ? `${to}*` : `${to} *`;
		}
		case "array": {
			let of: Type = type;
			let lengths = "";
			for (; of.kind === "array"; of = of.of) lengths += `[${of.length}]`;
			return typeText(of) + lengths;
		}
		case "function":
			return `${typeText(type.returns)} (${type.parameters.map(typeText).join(", ")})`;
		case "struct":
		case "union":
		case "enum":
			// A typedef's own struct has the typedef's name.
			return type.name === "" || /_t$/.test(type.name)
				? type.name || `${type.kind} { … }`
				: `${type.kind} ${type.name}`;
		case "lock":
			return /_t$/.test(type.name) ? type.name : `struct ${type.name}`;
		case "integer":
			return type.name;
		default:
			return type.kind;
	}
}

/** Two names for one type: also a struct and its mere declaration in a file that does not see the body. */
export function sameType(a: Type, b: Type): boolean {
	if (a === b || a.kind === "unknown" || b.kind === "unknown") return true;
	switch (a.kind) {
		case "void":
		case "bool":
			return a.kind === b.kind;
		case "integer":
			return b.kind === "integer" && a.bits === b.bits;
		case "enum":
		case "lock":
			return b.kind === a.kind && a.name === b.name;
		case "pointer":
			return b.kind === "pointer" && sameType(a.to, b.to);
		case "array":
			return b.kind === "array" && a.length === b.length && sameType(a.of, b.of);
		case "struct":
		case "union":
			return (
				b.kind === a.kind && a.name === b.name && a.name !== "" && (a.fields === undefined || b.fields === undefined)
			);
		case "function":
			return (
				b.kind === "function" &&
				sameType(a.returns, b.returns) &&
				a.parameters.length === b.parameters.length &&
				a.parameters.every((parameter, index) => sameType(parameter, b.parameters[index] ?? unknownType))
			);
	}
}

/** An array is a pointer to its first element, a function a pointer to itself, wherever a value is needed. */
export function decayed(type: Type): Type {
	if (type.kind === "array") return { kind: "pointer", to: type.of };
	if (type.kind === "function") return { kind: "pointer", to: type };
	return type;
}

/** The type in which an operand takes part in arithmetic. */
export function promoted(type: Type): Type {
	if (type.kind === "bool" || type.kind === "enum") return intType;
	if (type.kind === "integer" && type.bits < 32) return intType;
	return type;
}

/** C's usual arithmetic conversions, on 32-bit words. */
export function commonArithmetic(a: Type, b: Type): Type {
	const left = promoted(a);
	const right = promoted(b);
	if (left.kind !== "integer") return left;
	if (right.kind !== "integer") return right;
	if (left.signed && !right.signed) return right;
	if (right.signed && !left.signed) return left;
	return left.name === "int" ? right : left;
}

export function isUnsigned(type: Type): boolean {
	return type.kind === "pointer" || (type.kind === "integer" && !type.signed && type.bits === 32);
}

/** A folded value as a variable of this type would hold it. */
export function wrapped(value: number, type: Type): number {
	if (type.kind === "bool") return value === 0 ? 0 : 1;
	if (type.kind !== "integer" || type.bits === 32) return value | 0;
	const masked = value & ((1 << type.bits) - 1);
	return type.signed && masked >> (type.bits - 1) ? masked - (1 << type.bits) : masked;
}
