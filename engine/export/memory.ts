/**
 * Memory in an exported model: all words in one array, in the order of their addresses, and tables that say what begins in which
 * block of addresses, so that an access through any pointer is one lookup.
 */
import { type Layout, live, nullPageBytes } from "../memory/layout.ts";
import { cellStride, objectAlignment, type Program } from "../program/program.ts";
import type { Spellings } from "./names.ts";
import { macrosUsed } from "./symbolic.ts";

const wordsInBlock = objectAlignment / cellStride;

/** Text that cannot end a comment. */
export const comment = (text: string) => text.replaceAll("*/", "* /");

export class Memory {
	/** Name of each cell: a macro for its element of m[]. */
	readonly names: readonly string[];
	/** Length of m[]. */
	readonly length: number;
	private readonly program: Program;
	private readonly layout: Layout;
	/** Of each block: index in m[] of its first word, and how many it has. */
	private readonly first: number[] = [];
	private readonly count: number[] = [];
	/** Of each block: which structs begin there, as a number; 0 for none. */
	private readonly kinds: number[] = [];
	private readonly kindNames: string[] = [""];
	private readonly kindsOfStructure = new Map<number, number[]>();

	constructor(program: Program, layout: Layout, spellings: Spellings) {
		this.program = program;
		this.layout = layout;
		let next = 0;
		for (let block = 0; block < layout.objectAt.length; block++) {
			let words = 0;
			for (let word = 0; word < wordsInBlock; word++)
				if ((layout.cellAt[block * wordsInBlock + word] ?? -1) >= 0) words = word + 1;
			this.first.push(next);
			this.count.push(words);
			this.kinds.push(this.kindAt(block * objectAlignment, spellings));
			next += words;
		}
		this.length = Math.max(1, next);
		this.names = program.cells.map((cell) => {
			const object = program.objects[cell.object]?.name ?? "object";
			return spellings.spell(cell.field ? `${object}_${cell.field}` : object);
		});
	}

	private readonly kindOfSet = new Map<string, number>();

	private kindAt(address: number, spellings: Spellings): number {
		const structures = this.layout.structuresAt.get(address);
		if (!structures) return 0;
		const key = [...structures].sort((one, two) => one - two).join();
		const known = this.kindOfSet.get(key);
		if (known !== undefined) return known;
		const kind = this.kindNames.length;
		this.kindOfSet.set(key, kind);
		const names = structures.map((structure) => (this.program.structures[structure] ?? "").replace(/^struct /, ""));
		this.kindNames.push(spellings.spell(`struct_${names.join("_or_")}`));
		for (const structure of structures) {
			const all = this.kindsOfStructure.get(structure) ?? [];
			all.push(kind);
			this.kindsOfStructure.set(structure, all);
		}
		return kind;
	}

	/** Index in m[] of a cell. */
	index(cell: number): number {
		const address = this.program.cells[cell]?.address ?? 0;
		return (this.first[Math.floor(address / objectAlignment)] ?? 0) + (address % objectAlignment) / cellStride;
	}

	/** Condition: a struct of that type begins at the pointer. */
	points(pointer: string, structure: number): string {
		const kinds = this.kindsOfStructure.get(structure) ?? [];
		const tests = kinds.map((kind) => `POINTS(${pointer}, ${this.kindNames[kind]})`);
		return tests.length === 0 ? "false" : tests.length === 1 ? (tests[0] as string) : `(${tests.join(" || ")})`;
	}

	private get anyTypesafe(): boolean {
		return this.layout.typesafe.includes(1);
	}

	/**
	 * Declarations for a model with this text: memory with a name for each word, lifetimes, the tables, and macros that look things
	 * up in them.
	 */
	text(model: string): string {
		const { program } = this;
		const lines = [`int m[${this.length}];`];
		program.cells.forEach((cell, index) => {
			const object = program.objects[cell.object]?.name ?? "?";
			const path = `${object}${cell.field ? `.${cell.field}` : ""}`;
			lines.push(`#define ${this.names[index]} m[${this.index(index)}] /* ${comment(`${path} at ${cell.address}`)} */`);
		});
		lines.push(`byte alive[${Math.max(1, program.objects.length)}];`);
		program.objects.forEach((object, index) => {
			lines.push(`/* alive[${index}]: ${comment(`${object.type} ${object.name} at ${object.address}`)} */`);
		});
		return [...lines, ...this.tables(model)].join("\n");
	}

