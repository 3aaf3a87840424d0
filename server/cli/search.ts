/** Searches a check in a worker thread, so that Ctrl-C stops it and the terminal sees how far it is. */
import type { CheckOptions } from "../../engine/check.ts";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type { Answer } from "../search/messages.ts";
import { type RunningSearch, type SearchOutcome, SearchPool } from "../search/searchPool.ts";
import { progressLine } from "./progress.ts";
import type { FileLoader, NamedCheck, Searchable } from "./searchable.ts";
import type { Terminal } from "./terminal.ts";

export interface SearchRequest {
	readonly memory?: "sc" | "lkmm";
	/** Whether to look for the barriers that would forbid a race. */
	readonly withFences?: (race: CheckResult) => boolean;
}

/** One search after the other; Ctrl-C makes the one under way and all later ones inconclusive, limit `cancelled`. */
export class SearchSession {
	private readonly pool: SearchPool;
	private readonly terminal: Terminal;
	private readonly loader: FileLoader;
	private readonly options: CheckOptions;
	private stopped = false;

	/** Whether the user has interrupted a search. */
	get isStopped(): boolean {
		return this.stopped;
	}

	constructor(terminal: Terminal, loader: FileLoader, options: CheckOptions) {
		this.terminal = terminal;
		this.loader = loader;
		this.options = options;
		this.pool = new SearchPool(terminal.searchWorker, { kernel: loader.model.texts }, 1);
	}

	/**
	 * The result, with files named as the user knows them; with `withFences`, a race that takes weak memory has the barriers that would
	 * forbid it. `memory` is searched under instead of what the options say. Throws when the worker fails.
	 */
	async search(
		file: Searchable,
		check: NamedCheck,
		{ memory, withFences = () => false }: SearchRequest = {},
	): Promise<CheckResult> {
		if (this.stopped) return this.cancelled(file, check, { states: 0, transitions: 0, seconds: 0 });
		const { cancelled: _cancelled, onProgress: _onProgress, ...given } = this.options;
		const options = memory ? { ...given, lower: { ...given.lower, memory } } : given;
		const progress = progressLine(this.terminal, `${check.scenario}.${check.check}`);
		const job = { uri: file.uri, texts: file.texts, scenario: check.scenario, check: check.check, options };
		const outcome = await this.interruptible(this.pool.search(job, progress.show));
		progress.clear();
		if (outcome.kind === "failed") throw new Error(outcome.message);
		if (outcome.kind === "result") {
			const race = outcome.result;
			const result = renamed({ ...race, file: file.file }, this.loader);
			if (!race.graph || race.trace || !withFences(result)) return result;
			const fences = await this.interruptible(this.pool.ask({ ...job, question: { kind: "fences", race } }));
			if (fences.kind !== "result") return result;
			const { fixes, isComplete } = fences.result;
			return {
				...result,
				fences: renamed(fixes, this.loader),
				...(!isComplete && { fencesIncomplete: true }),
			};
		}
		const { states, transitions, seconds } = outcome.progress;
		return this.cancelled(file, check, { states, transitions, seconds });
	}

	private async interruptible<Result extends Answer>(running: RunningSearch<Result>): Promise<SearchOutcome<Result>> {
		const release = this.terminal.onInterrupt(() => {
			this.stopped = true;
			running.cancel();
		});
		const outcome = await running.outcome;
		release();
		return outcome;
	}

	/** Ends the worker. */
	dispose(): Promise<void> {
		return this.pool.dispose();
	}

	private cancelled(
		file: Searchable,
		check: NamedCheck,
		stats: { states: number; transitions: number; seconds: number },
	): CheckResult {
		return {
			file: file.file,
			scenario: check.scenario,
			check: check.check,
			expected: check.expected,
			ok: false,
			verdict: "inconclusive",
			memory: this.options.lower.memory ?? (check.items.check.memory?.text === "lkmm" ? "lkmm" : "sc"),
			stats: { ...stats, limit: "cancelled" },
		};
	}
}

/** The same plain data with every `file` that is a URI of a file on disk shown as a path. */
export function renamed<Plain>(value: Plain, loader: FileLoader): Plain {
	if (Array.isArray(value)) return value.map((one) => renamed(one, loader)) as Plain;
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, one]) => [
			key,
			key === "file" && typeof one === "string" ? loader.shown(one) : renamed(one, loader),
		]),
	) as Plain;
}
