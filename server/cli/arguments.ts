/** Options of the command line, read and checked. */
import { parseArgs } from "node:util";
import type { CheckOptions } from "../../engine/check.ts";
import { defaultLowerOptions } from "../../engine/program/lower/options.ts";
import { defaultLimits } from "../../engine/search/limits.ts";
import { UsageError } from "./terminal.ts";

type OptionKinds = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

interface Read<Options extends OptionKinds> {
	readonly values: { readonly [Name in keyof Options]?: Options[Name]["type"] extends "string" ? string : boolean };
	readonly positionals: readonly string[];
}

/** Options and positionals; an option that does not exist or lacks its value is a UsageError. */
export function readOptions<const Options extends OptionKinds>(
	given: readonly string[],
	options: Options,
): Read<Options> {
	try {
		return parseArgs({ args: [...given], options, allowPositionals: true, strict: true }) as Read<Options>;
	} catch (error) {
		throw new UsageError(error instanceof Error ? (error.message.split(/[.\n](?:\s|$)|\n/)[0] ?? "") : String(error));
	}
}

/** Options of every command that searches. */
export const searchOptionNames = {
	"states-max": { type: "string" },
	"seconds-max": { type: "string" },
	"memory-max": { type: "string" },
	memory: { type: "string" },
	"no-reduction": { type: "boolean" },
	"count-interleavings": { type: "boolean" },
} as const satisfies OptionKinds;

interface SearchValues {
	readonly "states-max"?: string | undefined;
	readonly "seconds-max"?: string | undefined;
	readonly "memory-max"?: string | undefined;
	readonly memory?: string | undefined;
	readonly "no-reduction"?: boolean | undefined;
	readonly "count-interleavings"?: boolean | undefined;
}

/** How to search, by the options; a UsageError for numbers that are none. */
export function checkOptions(values: SearchValues): CheckOptions {
	const memory = values.memory;
	if (memory !== undefined && memory !== "sc" && memory !== "lkmm") {
		throw new UsageError(`--memory ${memory}: sc or lkmm is wanted`);
	}
	return {
		limits: {
			...defaultLimits,
			statesMax: positive("--states-max", values["states-max"], defaultLimits.statesMax, true),
			secondsMax: positive("--seconds-max", values["seconds-max"], defaultLimits.secondsMax, false),
			memoryMaxMiB: positive("--memory-max", values["memory-max"], defaultLimits.memoryMaxMiB, false),
		},
		reduction: values["no-reduction"] !== true,
		countInterleavings: values["count-interleavings"] === true,
		coverage: true,
		lower: { ...defaultLowerOptions, ...(memory === undefined ? {} : { memory }) },
	};
}

function positive(option: string, text: string | undefined, otherwise: number, whole: boolean): number {
	if (text === undefined) return otherwise;
	const number = Number(text);
	const plain = whole ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
	if (!plain || !Number.isFinite(number) || number <= 0) {
		throw new UsageError(`${option} ${text}: a ${whole ? "whole " : ""}number above 0 is wanted`);
	}
	return number;
}
