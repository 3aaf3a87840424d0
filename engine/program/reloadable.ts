/**
 * What is known of the registers of a thread that hold, or were computed from, what a plain load got: facts for reload.ts.
 *
 * Registers whose values come from one load, by copying or computing, are a group: once one of them was used, the compiler may
 * load again for the next use of any.
 */
import { registersRead } from "../memory/expression.ts";
import { registersUsed } from "./liveness.ts";
import type { Expression, Instruction, Place } from "./program.ts";

/** A register that may be had again by loading `place`. */
export interface Reloadable {
	readonly place: Place;
	/** Something that this load brought was used since. */
	readonly used: boolean;
	/** A reload stands just before the instruction that uses it. */
	readonly offered?: true;
	/** The registers of one load have the same number. */
	readonly group: number;
	/** Computed from what was loaded, which `loaded` remembers; absent: the register is what was loaded. */
	readonly computed?: { readonly loaded: number; readonly value: Expression };
}
export type Facts = ReadonlyMap<number, Reloadable>;

export const noFacts: Facts = new Map();

/** The facts about these registers, with groups numbered by their least member. */
export function restrict(facts: Facts, live: ReadonlySet<number>): Facts {
	const least = new Map<number, number>();
	for (const [register, { group }] of facts)
		if (live.has(register)) least.set(group, Math.min(register, least.get(group) ?? register));
	const kept = new Map<number, Reloadable>();
	for (const [register, fact] of facts)
		if (live.has(register)) kept.set(register, { ...fact, group: least.get(fact.group) as number });
	return kept;
}

/** The same text for the same facts. */
export function keyOf(facts: Facts): string {
	return [...facts]
		.sort(([a], [b]) => a - b)
		.map(
			([register, { place, used, offered, group, computed }]) =>
				`${register}${used ? (offered ? "?" : "!") : ""}${group}=${JSON.stringify([place.base, place.offset, computed])}`,
		)
		.join(",");
}

/** A group that no fact has. */
export const newGroup = (facts: Facts): number => 1 + Math.max(-1, ...[...facts.values()].map(({ group }) => group));

/** The register that an instruction gives another name, or computes another value from and from nothing else. */
export function derivedFrom(instruction: Instruction): number | undefined {
	if (instruction.kind !== "assign" || instruction.handedOver) return undefined;
	const [only, ...more] = registersUsed(instruction);
	return more.length === 0 ? only : undefined;
}

/** Whether the instruction only gives a value another name. */
export const isCopy = (instruction: Instruction): boolean =>
	instruction.kind === "assign" && instruction.value.op === "register" && !instruction.handedOver;

/** An expression over `from` with `to` in its place. */
export function substituted(expression: Expression, from: number, to: Expression): Expression {
	switch (expression.op) {
		case "constant":
			return expression;
		case "register":
			return expression.register === from ? to : expression;
		case "unary":
			return { ...expression, operand: substituted(expression.operand, from, to) };
		case "binary":
			return {
				...expression,
				left: substituted(expression.left, from, to),
				right: substituted(expression.right, from, to),
			};
		case "select":
			return {
				...expression,
				condition: substituted(expression.condition, from, to),
				then: substituted(expression.then, from, to),
				otherwise: substituted(expression.otherwise, from, to),
			};
	}
}

/** The instruction uses registers: what came with the same loads counts as used. */
export function markUses(facts: Map<number, Reloadable>, instruction: Instruction): void {
	const source = derivedFrom(instruction);
	if (source !== undefined) {
		const fact = facts.get(source);
		if (fact && !isCopy(instruction)) facts.set(source, { ...fact, used: true });
		return;
	}
	const groups = new Set([...registersUsed(instruction)].flatMap((register) => facts.get(register)?.group ?? []));
	for (const [register, fact] of facts) if (groups.has(fact.group)) facts.set(register, { ...fact, used: true });
}

/** How many registers, constants and operators an expression is made of. */
export function sizeOf(expression: Expression): number {
	switch (expression.op) {
		case "constant":
		case "register":
			return 1;
		case "unary":
			return 1 + sizeOf(expression.operand);
		case "binary":
			return 1 + sizeOf(expression.left) + sizeOf(expression.right);
		case "select":
			return 1 + sizeOf(expression.condition) + sizeOf(expression.then) + sizeOf(expression.otherwise);
	}
}

/** Whether a place is computed from a register. */
export function reads(place: Place, register: number): boolean {
	const read = new Set<number>();
	registersRead(place.base, read);
	registersRead(place.offset, read);
	return read.has(register);
}

/** A register gets a new value: neither it nor what is computed from it is what it was. */
export function kill(facts: Map<number, Reloadable>, register: number): void {
	facts.delete(register);
	for (const [other, fact] of [...facts])
		if (reads(fact.place, register) || fact.computed?.loaded === register) facts.delete(other);
}
