/**
 * Searches a Program under the Linux-kernel memory model. Whatever happens under sequential consistency can happen here as
 * well, so the interleavings come first: what they find has a schedule that replays. Then the execution graphs, for what
 * only weak memory does.
 */

import { finished, pcWord, registersWord } from "../memory/layout.ts";
import {
	type Execution,
	type ExploreStatistics,
	explore as exploreGraphs,
	finalRegister,
} from "../memory/lkmm/explore.ts";
import { type ProgramFault, programFault } from "../memory/lkmm/faults.ts";
import { executionGraph } from "../memory/lkmm/graph.ts";
import { successorsOf } from "../memory/lkmm/postDominators.ts";
import { type ProgramMemory, programMemory } from "../memory/lkmm/programMemory.ts";
import { programThread } from "../memory/lkmm/programThread.ts";
import { countedLocks, type LockInstruction, locksOf } from "../memory/lkmm/programWrites.ts";
import type { Race } from "../memory/lkmm/races.ts";
import { type EventKey, keyOf } from "../memory/lkmm/state.ts";
import { EventKind, type LkmmProgram } from "../memory/lkmm/thread.ts";
import { Machine } from "../memory/sc.ts";
import { underInterleavings } from "../program/interleaved.ts";
import type { Program } from "../program/program.ts";
import { ValueDisplay } from "../verdict/display.ts";
import type { ExecutionGraph } from "../verdict/executionGraph.ts";
import { describeFault } from "../verdict/message.ts";
import type { Limit, Location, SearchStatistics, Verdict, Violation } from "../verdict/verdict.ts";
import { type ExploreOptions, explore } from "./explore.ts";

/** Consistent executions of a Program that are looked at, at the most. */
export const executionsMaximum = 5_000_000;

/**
 * Searches a Program under the Linux-kernel memory model. `safe` only when every interleaving and every consistent execution has
 * been seen. What is looked for among the interleavings only is said in `reason` where the Program could do it.
 */
export function exploreUnderLkmm(program: Program, options: ExploreOptions): Verdict {
	const interleavings = explore(underInterleavings(program), options);
	const isWanted = !options.wanted || options.wanted.includes(interleavings.violation?.kind ?? "");
	const raced = interleavings.verdict === "race" && interleavings.violation?.kind !== "unreachable";
	if (raced && isWanted) return { ...interleavings, memory: "lkmm" };
	const graphs = exploreExecutions(program, options);
	const stats = added(interleavings.stats, graphs.stats);
	if (graphs.verdict === "race" && graphs.violation?.kind !== "unreachable") return { ...graphs, stats };
	if (raced) return { ...interleavings, memory: "lkmm", stats };
	if (interleavings.verdict === "inconclusive")
		return {
			...interleavings,
			memory: "lkmm",
			stats: { ...stats, ...(interleavings.stats.limit && { limit: interleavings.stats.limit }) },
		};
	// Where no interleaving gets stuck, some execution is complete.
	if (graphs.verdict === "safe" && graphs.stats.transitions === 0)
		return inconclusive(stats, "unsupported", "no complete execution was found");
	const unseen = graphs.verdict === "safe" ? onlyAmongInterleavings(program) : [];
	return {
		...graphs,
		stats,
		...(unseen.length > 0 && { reason: `only the interleavings were searched for ${unseen.join(", ")}` }),
	};
}

/** What execution graphs do not show, of that which a Program could do. */
function onlyAmongInterleavings(program: Program): string[] {
	const instructions = program.threads.flatMap((thread) => thread.instructions);
	const unseen: string[] = [];
	const waits = instructions.flatMap((one) => (one.kind === "lock" && one.try === undefined ? [one] : []));
	const locks = new Set(waits.flatMap((one) => locksOf(program, one)));
	if (locks.size > 1) unseen.push("locks that wait for one another, and their order");
	const goesBack = ({ instructions: own }: Program["threads"][number]) =>
		own.some((one, pc) => successorsOf(one).some((next) => next <= pc));
	if (program.threads.some(goesBack)) unseen.push("livelock");
	const counted = countedLocks(program);
	const isShared = (one: LockInstruction) => locksOf(program, one).some((address) => counted.has(address));
	if (instructions.some((one) => one.kind === "lock" && one.try !== undefined && isShared(one)))
		unseen.push("trylocks that fail for a writer who waits");
	return unseen;
}

