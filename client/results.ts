/** What the searches found, by document, and whether the document is still the text that was searched. */
import * as vscode from "vscode";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { DistinctRacesResult, Results } from "../server/protocol.ts";
import { hasPicture } from "./annotations.ts";
import type { Run } from "./run.ts";

/** The results of one document. */
export interface DocumentResults extends Results {
	/** The text has changed since the search. */
	readonly stale: boolean;
	/** Index into `results` of the counterexample on show; undefined when there is none. */
	readonly shown: number | undefined;
	/** Every distinct race of one check, where somebody asked for them. */
	readonly races?: RacesOfDocument;
}

export interface RacesOfDocument {
	readonly found: DistinctRacesResult;
	/** Which of them is the check's result now; -1 for none. */
	readonly at: number;
}

/** The counterexample to show first: one nobody expected, else any. Undefined when every check is safe. */
export function firstToShow(results: readonly CheckResult[]): number | undefined {
	const unexpected = results.findIndex((result) => hasPicture(result) && !result.ok);
	const any = unexpected >= 0 ? unexpected : results.findIndex(hasPicture);
	return any >= 0 ? any : undefined;
}

type NamedCheck = Pick<CheckResult, "scenario" | "check">;
const sameCheck = (a: NamedCheck | undefined, b: NamedCheck) => a?.scenario === b.scenario && a.check === b.check;

/** A run that the user walks by hand, on show instead of a counterexample. */
export interface WalkedRun {
	readonly scenario: string;
	readonly check: string;
	readonly trace: Run;
}

export class ResultsByDocument implements vscode.Disposable {
	private readonly byUri = new Map<string, DocumentResults>();
	private readonly walks = new Map<string, { readonly walked: WalkedRun; readonly stale: boolean }>();
	private readonly changed = new vscode.EventEmitter<string>();
	private readonly edits: vscode.Disposable;

	/** Fires with the URI of the document whose results changed, went stale or went away. */
	readonly onDidChange = this.changed.event;

	constructor() {
		this.edits = vscode.workspace.onDidChangeTextDocument((event) => {
			const uri = event.document.uri.toString();
			const known = this.byUri.get(uri);
			const walk = this.walks.get(uri);
			if (event.contentChanges.length === 0 || ((known?.stale ?? true) && (walk?.stale ?? true))) return;
			if (known) this.byUri.set(uri, { ...known, stale: true });
			if (walk) this.walks.set(uri, { ...walk, stale: true });
			this.changed.fire(uri);
		});
	}

	get(uri: string): DocumentResults | undefined {
		return this.byUri.get(uri);
	}

	/** The counterexample on show for a document, with its trace or graph. */
	shown(uri: string): CheckResult | undefined {
		const known = this.byUri.get(uri);
		return known?.shown === undefined ? undefined : known.results[known.shown];
	}

	/** The run that is walked by hand through a document, and whether the text has changed since. */
	walked(uri: string): { readonly walked: WalkedRun; readonly stale: boolean } | undefined {
		return this.walks.get(uri);
	}

	/** Puts a run by hand on show; undefined takes it away again. */
	setWalked(uri: string, walked: WalkedRun | undefined, stale = false): void {
		if (walked) this.walks.set(uri, { walked, stale });
		else if (!this.walks.delete(uri)) return;
		this.changed.fire(uri);
	}

	/** Takes over the results of a document. The counterexample on show stays on show where its check still has one. */
	set(results: Results): void {
		const uri = vscode.Uri.parse(results.uri).toString();
		const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
		const wanted = this.shown(uri);
		const kept = wanted ? results.results.findIndex((result) => hasPicture(result) && sameCheck(wanted, result)) : -1;
		const races = this.racesAmong(uri, results);
		this.byUri.set(uri, {
			...(races && { races }),
			...results,
			uri,
			stale: document !== undefined && document.version !== results.version,
			shown: kept >= 0 ? kept : firstToShow(results.results),
		});
		this.changed.fire(uri);
	}

	/** Puts another counterexample of the document on show. */
	show(uri: string, result: CheckResult): void {
		const known = this.byUri.get(uri);
		const index = known?.results.findIndex((one) => hasPicture(one) && sameCheck(result, one)) ?? -1;
		if (!known || index < 0 || known.shown === index) return;
		this.byUri.set(uri, { ...known, shown: index });
		this.changed.fire(uri);
	}

	/** The races known of this version, and which of them is among the results. */
	private racesAmong(uri: string, { version, results }: Results): RacesOfDocument | undefined {
		const known = this.byUri.get(uri)?.races;
		if (known?.found.version !== version) return undefined;
		const schedule = results.find((one) => sameCheck(one, known.found))?.trace?.schedule;
		return { ...known, at: known.found.races.findIndex(({ result }) => result.trace?.schedule === schedule) };
	}

	/** Takes over every race of a check, and puts the first on show. */
	setRaces(found: DistinctRacesResult): void {
		const uri = vscode.Uri.parse(found.uri).toString();
		const known = this.byUri.get(uri);
		const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
		const same = known?.version === found.version;
		this.byUri.set(uri, {
			uri,
			version: found.version,
			stale: document !== undefined && document.version !== found.version,
			results: same ? known.results : [],
			shown: same ? known.shown : undefined,
			races: { found, at: -1 },
		});
		if (found.races.length > 0) this.showRace(uri, 0);
		else this.changed.fire(uri);
	}

	/** Puts one of a check's races on show, in the place of what its search found first. Does nothing where there is no such race. */
	showRace(uri: string, at: number): void {
		const known = this.byUri.get(uri);
		const race = known?.races?.found.races[at]?.result;
		if (!known?.races || !race) return;
		const place = known.results.findIndex((one) => sameCheck(one, race));
		const results = place < 0 ? [...known.results, race] : known.results.with(place, race);
		const shown = place < 0 ? known.results.length : place;
		this.byUri.set(uri, { ...known, results, shown, races: { ...known.races, at } });
		this.changed.fire(uri);
	}

	/** URIs of all documents with results. */
	uris(): string[] {
		return [...this.byUri.keys()];
	}

	dispose(): void {
		this.edits.dispose();
		this.changed.dispose();
	}
}
