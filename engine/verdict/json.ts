/** Results as JSON, as `docs/verdict.schema.json` describes them. */
import type { CheckResult } from "./verdict.ts";

/** One result: what `mmscn trace --format json` prints. */
export function renderJson(result: CheckResult): string {
	return `${JSON.stringify(result, undefined, "\t")}\n`;
}

/** What `mmscn check --format json` prints: an array, in the order in which the checks were searched. */
export function renderJsonArray(results: readonly CheckResult[]): string {
	return `${JSON.stringify(results, undefined, "\t")}\n`;
}
