/** Where a statement of its own can be put into a text. */
import { type AnyNode, childrenOf } from "./nodes.ts";
import { sourceText } from "./print.ts";
import type { Block, SourceTree, Statement } from "./syntax.ts";

/** A place for a new line. */
export interface StatementPlace {
	/** Offset into the text at which the line is inserted: where a line begins, unless several statements share one. */
	readonly pos: number;
	/** What is to be inserted for a statement: with its indentation and its line's end. */
	readonly lineOf: (statement: string) => string;
	/** The statement that it stands above, white space folded; "" at the end of a block. */
	readonly before: string;
}

/** The blocks around an offset, outermost first. */
function blocksAround(tree: Pick<SourceTree, "items">, offset: number): Block[] {
	const found: Block[] = [];
	const visit = (node: AnyNode): void => {
		if (!(node.pos <= offset && offset < node.end)) return;
		if (node.kind === "block") found.push(node as Block);
		for (const child of childrenOf(node)) visit(child);
	};
	for (const item of tree.items) visit(item);
	return found;
}

/**
 * The place above the statement at an offset, or below it. A statement that is the whole branch of an `if` or the body of a loop
 * without braces has no place of its own: there, it is that of the statement around. Undefined outside of blocks.
 */
export function statementPlace(
	tree: Pick<SourceTree, "text" | "items">,
	offset: number,
	side: "above" | "below",
): StatementPlace | undefined {
	const block = blocksAround(tree, offset).at(-1);
	const index = block?.statements.findIndex(({ pos, end }) => pos <= offset && offset < end) ?? -1;
	if (!block || index < 0) return undefined;
	const next = block.statements[side === "above" ? index : index + 1];
	return next ? above(tree.text, next) : atEnd(tree.text, block.statements[index] as Statement);
}

const lineStart = (text: string, pos: number) => text.lastIndexOf("\n", pos - 1) + 1;
const indentation = (text: string, pos: number) => /^[ \t]*/.exec(text.slice(lineStart(text, pos)))?.[0] ?? "";

function above(text: string, statement: Statement): StatementPlace {
	const start = lineStart(text, statement.pos);
	const indent = indentation(text, statement.pos);
	const before = sourceText(text, statement).split(/(?<=[;{])\s/)[0] ?? "";
	// A statement that does not begin its line gets a new one.
	return text.slice(start, statement.pos).trim() === ""
		? { pos: start, lineOf: (line) => `${indent}${line}${lineEnd(text)}`, before }
		: { pos: statement.pos, lineOf: (line) => `${lineEnd(text)}${indent}\t${line}${lineEnd(text)}${indent}\t`, before };
}

function atEnd(text: string, last: Statement): StatementPlace {
	const indent = indentation(text, last.pos);
	const end = text.indexOf("\n", last.end);
	const isAlone = end >= 0 && /^[ \t]*(?:\/\/.*|\/\*.*\*\/)?[ \t\r]*$/.test(text.slice(last.end, end));
	return isAlone
		? { pos: end + 1, lineOf: (line) => `${indent}${line}${lineEnd(text)}`, before: "" }
		: { pos: last.end, lineOf: (line) => `${lineEnd(text)}${indent}\t${line}`, before: "" };
}

const lineEnd = (text: string) => (text.includes("\r\n") ? "\r\n" : "\n");
