/** What the searches found, by document and check, and whether it still speaks of the text on the screen. */
import type { SourceTree } from "../engine/language/syntax.ts";
import { isTrivia } from "../engine/language/tokens.ts";
import type { LoweringProblem } from "../engine/program/lower/lower.ts";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { Results } from "./protocol.ts";

/** A result and the program it was computed from. */
export interface KnownResult {
	readonly result: CheckResult;
	readonly version: number;
	readonly fingerprint: string;
}

/**
 * A document's words without white space and comments. Two texts with the same fingerprint, and the same includes, are the
 * same program.
 */
export function fingerprint(tree: SourceTree): string {
	const { count, kinds, starts } = tree.tokens;
	const words: string[] = [];
	for (let token = 0; token < count; token++)
		if (!isTrivia(kinds[token]!)) words.push(tree.text.slice(starts[token], starts[token + 1]));
	return words.join(" ");
}

const keyOf = (scenario: string, check: string) => `${scenario} ${check}`;

/** The last result of every check that was searched. */
export class ResultStore {
	private readonly problems = new Map<
		string,
		{ readonly text: string; readonly problems: readonly LoweringProblem[] }
	>();
	private readonly byUri = new Map<string, Map<string, KnownResult>>();

	/** Takes over the results of one search. */
	add(uri: string, version: number, fingerprint: string, results: readonly CheckResult[]): void {
		const known = this.byUri.get(uri) ?? new Map<string, KnownResult>();
		for (const result of results) known.set(keyOf(result.scenario, result.check), { result, version, fingerprint });
		this.byUri.set(uri, known);
	}

	/** The last result of a check; undefined when it was never searched. */
	of(uri: string, scenario: string, check: string): KnownResult | undefined {
		return this.byUri.get(uri)?.get(keyOf(scenario, check));
	}

	/** Takes over why a text cannot be searched; nothing when it can. */
	setProblems(uri: string, text: string, problems: readonly LoweringProblem[]): void {
		this.problems.set(uri, { text, problems });
	}

	/** Why this very text of a document cannot be searched, by place. */
	problemsOf(uri: string, text: string): readonly LoweringProblem[] {
		const known = this.problems.get(uri);
		return known?.text === text ? known.problems : [];
	}

	/** The results of the newest version that was searched: one version of one document. */
	newest(uri: string): Results {
		const known = [...(this.byUri.get(uri)?.values() ?? [])];
		const version = known.reduce((newest, one) => Math.max(newest, one.version), 0);
		return { uri, version, results: known.filter((one) => one.version === version).map((one) => one.result) };
	}

	/** A closed document's versions begin anew. */
	forget(uri: string): void {
		this.byUri.delete(uri);
		this.problems.delete(uri);
	}
}
