/** Initial values of objects: initializers folded to words before anything runs. */
import type { Initializer, Expression as Tree, VariableItem } from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import { LoweringError, type ProgramContext } from "./context.ts";
import { lowerExpression, narrow } from "./expressions.ts";
import { constant, constantValue } from "./fold.ts";
import { isStruct, sizeOf, structLayout } from "./layout.ts";
import type { LaidOut } from "./objects.ts";
import { ThreadLowering } from "./thread.ts";

/** Writes the words of a variable's initializer into its cells; every CPU's copy gets the same. */
export function initializeObject(
	context: ProgramContext,
	file: string,
	variable: VariableItem,
	laidOut: LaidOut,
): void {
	if (!variable.initializer) return;
	const copies = laidOut.percpuStride > 0 ? context.cpus : 1;
	for (let copy = 0; copy < copies; copy++) {
		fill(context, file, laidOut.type, laidOut.address + copy * laidOut.percpuStride, variable.initializer);
	}
}

function fill(context: ProgramContext, file: string, type: Type, address: number, initializer: Initializer): void {
	if (initializer.kind !== "initializer_list") {
		context.objects.initialize(address, fold(context, file, initializer, type));
		return;
	}
	for (const word of listedWords(context, file, type, address, initializer))
		context.objects.initialize(word.address, fold(context, file, word.value, word.type));
}

type InitializerList = Extract<Initializer, { kind: "initializer_list" }>;

/** A word that a list initializes. */
export interface ListedWord {
	readonly address: number;
	readonly type: Type;
	readonly value: Tree;
	/** Where in the object: ".in.b", "[2]". */
	readonly path: string;
}

/** The words that a list initializes, in its order; what it does not name is zero. */
export function listedWords(
	context: ProgramContext,
	file: string,
	type: Type,
	address: number,
	list: InitializerList,
	path = "",
): ListedWord[] {
	const words: ListedWord[] = [];
	let position = 0;
	let nested = false;
	for (const entry of list.entries) {
		let innerType: Type = type;
		let at = address;
		let name = path;
		// C goes on inside of what the last designator named, and takes one value for all members of a union.
		const unions =
			isStruct(type) &&
			structLayout(type)
				.fields.slice(0, position)
				.some((field) => field.overlay >= 0);
		const isSecond = isStruct(type) && type.kind === "union" && position > 0;
		if (entry.designators.length === 0 && (nested || unions || isSecond))
			throw new LoweringError(file, entry, "which field this is for is easily mistaken here; name it: .field = value");
		nested = entry.designators.length > 1;
		const designators = entry.designators.length > 0 ? entry.designators : [undefined];
		for (const [depth, designator] of designators.entries()) {
			if (isStruct(innerType)) {
				const layout = structLayout(innerType);
				const field =
					designator?.kind === "field"
						? layout.fields.find((candidate) => candidate.name === designator.name.text)
						: designator === undefined
							? layout.fields[position]
							: undefined;
				if (!field) throw new LoweringError(file, entry, "there is no such field to initialize");
				if (depth === 0) position = layout.fields.indexOf(field) + 1;
				at += layout.offsets.get(field.name) ?? 0;
				innerType = field.type;
				name += `.${field.name}`;
			} else if (innerType.kind === "array") {
				const index: number =
					designator?.kind === "index" ? fold(context, file, designator.index, { kind: "unknown" }) : position;
				if (index < 0 || index >= innerType.length)
					throw new LoweringError(file, entry, "this element is outside of the array");
				if (depth === 0) position = index + 1;
				at += index * sizeOf(innerType.of);
				innerType = innerType.of;
				name += `[${index}]`;
			}
		}
		if (entry.value.kind === "initializer_list")
			words.push(...listedWords(context, file, innerType, at, entry.value, name));
		else if (isStruct(innerType) || innerType.kind === "array")
			throw new LoweringError(file, entry, "a struct or an array is initialized by a list in braces");
		else words.push({ address: at, type: innerType, value: entry.value, path: name });
	}
	return words;
}

/** The value of a constant expression; objects' addresses, parameters and the kernel version are constants as well. */
export function fold(context: ProgramContext, file: string, tree: Tree, type: Type): number {
	const scratch = new ThreadLowering(context, -1, 0, file);
	const value = constantValue(lowerExpression(scratch, tree));
	if (value === undefined)
		throw new LoweringError(file, tree, "an initial value must be a constant or the address of an object");
	return constantValue(narrow(constant(value), type)) ?? value;
}
