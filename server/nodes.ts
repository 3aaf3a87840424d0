/** Walking the syntax tree. */
import type { Node, Range } from "../engine/language/syntax.ts";

/** Anything of the tree that has a kind and a place: nodes, and the few parts of nodes that have one too. */
export type AnyNode = Node | (Range & { readonly kind: string });

/** What the checker fills in, and what is no part of the grammar. */
const notChildren = new Set(["symbol", "type", "doc", "tokens", "errors", "text"]);

/** The nodes directly under a node, in no particular order. */
export function childrenOf(node: object): AnyNode[] {
	const found: AnyNode[] = [];
	for (const [key, value] of Object.entries(node)) {
		if (notChildren.has(key) || typeof value !== "object" || value === null) continue;
		if (Array.isArray(value)) {
			for (const element of value) if (typeof element === "object" && element !== null) addNode(found, element);
		} else addNode(found, value);
	}
	return found;
}

function addNode(found: AnyNode[], value: object): void {
	if ("kind" in value && "pos" in value) found.push(value as AnyNode);
	// A wrapper without a kind or a place of its own: the base of a type, an argument of a check, a designator.
	else found.push(...childrenOf(value));
}

/** `node` and everything under it; a node before its children. */
export function* walk(node: AnyNode): Generator<AnyNode> {
	const open = [node];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		yield next;
		open.push(...childrenOf(next));
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
