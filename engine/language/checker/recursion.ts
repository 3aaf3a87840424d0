/** Calls are inlined: no function may come back to itself, and every one that runs needs a body. */
import type { FunctionItem, Item, ScenarioItem } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { type Call, type Caller, type Checker, callsOf, nameOf } from "./checker.ts";

/** Reports each cycle of calls that this file closes, and each function that its scenarios call and nobody defines. */
export function checkCalls(c: Checker, items: readonly Item[]): void {
	const search = new CycleSearch(c);
	for (const item of items) if (item.kind === "function" && item.body) search.visit(item);
	for (const item of items) if (item.kind === "scenario") checkScenarioCalls(c, item);
}

/** The function with a body that a call leads to, as this file sees it. */
function definition(c: Checker, symbol: SymbolInfo): FunctionItem | undefined {
	const own = symbol.declaration.kind === "function" && symbol.declaration.body ? symbol : c.find(symbol.name);
	return own?.declaration.kind === "function" && own.declaration.body ? own.declaration : undefined;
}

class CycleSearch {
	private readonly c: Checker;
	private readonly done = new Set<FunctionItem>();
	private readonly path: { readonly item: FunctionItem; readonly call: Call | undefined }[] = [];
	private readonly reported = new Set<FunctionItem>();

	constructor(c: Checker) {
		this.c = c;
	}

	/** Depth first; deep chains of calls are kept off the stack. */
	visit(root: FunctionItem): void {
		if (this.done.has(root)) return;
		const pending: { readonly item: FunctionItem; next: number }[] = [{ item: root, next: 0 }];
		this.path.push({ item: root, call: undefined });
		for (let top = pending.at(-1); top; top = pending.at(-1)) {
			const call = callsOf(top.item)[top.next++];
			if (call === undefined) {
				this.done.add(top.item);
				pending.pop();
				this.path.pop();
				continue;
			}
			const callee = definition(this.c, call.symbol);
			if (callee === undefined || this.done.has(callee)) continue;
			const start = this.path.findIndex((step) => step.item === callee);
			if (start >= 0) this.report(start, call);
			else {
				this.path.push({ item: callee, call });
				pending.push({ item: callee, next: 0 });
			}
		}
	}

	private report(start: number, last: Call): void {
		const cycle = this.path.slice(start);
		const first = cycle[0];
		if (!first || this.reported.has(first.item)) return;
		this.reported.add(first.item);
		const calls = [...cycle.slice(1).flatMap((step) => step.call ?? []), last];
		const names = [first.item, ...cycle.slice(1).map((step) => step.item), first.item].map((item) => item.name.text);
		// The call to complain about is one in this file, best the one that closes the cycle.
		const own = [...calls].reverse().find((call) => callerFile(this.c, call) !== undefined) ?? last;
		const later = calls.some((call) => call.callback) ? " (by way of call_rcu())" : "";
		this.c.report(
			"recursion",
			own.node.callee,
			`recursion: ${names.join(" → ")}${later}; calls are inlined, so write a loop, or bound it by hand`,
			{
				related: calls
					.filter((call) => call !== own)
					.flatMap((call) => {
						const at = nameOf(call.symbol);
						return [
							{ file: call.symbol.file, pos: at.pos, end: at.end, message: `\`${call.symbol.name}\` takes part in it` },
						];
					}),
			},
		);
	}
}

/** Whether a call stands in the file that is being checked. */
function callerFile(c: Checker, call: Call): true | undefined {
	for (const item of c.tree.items) if (item.kind === "function" && callsOf(item).includes(call)) return true;
	return undefined;
}

/** Every function that a scenario's threads reach must have a body by then. */
function checkScenarioCalls(c: Checker, scenario: ScenarioItem): void {
	const reported = new Set<string>();
	for (const member of scenario.members) {
		if (member.kind !== "thread" && member.kind !== "init" && member.kind !== "property") continue;
		for (const call of callsOf(member)) reportMissing(c, call, reported);
	}
}

function reportMissing(c: Checker, call: Call, reported: Set<string>): void {
	const seen = new Set<Caller>();
	const pending: Call[] = [call];
	for (let next = pending.pop(); next; next = pending.pop()) {
		const { symbol } = next;
		if (symbol.kind !== "function") continue;
		const item = definition(c, symbol);
		if (item === undefined) {
			if (reported.has(symbol.name)) continue;
			reported.add(symbol.name);
			const at = nameOf(symbol);
			const through = next === call ? "" : ` (called by way of \`${call.symbol.name}\`)`;
			c.report(
				"definition-missing",
				call.node.callee,
				`\`${symbol.name}\`${through} is declared, but nothing included here defines it`,
				{
					related: [{ file: symbol.file, pos: at.pos, end: at.end, message: "declared here" }],
				},
			);
		} else if (!seen.has(item)) {
			seen.add(item);
			pending.push(...callsOf(item));
		}
	}
}
