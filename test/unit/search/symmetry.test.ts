import assert from "node:assert/strict";
import fc from "fast-check";
import { Machine } from "../../../engine/memory/sc.ts";
import { Stepper } from "../../../engine/memory/stepper.ts";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { defaultLimits, Watch } from "../../../engine/search/limits.ts";
import { ReducedSearch } from "../../../engine/search/reducedSearch.ts";
import { ValueAnalysis } from "../../../engine/search/reduction/values.ts";
import { forEachStart, forEachStep } from "../../../engine/search/successors.ts";
import { type SortedColumns, type Symmetry, symmetryOf } from "../../../engine/search/symmetry/symmetry.ts";
import { isTrace, replay } from "../../../engine/verdict/replay.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { type Builder, built, equal, lock, not, register, value } from "./builder.ts";
import { cook, cookPrepared, type Recipe, twinRecipes } from "./randomPrograms.ts";

const plain = { limits: defaultLimits, reduction: false };
const reduced = { limits: defaultLimits, reduction: true, shallowTransitions: 0, neverGivesUp: true };
const numRuns = 300;

const kindOf = (verdict: Verdict) => (verdict.verdict === "race" ? verdict.violation?.kind : verdict.verdict);

function symmetryOfProgram(program: Program): Symmetry | undefined {
	const machine = new Machine(program);
	return symmetryOf(machine, new ValueAnalysis(program, machine.layout));
}

/** Every way a thread can take its next step: how it ends, what it chose, the state after it. */
function steps(machine: Machine, from: Int32Array, thread: number): string[] {
	const into = new Int32Array(from.length);
	const taken: string[] = [];
	forEachStep(machine, from, thread, into, (outcome, choices) => {
		const kind = outcome.kind === "fault" ? outcome.fault.kind : outcome.kind;
		taken.push(`${kind} ${choices.join("_")} ${outcome.kind === "done" ? into.join() : ""}`);
		return true;
	});
	return taken;
}

const renamedStep = (one: SortedColumns, other: number) => (step: string) => {
	const [kind, choices, words] = step.split(" ");
	if (!words) return step;
	const row = Int32Array.from(words.split(","), Number);
	one.exchange(row, 0, other);
	return `${kind} ${choices} ${row.join()}`;
};

/** From up to `statesMax` states: the steps of a state with columns exchanged are its steps, with columns exchanged. */
function assertAutomorphism(program: Program, one: SortedColumns, statesMax: number): void {
	const machine = new Machine(program);
	const seen = new Set<string>();
	const states: Int32Array[] = [];
	const meet = (words: Int32Array) => {
		if (seen.size >= statesMax || seen.has(words.join())) return;
		seen.add(words.join());
		states.push(Int32Array.from(words));
	};
	const into = new Int32Array(machine.layout.words);
	forEachStart(machine, into, (outcome) => {
		if (outcome.kind === "done") meet(into);
		return true;
	});
	for (const state of states) {
		for (let other = 1; other < one.count; other++) {
			const exchanged = state.slice();
			one.exchange(exchanged, 0, other);
			const numbers = one.numbers.slice();
			for (let thread = 0; thread < program.threads.length; thread++) {
				const taken = steps(machine, state, thread);
				assert.deepEqual(
					steps(machine, exchanged, numbers[thread] as number),
					taken.map(renamedStep(one, other)),
					`thread ${thread} of ${state.join()}`,
				);
				for (const step of taken) {
					const words = step.split(" ")[2];
					if (words) meet(Int32Array.from(words.split(","), Number));
				}
			}
		}
	}
}

/** n threads with the same code, which may use an object of their own. */
function twins(n: number, write: (builder: Builder, index: number) => void): Program {
	return built((builder) => {
		for (let index = 0; index < n; index++) write(builder, index);
	});
}

/** n threads that take a lock and count, each into its own object as well. */
const lockers = (n: number) =>
	built((builder) => {
		const shared = builder.object("shared", { lock: lock(), count: 0 });
		for (let index = 0; index < n; index++) {
			const own = builder.object(`own${index}`, { value: 0 }, { type: "own" });
			builder.thread(`t${index}`, (code) => {
				code.lock(shared.at("lock"));
				const count = code.load(shared.at("count"));
				code.store(own.at("value"), register(count));
				code.update(shared.at("count"), "add", 1);
				code.unlock(shared.at("lock"));
			});
		}
		builder.claim("finally", shared.at("count"), n);
	});

