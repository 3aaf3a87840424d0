/** Annotations of kernel C: which there are, where they stand, what they take. */
import { suggest } from "../suggestions.ts";
import type { Annotation, Expression, Field, FunctionItem, StructBody, VariableItem } from "../syntax.ts";
import type { SymbolInfo, Type } from "../types.ts";
import { type Checker, replacement, setType } from "./checker.ts";
import { checkExpression } from "./expressions.ts";
import { typeText, unknownType } from "./types.ts";

interface AnnotationRule {
	/** What its argument is, or undefined where it takes none. */
	readonly argument?: "lock" | "constant" | "any";
	readonly functions?: true;
	readonly variables?: true;
	/** Accepted, and without meaning for the search. */
	readonly ignored?: true;
}

/** The annotations that have a meaning here, and the kernel's others, which are accepted. */
export const annotationRules: ReadonlyMap<string, AnnotationRule> = new Map<string, AnnotationRule>([
	["__must_hold", { argument: "lock", functions: true }],
	["__must_hold_shared", { argument: "lock", functions: true }],
	["__acquires", { argument: "lock", functions: true }],
	["__acquires_shared", { argument: "lock", functions: true }],
	["__cond_acquires", { argument: "any", functions: true }],
	["__releases", { argument: "lock", functions: true }],
	["__releases_shared", { argument: "lock", functions: true }],
	["__excludes", { argument: "lock", functions: true }],
	["__guarded_by", { argument: "lock", variables: true }],
	["__pt_guarded_by", { argument: "lock", variables: true }],
	["__lock_rank", { argument: "constant", variables: true }],
	["__byref", { variables: true }],
	["__rcu", { variables: true }],
	...[
		"__user",
		"__iomem",
		"__percpu",
		"__force",
		"__init",
		"__exit",
		"__sched",
		"__cold",
		"__hot",
		"__pure",
		"__ref",
		"__weak",
		"__used",
		"__unused",
		"__read_mostly",
		"__ro_after_init",
		"__cacheline_aligned",
		"__cacheline_aligned_in_smp",
		"__randomize_layout",
		"__packed",
		"__aligned",
		"__attribute__",
		"__bitwise",
		"__private",
		"__nocast",
		"__safe",
		"__noreturn",
		"__malloc",
		"__printf",
		"__nonnull",
		"__no_sanitize_address",
		"__no_kcsan",
		"__kprobes",
		"__latent_entropy",
		"__alloc_size",
		"__counted_by",
		"__init_or_module",
		"__meminit",
		"__deprecated",
		"__visible",
		"__flatten",
	].map((name) => [name, { ignored: true }] as const satisfies readonly [string, AnnotationRule]),
]);

/** Contexts that `__must_hold` and its kin may name instead of a lock. */
export const contextNames: ReadonlySet<string> = new Set(["RCU", "RCU_BH", "RCU_SCHED"]);

function ruleOf(c: Checker, annotation: Annotation): AnnotationRule | undefined {
	const { name } = annotation;
	const rule = annotationRules.get(name.text);
	if (rule !== undefined) return rule;
	const near = suggest(name.text, annotationRules.keys());
	const hint = near === undefined ? ": it has no effect" : `; did you mean \`${near}\`?`;
	c.report("unknown-annotation", name, `unknown annotation \`${name.text}\`${hint}`, {
		severity: "warning",
		...(near !== undefined && { fix: replacement(name, near) }),
	});
	return undefined;
}

function checkCount(c: Checker, annotation: Annotation, example: string): boolean {
	if (annotation.arguments.length === 1) return true;
	c.report("annotation-argument", annotation, `\`${annotation.name.text}\` takes one argument: \`${example}\``);
	return false;
}

