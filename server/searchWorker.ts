/** The program of a search thread: checks the texts that it is sent, searches one check at a time, answers. */
import { parentPort, workerData } from "node:worker_threads";
import { everyRace, searchFrom, walkCheck } from "../engine/byHand.ts";
import { type CheckOptions, runCheck, runPrograms } from "../engine/check.ts";
import { type FenceFixes, fenceFixes, fenceSecondsMax } from "../engine/fenceFix.ts";
import { analyze, type Module, ModuleCache } from "../engine/language/analyze.ts";
import type { CheckMember, ScenarioItem } from "../engine/language/syntax.ts";
import { litmusCheckResult } from "../engine/litmus/checkResult.ts";
import { exploreLitmus } from "../engine/litmus/explore.ts";
import { litmusFenceFixes } from "../engine/litmus/fences.ts";
import { parseLitmus } from "../engine/litmus/parse.ts";
import { lowerCheck } from "../engine/program/lower/lower.ts";
import type { Program } from "../engine/program/program.ts";
import { includedFile } from "./includes.ts";
import { kernelPath, kernelUri } from "./kernelModel.ts";
import type { Answer, Question, SearchJob, WorkerContext, WorkerReply } from "./search/messages.ts";

const { kernel } = workerData as WorkerContext;
/** Modules of the kernel model stay as they are; those of documents are told apart by their text. */
const cache = new ModuleCache();

parentPort?.on("message", (job: SearchJob) => parentPort?.postMessage(answer(job)));

function answer(job: SearchJob): WorkerReply {
	try {
		return run(job);
	} catch (error) {
		return { kind: "failed", id: job.id, message: error instanceof Error ? error.message : String(error) };
	}
}

function run(job: SearchJob): WorkerReply {
	return job.kind === "litmus" ? exploreTest(job) : searchCheck(job);
}

function exploreTest(job: SearchJob): WorkerReply {
	const failed = (message: string) => ({ kind: "failed", id: job.id, message }) as const;
	const text = job.texts[job.uri];
	if (text === undefined) return failed(`${job.uri} cannot be read.`);
	const { litmus, errors } = parseLitmus(text);
	if (litmus === undefined) return failed(errors[0]?.message ?? "This is no litmus test.");
	const flag = new Int32Array(job.cancel);
	const cancelled = () => Atomics.load(flag, 0) !== 0;
	if (job.question?.kind === "fences") {
		const fences = litmusFenceFixes(litmus, job.question.race, { seconds: fenceSecondsMax, cancelled });
		return { kind: "result", id: job.id, result: fences };
	}
	const started = performance.now();
	const found = exploreLitmus(litmus, {
		model: job.options.lower.memory ?? "lkmm",
		limits: { seconds: job.options.limits.secondsMax, executions: job.options.limits.statesMax },
		cancelled,
		onProgress: (executions) =>
			parentPort?.postMessage({
				kind: "progress",
				id: job.id,
				states: executions,
				transitions: 0,
				seconds: (performance.now() - started) / 1000,
				frontier: 0,
				memoryMiB: 0,
			} satisfies WorkerReply),
	});
	const problems = found.errors.map(({ pos, end, message }) => ({ file: job.uri, pos, end, message }));
	if (problems.length > 0) return { ...failed(problems[0]?.message ?? ""), problems };
	return { kind: "result", id: job.id, result: litmusCheckResult(job.uri, litmus, found) };
}

function searchCheck(job: SearchJob): WorkerReply {
	const failed = (message: string) => ({ kind: "failed", id: job.id, message }) as const;
	const module = checkedModule(job);
	if (module === undefined) return failed(`${job.uri} cannot be read.`);
	const named = checkOf(module, job);
	if (named === undefined) return failed(`There is no check ${job.check} in scenario ${job.scenario}.`);
	const { scenario, check } = named;
	const flag = new Int32Array(job.cancel);
	const options: CheckOptions = {
		...job.options,
		cancelled: () => Atomics.load(flag, 0) !== 0,
		onProgress: ({ states, transitions, seconds, frontier, memoryMiB }) =>
			parentPort?.postMessage({
				kind: "progress",
				id: job.id,
				states,
				transitions,
				seconds,
				frontier,
				memoryMiB,
			} satisfies WorkerReply),
	};
	if (job.question?.kind === "fences") return { kind: "result", id: job.id, result: fencesOf(job, module, options) };
	const { programs, problems } = lowerCheck(module, scenario, check, options.lower);
	if (problems.length > 0) return { ...failed(problems[0]?.message ?? "This check cannot be searched."), problems };
	const result = resultOf(job.question, module.file, programs, options);
	return typeof result === "string" ? failed(result) : { kind: "result", id: job.id, result };
}

/** Barriers that forbid a race, each set tried in the text of the document. */
function fencesOf(job: SearchJob, module: Module, { onProgress: _onProgress, ...options }: CheckOptions): FenceFixes {
	if (job.question?.kind !== "fences") return { fixes: [], isComplete: true };
	const end = performance.now() + fenceSecondsMax * 1000;
	const cancelled = () => performance.now() > end || options.cancelled?.() === true;
	return fenceFixes(module.tree, job.question.race, {
		cancelled,
		search: (text) => {
			const changed = checkedModule(job, text);
			const found = changed?.hasErrors === false ? checkOf(changed, job) : undefined;
			const result =
				changed && found && runCheck(changed, found.scenario, found.check, { ...options, cancelled }).result;
			return result && { result };
		},
	});
}

/** The answer to a question about a check, or why there is none. */
function resultOf(
	question: Exclude<Question, { readonly kind: "fences" }> | undefined,
	file: string,
	programs: readonly Program[],
	options: CheckOptions,
): Answer | string {
	switch (question?.kind) {
		case undefined:
			return runPrograms(file, programs, options);
		case "every_race":
			return everyRace(file, programs, options);
		case "walk":
			return walkCheck(programs, question.schedule, question);
		case "search_from":
			return searchFrom(file, programs, question.schedule, options, question.parameters);
	}
}

/** The check that a job is about. */
function checkOf(module: Module, job: SearchJob): { scenario: ScenarioItem; check: CheckMember } | undefined {
	const scenario = module.tree.items.find(
		(item): item is ScenarioItem => item.kind === "scenario" && item.name.text === job.scenario,
	);
	const check = scenario?.members.find(
		(member): member is CheckMember => member.kind === "check" && member.name.text === job.check,
	);
	return scenario && check && { scenario, check };
}

/** The document as it stands in the job, or with another text. */
function checkedModule(job: SearchJob, text = job.texts[job.uri]): Module | undefined {
	if (text === undefined) return undefined;
	return analyze(
		job.uri,
		text,
		(path, system, from) => {
			const file = system ? kernelUri(path) : includedFile(from, path);
			if (file === undefined) return undefined;
			const included = kernel.get(kernelPath(file) ?? "") ?? job.texts[file];
			return included === undefined ? undefined : { file, text: included };
		},
		cache,
	);
}
