/**
 * A pointer that was loaded under the folio lock, or by an RCU reader, and is followed after the unlock. Looks at statements
 * that follow one another in one block only; whoever hands the pointer to a function before the unlock may have taken hold of it.
 */
import { sourceText } from "../print.ts";
import type { CallExpression, Expression, Node, Statement } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { walkTree } from "./nodes.ts";
import { type BodyContext, lineOf } from "./rule.ts";

/** What ends the protection that another call began. */
const ends: ReadonlyMap<string, string> = new Map([
	["folio_lock", "folio_unlock"],
	["rcu_read_lock", "rcu_read_unlock"],
]);
const rcuLoads: ReadonlySet<string> = new Set(["rcu_dereference", "READ_ONCE", "smp_load_acquire"]);

interface Loaded {
	readonly symbol: SymbolInfo;
	readonly at: Node;
}

export function checkUseAfterUnlock(context: BodyContext): void {
	const readers: CallExpression[] = [];
	walkTree(
		context.block,
		(node) => void (node.kind === "call" && readerCalls.test(calleeOf(node)) && readers.push(node)),
	);
	walkTree(context.block, (node) => {
		if (node.kind !== "block") return;
		for (const [index, statement] of node.statements.entries()) {
			const call = callOf(statement);
			const end = call && ends.get(calleeOf(call));
			if (!call || end === undefined) continue;
			if (end === "rcu_read_unlock" && mayBeNested(call, readers)) continue;
			followSection(context, call, end, node.statements.slice(index + 1));
		}
	});
}

/** What begins or ends something that RCU waits for. */
const readerCalls = /^(rcu_read_(un)?lock|local_irq_|preempt_|(raw_)?spin_|read_|write_)/;

/** Whether another reader may be around this one, or in it: then its unlock is not the end. */
function mayBeNested(call: CallExpression, readers: readonly CallExpression[]): boolean {
	if (readers.some((one) => !calleeOf(one).startsWith("rcu_read_"))) return true;
	const begins = (one: CallExpression) => calleeOf(one) === "rcu_read_lock";
	const next = readers[readers.indexOf(call) + 1];
	const before = readers.filter((one) => one.pos < call.pos);
	return (
		(next !== undefined && begins(next)) || before.filter(begins).length > before.filter((one) => !begins(one)).length
	);
}

/** The call that is all of a statement. */
function callOf(statement: Statement): CallExpression | undefined {
	return statement.kind === "expression" && statement.expression.kind === "call" ? statement.expression : undefined;
}

function calleeOf(call: CallExpression): string {
	return call.callee.kind === "name" ? call.callee.name.text : "";
}

function followSection(context: BodyContext, begin: CallExpression, end: string, rest: readonly Statement[]): void {
	const text = (call: CallExpression) => call.arguments.map((one) => sourceText(context.module.text, one)).join();
	const endIndex = rest.findIndex((statement) => {
		const call = callOf(statement);
		return call && calleeOf(call) === end && text(call) === text(begin);
	});
	const section = rest.slice(0, endIndex);
	const unlock = rest[endIndex];
	if (endIndex < 0 || !unlock || section.some(hasLabel)) return;
	for (const loaded of loadedIn(section, begin, text(begin), context.module.text)) {
		if (section.some((statement) => handsOver(statement, loaded.symbol))) continue;
		reportFirstUse(context, loaded, unlock, end, rest.slice(endIndex + 1));
	}
}

function hasLabel(statement: Statement): boolean {
	let found = false;
	walkTree(statement, (node) => {
		if (node.kind === "label" || node.kind === "case") found = true;
	});
	return found;
}

/** Variables that the statements of a section themselves load from what the section protects. */
function loadedIn(section: readonly Statement[], begin: CallExpression, locked: string, text: string): Loaded[] {
	const isProtected = (value: Expression): boolean => {
		if (value.kind === "parenthesized" || value.kind === "cast") return isProtected(value.operand);
		if (value.kind === "call") {
			if (calleeOf(begin) === "rcu_read_lock") return rcuLoads.has(calleeOf(value));
			return (
				calleeOf(value) === "folio_mapping" && value.arguments.map((one) => sourceText(text, one)).join() === locked
			);
		}
		if (value.kind !== "member" || value.name.text !== "mapping" || calleeOf(begin) !== "folio_lock") return false;
		return `${value.arrow ? "" : "&"}${sourceText(text, value.object)}` === locked;
	};
	return section.flatMap((statement): Loaded[] => {
		if (statement.kind === "declaration") {
			return statement.variables.flatMap(({ symbol, initializer }) =>
				symbol?.type.kind === "pointer" &&
				initializer &&
				initializer.kind !== "initializer_list" &&
				isProtected(initializer)
					? [{ symbol, at: initializer }]
					: [],
			);
		}
		const assignment =
			statement.kind === "expression" && statement.expression.kind === "assignment" ? statement.expression : undefined;
		const symbol = assignment?.target.kind === "name" ? assignment.target.symbol : undefined;
		if (!assignment || symbol?.kind !== "local" || symbol.type.kind !== "pointer" || !isProtected(assignment.value))
			return [];
		return [{ symbol, at: assignment.value }];
	});
}

/** Whether the variable stands in the arguments of a call, or is copied or kept somewhere. */
function handsOver(statement: Statement, symbol: SymbolInfo): boolean {
	let found = false;
	walkTree(statement, (node) => {
		if (node.kind === "call") found ||= node.arguments.some((one) => mentions(one, symbol));
		else if (node.kind === "assignment") found ||= mentions(node.value, symbol);
		else if (node.kind === "variable" && node.initializer) found ||= mentions(node.initializer, symbol);
	});
	return found;
}

function mentions(node: object, symbol: SymbolInfo): boolean {
	let found = false;
	walkTree(node, (one) => {
		if (one.kind === "name" && one.symbol === symbol) found = true;
	});
	return found;
}

/** The first place after the unlock that follows the pointer; none where it gets a new value, or a label stands before. */
function reportFirstUse(
	{ module, report }: BodyContext,
	{ symbol, at }: Loaded,
	unlock: Statement,
	end: string,
	rest: readonly Statement[],
): void {
	for (const statement of rest) {
		if (hasLabel(statement) || assigns(statement, symbol)) return;
		let use: Node | undefined;
		walkTree(statement, (node) => {
			const followed =
				node.kind === "member" && node.arrow
					? node.object
					: node.kind === "unary" && node.operator === "*"
						? node.operand
						: undefined;
			if (followed?.kind === "name" && followed.symbol === symbol) use ??= followed;
		});
		if (!use) continue;
		const message = `\`${symbol.name}\` was loaded before ${end}() (${lineOf(module, unlock.pos)}); what keeps it since then?`;
		const related = [{ file: module.file, pos: at.pos, end: at.end, message: "loaded here" }];
		report({ severity: "information", pos: use.pos, end: use.end, message, related }, "use-after-unlock");
		return;
	}
}

function assigns(statement: Statement, symbol: SymbolInfo): boolean {
	let found = false;
	walkTree(statement, (node) => {
		const target =
			node.kind === "assignment"
				? node.target
				: node.kind === "update" || (node.kind === "unary" && node.operator === "&")
					? node.operand
					: undefined;
		if (target) found ||= target.kind === "name" && target.symbol === symbol;
	});
	return found;
}
