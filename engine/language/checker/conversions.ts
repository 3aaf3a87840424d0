/** Which value may go where: assignments, arguments, results, as a kernel compiler sees them. */
import type { DiagnosticCode } from "../diagnostic-codes.ts";
import type { Expression } from "../syntax.ts";
import type { Type } from "../types.ts";
import { type Checker, setType } from "./checker.ts";
import { checkExpression } from "./expressions.ts";
import { decayed, isArithmetic, isStruct, sameType, typeText, unknownType } from "./types.ts";

/** The expression without parentheses around it. */
export function bare(node: Expression): Expression {
	let inner = node;
	while (inner.kind === "parenthesized") inner = inner.operand;
	return inner;
}

/** 0, or NULL: converts to every pointer. */
function isNull(node: Expression): boolean {
	if (node.constant !== 0) return false;
	const { type } = node;
	return type !== undefined && (isArithmetic(type) || (type.kind === "pointer" && type.to.kind === "void"));
}

/** Checks an expression whose value is used; anything that is no single word is reported, and is unknown then. */
export function checkOperand(c: Checker, node: Expression): Type {
	const type = checkExpression(c, node);
	const inner = bare(node);
	switch (type.kind) {
		case "void": {
			const what =
				inner.kind === "call" && inner.callee.kind === "name"
					? `\`${inner.callee.name.text}\` returns nothing`
					: "this is void";
			c.report("void-value", node, `${what}: it has no value to use`);
			return unknownType;
		}
		case "struct":
		case "union":
			c.report(
				"struct-by-value",
				node,
				`${typeText(type)} is not one word: name the field that is meant, or take its address`,
			);
			return unknownType;
		case "lock":
			c.report("operand-type", node, `a lock has no value: take its address with \`&\``);
			return unknownType;
		case "function":
			c.report("function-as-value", node, "a function is called, or given to call_rcu(); it has no value");
			return unknownType;
	}
	return decayed(type);
}

/** Checks a condition: any word, false when it is zero. */
export function checkCondition(c: Checker, node: Expression): void {
	checkOperand(c, node);
	if (node.kind === "assignment" && node.operator === "=" && !c.body?.property) {
		c.report(
			"condition-assignment",
			node,
			"an assignment as the whole condition: `==` is meant, or another pair of parentheses is missing",
			{
				severity: "warning",
				fix: {
					title: "Put parentheses around the assignment",
					edits: [
						{ pos: node.pos, end: node.pos, text: "(" },
						{ pos: node.end, end: node.end, text: ")" },
					],
				},
			},
		);
	}
}

/** Checks an expression that becomes a value of type `target`. `what` begins the sentence: "`folio_put` takes". */
export function checkConversion(c: Checker, target: Type, node: Expression, code: DiagnosticCode, what: string): void {
	if (target.kind === "pointer" && target.to.kind === "function") {
		checkDesignator(c, target, node, code, what);
		return;
	}
	const source = checkOperand(c, node);
	convert(c, target, source, node, code, what);
}

/** Says what is wrong when a value of type `source` becomes one of type `target`. */
export function convert(
	c: Checker,
	target: Type,
	source: Type,
	node: Expression,
	code: DiagnosticCode,
	what: string,
): void {
	if (source.kind === "unknown" || target.kind === "unknown") return;
	const wanted = `${what} ${typeText(target)}, not ${typeText(source)}`;
	if (isStruct(target) || target.kind === "array" || target.kind === "lock" || target.kind === "function") {
		c.report(code, node, wanted);
	} else if (target.kind === "pointer") {
		if (source.kind !== "pointer") {
			if (!isNull(node))
				c.report(code, node, `${wanted}: a number becomes a pointer only by a cast`, castFix(node, target));
		} else if (target.to.kind !== "void" && source.to.kind !== "void" && !sameType(target.to, source.to)) {
			c.report(code, node, wanted);
		}
	} else if (target.kind === "void") c.report(code, node, `${what} no value`);
	else if (source.kind === "pointer") {
		if (target.kind !== "bool")
			c.report(code, node, `${wanted}: a pointer becomes a number only by a cast`, castFix(node, target));
	} else if (target.kind === "enum" && source.kind === "enum" && target.name !== source.name) {
		c.report("enum-mixed", node, wanted, { severity: "warning" });
	}
}

function castFix(node: Expression, target: Type) {
	const simple = ["name", "member", "call", "index", "number", "parenthesized"].includes(node.kind);
	const cast = `(${typeText(target)})`;
	const edits = simple
		? [{ pos: node.pos, end: node.pos, text: cast }]
		: [
				{ pos: node.pos, end: node.pos, text: `${cast}(` },
				{ pos: node.end, end: node.end, text: ")" },
			];
	return { fix: { title: `Cast to ${typeText(target)}`, edits } };
}

/** A function given by its name, to be called later. */
export function checkDesignator(
	c: Checker,
	target: Type | undefined,
	node: Expression,
	code: DiagnosticCode,
	what: string,
): Extract<Type, { kind: "function" }> | undefined {
	const inner = bare(node);
	const name = inner.kind === "unary" && inner.operator === "&" ? bare(inner.operand) : inner;
	const type = checkExpression(c, name);
	if (inner !== name) setType(inner, decayed(type));
	let outer: Expression = node;
	while (outer.kind === "parenthesized") {
		setType(outer, inner.type ?? unknownType);
		outer = outer.operand;
	}
	if (type.kind === "unknown") return undefined;
	const called = type.kind === "pointer" ? type.to : type;
	if (called.kind !== "function") {
		c.report(code, node, `${what} a function, by its name; this is ${typeText(type)}`);
		return undefined;
	}
	if (target?.kind === "pointer" && !sameType(target.to, called)) {
		c.report(code, node, `${what} ${typeText(target)}, not ${typeText(called)}`);
	}
	return called;
}
