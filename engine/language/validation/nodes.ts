/** Everything under a node of the tree. */
import type { Node } from "../syntax.ts";

const skipped: ReadonlySet<string> = new Set(["symbol", "type", "doc", "typeName"]);

/** Calls back with a node and all nodes under it, a node before its children, in the order of the text. */
export function walkTree(node: object, visit: (node: Node) => void): void {
	if ("kind" in node && "pos" in node) visit(node as Node);
	for (const [key, value] of Object.entries(node)) {
		if (skipped.has(key) || typeof value !== "object" || value === null) continue;
		if (Array.isArray(value)) {
			for (const element of value) if (typeof element === "object" && element !== null) walkTree(element, visit);
		} else walkTree(value as object, visit);
	}
}
