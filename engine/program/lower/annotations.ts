/** What annotations demand of the code: locks held where a function begins (`__must_hold`) and where a field is touched (`__guarded_by`). */
import type { Annotation, FunctionItem, Range, Expression as Tree } from "../../language/syntax.ts";
import type { StructType, Type } from "../../language/types.ts";
import type { Expression, Marking, Place } from "../program.ts";
import { bare } from "./context.ts";
import { lowerExpression } from "./expressions.ts";
import { binary, constant, register, unary } from "./fold.ts";
import { isStruct, structLayout } from "./layout.ts";
import { atAddress, lowerLvalue } from "./places.ts";
import type { Lvalue, ThreadLowering } from "./thread.ts";

/** The lock that guards a field or variable. */
export interface Guard {
	readonly lock: Place;
	/** What is guarded, and by what, as a reader would write it. */
	readonly text: string;
}

/** Emits the demands of a function that begins here: its parameters are bound, its body is still to come. */
export function demandsAtEntry(t: ThreadLowering, item: FunctionItem): void {
	for (const annotation of [...item.annotations, ...item.returnType.annotations]) {
		const [argument] = annotation.arguments;
		const name = annotation.name.text;
		if (!argument || !/^__(must_hold|releases)(_shared)?$|^__excludes$/.test(name)) continue;
		const what = `${item.name.text}() ${name}(${t.context.sources.text(t.activation.file, argument)})`;
		if (argument.kind === "name" && /^RCU(_BH|_SCHED)?$/.test(argument.name.text)) {
			demandReader(t, argument, what, argument.name.text, name === "__excludes");
			continue;
		}
		const held = holds(t, lockOf(t, argument), /_shared$|^__excludes$/.test(name), argument);
		if (name === "__excludes") demand(t, unary("not", held), `${what}: it is held`, argument);
		else demand(t, held, `${what}: it is not held`, argument);
	}
}

function demandReader(t: ThreadLowering, range: Range, what: string, name: string, excluded: boolean): void {
	const target = t.temporary({ kind: "bool" });
	t.emit({ kind: "context_get", register: target, context: name === "RCU" ? "rcu" : "preempt" }, range);
	const inside = binary("not_equal", register(target), constant(0));
	demand(t, excluded ? unary("not", inside) : inside, `${what}: this is ${excluded ? "one" : "no"} reader`, range);
}

/** A lock, or a pointer to one. */
function lockOf(t: ThreadLowering, tree: Tree): Place {
	const inner = bare(tree) as Tree;
	const lvalue =
		inner.kind === "unary" && inner.operator === "&"
			? lowerLvalue(t, inner.operand)
			: inner.type?.kind === "pointer"
				? atAddress(t, lowerExpression(t, inner), inner.type.to, t.context.sources.text(t.activation.file, inner))
				: lowerLvalue(t, inner);
	if (lvalue.kind !== "memory") throw t.error(tree, "a lock lives in memory");
	return lvalue.place;
}

function holds(t: ThreadLowering, lock: Place, shared: boolean, range: Range): Expression {
	const target = t.temporary({ kind: "bool" });
	t.emit({ kind: "holds", register: target, lock, shared }, range);
	return register(target);
}

function demand(t: ThreadLowering, condition: Expression, message: string, range: Range): void {
	t.emit({ kind: "check", condition, violation: "lock_misuse", message }, range);
}

/** The guard of a variable or of a field in the struct at this place; undefined where none is named. */
export function guardOf(
	t: ThreadLowering,
	annotations: readonly Annotation[],
	text: string,
	within?: {
		readonly owner: StructType;
		readonly base: Expression;
		readonly offset: Expression;
		readonly structure: number;
	},
): Guard | undefined {
	const argument = annotations.find((annotation) => annotation.name.text === "__guarded_by")?.arguments[0];
	// Before the threads run nobody else is there; a property only looks.
	if (!argument || t.number < 0) return undefined;
	const sibling = argument.kind === "name" ? argument.symbol : undefined;
	const words = `${text} is guarded by ${t.context.sources.text(t.activation.file, argument)}`;
	if (!within || sibling?.declaration.kind !== "field") return { lock: lockOf(t, argument), text: words };
	const at = structLayout(within.owner).offsets.get(sibling.name);
	if (at === undefined || !isLock(sibling.type))
		throw t.error(argument, "a field is guarded by a lock of the same struct");
	const offset = binary("add", within.offset, constant(at));
	const lockText = `${text.replace(/\w+$/, "")}${sibling.name}`;
	const lock = { base: within.base, offset, structure: within.structure, text: lockText };
	return { lock, text: `${text} is guarded by ${lockText}` };
}

const isLock = (type: Type): boolean => type.kind === "lock" && !isStruct(type);

/** Emits the demand that the guard of what is touched is held: exclusively for a write. */
export function demandGuard(t: ThreadLowering, lvalue: Lvalue, marking: Marking, writes: boolean, range: Range): void {
	if (lvalue.kind !== "memory" || !lvalue.guard || marking === "data_race") return;
	const held = holds(t, lvalue.guard.lock, !writes, range);
	demand(t, held, `${lvalue.guard.text}, which is not held${writes ? " for writing" : ""}`, range);
}
