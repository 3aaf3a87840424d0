/** Our search against SPIN: shipped checks, and families of scenarios that grow. */
import { availableParallelism } from "node:os";
import { type BenchOptions, type Measurement, median, type Part, repetitions, timed } from "../measurement.ts";
import { families } from "./families.ts";
import { answer, programOf, type Question, questions, shippedQuestions, textToVerdict } from "./questions.ts";
import { type SpinSearch, spinVersion, Verifier } from "./spinRun.ts";
import { summary } from "./summary.ts";

/** How much time there is. */
interface Budget {
	/** Nothing is begun after so many seconds, and what runs then is given up soon. */
	readonly totalSecondsMax: number;
	/** One stage of SPIN (spin and gcc, or one search) is given up after this, in seconds. */
	readonly stageSecondsMax: number;
	/** A measurement is not repeated again once its repetitions have taken this, in seconds. */
	readonly repeatSecondsMax: number;
	/** Seconds after which no more models of shipped checks are compiled, and no more are measured. */
	readonly compileSecondsMax: number;
	readonly shippedSecondsMax: number;
	/** Seconds after which no larger size of a family is begun. */
	readonly familySecondsMax: number;
	/** Shipped scenarios that are asked about, by file; absent: all. */
	readonly files?: ReadonlySet<string>;
}

/** States from which on memory per state is told. */
const weighedStatesMin = 100_000;

const whole: Budget = {
	totalSecondsMax: 660,
	stageSecondsMax: 120,
	repeatSecondsMax: 10,
	compileSecondsMax: 380,
	shippedSecondsMax: 430,
	familySecondsMax: 75,
};
/** With `--quick`. */
const brief: Budget = {
	totalSecondsMax: 25,
	stageSecondsMax: 10,
	repeatSecondsMax: 1,
	compileSecondsMax: 5,
	shippedSecondsMax: 12,
	familySecondsMax: 4,
	files: new Set(["history/d22_untagged_mapping", "history/d27_stackrot", "rules/lock_order", "rules/vma_lock"]),
};

export const search: Part = {
	name: "search",
	async run(options) {
		const version = spinVersion();
		if (version === undefined) {
			options.log("SPIN is not installed: nothing to compare with");
			return [];
		}
		const bench = new SearchBench(`SPIN ${version}`, options);
		const measurements = [...(await bench.shipped()), ...(await bench.growing())];
		options.log(`\n${summary(measurements)}`);
		return measurements;
	},
};

/** The families of `search` by themselves. */
export const growth: Part = {
	name: "families",
	isPartOf: search.name,
	async run(options) {
		const version = spinVersion();
		const measurements = version === undefined ? [] : await new SearchBench(`SPIN ${version}`, options).growing();
		options.log(
			version === undefined ? "SPIN is not installed: nothing to compare with" : `\n${summary(measurements)}`,
		);
		return measurements;
	},
};

/** What one side needed. */
interface Side {
	readonly seconds: number;
	readonly states: number;
	readonly transitions: number;
	readonly bytesPerState?: number;
}

class SearchBench {
	private readonly peer: string;
	private readonly options: BenchOptions;
	private readonly budget: Budget;
	private readonly begun = performance.now();

	constructor(peer: string, options: BenchOptions) {
		this.peer = peer;
		this.options = options;
		this.budget = options.quick ? brief : whole;
	}

	/** Seconds that are left. */
	private get left(): number {
		return this.budget.totalSecondsMax - (performance.now() - this.begun) / 1000;
	}

	/** Seconds that a stage of SPIN that begins now may take. */
	private get stageSeconds(): number {
		return Math.max(1, Math.min(this.budget.stageSecondsMax, this.left));
	}

	/** Text to verdict of every shipped check. Models are compiled once each, as many at a time as there are cores. */
	async shipped(): Promise<Measurement[]> {
		const { budget, options } = this;
		const all = shippedQuestions(options.log, budget.files);
		const begun = performance.now();
		const isPast = (secondsMax: number) => performance.now() - begun > secondsMax * 1000 || this.left < 0;
		const verifiers = new Map<Question, Verifier | undefined>();
		options.log(`compiling ${all.length} models`);
		// Taken from the end: where there is no time for all, then for the shortest.
		const waiting = [...all].sort((one, two) => two.model.length - one.model.length);
		const compile = async () => {
			for (let next = waiting.pop(); next && !isPast(budget.compileSecondsMax); next = waiting.pop())
				verifiers.set(next, await Verifier.compile(next.model, true, this.stageSeconds));
		};
		await Promise.all(Array.from({ length: availableParallelism() }, compile));
		const measurements: Measurement[] = [];
		for (const question of all) {
			if (!verifiers.has(question)) continue;
			const verifier = verifiers.get(question);
			if (isPast(budget.shippedSecondsMax)) {
				verifier?.dispose();
				continue;
			}
			const { ours, theirs } = await this.inTurn(() => textToVerdict(question), verifier);
			verifier?.dispose();
			const peerSeconds = theirs && verifier && verifier.compileSeconds + theirs.seconds;
			measurements.push(this.compared(question.name, "text-to-verdict", ours, theirs, peerSeconds));
			options.log(`${question.name}: ${told(ours.seconds, peerSeconds)}`);
		}
		options.log(
			`${measurements.length} of ${all.length} shipped checks${measurements.length < all.length ? ": there was no time for others" : ""}`,
		);
		return measurements;
	}

