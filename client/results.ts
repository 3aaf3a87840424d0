/** What the searches found, by document, and whether the document is still the text that was searched. */
import * as vscode from "vscode";
import type { CheckResult } from "../engine/verdict/verdict.ts";
import type { DistinctRacesResult, ProgramOfVersion, Results } from "../server/protocol.ts";
import { hasPicture } from "./annotations.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { Run } from "./run.ts";

/** The results of one document. */
export interface DocumentResults extends Omit<Results, "races"> {
	/** The program has changed since the search. */
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

/** The results with this one in the place of its check's. */
function withResult(results: readonly CheckResult[], one: CheckResult): readonly CheckResult[] {
	const place = results.findIndex((other) => sameCheck(other, one));
	return place < 0 ? [...results, one] : results.with(place, one);
}

/** A run that the user walks by hand, on show instead of a counterexample. */
export interface WalkedRun {
	readonly scenario: string;
	readonly check: string;
	readonly trace: Run;
	/** The program that it leads through. */
	readonly program: string;
}

export class ResultsByDocument implements vscode.Disposable {
	private readonly byUri = new Map<string, DocumentResults>();
	private readonly walks = new Map<string, WalkedRun>();
	private readonly programs = new Map<string, ProgramOfVersion>();
	private readonly changed = new vscode.EventEmitter<string>();
	private readonly moved = new vscode.EventEmitter<string>();
	private readonly told: vscode.Disposable;
	private readonly server: LanguageServer;

	/** Fires with the URI of the document whose results changed, went stale or went away. */
	readonly onDidChange = this.changed.event;
	/** Fires with the URI of a document that was edited and is the same program as before. */
	readonly onDidMove = this.moved.event;

	constructor(server: LanguageServer) {
		this.server = server;
		this.told = vscode.Disposable.from(
			server.onNotification("mmscn/results", (found) => this.set(found)),
			server.onNotification("mmscn/program", (now) => this.takeProgram(now)),
		);
	}

	/** Whether a document still is a program, as far as the server has said. */
	isCurrent(uri: string, program: string): boolean {
		const now = this.programs.get(uri);
		return now === undefined ? program !== "" : now.program === program;
	}

	/** Which program a document is now. */
	async programOf(uri: string): Promise<ProgramOfVersion> {
		const now = await this.server.request("mmscn/program", { uri });
		this.programs.set(uri, now);
		return now;
	}

	/** An edit of comments and white space leaves everything as it is; any other greys what is known, and taking it back ends that. */
	private takeProgram({ uri: given, version, program }: ProgramOfVersion & { readonly uri: string }): void {
		const uri = vscode.Uri.parse(given).toString();
		const before = this.programs.get(uri);
		this.programs.set(uri, { version, program });
		const known = this.byUri.get(uri);
		const stale = known !== undefined && known.program !== program;
		if (known && known.stale !== stale) this.byUri.set(uri, { ...known, stale });
		if (before?.program !== program) this.changed.fire(uri);
		else if (before.version !== version) this.moved.fire(uri);
	}

	get(uri: string): DocumentResults | undefined {
		return this.byUri.get(uri);
	}

	/** The counterexample on show for a document, with its trace or graph. */
	shown(uri: string): CheckResult | undefined {
		const known = this.byUri.get(uri);
		return known?.shown === undefined ? undefined : known.results[known.shown];
	}

	/** The run that is walked by hand through a document, and whether the program has changed since. */
	walked(uri: string): { readonly walked: WalkedRun; readonly stale: boolean } | undefined {
		const walked = this.walks.get(uri);
		return walked && { walked, stale: !this.isCurrent(uri, walked.program) };
	}

	/** Puts a run by hand on show; undefined takes it away again. */
	setWalked(uri: string, walked: WalkedRun | undefined): void {
		if (walked) this.walks.set(uri, walked);
		else if (!this.walks.delete(uri)) return;
		this.changed.fire(uri);
	}

	/** Takes over the results of a document. The counterexample on show stays on show where its check still has one. */
	set({ races: found, ...given }: Results): void {
		const uri = vscode.Uri.parse(given.uri).toString();
		const wanted = this.shown(uri);
		const races = this.racesAmong(uri, given, found);
		// The race that was chosen among all stays on show in the place of the one that the search met first.
		const chosen = races && races.at >= 0 ? races.found.races[races.at]?.result : undefined;
		const results = chosen ? withResult(given.results, chosen) : given.results;
		const kept = wanted ? results.findIndex((result) => hasPicture(result) && sameCheck(wanted, result)) : -1;
		this.byUri.set(uri, {
			...given,
			...(races && { races }),
			results,
			uri,
			stale: !this.isCurrent(uri, given.program),
			shown: kept >= 0 ? kept : firstToShow(results),
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

	/** The races known of this program, where they stand now, and which of them is among the results. */
	private racesAmong(
		uri: string,
		{ program, results }: Omit<Results, "races">,
		given: DistinctRacesResult | undefined,
	): RacesOfDocument | undefined {
		const known = this.byUri.get(uri)?.races;
		const found = given?.program === program ? given : known?.found;
		if (found?.program !== program) return undefined;
		const same = known && sameCheck(known.found, found) && known.found.program === program;
		const schedule = results.find((one) => sameCheck(one, found))?.trace?.schedule;
		const at = found.races.findIndex(({ result }) => result.trace?.schedule === schedule);
		return { found, at: same && known.at >= 0 && this.isShown(uri, known) ? known.at : at };
	}

	/** Whether the race that was chosen is the check's result on show. */
	private isShown(uri: string, { found, at }: RacesOfDocument): boolean {
		return this.shown(uri) === found.races[at]?.result;
	}

	/** Takes over every race of a check, and puts the first on show. */
	setRaces(found: DistinctRacesResult): void {
		const uri = vscode.Uri.parse(found.uri).toString();
		const known = this.byUri.get(uri);
		const same = known?.program === found.program;
		this.byUri.set(uri, {
			uri,
			version: found.version,
			program: found.program,
			stale: !this.isCurrent(uri, found.program),
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
		const results = withResult(known.results, race);
		const shown = results.indexOf(race);
		this.byUri.set(uri, { ...known, results, shown, races: { ...known.races, at } });
		this.changed.fire(uri);
	}

	/** URIs of all documents with results. */
	uris(): string[] {
		return [...this.byUri.keys()];
	}

	dispose(): void {
		this.told.dispose();
		this.changed.dispose();
		this.moved.dispose();
	}
}
