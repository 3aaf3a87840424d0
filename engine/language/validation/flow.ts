/**
 * Follows a body from its beginning to its ends and knows at each call what is certain there. Calls of functions take the
 * effect that the function has on every path; loops are followed until nothing changes; who jumps backwards knows nothing.
 */
import type { Block, CallExpression, Expression, FunctionItem, Statement, VariableItem } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import { applyBuiltin, isTrylock, takeLock } from "./builtins.ts";
import { type Arguments, lockClassOf } from "./lockClasses.ts";
import {
	type Counted,
	count,
	deepen,
	happen,
	heldOf,
	join,
	keepsContexts,
	type Origin,
	type State,
	sameState,
	start,
} from "./state.ts";

/** Rounds of a loop until what is certain at its head must have settled; each round can only lose certainty. */
export const roundsMax = 16;
/** Statements that are followed for one module, those of loops and functions again for each time; then nothing is certain any more. */
export const statementsMax = 400_000;
/** Calls inside of calls that are followed; what is deeper may do anything. */
export const callDepthMax = 100;

/** What a function does to its caller, by whether it returns zero. */
export interface Effect {
	readonly nonzero: State | undefined;
	readonly zero: State | undefined;
	readonly any: State | undefined;
}

/** Sees each call with what is certain just before it, and what the callee does on every path. */
export type Watcher = (call: CallExpression, before: State, effect: Effect | undefined, callee: SymbolInfo) => void;

type Both = { readonly yes: State | undefined; readonly no: State | undefined };

/** Effects that are the same whoever includes the function: every function that it reaches has its body in view of its own file. */
const portable = new WeakMap<FunctionItem, Map<string, Effect>>();

/** Effects of functions as one module sees them, each found out once. */
export class Effects {
	private readonly own = new Map<FunctionItem, Map<string, Effect>>();
	private readonly open = new Set<FunctionItem>();
	private statementsLeft = statementsMax;
	/** Since this was last cleared, something depended on the module that asks. */
	private local = false;
	private readonly lookup: (name: string) => SymbolInfo | undefined;

	constructor(lookup: (name: string) => SymbolInfo | undefined) {
		this.lookup = lookup;
	}

	/** The function with a body that a call means. */
	definition(symbol: SymbolInfo): FunctionItem | undefined {
		const { declaration } = symbol;
		if (declaration.kind !== "function") return undefined;
		if (declaration.body || symbol.kind === "builtin") return declaration.body && declaration;
		this.local = true;
		const found = this.lookup(symbol.name)?.declaration;
		return found?.kind === "function" && found.body ? found : undefined;
	}

	/** Counts a statement; false when it is one too many. */
	mayFollow(): boolean {
		if (--this.statementsLeft >= 0) return true;
		this.local = true;
		return false;
	}

	of(item: FunctionItem, given: Arguments): Effect | undefined {
		const { body } = item;
		if (!body || this.open.has(item) || this.open.size >= callDepthMax) {
			this.local = true;
			return undefined;
		}
		const key = [...given.values()].map((one) => one ?? "?").join(",");
		const shared = portable.get(item)?.get(key);
		if (shared) return shared;
		const known = this.own.get(item)?.get(key);
		if (known) {
			this.local = true;
			return known;
		}
		const outer = this.local;
		this.local = false;
		this.open.add(item);
		const effect = new Flow(this, given, false).run(body);
		this.open.delete(item);
		const table = this.local ? this.own : portable;
		table.set(item, (table.get(item) ?? new Map<string, Effect>()).set(key, effect));
		this.local ||= outer;
		return effect;
	}
}

/** One body. `absolute`: a thread, which begins with nothing held. */
export class Flow {
	private readonly effects: Effects;
	private readonly given: Arguments;
	readonly absolute: boolean;
	private readonly watcher: Watcher | undefined;
	private readonly gotos = new Map<string, State | undefined>();
	private readonly backward = new Set<string>();
	private breaks: (State | undefined)[] = [];
	private continues: (State | undefined)[] = [];
	private returned: { nonzero: State | undefined; zero: State | undefined } = { nonzero: undefined, zero: undefined };
	private silent = 0;

	constructor(effects: Effects, given: Arguments, absolute: boolean, watcher?: Watcher) {
		this.effects = effects;
		this.given = given;
		this.absolute = absolute;
		this.watcher = watcher;
	}

	run(body: Block): Effect {
		this.findBackward(body);
		const end = this.statement(body, start);
		const nonzero = join(this.returned.nonzero, end);
		const zero = join(this.returned.zero, end);
		return { nonzero, zero, any: join(nonzero, zero) };
	}

	/** Labels that a later statement, or one inside a loop, jumps to. */
	private findBackward(body: Block): void {
		const seen = new Set<string>();
		const visit = (node: unknown): void => {
			if (Array.isArray(node)) for (const element of node) visit(element);
			else if (typeof node === "object" && node !== null && "kind" in node) {
				const statement = node as Statement;
				if (statement.kind === "label") seen.add(statement.name.text);
				else if (statement.kind === "goto" && seen.has(statement.label.text)) this.backward.add(statement.label.text);
				else if (statement.kind === "block") visit(statement.statements);
				else if (statement.kind === "if") visit([statement.then, statement.otherwise]);
				else if ("body" in statement) visit(statement.body);
			}
		};
		visit(body);
	}

