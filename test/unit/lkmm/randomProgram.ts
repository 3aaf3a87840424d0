/** Small random litmus programs, and their text. */
import fc from "fast-check";
import type { Step } from "./reference.ts";

export type RandomProgram = readonly (readonly Step[])[];

const places = ["x", "y"];
const place = fc.constantFrom(...places);
const registers = ["r0", "r1"];
const register = fc.constantFrom(...registers);
const rmwTag = fc.constantFrom("full", "once", "acquire", "release");

const simple: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			op: fc.constant("load"),
			register,
			at: place,
			tag: fc.constantFrom("once", "once", "acquire"),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			op: fc.constant("load"),
			register,
			at: place,
			tag: fc.constantFrom("once"),
			through: register,
		}),
	},
	{
		weight: 4,
		arbitrary: fc.record({
			op: fc.constant("store"),
			at: place,
			value: fc.constantFrom(1, 2),
			tag: fc.constantFrom("once", "once", "release"),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			op: fc.constant("store"),
			at: place,
			value: fc.constant(1),
			tag: fc.constant("once"),
			plus: register,
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({ op: fc.constant("xchg"), register, at: place, value: fc.constant(2), tag: rmwTag }),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			op: fc.constant("cmpxchg"),
			register,
			at: place,
			old: fc.constantFrom(0, 1),
			value: fc.constant(2),
			tag: rmwTag,
		}),
	},
	{ weight: 1, arbitrary: fc.record({ op: fc.constant("add_return"), register, at: place, tag: rmwTag }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant("inc"), at: place }) },
	{
		weight: 4,
		arbitrary: fc.record({
			op: fc.constant("fence"),
			fence: fc.constantFrom("mb", "rmb", "wmb", "before_atomic", "after_atomic", "sync"),
		}),
	},
) as fc.Arbitrary<Step>;

const plain: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ op: fc.constant("load"), register, at: place, tag: fc.constant("plain") }),
	fc.record({ op: fc.constant("store"), at: place, value: fc.constantFrom(1, 2), tag: fc.constant("plain") }),
) as fc.Arbitrary<Step>;

const branch = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
	fc.record({
		op: fc.constant("if" as const),
		register,
		then: fc.array(inner, { minLength: 1, maxLength: 2 }),
		otherwise: fc.array(inner, { maxLength: 1 }),
	});

const wrapped =
	(begin: Step, end: Step, more: Step[]) =>
	(steps: readonly Step[]): Step[] => [begin, ...more, ...steps, end];

/** Programs of two or three threads; `plain` ones have unmarked accesses too. */
export function randomProgram(options: { plain: boolean }): fc.Arbitrary<RandomProgram> {
	const base = options.plain ? fc.oneof({ weight: 2, arbitrary: simple }, { weight: 2, arbitrary: plain }) : simple;
	const step = fc.oneof({ weight: 6, arbitrary: base }, { weight: 1, arbitrary: branch(base) });
	const steps = fc.array(step, { minLength: 1, maxLength: 4 });
	const fence = (name: "after_spinlock" | "after_unlock_lock"): Step => ({ op: "fence", fence: name });
	const lock: Step = { op: "lock", at: "l" };
	const unlock: Step = { op: "unlock", at: "l" };
	const thread = fc.oneof(
		{ weight: 6, arbitrary: steps },
		{
			weight: 1,
			arbitrary: fc
				.tuple(
					fc.array(base, { minLength: 1, maxLength: 2 }),
					fc.constantFrom<Step[]>([], [fence("after_spinlock")], [fence("after_unlock_lock")]),
				)
				.map(([inner, more]) => wrapped(lock, unlock, more)(inner)),
		},
		{
			weight: 1,
			arbitrary: fc
				.array(base, { minLength: 1, maxLength: 3 })
				.map(wrapped({ op: "fence", fence: "rcu_lock" }, { op: "fence", fence: "rcu_unlock" }, [])),
		},
	);
	return fc.array(thread, { minLength: 2, maxLength: 3 });
}

