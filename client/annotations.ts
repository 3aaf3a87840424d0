/**
 * What each source line did in a counterexample, ready to be drawn at its end. Knows nothing of VS Code, so that it can
 * be tested without one.
 */
import type { CheckResult, Location, TraceStep } from "../engine/verdict/verdict.ts";
import { circledNumber, circledNumbers } from "./circledNumber.ts";
import type { Run } from "./run.ts";

/** How a line stands to the race: it takes part, it is the earlier access of the pair, or it is where things go wrong. */
export type AnnotationRole = "step" | "earlier" | "violation";

/** One line's part in a counterexample. */
export interface Annotation {
	/** URI of the document. */
	readonly file: string;
	/** Counts from 1. */
	readonly line: number;
	readonly role: AnnotationRole;
	/** What stands at the end of the line. */
	readonly text: string;
	/** Indices of the steps, in order. */
	readonly steps: readonly number[];
	/** Of an execution that has no steps: what the hover says. */
	readonly notes?: readonly string[];
	/** The other half of the racing pair, where this line holds one half. */
	readonly other?: { readonly step: number; readonly location: Location; readonly source: string };
}

const ruleNames = (rules: readonly string[] | undefined) => (rules?.length ? ` [${rules.join(", ")}]` : "");

/** "1 step", "2 steps". */
export function counted(count: number, one: string, many = `${one}s`): string {
	return `${count} ${count === 1 ? one : many}`;
}

/** "use_after_free" as people say it: "use after free". */
export function spoken(name: string): string {
	return name.replaceAll("_", " ");
}

/** Whether a result has something to look at: an interleaving, or an execution graph. */
export function hasPicture(result: CheckResult): boolean {
	return result.trace !== undefined || result.graph !== undefined;
}

/**
 * The indices of the two racing accesses, earlier one first: the violation's own pair, else the steps that carry the roles.
 * Undefined when the counterexample is about one access alone, such as a failed assertion.
 */
export function racingPair(trace: Run): readonly [number, number] | undefined {
	if (trace.violation?.pair) return trace.violation.pair;
	const earlier = trace.steps.findIndex((step) => step.role === "earlier");
	const violation = trace.steps.findIndex((step) => step.role === "violation");
	return earlier >= 0 && violation >= 0 ? [earlier, violation] : undefined;
}

/** The step at which the counterexample ends badly; the last one where none is marked. -1 where nothing is wrong. */
export function violatingStep(trace: Run): number {
	if (!trace.violation) return -1;
	const marked = trace.steps.findIndex((step) => step.role === "violation");
	return marked >= 0 ? marked : (trace.violation.pair?.[1] ?? trace.steps.length - 1);
}

/**
 * The machine's own operations, such as __lock(), and what an accessor returns: to a reader they say less than the call around
 * them.
 */
const insideOfCall = /(^|[^\w])__[a-z]\w*\s*\(|^return\b/;

/** What a step does, as kernel people would write it, and the functions it does that in, outermost first. */
export function saidAs(step: Pick<TraceStep, "callStack" | "text">): {
	readonly within: readonly string[];
	readonly text: string;
} {
	const names = step.callStack.map((frame) => frame.function);
	const innermost = step.callStack.at(-1);
	if (!innermost || !insideOfCall.test(step.text)) return { within: names, text: step.text };
	return { within: names.slice(0, -1), text: `${innermost.text ?? `${innermost.function}()`};` };
}

/** The steps that tell the race, in order: all of them where the trace does not say. */
export function decisiveSteps(trace: Run): readonly number[] {
	return trace.decisive?.length ? trace.decisive : [...trace.steps.keys()];
}

/** A step belongs to the line that it stands on and, when that is inside a call, to the line of the thread that called. */
function linesOf(step: TraceStep): Location[] {
	const { location, threadLocation } = step;
	return location.file === threadLocation.file && location.line === threadLocation.line
		? [location]
		: [location, threadLocation];
}

/**
 * One annotation for each line that takes part, in the order in which the lines first run. A line with several steps shows
 * all their numbers and the effect of the last that tells something of the race.
 */
export function annotate(trace: Run): Annotation[] {
	const pair = racingPair(trace);
	const bad = violatingStep(trace);
	const decisive = new Set(decisiveSteps(trace));
	const byLine = new Map<string, { location: Location; steps: number[] }>();
	for (const [index, step] of trace.steps.entries()) {
		for (const location of linesOf(step)) {
			const key = `${location.file}:${location.line}`;
			const entry = byLine.get(key);
			if (entry) entry.steps.push(index);
			else byLine.set(key, { location, steps: [index] });
		}
	}
	return [...byLine.values()].map(({ location, steps }) => {
		const { violation } = trace;
		const role: AnnotationRole =
			violation && steps.includes(bad) ? "violation" : pair && steps.includes(pair[0]) ? "earlier" : "step";
		const telling =
			steps.findLast((index) => decisive.has(index)) ?? steps.findLast((index) => trace.steps[index]?.effect);
		const spoke = role === "violation" ? bad : role === "earlier" && pair ? pair[0] : (telling ?? steps.at(-1) ?? 0);
		const step = trace.steps[spoke];
		const otherStep = pair && role === "violation" ? pair[0] : pair && role === "earlier" ? pair[1] : undefined;
		const other = otherStep === undefined ? undefined : trace.steps[otherStep];
		const said =
			violation && role === "violation"
				? `${spoken(violation.kind)}: ${violation.message}${ruleNames(violation.rules)}`
				: step
					? step.effect || saidAs(step).text
					: "";
		const link = role === "earlier" && otherStep !== undefined ? ` ↯ ${circledNumber(otherStep)}` : "";
		const count = steps.length > 1 && role !== "violation" ? ` (${steps.length} steps)` : "";
		return {
			file: location.file,
			line: location.line,
			role,
			text: `${circledNumbers(steps)} CPU${step?.cpu ?? 0} ${said}${link}${count}`,
			steps,
			...(other && otherStep !== undefined
				? { other: { step: otherStep, location: other.location, source: saidAs(other).text } }
				: {}),
		};
	});
}

/** A replacement in a document: lines count from 1, `linesAdded` is the number of line breaks in the new text. */
export interface LineEdit {
	readonly startLine: number;
	readonly endLine: number;
	readonly linesAdded: number;
}

/** Where a line went after an edit; undefined when the edit swallowed it. */
export function shiftedLine(line: number, edit: LineEdit): number | undefined {
	if (line <= edit.startLine) return line;
	if (line <= edit.endLine && edit.linesAdded < edit.endLine - edit.startLine)
		return line === edit.endLine ? edit.startLine + edit.linesAdded : undefined;
	return line + edit.linesAdded - (edit.endLine - edit.startLine);
}
