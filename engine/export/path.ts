/** Registers and words as they are on one way through a piece of code that is run symbolically. */
import type { Resolution } from "./places.ts";
import type { Scope } from "./symbolic.ts";

/** What a path has stored to a word of m[]. */
interface Stored {
	readonly to: Resolution;
	readonly value: string;
}

/** Registers and words as they are on one path. */
export class Path implements Scope {
	private readonly registers: Map<number, string>;
	private readonly words: Map<string, string>;
	private readonly stored: Stored[];
	private readonly name: (register: number) => string;
	/** Whether the path has changed an object's lifetime. */
	freed = false;

	constructor(
		name: (register: number) => string,
		registers = new Map<number, string>(),
		words = new Map<string, string>(),
		stored: Stored[] = [],
	) {
		this.name = name;
		this.registers = registers;
		this.words = words;
		this.stored = stored;
	}

	register(register: number): string {
		return this.registers.get(register) ?? this.name(register);
	}

	set(register: number | undefined, value: string): void {
		if (register !== undefined) this.registers.set(register, value);
	}

	/** A word outside of memory, such as a thread's context. */
	word(name: string): string {
		return this.words.get(name) ?? name;
	}

	write(name: string, value: string): void {
		this.words.set(name, value);
	}

	read(from: Resolution): string {
		return this.stored.reduce((value, { to, value: stored }) => {
			if (to.at === from.at) return stored;
			if (typeof to.at === "number" && typeof from.at === "number") return value;
			return from.cells.some((cell) => to.cells.includes(cell))
				? `(${from.at} == ${to.at} -> ${stored} : ${value})`
				: value;
		}, from.word);
	}

	store(to: Resolution, value: string): void {
		this.stored.push({ to, value });
	}

	fork(): Path {
		const path = new Path(this.name, new Map(this.registers), new Map(this.words), [...this.stored]);
		path.freed = this.freed;
		return path;
	}
}
