/** Calls of functions: names, numbers and types of arguments. */
import type { CallExpression, Expression } from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { checkBuiltinCall } from "./builtins.ts";
import { type Checker, setType } from "./checker.ts";
import { checkConversion, checkOperand, convert } from "./conversions.ts";
import { isByReference } from "./declarations.ts";
import { checkExpression, isLvalue, reportUnknownName } from "./expressions.ts";
import { noSideEffects } from "./operators.ts";
import { resolveType } from "./typeNames.ts";
import { typeText, unknownType } from "./types.ts";

/** The type of what a call returns. */
export function checkCall(c: Checker, node: CallExpression): Type {
	const { callee } = node;
	if (callee.kind !== "name") {
		const type = checkExpression(c, callee);
		checkArgumentsLoosely(c, node);
		if (type.kind !== "unknown" || callee.kind === "member") {
			c.report("not-a-function", callee, "a function is called by its name; pointers to functions are not supported");
		}
		return setType(node, unknownType);
	}
	const symbol = c.find(callee.name.text);
	if (symbol === undefined) {
		reportUnknownName(c, callee, "unknown-function", "unknown function");
		checkArgumentsLoosely(c, node);
		setType(callee, unknownType);
		return setType(node, unknownType);
	}
	callee.symbol = symbol;
	setType(callee, symbol.type);
	if (symbol.type.kind !== "function") {
		checkArgumentsLoosely(c, node);
		if (symbol.type.kind !== "unknown")
			c.report("not-a-function", callee, `\`${symbol.name}\` is ${typeText(symbol.type)}, not a function`);
		return setType(node, unknownType);
	}
	if (symbol.kind === "builtin") {
		const type = checkBuiltinCall(c, node, symbol);
		if (type !== undefined) return type;
	} else c.recordCall({ symbol, node, callback: false });
	checkArguments(c, node, symbol, symbol.type.parameters);
	return setType(node, c.completed(symbol.type.returns));
}

/** Names and types inside the arguments, without demands on the whole. */
export function checkArgumentsLoosely(c: Checker, node: CallExpression): void {
	for (const argument of node.arguments) {
		if (argument.kind === "type_name") resolveType(c, argument, undefined);
		else checkExpression(c, argument);
	}
}

function checkArguments(c: Checker, node: CallExpression, symbol: SymbolInfo, parameters: readonly Type[]): void {
	if (!checkCount(c, node, symbol, parameters.length)) {
		checkArgumentsLoosely(c, node);
		return;
	}
	const declared = symbol.declaration.kind === "function" ? symbol.declaration.parameters : [];
	for (const [index, argument] of node.arguments.entries()) {
		const type = parameters[index] ?? unknownType;
		const parameter = declared[index];
		const name = parameter?.name ? ` (\`${parameter.name.text}\`)` : "";
		const what = `argument ${index + 1}${name} of \`${symbol.name}\` is`;
		if (argument.kind === "type_name") {
			resolveType(c, argument, undefined);
			c.report("argument-type", argument, `${what} ${typeText(type)}, not a type`);
		} else if (parameter && isByReference(parameter)) checkReference(c, argument, type, what);
		else checkConversion(c, type, argument, "argument-type", what);
	}
}

/** The caller's own variable, which the function writes. */
function checkReference(c: Checker, argument: Expression, type: Type, what: string): void {
	noSideEffects(c, argument);
	const source = checkOperand(c, argument);
	if (source.kind === "unknown") return;
	if (!isLvalue(argument)) {
		c.report("argument-type", argument, `${what} a variable of type ${typeText(type)} that the function sets`);
	} else convert(c, type, source, argument, "argument-type", what);
}

/** Reports a wrong number of arguments. */
export function checkCount(c: Checker, node: CallExpression, symbol: SymbolInfo, count: number): boolean {
	const given = node.arguments.length;
	if (given === count) return true;
	const declared = symbol.declaration.kind === "function" ? symbol.declaration.parameters : [];
	const list = declared
		.map((parameter) => parameter.name?.text ?? typeText(parameter.typeName.type ?? unknownType))
		.join(", ");
	const takes = count === 0 ? "no arguments" : count === 1 ? "one argument" : `${count} arguments`;
	const range =
		given > count ? { pos: node.arguments[count]?.pos ?? node.pos, end: node.arguments.at(-1)?.end ?? node.end } : node;
	const place = given > count ? range : { pos: node.callee.pos, end: node.callee.end };
	c.report("argument-count", place, `\`${symbol.name}\` takes ${takes}${list ? ` (${list})` : ""}, not ${given}`);
	return false;
}
