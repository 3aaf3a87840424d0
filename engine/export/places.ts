/** Which cell an access goes to, case by case, and what kind of violation it is where it goes to none. */
import { resolve } from "../memory/access.ts";
import { freed, type Layout, live, nullPageBytes } from "../memory/layout.ts";
import { objectAlignment, type Place, type Program } from "../program/program.ts";
import type { ValueAnalysis } from "../search/reduction/values.ts";
import type { ViolationKind } from "../verdict/verdict.ts";
import { number, promelaValue, type Scope } from "./symbolic.ts";

/** Where an access may go. Conditions exclude each other. */
export interface Resolution {
	/** Absent condition: always. */
	readonly cases: readonly { readonly condition: string | undefined; readonly cell: number; readonly object: number }[];
	/** What it is when none of the cases holds; the last has no condition. */
	readonly faults: readonly { readonly condition: string | undefined; readonly kind: ViolationKind }[];
}

export class Places {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly values: ValueAnalysis;
	private readonly alive: Int32Array;
	private readonly dead: Int32Array;

	constructor(program: Program, layout: Layout, values: ValueAnalysis) {
		this.program = program;
		this.layout = layout;
		this.values = values;
		const words = (lifetime: number) =>
			new Int32Array(layout.words).fill(lifetime, layout.lifetimes, layout.lifetimes + program.objects.length);
		this.alive = words(live);
		this.dead = words(freed);
	}

	/** Whether an object can ever be other than live. */
	mayDie(object: number): boolean {
		const { objects, threads, init } = this.program;
		if (this.layout.typesafe[object] === 1) return false;
		if (objects[object]?.initiallyLive === false) return true;
		return [...threads, ...(init ? [init] : [])].some((thread, code) =>
			thread.instructions.some((instruction) => {
				if (instruction.kind !== "free") return false;
				const pointers = this.values.values(code, instruction.pointer);
				return !pointers || pointers.has(objects[object]?.address ?? 0);
			}),
		);
	}

	/** The cases of a place in one of the analysis's codes. */
	resolve(code: number, place: Place, scope: Scope): Resolution {
		const base = promelaValue(place.base, scope);
		const offset = promelaValue(place.offset, scope);
		const bases = this.values.values(code, place.base);
		const offsets = this.values.values(code, place.offset);
		if (bases && offsets) return this.known(place, base, offset, [...bases], [...offsets]);
		return this.unknown(place, base, offset, offsets);
	}

	private known(place: Place, base: string, offset: string, bases: number[], offsets: number[]): Resolution {
		const cases: Resolution["cases"][number][] = [];
		const faults: Resolution["faults"][number][] = [];
		for (const start of bases) {
			for (const distance of offsets) {
				const tests = [
					...(bases.length > 1 ? [`${base} == ${number(start)}`] : []),
					...(offsets.length > 1 ? [`${offset} == ${number(distance)}`] : []),
				];
				const condition = tests.length > 0 ? `(${tests.join(" && ")})` : undefined;
				const found = this.at(this.alive, start, distance, place.structure);
				if (typeof found === "number") {
					cases.push({ condition, cell: found, object: this.program.cells[found]?.object ?? 0 });
					continue;
				}
				const otherwise = this.at(this.dead, start, distance, place.structure);
				const kind = typeof otherwise === "number" ? found.kind : otherwise.kind;
				if (kind !== found.kind && found.object !== undefined) {
					const isLive = `alive[${found.object}] == ${live}`;
					const also = condition ? `${condition} && ` : "";
					faults.push({ condition: `(${also}${isLive})`, kind: found.kind });
					faults.push({ condition: `(${also}!(${isLive}))`, kind });
				} else faults.push({ condition, kind: found.kind });
			}
		}
		return { cases, faults };
	}

	private at(words: Int32Array, base: number, offset: number, structure: number) {
		return resolve(this.program, this.layout, words, base, offset, structure, "");
	}

	/** A pointer of which nothing is known: every object of the type, and every way to be wrong. */
	private unknown(place: Place, base: string, offset: string, offsets: ReadonlySet<number> | undefined): Resolution {
		const { program } = this;
		if (place.structure < 0) {
			const cases = program.cells.map((cell, index) => ({
				condition: `(${base} + ${offset} == ${cell.address})`,
				cell: index,
				object: cell.object,
			}));
			return { cases, faults: [{ condition: undefined, kind: "wild_dereference" }] };
		}
		const starts = program.instances.filter((instance) => instance.structure === place.structure);
		const cases = starts.flatMap((instance) =>
			program.cells.flatMap((cell, index) => {
				const distance = cell.address - instance.address;
				if (distance < 0 || cell.object !== instance.object || offsets?.has(distance) === false) return [];
				const also = offsets?.size === 1 ? "" : ` && ${offset} == ${distance}`;
				const condition = `(${base} == ${instance.address}${also})`;
				return [{ condition, cell: index, object: cell.object }];
			}),
		);
		const isNull = `${base} >= 0 && ${base} < ${nullPageBytes}`;
		const faults: Resolution["faults"][number][] = [
			{ condition: `(${isNull} && (${base} & 7) == 0)`, kind: "null_dereference" },
			{ condition: `(${isNull} && (${base} & 7) != 0)`, kind: "tagged_dereference" },
		];
		for (const address of new Set(program.instances.map((instance) => instance.address))) {
			if (!starts.some((start) => start.address === address)) {
				const object = program.instances.find((instance) => instance.address === address)?.object ?? 0;
				faults.push({ condition: `(${base} == ${address} && alive[${object}] == ${live})`, kind: "wrong_type" });
				faults.push({ condition: `(${base} == ${address} && alive[${object}] != ${live})`, kind: "use_after_free" });
			}
			faults.push({
				condition: `(${base} != ${address} && (${base} & -${objectAlignment}) == ${address})`,
				kind: "tagged_dereference",
			});
		}
		return { cases, faults: [...faults, { condition: undefined, kind: "wild_dereference" }] };
	}
}
