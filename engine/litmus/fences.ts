/** The barriers that would forbid a litmus test's weak outcome: each set is tried in the text of the test. */
import { type FenceFixes, fenceFixes } from "../fenceFix.ts";
import { LineTable } from "../language/print.ts";
import type { ExecutionGraph } from "../verdict/executionGraph.ts";
import type { CheckResult } from "../verdict/verdict.ts";
import { litmusCheckResult } from "./checkResult.ts";
import { exploreLitmus } from "./explore.ts";
import { parseLitmus } from "./parse.ts";
import type { LitmusTest } from "./syntax.ts";

export interface LitmusFenceOptions {
	/** Time that is spent, seconds. */
	readonly seconds: number;
	readonly cancelled?: () => boolean;
}

/** Sets of barriers, each of which makes what `found` has witnesses of impossible; the weakest first. */
export function litmusFenceFixes(
	test: LitmusTest,
	found: CheckResult,
	{ seconds, cancelled }: LitmusFenceOptions,
): FenceFixes {
	const end = performance.now() + seconds * 1000;
	const isOver = () => performance.now() > end || cancelled?.() === true;
	return fenceFixes(fencedText(test), withPlaces(test, found), {
		cancelled: isOver,
		search: (text) => {
			const { litmus } = parseLitmus(text);
			if (!litmus) return undefined;
			const result = exploreLitmus(litmus, {
				model: found.memory,
				limits: { seconds, witnesses: 1 },
				cancelled: isOver,
			});
			if (result.errors.length > 0) return undefined;
			return { result: withPlaces(litmus, litmusCheckResult(found.file, litmus, result)) };
		},
	});
}

const fencedText = ({ text, processes }: LitmusTest) => ({ text, items: processes.map((process) => process.function) });

/** The result with the lines of the events of its graph, which a litmus test's have offsets instead of. */
function withPlaces({ text }: LitmusTest, result: CheckResult): CheckResult {
	if (!result.graph) return result;
	const lines = new LineTable(text);
	const events = result.graph.events.map((event): ExecutionGraph["events"][number] => {
		if (event.pos === undefined || event.end === undefined) return event;
		const end = lines.position(event.end);
		const at = { file: result.file, ...lines.position(event.pos), endLine: end.line, endColumn: end.column };
		return { ...event, at };
	});
	return { ...result, graph: { ...result.graph, events } };
}
