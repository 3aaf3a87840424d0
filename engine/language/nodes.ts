/** Walking the syntax tree. */
import type { Node, Range } from "./syntax.ts";

/** Anything of the tree that has a kind and a place: nodes, and the few parts of nodes that have one too. */
export type AnyNode = Node | (Range & { readonly kind: string });

/** What the checker fills in, and what is no part of the grammar. */
const notChildren: ReadonlySet<string> = new Set([
	"symbol",
	"type",
	"doc",
	"tokens",
	"errors",
	"text",
	"kind",
	"pos",
	"end",
]);

/** The nodes directly under a node, in the order of its properties. */
export function childrenOf(node: object): AnyNode[] {
	const found: AnyNode[] = [];
	addChildren(node, found);
	return found;
}

function addChildren(node: object, found: AnyNode[]): void {
	for (const key in node) {
		const value: unknown = (node as Record<string, unknown>)[key];
		if (typeof value !== "object" || value === null || notChildren.has(key)) continue;
		if (Array.isArray(value)) {
			for (const element of value) if (typeof element === "object" && element !== null) addNode(element, found);
		} else addNode(value, found);
	}
}

function addNode(value: object, found: AnyNode[]): void {
	const { kind, pos } = value as Partial<AnyNode>;
	if (kind !== undefined && pos !== undefined) found.push(value as AnyNode);
	// A wrapper without a kind or a place of its own: the base of a type, an argument of a check, a designator.
	else addChildren(value, found);
}

/** Calls back with `node` and everything under it; a node before its children. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
	const open = [node];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		visit(next);
		addChildren(next, open);
	}
}

/** The nodes around an offset, outermost first; a node's end counts as inside it, unless another node begins there. */
export function pathAt(root: AnyNode, offset: number): AnyNode[] {
	const path: AnyNode[] = [root];
	for (let node: AnyNode | undefined = root; node !== undefined; ) {
		const around: AnyNode[] = childrenOf(node).filter((child) => child.pos <= offset && offset <= child.end);
		node = around.find((child) => offset < child.end) ?? around[0];
		if (node !== undefined) path.push(node);
	}
	return path;
}