	private statement(node: Statement, state: State | undefined): State | undefined {
		if (!this.effects.mayFollow()) return unknownState;
		switch (node.kind) {
			case "block":
				return node.statements.reduce((before: State | undefined, one) => this.statement(one, before), state);
			case "atomic":
				return this.statement(node.body, state);
			case "label":
				return this.label(node.name.text, state);
			case "goto":
				this.gotos.set(node.label.text, join(this.gotos.get(node.label.text), state));
				return undefined;
			case "break":
				this.breaks.push(state);
				return undefined;
			case "continue":
				this.continues.push(state);
				return undefined;
			case "return":
				this.leave(node.value, state);
				return undefined;
			case "switch":
				return this.switch(node, state);
			case "case":
				// One in a block inside of the switch's own: whoever gets there did not come this way.
				return unknownState;
			default:
				return state && this.reached(node, state);
		}
	}

	private reached(node: Statement, state: State): State | undefined {
		switch (node.kind) {
			case "declaration":
				return node.variables.reduce((before: State, one) => this.initializer(one, before), state);
			case "expression":
				return this.value(node.expression, state);
			case "if": {
				const { yes, no } = this.condition(node.condition, state);
				const then = this.statement(node.then, yes);
				return join(then, node.otherwise ? this.statement(node.otherwise, no) : no);
			}
			case "while":
				return this.loop(state, (head) => {
					const { yes, no } = this.condition(node.condition, head);
					return { again: this.body(node.body, yes), out: no };
				});
			case "do":
				return this.loop(state, (head) => {
					const end = this.body(node.body, head);
					const { yes, no } = end ? this.condition(node.condition, end) : { yes: undefined, no: undefined };
					return { again: yes, out: no };
				});
			case "for": {
				const first = node.initial;
				const before =
					first?.kind === "declaration" ? this.reached(first, state) : first ? this.value(first, state) : state;
				return this.loop(before, (head) => {
					const { yes, no } = node.condition ? this.condition(node.condition, head) : { yes: head, no: undefined };
					const end = this.body(node.body, yes);
					return { again: end && node.update ? this.value(node.update, end) : end, out: no };
				});
			}
			default:
				return state;
		}
	}

	private initializer(node: VariableItem, state: State): State {
		const { initializer } = node;
		return initializer && initializer.kind !== "initializer_list" ? this.value(initializer, state) : state;
	}

	/** A jump from further down, or from within a loop, may come from anywhere: then nothing is certain. */
	private label(name: string, state: State | undefined): State | undefined {
		return this.backward.has(name) ? unknownState : join(state, this.gotos.get(name));
	}

	private leave(value: Expression | undefined, state: State | undefined): void {
		if (!state) return;
		const { yes, no } = value ? this.condition(value, state) : { yes: state, no: state };
		this.returned = { nonzero: join(this.returned.nonzero, yes), zero: join(this.returned.zero, no) };
	}

	/** One round of a loop's body, with the `continue`s in it. */
	private body(node: Statement, state: State | undefined): State | undefined {
		const outer = this.continues;
		this.continues = [];
		const end = this.statement(node, state);
		const all = this.continues.reduce(join, end);
		this.continues = outer;
		return all;
	}

	private loop(
		before: State | undefined,
		round: (head: State) => { readonly again: State | undefined; readonly out: State | undefined },
	): State | undefined {
		if (!before) return undefined;
		const outer = this.breaks;
		let head: State = before;
		this.silent++;
		for (let rounds = 0; ; rounds++) {
			this.breaks = [];
			const after = join(before, round(head).again) ?? before;
			if (sameState(after, head)) break;
			head = rounds < roundsMax ? (join(head, after) ?? after) : unknownState;
			if (rounds > roundsMax) break;
		}
		this.silent--;
		this.breaks = [];
		const { out } = round(head);
		const end = this.breaks.reduce(join, out);
		this.breaks = outer;
		return end;
	}

	/** Every case may be the one; a switch in which nothing matches is passed by. */
	private switch(node: Statement & { readonly kind: "switch" }, state: State | undefined): State | undefined {
		if (!state) return undefined;
		const before = this.value(node.value, state);
		const outer = this.breaks;
		this.breaks = [];
		const statements = node.body.kind === "block" ? node.body.statements : [node.body];
		let end: State | undefined;
		for (const one of statements) end = one.kind === "case" ? join(end, before) : this.statement(one, end);
		const all = this.breaks.reduce(join, join(end, before));
		this.breaks = outer;
		return all;
	}

	// ------------------------------------------------------------------------------------------------- expressions

