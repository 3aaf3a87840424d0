/** What both engines are asked: checks with their models, and how we answer from the text on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportPromela, NotExportable } from "../../../engine/export/promela.ts";
import { defaultLowerOptions, lowerCheck } from "../../../engine/program/lower/lower.ts";
import type { Program } from "../../../engine/program/program.ts";
import { explore } from "../../../engine/search/explore.ts";
import { defaultLimits, type Progress } from "../../../engine/search/limits.ts";
import type { Verdict } from "../../../engine/verdict/verdict.ts";
import { analyzeText } from "../../unit/scenarios/analyzeFile.ts";
import { checksOf, prepared, shippedFiles } from "../../unit/search/shippedChecks.ts";

export interface Question {
	readonly name: string;
	readonly text: string;
	readonly program: Program;
	readonly model: string;
	readonly wanted: readonly string[];
}

/** Memory that our search may use, in MiB: the largest sizes of the families need more than an editor allows. */
const memoryMaxMiB = 6000;

const limits = { ...defaultLimits, memoryMaxMiB };

/** The first program of each check of a text that is under sc, with its model. `onLeftOut` hears what has none. */
export function questions(text: string, name: string, onLeftOut: (why: string) => void = () => {}): Question[] {
	return checksOf(analyzeText(text), name).flatMap((check) => {
		const program = check.programs[0];
		if (program?.memory !== "sc") return [];
		try {
			return [{ name: check.name, text, program, model: exportPromela(program), wanted: check.wanted }];
		} catch (error) {
			if (!(error instanceof NotExportable)) throw error;
			onLeftOut(`${check.name} cannot be exported: ${error.message}`);
			return [];
		}
	});
}

/** Those of all shipped scenarios, or of these files of them. */
export function shippedQuestions(onLeftOut: (why: string) => void, files?: ReadonlySet<string>): Question[] {
	const root = join(import.meta.dirname, "../../../scenarios");
	return shippedFiles().flatMap((file) => {
		const name = file.replace(/\.mmscn$/, "");
		if (files?.has(name) === false) return [];
		return questions(readFileSync(join(root, file), "utf8"), name, onLeftOut);
	});
}

/** Our verdict on a program. */
export function answer(
	{ program, wanted }: Pick<Question, "program" | "wanted">,
	reduction: boolean,
	onProgress?: (progress: Progress) => void,
): Verdict {
	return explore(program, {
		limits,
		reduction,
		...(wanted.length > 0 ? { wanted } : {}),
		...(onProgress ? { onProgress } : {}),
	});
}

/** From the text to the verdict of its check: what an editor does after a change. Included files are checked already. */
export const textToVerdict = (question: Question): Verdict =>
	answer({ ...question, program: programOf(question) }, true);

/** The part of that before the search. */
export function programOf({ text, name }: Question): Program {
	const module = analyzeText(text);
	for (const scenario of module.scenarios) {
		for (const member of scenario.members) {
			if (member.kind !== "check" || !name.endsWith(` ${member.name.text}`)) continue;
			const program = lowerCheck(module, scenario, member, defaultLowerOptions).programs[0];
			if (program) return prepared(program);
		}
	}
	throw new Error(`${name} is gone`);
}
