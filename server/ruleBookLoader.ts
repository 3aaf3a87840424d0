/** The rule book of the kernel model, built on first need, a file at a time so that nothing else has to wait. */
import { parse } from "../engine/language/parser.ts";
import { buildRuleBook, type ModelFile, type RuleBook } from "../engine/rules/ruleBook.ts";
import { type KernelModel, kernelUri } from "./kernelModel.ts";

export class RuleBookLoader {
	private readonly model: KernelModel;
	private loading: Promise<RuleBook> | undefined;

	constructor(model: KernelModel) {
		this.model = model;
	}

	/** The rule book; the same one every time. */
	book(): Promise<RuleBook> {
		this.loading ??= this.load();
		return this.loading;
	}

	private async load(): Promise<RuleBook> {
		const files: ModelFile[] = [];
		for (const [path, text] of this.model.texts) {
			files.push({ file: kernelUri(path), tree: parse(text) });
			await new Promise((resolve) => setImmediate(resolve));
		}
		return buildRuleBook(files);
	}
}
