/** Our search against SPIN: shipped checks, and families of scenarios that grow. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportPromela, NotExportable } from "../../../engine/export/promela.ts";
import { defaultLowerOptions, lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { defaultLimits, type Progress } from "../../../engine/search/limits.ts";
import { analyzeText } from "../../unit/scenarios/analyzeFile.ts";
import { checksOf, prepared, shippedFiles } from "../../unit/search/shippedChecks.ts";
import { type BenchOptions, type Measurement, median, type Part, repetitions, timed } from "../measurement.ts";
import { families } from "./families.ts";
import { runSpin, type SpinTimes, spinVersion } from "./spinRun.ts";

/** Longer models of shipped checks are left out: gcc -O2 takes minutes for each. */
const modelLengthMax = 20_000;
/** With `--quick`. */
const quickModelLengthMax = 8_000;

export const search: Part = {
	name: "search",
	async run(options) {
		const version = spinVersion();
		if (version === undefined) {
			options.log("SPIN is not installed: nothing to compare with");
			return [];
		}
		const peer = `SPIN ${version}`;
		return [...(await shipped(peer, options)), ...(await growing(peer, options))];
	},
};

interface Question {
	readonly name: string;
	readonly text: string;
	readonly program: Program;
	readonly model: string;
	readonly wanted: readonly string[];
}

/** The first program of each check of a text, with its model; checks that cannot be exported have none. */
function questions(text: string, name: string): Question[] {
	return checksOf(analyzeText(text), name).flatMap((check) => {
		const program = check.programs[0];
		if (program?.memory !== "sc") return [];
		try {
			return [{ name: check.name, text, program, model: exportPromela(program), wanted: check.wanted }];
		} catch (error) {
			if (error instanceof NotExportable) return [];
			throw error;
		}
	});
}

function answer(question: Question, reduction: boolean, onProgress?: (progress: Progress) => void) {
	return explore(question.program, {
		limits: defaultLimits,
		reduction,
		...(question.wanted.length > 0 ? { wanted: question.wanted } : {}),
		...(onProgress ? { onProgress } : {}),
	});
}

/** From the text to the verdict of its check: what an editor does after a change. Included files are checked already. */
function textToVerdict(question: Question) {
	const module = analyzeText(question.text);
	for (const scenario of module.scenarios) {
		for (const member of scenario.members) {
			if (member.kind !== "check" || !question.name.endsWith(` ${member.name.text}`)) continue;
			const program = lowerCheck(module, scenario, member, defaultLowerOptions).programs[0];
			if (program) return answer({ ...question, program: prepared(program) }, true);
		}
	}
	throw new Error(`${question.name} is gone`);
}

async function ours<Result>(options: BenchOptions, call: () => Result): Promise<{ seconds: number; result: Result }> {
	const all: number[] = [];
	let result = (await timed(call)).result;
	for (let repetition = 0; repetition < repetitions(options); repetition++) {
		const one = await timed(call);
		all.push(one.seconds);
		result = one.result;
	}
	return { seconds: median(all), result };
}

async function shipped(peer: string, options: BenchOptions): Promise<Measurement[]> {
	const root = join(import.meta.dirname, "../../../scenarios");
	const all = shippedFiles().flatMap((file) => questions(readFileSync(join(root, file), "utf8"), file));
	const chosen = all.filter(({ model }) => model.length <= (options.quick ? quickModelLengthMax : modelLengthMax));
	options.log(`${chosen.length} of ${all.length} shipped checks; the models of the others are too long for gcc -O2`);
	const measurements: Measurement[] = [];
	for (const question of chosen) {
		const mine = await ours(options, () => textToVerdict(question));
		const theirs = await runSpin(question.model, true, repetitions(options), options.quick);
		measurements.push({
			peer,
			name: question.name,
			measure: "text-to-verdict",
			ourSeconds: mine.seconds,
			...(theirs ? { peerSeconds: theirs.compileSeconds + median(theirs.searchSeconds) } : { note: "SPIN gave up" }),
			ourStates: mine.result.stats.states,
			...(theirs ? { peerStates: theirs.states } : {}),
		});
		options.log(`${question.name}: ${mine.seconds.toFixed(4)} s`);
	}
	return measurements;
}

async function growing(peer: string, options: BenchOptions): Promise<Measurement[]> {
	const measurements: Measurement[] = [];
	for (const family of families) {
		let gaveUp = false;
		const theirTimes = async (model: string, reduction: boolean) => {
			if (gaveUp) return undefined;
			const times = await runSpin(model, reduction, repetitions(options), options.quick);
			// What is larger takes longer.
			gaveUp = times === undefined;
			return times;
		};
		for (const size of options.quick ? family.quickSizes : family.sizes) {
			const [question] = questions(family.text(size), `${family.name}, n = ${size}`);
			if (!question) continue;
			const mine = await ours(options, () => textToVerdict(question));
			const theirs = await runSpin(question.model, true, repetitions(options), options.quick);
			measurements.push(
				compared(
					peer,
					question,
					"text-to-verdict",
					mine.seconds,
					mine.result.stats,
					theirs,
					theirs && theirs.compileSeconds + median(theirs.searchSeconds),
				),
			);
			const reduced = await ours(options, () => answer(question, true));
			measurements.push(
				compared(
					peer,
					question,
					"search",
					reduced.seconds,
					reduced.result.stats,
					theirs,
					theirs && median(theirs.searchSeconds),
				),
			);
			if (size <= family.unreducedMax) measurements.push(await unreduced(peer, question, options, theirTimes));
			options.log(`${question.name}: ${mine.seconds.toFixed(3)} s`);
		}
	}
	return measurements;
}

function compared(
	peer: string,
	question: Question,
	measure: string,
	ourSeconds: number,
	stats: { readonly states: number; readonly transitions: number },
	theirs: SpinTimes | undefined,
	peerSeconds: number | undefined,
): Measurement {
	return {
		peer,
		name: question.name.replace(/ \S+$/, ""),
		measure,
		ourSeconds,
		ourStates: stats.states,
		ourTransitions: stats.transitions,
		...(theirs && peerSeconds !== undefined
			? { peerSeconds, peerStates: theirs.states, peerTransitions: theirs.transitions }
			: { note: "SPIN gave up" }),
	};
}

/** Every interleaving: seconds for a million transitions, and bytes for each state. */
async function unreduced(
	peer: string,
	question: Question,
	options: BenchOptions,
	theirTimes: (model: string, reduction: boolean) => Promise<SpinTimes | undefined>,
): Promise<Measurement> {
	let memoryMiB = 0;
	const mine = await ours(options, () =>
		answer(question, false, (progress) => {
			memoryMiB = progress.memoryMiB;
		}),
	);
	const theirs = await theirTimes(question.model, false);
	const { states, transitions } = mine.result.stats;
	const perMillion = (seconds: number, count: number) => (seconds / count) * 1e6;
	const measurement = compared(
		peer,
		question,
		"unreduced-million-transitions",
		perMillion(mine.seconds, transitions),
		mine.result.stats,
		theirs,
		theirs && perMillion(median(theirs.searchSeconds), theirs.transitions),
	);
	return {
		...measurement,
		// The last report before the end; short searches make none.
		...(memoryMiB > 0 ? { ourBytesPerState: (memoryMiB * 2 ** 20) / states } : {}),
		...(theirs ? { peerBytesPerState: theirs.bytesPerState } : {}),
	};
}
