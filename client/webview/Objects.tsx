/** The objects at a step: what it touched, what the race is about, or everything; each change beside what was there before. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { violatingStep } from "../annotations.ts";
import type { Run } from "../run.ts";
import { type FieldState, objectsAfter, touchedBy } from "./timeline.ts";

/** How much of the objects is shown. */
type Extent = "step" | "race" | "all";

/** Says that a step changed a value. */
export function Mark({ changed }: { readonly changed: boolean }) {
	return changed ? (
		<span class="mark" title="changed by this step">
			<span aria-hidden="true">●</span>
			<span class="for-screen-reader">changed: </span>
		</span>
	) : (
		<span class="mark" />
	);
}

interface Properties {
	readonly trace: Run;
	readonly step: number;
	/** Steps that have a row. */
	readonly visible: readonly number[];
}

const nothing: Readonly<Record<Extent, string>> = {
	step: "This step touches no object.",
	race: "These steps touch no object.",
	all: "There are no objects.",
};

export function Objects({ trace, step, visible }: Properties) {
	const [extent, setExtent] = useState<Extent>("step");
	const [filter, setFilter] = useState("");
	const wrong = step === violatingStep(trace);
	const { violation: _violation, ...run } = trace;
	// What suffers belongs to the step at which it does, though that step may not have come as far as to touch it.
	const touched = extent === "step" ? touchedBy(wrong ? trace : run, [step]) : touchedBy(trace, visible);
	const wanted = (object: string, { field }: FieldState) => {
		const name = `${object}.${field}`;
		return (extent === "all" || touched.has(name)) && name.toLowerCase().includes(filter.trim().toLowerCase());
	};
	const objects = objectsAfter(trace, step)
		.map(({ object, fields }) => ({ object, fields: fields.filter((field) => wanted(object, field)) }))
		.filter(({ fields }) => fields.length > 0);
	return (
		<>
			<div class="objects-head">
				<h3>Objects after this step</h3>
				<select
					aria-label="Which fields"
					value={extent}
					onChange={(event) => setExtent(event.currentTarget.value as Extent)}
				>
					<option value="step">of this step</option>
					<option value="race">of every step shown</option>
					<option value="all">all fields</option>
				</select>
				<input
					type="search"
					placeholder="Filter"
					aria-label="Filter objects and fields"
					value={filter}
					onInput={(event) => setFilter(event.currentTarget.value)}
				/>
			</div>
			{objects.length === 0 && <p class="none">{filter ? "Nothing matches." : nothing[extent]}</p>}
			<table class="objects">
				{objects.map(({ object, fields }) => (
					<tbody key={object}>
						<tr class="object">
							<th scope="rowgroup" colSpan={2}>
								{object}
							</th>
						</tr>
						<Fields fields={fields} />
					</tbody>
				))}
			</table>
		</>
	);
}

/** The struct that a field stands in, seen from the object: "i_data" of "i_data.flags", "" of the object's own. */
const structOf = (field: string) => field.slice(0, Math.max(0, field.lastIndexOf(".")));

/** ".flags"; "[0]" of an array that is an object of its own. */
function nameIn(struct: string, field: string): string {
	const name = struct === "" ? field : field.slice(struct.length + 1);
	return name.startsWith("[") ? name : `.${name}`;
}

/** Fields of nested structs stand under the struct's name. */
function Fields({ fields }: { readonly fields: readonly FieldState[] }) {
	return (
		<>
			{fields.map(({ field, value, before }, index) => {
				const struct = structOf(field);
				const begins = struct !== "" && struct !== structOf(fields[index - 1]?.field ?? "");
				return (
					<Fragment key={field}>
						{begins && (
							<tr class="nested">
								<th scope="rowgroup" colSpan={2}>{`.${struct}`}</th>
							</tr>
						)}
						<tr class={`${before ? "changed" : ""}${struct === "" ? "" : " inner"}`}>
							<th scope="row">
								<Mark changed={before !== undefined} />
								{field === "" ? <em>lifetime</em> : nameIn(struct, field)}
							</th>
							<td>
								{before && (
									<>
										<del>{before.text}</del> ⇒{" "}
									</>
								)}
								{value.text}
							</td>
						</tr>
					</Fragment>
				);
			})}
		</>
	);
}
