/** The slowest search that can be right: Dijkstra over (state, thread that ran last), nothing shared with the engine's own order. */
import { Machine } from "../../../engine/memory/sc.ts";
import type { Program } from "../../../engine/program/program.ts";
import { forEachStart, forEachStep } from "../../../engine/search/successors.ts";
import { deadlockedOr } from "../../../engine/verdict/terminal.ts";

/** Fewest context switches, then fewest steps, of any violation that shows in a step or a state; undefined when there is none. */
export function cheapestViolation(program: Program): { switches: number; steps: number } | undefined {
	const machine = new Machine(program);
	interface Node {
		readonly words: Int32Array;
		readonly last: number;
	}
	// Buckets by switches, then by steps.
	const buckets: Node[][][] = [];
	const put = (switches: number, steps: number, node: Node) => {
		const level = buckets[switches] ?? [];
		buckets[switches] = level;
		const bucket = level[steps] ?? [];
		bucket.push(node);
		level[steps] = bucket;
	};
	const scratch = new Int32Array(machine.layout.words);
	let atOnce = false;
	forEachStart(machine, scratch, (outcome) => {
		if (outcome.kind === "fault") atOnce = true;
		if (outcome.kind === "done") put(0, 0, { words: Int32Array.from(scratch), last: -1 });
		return true;
	});
	if (atOnce) return { switches: 0, steps: 0 };
	const seen = new Set<string>();
	for (let switches = 0; switches < buckets.length; switches++) {
		const level = buckets[switches] ?? [];
		for (let steps = 0; steps < level.length; steps++) {
			const nodes = level[steps] ?? [];
			if (nodes.some((node) => node.words === faulted || deadlockedOr(machine, node.words))) return { switches, steps };
			for (let index = 0; index < nodes.length; index++) {
				const node = nodes[index] as Node;
				const key = `${node.last}|${node.words.join()}`;
				if (seen.has(key)) continue;
				seen.add(key);
				for (let thread = 0; thread < program.threads.length; thread++) {
					const cost = switches + (node.last >= 0 && node.last !== thread ? 1 : 0);
					forEachStep(machine, node.words, thread, scratch, (outcome) => {
						if (outcome.kind === "fault") put(cost, steps + 1, { words: faulted, last: thread });
						if (outcome.kind === "done") put(cost, steps + 1, { words: Int32Array.from(scratch), last: thread });
						return true;
					});
				}
			}
		}
	}
	return undefined;
}

const faulted = new Int32Array(0);
