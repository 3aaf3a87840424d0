/** Scenarios: objects, params, threads, properties, checks. */
import { violationKinds } from "../../verdict/verdict.ts";
import type {
	CheckMember,
	Identifier,
	InitMember,
	ParamMember,
	PropertyMember,
	Range,
	ScenarioItem,
	ThreadMember,
	VariableItem,
} from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { checkVariableAnnotations } from "./annotations.ts";
import { type Checker, type Mutable, makeSymbol, Scope } from "./checker.ts";
import { checkCondition, checkConversion, checkOperand } from "./conversions.ts";
import { objectType } from "./declarations.ts";
import { checkObjectInitializer } from "./initializers.ts";
import { checkBody, newBody } from "./statements.ts";
import { declareEnumerators, declareTags, resolveType } from "./typeNames.ts";
import { intType, isArithmetic, typeText, voidType } from "./types.ts";

/** CPUs that threads may name: 0 to this, exclusive. */
export const cpusMaximum = 8;
/** Values of one param that may be explored. */
export const paramValuesMaximum = 64;

/** What `expect` may name. */
export const expectations: readonly string[] = ["safe", "reachable", ...violationKinds];
export const memoryModels: readonly string[] = ["sc", "lkmm"];
export const checkOptions: readonly string[] = ["data_races", "leaks"];

/** Checks a scenario and everything in it. */
export function checkScenario(c: Checker, node: ScenarioItem): void {
	const scope = new Scope(undefined);
	c.scenarioScopes.set(node, scope);
	c.scope = scope;
	declareMembers(c, node);
	for (const member of node.members) {
		if (member.kind === "variable") {
			checkVariableAnnotations(c, member);
			if (member.symbol) checkObjectInitializer(c, member, member.symbol.type);
		} else if (member.kind === "init") checkInit(c, member);
		else if (member.kind === "thread") checkThread(c, member);
	}
	for (const member of node.members) if (member.kind === "property") checkProperty(c, member);
	const params = new Map<string, ParamMember>();
	for (const member of node.members)
		if (member.kind === "param" && !params.has(member.name.text)) params.set(member.name.text, member);
	const checks = new Map<string, SymbolInfo>();
	for (const member of node.members) if (member.kind === "check") checkCheck(c, member, params, checks);
	c.scope = undefined;
}

function declareMembers(c: Checker, node: ScenarioItem): void {
	let kernel: Range | undefined;
	let init: InitMember | undefined;
	for (const member of node.members) {
		switch (member.kind) {
			case "kernel_version":
				if (kernel) c.report("duplicate-name", member, "a scenario has one kernel version");
				kernel = member;
				break;
			case "init":
				if (init)
					c.report("duplicate-name", { pos: member.pos, end: member.pos + "init".length }, "a scenario has one `init`");
				init = member;
				break;
			case "variable":
				declareObject(c, member);
				break;
			case "param":
				declareParam(c, member);
				break;
			case "thread": {
				const symbol = makeSymbol(c, "thread", member.name.text, member, voidType);
				member.symbol = symbol;
				c.declare(symbol, member.name);
			}
		}
	}
}

function declareObject(c: Checker, node: VariableItem): void {
	const { base } = node.typeName;
	if (base.kind !== "named" && base.body !== undefined) {
		c.report("misplaced-item", node.typeName, `a ${base.kind} is declared at file level, before the scenario`);
		const { scope } = c;
		c.scope = undefined;
		declareTags(c, node.typeName, node);
		declareEnumerators(c, node.typeName);
		c.scope = scope;
	}
	const symbol = makeSymbol(c, "object", node.name.text, node);
	node.symbol = symbol;
	symbol.type = objectType(c, node);
	c.declare(symbol, node.name);
}

// ----------------------------------------------------------------------------------------------------------- params

function declareParam(c: Checker, node: ParamMember): void {
	const type = resolveType(c, node.typeName, undefined);
	const symbol: Mutable<SymbolInfo> = makeSymbol(c, "param", node.name.text, node, type);
	node.symbol = symbol;
	c.declare(symbol, node.name);
	if (type.kind !== "unknown" && !isArithmetic(type)) {
		c.report("param-type", node.typeName, `a param is a bool, an integer or an enum, not ${typeText(type)}`);
		symbol.type = { kind: "unknown" };
		return;
	}
	for (const bound of [node.low, node.high]) {
		if (!bound) continue;
		checkConversion(c, type, bound, "param-type", `param \`${node.name.text}\` is`);
		if (bound.constant === undefined && bound.type?.kind !== "unknown")
			c.report("not-constant", bound, "the values of a param are constants");
	}
	const low = node.low?.constant;
	const high = node.high?.constant;
	if (!node.high || low === undefined || high === undefined) return;
	const range = { pos: node.low?.pos ?? node.pos, end: node.high.end };
	if (low > high) c.report("param-type", range, `the range ${low}..${high} is empty: the lower bound comes first`);
	else if (high - low >= paramValuesMaximum) {
		c.report("param-type", range, `a param has at most ${paramValuesMaximum} values, this range has ${high - low + 1}`);
	}
}

