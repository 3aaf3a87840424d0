/** States visited before the first race, in our order (fewest context switches) and breadth first (fewest steps). */
import { Machine } from "../../../engine/memory/sc.ts";
import { Stepper, stepDisabled, stepDone } from "../../../engine/memory/stepper.ts";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { Judge } from "../../../engine/search/judge.ts";
import { defaultLimits } from "../../../engine/search/limits.ts";
import { StateTable } from "../../../engine/search/stateTable.ts";
import { forEachStart } from "../../../engine/search/successors.ts";
import { shippedChecks } from "../../unit/search/shippedChecks.ts";
import { type Measurement, median, type Part, timed } from "../measurement.ts";

/** States that plain breadth-first search visits up to the first violation of a wanted kind; undefined where it finds none. */
function statesBreadthFirst(program: Program, wanted: readonly string[]): number | undefined {
	const stepper = new Stepper(new Machine(program));
	const table = new StateTable(stepper);
	const judge = new Judge(stepper.machine, wanted, (thread) => stepper.nextCell(thread));
	const isWanted = (kind: string | undefined) => kind !== undefined && (wanted.length === 0 || wanted.includes(kind));
	let found = false;
	forEachStart(stepper.machine, stepper.words, (outcome) => {
		stepper.base.set(stepper.words);
		if (outcome.kind === "done") table.addAny();
		else found ||= outcome.kind === "fault" && isWanted(outcome.fault.kind);
		return !found;
	});
	for (let state = 0; state < table.size && !found; state++) {
		table.load(state);
		let steps = 0;
		found = isWanted(judge.ofState(stepper.words)?.kind);
		for (let thread = 0; thread < program.threads.length && !found; thread++) {
			stepper.firstChoices();
			do {
				const result = stepper.take(thread);
				if (result !== stepDisabled) steps++;
				if (result === stepDone) table.addStep(thread);
				else if (result !== stepDisabled)
					found = stepper.outcome.kind === "fault" && isWanted(stepper.outcome.fault.kind);
				stepper.undo(thread);
			} while (!found && stepper.nextChoices());
		}
		if (steps === 0 && !found) found = isWanted(judge.ofLastState(stepper.words)?.kind);
	}
	return found ? table.size : undefined;
}

export const shallow: Part = {
	name: "first-race",
	async run({ log }) {
		const measurements: Measurement[] = [];
		for (const { name, programs, wanted } of shippedChecks()) {
			const program = programs[0];
			if (program?.memory !== "sc" || wanted.includes("livelock")) continue;
			const options = { limits: defaultLimits, reduction: true, ...(wanted.length > 0 ? { wanted } : {}) };
			const mine = await timed(() => explore(program, options));
			if (!mine.result.trace || !(wanted.length === 0 || wanted.includes(mine.result.violation?.kind ?? ""))) continue;
			const theirs = await timed(() => statesBreadthFirst(program, wanted));
			if (theirs.result === undefined) throw new Error(`${name}: breadth first finds no race`);
			measurements.push({
				peer: "plain breadth-first search",
				name,
				measure: "first-race",
				ourSeconds: mine.seconds,
				peerSeconds: theirs.seconds,
				ourStates: mine.result.stats.states,
				peerStates: theirs.result,
			});
		}
		const ratios = measurements.map(
			({ ourStates = 0, peerStates = 1 }) => Math.max(1, ourStates) / Math.max(1, peerStates),
		);
		const sum = (of: (one: Measurement) => number | undefined) =>
			measurements.reduce((total, one) => total + (of(one) ?? 0), 0);
		log(
			`${measurements.length} races: ${sum((one) => one.ourStates)} states before the first, breadth first ${sum((one) => one.peerStates)}; ` +
				`median of the ratios ${median(ratios).toFixed(2)}, largest ${Math.max(...ratios).toFixed(2)}`,
		);
		return measurements;
	},
};
