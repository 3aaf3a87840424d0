/** A program on its way to the search over interleavings: the compiler's reloads put in, registers shared. */
import { coalesced } from "./coalesce.ts";
import type { Program, Property, Thread } from "./program.ts";
import { withCompilerReloads } from "./reload.ts";

/**
 * The program as interleavings show it: sequentially consistent, with the compiler's reloads where they are allowed (execution
 * graphs know plain accesses for themselves), and with few registers. A program that has been here already stays as it is.
 */
export function underInterleavings(program: Program): Program {
	const { compilerMayReload, ...rest } = program;
	if (compilerMayReload === undefined) return program;
	// Reloads first: what a load may be repeated from must not have been overwritten by a register shared too early.
	const threads = compilerMayReload ? withCompilerReloads(program) : program.threads;
	return { ...rest, memory: "sc", ...compacted(threads, program.properties) };
}

/** Threads with as few registers as they need; what properties look at, and callbacks' arguments, stay by themselves. */
function compacted(
	threads: readonly Thread[],
	properties: readonly Property[],
): { readonly threads: readonly Thread[]; readonly properties: readonly Property[] } {
	const results = threads.map((thread, index) => {
		const kept = new Set(
			properties.flatMap((property) => property.variables.flatMap((of) => (of.thread === index ? [of.of] : []))),
		);
		// A callback's only argument is its first register, and stays it.
		if (thread.kind === "callback") kept.add(0);
		return coalesced(thread, kept);
	});
	return {
		threads: results.map((result) => result.thread),
		properties: properties.map((property) => ({
			...property,
			variables: property.variables.map((of) => ({ ...of, of: results[of.thread]?.numbers[of.of] ?? of.of })),
		})),
	};
}