	/** Families of scenarios, size by size: the smaller ones of all before the larger ones of any. */
	async growing(): Promise<Measurement[]> {
		const { budget, options } = this;
		const growth = families.map((family) => ({
			family,
			sizes: options.quick ? family.quickSizes : family.sizes,
			measurements: [] as Measurement[],
			seconds: 0,
		}));
		const rounds = Math.max(...growth.map(({ sizes }) => sizes.length));
		for (let round = 0; round < rounds; round++) {
			for (const of of growth) {
				const size = of.sizes[round];
				if (size === undefined) continue;
				if (of.seconds > budget.familySecondsMax || this.left < 0) {
					options.log(`${of.family.name}: no time for n = ${size}`);
					continue;
				}
				const begun = performance.now();
				const [question] = questions(of.family.text(size), `${of.family.name}, n = ${size}`, options.log);
				if (question) of.measurements.push(...(await this.sized(question, size <= of.family.reducedMax)));
				of.seconds += (performance.now() - begun) / 1000;
			}
		}
		return growth.flatMap(({ measurements }) => measurements);
	}

	/** One size of a family: every interleaving, and the search as it is used where `alsoReduced`. */
	private async sized(question: Question, alsoReduced: boolean): Promise<Measurement[]> {
		const { options } = this;
		const name = question.name.replace(/ \S+$/, "");
		const [plain, reducing] = await Promise.all([
			Verifier.compile(question.model, false, this.stageSeconds),
			alsoReduced ? Verifier.compile(question.model, true, this.stageSeconds) : undefined,
		]);
		const whole = await this.inTurn((heard) => answer(question, false, heard), plain);
		plain?.dispose();
		options.log(`${name}: every interleaving ${told(whole.ours.seconds, whole.theirs?.seconds)}`);
		const perMillion = (side: Side) => (side.seconds / side.transitions) * 1e6;
		const measurements = [
			this.compared(name, "unreduced-search", whole.ours, whole.theirs, whole.theirs?.seconds),
			this.compared(
				name,
				"unreduced-million-transitions",
				{ ...whole.ours, seconds: perMillion(whole.ours) },
				whole.theirs,
				whole.theirs && perMillion(whole.theirs),
			),
		];
		if (!alsoReduced) return measurements;
		const { ours, theirs } = await this.inTurn(() => answer(question, true), reducing, whole.ours.states);
		reducing?.dispose();
		const texts: number[] = [];
		for (let repetition = 0; repetition < repetitions(options); repetition++)
			texts.push((await timed(() => programOf(question))).seconds);
		const fromText = { ...ours, seconds: median(texts) + ours.seconds };
		const peerSeconds = theirs && reducing && reducing.compileSeconds + theirs.seconds;
		options.log(`${name}: search ${told(ours.seconds, theirs?.seconds)}`);
		measurements.push(this.compared(name, "search", ours, theirs, theirs?.seconds));
		measurements.push(this.compared(name, "text-to-verdict", fromText, theirs, peerSeconds));
		return measurements;
	}

	/** Both engines in turn, some times; the medians. */
	private async inTurn(
		call: (heard: (progress: { readonly memoryMiB: number; readonly states: number }) => void) => {
			readonly stats: { readonly states: number; readonly transitions: number; readonly limit?: string };
		},
		verifier: Verifier | undefined,
		statesExpected?: number,
	): Promise<{ readonly ours: Side; readonly theirs: Side | undefined }> {
		let bytesPerState: number | undefined;
		const mine = () =>
			timed(() =>
				call((progress) => {
					// With few states the tables' first pieces weigh more than what is in them.
					if (progress.states >= weighedStatesMin) bytesPerState = (progress.memoryMiB * 2 ** 20) / progress.states;
				}),
			);
		const begun = performance.now();
		const took = () => (performance.now() - begun) / 1000;
		// What has just been loaded has not been compiled yet; of a search that takes its time, that is a small part.
		let last = await mine();
		const ours: number[] = took() > 1 ? [last.seconds] : [];
		const theirs: SpinSearch[] = [];
		let gaveUp = verifier === undefined;
		const isEnough = () =>
			ours.length >= repetitions(this.options) ||
			(ours.length > 0 && (gaveUp || theirs.length > 0) && (took() >= this.budget.repeatSecondsMax || this.left < 0));
		while (!isEnough()) {
			if (gaveUp || ours.length <= theirs.length) {
				last = await mine();
				ours.push(last.seconds);
			}
			const search = gaveUp
				? undefined
				: await verifier?.search(this.stageSeconds, statesExpected ?? last.result.stats.states);
			if (search) theirs.push(search);
			else gaveUp = true;
		}
		const { states, transitions, limit } = last.result.stats;
		if (limit) this.options.log(`ours met its limit: ${limit}`);
		const [found] = theirs;
		return {
			ours: {
				seconds: median(ours),
				states,
				transitions,
				// As the last report had it.
				...(bytesPerState === undefined ? {} : { bytesPerState }),
			},
			theirs: found && { ...found, seconds: median(theirs.map((each) => each.seconds)) },
		};
	}

	private compared(
		name: string,
		measure: string,
		ours: Side,
		theirs: Side | undefined,
		peerSeconds: number | undefined,
	): Measurement {
		return {
			peer: this.peer,
			name,
			measure,
			ourSeconds: ours.seconds,
			ourStates: ours.states,
			ourTransitions: ours.transitions,
			...(ours.bytesPerState === undefined ? {} : { ourBytesPerState: ours.bytesPerState }),
			...(theirs && peerSeconds !== undefined
				? {
						peerSeconds,
						peerStates: theirs.states,
						peerTransitions: theirs.transitions,
						...(theirs.bytesPerState === undefined ? {} : { peerBytesPerState: theirs.bytesPerState }),
					}
				: { note: "SPIN gave up" }),
		};
	}
}

const told = (ourSeconds: number, peerSeconds: number | undefined) =>
	`ours ${ourSeconds.toPrecision(3)} s, SPIN ${peerSeconds === undefined ? "gave up" : `${peerSeconds.toPrecision(3)} s`}`;
