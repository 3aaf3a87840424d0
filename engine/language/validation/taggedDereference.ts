/**
 * A word whose low bits are a tag (its field's doc comment says @tags), used as a pointer by somebody who never looks at the tag.
 * Silent where the tag is looked at, or may be, anywhere in the body: by a mask, by a comparison with a known pointer, or by a
 * function that does so.
 */
import { sourceText } from "../print.ts";
import type { CallExpression, Expression, FunctionItem, MemberExpression, Node } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { callDepthMax, type Effects } from "./flow.ts";
import { walkTree } from "./nodes.ts";
import type { BodyContext } from "./rule.ts";

const loads: ReadonlySet<string> = new Set(["READ_ONCE", "rcu_dereference", "data_race"]);

export function checkTags({ module, block, effects, report }: BodyContext): void {
	const loaded = new Map<SymbolInfo, MemberExpression>();
	const otherwise = new Set<SymbolInfo>();
	const uses: { readonly node: Expression; readonly pointer: Expression }[] = [];
	let tested = false;
	walkTree(block, (node) => {
		tested ||= testsTag(node);
		if (node.kind === "variable" && node.symbol && node.initializer && node.initializer.kind !== "initializer_list") {
			note(node.symbol, node.initializer, loaded, otherwise);
		} else if (node.kind === "assignment" && node.target.kind === "name" && node.target.symbol) {
			note(node.target.symbol, node.value, loaded, otherwise);
		} else if (node.kind === "member" && node.arrow) uses.push({ node, pointer: node.object });
		else if (node.kind === "unary" && node.operator === "*") uses.push({ node, pointer: node.operand });
		else if (node.kind === "call") uses.push(...pointersUsedBy(node, effects));
	});
	if (tested) return;
	const found = uses.filter(({ pointer }) => loadOf(pointer, loaded, otherwise));
	if (found.length === 0 || callsOf(block).some((call) => calleeTests(call, effects))) return;
	for (const { node, pointer } of found) {
		const load = loadOf(pointer, loaded, otherwise);
		if (!load) continue;
		const word = sourceText(module.text, load);
		const fix = mend(load, module.lookup("folio_mapping") !== undefined, module.text);
		report(
			{
				pos: pointer.pos,
				end: pointer.end,
				message: `the low bits of \`${word}\` are a tag, and nobody has looked at it: what \`${sourceText(module.text, node)}\` uses may be no ${pointee(pointer)}`,
				...(load.pos !== bare(pointer).pos && {
					related: [{ file: module.file, pos: load.pos, end: load.end, message: "loaded here" }],
				}),
				...(fix && { fix }),
			},
			"tag-not-tested",
		);
	}
}

/** Where a pointer was loaded as a tagged word, if it is nothing else. */
function loadOf(
	pointer: Expression,
	loaded: ReadonlyMap<SymbolInfo, MemberExpression>,
	otherwise: ReadonlySet<SymbolInfo>,
): MemberExpression | undefined {
	const inner = bare(pointer);
	const symbol = inner.kind === "name" ? inner.symbol : undefined;
	return taggedLoad(inner) ?? (symbol && !otherwise.has(symbol) ? loaded.get(symbol) : undefined);
}

function callsOf(block: object): CallExpression[] {
	const calls: CallExpression[] = [];
	walkTree(block, (node) => void (node.kind === "call" && calls.push(node)));
	return calls;
}

/** A variable that gets a tagged word somewhere, and where it gets something else. NULL does not count: it has no tag. */
function note(
	symbol: SymbolInfo,
	value: Expression,
	loaded: Map<SymbolInfo, MemberExpression>,
	otherwise: Set<SymbolInfo>,
): void {
	const load = taggedLoad(value);
	if (load) loaded.set(symbol, load);
	else if (!isNull(value)) otherwise.add(symbol);
}

function bare(node: Expression): Expression {
	return node.kind === "parenthesized" || node.kind === "cast" ? bare(node.operand) : node;
}

