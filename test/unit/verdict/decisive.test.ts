import assert from "node:assert/strict";
import { decisiveSteps } from "../../../engine/verdict/decisive.ts";
import { compactionTrace, type StepNotation, traceOf } from "./sampleTraces.ts";

const nowhere = { file: "a.mmscn", line: 1, column: 1, endLine: 1, endColumn: 2 };

/** Indices of the decisive steps of a trace of two threads that ends in an assertion. */
function decisive(steps: readonly Omit<StepNotation, "line">[]): number[] {
	const lines = steps.map((one, index) => ({ line: index + 1, ...one }));
	const trace = traceOf(
		[
			{ name: "one", cpu: 0 },
			{ name: "two", cpu: 1 },
		],
		lines,
		{
			kind: "assertion",
			message: "x",
			location: nowhere,
		},
	);
	return [...decisiveSteps(trace)].sort((a, b) => a - b);
}

describe("decisive steps", () => {
	it("of compaction against truncation: the read, the store of NULL, call_rcu(), the free, the use", () => {
		assert.deepEqual(
			[...decisiveSteps(compactionTrace)].sort((a, b) => a - b),
			[1, 4, 8, 9, 10, 11],
		);
	});

	it("are accesses of different threads to one place of which one changes it", () => {
		assert.deepEqual(
			decisive([
				{ thread: 0, text: "a", access: "read x.a = 0" },
				{ thread: 0, text: "b", access: "read x.b = 0" },
				{ thread: 1, text: "c", access: "write x.a = 1", before: "0" },
				{ thread: 1, text: "d", access: "read x.b = 0" },
			]),
			[0, 2],
		);
	});

	it("are not counts that commute", () => {
		assert.deepEqual(
			decisive([
				{ thread: 0, text: "a", access: "update x.count = 1", before: "0" },
				{ thread: 1, text: "b", access: "update x.count = 2", before: "1" },
			]),
			[],
		);
	});

	it("are not locks that nobody else wants", () => {
		const first = [
			{ thread: 0, text: "spin_lock(l) > __lock(l)", access: "lock x.l = held" },
			{ thread: 0, text: "spin_unlock(l) > __unlock(l)", access: "unlock x.l = free" },
		];
		assert.deepEqual(decisive([...first, { thread: 1, text: "c", access: "read x.a = 0" }]), []);
		assert.deepEqual(
			decisive([...first, { thread: 1, text: "spin_lock(l) > __lock(l)", access: "lock x.l = held" }]),
			[0, 1, 2],
		);
	});

	it("are the ends of an RCU reader in which others ran, and of no other", () => {
		const held = ["RCU reader"];
		const begin = { thread: 0, text: "rcu_read_lock()", held };
		const end = { thread: 0, text: "rcu_read_unlock()" };
		const other = { thread: 1, text: "a", access: "read x.a = 0" };
		assert.deepEqual(decisive([begin, { thread: 0, text: "b", held }, end, other]), []);
		assert.deepEqual(decisive([begin, other, { thread: 0, text: "b", held }, end]), [0, 3]);
		assert.deepEqual(decisive([begin, other]), [0]);
	});

	it("are not the interrupts that a spinlock turns off", () => {
		const held = ["interrupts off", "x (lock)"];
		assert.deepEqual(
			decisive([
				{ thread: 0, text: "spin_lock_irq(l) > __irq_disable()", held },
				{ thread: 1, text: "a", access: "read x.a = 0" },
				{ thread: 0, text: "spin_unlock_irq(l) > __irq_enable()" },
			]),
			[],
		);
	});

	it("are what the compiler did on its own", () => {
		assert.deepEqual(decisive([{ thread: 0, text: "a", note: "the compiler reloads x.a" }]), [0]);
	});
});
