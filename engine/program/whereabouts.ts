/** Which words of memory a place may name, as far as that is known without running. */
import type { Place, Program } from "./program.ts";

/** Which words a place may name: addresses, or any word at all. */
export type Words = ReadonlySet<number> | "any";

/** Finds out which words places may name. */
export class Whereabouts {
	private readonly bases: ReadonlyMap<number, readonly number[]>;
	/** Addresses of the words of the object that a word belongs to. */
	private readonly objectAt: ReadonlyMap<number, ReadonlySet<number>>;
	private readonly known = new Map<string, Words>();

	constructor(program: Program) {
		const bases = new Map<number, number[]>();
		for (const { structure, address } of program.instances) {
			const same = bases.get(structure);
			if (same) same.push(address);
			else bases.set(structure, [address]);
		}
		this.bases = bases;
		const words = new Map<number, Set<number>>();
		for (const { object, address } of program.cells) words.set(object, (words.get(object) ?? new Set()).add(address));
		this.objectAt = new Map(program.cells.map(({ object, address }) => [address, words.get(object) ?? new Set()]));
	}

	/**
	 * A struct's field: that field of every instance of the struct, nested ones and those that share its memory included, unless
	 * the pointer is known. An element of an array: any word of the object.
	 */
	of(place: Place): Words {
		const base = place.base.op === "constant" ? place.base.value : undefined;
		const offset = place.offset.op === "constant" ? place.offset.value : undefined;
		if (base === undefined && place.structure < 0) return "any";
		const key = `${place.structure} ${base} ${offset}`;
		const known = this.known.get(key);
		if (known) return known;
		const bases = base === undefined ? (this.bases.get(place.structure) ?? []) : [base];
		const words = new Set(
			bases.flatMap((at) => (offset === undefined ? [...(this.objectAt.get(at) ?? [])] : [at + offset])),
		);
		// A struct that begins with no word of its own says nothing of its object.
		const found = offset === undefined && bases.some((at) => !this.objectAt.has(at)) ? "any" : words;
		this.known.set(key, found);
		return found;
	}

	mayBeSame(one: Words, two: Words): boolean {
		if (one === "any" || two === "any") return true;
		for (const word of one) if (two.has(word)) return true;
		return false;
	}
}
