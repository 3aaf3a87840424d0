/** Searches in worker threads: a few workers, a queue before them, and a way to stop each search at once. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { CheckResult } from "../../engine/verdict/verdict.ts";
import type {
	Answer,
	Answers,
	Question,
	SearchFailure,
	SearchJob,
	SearchProgress,
	WorkerContext,
	WorkerReply,
} from "./messages.ts";

/** One core is left to the editor. Each worker may use as much memory as one search is allowed. */
export const workersMax = 4;
/** How long a worker has to heed the cancel flag before its thread is ended. In milliseconds. */
export const cancelGraceMilliseconds = 60;
/** A search that runs longer than this does not keep others waiting: they get a thread more, up to `workersMax`. In seconds. */
export const aloneSecondsMax = 2;
/** A thread whose search held more than this is ended afterwards, which gives its memory back at once. In MiB. */
export const memoryKeptMaxMiB = 64;

export type SearchOutcome<Result = CheckResult> =
	| { readonly kind: "result"; readonly result: Result }
	| ({ readonly kind: "failed" } & SearchFailure)
	| { readonly kind: "cancelled"; readonly progress: SearchProgress };

/** A search under way or waiting for a worker. */
export interface RunningSearch<Result = CheckResult> {
	/** Never rejects. */
	readonly outcome: Promise<SearchOutcome<Result>>;
	cancel(): void;
}

interface Queued {
	readonly job: SearchJob;
	readonly onProgress: (progress: SearchProgress) => void;
	readonly settle: (outcome: SearchOutcome<Answer>) => void;
	progress: SearchProgress;
	cancelled: boolean;
	settled: boolean;
	worker: Worker | undefined;
}

export class SearchPool {
	private readonly idle: Worker[] = [];
	private readonly waiting: Queued[] = [];
	private readonly running = new Map<Worker, Queued>();
	private readonly script: URL;
	private readonly workerData: WorkerContext | undefined;
	private readonly size: number;
	private nextId = 1;

	/**
	 * `script` is the worker's program, which finds `workerData` as its own; `size` is the number of threads, by default
	 * by the cores there are.
	 */
	constructor(
		script: URL,
		workerData?: WorkerContext,
		size = Math.max(1, Math.min(workersMax, availableParallelism() - 1)),
	) {
		this.script = script;
		this.workerData = workerData;
		this.size = size;
	}

	/** Queues a search. */
	search(
		request: Omit<SearchJob, "id" | "cancel" | "question">,
		onProgress?: (progress: SearchProgress) => void,
	): RunningSearch {
		return this.queue(request, onProgress) as RunningSearch;
	}

	/** Queues a question about a check. */
	ask<Kind extends Question["kind"]>(
		request: Omit<SearchJob, "id" | "cancel"> & { readonly question: Extract<Question, { readonly kind: Kind }> },
		onProgress?: (progress: SearchProgress) => void,
	): RunningSearch<Answers[Kind]> {
		return this.queue(request, onProgress) as RunningSearch<Answers[Kind]>;
	}

	private queue(
		request: Omit<SearchJob, "id" | "cancel">,
		onProgress: (progress: SearchProgress) => void = () => {},
	): RunningSearch<Answer> {
		const job = { ...request, id: this.nextId++, cancel: new SharedArrayBuffer(4) };
		const { promise, settle } = settledOnce();
		const queued: Queued = {
			job,
			onProgress,
			settle,
			progress: { states: 0, transitions: 0, seconds: 0, frontier: 0, memoryMiB: 0 },
			cancelled: false,
			settled: false,
			worker: undefined,
		};
		this.waiting.push(queued);
		this.dispatch();
		return { outcome: promise, cancel: () => this.cancel(queued) };
	}

	/** Ends every thread; searches under way are cancelled. */
	async dispose(): Promise<void> {
		for (const queued of [...this.waiting, ...this.running.values()]) this.finish(queued, cancelledOutcome(queued));
		this.waiting.length = 0;
		const workers = [...this.idle, ...this.running.keys()];
		this.idle.length = 0;
		this.running.clear();
		await Promise.all(workers.map((worker) => worker.terminate()));
	}

	private dispatch(): void {
		while (this.waiting.length > 0) {
			const worker = this.idle.pop() ?? (this.running.size < this.threadsNow() ? this.start() : undefined);
			if (worker === undefined) return;
			const queued = this.waiting.shift()!;
			queued.worker = worker;
			this.running.set(worker, queued);
			worker.postMessage(queued.job);
		}
	}

	/** Threads that may run now: those there are cores for, and one for each search that takes long. */
	private threadsNow(): number {
		let long = 0;
		for (const { progress } of this.running.values()) if (progress.seconds > aloneSecondsMax) long++;
		return Math.max(this.size, Math.min(workersMax, this.size + long));
	}

	private start(): Worker {
		const worker = new Worker(this.script, { workerData: this.workerData });
		worker.on("message", (reply: WorkerReply) => this.receive(worker, reply));
		worker.on("error", (error: Error) => this.lost(worker, error.message));
		worker.on("exit", () => this.lost(worker, "The search thread ended."));
		return worker;
	}

	private receive(worker: Worker, reply: WorkerReply): void {
		const queued = this.running.get(worker);
		if (queued === undefined || queued.job.id !== reply.id) return;
		if (reply.kind === "progress") {
			queued.progress = reply;
			if (!queued.cancelled) queued.onProgress(reply);
			this.dispatch();
			return;
		}
		this.running.delete(worker);
		if (queued.progress.memoryMiB > memoryKeptMaxMiB || this.idle.length >= this.size) void worker.terminate();
		else this.idle.push(worker);
		this.finish(queued, queued.cancelled ? cancelledOutcome(queued) : reply);
		this.dispatch();
	}

	private lost(worker: Worker, message: string): void {
		const queued = this.running.get(worker);
		this.running.delete(worker);
		const position = this.idle.indexOf(worker);
		if (position >= 0) this.idle.splice(position, 1);
		if (queued !== undefined)
			this.finish(queued, queued.cancelled ? cancelledOutcome(queued) : { kind: "failed", message });
		this.dispatch();
	}

	private cancel(queued: Queued): void {
		if (queued.settled || queued.cancelled) return;
		queued.cancelled = true;
		const position = this.waiting.indexOf(queued);
		if (position >= 0) {
			this.waiting.splice(position, 1);
			this.finish(queued, cancelledOutcome(queued));
			return;
		}
		Atomics.store(new Int32Array(queued.job.cancel), 0, 1);
		setTimeout(() => {
			if (queued.settled || queued.worker === undefined) return;
			this.finish(queued, cancelledOutcome(queued));
			void queued.worker.terminate();
		}, cancelGraceMilliseconds);
	}

	private finish(queued: Queued, outcome: SearchOutcome<Answer>): void {
		queued.settled = true;
		queued.settle(outcome);
	}
}

const cancelledOutcome = (queued: Queued): SearchOutcome<Answer> => ({ kind: "cancelled", progress: queued.progress });

function settledOnce(): { promise: Promise<SearchOutcome<Answer>>; settle: (outcome: SearchOutcome<Answer>) => void } {
	let settle: (outcome: SearchOutcome<Answer>) => void = () => {};
	const promise = new Promise<SearchOutcome<Answer>>((resolve) => {
		settle = resolve;
	});
	return { promise, settle };
}