function isNull(node: Expression): boolean {
	const inner = bare(node);
	return inner.constant === 0 || (inner.kind === "name" && inner.name.text === "NULL");
}

/** The field whose word an expression is, if that field has a tag. */
function taggedLoad(node: Expression): MemberExpression | undefined {
	const inner = bare(node);
	if (inner.kind === "call" && inner.callee.kind === "name" && loads.has(inner.callee.name.text)) {
		const [argument] = inner.arguments;
		return argument && argument.kind !== "type_name" ? taggedLoad(argument) : undefined;
	}
	return inner.kind === "member" && inner.symbol?.doc?.tags.some((tag) => tag.name === "tags") ? inner : undefined;
}

/** Masks and comparisons with anything but NULL: whoever does that knows of the tag, or of the one pointer that it must be. */
function testsTag(node: Node): boolean {
	if (node.kind === "assignment") return node.operator === "&=";
	if (node.kind !== "binary") return false;
	if (node.operator === "&") return true;
	return (
		(node.operator === "==" || node.operator === "!=") &&
		node.left.type?.kind === "pointer" &&
		!isNull(node.left) &&
		!isNull(node.right)
	);
}

const testing = new WeakMap<FunctionItem, boolean>();

/** Whether a function masks or compares a tagged word, itself or in what it calls; so it is taken where calls go too deep to know. */
function calleeTests(call: CallExpression, effects: Effects, depth = 0): boolean {
	const item = call.callee.kind === "name" && call.callee.symbol ? effects.definition(call.callee.symbol) : undefined;
	if (!item?.body) return false;
	if (depth >= callDepthMax) return true;
	const known = testing.get(item);
	if (known !== undefined) return known;
	testing.set(item, false);
	let reads = false;
	let tests = false;
	let inner = false;
	walkTree(item.body, (node) => {
		reads ||= node.kind === "member" && taggedLoad(node) !== undefined;
		tests ||= testsTag(node);
		inner ||= node.kind === "call" && calleeTests(node, effects, depth + 1);
	});
	const result = (reads && tests) || inner;
	testing.set(item, result);
	return result;
}

/** Arguments that a function dereferences itself. */
function pointersUsedBy(
	call: CallExpression,
	effects: Effects,
): { readonly node: Expression; readonly pointer: Expression }[] {
	const item = call.callee.kind === "name" && call.callee.symbol ? effects.definition(call.callee.symbol) : undefined;
	if (!item?.body) return [];
	const used = followedBy(item);
	return item.parameters.flatMap(({ symbol }, index) => {
		const argument = call.arguments[index];
		return symbol && used.has(symbol) && argument && argument.kind !== "type_name"
			? [{ node: call, pointer: argument }]
			: [];
	});
}

const followed = new WeakMap<FunctionItem, ReadonlySet<SymbolInfo>>();

/** Variables and parameters that a function follows as pointers. */
function followedBy(item: FunctionItem): ReadonlySet<SymbolInfo> {
	const known = followed.get(item);
	if (known) return known;
	const used = new Set<SymbolInfo>();
	walkTree(item, (node) => {
		const pointer = node.kind === "member" && node.arrow ? bare(node.object) : undefined;
		if (pointer?.kind === "name" && pointer.symbol) used.add(pointer.symbol);
	});
	followed.set(item, used);
	return used;
}

function pointee(pointer: Expression): string {
	const type = pointer.type;
	return type?.kind === "pointer" && type.to.kind === "struct" ? `struct ${type.to.name}` : "pointer";
}

/** folio_mapping() answers NULL for whatever is no address_space. */
function mend(load: MemberExpression, included: boolean, text: string) {
	if (!included || load.name.text !== "mapping" || load.symbol?.owner?.name !== "folio") return undefined;
	const folio = text.slice(load.object.pos, load.object.end);
	return {
		title: "Ask folio_mapping()",
		edits: [{ pos: load.pos, end: load.end, text: `folio_mapping(${load.arrow ? folio : `&${folio}`})` }],
	};
}
