/**
 * What this folder needs of a C syntax tree. The nodes of web-tree-sitter with tree-sitter-c fit it as they are; the engine
 * itself depends on no parser, so that whoever runs it decides when the WebAssembly is loaded.
 */

export interface CNode {
	/** Type in tree-sitter-c's grammar: "field_expression". */
	readonly type: string;
	readonly text: string;
	/** Half-open range in UTF-16 code units of the parsed text. */
	readonly startIndex: number;
	readonly endIndex: number;
	/** The parser could make nothing of it: what it means is unknown. */
	readonly isError: boolean;
	readonly isMissing: boolean;
	readonly parent: CNode | null;
	readonly namedChildren: readonly (CNode | null)[];
	childForFieldName(name: string): CNode | null;
	childrenForFieldName(name: string): readonly (CNode | null)[];
	descendantForIndex(start: number, end?: number): CNode | null;
}

/** Parses C and hands the root to `use`; the tree is released afterwards, so no node may be kept. */
export type ParseC = <Result>(text: string, use: (root: CNode) => Result) => Result;

/** Named children that are there, without the parser's gaps. */
export function childrenOf(node: CNode): CNode[] {
	return node.namedChildren.filter((child): child is CNode => child !== null);
}

/** Children under a field name of the grammar. */
export function fieldOf(node: CNode, name: string): CNode[] {
	return node.childrenForFieldName(name).filter((child): child is CNode => child !== null);
}

/** `node` and then its ancestors, innermost first. */
export function* upwards(node: CNode | null): Generator<CNode> {
	for (let one = node; one !== null; one = one.parent) yield one;
}
