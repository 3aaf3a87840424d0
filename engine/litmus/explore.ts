/** Explores a litmus test: verdict, counts, states, flags and witnesses, as herd7 gives them. */
import type { Diagnostic } from "../language/syntax.ts";
import { type Execution, type ExploreLimit, finalRegister, startExploration } from "../memory/lkmm/explore.ts";
import { executionGraph } from "../memory/lkmm/graph.ts";
import type { Flag } from "../memory/lkmm/races.ts";
import { InvalidAccess, type State } from "../memory/lkmm/state.ts";
import type { ExecutionGraph } from "../verdict/executionGraph.ts";
import { type CompiledLitmus, compileLitmus, observedPlaces } from "./compile.ts";
import type { Condition, LitmusTest, Place } from "./syntax.ts";

export interface LitmusLimits {
	/** Wall-clock time, seconds. */
	readonly seconds: number;
	/** Consistent executions. */
	readonly executions: number;
	/** Witnesses that are kept as graphs. */
	readonly witnesses: number;
}

/** What a search does without being told otherwise. */
export const defaultLitmusLimits: LitmusLimits = { seconds: 60, executions: 10_000_000, witnesses: 20 };

export interface LitmusOptions {
	readonly model: "lkmm" | "sc";
	readonly limits?: Partial<LitmusLimits>;
	/** Asked now and then; the search stops when it returns true. */
	readonly cancelled?: () => boolean;
	/** Consistent executions found so far. */
	readonly onProgress?: (executions: number) => void;
}

export interface LitmusState {
	/** Values of the observed places, in the order of `places`, as herd7 writes them. */
	readonly values: readonly string[];
	/** Executions that end so. */
	readonly executions: number;
	/** Whether the condition's proposition holds. */
	readonly holds: boolean;
}

export interface LitmusResult {
	readonly test: string;
	readonly model: "lkmm" | "sc";
	/** How often the condition's proposition holds. With a limit hit: only of what was seen. */
	readonly verdict: "Never" | "Sometimes" | "Always";
	/** Witnesses for and against, as herd7 prints them: for `~exists`, positive are the executions where the proposition does not hold. */
	readonly positive: number;
	readonly negative: number;
	/** Whether the condition with its quantifier is met. */
	readonly ok: boolean;
	readonly quantifier: LitmusTest["quantifier"];
	readonly conditionText: string;
	/** "0:r1", "x": what the states show. */
	readonly places: readonly string[];
	readonly states: readonly LitmusState[];
	readonly flags: readonly Flag[];
	/** Executions in which the proposition holds (for `forall`: does not), as graphs. */
	readonly witnesses: readonly ExecutionGraph[];
	readonly stats: {
		readonly executions: number;
		readonly checked: number;
		readonly deadEnds: number;
		readonly seconds: number;
	};
	readonly limit?: ExploreLimit;
	/** The test does what no execution may do, such as following a pointer to nothing; there is no verdict then. */
	readonly errors: readonly Diagnostic[];
}

/** Explores a parsed test. `errors` in the result name constructs that are not supported; there is no verdict then. */
export function exploreLitmus(test: LitmusTest, options: LitmusOptions): LitmusResult {
	return startLitmus(test, options).advanceFor(Number.POSITIVE_INFINITY) as LitmusResult;
}

/** An exploration of a test that is done a piece at a time. */
export interface LitmusExploration {
	/** Goes on for so many milliseconds; the result when there is nothing left to do, else undefined. */
	readonly advanceFor: (milliseconds: number) => LitmusResult | undefined;
}

/** Begins the exploration of a parsed test, and does nothing yet. */
export function startLitmus(test: LitmusTest, options: LitmusOptions): LitmusExploration {
	const { compiled, errors } = compileLitmus(test);
	if (!compiled) return { advanceFor: () => emptyResult(test, options, errors) };
	const limits = { ...defaultLitmusLimits, ...options.limits };
	const tally = new Tally(compiled, options.model, limits.witnesses);
	const exploration = startExploration(compiled.program, {
		model: options.model,
		limits,
		cancelled: options.cancelled,
		onProgress: options.onProgress,
		irrelevant:
			test.filter && ((state) => evaluate(compiled, test.filter as Condition, partialValue(compiled, state)) === false),
		onExecution: (execution) => tally.add(execution),
	});
	return {
		advanceFor: (milliseconds) => {
			try {
				if (exploration.advanceFor(milliseconds)) return undefined;
			} catch (error) {
				if (error instanceof InvalidAccess) return emptyResult(test, options, [wrongAddress(compiled, error)]);
				throw error;
			}
			const { limit, executions, checked, deadEnds, seconds } = exploration.statistics();
			const stats = { executions, checked, deadEnds, seconds };
			return { ...tally.result(), stats, ...(limit && { limit }), errors: [] };
		},
	};
}

function wrongAddress(compiled: CompiledLitmus, { event, thread, address }: InvalidAccess): Diagnostic {
	const { pos, end } = event.source;
	const name = compiled.program.threads[thread]?.name ?? "a process";
	const message = `${name} accesses ${compiled.show(address)} here, which is the address of no location`;
	return { severity: "error", code: "litmus-address", pos, end, message };
}