	/** What is certain after a condition that held, and after one that did not. */
	private condition(node: Expression, state: State): Both {
		switch (node.kind) {
			case "parenthesized":
				return this.condition(node.operand, state);
			case "unary":
				if (node.operator === "!") {
					const { yes, no } = this.condition(node.operand, state);
					return { yes: no, no: yes };
				}
				break;
			case "binary":
				if (node.operator === "&&" || node.operator === "||") {
					const left = this.condition(node.left, state);
					const on = node.operator === "&&" ? left.yes : left.no;
					const right = on ? this.condition(node.right, on) : { yes: undefined, no: undefined };
					return node.operator === "&&"
						? { yes: right.yes, no: join(left.no, right.no) }
						: { yes: join(left.yes, right.yes), no: right.no };
				}
				break;
			case "call":
				return this.call(node, state);
		}
		const after = this.value(node, state);
		const constant = node.constant;
		return {
			yes: constant === 0 ? undefined : after,
			no: constant !== undefined && constant !== 0 ? undefined : after,
		};
	}

	private value(node: Expression, state: State): State {
		switch (node.kind) {
			case "call": {
				const { yes, no } = this.call(node, state);
				return join(yes, no) ?? unknownState;
			}
			case "parenthesized":
			case "cast":
			case "update":
				return this.value(node.operand, state);
			case "unary":
				return this.value(node.operand, state);
			case "member":
				return this.value(node.object, state);
			case "index":
				return this.value(node.index, this.value(node.object, state));
			case "assignment":
				return this.value(node.target, this.value(node.value, state));
			case "comma":
				return this.value(node.right, this.value(node.left, state));
			case "binary": {
				if (node.operator !== "&&" && node.operator !== "||")
					return this.value(node.right, this.value(node.left, state));
				const { yes, no } = this.condition(node, state);
				return join(yes, no) ?? state;
			}
			case "conditional": {
				const { yes, no } = this.condition(node.condition, state);
				const then = yes && node.then ? this.value(node.then, yes) : yes;
				return join(then, no && this.value(node.otherwise, no)) ?? state;
			}
			default:
				return state;
		}
	}

	private call(node: CallExpression, before: State): Both {
		const callee = node.callee.kind === "name" ? node.callee.symbol : undefined;
		if (!callee) return { yes: before, no: before };
		if (callee.kind === "builtin" && (callee.name === "likely" || callee.name === "unlikely")) {
			const [inner] = node.arguments;
			return inner && inner.kind !== "type_name" ? this.condition(inner, before) : { yes: before, no: before };
		}
		let state = before;
		for (const argument of node.arguments) if (argument.kind !== "type_name") state = this.value(argument, state);
		if (callee.kind === "builtin") {
			if (this.silent === 0) this.watcher?.(node, state, undefined, callee);
			const origin = { name: callee.name, pos: node.pos };
			if (isTrylock(callee.name)) return { yes: takeLock(node, state, this.given, this.absolute, origin), no: state };
			const after = applyBuiltin(node, callee.name, state, this.given, this.absolute, origin);
			return { yes: after, no: after };
		}
		const item = this.effects.definition(callee);
		const effect = item && this.effects.of(item, this.argumentsOf(item, node));
		if (this.silent === 0) this.watcher?.(node, state, effect, callee);
		if (!effect) return { yes: unknownState, no: unknownState };
		const origin = { name: callee.name, pos: node.pos };
		const after = (exit: State | undefined) => exit && this.compose(state, exit, origin);
		return { yes: after(effect.nonzero), no: after(effect.zero) };
	}

	/** Classes of the locks that a call hands over. */
	argumentsOf(item: FunctionItem, call: CallExpression): Arguments {
		const classes = new Map<SymbolInfo, string | undefined>();
		for (const [index, parameter] of item.parameters.entries()) {
			const argument = call.arguments[index];
			const type = parameter.symbol?.type;
			if (!parameter.symbol || type?.kind !== "pointer" || type.to.kind !== "lock") continue;
			classes.set(
				parameter.symbol,
				argument && argument.kind !== "type_name" ? lockClassOf(argument, this.given) : undefined,
			);
		}
		return classes;
	}

	private compose(before: State, exit: State, origin: Origin): State {
		let state = before;
		const contexts: readonly Counted[] = ["rcu", "preempt", "spin"];
		if (keepsContexts(before)) {
			for (const event of exit.happened) {
				const [kind, ...rest] = event.split(" ");
				if (kind === "sleep" || heldOf(before, rest.join(" ")) === 0) state = happen(state, event);
			}
		}
		for (const context of contexts) state = deepen(state, context, exit.depth[context], this.absolute, origin);
		if (exit.irq !== "same") {
			const origins = exit.irq === "off" && state.irq !== "off" ? { ...state.origins, irq: origin } : state.origins;
			state = { ...state, irq: exit.irq, origins };
		}
		if (exit.others === "unknown") return { ...state, locks: new Map(), others: "unknown" };
		for (const [lockClass, change] of exit.locks) state = count(state, lockClass, change, this.absolute);
		return state;
	}
}

/** Nothing is certain. */
const unknownState: State = {
	depth: { rcu: -(2 ** 20), preempt: -(2 ** 20), spin: -(2 ** 20) },
	irq: "unknown",
	origins: {},
	locks: new Map(),
	others: "unknown",
	happened: new Set(),
};
