import type { ComponentChildren } from "preact";
import type { Location } from "../../engine/verdict/verdict.ts";
import { violatingStep } from "../annotations.ts";
import { circledNumber } from "../circledNumber.ts";
import type { Run } from "../run.ts";
import type { FromView } from "./messages.ts";
import { Mark, Objects } from "./Objects.tsx";
import { heldAfter, localsAfter } from "./timeline.ts";

interface Properties {
	readonly trace: Run;
	readonly step: number;
	/** Steps that have a row; the objects show what these touch. */
	readonly visible: readonly number[];
	readonly post: (message: FromView) => void;
	/** What comes after the statement. */
	readonly children?: ComponentChildren;
	/** What comes last: about the whole run rather than the step. */
	readonly after?: ComponentChildren;
}

/** Where the selected step stands, and what memory looks like after it. */
export function StepDetails({ trace, step, visible, post, children, after }: Properties) {
	const one = trace.steps[step];
	if (!one) return <section class="details">{children}</section>;
	const thread = trace.threads[one.thread];
	const locals = localsAfter(trace, one.thread, step);
	const held = heldAfter(trace, step);
	// Where things go wrong, why they could comes before everything else.
	const wrong = step === violatingStep(trace);
	return (
		<section class="details" aria-label={`Details of step ${step + 1}`}>
			<h2>{`${circledNumber(step)} CPU${one.cpu} ${thread?.name ?? ""}`}</h2>
			<CallStack trace={trace} step={step} post={post} />
			{wrong && after}
			{children}
			<Objects trace={trace} step={step} visible={visible} />
			{locals.length > 0 && (
				<>
					<h3>{`Locals of ${thread?.name ?? "the thread"}`}</h3>
					<table class="objects">
						<tbody>
							{locals.map(({ name, value, changed }) => (
								<tr key={name} class={changed ? "changed" : ""}>
									<th scope="row">
										<Mark changed={changed} />
										{name}
									</th>
									<td>{value.text}</td>
								</tr>
							))}
						</tbody>
					</table>
				</>
			)}
			<h3>Held now</h3>
			{held.length === 0 ? (
				<p class="none">No thread holds a lock or is in a read-side section.</p>
			) : (
				<table class="objects">
					<tbody>
						{held.map(({ thread: holder, held: names }) => (
							<tr key={holder}>
								<th scope="row">{`CPU${trace.threads[holder]?.cpu ?? 0} ${trace.threads[holder]?.name ?? ""}`}</th>
								<td>{names.join(", ")}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			{!wrong && after}
		</section>
	);
}

/** The way from the thread's statement down to the step; each part leads to its place in the source. */
function CallStack({ trace, step, post }: Omit<Properties, "visible">) {
	const one = trace.steps[step];
	if (!one) return null;
	const place = ({ file, line }: Location) => `${file.split("/").pop() ?? file}:${line}`;
	const parts: { name: string; location: Location }[] = one.callStack.map((frame) => ({
		name: frame.function,
		location: frame.call,
	}));
	return (
		<nav class="call-stack" aria-label="Call stack">
			<ol>
				{parts.map(({ name, location }) => (
					<li key={`${name} ${place(location)}`}>
						<button type="button" class="link" title={place(location)} onClick={() => post({ type: "open", location })}>
							{`${name}()`}
						</button>
					</li>
				))}
				<li>
					<button type="button" class="link" onClick={() => post({ type: "open", location: one.location })}>
						{place(one.location)}
					</button>
				</li>
			</ol>
			<code class="statement">{one.text}</code>
		</nav>
	);
}