describe("symmetry", function () {
	this.timeout("5m");

	it("leaves one of the states that differ in names only", () => {
		const search = (n: number) => {
			const stepper = new Stepper(new Machine(lockers(n)));
			return new ReducedSearch(stepper, reduced, new Watch(reduced)).run();
		};
		const states = [2, 3, 4, 5, 6].map((n) => search(n)?.states);
		assert.equal(search(6)?.fault, undefined);
		// All numbers of threads that are done, in the lock, or before it.
		assert.ok((states[4] as number) < 60, String(states));
		assert.ok(explore(lockers(4), plain).stats.states > 4 * (states[2] as number));
	});

	it("sees threads and what only they use", () => {
		const one = symmetryOfProgram(lockers(3))?.classes[0];
		assert.equal(one?.count, 3);
	});

	it("is not there where one thread starts with another value", () => {
		const program = twins(2, (builder, index) => {
			const own = builder.object(`own${index}`, { value: index }, { type: "own" });
			builder.thread(`t${index}`, (code) => code.load(own.at("value")));
		});
		assert.equal(symmetryOfProgram(program), undefined);
	});

	it("is not there where a property speaks of one of the threads", () => {
		const program = (speaks: boolean) =>
			built((builder) => {
				const shared = builder.object("shared", { count: 0 });
				for (let index = 0; index < 2; index++)
					builder.thread(`t${index}`, (code) => code.load(shared.at("count"), "once", code.register("got")));
				const variables = speaks ? [{ register: 1, thread: 0, of: 0 }] : [];
				builder.property(
					"finally",
					(code, result) => code.emit({ kind: "assign", register: result, value: value(1) }),
					variables,
				);
			});
		assert.ok(symmetryOfProgram(program(false)));
		assert.equal(symmetryOfProgram(program(true)), undefined);
	});

	it("is not there where a thread asks which of them an address is", () => {
		const program = (mask: number) =>
			built((builder) => {
				const shared = builder.object("shared", { bits: 0 });
				for (let index = 0; index < 2; index++) {
					const own = builder.object(`own${index}`, { value: 0 }, { type: "own" });
					builder.thread(`t${index}`, (code) => {
						code.store(shared.at("bits"), value(own.address));
						const got = code.load(shared.at("bits"));
						code.check(not(equal({ op: "binary", operator: "and", left: register(got), right: value(mask) }, 1)));
					});
				}
			});
		assert.ok(symmetryOfProgram(program(1)));
		assert.equal(symmetryOfProgram(program(256)), undefined);
	});

	it("is not there where threads run on one CPU, or a CPU is asked for its interrupts", () => {
		const program = (cpu: number, asks: boolean) =>
			built((builder) => {
				const shared = builder.object("shared", { count: 0 });
				for (let index = 0; index < 2; index++)
					builder.thread(`t${index}`, (code) => code.load(shared.at("count")), "thread", index === 1 ? cpu : 0);
				builder.thread(
					"asker",
					(code) => {
						const got = code.register();
						if (asks) code.emit({ kind: "irqs_disabled_on", register: got, cpu: value(1) });
					},
					"thread",
					2,
				);
			});
		assert.ok(symmetryOfProgram(program(1, false)));
		assert.equal(symmetryOfProgram(program(0, false)), undefined);
		assert.equal(symmetryOfProgram(program(1, true)), undefined);
	});

	it("is not there where a count may run into an address", () => {
		const program = (counts: boolean) =>
			built((builder) => {
				const shared = builder.object("shared", { bits: 0, count: 0 });
				for (let index = 0; index < 2; index++) {
					const own = builder.object(`own${index}`, { value: 0 }, { type: "own" });
					builder.thread(`t${index}`, (code) => {
						code.store(shared.at("bits"), value(own.address));
						code.loop((leave) => {
							const got = code.update(shared.at("count"), "add", 1);
							if (counts) code.store(shared.at("bits"), register(got));
							leave(equal(register(got), 5));
						});
					});
				}
			});
		assert.ok(symmetryOfProgram(program(false)));
		assert.equal(symmetryOfProgram(program(true)), undefined);
	});

	it("renames what a property looks at in other threads", () => {
		const program = built((builder) => {
			const shared = builder.object("shared", { bits: 0 });
			for (let index = 0; index < 2; index++) {
				const own = builder.object(`own${index}`, { value: 0 }, { type: "own" });
				builder.thread(`t${index}`, (code) => code.store(shared.at("bits"), value(own.address)));
			}
			const reader = builder.thread("reader", (code) => code.load(shared.at("bits"), "once", code.register("got")));
			builder.property(
				"finally",
				(code, result) => code.emit({ kind: "assign", register: result, value: not(equal(register(1), 5)) }),
				[{ register: 1, thread: reader, of: 0 }],
			);
		});
		const one = symmetryOfProgram(program)?.classes[0];
		assert.ok(one);
		assertAutomorphism(program, one, 200);
	});

	it("is of the state graph: steps of random twins commute with exchanging them", () => {
		let symmetric = 0;
		fc.assert(
			fc.property(twinRecipes, fc.boolean(), (recipe, isPrepared) => {
				const program = isPrepared ? cookPrepared(recipe) : cook(recipe);
				for (const one of symmetryOfProgram(program)?.classes ?? []) {
					symmetric++;
					assertAutomorphism(program, one, 80);
				}
			}),
			{ numRuns },
		);
		assert.ok(symmetric > numRuns / 3, `only ${symmetric}`);
	});

	it("keeps verdict and trace of random twins", () => {
		fc.assert(
			fc.property(twinRecipes, fc.boolean(), (recipe, isPrepared) => {
				const program = isPrepared ? cookPrepared(recipe) : cook(recipe);
				const one = explore(program, plain);
				const two = explore(program, reduced);
				assert.equal(kindOf(two), kindOf(one));
				assert.equal(two.stats.limit, one.stats.limit);
				assert.deepEqual(two.trace, one.trace);
			}),
			{ numRuns },
		);
	});

	it("tells executions that replay, though it looked at others that are the same up to names", () => {
		const found = new Set<string>();
		const told = (recipe: Recipe) => {
			const program = cook(recipe);
			const result = new ReducedSearch(new Stepper(new Machine(program)), reduced, new Watch(reduced)).run();
			if (!result?.fault || !result.schedule) return;
			const trace = replay(program, result.schedule);
			assert.ok(isTrace(trace), isTrace(trace) ? "" : trace.message);
			assert.equal(trace.violation.kind, result.fault.kind);
			found.add(result.fault.kind);
		};
		fc.assert(fc.property(twinRecipes, told), { numRuns });
		assert.ok(found.size > 3, [...found].join());
	});
});
