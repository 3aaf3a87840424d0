/** Locks by class, as lockdep has them: the field or object that a lock is. Which instance it is, nobody knows without running. */
import type { Expression } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";

/** Classes of the locks that parameters point to. */
export type Arguments = ReadonlyMap<SymbolInfo, string | undefined>;

const numbers = new WeakMap<object, number>();
let next = 0;

/** Readable, and different for different locks: "folio->lock 3". */
function nameOfClass(symbol: SymbolInfo): string {
	const known = numbers.get(symbol.declaration) ?? next++;
	numbers.set(symbol.declaration, known);
	return `${symbol.owner?.name ? `${symbol.owner.name}->` : ""}${symbol.name} ${known}`;
}

/** The class of the lock that a pointer points to, or that is named itself; undefined where that is not certain. */
export function lockClassOf(node: Expression, given: Arguments): string | undefined {
	switch (node.kind) {
		case "parenthesized":
			return lockClassOf(node.operand, given);
		case "cast":
			return lockClassOf(node.operand, given);
		case "unary":
			return node.operator === "&" ? classOfPlace(node.operand) : undefined;
		case "conditional": {
			const then = node.then && lockClassOf(node.then, given);
			return then === lockClassOf(node.otherwise, given) ? then : undefined;
		}
		case "name":
			if (node.symbol && given.has(node.symbol)) return given.get(node.symbol);
			return classOfPlace(node);
		case "member":
			return classOfPlace(node);
		default:
			return undefined;
	}
}

function classOfPlace(node: Expression): string | undefined {
	if (node.kind === "parenthesized") return classOfPlace(node.operand);
	if (node.kind === "index") return classOfPlace(node.object);
	if (node.kind !== "name" && node.kind !== "member") return undefined;
	let type = node.type;
	while (type?.kind === "array") type = type.of;
	return type?.kind === "lock" && node.symbol ? nameOfClass(node.symbol) : undefined;
}
