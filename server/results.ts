/** What the searches found, by document and check, and whether it still speaks of the text on the screen. */
import { createHash } from "node:crypto";
import type { SourceTree } from "../engine/language/syntax.ts";
import { isTrivia } from "../engine/language/tokens.ts";
import type { LoweringProblem } from "../engine/program/lower/lower.ts";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { Analysis } from "./documents.ts";
import type { DistinctRacesResult, Results } from "./protocol.ts";
import { relocated } from "./relocation.ts";

/** A result and the program it was computed from. */
export interface KnownResult {
	readonly result: CheckResult;
	readonly version: number;
	readonly fingerprint: string;
	/** The text that the places in the result are of; undefined of a litmus test, which no edit leaves as it was. */
	readonly tree: SourceTree | undefined;
}

/** Every race of a check, and the program they are of. */
interface KnownRaces {
	readonly races: DistinctRacesResult;
	readonly fingerprint: string;
	readonly tree: SourceTree;
}

/** What tells programs apart, short enough to be sent: equal texts have equal ones. */
export function digest(text: string): string {
	return createHash("sha256").update(text).digest("base64url").slice(0, digestLength);
}

/** Characters of 6 bits each; enough that no two programs of a user ever share one. */
const digestLength = 22;

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

	private readonly races = new Map<string, KnownRaces>();

	/** Takes over the results of one search of a text. */
	add(uri: string, of: Omit<KnownResult, "result">, results: readonly CheckResult[]): void {
		const known = this.byUri.get(uri) ?? new Map<string, KnownResult>();
		for (const result of results) known.set(keyOf(result.scenario, result.check), { ...of, result });
		this.byUri.set(uri, known);
	}

	/** Takes over every race of one check of a text. */
	addRaces(races: DistinctRacesResult, { fingerprint, tree, document }: Analysis): void {
		this.races.set(document.uri, { races, fingerprint, tree });
	}

	/** Documents whose results have moved since the client was told of them. */
	private readonly moved = new Set<string>();

	/** Moves what is known of this very program to where it now stands in the text. */
	follow({ document: { uri, version }, fingerprint, tree }: Analysis): void {
		const known = this.byUri.get(uri);
		for (const [key, one] of known ?? []) {
			if (one.version === version || one.fingerprint !== fingerprint || one.tree === undefined) continue;
			const result = one.tree.text === tree.text ? one.result : relocated(one.result, uri, one.tree, tree);
			known?.set(key, { result, version, fingerprint, tree });
			this.moved.add(uri);
		}
		const found = this.races.get(uri);
		if (found && found.races.version !== version && found.fingerprint === fingerprint) {
			const races = found.tree.text === tree.text ? found.races : relocated(found.races, uri, found.tree, tree);
			this.races.set(uri, { races: { ...races, version }, fingerprint, tree });
			this.moved.add(uri);
		}
	}

	/** Whether results of a document have moved since this was asked last: whoever asks tells the client. */
	haveMoved(uri: string): boolean {
		return this.moved.delete(uri);
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

	/** The results of the newest version that was searched, and its races: one version of one document. */
	newest(uri: string): Results {
		const known = [...(this.byUri.get(uri)?.values() ?? [])];
		const found = this.races.get(uri);
		const version = known.reduce((newest, one) => Math.max(newest, one.version), found?.races.version ?? 0);
		const newest = known.filter((one) => one.version === version);
		const races = found?.races.version === version ? found : undefined;
		return {
			uri,
			version,
			program: newest[0]?.fingerprint ?? races?.fingerprint ?? "",
			results: newest.map((one) => one.result),
			...(races && { races: races.races }),
		};
	}

	/** A closed document's versions begin anew. */
	forget(uri: string): void {
		this.byUri.delete(uri);
		this.problems.delete(uri);
		this.races.delete(uri);
	}
}
