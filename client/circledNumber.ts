/** A step's number as one sign: ① to ⑩, then (11), since not every font goes on. `index` counts from 0, the sign from 1. */
export function circledNumber(index: number): string {
	const number = index + 1;
	if (number <= 10) return String.fromCodePoint(0x2460 + number - 1);
	return `(${number})`;
}

const numbersShownMax = 4;

/** The numbers of several steps, in order: "①②③"; the first and the last when there are many: "①…⑨". */
export function circledNumbers(indices: readonly number[]): string {
	if (indices.length <= numbersShownMax) return indices.map(circledNumber).join("");
	return `${circledNumber(indices[0] ?? 0)}…${circledNumber(indices.at(-1) ?? 0)}`;
}