/** Searches the execution graphs alone: locks that wait for one another, lock order and livelock are not found here. */
export function exploreExecutions(program: Program, options: ExploreOptions): Verdict {
	const missing = unsupportedIn(program);
	const none = { states: 0, transitions: 0, seconds: 0 };
	if (missing !== undefined) return inconclusive(none, "unsupported", missing);
	const search = new GraphSearch(program, options);
	const found = search.run();
	if (found === undefined) return inconclusive(none, "unsupported", "an `init` that makes choices");
	const stats: SearchStatistics = { states: found.checked, transitions: found.executions, seconds: found.seconds };
	if (search.found) return { verdict: "race", memory: "lkmm", ...search.found, stats };
	if (found.limit) return inconclusive(stats, limitOf(found.limit), found.reason);
	if (search.uncertain)
		return inconclusive(
			stats,
			"unsupported",
			"atomic { } is one step under sc only, and here something goes wrong with it",
		);
	const unmet = search.unmet[0];
	if (unmet !== undefined) {
		const { text, location } = unmet;
		const message = `exists (${text}): no execution ends that way`;
		return { verdict: "race", memory: "lkmm", violation: { kind: "unreachable", message, location }, stats };
	}
	return { verdict: "safe", memory: "lkmm", stats };
}

function inconclusive(stats: SearchStatistics, limit: Limit, reason: string | undefined): Verdict {
	return {
		verdict: "inconclusive",
		memory: "lkmm",
		stats: { ...stats, limit },
		...(reason !== undefined && { reason }),
	};
}

function limitOf(limit: NonNullable<ExploreStatistics["limit"]>): Limit {
	return limit === "events" ? "steps" : limit === "executions" ? "states" : limit;
}

function added(interleavings: SearchStatistics, graphs: SearchStatistics): SearchStatistics {
	return {
		...interleavings,
		states: interleavings.states + graphs.states,
		seconds: interleavings.seconds + graphs.seconds,
		...(graphs.limit && { limit: graphs.limit }),
	};
}

/** What of a Program has no meaning under the model, said so that its author knows what to change. */
function unsupportedIn(program: Program): string | undefined {
	if (program.properties.some(({ property }) => property === "always"))
		return "always (…): weak memory has no state that all CPUs agree on";
	if (program.detectLeaks) return "leaks";
	const cpus = program.threads.filter(({ kind }) => kind === "thread").map(({ cpu }) => cpu);
	if (new Set(cpus).size !== cpus.length) return "two threads on one CPU";
	return undefined;
}

interface Found {
	readonly violation: Violation;
	readonly graph: ExecutionGraph;
}

class GraphSearch {
	found: Found | undefined;
	/** Something went wrong after an `atomic { }`, whose accesses are separate here: perhaps only for that. */
	uncertain = false;
	private readonly program: Program;
	private readonly options: ExploreOptions;
	private readonly machine: Machine;
	private readonly display: ValueDisplay;
	private readonly unmetProperties: Set<Program["properties"][number]>;

	constructor(program: Program, options: ExploreOptions) {
		this.program = program;
		this.options = options;
		this.machine = new Machine(program);
		this.display = new ValueDisplay(program);
		this.unmetProperties = new Set(program.properties.filter(({ property }) => property === "exists"));
	}

	/** Properties `exists` that no execution has met. */
	get unmet(): readonly Program["properties"][number][] {
		return [...this.unmetProperties];
	}

	/** Searches; undefined when the memory that the threads begin with cannot be told. */
	run(): ExploreStatistics | undefined {
		const words = this.machine.blank();
		const beforeThreads = { ...this.program, threads: [] };
		const start = new Machine(beforeThreads);
		const initial = start.blank();
		if (start.start(initial, []).kind !== "done" || start.arities.some((arity) => arity > 1)) return undefined;
		words.set(initial.subarray(0, start.layout.gracePeriods));
		const memory = programMemory(this.program, words);
		const begin = performance.now();
		let total: ExploreStatistics | undefined;
		for (;;) {
			const before = countOf(memory);
			const stats = this.pass(memory, words, (performance.now() - begin) / 1000);
			total = total
				? { ...stats, checked: stats.checked + total.checked, seconds: stats.seconds + total.seconds }
				: stats;
			if (this.found || stats.limit || countOf(memory) === before) return total;
		}
	}