	/** The tables and macros that a model with this text needs. */
	private tables(model: string): string[] {
		const { program, layout } = this;
		const also = this.anyTypesafe ? " || typesafe[owner[(p) >> 8]]" : "";
		const inBlock = `((p) & ${objectAlignment - 1})`;
		const macros = macrosUsed(
			{
				POINTS: `#define POINTS(p, struct_kind) ((p) > 0 && (p) < TOP && ${inBlock} == 0 && kind[(p) >> 8] == struct_kind)`,
				WORD: `#define WORD(p) ((p) > 0 && (p) < TOP && ((p) & ${cellStride - 1}) == 0 && (${inBlock} >> 3) < count[(p) >> 8])`,
				LIVE: `#define LIVE(p) (alive[owner[(p) >> 8]] == ${live}${also})`,
				EVER: `#define EVER(p) (alive[owner[(p) >> 8]] != 0${also})`,
				AT: `#define AT(p) (first[(p) >> 8] + (${inBlock} >> 3))`,
			},
			model,
		);
		const text = `${model}${macros.join("")}`;
		const lines: string[] = [];
		const table = (name: string, numbers: readonly number[]) => {
			if (text.includes(`${name}[`)) lines.push(`hidden short ${name}[${numbers.length}] = { ${numbers.join(", ")} };`);
		};
		table("first", this.first);
		table("count", this.count);
		table(
			"owner",
			this.first.map((_, block) => Math.max(0, layout.objectAt[block] ?? 0)),
		);
		const beginnings = new Set(program.objects.map((object) => object.address));
		table(
			"begins",
			this.first.map((_, block) => (beginnings.has(block * objectAlignment) ? 1 : 0)),
		);
		table("kind", this.kinds);
		if (lines.length > 0)
			lines.unshift(
				`/* Addresses come in blocks of ${objectAlignment}, words ${cellStride} apart. Of each block: its first word in m[], how many there are, */`,
				"/* the object that it belongs to, whether that object begins there, and the struct that does (0: none). */",
			);
		table(
			"typesafe",
			program.objects.map((_, object) => layout.typesafe[object] ?? 0),
		);
		for (const [kind, name] of this.kindNames.entries())
			if (kind > 0 && new RegExp(`\\b${name}\\b`).test(text)) lines.push(`#define ${name} ${kind}`);
		if (text.includes("TOP")) lines.push(`#define TOP ${layout.objectAt.length * objectAlignment}`);
		if (macros.length > 0)
			lines.push(
				"/* The struct begins at p; a word lies at p; what p points to is live, or has ever been; its index in m[]. */",
				...macros,
			);
		return lines;
	}

	/** The inline that says what is wrong with a pointer: the tests of engine/memory/access.ts, in their order. */
	classification(): string {
		const liveOwner = `LIVE(base)`;
		return `/* What is wrong with the pointer "base", whose access went to "address"; "whole": a struct of the right type begins there. */
inline classify() {
	if
	:: whole && WORD(address) -> wrong = (alive[owner[address >> 8]] == 0 -> wild_dereference : use_after_free)
	:: else ->
		if
		:: base >= 0 && base < ${nullPageBytes} -> wrong = ((base & ${cellStride - 1}) == 0 -> null_dereference : tagged_dereference)
		:: (base < 0 || base >= TOP) -> wrong = wild_dereference
		:: else ->
			if
			:: typed && kind[base >> 8] != 0 && (base & ${objectAlignment - 1}) == 0 -> wrong = (${liveOwner} -> wrong_type : use_after_free)
			:: typed && kind[base >> 8] != 0 && (base & ${objectAlignment - 1}) != 0 -> wrong = tagged_dereference
			:: !typed && count[base >> 8] + kind[base >> 8] != 0 && (base & ${cellStride - 1}) != 0 -> wrong = tagged_dereference
			:: else -> wrong = wild_dereference
			fi
		fi
	fi
}
`;
	}
}
