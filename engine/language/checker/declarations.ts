/** What a file declares: types, constants, functions, objects. */
import type { DefineItem, FunctionItem, Item, Parameter, TypedefItem, TypeName, VariableItem } from "../syntax.ts";
import type { StructType, SymbolInfo, Type } from "../types.ts";
import { checkFunctionAnnotations, checkVariableAnnotations } from "./annotations.ts";
import { type BodyContext, type Checker, hasAnnotation, type Mutable, makeSymbol } from "./checker.ts";
import { checkExpression } from "./expressions.ts";
import { checkObjectInitializer } from "./initializers.ts";
import { checkScenario } from "./scenarios.ts";
import { checkBody, newBody } from "./statements.ts";
import { arrayType, checkContainment, declareEnumerators, declareTags, resolveType } from "./typeNames.ts";
import { isStruct, typeText, unknownType } from "./types.ts";

/** Checks a whole file, after those that it includes. */
export function checkFile(c: Checker): void {
	for (const item of c.tree.items) declareItemTags(c, item);
	for (const item of c.tree.items) declareItem(c, item);
	for (const item of c.tree.items) resolveItem(c, item);
	c.settleAll();
	for (const check of c.afterTypes.splice(0)) check();
	for (const tag of c.tags.values()) if (isStruct(tag.type)) checkContainment(c, tag.type);
	for (const item of c.tree.items) {
		if (item.kind === "function") checkFunction(c, item);
		else if (item.kind === "variable") checkFileObject(c, item);
		else if (item.kind === "scenario") checkScenario(c, item);
	}
}

function declareItemTags(c: Checker, item: Item): void {
	switch (item.kind) {
		case "type":
		case "variable":
			declareTags(c, item.typeName, item);
			break;
		case "typedef":
			declareTags(c, item.typeName, item, item.name.text);
			break;
		case "function":
			declareTags(c, item.returnType, item);
	}
}

function declareItem(c: Checker, item: Item): void {
	switch (item.kind) {
		case "type":
			declareEnumerators(c, item.typeName);
			break;
		case "typedef":
			declareTypedef(c, item);
			break;
		case "define":
			declareConstant(c, item);
			break;
		case "function":
			declareFunction(c, item);
			break;
		case "variable":
			declareEnumerators(c, item.typeName);
			declareObject(c, item);
			break;
		case "scenario": {
			const symbol = makeSymbol(c, "scenario", item.name.text, item);
			item.symbol = symbol;
			const known = c.scenarioNames.get(symbol.name);
			if (known) c.reportDuplicate(item.name, known);
			else if (symbol.name !== "") c.scenarioNames.set(symbol.name, symbol);
		}
	}
}

/** Bodies of structs, which nothing asks for by name. */
function resolveItem(c: Checker, item: Item): void {
	if (item.kind === "type") resolveType(c, item.typeName, item);
}

function declareTypedef(c: Checker, node: TypedefItem): void {
	declareEnumerators(c, node.typeName, node.name.text);
	const symbol = makeSymbol(c, "type", node.name.text, node);
	node.symbol = symbol;
	c.postpone(symbol, () => {
		c.settling.add(symbol);
		const type = arrayType(c, resolveType(c, node.typeName, node, node.name.text), node.arrayLengths);
		c.settling.delete(symbol);
		// The typedef's name says more than the integer under it.
		symbol.type = type.kind === "integer" ? { ...type, name: node.name.text } : type;
	});
	c.declare(symbol, node.name);
}

function declareConstant(c: Checker, node: DefineItem): void {
	const symbol = makeSymbol(c, "constant", node.name.text, node);
	node.symbol = symbol;
	c.postpone(symbol, () => {
		if (node.value === undefined) {
			symbol.type = { kind: "void" };
			return;
		}
		c.settling.add(symbol);
		symbol.type = checkExpression(c, node.value);
		c.settling.delete(symbol);
		if (node.value.constant !== undefined) symbol.constant = node.value.constant;
	});
	c.declare(symbol, node.name);
}