/** Checks what stands on a function; the scope holds its parameters. */
export function checkFunctionAnnotations(c: Checker, node: FunctionItem): void {
	for (const annotation of [...node.annotations, ...node.returnType.annotations]) {
		const rule = ruleOf(c, annotation);
		if (!rule || rule.ignored) continue;
		if (!rule.functions) {
			c.report(
				"annotation-argument",
				annotation,
				`\`${annotation.name.text}\` belongs to a field or an object, not to a function`,
			);
			continue;
		}
		if (rule.argument === "any" || !checkCount(c, annotation, `${annotation.name.text}(&folio->lock)`)) continue;
		const [argument] = annotation.arguments;
		if (argument && !isContextName(argument)) checkLockArgument(c, annotation, argument, checkExpression(c, argument));
	}
	for (const parameter of node.parameters) {
		for (const annotation of parameter.typeName.annotations) ruleOf(c, annotation);
	}
}

function isContextName(argument: Expression): boolean {
	if (argument.kind !== "name" || !contextNames.has(argument.name.text)) return false;
	setType(argument, unknownType);
	return true;
}

/** A lock, or a pointer to one: `__must_hold(lock)`, `__must_hold(&folio->lock)`, `__guarded_by(i_lock)`. */
function checkLockArgument(c: Checker, annotation: Annotation, argument: Expression, type: Type): void {
	const lock = type.kind === "pointer" ? type.to : type;
	if (lock.kind === "lock" || lock.kind === "unknown") return;
	c.report(
		"annotation-argument",
		argument,
		`\`${annotation.name.text}\` names a lock or a pointer to one; this is ${typeText(type)}`,
	);
}

/** Checks what stands on an object. */
export function checkVariableAnnotations(c: Checker, node: VariableItem): void {
	for (const annotation of [...node.annotations, ...node.typeName.annotations]) {
		const rule = ruleOf(c, annotation);
		if (!rule || rule.ignored) continue;
		if (rule.functions) {
			c.report("annotation-argument", annotation, `\`${annotation.name.text}\` belongs to a function`);
		} else if (rule.argument === "constant") checkRank(c, annotation);
		else if (rule.argument === "lock" && checkCount(c, annotation, `${annotation.name.text}(lock)`)) {
			const [argument] = annotation.arguments;
			if (argument) checkLockArgument(c, annotation, argument, checkExpression(c, argument));
		} else if (annotation.name.text === "__byref") {
			c.report(
				"annotation-argument",
				annotation,
				"`__byref` belongs to a parameter: the function writes to the caller's variable",
			);
		}
	}
}

function checkRank(c: Checker, annotation: Annotation): void {
	if (!checkCount(c, annotation, "__lock_rank(10)")) return;
	const [argument] = annotation.arguments;
	if (!argument) return;
	const type = checkExpression(c, argument);
	if (argument.constant === undefined && type.kind !== "unknown") {
		c.report(
			"annotation-argument",
			argument,
			"the rank of a lock is a constant: its place in the documented order, outer locks lower",
		);
	}
}

/** Checks what stands on a field. A lock is looked for among the fields of the same struct first. */
export function checkFieldAnnotations(c: Checker, node: Field, body: StructBody): void {
	for (const annotation of [...node.annotations, ...node.typeName.annotations]) {
		const rule = ruleOf(c, annotation);
		if (!rule || rule.ignored) continue;
		if (rule.functions) {
			c.report("annotation-argument", annotation, `\`${annotation.name.text}\` belongs to a function`);
		} else if (rule.argument === "constant") checkRank(c, annotation);
		else if (rule.argument === "lock" && checkCount(c, annotation, `${annotation.name.text}(lock)`)) {
			c.afterTypes.push(() => checkGuard(c, annotation, body));
		}
	}
}

function checkGuard(c: Checker, annotation: Annotation, body: StructBody): void {
	const [argument] = annotation.arguments;
	if (!argument) return;
	if (argument.kind === "name") {
		const symbol: SymbolInfo | undefined = body.fields.find((field) => field.name?.text === argument.name.text)?.symbol;
		if (symbol !== undefined) {
			argument.symbol = symbol;
			checkLockArgument(c, annotation, argument, setType(argument, symbol.type));
			return;
		}
	}
	checkLockArgument(c, annotation, argument, checkExpression(c, argument));
}
