/**
 * An exact set of states. A state is stored as a row of numbers: one for the shared words, one for each thread's; each number
 * names a row of its own table, and the shared words' row is again one of numbers of short rows (Holzmann's COLLAPSE, SPIN 1997,
 * in the recursive form of Laarman et al., SPIN 2011). Two states are equal exactly if their numbers are; no hash decides.
 *
 * The table holds one state in words, the current one, and takes in what a step of one thread makes of it at the price of what
 * the step changed.
 */
import type { Layout } from "../memory/layout.ts";
import type { Stepper } from "../memory/stepper.ts";
import { RowTable } from "./rowTable.ts";

/** Shared words that have a number of their own. */
const chunkWords = 8;
/** The hash tables of states and of shared words are in this many pieces, a power of 2. */
const pieces = 64;
/** Those of the words of threads, and of parts of the shared words, which are fewer. */
const partPieces = 16;

export class StateTable {
	private readonly stepper: Stepper;
	private readonly starts: readonly number[];
	private readonly shared: number;
	private readonly chunks: readonly RowTable[];
	private readonly chunkRows: RowTable;
	private readonly threads: readonly RowTable[];
	private readonly states: RowTable;
	/** Numbers of the current state, and of its chunks. */
	private readonly row: Int32Array;
	private readonly chunkRow: Int32Array;
	private readonly nextRow: Int32Array;
	private readonly nextChunkRow: Int32Array;
	private current = -1;

	constructor(stepper: Stepper) {
		this.stepper = stepper;
		const layout: Layout = stepper.machine.layout;
		const threads = stepper.machine.program.threads.length;
		// Words past the threads are those of init, which has ended: the same in all states.
		this.starts = [...layout.threads, layout.words].slice(0, threads + 1);
		this.shared = this.starts[0] as number;
		const count = Math.max(1, Math.ceil(this.shared / chunkWords));
		this.chunks = Array.from(
			{ length: count },
			(_, chunk) => new RowTable(Math.min(chunkWords, this.shared - chunk * chunkWords), partPieces),
		);
		this.chunkRows = new RowTable(count, pieces);
		this.threads = Array.from(
			{ length: threads },
			(_, thread) => new RowTable((this.starts[thread + 1] as number) - (this.starts[thread] as number), partPieces),
		);
		this.states = new RowTable(threads + 1, pieces);
		this.row = new Int32Array(threads + 1);
		this.nextRow = new Int32Array(threads + 1);
		this.chunkRow = new Int32Array(count);
		this.nextChunkRow = new Int32Array(count);
	}

	get size(): number {
		return this.states.size;
	}

	/** Memory held, in bytes. */
	get bytes(): number {
		let bytes = this.states.bytes + this.chunkRows.bytes;
		for (const table of this.chunks) bytes += table.bytes;
		for (const table of this.threads) bytes += table.bytes;
		return bytes;
	}

	/** Number of the state in the stepper's `words`, whatever it came from; `~number` when it was there already. */
	addAny(): number {
		const { words } = this.stepper;
		for (let chunk = 0; chunk < this.chunks.length; chunk++) this.nextChunkRow[chunk] = this.addChunk(chunk, words);
		this.nextRow[0] = known(this.chunkRows.add(this.nextChunkRow, 0, nearness(this.nextChunkRow, 0)));
		for (let thread = 0; thread < this.threads.length; thread++)
			this.nextRow[thread + 1] = this.addThread(thread, words);
		return this.states.add(this.nextRow, 0, nearness(this.nextRow, 1));
	}

