/** Violations that show in a state rather than in a step: invariants, data races, deadlock, properties of final states. */
import type { Fault } from "../memory/access.ts";
import { finished, live, notStarted, pcWord } from "../memory/layout.ts";
import type { Machine } from "../memory/sc.ts";
import { objectAlignment, type Property } from "../program/program.ts";

/** A violation found in a state, with the threads that take part in it. */
export interface StateFault extends Fault {
	readonly threads: readonly number[];
	readonly property?: number;
}

export class Judge {
	private readonly machine: Machine;
	private readonly always: readonly number[];
	private readonly final: readonly number[];
	/** Properties `exists`, by index, that no final state has met yet. */
	readonly unmet: Set<number>;
	private readonly racesFirst: boolean;
	private readonly nextCell: ((thread: number) => number) | undefined;

	/**
	 * `wanted`: kinds that come first where a state is wrong in more than one way. `nextCell`: a faster way to the cell that a
	 * thread stands before, in the words that will be judged; -1 for none.
	 */
	constructor(machine: Machine, wanted: readonly string[] = [], nextCell?: (thread: number) => number) {
		this.machine = machine;
		this.racesFirst = wanted.includes("data_race") && !wanted.includes("invariant");
		this.nextCell = nextCell;
		const indices = (kind: Property["property"]) =>
			machine.program.properties.flatMap((property, index) => (property.property === kind ? [index] : []));
		this.always = indices("always");
		this.final = [...indices("finally"), ...indices("never")];
		this.unmet = new Set(indices("exists"));
	}

	/** What is wrong with a state that may go on. */
	ofState(words: Int32Array): StateFault | undefined {
		const broken = this.brokenInvariant(words);
		if (!this.machine.program.detectDataRaces || (broken && !this.racesFirst)) return broken;
		return this.dataRace(words) ?? broken;
	}

	private brokenInvariant(words: Int32Array): StateFault | undefined {
		const { machine } = this;
		for (const index of this.always) {
			const property = machine.program.properties[index] as Property;
			if (!machine.holdsIn(words, property)) {
				return { kind: "invariant", detail: `always (${property.text}) does not hold`, threads: [], property: index };
			}
		}
		return undefined;
	}

	/** Whether a thread waits to load again what did not change. Where nothing else can go on this is no deadlock: the other alternative did. */
	waitsToReload(words: Int32Array): boolean {
		return this.machine.program.threads.some(
			(_, thread) => this.machine.nextInstruction(words, thread)?.kind === "reload",
		);
	}

	/** What is wrong with a state in which no thread can take a step. `exists` properties that it meets are taken note of. */
	ofLastState(words: Int32Array): StateFault | undefined {
		const { machine } = this;
		const { program, layout } = machine;
		const pcs = program.threads.map((_, thread) => words[(layout.threads[thread] as number) + pcWord] as number);
		const unfinished = pcs.flatMap((pc, thread) => (pc === finished || pc === notStarted ? [] : [thread]));
		if (unfinished.length > 0) {
			if (this.waitsToReload(words)) return undefined;
			return { kind: "deadlock", detail: this.deadlockDetail(unfinished, pcs), threads: unfinished };
		}
		for (const index of this.unmet) {
			if (machine.holdsIn(words, program.properties[index] as Property)) this.unmet.delete(index);
		}
		for (const index of this.final) {
			const property = program.properties[index] as Property;
			if (machine.holdsIn(words, property) !== (property.property === "finally")) {
				const claim = property.property === "finally" ? "does not hold at the end" : "holds at the end";
				return {
					kind: "invariant",
					detail: `${property.property} (${property.text}): it ${claim}`,
					threads: [],
					property: index,
				};
			}
		}
		return program.detectLeaks ? this.leak(words) : undefined;
	}

	private deadlockDetail(threads: readonly number[], pcs: readonly number[]): string {
		const { program } = this.machine;
		const waits = threads.map((thread) => {
			const instruction = program.threads[thread]?.instructions[pcs[thread] as number];
			const text = instruction ? program.sites[instruction.site]?.text : undefined;
			return `${program.threads[thread]?.name} at ${text ?? "its end"}`;
		});
		return `nobody can go on: ${waits.join("; ")}`;
	}

	/** Two threads about to touch the same word, one of them to write it, one of them plainly (LKMM, KCSAN). */
	private dataRace(words: Int32Array): StateFault | undefined {
		const { machine, nextCell } = this;
		if (nextCell && !this.mayRace(nextCell)) return undefined;
		const accesses = machine.program.threads.map((_, thread) => machine.nextAccess(words, thread));
		for (let first = 0; first < accesses.length; first++) {
			const one = accesses[first];
			if (!one) continue;
			for (let second = first + 1; second < accesses.length; second++) {
				const two = accesses[second];
				if (!two || one.cell !== two.cell || !(one.writes || two.writes) || !(one.plain || two.plain)) continue;
				const cell = machine.program.cells[one.cell];
				const object = machine.program.objects[cell?.object ?? 0]?.name ?? "?";
				const name = cell?.field ? `${object}.${cell.field}` : object;
				const does = (thread: number, access: { writes: boolean; plain: boolean }) =>
					`${machine.program.threads[thread]?.name} ${access.plain ? "plainly " : ""}${access.writes ? "writes" : "reads"} it`;
				return {
					kind: "data_race",
					detail: `${name}: ${does(first, one)} while ${does(second, two)}`,
					cell: one.cell,
					threads: [first, second],
				};
			}
		}
		return undefined;
	}

	/** Whether two threads stand before the same word at all. */
	private mayRace(nextCell: (thread: number) => number): boolean {
		const threads = this.machine.program.threads.length;
		for (let first = 0; first < threads; first++) {
			const cell = nextCell(first);
			if (cell < 0) continue;
			for (let second = first + 1; second < threads; second++) if (nextCell(second) === cell) return true;
		}
		return false;
	}

	/** An object out of a pool that no pointer leads to any more, into it or into what points to it: as kmemleak sees it. */
	private leak(words: Int32Array): StateFault | undefined {
		const { program, layout } = this.machine;
		const isLive = (object: number) => words[layout.lifetimes + object] === live;
		const pooled = new Set(program.pools.flatMap((pool) => pool.objects));
		const reached = new Set<number>();
		// Variables of threads are gone when the threads have ended.
		program.objects.forEach((object, index) => {
			if (!pooled.has(index) && object.thread < 0 && isLive(index)) reached.add(index);
		});
		for (const object of reached) {
			program.cells.forEach((cell, index) => {
				if (cell.object !== object) return;
				const target = layout.objectAt[(words[index] as number) >>> objectShift];
				if (target !== undefined && target >= 0 && isLive(target)) reached.add(target);
			});
		}
		const lost = [...pooled].find((object) => isLive(object) && !reached.has(object));
		if (lost === undefined) return undefined;
		const detail = `${program.objects[lost]?.name} is still allocated and nothing points to it`;
		return { kind: "leak", detail, object: lost, threads: [] };
	}
}

const objectShift = Math.log2(objectAlignment);