	private pass(memory: ProgramMemory, words: Int32Array, secondsBefore: number): ExploreStatistics {
		const { written } = memory;
		const lkmm: LkmmProgram = {
			threads: this.program.threads.map((_, index) => programThread(memory, index)),
			locations: memory.locations,
			locationAt: memory.locationAt,
			mayBeAt: ({ kind, origin }, address) => {
				if (kind !== EventKind.Read && kind !== EventKind.Write)
					return this.program.cells[memory.locationAt(address) ?? -1]?.lock !== undefined;
				return origin === undefined || (written.get(origin)?.has(address) ?? true);
			},
			located: ({ origin }, address) => {
				const known = written.get(origin as number);
				if (known) known.add(address);
				else written.set(origin as number, new Set([address]));
			},
		};
		const { limits, cancelled, onProgress } = this.options;
		return exploreGraphs(lkmm, {
			model: "lkmm",
			limits: { seconds: limits.secondsMax - secondsBefore, executions: executionsMaximum },
			cancelled,
			onProgress:
				onProgress &&
				((executions) => onProgress({ states: executions, transitions: 0, seconds: 0, frontier: 0, memoryMiB: 0 })),
			faultOf: (state) => programFault(memory, state),
			onFault: (fault, execution) => this.report(execution, fault as ProgramFault),
			onStuck: (threads, execution) => this.stuck(memory, threads, execution),
			onExecution: (execution) => this.complete(memory, execution, words),
		});
	}

	/** Takes note of a violation; true when it is one that is looked for. */
	private report(execution: Execution, { fault, thread, site, event, cause }: ProgramFault): boolean {
		const { wanted } = this.options;
		if (hasSteps(execution)) {
			this.uncertain = true;
			return false;
		}
		const isWanted = !wanted || wanted.includes(fault.kind);
		if (this.found && !isWanted) return false;
		const where = this.program.sites[site];
		const cell = fault.cell === undefined ? undefined : this.program.cells[fault.cell];
		const object = this.program.objects[fault.object ?? cell?.object ?? -1]?.name;
		const roles = new Map<EventKey, "violation" | "earlier">();
		if (event !== undefined) roles.set(event, "violation");
		if (cause !== undefined) roles.set(cause, "earlier");
		const violation: Violation = {
			kind: fault.kind,
			message: describeFault(this.program, fault, this.program.threads[thread]?.name ?? ""),
			location: where?.location ?? nowhere,
			...(object !== undefined && { object }),
			...(cell && { field: cell.field }),
			...(where && where.rules.length > 0 && { rules: where.rules }),
		};
		this.found = { violation, graph: this.graph(execution, roles) };
		return isWanted;
	}

	private graph(execution: Execution, roles: ReadonlyMap<EventKey, "violation" | "earlier">): ExecutionGraph {
		const { cells, sites } = this.program;
		return executionGraph(execution, {
			model: "lkmm",
			show: (value, location) => {
				if (Number.isNaN(value)) return "?";
				const cell = cells[location];
				return cell ? this.display.value(value, cell.display).text : String(value);
			},
			placeOf: (event) => sites[event.source.pos]?.location ?? nowhere,
			statementOf: (event) => {
				const site = sites[event.source.pos];
				return site && site.callStack.length > 0 ? site.statement : undefined;
			},
			callsOf: (event) => sites[event.source.pos]?.callStack.map(({ call }) => call) ?? [],
			cpuOf: (thread) => this.program.threads[thread]?.cpu,
			isShown: (location) => location < cells.length,
			roles,
		});
	}

	/** A complete execution: data races, and properties of what is left at the end. */
	private complete(memory: ProgramMemory, execution: Execution, words: Int32Array): boolean {
		if (this.program.detectDataRaces) {
			const race = execution.races.find(({ first, second }) => {
				return !execution.skeleton.events[first]?.raceAllowed && !execution.skeleton.events[second]?.raceAllowed;
			});
			if (race && this.report(execution, this.raceFault(execution, race))) return true;
		}
		if (this.program.properties.length === 0 || this.callbackPending(memory, execution)) return false;
		const state = this.finalWords(memory, execution, words);
		for (const property of this.program.properties) {
			const holds = this.machine.holdsIn(state, property);
			if (property.property === "exists") {
				if (holds) this.unmetProperties.delete(property);
				continue;
			}
			if (holds === (property.property === "finally")) continue;
			const claim = property.property === "finally" ? "does not hold at the end" : "holds at the end";
			const fault = { kind: "invariant", detail: `${property.property} (${property.text}): it ${claim}` } as const;
			if (this.report(execution, { fault, thread: 0, after: 0, site: -1 })) {
				const found = this.found as Found;
				const meaning = property.meaning === undefined ? {} : { meaning: property.meaning };
				this.found = { ...found, violation: { ...found.violation, ...meaning, location: property.location } };
				return true;
			}
		}
		return false;
	}

