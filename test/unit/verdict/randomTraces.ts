/** Arbitrary traces: whatever an engine could write, and some that it could not. */
import fc from "fast-check";
import { violationKinds } from "../../../engine/verdict/verdict.ts";
import { type StepNotation, traceOf } from "./sampleTraces.ts";

const name = fc.stringMatching(/^[a-z][a-z_]{0,17}$/);
const argument = fc.oneof(
	name,
	name.map((one) => `&${one}`),
	fc.tuple(name, name).map(([one, other]) => `${one}->${other}`),
);
const call = fc
	.tuple(name, fc.array(argument, { maxLength: 3 }))
	.map(([called, given]) => `${called}(${given.join(", ")})`);
const statement = fc.oneof(
	fc.tuple(argument, argument).map(([one, other]) => `${one} = ${other}`),
	call,
	argument.map((one) => `__lock(${one})`),
	call.map((one) => `if (${one} && other)`),
	name.map((one) => `call_rcu(&${one}->rcu, callback)`),
);
const value = fc.constantFrom("NULL", "→ inode.i_data", "1", "PG_locked|PG_lru", "01b anon_vma → a");
const access = fc.oneof(
	fc
		.tuple(fc.constantFrom("read", "write", "update", "lock", "unlock"), name, name, value)
		.map(([kind, object, field, is]) => `${kind} ${object}.${field} = ${is}`),
	fc.tuple(fc.constantFrom("read", "write"), value).map(([kind, is]) => `${kind} folio.mapping = ${is}`),
	name.map((one) => `free ${one}`),
);

/** Traces of one to four CPUs, some with callbacks, up to `steps` steps long. */
export const randomTrace = fc
	.record({
		names: fc.array(fc.record({ name, cpu: fc.nat(3), callback: fc.boolean() }), { minLength: 1, maxLength: 5 }),
		steps: fc.array(
			fc.record({
				thread: fc.nat(4),
				calls: fc.array(call, { maxLength: 5 }),
				statement,
				access: fc.option(access, { nil: undefined }),
				from: fc.nat(20),
				held: fc.array(fc.constantFrom("folio (folio lock)", "RCU reader", "interrupts off"), { maxLength: 2 }),
				note: fc.option(fc.constant("the compiler reloads folio->mapping"), { nil: undefined }),
			}),
			{ maxLength: 24 },
		),
		kind: fc.constantFrom(...violationKinds),
		message: fc.string({ unit: "grapheme" }),
		earlier: fc.nat(23),
		parameters: fc.dictionary(name, fc.constantFrom("true", "false", "3"), { maxKeys: 3 }),
	})
	.map(({ names, steps, kind, message, earlier, parameters }) => {
		const last = steps.length - 1;
		return traceOf(
			names.map((one) => ({ name: one.name, cpu: one.cpu, kind: one.callback ? "callback" : "thread" })),
			steps.map(
				(one, index): StepNotation => ({
					thread: one.thread % names.length,
					line: 10 + index,
					text: [...one.calls, one.statement].join(" > "),
					held: one.held,
					...(one.access === undefined ? {} : { access: one.access }),
					...(one.from < index ? { from: one.from } : {}),
					...(one.note === undefined ? {} : { note: one.note }),
					...(index === last ? { role: "violation" } : index === earlier ? { role: "earlier" } : {}),
				}),
			),
			{
				kind,
				message,
				location: { file: "a.mmscn", line: 1, column: 1, endLine: 1, endColumn: 2 },
				...(earlier < last ? { pair: [earlier, last] as const } : {}),
			},
			parameters,
		);
	});
