/** What all threads of one program share while they are lowered. */
import type { DocComment, Node, Range, ScenarioItem } from "../../language/syntax.ts";
import type { SymbolInfo } from "../../language/types.ts";
import type { Location } from "../../verdict/verdict.ts";
import type { Site, Thread } from "../program.ts";
import { versionNumber } from "./display.ts";
import type { ObjectBuilder } from "./objects.ts";
import type { Sources } from "./sources.ts";

/** Something that a scenario says and a program cannot do; shown like any other error. */
export class LoweringError extends Error {
	readonly file: string;
	readonly range: Range;

	constructor(file: string, range: Range, message: string) {
		super(message);
		this.file = file;
		this.range = range;
	}
}

export interface Frame {
	readonly function: string;
	readonly call: Location;
	/** The call as written, with what its value goes to where that is all the statement does. */
	readonly text: string;
}

/** Calls that may be nested in each other before it is taken for a mistake. */
export const callDepthMax = 64;
/** Instructions of one thread. */
export const instructionsMax = 100_000;

export class ProgramContext {
	readonly scenario: ScenarioItem;
	readonly file: string;
	readonly sources: Sources;
	readonly objects: ObjectBuilder;
	readonly version: { readonly major: number; readonly minor: number };
	/** Values of the scenario's parameters, by name. */
	readonly parameters: ReadonlyMap<string, number>;
	readonly cpus: number;
	readonly lookup: (name: string) => SymbolInfo | undefined;
	readonly sites: Site[] = [];
	readonly callbacks: Thread[] = [];
	/** Threads of the scenario itself; callbacks are numbered after them. */
	readonly scenarioThreads: number;
	gracePeriods = 0;
	private readonly siteIndex = new Map<string, number>();

	constructor(init: {
		scenario: ScenarioItem;
		file: string;
		sources: Sources;
		objects: ObjectBuilder;
		version: { readonly major: number; readonly minor: number };
		parameters: ReadonlyMap<string, number>;
		cpus: number;
		scenarioThreads: number;
		lookup: (name: string) => SymbolInfo | undefined;
	}) {
		this.scenario = init.scenario;
		this.file = init.file;
		this.sources = init.sources;
		this.objects = init.objects;
		this.version = init.version;
		this.parameters = init.parameters;
		this.cpus = init.cpus;
		this.scenarioThreads = init.scenarioThreads;
		this.lookup = init.lookup;
	}

	get versionCode(): number {
		return versionNumber(this.version);
	}

	/** Index of the site for this place; the same place in the same calls is one site. */
	site(
		file: string,
		range: Range,
		statement: Range,
		own: Range | undefined,
		callStack: readonly Frame[],
		/** Tells call stacks apart. */
		calls: string,
		rules: readonly string[],
	): number {
		const location = this.sources.location(file, range);
		const key = `${calls}|${file}:${range.pos}:${range.end}:${statement.pos}:${statement.end}:${own?.pos}:${rules}`;
		const known = this.siteIndex.get(key);
		if (known !== undefined) return known;
		const index =
			this.sites.push({
				location,
				callStack: [...callStack],
				text: this.sources.text(file, statement),
				...(own
					? { statement: { location: this.sources.location(this.file, own), text: this.sources.text(this.file, own) } }
					: {}),
				rules,
			}) - 1;
		this.siteIndex.set(key, index);
		return index;
	}
}

/** Identifiers of the rules that a doc comment states ("M5"). */
export function rulesOf(doc: DocComment | undefined): string[] {
	return (doc?.tags ?? [])
		.flatMap((tag) => (tag.name === "rule" ? [/^[A-Z]\d+/.exec(tag.text.trim())?.[0] ?? ""] : []))
		.filter(Boolean);
}

/** Strips parentheses. */
export function bare<T extends Node>(node: T): Node {
	let current: Node = node;
	while (current.kind === "parenthesized") current = current.operand;
	return current;
}