	/** Threads that wait for what nobody will do any more: a wakeup that weak memory lost. */
	private stuck(memory: ProgramMemory, threads: readonly number[], execution: Execution): boolean {
		if (this.callbackPending(memory, execution)) return false;
		const waits = threads.map((thread) => {
			const { path } = execution.state.parts[thread] as { path: { events: readonly { source: { text: string } }[] } };
			return `${this.program.threads[thread]?.name} at ${path.events.at(-1)?.source.text ?? "its start"}`;
		});
		const [thread = 0] = threads;
		const last = execution.state.parts[thread]?.path.events.at(-1);
		const fault = { kind: "deadlock", detail: `nobody can go on: ${waits.join("; ")}` } as const;
		return this.report(execution, { fault, thread, after: 0, site: last?.source.pos ?? -1 });
	}

	private raceFault({ skeleton, communication }: Execution, { first, second }: Race): ProgramFault {
		const key = (event: number) => keyOf(skeleton.threadOf[event] as number, skeleton.localOf[event] as number);
		const cell = communication.location[first] as number;
		const object = this.program.objects[this.program.cells[cell]?.object ?? -1]?.name ?? "";
		const field = this.program.cells[cell]?.field ?? "";
		const name = field === "" ? object : `${object}.${field}`;
		const says = (event: number) => {
			const { source } = skeleton.events[event] as { source: { text: string } };
			return `${this.program.threads[skeleton.threadOf[event] as number]?.name} at \`${source.text}\``;
		};
		return {
			fault: { kind: "data_race", detail: `${name}: nothing orders ${says(first)} and ${says(second)}`, cell },
			thread: skeleton.threadOf[second] as number,
			after: 0,
			site: skeleton.events[second]?.source.pos ?? -1,
			event: key(second),
			cause: key(first),
		};
	}

	/** Whether a callback that was handed over has not run: nothing is at its end yet. */
	private callbackPending(memory: ProgramMemory, { state }: Execution): boolean {
		return this.program.threads.some((thread, index) => {
			if (thread.kind !== "callback") return false;
			const start = memory.locationAt(memory.startAddress(index)) as number;
			return (state.order[start]?.length ?? 0) > 0 && state.valueOf(keyOf(index, 0)) === 0;
		});
	}

	/** The end of an execution as a state of the machine, for properties to be evaluated in. */
	private finalWords(memory: ProgramMemory, execution: Execution, words: Int32Array): Int32Array {
		const state = words.slice();
		const { layout } = memory;
		for (let cell = 0; cell < this.program.cells.length; cell++) {
			if (!this.program.cells[cell]?.lock) state[cell] = this.finalContent(execution, cell);
		}
		for (let object = 0; object < this.program.objects.length; object++) {
			state[layout.lifetimes + object] = execution.finalValue(
				memory.locationAt(memory.lifetimeAddress(object)) as number,
			);
		}
		for (const [index, thread] of this.program.threads.entries()) {
			const base = layout.threads[index] as number;
			state[base + pcWord] = finished;
			for (let register = 0; register < thread.registers.length; register++) {
				state[base + registersWord + register] = finalRegister(execution.state, index, String(register)) ?? 0;
			}
		}
		return state;
	}

	/** What a cell holds at the end; freed memory keeps what was in it. */
	private finalContent({ state, finalValue }: Execution, cell: number): number {
		const order = state.order[cell] ?? [];
		const last = order.findLast((write) => state.event(write).lifetime !== "free");
		return last === undefined
			? order.length === 0
				? finalValue(cell)
				: (state.program.locations[cell]?.initial ?? 0)
			: state.valueOf(last);
	}
}

/** Whether a thread makes several accesses that the scenario says are one step, one after the other. */
function hasSteps({ state }: Execution): boolean {
	return state.parts.some(({ path }) => {
		const accesses = path.events.filter(({ address }) => address >= 0);
		return accesses.some(({ glued }, i) => glued === true && accesses[i + 1]?.glued === true);
	});
}

/** How much is known of what instructions write. */
function countOf({ written }: ProgramMemory): number {
	let count = 0;
	for (const addresses of written.values()) count += addresses.size;
	return count;
}

const nowhere: Location = { file: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
