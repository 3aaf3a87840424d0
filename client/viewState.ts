/** What the counterexample view is sent, from what is known of a document. Knows nothing of VS Code. */
import type { CheckResult } from "../engine/verdict/verdict.ts";
import { violatingStep } from "./annotations.ts";
import type { DocumentResults } from "./results.ts";
import type { Run } from "./run.ts";
import type { RacesOnShow } from "./webview/messages.ts";

/** A short fingerprint of a text; equal texts have equal ones. Only ever used to see whether a file changed over a reload. */
export function fingerprint(text: string): string {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
	return `${text.length}:${(hash >>> 0).toString(16)}`;
}

/** Where a look at a result begins: where things go wrong. */
export const firstStep = ({ trace }: CheckResult): number => (trace ? violatingStep(trace) : 0);

/** Where a look at a run begins: where things go wrong, else at its last step. */
export const lastLook = (run: Run): number => Math.max(0, run.violation ? violatingStep(run) : run.steps.length - 1);

/** The races of the check on show; undefined where nobody asked for every one, or another check is on show. */
export function racesOnShow({ races, results, shown }: DocumentResults): RacesOnShow | undefined {
	const result = shown === undefined ? undefined : results[shown];
	if (!races || !result || result.check !== races.found.check || result.scenario !== races.found.scenario)
		return undefined;
	return { at: races.at, of: races.found.races.length, count: races.found.races[races.at]?.count ?? 0 };
}
