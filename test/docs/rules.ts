/** Writes docs/rules.md from the kernel model: `npm run rules`. */
import { writeFileSync } from "node:fs";
import { parse } from "../../engine/language/parser.ts";
import { rulesDocument } from "../../engine/rules/document.ts";
import { buildRuleBook } from "../../engine/rules/ruleBook.ts";
import { KernelModel, kernelUri } from "../../server/kernelModel.ts";

/** The text that docs/rules.md should have. */
export function currentRules(): string {
	const files = [...new KernelModel().texts].map(([path, text]) => ({ file: kernelUri(path), tree: parse(text) }));
	return rulesDocument(buildRuleBook(files));
}

export const rulesPath = new URL("../../docs/rules.md", import.meta.url);

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replace(/^.*\//, "/docs/")))
	writeFileSync(rulesPath, currentRules());
