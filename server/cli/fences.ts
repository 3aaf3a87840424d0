/** The barriers that would forbid what a search has found, as lines for the terminal. */
import type { CheckResult } from "../../engine/verdict/verdict.ts";

/** Lines with an empty one before each; none where nobody looked. `does`: what one barrier does, "makes it safe" or "forbids it". */
export function fenceLines({ fences, fencesIncomplete }: CheckResult, does: "makes safe" | "forbids"): string[] {
	if (fences === undefined) return [];
	const [one, several] = does === "forbids" ? ["forbids it", "forbid it"] : ["makes it safe", "make it safe"];
	const lines = fences.flatMap(({ insertions }) => {
		const places = insertions.map(({ fence, file, line }) => `${fence}() above ${file}:${line}`).join(" and ");
		return ["", `  ${places} ${insertions.length > 1 ? several : one}, as a search has shown`];
	});
	if (fencesIncomplete) {
		const what = fences.length === 0 ? "No barrier was found that would; not" : "Not";
		lines.push("", `  ${what} all of them were tried: the limit of the search for barriers was reached`);
	}
	return lines;
}
