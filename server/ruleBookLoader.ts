/**
 * The kernel model as the server uses it: checked, and read as the rule book. Both happen once, soon after the start, a file
 * at a time, so that no request has to wait for all of it.
 */
import { buildRuleBook, type ModelFile, type RuleBook } from "../engine/rules/ruleBook.ts";
import type { Documents } from "./documents.ts";
import { type KernelModel, kernelUri, machinePath } from "./kernelModel.ts";

export class RuleBookLoader {
	private readonly model: KernelModel;
	private readonly documents: Documents;
	private loading: Promise<RuleBook> | undefined;

	constructor(model: KernelModel, documents: Documents) {
		this.model = model;
		this.documents = documents;
	}

	/** The rule book; the same one every time. */
	book(): Promise<RuleBook> {
		this.loading ??= this.load();
		return this.loading;
	}

	private async load(): Promise<RuleBook> {
		const files: ModelFile[] = [];
		for (const path of includedFirst(this.model)) {
			const file = kernelUri(path);
			const tree = this.documents.analysis(file)?.tree;
			if (tree !== undefined) files.push({ file, tree });
			await new Promise((resolve) => setImmediate(resolve));
		}
		return buildRuleBook(files.sort((a, b) => (a.file < b.file ? -1 : 1)));
	}
}

/** The model's paths, each after those that it includes: then checking one costs that one alone. */
export function includedFirst(model: KernelModel): readonly string[] {
	const ordered = new Set<string>();
	const open = new Set<string>();
	const visit = (path: string) => {
		if (ordered.has(path) || open.has(path)) return;
		open.add(path);
		for (const [, included] of (model.text(path) ?? "").matchAll(/^#include\s*<([^>\n]+)>/gm)) visit(included ?? "");
		if (model.text(path) !== undefined) ordered.add(path);
	};
	visit(machinePath);
	for (const path of model.texts.keys()) visit(path);
	return [...ordered];
}
