/** What is wrong with an address, if anything: the classification behind every dereference violation. */
import { cellStride, objectAlignment, type Program } from "../program/program.ts";
import type { ViolationKind } from "../verdict/verdict.ts";
import { type Layout, live, nullPageBytes, unallocated } from "./layout.ts";

/** Why a step went wrong. `cell` and `object` say what suffered, where that is known. */
export interface Fault {
	readonly kind: ViolationKind;
	readonly detail: string;
	readonly cell?: number;
	readonly object?: number;
}

/** A limit met while executing, not a violation. */
export interface LimitReached {
	readonly limit: "steps" | "allocations" | "rcu_callbacks" | "unsupported";
}

const hexadecimal = (word: number) => `0x${(word >>> 0).toString(16)}`;

/**
 * The cell at `base + offset`, or the fault that touching it is. `structure` as in `Place`. `words` decides lifetimes.
 * Order of the tests: what the pointer is (NULL, tagged, wild, another type), then whether its target is alive.
 */
export function resolve(
	program: Program,
	layout: Layout,
	words: Int32Array,
	base: number,
	offset: number,
	structure: number,
	text: string,
): number | Fault {
	const address = (base + offset) | 0;
	const cell = address > 0 && address % cellStride === 0 ? (layout.cellAt[address / cellStride] ?? -1) : -1;
	const whole = structure < 0 || (layout.structuresAt.get(base)?.includes(structure) ?? false);
	if (cell >= 0 && whole) {
		const object = (program.cells[cell] as { object: number }).object;
		const lifetime = words[layout.lifetimes + object] as number;
		if (lifetime === live || layout.typesafe[object] === 1) return cell;
		if (lifetime === unallocated) {
			return { kind: "wild_dereference", detail: `${text}: points to memory that was never allocated`, cell, object };
		}
		return { kind: "use_after_free", detail: text, cell, object };
	}
	return classify(program, layout, words, base, address, structure, text);
}

function classify(
	program: Program,
	layout: Layout,
	words: Int32Array,
	base: number,
	address: number,
	structure: number,
	text: string,
): Fault {
	const pointer = structure < 0 ? address : base;
	if (pointer >= 0 && pointer < nullPageBytes) {
		const tag = pointer & (cellStride - 1);
		if (tag === 0) return { kind: "null_dereference", detail: text };
		return { kind: "tagged_dereference", detail: `${text}: the pointer is NULL with ${tagText(tag)}` };
	}
	const start = pointer & -objectAlignment;
	const object = start > 0 ? (layout.objectAt[start / objectAlignment] ?? -1) : -1;
	if (structure >= 0) {
		const found = layout.structuresAt.get(pointer);
		if (found && object >= 0) {
			if (words[layout.lifetimes + object] !== live && layout.typesafe[object] === 0) {
				return { kind: "use_after_free", detail: text, object };
			}
			const is = found.map((index) => program.structures[index]).join(" or ");
			return {
				kind: "wrong_type",
				detail: `${text}: the pointer is to ${is}, used as ${program.structures[structure]}`,
				object,
			};
		}
		if (layout.structuresAt.has(start) && object >= 0) {
			const tag = pointer & (objectAlignment - 1);
			return { kind: "tagged_dereference", detail: `${text}: the pointer still carries ${tagText(tag)}`, object };
		}
	} else if (object >= 0 && (pointer & (cellStride - 1)) !== 0) {
		return {
			kind: "tagged_dereference",
			detail: `${text}: the pointer still carries ${tagText(pointer & (cellStride - 1))}`,
			object,
		};
	}
	return { kind: "wild_dereference", detail: `${text}: ${hexadecimal(pointer)} is no object` };
}

function tagText(tag: number): string {
	return tag < 8 ? `tag ${tag.toString(2).padStart(2, "0")}b` : `bits ${hexadecimal(tag)}`;
}
