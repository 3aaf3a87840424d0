/** Files as the command line sees them: read, checked, and ready to be searched in a worker thread. */
import { readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { analyze, type Module, ModuleCache, type Resolve } from "../../engine/language/analyze.ts";
import type { CheckMember, ScenarioItem } from "../../engine/language/syntax.ts";
import { defaultLowerOptions, type LowerOptions, lowerCheck } from "../../engine/program/lower/lower.ts";
import { includedFile } from "../includes.ts";
import { KernelModel, kernelPath, kernelUri } from "../kernelModel.ts";
import type { FileError } from "./fileError.ts";
import { fileLengthMax, reason } from "./paths.ts";

/** One check of a file. */
export interface NamedCheck {
	readonly scenario: string;
	readonly check: string;
	/** As the result will say it: "safe", "use_after_free | null_dereference". */
	readonly expected: string;
	readonly items: { readonly scenario: ScenarioItem; readonly check: CheckMember };
}

/** Whether a name on the command line means this check: CHECK, or SCENARIO.CHECK. */
export function isNamed(check: NamedCheck, name: string): boolean {
	return name === check.check || name === `${check.scenario}.${check.check}`;
}

/** A file of the command line, read and checked. */
export interface Searchable {
	/** As the user gave it. */
	readonly file: string;
	readonly uri: string;
	/** Texts of the file and of what it includes outside of the kernel model, by URI. */
	readonly texts: Readonly<Record<string, string>>;
	/** Undefined when the file could not be read. */
	readonly module: Module | undefined;
	/** Of the file and of what it includes, in that order. */
	readonly errors: readonly FileError[];
	/** Empty when there are errors: a scenario with errors is not searched. */
	readonly checks: readonly NamedCheck[];
}

/** Reads files and the kernel model, each once. */
export class FileLoader {
	private readonly directory: string;
	readonly model = new KernelModel();
	private readonly cache = new ModuleCache();

	/** `directory` is where relative paths start. */
	constructor(directory: string) {
		this.directory = directory;
	}

	/** The file, read and checked; never throws. */
	load(file: string): Searchable {
		const path = resolve(this.directory, file);
		const uri = pathToFileURL(path).href;
		const nothing = { file, uri, texts: {}, module: undefined, checks: [] };
		const refused = (message: string): Searchable => ({
			...nothing,
			errors: [{ file, line: 1, column: 1, severity: "error", code: "unreadable", message }],
		});
		let text: string;
		try {
			if (statSync(path).size > fileLengthMax) return refused(`larger than ${fileLengthMax / 1024 / 1024} MiB`);
			text = readFileSync(path, "utf8");
		} catch (error) {
			return refused(reason(error));
		}
		const texts: Record<string, string> = { [uri]: text };
		const include: Resolve = (wanted, system, from) => this.include(from, wanted, system, texts);
		const module = analyze(uri, text, include, this.cache, this.model.declaredIn);
		const errors = this.diagnosticsOf(module);
		return { file, uri, texts, module, errors, checks: module.hasErrors ? [] : checksOf(module) };
	}

	/** Why a check cannot be searched although its file has no errors; empty when it can. */
	problems(file: Searchable, check: NamedCheck, options: LowerOptions = defaultLowerOptions): FileError[] {
		if (file.module === undefined) return [];
		const { problems } = lowerCheck(file.module, check.items.scenario, check.items.check, options);
		const modules = [file.module, ...file.module.closure];
		return problems.map((one) => {
			const place = modules.find((module) => module.file === one.file)?.lines.position(one.pos) ?? {
				line: 1,
				column: 1,
			};
			return { file: this.shown(one.file), ...place, severity: "error", code: "unsupported", message: one.message };
		});
	}

	/** A URI as the user knows it: a path from the directory, or the URI of a file of the kernel model. */
	shown(uri: string): string {
		if (!uri.startsWith("file:")) return uri;
		const path = fileURLToPath(uri);
		const near = relative(this.directory, path);
		return near.startsWith("..") ? path : near;
	}

	private include(from: string, wanted: string, system: boolean, texts: Record<string, string>) {
		if (system || kernelPath(from) !== undefined) {
			const text = this.model.texts.get(wanted);
			return text === undefined ? undefined : { file: kernelUri(wanted), text };
		}
		const uri = includedFile(from, wanted);
		if (uri === undefined) return undefined;
		try {
			const text = texts[uri] ?? readFileSync(fileURLToPath(uri), "utf8");
			texts[uri] = text;
			return { file: uri, text };
		} catch {
			return undefined;
		}
	}

	private diagnosticsOf(module: Module): FileError[] {
		return [module, ...module.closure].flatMap((one) =>
			one.diagnostics.flatMap(({ severity, pos, code, message }): FileError[] =>
				severity === "information"
					? []
					: [{ file: this.shown(one.file), ...one.lines.position(pos), severity, code, message }],
			),
		);
	}
}

function checksOf(module: Module): NamedCheck[] {
	return module.scenarios.flatMap((scenario) =>
		scenario.members
			.filter((member): member is CheckMember => member.kind === "check")
			.map((check) => ({
				scenario: scenario.name.text,
				check: check.name.text,
				expected: check.expect.map((one) => one.text).join(" | "),
				items: { scenario, check },
			})),
	);
}
