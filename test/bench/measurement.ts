/** What a benchmark measures, and how: our engine and the peer in turn, medians. */

/** One line of the results; times in seconds of wall clock. */
export interface Measurement {
	/** Whom we are compared with, and its version: "SPIN 6.5.2". */
	readonly peer: string;
	readonly name: string;
	/** "text-to-verdict", "search", "unreduced-million-transitions", … */
	readonly measure: string;
	readonly ourSeconds: number;
	/** Absent where the peer cannot do it, or not within its limits; `note` says why. */
	readonly peerSeconds?: number;
	readonly ourStates?: number;
	readonly peerStates?: number;
	readonly ourTransitions?: number;
	readonly peerTransitions?: number;
	/** Memory of the state tables, in bytes for each state. */
	readonly ourBytesPerState?: number;
	readonly peerBytesPerState?: number;
	readonly note?: string;
}

export interface BenchOptions {
	/** Within a minute: fewer cases, fewer repetitions. */
	readonly quick: boolean;
	readonly log: (line: string) => void;
}

/** A part of the benchmark. */
export interface Part {
	readonly name: string;
	/** The part that it belongs to: it runs by itself only when it is asked for. */
	readonly isPartOf?: string;
	run(options: BenchOptions): Promise<readonly Measurement[]>;
}

/** Repetitions of each measurement. */
export const repetitions = (options: BenchOptions): number => (options.quick ? 3 : 5);

/** The middle of the values; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((one, two) => one - two);
	const middle = sorted.length >> 1;
	const upper = sorted[middle] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Seconds that a call takes, and what it gives. */
export async function timed<Result>(
	call: () => Result | Promise<Result>,
): Promise<{ seconds: number; result: Result }> {
	const start = performance.now();
	const result = await call();
	return { seconds: (performance.now() - start) / 1000, result };
}
