/** A rule that needs no search: what it is asked, and what it may say. */
import type { Module } from "../analyze.ts";
import type { Block, CallExpression, Diagnostic, FunctionItem, InitMember, ThreadMember } from "../syntax.ts";
import type { SymbolInfo } from "../types.ts";
import type { Effect, Effects } from "./flow.ts";
import type { Arguments } from "./lockClasses.ts";
import type { State } from "./state.ts";

/** Codes of what these rules say, sorted. They are warnings of the editor: a scenario may well mean to break a rule. */
export const validationCodes = [
	"lock-not-held",
	"sleep-in-atomic",
	"tag-not-tested",
	"unlock-not-held",
	"use-after-unlock",
] as const;
export type ValidationCode = (typeof validationCodes)[number];

export type Body = FunctionItem | ThreadMember | InitMember;

export interface BodyContext {
	readonly module: Module;
	readonly body: Body;
	readonly block: Block;
	readonly effects: Effects;
	report(
		diagnostic: Omit<Diagnostic, "severity" | "code"> & { readonly severity?: Diagnostic["severity"] },
		code: ValidationCode,
	): void;
}

export interface CallContext extends BodyContext {
	readonly call: CallExpression;
	readonly callee: SymbolInfo;
	/** What is certain just before the call, its arguments evaluated. */
	readonly before: State;
	/** What the callee does; undefined for builtins. */
	readonly effect: Effect | undefined;
	/** A thread: counts of locks are the world's, not the caller's. */
	readonly absolute: boolean;
	/** The locks that the callee's parameters point to. */
	readonly arguments: Arguments;
}

/** "line 12" of an offset of the module's text. */
export function lineOf(module: Module, pos: number): string {
	return `line ${module.lines.position(pos).line}`;
}

/** Where the body's name is, for related information. */
export function relatedCall(module: Module, pos: number, name: string, message: string) {
	return [{ file: module.file, pos, end: pos + name.length, message }];
}
