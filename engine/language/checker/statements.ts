/** Statements: labels and jumps, declarations, conditions, results. */
import type {
	Block,
	CaseLabel,
	Expression,
	ExpressionStatement,
	GotoStatement,
	Identifier,
	LabelStatement,
	ReturnStatement,
	Statement,
	SwitchStatement,
	VariableItem,
} from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { checkVariableAnnotations } from "./annotations.ts";
import { type BodyContext, type Caller, type Checker, makeSymbol } from "./checker.ts";
import { bare, checkCondition, checkConversion, checkOperand } from "./conversions.ts";
import { checkComplete } from "./declarations.ts";
import { checkExpression } from "./expressions.ts";
import { reachesEnd } from "./flow.ts";
import { checkInitializer } from "./initializers.ts";
import { arrayType, declareEnumerators, resolveType } from "./typeNames.ts";
import { isArithmetic, isStruct, typeText, unknownType } from "./types.ts";

/** A body to be checked: `returns` is undefined where nothing can be returned from. */
export function newBody(
	caller: Caller | undefined,
	name: string,
	returns: Type | undefined,
	property = false,
): BodyContext {
	return {
		caller,
		name,
		returns,
		labels: new Map(),
		reported: new Set(),
		property,
		loops: 0,
		switches: 0,
		cases: undefined,
		atomic: undefined,
		atomics: new Map(),
	};
}

/** Checks the body of a function, thread or `init`; `c.body` is its context. `name` is where a missing `return` is reported. */
export function checkBody(c: Checker, block: Block, name: Identifier | undefined): void {
	const { body } = c;
	if (!body) return;
	declareLabels(c, body, block, undefined);
	// Without a scope of its own: parameters and the body's variables are one scope in C.
	for (const statement of block.statements) checkStatement(c, statement);
	const returns = body.returns?.kind;
	if (name && returns !== undefined && returns !== "void" && returns !== "unknown" && reachesEnd(block.statements)) {
		const end = { pos: Math.max(block.pos, block.end - 1), end: block.end };
		c.report(
			"missing-return",
			end,
			`\`${name.text}\` returns ${typeText(body.returns ?? unknownType)}, but its end can be reached without a return`,
		);
	}
}

/** Labels hold for the whole function, before and after they stand. */
function declareLabels(c: Checker, body: BodyContext, node: Statement, atomic: Block | undefined): void {
	switch (node.kind) {
		case "label": {
			const symbol = makeSymbol(c, "label", node.name.text, node) as SymbolInfo & {
				readonly declaration: LabelStatement;
			};
			node.symbol = symbol;
			const known = body.labels.get(node.name.text);
			if (known) {
				const at = known.declaration.name;
				c.report("duplicate-label", node.name, `the label \`${node.name.text}\` stands twice in ${body.name}`, {
					related: [{ file: c.file, pos: at.pos, end: at.end, message: "the other one" }],
				});
				return;
			}
			body.labels.set(node.name.text, symbol);
			body.atomics.set(node, atomic);
			return;
		}
		case "block":
			for (const statement of node.statements) declareLabels(c, body, statement, atomic);
			return;
		case "if":
			declareLabels(c, body, node.then, atomic);
			if (node.otherwise) declareLabels(c, body, node.otherwise, atomic);
			return;
		case "while":
		case "do":
		case "for":
		case "switch":
			declareLabels(c, body, node.body, atomic);
			return;
		case "atomic":
			declareLabels(c, body, node.body, node.body);
	}
}

function checkStatement(c: Checker, node: Statement): void {
	const { body } = c;
	if (!body) return;
	switch (node.kind) {
		case "block":
			c.inScope(() => {
				for (const statement of node.statements) checkStatement(c, statement);
			});
			return;
		case "declaration":
			for (const variable of node.variables) checkLocal(c, variable);
			return;
		case "expression":
			checkExpressionStatement(c, node);
			return;
		case "if":
			checkCondition(c, node.condition);
			checkStatement(c, node.then);
			if (node.otherwise) checkStatement(c, node.otherwise);
			return;
		case "while":
			checkCondition(c, node.condition);
			checkLoop(c, body, node.body);
			return;
		case "do":
			checkLoop(c, body, node.body);
			checkCondition(c, node.condition);
			return;
		case "for":
			c.inScope(() => {
				if (node.initial?.kind === "declaration") checkStatement(c, node.initial);
				else if (node.initial) checkExpression(c, node.initial);
				if (node.condition) checkCondition(c, node.condition);
				if (node.update) checkExpression(c, node.update);
				checkLoop(c, body, node.body);
			});
			return;
		case "switch":
			checkSwitch(c, body, node);
			return;
		case "case":
			checkCase(c, body, node);
			return;
		case "goto":
			checkGoto(c, body, node);
			return;
		case "break":
			if (body.loops === 0 && body.switches === 0)
				c.report("break-outside-loop", node, "`break` stands in a loop or a switch");
			else
				checkLeave(
					c,
					body,
					node,
					"break",
					body.loops + body.switches,
					(body.atomic?.loops ?? 0) + (body.atomic?.switches ?? 0),
				);
			return;
		case "continue":
			if (body.loops === 0) c.report("break-outside-loop", node, "`continue` stands in a loop");
			else checkLeave(c, body, node, "continue", body.loops, body.atomic?.loops ?? 0);
			return;
		case "return":
			checkReturn(c, body, node);
			return;
		case "atomic": {
			const outer = body.atomic;
			body.atomic = { loops: body.loops, switches: body.switches, block: node.body };
			checkStatement(c, node.body);
			body.atomic = outer;
		}
	}
}

