/** From a checked scenario and one of its checks to Programs: one for each combination of the parameters that the check leaves open. */
import type {
	CheckMember,
	EnumBody,
	ParamMember,
	Range,
	ScenarioItem,
	ThreadMember,
	VariableItem,
} from "../../language/syntax.ts";
import type { SymbolInfo, Type } from "../../language/types.ts";
import { lockThreadsMax } from "../../memory/locks.ts";
import { underInterleavings } from "../interleaved.ts";
import type { Program, Thread } from "../program.ts";
import { TooManyReloads } from "../reload.ts";
import { LoweringError, ProgramContext } from "./context.ts";
import { fold, initializeObject } from "./initial.ts";
import { ObjectBuilder } from "./objects.ts";
import { defaultLowerOptions, type LowerOptions } from "./options.ts";
import { lowerProperty, meaningOf } from "./properties.ts";
import { withQueues } from "./queues.ts";
import { type ModuleLike, Sources } from "./sources.ts";
import { lowerBody } from "./statements.ts";
import { ThreadLowering } from "./thread.ts";

/** What lowering needs to know of a checked module. */
export interface CheckedModule extends ModuleLike {
	lookup(name: string): SymbolInfo | undefined;
	/** Structs, unions and enums have names of their own. */
	lookupTag(name: string): { readonly symbol: SymbolInfo } | undefined;
}

export { defaultLowerOptions, type LowerOptions } from "./options.ts";

export interface LoweringProblem extends Range {
	readonly file: string;
	readonly message: string;
}

/** Combinations of open parameters that one check may have. */
export const combinationsMax = 256;

/** Lowers one check. Problems are errors at their place; then there are no programs. */
export function lowerCheck(
	module: CheckedModule,
	scenario: ScenarioItem,
	check: CheckMember,
	options: LowerOptions = defaultLowerOptions,
): { readonly programs: readonly Program[]; readonly problems: readonly LoweringProblem[] } {
	try {
		return {
			programs: combinations(module, scenario, check, options).map((values) =>
				lowerOne(module, scenario, check, values, options),
			),
			problems: [],
		};
	} catch (error) {
		if (error instanceof TooManyReloads)
			return { programs: [], problems: [{ ...rangeOfThread(scenario, error), file: module.file }] };
		if (!(error instanceof LoweringError)) throw error;
		return {
			programs: [],
			problems: [{ file: error.file, pos: error.range.pos, end: error.range.end, message: error.message }],
		};
	}
}

function rangeOfThread(scenario: ScenarioItem, error: TooManyReloads): Range & { readonly message: string } {
	const named = scenario.members.find((member) => member.kind === "thread" && member.name.text === error.thread.name);
	const { pos, end } = named ?? scenario;
	return { pos, end, message: error.message };
}

type Values = ReadonlyMap<string, number>;

function versionOf(scenario: ScenarioItem, options: LowerOptions) {
	const member = scenario.members.find((candidate) => candidate.kind === "kernel_version");
	return member ? { major: member.major, minor: member.minor } : options.defaultVersion;
}

function contextFor(
	module: CheckedModule,
	scenario: ScenarioItem,
	parameters: Values,
	options: LowerOptions,
): ProgramContext {
	const version = versionOf(scenario, options);
	const threads = scenario.members.filter((member) => member.kind === "thread");
	const cpus = Math.max(1, threads.length, ...threads.map((thread) => (thread.cpu?.constant ?? 0) + 1));
	const lookup = (name: string) =>
		name.startsWith("enum ") ? module.lookupTag(name.slice("enum ".length))?.symbol : module.lookup(name);
	let context: ProgramContext | undefined;
	const rankOf = (declaration: SymbolInfo["declaration"]): number | undefined => {
		const annotations =
			declaration.kind === "field" || declaration.kind === "variable"
				? [...declaration.annotations, ...declaration.typeName.annotations]
				: [];
		const argument = annotations.find((annotation) => annotation.name.text === "__lock_rank")?.arguments[0];
		return argument && context ? fold(context, module.file, argument, { kind: "unknown" }) : undefined;
	};
	const objects = new ObjectBuilder(version, cpus, lookup, rankOf);
	context = new ProgramContext({
		scenario,
		file: module.file,
		sources: new Sources(module),
		objects,
		version,
		parameters,
		cpus,
		scenarioThreads: threads.length,
		lookup,
	});
	return context;
}

function combinations(
	module: CheckedModule,
	scenario: ScenarioItem,
	check: CheckMember,
	options: LowerOptions,
): Values[] {
	const context = contextFor(module, scenario, new Map(), options);
	let values: Map<string, number>[] = [new Map()];
	for (const param of scenario.members) {
		if (param.kind !== "param") continue;
		const given = check.arguments.find((argument) => argument.name.text === param.name.text);
		const range = given ? [fold(context, module.file, given.value, typeOf(param))] : rangeOf(context, module, param);
		values = values.flatMap((before) => range.map((value) => new Map(before).set(param.name.text, value)));
		if (values.length > combinationsMax)
			throw new LoweringError(
				module.file,
				check,
				`more than ${combinationsMax} combinations of parameters; give some of them a value`,
			);
	}
	return values;
}

const typeOf = (param: ParamMember): Type => param.symbol?.type ?? param.typeName.type ?? { kind: "unknown" };

