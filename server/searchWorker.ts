/** The program of a search thread: checks the texts that it is sent, searches one check at a time, answers. */
import { parentPort, workerData } from "node:worker_threads";
import { runCheck } from "../engine/check.ts";
import { analyze, type Module, ModuleCache } from "../engine/language/analyze.ts";
import type { CheckMember, ScenarioItem } from "../engine/language/syntax.ts";
import { includedFile } from "./includes.ts";
import { kernelPath, kernelUri } from "./kernelModel.ts";
import type { SearchJob, WorkerContext, WorkerReply } from "./search/messages.ts";

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
	const failed = (message: string) => ({ kind: "failed", id: job.id, message }) as const;
	const module = checkedModule(job);
	if (module === undefined) return failed(`${job.uri} cannot be read.`);
	const scenario = module.tree.items.find(
		(item): item is ScenarioItem => item.kind === "scenario" && item.name.text === job.scenario,
	);
	const check = scenario?.members.find(
		(member): member is CheckMember => member.kind === "check" && member.name.text === job.check,
	);
	if (scenario === undefined || check === undefined)
		return failed(`There is no check ${job.check} in scenario ${job.scenario}.`);
	const flag = new Int32Array(job.cancel);
	const { result, problems } = runCheck(module, scenario, check, {
		...job.options,
		cancelled: () => Atomics.load(flag, 0) !== 0,
		onProgress: ({ states, transitions, seconds, memoryMiB }) =>
			parentPort?.postMessage({
				kind: "progress",
				id: job.id,
				states,
				transitions,
				seconds,
				memoryMiB,
			} satisfies WorkerReply),
	});
	if (result === undefined) return { ...failed(problems[0]?.message ?? "This check cannot be searched."), problems };
	return { kind: "result", id: job.id, result };
}

function checkedModule(job: SearchJob): Module | undefined {
	const text = job.texts[job.uri];
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
