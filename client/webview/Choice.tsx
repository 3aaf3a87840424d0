import { hasPicture, spoken } from "../annotations.ts";
import type { FromView, ViewState } from "./messages.ts";

/** The counterexamples of the document, to choose from. */
export function Choice({ state, post }: { readonly state: ViewState; readonly post: (message: FromView) => void }) {
	return (
		<select
			aria-label="Counterexample"
			value={state.shown}
			onChange={(event) => post({ type: "choose", shown: Number(event.currentTarget.value) })}
		>
			{state.results.map((one, index) => (
				<option key={`${one.scenario} ${one.check}`} value={index} disabled={!hasPicture(one)}>
					{`${one.check.replaceAll("_", " ")}: ${one.violation ? spoken(one.violation.kind) : (one.litmus?.verdict ?? one.verdict)}`}
				</option>
			))}
		</select>
	);
}