/** Whether the param can be explored over all its values, or has one of its own. */
function hasValues(node: ParamMember): boolean {
	const kind = node.symbol?.type.kind;
	return node.low !== undefined || kind === "bool" || kind === "enum" || kind === "unknown";
}

// ---------------------------------------------------------------------------------------------------------- threads

function checkInit(c: Checker, node: InitMember): void {
	c.body = newBody(node, "`init`", voidType);
	c.inScope(() => checkBody(c, node.body, undefined));
	c.body = undefined;
}

function checkThread(c: Checker, node: ThreadMember): void {
	if (node.cpu) {
		const type = checkOperand(c, node.cpu);
		const cpu = node.cpu.constant;
		if (type.kind !== "unknown" && (cpu === undefined || cpu < 0 || cpu >= cpusMaximum)) {
			c.report("thread-cpu", node.cpu, `the CPU of a thread is a constant from 0 to ${cpusMaximum - 1}`);
		}
	}
	c.threadLocals.set(node, new Map());
	c.body = newBody(node, `thread ${node.name.text}`, voidType);
	c.reportedVariables.set(node, c.body.reported);
	c.inScope(() => checkBody(c, node.body, undefined));
	c.body = undefined;
}

function checkProperty(c: Checker, node: PropertyMember): void {
	c.body = newBody(node, `\`${node.property}\``, undefined, true);
	checkCondition(c, node.condition);
	c.body = undefined;
}

// ----------------------------------------------------------------------------------------------------------- checks

function checkCheck(
	c: Checker,
	node: CheckMember,
	params: ReadonlyMap<string, ParamMember>,
	checks: Map<string, SymbolInfo>,
): void {
	const symbol = makeSymbol(c, "check", node.name.text, node, voidType);
	node.symbol = symbol;
	const known = checks.get(symbol.name);
	if (known) c.reportDuplicate(node.name, known);
	else if (symbol.name !== "") checks.set(symbol.name, symbol);
	const given = checkArguments(c, node, params);
	for (const [name, param] of params) {
		if (given.has(name) || hasValues(param)) continue;
		const type = typeText(param.symbol?.type ?? intType);
		c.report(
			"param-value-missing",
			node.name,
			`\`${name}\` (${type}) has too many values to explore: give it one (\`${name} = 1\`), or a range where it is declared (\`param ${type} ${name} = 0..3;\`)`,
		);
	}
	if (node.memory) checkWord(c, node.memory, memoryModels, "unknown-memory-model", "unknown memory model");
	for (const option of node.options) checkWord(c, option, checkOptions, "unknown-option", "unknown option");
	checkExpect(c, node);
}

function checkArguments(c: Checker, node: CheckMember, params: ReadonlyMap<string, ParamMember>): Set<string> {
	const given = new Set<string>();
	for (const argument of node.arguments) {
		const { text } = argument.name;
		const param = params.get(text);
		if (given.has(text) && text !== "")
			c.report("duplicate-check-argument", argument.name, `\`${text}\` is given twice`);
		given.add(text);
		if (param?.symbol) {
			argument.symbol = param.symbol;
			checkConversion(c, param.symbol.type, argument.value, "check-argument", `param \`${text}\` is`);
			if (param.symbol.type.kind === "unknown") continue;
		} else {
			checkOperand(c, argument.value);
			c.reportUnknown("check-argument", argument.name, "this scenario has no param", params.keys());
		}
		const { constant, type } = argument.value;
		if (constant === undefined) {
			if (type?.kind !== "unknown") c.report("not-constant", argument.value, "the value of a param is a constant");
		} else if (param?.symbol?.type.kind === "bool" && constant !== 0 && constant !== 1) {
			c.report("check-argument", argument.value, `param \`${text}\` is true or false, not ${constant}`);
		}
	}
	return given;
}

function checkExpect(c: Checker, node: CheckMember): void {
	if (node.expect.length === 0) {
		// The parser has complained if the check could not be read; a check that could, and has none, lacks it.
		const at = c.tree.text[node.end - 1] === ";" ? node.end - 1 : node.end;
		if (c.tree.errors.some((error) => error.pos >= node.pos && error.pos <= node.end)) return;
		c.report(
			"expect-missing",
			node.name,
			`check \`${node.name.text}\` does not say what it expects: \`expect safe\`, \`expect use_after_free\` …`,
			{
				fix: { title: "Expect safe", edits: [{ pos: at, end: at, text: " expect safe" }] },
			},
		);
	}
	for (const word of node.expect) checkWord(c, word, expectations, "unknown-expectation", "unknown expectation");
}

function checkWord(
	c: Checker,
	word: Identifier,
	known: readonly string[],
	code: "unknown-memory-model" | "unknown-option" | "unknown-expectation",
	what: string,
): void {
	if (known.includes(word.text)) return;
	c.reportUnknown(code, word, what, known);
}
