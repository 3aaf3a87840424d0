/** Which word of m[] an access goes to, when it goes to one at all, and what to do when not. */
import { resolve } from "../memory/access.ts";
import { freed, type Layout, live, unallocated } from "../memory/layout.ts";
import type { Place, Program } from "../program/program.ts";
import type { ValueAnalysis } from "../search/reduction/values.ts";
import type { Memory } from "./memory.ts";
import { number, promelaValue, type Scope } from "./symbolic.ts";

/** Where an access goes. */
export interface Resolution {
	/** Index in m[], a number where it is always the same. */
	readonly at: number | string;
	/** How the word is written: by its name where it is always the same. */
	readonly word: string;
	/** The pointer is one that leads to a word of the right type; "true" where it always is. */
	readonly fits: string;
	/** The object is live, or has ever been, provided that the pointer fits; "true" where it always is. */
	readonly live: string;
	readonly ever: string;
	/** Statements that say what is wrong, where it does not fit or is not live. */
	readonly fault: string;
	/** Cells that it may be. */
	readonly cells: readonly number[];
}

export class Places {
	private readonly program: Program;
	private readonly layout: Layout;
	private readonly values: ValueAnalysis;
	private readonly memory: Memory;
	private readonly byLifetime: ReadonlyMap<number, Int32Array>;
	private readonly mortal: readonly boolean[];

	constructor(program: Program, layout: Layout, values: ValueAnalysis, memory: Memory) {
		this.program = program;
		this.layout = layout;
		this.values = values;
		this.memory = memory;
		this.byLifetime = new Map(
			[unallocated, live, freed].map((lifetime) => [
				lifetime,
				new Int32Array(layout.words).fill(lifetime, layout.lifetimes, layout.lifetimes + program.objects.length),
			]),
		);
		this.mortal = program.objects.map((_, object) => this.canDie(object));
	}

	/** Whether an object can ever be other than live, to those who access it. */
	mayDie(object: number): boolean {
		return this.mortal[object] === true;
	}

	private canDie(object: number): boolean {
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

	/** Whether the code is init, and the object surely lives there: init comes first. */
	private livesInInit(code: number, object: number): boolean {
		const { init, threads, objects } = this.program;
		if (!init || code !== threads.length || objects[object]?.initiallyLive === false) return false;
		return !init.instructions.some(({ kind }) => kind === "free");
	}

	/** Where a place in one of the analysis's codes is. */
	resolve(code: number, place: Place, scope: Scope): Resolution {
		const base = promelaValue(place.base, scope);
		const address = addressText(place, base, scope);
		const bases = this.values.values(code, place.base);
		const offsets = this.values.values(code, place.offset);
		const pairs = bases && offsets && [...bases].flatMap((start) => [...offsets].map((by) => [start, by] as const));
		if (!pairs) return this.anywhere(code, place, base, address);
		const found = pairs.map(([start, by]) => this.at(live, start, by, place.structure));
		const good = pairs.filter((_, index) => typeof found[index] === "number");
		const bad = pairs.filter((_, index) => typeof found[index] !== "number");
		const cells = [...new Set(found.filter((each) => typeof each === "number"))] as number[];
		const [only] = good;
		if (pairs.length === 1 && only === undefined) return this.never(place, pairs[0] as readonly [number, number]);
		const always = bad.length === 0;
		const pointer = offsets.size === 1 ? base : undefined;
		const fits = always
			? "true"
			: pointer && bad.length === 1
				? `${pointer} != ${number(bad[0]?.[0] ?? 0)}`
				: pointer && good.length === 1
					? `${pointer} == ${number(only?.[0] ?? 0)}`
					: this.fitting(place, base, address, true);
		return this.somewhere(code, place, base, address, cells, fits);
	}

	/** A pointer of which nothing is known: any word of the type. */
	private anywhere(code: number, place: Place, base: string, address: string): Resolution {
		const { cells } = this.values.target(code, place);
		// A constant offset is a field: it is inside wherever the struct begins.
		const isField = place.offset.op === "constant" && place.structure >= 0;
		return this.somewhere(code, place, base, address, cells, this.fitting(place, base, address, !isField));
	}

	private fitting(place: Place, base: string, address: string, looksForWord: boolean): string {
		if (place.structure < 0) return `WORD(${address})`;
		const points = this.memory.points(base, place.structure);
		return looksForWord ? `${points} && WORD(${address})` : points;
	}

	private somewhere(
		code: number,
		place: Place,
		base: string,
		address: string,
		cells: readonly number[],
		fits: string,
	): Resolution {
		const [only] = cells;
		const isOne = cells.length === 1 && only !== undefined;
		const objects = [...new Set(cells.map((cell) => this.program.cells[cell]?.object ?? 0))];
		const mortal = objects.some((object) => this.mayDie(object) && !this.livesInInit(code, object));
		const at = isOne ? this.memory.index(only) : `AT(${address})`;
		const [object] = objects;
		const alive = objects.length === 1 && object !== undefined ? `alive[${object}]` : undefined;
		const whole = place.structure < 0 ? "true" : this.memory.points(base, place.structure);
		const fault =
			fits === "true" && alive
				? `wrong = (${alive} == ${unallocated} -> wild_dereference : use_after_free); goto violation`
				: `base = ${place.structure < 0 ? address : base}; address = ${address}; whole = ${whole}; typed = ${place.structure >= 0}; goto wrong_pointer`;
		return {
			at,
			word: isOne ? (this.memory.names[only] as string) : `m[${at}]`,
			fits,
			live: !mortal ? "true" : alive ? `${alive} == ${live}` : `LIVE(${address})`,
			ever: !mortal ? "true" : alive ? `${alive} != ${unallocated}` : `EVER(${address})`,
			fault,
			cells,
		};
	}

	/** A place that is always wrong. */
	private never(place: Place, [start, by]: readonly [number, number]): Resolution {
		const kind = (lifetime: number) => {
			const fault = this.at(lifetime, start, by, place.structure);
			return typeof fault === "number" ? "wild_dereference" : fault.kind;
		};
		const whenLive = this.at(live, start, by, place.structure);
		const object = typeof whenLive === "number" ? undefined : whenLive.object;
		const wrong =
			kind(live) === kind(freed) || object === undefined
				? kind(live)
				: `(alive[${object}] == ${live} -> ${kind(live)} : ${kind(freed)})`;
		return {
			at: 0,
			word: "m[0]",
			fits: "false",
			live: "true",
			ever: "true",
			fault: `wrong = ${wrong}; goto violation`,
			cells: [],
		};
	}

	private at(lifetime: number, base: number, offset: number, structure: number) {
		return resolve(this.program, this.layout, this.byLifetime.get(lifetime) as Int32Array, base, offset, structure, "");
	}
}

function addressText(place: Place, base: string, scope: Scope): string {
	if (place.offset.op === "constant" && place.offset.value === 0) return base;
	return `${base} + ${promelaValue(place.offset, scope)}`;
}
