/** Calls: of builtins, and of functions, which are written out where they are called. */
import type {
	CallExpression,
	FunctionItem,
	Parameter,
	Expression as Tree,
	VariableItem,
} from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import type { Expression } from "../program.ts";
import { demandsAtEntry } from "./annotations.ts";
import { lowerBuiltin } from "./builtins.ts";
import { bare } from "./context.ts";
import { converted, hasEffects, integer, lowerExpression, zero } from "./expressions.ts";
import { constantValue, register } from "./fold.ts";
import { lowerLvalue } from "./places.ts";
import { lowerBody } from "./statements.ts";
import type { Binding, ThreadLowering } from "./thread.ts";

/** Instructions of a call; what it returns, 0 where it returns nothing. */
export function lowerCall(t: ThreadLowering, tree: CallExpression): Expression {
	const callee = bare(tree.callee) as Tree;
	if (callee.kind !== "name")
		throw t.error(
			tree.callee,
			"only functions called by name can be followed; calls through pointers are not modelled",
		);
	const symbol = callee.symbol;
	const declaration = symbol?.declaration;
	if (declaration?.kind !== "function" || !symbol) throw t.error(callee, `${callee.name.text} is no function`);
	if (symbol.kind === "builtin") return lowerBuiltin(t, callee.name.text, tree);
	const item = definitionOf(t, declaration, callee.name.text);
	if (!item.item.body) throw t.error(callee, `${callee.name.text}() is declared, but has no body to explore`);
	const args = tree.arguments.filter((argument): argument is Tree => argument.kind !== "type_name");
	return callFunction(t, item.item, item.file, tree, args);
}

/** The definition of a function that may only be declared where it is called. */
function definitionOf(
	t: ThreadLowering,
	declaration: FunctionItem,
	name: string,
): { item: FunctionItem; file: string } {
	const found = declaration.body ? declaration.symbol : t.context.lookup(name);
	const item = found?.declaration.kind === "function" ? found.declaration : declaration;
	return { item, file: found?.file ?? declaration.symbol?.file ?? t.activation.file };
}

/** Inlines a call; arguments are evaluated first, from left to right. */
function callFunction(
	t: ThreadLowering,
	item: FunctionItem,
	file: string,
	call: Tree,
	args: readonly Tree[],
): Expression {
	const assigned = assignedIn(item);
	const bindings = item.parameters.map(
		(parameter, index): { parameter: Parameter; type: Type; binding?: Binding; value?: Expression } => {
			const argument = args[index];
			const type = parameter.typeName.type ?? parameter.symbol?.type ?? integer;
			if (!argument) return { parameter, type, value: zero };
			if (parameter.typeName.annotations.some((annotation) => annotation.name.text === "__byref")) {
				return { parameter, type, binding: { kind: "lvalue", lvalue: lowerLvalue(t, argument) } };
			}
			const value = converted(lowerExpression(t, argument), argument.type, type);
			const known = constantValue(value);
			if (known !== undefined && !assigned.has(parameter))
				return { parameter, type, binding: { kind: "constant", value: known } };
			const later = args.slice(index + 1).some(hasEffects);
			return { parameter, type, value: later ? t.stable(value, type, argument) : value };
		},
	);
	return inline(t, item, file, call, bindings);
}

/** Inlines a function whose parameters get these values. */
export function inline(
	t: ThreadLowering,
	item: FunctionItem,
	file: string,
	call: Tree,
	bindings: readonly { parameter: Parameter; type: Type; binding?: Binding; value?: Expression }[],
): Expression {
	const returns = item.returnType.type ?? { kind: "void" };
	const opaque = !item.inline;
	// A function of another translation unit: nothing of memory is known to the compiler across its call.
	const boundary = () => opaque && t.emit({ kind: "fence", fence: "compiler" }, call);
	const handedOver = (value: Expression, type: Type): Expression => {
		if (!opaque || value.op === "constant") return value;
		const copy = t.temporary(type);
		t.emit({ kind: "assign", register: copy, value, handedOver: true }, call);
		return register(copy);
	};
	const given = bindings.map((bound) =>
		bound.value ? { ...bound, value: handedOver(bound.value, bound.type) } : bound,
	);
	boundary();
	const result = t.within(
		item,
		file,
		call,
		returns,
		() => {
			const assignments: { register: number; value: Expression }[] = [];
			for (const { parameter, type, binding, value } of given) {
				const bound = t.bindParameter(parameter, type, binding);
				if (bound.kind === "register" && value) assignments.push({ register: bound.register, value });
			}
			for (const { register: target, value } of assignments) t.emit({ kind: "assign", register: target, value }, call);
		},
		() => {
			demandsAtEntry(t, item);
			if (item.body) lowerBody(t, item.body);
		},
	);
	boundary();
	return result === undefined ? zero : register(result);
}

/** Parameters and variables that a function assigns to, or whose address it takes. */
function assignedIn(item: FunctionItem): Set<Parameter | VariableItem> {
	const known = assignedCache.get(item);
	if (known) return known;
	const assigned = new Set<Parameter | VariableItem>();
	const note = (target: Tree) => {
		const inner = bare(target) as Tree;
		const declaration = inner.kind === "name" ? inner.symbol?.declaration : undefined;
		if (declaration?.kind === "parameter" || declaration?.kind === "variable") assigned.add(declaration);
	};
	/** A by-reference argument is assigned to by the callee. */
	const noteByReference = (call: CallExpression) => {
		const callee = bare(call.callee) as Tree;
		const declaration = callee.kind === "name" ? callee.symbol?.declaration : undefined;
		if (declaration?.kind !== "function") return;
		declaration.parameters.forEach((parameter, index) => {
			const argument = call.arguments[index];
			const byReference = parameter.typeName.annotations.some((annotation) => annotation.name.text === "__byref");
			if (byReference && argument && argument.kind !== "type_name") note(argument);
		});
	};
	const visit = (node: unknown): void => {
		if (Array.isArray(node)) {
			for (const element of node) visit(element);
		} else if (typeof node === "object" && node !== null && "kind" in node) {
			const tree = node as Tree;
			if (tree.kind === "assignment") note(tree.target);
			else if (tree.kind === "update") note(tree.operand);
			else if (tree.kind === "unary" && tree.operator === "&") note(tree.operand);
			else if (tree.kind === "call") noteByReference(tree);
			for (const [key, child] of Object.entries(tree))
				if (key !== "symbol" && key !== "type" && typeof child === "object") visit(child);
		}
	};
	if (item.body) visit(item.body.statements);
	assignedCache.set(item, assigned);
	return assigned;
}

const assignedCache = new WeakMap<FunctionItem, Set<Parameter | VariableItem>>();