function rangeOf(context: ProgramContext, module: CheckedModule, param: ParamMember): number[] {
	const type = typeOf(param);
	if (param.low) {
		const low = fold(context, module.file, param.low, type);
		if (!param.high) return [low];
		const high = fold(context, module.file, param.high, type);
		if (high < low || high - low >= combinationsMax)
			throw new LoweringError(module.file, param, `a range of 1 to ${combinationsMax} values is needed`);
		return Array.from({ length: high - low + 1 }, (_, index) => low + index);
	}
	if (type.kind === "bool") return [0, 1];
	if (type.kind === "enum") return enumeratorsOf(context, type.name).map(([, value]) => value);
	throw new LoweringError(
		module.file,
		param,
		`parameter ${param.name.text} needs a range (= 0..3), or a value in each check`,
	);
}

function enumeratorsOf(context: ProgramContext, name: string): [string, number][] {
	const declaration = context.lookup(name)?.declaration ?? context.lookup(`enum ${name}`)?.declaration;
	const body = declaration?.kind === "type" ? (declaration.typeName.base as { body?: EnumBody }).body : undefined;
	let next = 0;
	return (body?.enumerators ?? []).map((enumerator) => {
		const value = enumerator.symbol?.constant ?? next;
		next = value + 1;
		return [enumerator.name.text, value];
	});
}

function parameterText(context: ProgramContext, param: ParamMember, value: number): string {
	const type = typeOf(param);
	if (type.kind === "bool") return value === 0 ? "false" : "true";
	if (type.kind === "enum")
		return enumeratorsOf(context, type.name).find(([, known]) => known === value)?.[0] ?? String(value);
	return String(value);
}

function lowerOne(
	module: CheckedModule,
	scenario: ScenarioItem,
	check: CheckMember,
	values: Values,
	options: LowerOptions,
): Program {
	const context = contextFor(module, scenario, values, options);
	layOutScenario(context, module, scenario);
	const initMember = scenario.members.find((member) => member.kind === "init");
	const members = scenario.members.filter((member) => member.kind === "thread");
	const lowerings = members.map((member, index) => ({
		name: member.name.text,
		lowering: new ThreadLowering(context, index, cpuOf(context, member, index), module.file),
	}));
	const own = members.map((member, index) => {
		const t = lowerings[index]?.lowering as ThreadLowering;
		lowerWhole(t, member);
		return t.finish(member.name.text, "thread", member.name);
	});
	const init = initMember ? lowerInit(context, module, initMember.body) : undefined;
	const all = own.length + context.callbacks.length + 1;
	if (all > lockThreadsMax)
		throw new LoweringError(
			module.file,
			scenario.name,
			`${all} threads, with init and one for each call of call_rcu(); there can be ${lockThreadsMax}`,
		);
	const properties = scenario.members.flatMap((member) =>
		member.kind === "property" ? [lowerProperty(context, member, lowerings)] : [],
	);
	const [union] = context.objects.unsharedUnions;
	if (union)
		throw new LoweringError(
			module.file,
			scenario.name,
			`a union in ${union} has words beside structs; here they cannot share memory: take words or structs for all of its members`,
		);
	const memory = options.memory ?? (check.memory?.text === "lkmm" ? "lkmm" : "sc");
	const named = new Map(check.options.map((option) => [option.text, true]));
	const program: Program = {
		scenario: scenario.name.text,
		check: check.name.text,
		...meaningOf(check),
		memory,
		kernelVersion: context.version,
		parameters: Object.fromEntries(
			scenario.members.flatMap((member) =>
				member.kind === "param"
					? [[member.name.text, parameterText(context, member, values.get(member.name.text) ?? 0)]]
					: [],
			),
		),
		structures: context.objects.structures,
		cells: context.objects.cells,
		instances: context.objects.instances,
		objects: context.objects.objects,
		pools: context.objects.pools,
		sites: context.sites,
		init,
		threads: withQueues([...own, ...context.callbacks], properties),
		compilerMayReload: options.reload,
		gracePeriods: context.gracePeriods,
		properties,
		detectDataRaces: named.has("data_races"),
		detectLeaks: named.has("leaks"),
		expect: check.expect.map((name) => name.text),
	};
	// Interleavings are searched under lkmm as well: what keeps them from being prepared is said here, not in the middle of it.
	const interleaved = underInterleavings(program);
	return memory === "sc" ? interleaved : program;
}

function cpuOf(context: ProgramContext, member: ThreadMember, index: number): number {
	return member.cpu ? fold(context, context.file, member.cpu, { kind: "unknown" }) : index;
}

/** The scenario's own objects come first, in the order of the file, so that addresses and pictures do not depend on the threads. */
function layOutScenario(context: ProgramContext, module: CheckedModule, scenario: ScenarioItem): void {
	const variables = scenario.members.filter((member): member is VariableItem => member.kind === "variable");
	const laidOut = variables.map((variable) => {
		const type: Type = variable.symbol?.type ?? variable.typeName.type ?? { kind: "unknown" };
		return { variable, place: context.objects.variable(variable, type, -1).laidOut };
	});
	for (const { variable, place } of laidOut) initializeObject(context, module.file, variable, place);
}

function lowerWhole(t: ThreadLowering, member: { readonly body: ThreadMember["body"] }): void {
	t.enterBody(member.body);
	lowerBody(t, member.body);
	t.code.bind(t.activation.returnLabel);
	t.code.end(t.site({ pos: Math.max(member.body.pos, member.body.end - 1), end: member.body.end }));
}

function lowerInit(context: ProgramContext, module: CheckedModule, body: ThreadMember["body"]): Thread {
	const t = new ThreadLowering(context, -1, 0, module.file);
	lowerWhole(t, { body });
	return t.finish("init", "thread", body);
}
