/** Sizes and offsets of types in the machine's memory. */
import type { FieldType, StructType, Type } from "../../language/types.ts";
import { cellStride, objectAlignment } from "../program.ts";

export interface StructLayout {
	/** In bytes, a multiple of objectAlignment. */
	readonly size: number;
	/** Offset of each field, in bytes. Words come first, nested structs after them, each at an aligned address of its own. */
	readonly offsets: ReadonlyMap<string, number>;
	readonly fields: readonly FieldType[];
}

const layouts = new WeakMap<StructType, StructLayout>();

/** Whether a type is a struct or union. */
export const isStruct = (type: Type): type is StructType => type.kind === "struct" || type.kind === "union";

const holdsStruct = (type: Type): boolean => isStruct(type) || (type.kind === "array" && holdsStruct(type.of));
const alignUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** The layout of a struct or union whose body is known. */
export function structLayout(type: StructType): StructLayout {
	const known = layouts.get(type);
	if (known) return known;
	const fields = type.fields ?? [];
	const offsets = new Map<string, number>();
	const overlays = new Map<number, { offset: number; end: number }>();
	let end = 0;
	for (const nested of [false, true]) {
		if (nested) end = alignUp(end, objectAlignment);
		for (const field of fields) {
			if (holdsStruct(field.type) !== nested) continue;
			const overlay = type.kind === "union" ? 0 : field.overlay;
			const shared = overlay >= 0 ? overlays.get(nested ? -1 - overlay : overlay) : undefined;
			const offset = shared?.offset ?? end;
			offsets.set(field.name, offset);
			const after = offset + sizeOf(field.type);
			end = Math.max(end, nested ? alignUp(after, objectAlignment) : after);
			if (overlay >= 0) overlays.set(nested ? -1 - overlay : overlay, { offset, end });
		}
	}
	const layout = { size: Math.max(objectAlignment, alignUp(end, objectAlignment)), offsets, fields };
	layouts.set(type, layout);
	return layout;
}

/** Whether a union in it has members that are words beside others that are structs: each has an address of its own, so they do not share memory. */
export function mixesWordsAndStructs(type: StructType): boolean {
	const fields = type.fields ?? [];
	const group = (field: FieldType) => (type.kind === "union" ? 0 : field.overlay);
	return fields.some(
		(field) =>
			holdsStruct(field.type) &&
			group(field) >= 0 &&
			fields.some((other) => group(other) === group(field) && !holdsStruct(other.type)),
	);
}

/** Bytes from one element of an array of this type to the next. */
export function sizeOf(type: Type): number {
	if (type.kind === "array") return type.length * sizeOf(type.of);
	return isStruct(type) ? structLayout(type).size : cellStride;
}
