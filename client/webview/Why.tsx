/** Why the race was possible: what the threads went by, what was held, and what the rules ask for. */
import type { Why } from "../../engine/verdict/verdict.ts";
import { circledNumber } from "../circledNumber.ts";
import type { Run } from "../run.ts";
import type { FromView, RuleText } from "./messages.ts";

/** What the threads relied on and what became of it; each step that is named leads to its row. */
export function Story({ why, select }: { readonly why: Why; readonly select: (step: number) => void }) {
	if (why.story.length === 0) return null;
	return (
		<ol class="story" aria-label="What happened">
			{why.story.map((sentence) => (
				<li key={sentence}>
					<Sentence text={sentence} select={select} />
				</li>
			))}
		</ol>
	);
}

function Sentence({ text, select }: { readonly text: string; readonly select: (step: number) => void }) {
	return (
		<>
			{text.split(/\b(step \d+)\b/).map((part, index) => {
				const step = index % 2 === 1 ? Number(part.replace("step ", "")) - 1 : undefined;
				return step === undefined ? (
					part
				) : (
					<button key={index} type="button" class="link" onClick={() => select(step)}>
						{part}
					</button>
				);
			})}
		</>
	);
}

/** Which lock was held by whom at the racing accesses, and which rules stand there. */
export function WhyNot({
	trace,
	why,
	rules,
	select,
	post,
}: {
	readonly trace: Run;
	readonly why: Why;
	readonly rules: readonly RuleText[];
	readonly select: (step: number) => void;
	readonly post: (message: FromView) => void;
}) {
	if (why.accesses.length === 0) return null;
	return (
		<section class="why" aria-label="Why did nothing prevent this?">
			<h3>Why did nothing prevent this?</h3>
			<table class="accesses">
				<thead>
					<tr>
						<th scope="col">Step</th>
						<th scope="col">Access</th>
						<th scope="col">Held there</th>
					</tr>
				</thead>
				<tbody>
					{why.accesses.map(({ step, what, held }) => {
						const thread = trace.threads[trace.steps[step]?.thread ?? -1];
						return (
							<tr key={step}>
								<td>
									<button type="button" class="link" aria-label={`Step ${step + 1}`} onClick={() => select(step)}>
										{circledNumber(step)}
									</button>
								</td>
								<td>
									<span class="who">{thread?.name ?? ""}</span> {what}
								</td>
								<td>{held.length === 0 ? "nothing" : held.join(", ")}</td>
							</tr>
						);
					})}
				</tbody>
			</table>
			{why.exclusion !== "" && (
				<p>
					<Sentence text={why.exclusion} select={select} />
				</p>
			)}
			<Rules ids={why.rules} rules={rules} post={post} />
		</section>
	);
}

function Rules({
	ids,
	rules,
	post,
}: {
	readonly ids: readonly string[];
	readonly rules: readonly RuleText[];
	readonly post: (message: FromView) => void;
}) {
	const known = ids.flatMap((id) => rules.find((rule) => rule.id === id) ?? []);
	if (known.length === 0)
		return ids.length === 0 ? <p class="none">No rule of the kernel model stands at these accesses.</p> : null;
	return (
		<>
			<h4>What the kernel's rules ask for there</h4>
			<dl class="rules">
				{known.map(({ id, statement, facts, location }) => (
					<div key={id}>
						<dt>
							{location ? (
								<button
									type="button"
									class="link"
									title="Show the rule in the kernel model"
									onClick={() => post({ type: "open", location })}
								>
									{id}
								</button>
							) : (
								id
							)}
						</dt>
						<dd>
							{statement} <span class="source">{facts.join("; ")}</span>
						</dd>
					</div>
				))}
			</dl>
		</>
	);
}
