/**
 * Rules that can be decided without a search, for the threads and functions of one file. They say something only where it is so
 * on every path; a verdict they are not. Warnings of the editor: no error of the file, and nothing that the search heeds.
 */
import type { Module } from "../analyze.ts";
import type { Diagnostic } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { Effects, Flow } from "./flow.ts";
import { checkMustHold } from "./mustHold.ts";
import type { Body, BodyContext, ValidationCode } from "./rule.ts";
import { checkSleep } from "./sleepInAtomic.ts";
import { checkTags } from "./taggedDereference.ts";
import { checkUnlock } from "./unlockNotHeld.ts";
import { checkUseAfterUnlock } from "./useAfterUnlock.ts";

const done = new WeakMap<Module, readonly Diagnostic[]>();

/** What the rules say about a module, by place. Nothing while it has errors: then types are not known. */
export function validate(module: Module): readonly Diagnostic[] {
	const known = done.get(module);
	if (known) return known;
	const effects = new Effects(module.lookup);
	const found = module.hasErrors
		? []
		: inOrder(bodiesOf(module).flatMap((body) => validateBody(module, body, effects)));
	done.set(module, found);
	return found;
}

function bodiesOf(module: Module): Body[] {
	return module.tree.items.flatMap((item): Body[] => {
		if (item.kind === "function") return item.body ? [item] : [];
		if (item.kind !== "scenario") return [];
		return item.members.filter((member) => member.kind === "thread" || member.kind === "init");
	});
}

function validateBody(module: Module, body: Body, effects: Effects): Diagnostic[] {
	const block = body.body;
	if (!block) return [];
	const found: Diagnostic[] = [];
	const context: BodyContext = {
		module,
		body,
		block,
		effects,
		report: ({ severity = "warning", ...rest }, code: ValidationCode) => void found.push({ severity, code, ...rest }),
	};
	const absolute = body.kind !== "function";
	const given = new Map<SymbolInfo, string | undefined>();
	if (body.kind === "function") for (const { symbol } of body.parameters) if (symbol) given.set(symbol, undefined);
	const flow: Flow = new Flow(effects, given, absolute, (call, before, effect, callee) => {
		const item =
			effects.definition(callee) ?? (callee.declaration.kind === "function" ? callee.declaration : undefined);
		const classes = item ? flow.argumentsOf(item, call) : new Map();
		const one = { ...context, call, callee, before, effect, absolute, arguments: classes };
		checkSleep(one);
		checkUnlock(one);
		checkMustHold(one);
	});
	flow.run(block);
	checkTags(context);
	checkUseAfterUnlock(context);
	return found;
}

function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
	return [...diagnostics].sort((a, b) => a.pos - b.pos || a.end - b.end || a.code.localeCompare(b.code));
}
