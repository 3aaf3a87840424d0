/** "did you mean …?": the known word nearest to a misspelt one. */

/** Longer words allow more mistakes, up to this many edits. */
const editsMaximum = 3;
/** Candidates looked at before giving up: a model of thousands of names stays instant. */
const candidatesMaximum = 20_000;

/** Edits (insert, remove, replace, swap neighbours) that turn `a` into `b`; anything over `bound` is `bound + 1`. */
export function editDistance(a: string, b: string, bound: number): number {
	if (Math.abs(a.length - b.length) > bound) return bound + 1;
	let beforePrevious: number[] = [];
	let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		let least = i;
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
			row.push(cost);
			least = Math.min(least, cost);
		}
		if (least > bound) return bound + 1;
		beforePrevious = previous;
		previous = row;
	}
	return Math.min(previous[b.length] ?? 0, bound + 1);
}

/** The candidate nearest to `word`, if one is near enough to be what was meant; the first of equally near ones. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
	let bound = Math.min(editsMaximum, Math.max(1, Math.floor(word.length / 3)));
	let best: string | undefined;
	let looked = 0;
	for (const candidate of candidates) {
		if (++looked > candidatesMaximum) break;
		if (candidate === word || candidate === "") continue;
		const distance = candidate.toLowerCase() === word.toLowerCase() ? 0 : editDistance(word, candidate, bound);
		if (distance > bound || (best !== undefined && distance === bound)) continue;
		best = candidate;
		bound = distance;
		if (bound === 0) break;
	}
	return best;
}