	/** The same, where `home` holds the words of the current state and most of them are still the same. */
	addNear(home: Int32Array): number {
		const { words } = this.stepper;
		const { row, nextRow, starts } = this;
		let changed = false;
		for (let chunk = 0; chunk < this.chunks.length; chunk++) {
			const from = chunk * chunkWords;
			const same = equal(words, home, from, Math.min(from + chunkWords, this.shared));
			this.nextChunkRow[chunk] = same ? (this.chunkRow[chunk] as number) : this.addChunk(chunk, words);
			if (!same) changed = true;
		}
		nextRow[0] = changed
			? known(this.chunkRows.add(this.nextChunkRow, 0, nearness(this.nextChunkRow, 0)))
			: (row[0] as number);
		for (let thread = 0; thread < this.threads.length; thread++) {
			const same = equal(words, home, starts[thread] as number, starts[thread + 1] as number);
			nextRow[thread + 1] = same ? (row[thread + 1] as number) : this.addThread(thread, words);
		}
		return this.states.add(nextRow, 0, nearness(nextRow, 1));
	}

	/** Number of the state that the stepper's last step, of this thread, has made of the current one; `~number` when it was there already. */
	addStep(thread: number): number {
		const { stepper, row, nextRow } = this;
		const { record } = stepper;
		if (!stepper.changesKnown || record.started !== 0) return this.addAny();
		for (let index = 0; index < row.length; index++) nextRow[index] = row[index] as number;
		nextRow[thread + 1] = this.addThread(thread, stepper.words);
		const changes = record.changedCount;
		if (changes > 0) {
			this.nextChunkRow.set(this.chunkRow);
			for (let index = 0; index < changes; index++) {
				const chunk = ((record.changed[index] as number) / chunkWords) | 0;
				this.nextChunkRow[chunk] = this.addChunk(chunk, stepper.words);
			}
			nextRow[0] = known(this.chunkRows.add(this.nextChunkRow, 0, nearness(this.nextChunkRow, 0)));
		}
		return this.states.add(nextRow, 0, nearness(nextRow, 1));
	}

	/** Makes a state the current one: the stepper's `base` and `words` become its words. */
	load(state: number): void {
		if (state === this.current) return;
		const { row, nextRow, chunkRow, nextChunkRow, starts } = this;
		const { base, words } = this.stepper;
		const first = this.current < 0;
		this.current = state;
		this.states.get(state, nextRow, 0);
		if (first || nextRow[0] !== row[0]) {
			row[0] = nextRow[0] as number;
			this.chunkRows.get(row[0], nextChunkRow, 0);
			for (let chunk = 0; chunk < chunkRow.length; chunk++) {
				if (!first && nextChunkRow[chunk] === chunkRow[chunk]) continue;
				chunkRow[chunk] = nextChunkRow[chunk] as number;
				this.chunks[chunk]?.getTwice(chunkRow[chunk] as number, base, words, chunk * chunkWords);
			}
		}
		for (let thread = 0; thread < this.threads.length; thread++) {
			if (!first && nextRow[thread + 1] === row[thread + 1]) continue;
			row[thread + 1] = nextRow[thread + 1] as number;
			this.threads[thread]?.getTwice(row[thread + 1] as number, base, words, starts[thread] as number);
		}
	}

	/** Forgets which state is current, after somebody else wrote to the stepper's rows. */
	unload(): void {
		this.current = -1;
	}

	private addChunk(chunk: number, words: Int32Array): number {
		return known((this.chunks[chunk] as RowTable).add(words, chunk * chunkWords));
	}

	private addThread(thread: number, words: Int32Array): number {
		return known((this.threads[thread] as RowTable).add(words, this.starts[thread] as number));
	}
}

function equal(one: Int32Array, two: Int32Array, from: number, to: number): boolean {
	for (let word = from; word < to; word++) if (one[word] !== two[word]) return false;
	return true;
}

const known = (number: number) => (number < 0 ? ~number : number);

/** Which piece of the hash table a row of numbers goes to: numbers grow as the search does, so rows found one after the other share pieces. */
function nearness(row: Int32Array, from: number): number {
	let sum = 0;
	for (let index = from; index < row.length; index++) sum += row[index] as number;
	return sum;
}