function declareFunction(c: Checker, node: FunctionItem): void {
	const builtin = c.isPrelude && node.body === undefined;
	const symbol = makeSymbol(c, builtin ? "builtin" : "function", node.name.text, node);
	node.symbol = symbol;
	c.postpone(symbol, () => {
		let returns = resolveType(c, node.returnType, undefined);
		if (isStruct(returns) || returns.kind === "array" || returns.kind === "lock") {
			c.report("struct-by-value", node.returnType, `${typeText(returns)} is not returned by value: return a pointer`);
			returns = unknownType;
		}
		symbol.type = {
			kind: "function",
			returns,
			parameters: node.parameters.map((parameter) => parameterType(c, parameter)),
		};
	});
	if (node.variadic && !c.isPrelude) {
		c.report("unexpected-token", node.name, "functions with `...` are not supported: give every argument a parameter");
	}
	const known = c.symbols.get(symbol.name);
	const knownFunction = known?.declaration.kind === "function" ? known.declaration : undefined;
	if (knownFunction && (node.body === undefined || knownFunction.body === undefined)) {
		// A prototype and its definition are one function; the definition is the one to be found.
		if (node.body !== undefined) c.symbols.set(symbol.name, symbol);
		return;
	}
	c.declare(symbol, node.name);
}

function parameterType(c: Checker, node: Parameter): Type {
	const type = resolveType(c, node.typeName, undefined);
	if (isStruct(type) || type.kind === "lock") {
		c.report("struct-by-value", node, `${typeText(type)} is not passed by value: pass a pointer`);
		return unknownType;
	}
	if (type.kind === "void") {
		c.report("incomplete-type", node, "a parameter cannot be void");
		return unknownType;
	}
	return type;
}

function declareObject(c: Checker, node: VariableItem): void {
	const symbol = makeSymbol(c, "object", node.name.text, node);
	node.symbol = symbol;
	c.postpone(symbol, () => {
		symbol.type = objectType(c, node);
	});
	c.declare(symbol, node.name);
}

/** The type of an object, with what its storage demands. */
export function objectType(c: Checker, node: VariableItem): Type {
	const type = arrayType(c, resolveType(c, node.typeName, node), node.arrayLengths);
	if (!checkComplete(c, type, node.typeName)) return unknownType;
	if (node.storage === "pool" || node.storage === "typesafe_by_rcu_pool") {
		if (type.kind !== "unknown" && (type.kind !== "array" || !isStruct(type.of))) {
			c.report(
				"storage",
				node.name,
				`a pool is an array of structs: \`pool struct anon_vma ${node.name.text || "anon_vmas"}[2];\``,
			);
			return unknownType;
		}
	}
	return type;
}

/** An object needs a type whose size is known. */
export function checkComplete(c: Checker, type: Type, at: TypeName): boolean {
	const element = type.kind === "array" ? type.of : type;
	if (element.kind === "void" || element.kind === "function") {
		c.report("incomplete-type", at, "an object cannot be void");
		return false;
	}
	if (isStruct(element) && (c.completed(element) as StructType).fields === undefined) {
		c.report(
			"incomplete-type",
			at,
			`the fields of ${typeText(element)} are not known here: include the file that has them`,
		);
		return false;
	}
	return true;
}

function checkFileObject(c: Checker, node: VariableItem): void {
	checkVariableAnnotations(c, node);
	if (node.symbol) checkObjectInitializer(c, node, node.symbol.type);
}

// ------------------------------------------------------------------------------------------------------ functions

function checkFunction(c: Checker, node: FunctionItem): void {
	const type = node.symbol?.type;
	if (type?.kind !== "function") return;
	if (node.body === undefined && node.annotations.length === 0 && c.isPrelude) return;
	c.inScope(() => {
		for (const [index, parameter] of node.parameters.entries())
			declareParameter(c, parameter, type.parameters[index] ?? unknownType);
		const body: BodyContext = newBody(node, `\`${node.name.text}\``, type.returns);
		c.body = body;
		checkFunctionAnnotations(c, node);
		if (node.body !== undefined) checkBody(c, node.body, node.name);
		c.body = undefined;
	});
}

function declareParameter(c: Checker, node: Parameter, type: Type): void {
	if (node.name === undefined) return;
	const symbol: Mutable<SymbolInfo> = makeSymbol(c, "parameter", node.name.text, node, type);
	node.symbol = symbol;
	c.declare(symbol, node.name);
}

/** Whether an argument for this parameter is the caller's variable itself. */
export function isByReference(node: Parameter): boolean {
	return hasAnnotation(node.typeName.annotations, "__byref");
}