function emptyResult(test: LitmusTest, options: LitmusOptions, errors: readonly Diagnostic[]): LitmusResult {
	return {
		test: test.name,
		model: options.model,
		verdict: "Never",
		positive: 0,
		negative: 0,
		ok: false,
		quantifier: test.quantifier,
		conditionText: test.conditionText,
		places: [],
		states: [],
		flags: [],
		witnesses: [],
		stats: { executions: 0, checked: 0, deadEnds: 0, seconds: 0 },
		errors,
	};
}

/** A value out of thin air, copied in a circle: unlike every number. */
const undetermined = Number.POSITIVE_INFINITY;

type ValueOf = (place: Place) => number;

/** The condition's truth; undefined while it depends on values that are not known (NaN). */
function evaluate(compiled: CompiledLitmus, condition: Condition, value: ValueOf): boolean | undefined {
	switch (condition.kind) {
		case "constant":
			return condition.value;
		case "equal":
			return compare(value(condition.place), compiled.numberOf(condition.value));
		case "same":
			return compare(value(condition.left), value(condition.right));
		case "not": {
			const operand = evaluate(compiled, condition.operand, value);
			return operand === undefined ? undefined : !operand;
		}
		default: {
			const left = evaluate(compiled, condition.left, value);
			const right = evaluate(compiled, condition.right, value);
			if (condition.kind === "and") return left === false || right === false ? false : left && right;
			if (condition.kind === "or")
				return left === true || right === true ? true : left === undefined ? undefined : right;
			return left === false || right === true
				? true
				: left === undefined || right === undefined
					? undefined
					: !left || right;
		}
	}
}

function compare(a: number, b: number): boolean | undefined {
	return Number.isNaN(a) || Number.isNaN(b) ? undefined : a === b;
}

function partialValue(compiled: CompiledLitmus, state: State): ValueOf {
	return ({ process, name }) => {
		if (process === undefined) return Number.NaN;
		if (state.parts[process]?.path.end.kind !== "finished") return Number.NaN;
		return (
			finalRegister(state, process, name) ??
			compiled.codes[process]?.registers.find((r) => r.name === name)?.initial ??
			0
		);
	};
}

class Tally {
	private readonly compiled: CompiledLitmus;
	private readonly model: "lkmm" | "sc";
	private readonly witnessesMaximum: number;
	private readonly places: Place[];
	private readonly states = new Map<string, { values: string[]; executions: number; holds: boolean }>();
	private readonly flags = new Set<Flag>();
	private readonly witnesses: ExecutionGraph[] = [];
	private holding = 0;
	private failing = 0;

	constructor(compiled: CompiledLitmus, model: "lkmm" | "sc", witnessesMaximum: number) {
		this.compiled = compiled;
		this.model = model;
		this.witnessesMaximum = witnessesMaximum;
		this.places = observedPlaces(compiled.test);
	}

	add(execution: Execution): boolean {
		const { compiled } = this;
		const { test } = compiled;
		const value: ValueOf = ({ process, name }) => {
			const known =
				process === undefined
					? execution.finalValue(compiled.locations.get(name) as number)
					: (execution.finalRegister(process, name) ?? 0);
			return Number.isNaN(known) ? undetermined : known;
		};
		if (test.filter && evaluate(compiled, test.filter, value) !== true) return false;
		for (const flag of execution.flags) this.flags.add(flag);
		const holds = evaluate(compiled, test.condition, value) === true;
		if (holds) this.holding++;
		else this.failing++;
		const values = this.places.map((place) => compiled.show(value(place)));
		const key = values.join(";");
		const state = this.states.get(key);
		if (state) state.executions++;
		else this.states.set(key, { values, executions: 1, holds });
		if (holds === (test.quantifier !== "forall") && this.witnesses.length < this.witnessesMaximum) {
			this.witnesses.push(executionGraph(execution, { show: compiled.show, model: this.model }));
		}
		return false;
	}

	result(): Omit<LitmusResult, "stats" | "limit" | "errors"> {
		const { test } = this.compiled;
		const { holding, failing } = this;
		const { quantifier } = test;
		const verdict = holding === 0 ? "Never" : failing === 0 ? "Always" : "Sometimes";
		return {
			test: test.name,
			model: this.model,
			verdict,
			positive: quantifier === "not_exists" ? failing : holding,
			negative: quantifier === "not_exists" ? holding : failing,
			ok: quantifier === "exists" ? holding > 0 : quantifier === "forall" ? failing === 0 : holding === 0,
			quantifier,
			conditionText: test.conditionText,
			places: this.places.map(({ process, name }) => (process === undefined ? name : `${process}:${name}`)),
			states: [...this.states.values()].sort((a, b) => compareValues(a.values, b.values)),
			flags: [...this.flags].sort(),
			witnesses: this.witnesses,
		};
	}
}

function compareValues(a: readonly string[], b: readonly string[]): number {
	for (let i = 0; i < a.length; i++) {
		const left = a[i] as string;
		const right = b[i] as string;
		if (left === right) continue;
		const difference = Number(left) - Number(right);
		return Number.isNaN(difference) ? (left < right ? -1 : 1) : difference;
	}
	return 0;
}