function checkLoop(c: Checker, body: BodyContext, node: Statement): void {
	body.loops++;
	checkStatement(c, node);
	body.loops--;
}

/** A jump out of `atomic` would end one step in the middle of another. */
function checkLeave(
	c: Checker,
	body: BodyContext,
	node: Statement,
	word: string,
	inside: number,
	outside: number,
): void {
	if (body.atomic && inside <= outside)
		c.report("atomic-jump", node, `\`${word}\` would leave the atomic block in the middle of its step`);
}

// ----------------------------------------------------------------------------------------------------- declarations

function checkLocal(c: Checker, node: VariableItem): void {
	declareEnumerators(c, node.typeName);
	const { base } = node.typeName;
	let type: Type = unknownType;
	if (base.kind !== "named" && base.body !== undefined) {
		c.report("misplaced-item", node.typeName, `a ${base.kind} is declared at file level, before the scenario`);
	} else type = arrayType(c, resolveType(c, node.typeName, node), node.arrayLengths);
	if (type.kind !== "unknown" && !checkComplete(c, type, node.typeName)) type = unknownType;
	checkVariableAnnotations(c, node);
	const symbol = makeSymbol(c, "local", node.name.text, node, type);
	node.symbol = symbol;
	// In C the name is known in its own initial value, where it is of no use.
	if (node.initializer) checkInitializer(c, c.completed(type), node.initializer);
	c.declare(symbol, node.name);
	const caller = c.body?.caller;
	if (caller?.kind === "thread") {
		const locals = c.threadLocals.get(caller);
		if (locals && !locals.has(symbol.name)) locals.set(symbol.name, symbol);
	}
}

// ------------------------------------------------------------------------------------------------------ expressions

function checkExpressionStatement(c: Checker, node: ExpressionStatement): void {
	const type = checkExpression(c, node.expression);
	const idle = type.kind === "unknown" ? undefined : idlePart(node.expression);
	if (idle) c.report("no-effect", idle, "this has no effect: its value is not used", { severity: "warning" });
}

/** The part of a statement that computes a value for nobody; undefined where something happens. */
function idlePart(node: Expression): Expression | undefined {
	const inner = bare(node);
	switch (inner.kind) {
		case "call":
		case "assignment":
		case "update":
		case "error":
		case "string":
			return undefined;
		case "cast":
			return inner.type?.kind === "void" ? undefined : inner;
		case "comma":
			return idlePart(inner.left) ?? idlePart(inner.right);
		case "conditional":
			return (inner.then && idlePart(inner.then)) ?? idlePart(inner.otherwise);
		case "binary":
			// `a && f()` is a way to write an if.
			return inner.operator === "&&" || inner.operator === "||" ? idlePart(inner.right) : inner;
		default:
			return inner;
	}
}

function checkReturn(c: Checker, body: BodyContext, node: ReturnStatement): void {
	if (body.atomic) c.report("atomic-jump", node, "`return` would leave the atomic block in the middle of its step");
	const { returns } = body;
	if (returns === undefined || returns.kind === "void") {
		if (node.value === undefined) return;
		const type = checkExpression(c, node.value);
		// `return f();` where both return nothing, as the kernel writes it.
		if (type.kind === "void" || type.kind === "unknown") return;
		c.report("return-value", node.value, `${body.name} returns nothing`);
		return;
	}
	if (node.value === undefined) {
		if (returns.kind !== "unknown")
			c.report("return-value", node, `${body.name} returns ${typeText(returns)}: a value is missing here`);
		return;
	}
	if (isStruct(returns)) {
		checkExpression(c, node.value);
		return;
	}
	checkConversion(c, returns, node.value, "return-value", `${body.name} returns`);
}

// ------------------------------------------------------------------------------------------------------------ jumps

function checkGoto(c: Checker, body: BodyContext, node: GotoStatement): void {
	const label = body.labels.get(node.label.text);
	if (label === undefined) {
		c.reportUnknown("unknown-label", node.label, `${body.name} has no label`, body.labels.keys());
		return;
	}
	node.symbol = label;
	const target = body.atomics.get(label.declaration);
	if (target !== body.atomic?.block) {
		c.report(
			"atomic-jump",
			node,
			target
				? "this would jump into the middle of an atomic step"
				: "this would leave the atomic block in the middle of its step",
		);
	}
}

function checkSwitch(c: Checker, body: BodyContext, node: SwitchStatement): void {
	const type = checkOperand(c, node.value);
	if (type.kind !== "unknown" && !isArithmetic(type))
		c.report("operand-type", node.value, `a switch is over a number, this is ${typeText(type)}`);
	const outer = body.cases;
	body.cases = new Map();
	body.switches++;
	checkStatement(c, node.body);
	body.switches--;
	body.cases = outer;
}

function checkCase(c: Checker, body: BodyContext, node: CaseLabel): void {
	if (node.value) checkOperand(c, node.value);
	if (body.cases === undefined) {
		c.report("case-label", node, `\`${node.value ? "case" : "default"}\` stands in a switch`);
		return;
	}
	const value = node.value ? node.value.constant : "default";
	if (value === undefined) {
		if (node.value?.type?.kind !== "unknown")
			c.report("case-label", node.value ?? node, "the value of a case is a constant");
		return;
	}
	const known = body.cases.get(value);
	if (known) {
		c.report(
			"duplicate-case",
			node,
			value === "default" ? "this switch has two `default`" : `this switch has the value ${value} twice`,
			{
				related: [{ file: c.file, pos: known.pos, end: known.end, message: "the other one" }],
			},
		);
	} else body.cases.set(value, node);
}
