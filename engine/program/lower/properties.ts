/** Properties of the scenario's author: conditions over shared memory and threads' variables, run glued in one go. */
import type { PropertyMember, Expression as Tree } from "../../language/syntax.ts";
import type { Property } from "../program.ts";
import type { ProgramContext } from "./context.ts";
import { lowerExpression } from "./expressions.ts";
import { constant, truth } from "./fold.ts";
import { ThreadLowering } from "./thread.ts";

/** Lowers one property; `threads` are the scenario's, by name. */
export function lowerProperty(
	context: ProgramContext,
	property: PropertyMember,
	threads: readonly { name: string; lowering: ThreadLowering }[],
): Property {
	const t = new ThreadLowering(context, -1, 0, context.file);
	const result = t.code.newRegister(undefined, { kind: "bool" });
	const variables: { register: number; thread: number; of: number }[] = [];
	bindVariables(t, property.condition, threads, variables);
	t.statement = property.condition;
	t.emit({ kind: "await", condition: constant(1) }, property.condition);
	t.atomicDepth = 1;
	t.emit(
		{ kind: "assign", register: result, value: truth(lowerExpression(t, property.condition)) },
		property.condition,
	);
	t.code.end(t.site(property.condition));
	return {
		property: property.property,
		text: context.sources.text(context.file, property.condition),
		...meaningOf(property),
		location: context.sources.location(context.file, property),
		code: t.finish(property.property, "thread", property),
		variables,
	};
}

/** What the author says about a property or a check, white space folded. */
export function meaningOf({ doc }: Pick<PropertyMember, "doc">): { readonly meaning?: string } {
	const meaning = doc?.text.replace(/\s+/g, " ").trim() ?? "";
	return meaning === "" ? {} : { meaning };
}

/** Gives each `thread.variable` in the condition a register of the property's own. */
function bindVariables(
	t: ThreadLowering,
	tree: Tree,
	threads: readonly { name: string; lowering: ThreadLowering }[],
	variables: { register: number; thread: number; of: number }[],
): void {
	const visit = (node: unknown): void => {
		if (Array.isArray(node)) {
			for (const element of node) visit(element);
			return;
		}
		if (typeof node !== "object" || node === null || !("kind" in node)) return;
		const inner = node as Tree;
		if (inner.kind === "member" && !inner.arrow && inner.object.kind === "name") {
			const object = inner.object;
			const thread = threads.findIndex((candidate) => candidate.name === object.name.text);
			const declaration = object.symbol?.declaration.kind;
			if (thread >= 0 && (declaration === "thread" || declaration === undefined)) {
				const of = threads[thread]?.lowering.named.get(inner.name.text);
				if (of === undefined)
					throw t.error(inner, `thread ${object.name.text} keeps no value of a variable ${inner.name.text}`);
				const register = t.code.newRegister(undefined, { kind: "integer", signed: true });
				variables.push({ register, thread, of });
				t.threadVariables.set(inner, register);
				return;
			}
		}
		for (const [key, child] of Object.entries(inner))
			if (key !== "symbol" && key !== "type" && typeof child === "object") visit(child);
	};
	visit(tree);
}
