/** What stands under the cursor in kernel C. */
import { chunkAt, variableChunk } from "./chunk.ts";
import { type CType, localDeclaration } from "./declarations.ts";
import { type CFile, typeOf, typeOfField } from "./expressionType.ts";
import { type CNode, childrenOf, upwards } from "./tree.ts";

export type { CType } from "./declarations.ts";
export type { CFile, KnownTypes } from "./expressionType.ts";

/** A name of the kernel, with what its place says about it. The range counts UTF-16 code units of the whole file. */
export interface CSymbol {
	/** `name`: a constant, flag, macro or function that is mentioned; a `field` has its struct as `owner`. */
	readonly kind: "function" | "field" | "struct" | "type" | "name";
	readonly name: string;
	readonly owner?: string;
	readonly pos: number;
	readonly end: number;
}

/**
 * The symbol under the cursor; undefined on locals, on white space, in comments and strings, where the parser could make
 * nothing of the text, and on a field whose struct cannot be found out.
 */
export function symbolAt(file: CFile, offset: number): CSymbol | undefined {
	const word = wordAt(file.text, offset);
	if (word === undefined) return undefined;
	const chunk = chunkAt(file.text, word.pos);
	return file.parse(file.text.slice(chunk.start, chunk.end), (root) => {
		const node = root.descendantForIndex(word.pos - chunk.start, word.end - chunk.start - 1);
		const found = node === null ? undefined : meaningOf(file, node, word.text);
		return found && { ...found, pos: word.pos, end: word.end };
	});
}

/** The identifier that the offset is in or just after. */
export function wordAt(
	text: string,
	offset: number,
): { readonly text: string; readonly pos: number; readonly end: number } | undefined {
	let pos = offset;
	while (pos > 0 && /\w/.test(text[pos - 1] ?? "")) pos--;
	let end = offset;
	while (/\w/.test(text[end] ?? "")) end++;
	const found = text.slice(pos, end);
	return /^[A-Za-z_]/.test(found) ? { text: found, pos, end } : undefined;
}

type Meaning = Omit<CSymbol, "pos" | "end">;

function meaningOf(file: CFile, node: CNode, word: string): Meaning | undefined {
	if (node.type === "preproc_arg") return inMacroBody(node.text, word);
	if (node.text !== word || node.isMissing || node.isError || node.parent?.isError !== false) return undefined;
	const parent = node.parent;
	switch (node.type) {
		case "field_identifier":
			return fieldMeaning(file, node, parent);
		case "type_identifier":
			return /^(struct|union|enum)_specifier$/.test(parent.type)
				? { kind: "struct", name: word }
				: { kind: "type", name: word };
		case "identifier": {
			if (parent.type === "call_expression" && parent.childForFieldName("function")?.startIndex === node.startIndex)
				return localDeclaration(node, word) === undefined ? { kind: "function", name: word } : undefined;
			if (parent.type === "function_declarator") return { kind: "function", name: word };
			if (/_declarat(or|ion)$/.test(parent.type)) return undefined;
			const variable = localDeclaration(node, word) !== undefined || variableChunk(file.text, word) !== undefined;
			return variable ? undefined : { kind: "name", name: word };
		}
		default:
			return undefined;
	}
}

/** Inside a macro the text is not parsed; a field there belongs to who knows what. */
function inMacroBody(text: string, word: string): Meaning | undefined {
	const mention = new RegExp(`(->|\\.)?\\s*\\b${word}\\b`).exec(text);
	return mention === null || mention[1] !== undefined ? undefined : { kind: "name", name: word };
}

function fieldMeaning(file: CFile, node: CNode, parent: CNode): Meaning | undefined {
	const owner = ownerOf(file, node, parent);
	return owner === undefined ? undefined : { kind: "field", name: node.text, owner };
}

function ownerOf(file: CFile, node: CNode, parent: CNode): string | undefined {
	if (parent.type === "field_expression") return structOf(typeOf(file, parent.childForFieldName("argument")));
	if (parent.type === "field_designator") return designatedStruct(file, parent);
	for (const one of upwards(node)) {
		// The fields of an anonymous struct or union belong to the one around it.
		if (one.type !== "struct_specifier" && one.type !== "union_specifier") continue;
		const name = one.childForFieldName("name");
		if (name !== null) return name.text;
	}
	return undefined;
}

const structOf = (type: CType | undefined) => (type === undefined || type.pointers > 1 ? undefined : type.base);

/** The struct that `.field = …` initialises: that of the declaration, or of the designated field around it. */
function designatedStruct(file: CFile, designator: CNode): string | undefined {
	const pair = designator.parent;
	const list = pair?.parent;
	if (pair?.type !== "initializer_pair" || list?.type !== "initializer_list") return undefined;
	const around = list.parent;
	if (around?.type === "init_declarator")
		return around.parent?.childForFieldName("type")?.childForFieldName("name")?.text;
	if (around?.type === "compound_literal_expression")
		return around.childForFieldName("type")?.childForFieldName("type")?.childForFieldName("name")?.text;
	if (around?.type !== "initializer_pair") return undefined;
	const outer = childrenOf(around).find((child) => child.type === "field_designator");
	const owner = outer && designatedStruct(file, outer);
	const name = outer && childrenOf(outer)[0]?.text;
	return owner === undefined || name === undefined ? undefined : structOf(typeOfField(file, owner, name));
}
