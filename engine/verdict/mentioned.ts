/** Which steps a property of the author's own is about. */
import type { TraceStep } from "./verdict.ts";
import { placeName } from "./words.ts";

/** Whether the text names this place as a whole: "folio.mapping" is not in "folio.mapping_count". */
function names(text: string, place: string): boolean {
	for (let at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + 1)) {
		const before = text[at - 1] ?? " ";
		const after = text[at + place.length] ?? " ";
		if (!/[\w.]/.test(before) && !/\w/.test(after)) return true;
	}
	return false;
}

/** What a step does to what the text names: "writes folio.mapping", "pins_file = true"; undefined when nothing. */
export function deedOnMentioned(step: TraceStep, thread: string, text: string): string | undefined {
	const change = step.changes.find((one) => names(text, placeName(one.object, one.field)));
	if (change !== undefined) return `writes ${placeName(change.object, change.field)}`;
	const local = step.locals.find((one) => !one.inner && names(text, `${thread}.${one.name}`));
	return local === undefined ? undefined : `${local.name} = ${local.value.text}`;
}

/**
 * Indices of the steps that change what a property's text names: shared places ("table.pte[0]") and variables of threads
 * ("gup.pins_file"). Nothing else can make the property true or false, unless it follows pointers.
 */
export function changesOfMentioned(
	steps: readonly TraceStep[],
	threads: readonly { readonly name: string }[],
	text: string,
): number[] {
	return [...steps.keys()].filter((index) => {
		const step = steps[index];
		return step !== undefined && deedOnMentioned(step, threads[step.thread]?.name ?? "", text) !== undefined;
	});
}
