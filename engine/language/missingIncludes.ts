/** Names that the file does not know, but a file of the kernel model does: what to include. */
import { parse } from "./parser.ts";
import type { Diagnostic, Item, SourceTree, TypeName } from "./syntax.ts";

/** The path, as `#include <…>` wants it, of the file that declares a name; undefined when none does. */
export type DeclaredIn = (name: string) => string | undefined;

const ofUnknownNames: ReadonlySet<string> = new Set(["unknown-function", "unknown-name", "unknown-type"]);

/**
 * The diagnostics, those about names of files that are not included with the line to add; one for each such file, as its other
 * names are the same mistake.
 */
export function withMissingIncludes(
	text: string,
	tree: SourceTree,
	diagnostics: readonly Diagnostic[],
	declaredIn: DeclaredIn,
): Diagnostic[] {
	const missing = new Set<string>();
	const included = new Set(tree.items.flatMap((item) => (item.kind === "include" && item.system ? [item.path] : [])));
	return diagnostics.flatMap((one): Diagnostic[] => {
		const name = text.slice(one.pos, one.end);
		const path = ofUnknownNames.has(one.code) ? declaredIn(name) : undefined;
		if (path === undefined || included.has(path)) return [one];
		if (missing.has(path)) return [];
		missing.add(path);
		const what = one.message.slice(0, one.message.indexOf(`\`${name}\``));
		return [
			{
				...one,
				message: `${what}\`${name}\`; it stands in <${path}>, which is not included`,
				fix: { title: `Include <${path}>`, edits: [includeLine(text, tree, path)] },
			},
		];
	});
}

/** After the last #include of the file; before its first item where there is none. */
function includeLine(text: string, tree: SourceTree, path: string): { pos: number; end: number; text: string } {
	const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
	const line = `#include <${path}>${lineEnd}`;
	const last = tree.items.filter((item) => item.kind === "include").at(-1);
	if (last) {
		const end = text.indexOf("\n", last.end);
		if (end < 0) return { pos: text.length, end: text.length, text: `${lineEnd}${line}` };
		return { pos: end + 1, end: end + 1, text: line };
	}
	const first = tree.items[0];
	const pos = first ? lineStart(text, ("doc" in first ? first.doc?.pos : undefined) ?? first.pos) : 0;
	return { pos, end: pos, text: `${line}${lineEnd}` };
}

const lineStart = (text: string, pos: number) => text.lastIndexOf("\n", pos - 1) + 1;

/** For files by path: which of them declares a name. The texts are read at the first question. */
export function declarationsOf(texts: ReadonlyMap<string, string>): DeclaredIn {
	let known: Map<string, string> | undefined;
	return (name) => {
		known ??= pathsByName(texts);
		return known.get(name);
	};
}

function pathsByName(texts: ReadonlyMap<string, string>): Map<string, string> {
	const paths = new Map<string, string>();
	for (const [path, text] of texts)
		for (const item of parse(text).items)
			for (const name of namesOf(item)) if (!paths.has(name) || isDefinition(item)) paths.set(name, path);
	return paths;
}

const isDefinition = (item: Item) => item.kind === "function" && item.body !== undefined;

/** Functions, objects, constants, typedefs, tags and enumerators that an item declares. */
function namesOf(item: Item): string[] {
	switch (item.kind) {
		case "function":
		case "define":
		case "variable":
			return [item.name.text];
		case "typedef":
			return [item.name.text, ...tagsOf(item.typeName)];
		case "type":
			return tagsOf(item.typeName);
		default:
			return [];
	}
}

function tagsOf({ base }: TypeName): string[] {
	if (base.kind === "named" || base.body === undefined) return [];
	const tag = base.name ? [base.name.text] : [];
	return base.body.kind === "enum_body" ? [...tag, ...base.body.enumerators.map(({ name }) => name.text)] : tag;
}
