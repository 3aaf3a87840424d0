import type { Alternative } from "../../engine/verdict/walk.ts";
import { counted, saidAs } from "../annotations.ts";
import type { Run } from "../run.ts";
import type { FromView, WalkOnShow } from "./messages.ts";

/** What could run instead of one step of the run with this schedule. */
export interface Offered {
	readonly schedule: string;
	readonly step: number;
	readonly alternatives: readonly Alternative[];
}

interface Properties {
	readonly run: Run;
	readonly step: number;
	readonly stale: boolean;
	readonly walk: WalkOnShow | undefined;
	/** The check asks for the kernel's memory model. */
	readonly weak: boolean;
	/** The last that the extension said; about another step, perhaps. */
	readonly offered: Offered | undefined;
	readonly post: (message: FromView) => void;
}

/** Said where a check asks for more than a run by hand can show. */
const interleavingsOnly =
	"Runs by hand, and searches from here, are interleavings: what takes weak memory is not among them, although this check asks for the Linux-kernel memory model.";

/** Going on by hand at the selected step: who could run instead, a search from here, the schedule that leads here. */
export function Branches({ run, step, stale, walk, weak, offered, post }: Properties) {
	const known = offered?.schedule === run.schedule && offered.step === step ? offered.alternatives : undefined;
	const taken = run.steps[step];
	const others = known?.filter(({ schedule, thread }) => thread !== taken?.thread || !leadsTo(run.schedule, schedule));
	const atEnd = walk !== undefined && step >= run.steps.length - 1;
	const violates = run.violation !== undefined && step >= run.steps.length - 1;
	return (
		<section class="branches" aria-label="Another branch">
			<h3>Another branch</h3>
			{stale ? (
				<p class="none">The text has changed: explore again to go on by hand.</p>
			) : (
				<>
					{atEnd && !violates && <List title="Next" alternatives={walk.walk.alternatives} run={run} post={post} />}
					{atEnd && !violates && walk.walk.alternatives.length === 0 && (
						<p class="none">Nothing is left to run: every thread is at its end, or waits.</p>
					)}
					{taken && others && others.length > 0 && (
						<List title={`Instead of step ${step + 1}`} alternatives={others} run={run} post={post} />
					)}
					{taken && others?.length === 0 && <p class="none">{`Nothing else could run instead of step ${step + 1}.`}</p>}
					<p class="actions">
						<button
							type="button"
							disabled={violates}
							title={
								violates
									? "This step goes wrong already"
									: `Search every interleaving that begins with ${counted(step + 1, "step")} of this run`
							}
							onClick={() => post({ type: "searchFrom", steps: Math.min(step + 1, run.steps.length) })}
						>
							Search from here
						</button>
						<button
							type="button"
							title={`Copy the schedule up to step ${step + 1}; “mmscn: Replay Schedule…” takes it back`}
							onClick={() => post({ type: "copySchedule", steps: Math.min(step + 1, run.steps.length) })}
						>
							Copy schedule
						</button>
					</p>
					{weak && <p class="none">{interleavingsOnly}</p>}
				</>
			)}
		</section>
	);
}

/** Whether the run went on as the alternative does: it has the same steps as far as that one goes. */
function leadsTo(run: string, alternative: string): boolean {
	return expanded(run).startsWith(expanded(alternative));
}

/** A schedule with each step by itself, so that one that begins another is a prefix of it. */
function expanded(schedule: string): string {
	return schedule
		.replace(/[()]/g, "")
		.replace(/([a-z])(?:\.(\d+(?:_\d+)*)|(\d+))?/g, (_, thread: string, choices?: string, count?: string) =>
			choices === undefined ? `${thread};`.repeat(Number(count ?? 1)) : `${thread}.${choices};`,
		);
}

function List({
	title,
	alternatives,
	run,
	post,
}: {
	readonly title: string;
	readonly alternatives: readonly Alternative[];
	readonly run: Run;
	readonly post: (message: FromView) => void;
}) {
	if (alternatives.length === 0) return null;
	return (
		<>
			<h4>{title}</h4>
			<ul class="alternatives">
				{alternatives.map(({ thread, name, text, callStack, choices, schedule, violates }) => (
					<li key={schedule}>
						<button type="button" class="branch" onClick={() => post({ type: "walk", schedule })}>
							<span class="cpu">{`CPU${run.threads[thread]?.cpu ?? thread}`}</span> {name}{" "}
							<code>{saidAs({ text, callStack }).text}</code>
							{choices !== "" && <span class="note">{` outcome ${choices}`}</span>}
							{violates && <span class="verdict"> ✖ goes wrong</span>}
						</button>
					</li>
				))}
			</ul>
		</>
	);
}

/** Above a run by hand: where one stands, and the way back and forth. */
export function WalkBar({
	walk,
	run,
	back,
	post,
}: {
	readonly walk: WalkOnShow;
	readonly run: Run;
	/** There is a counterexample to go back to. */
	readonly back: boolean;
	readonly post: (message: FromView) => void;
}) {
	const { misfit } = walk.walk;
	return (
		<div class="walk-bar">
			<p role="status">
				<strong>By hand</strong>{" "}
				{misfit === undefined
					? (walk.said ??
						(run.violation ? "It goes wrong." : `${counted(run.steps.length, "step")}; nothing has gone wrong so far.`))
					: `The schedule does not fit this text: ${misfit}. What fitted is shown.`}
			</p>
			<p class="actions">
				<button type="button" disabled={!walk.undo} onClick={() => post({ type: "undo" })}>
					◂ Back
				</button>
				<button type="button" disabled={!walk.redo} onClick={() => post({ type: "redo" })}>
					Forth ▸
				</button>
				<button type="button" onClick={() => post({ type: "leaveWalk" })}>
					{back ? "To the counterexample" : "Close"}
				</button>
			</p>
		</div>
	);
}
