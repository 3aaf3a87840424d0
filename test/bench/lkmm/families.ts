/** Litmus tests that grow: for how time grows with the number of threads. */

const test = (name: string, processes: readonly string[], condition: string): string =>
	`C ${name}\n\n{}\n\n${processes.join("\n")}\nexists (${condition})\n`;

const process = (index: number, parameters: string, lines: readonly string[]): string =>
	`P${index}(${parameters})\n{\n${lines.map((line) => `\t${line}`).join("\n")}\n}\n`;

/** Store buffering in a ring of n threads: each stores its own word and loads its neighbour's. */
export function storeBuffering(n: number): string {
	const processes = Array.from({ length: n }, (_, i) => {
		const next = (i + 1) % n;
		return process(i, `int *x${i}, int *x${next}`, [`WRITE_ONCE(*x${i}, 1);`, `int r = READ_ONCE(*x${next});`]);
	});
	return test(`SB-${n}`, processes, processes.map((_, i) => `${i}:r=0`).join(" /\\ "));
}

/** Two writers, and n readers that load both words, every other one the other way round. */
export function independentReads(n: number): string {
	const writers = ["x", "y"].map((word, i) => process(i, `int *${word}`, [`WRITE_ONCE(*${word}, 1);`]));
	const readers = Array.from({ length: n }, (_, i) => {
		const [first, second] = i % 2 === 0 ? ["x", "y"] : ["y", "x"];
		return process(i + 2, "int *x, int *y", [`int r0 = READ_ONCE(*${first});`, `int r1 = READ_ONCE(*${second});`]);
	});
	return test(
		`IRIW-${n}`,
		[...writers, ...readers],
		readers.map((_, i) => `${i + 2}:r0=1 /\\ ${i + 2}:r1=0`).join(" /\\ "),
	);
}

/** n threads of lock, increment, unlock. */
export function lockedIncrements(n: number): string {
	const processes = Array.from({ length: n }, (_, i) =>
		process(i, "int *x, spinlock_t *l", [
			"spin_lock(l);",
			"int r = READ_ONCE(*x);",
			"WRITE_ONCE(*x, r + 1);",
			"spin_unlock(l);",
		]),
	);
	return test(`locks-${n}`, processes, `x=${n}`);
}