const fenceNames: Readonly<Record<string, string>> = {
	mb: "smp_mb",
	rmb: "smp_rmb",
	wmb: "smp_wmb",
	before_atomic: "smp_mb__before_atomic",
	after_atomic: "smp_mb__after_atomic",
	after_spinlock: "smp_mb__after_spinlock",
	after_unlock_lock: "smp_mb__after_unlock_lock",
	rcu_lock: "rcu_read_lock",
	rcu_unlock: "rcu_read_unlock",
	sync: "synchronize_rcu",
};

const suffix = (tag: string): string => (tag === "full" ? "" : tag === "once" ? "_relaxed" : `_${tag}`);

function lines(steps: readonly Step[], indent: string): string[] {
	const one = (step: Step): string[] => {
		switch (step.op) {
			case "load": {
				const at = step.through === undefined ? step.at : `(${step.at} + (${step.through} - ${step.through}))`;
				const value =
					step.tag === "plain" ? `*${at}` : step.tag === "once" ? `READ_ONCE(*${at})` : `smp_load_acquire(${at})`;
				return [`${indent}${step.register} = ${value};`];
			}
			case "store": {
				const value = step.plus === undefined ? step.value : `${step.value} + ${step.plus}`;
				if (step.tag === "plain") return [`${indent}*${step.at} = ${value};`];
				return [
					`${indent}${step.tag === "once" ? `WRITE_ONCE(*${step.at}` : `smp_store_release(${step.at}`}, ${value});`,
				];
			}
			case "xchg":
				return [`${indent}${step.register} = xchg${suffix(step.tag)}(${step.at}, ${step.value});`];
			case "cmpxchg":
				return [`${indent}${step.register} = cmpxchg${suffix(step.tag)}(${step.at}, ${step.old}, ${step.value});`];
			case "add_return":
				return [`${indent}${step.register} = atomic_add_return${suffix(step.tag)}(1, ${step.at});`];
			case "inc":
				return [`${indent}atomic_inc(${step.at});`];
			case "fence":
				return [`${indent}${fenceNames[step.fence]}();`];
			case "lock":
			case "unlock":
				return [`${indent}spin_${step.op}(${step.at});`];
			case "if":
				return [
					`${indent}if (${step.register}) {`,
					...lines(step.then, `${indent}\t`),
					...(step.otherwise.length > 0 ? [`${indent}} else {`, ...lines(step.otherwise, `${indent}\t`)] : []),
					`${indent}}`,
				];
		}
	};
	return steps.flatMap(one);
}

/** The program as a litmus test whose states show every register and location. */
export function litmusText(program: RandomProgram): string {
	const used = (steps: readonly Step[]): string[] =>
		steps.flatMap((s) => [
			...("register" in s ? [s.register] : []),
			...("through" in s && s.through ? [s.through] : []),
			...(s.op === "if" ? [...used(s.then), ...used(s.otherwise)] : []),
		]);
	const threads = program.map((steps, t) =>
		[`P${t}(int *x, int *y, spinlock_t *l)`, "{", ...lines(steps, "\t"), "}", ""].join("\n"),
	);
	const observed = [...program.flatMap((steps, t) => [...new Set(used(steps))].map((r) => `${t}:${r}`)), ...places];
	return `C random\n\n{}\n\n${threads.join("\n")}\nlocations [${observed.join(";")}]\nexists (true)\n`;
}

/** The program with every access marked and a full barrier between any two steps. */
export function fullyFenced(program: RandomProgram): RandomProgram {
	const fence: Step = { op: "fence", fence: "mb" };
	const mark = (step: Step): Step => {
		if (step.op === "load" || step.op === "store")
			return { ...step, tag: step.tag === "plain" ? "once" : step.tag } as Step;
		if (step.op === "if") return { ...step, then: separate(step.then), otherwise: separate(step.otherwise) };
		return step;
	};
	const separate = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [fence, mark(step), fence]);
	return program.map(separate);
}
