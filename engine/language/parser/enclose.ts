/** Ranges of a tree with errors in it. */
import type { Range, TypeName } from "../syntax.ts";

type Writable<Node> = { -readonly [Key in keyof Node]: Node[Key] };

/**
 * Makes every node lie within its parent. What is missing stands, without text, at the end of the token before; where
 * that is outside of the node which lacks it (`.a` as a statement lacks what stands before the dot), it moves to the
 * beginning of that node, and nodes that began with it do so too. Ranges lose nothing but white space and comments.
 */
export function enclose(nodes: readonly Range[], { pos, end }: Range): void {
	for (const node of nodes) encloseNode(node, pos, end);
}

function encloseNode(node: object, pos: number, end: number): void {
	const range = node as Writable<Partial<Range>>;
	let from = pos;
	let to = end;
	if (range.pos !== undefined && range.end !== undefined) {
		from = range.pos = Math.min(Math.max(range.pos, pos), end);
		to = range.end = Math.min(Math.max(range.end, from), end);
	}
	for (const [key, child] of Object.entries(node)) {
		if (typeof child !== "object" || child === null || key === "doc") continue;
		// Annotations of a type may stand before its first word, after the name of a parameter, and with the first declarator.
		if (key === "annotations" && "base" in node) {
			for (const each of child as Range[]) if (each.pos >= pos) encloseNode(each, pos, end);
		} else if (Array.isArray(child)) for (const each of child) encloseNode(each, from, to);
		else if (key !== "base" || !isShared(node as TypeName)) encloseNode(child, from, to);
	}
}

/** Whether this is the type of a later declarator (`*b` in `int a, *b`), whose base lies before the first one. */
function isShared({ base, pos }: TypeName): boolean {
	const range = base.name ?? (base.kind === "named" ? undefined : base.body);
	return range !== undefined && range.pos < pos;
}
