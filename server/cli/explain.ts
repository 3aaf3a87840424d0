/** `mmscn explain NAME`: what the rule book says about a function, a field, a flag or a rule. */
import { parse } from "../../engine/language/parser.ts";
import { parseVersion } from "../../engine/rules/era.ts";
import { explain as explainName, similarNames } from "../../engine/rules/explain.ts";
import { buildRuleBook } from "../../engine/rules/ruleBook.ts";
import { KernelModel, kernelUri } from "../kernelModel.ts";
import { readOptions } from "./arguments.ts";
import { exitStatus, type Terminal, UsageError } from "./terminal.ts";

export const explainUsage = `mmscn explain NAME… [--kernel vX.Y]

What a kernel function, struct, field, flag or rule is, what must be held, since when, and where that stands. A NAME is
written as in the source (folio_mapping, folio->mapping, PG_locked) or is a rule's identifier (M6).

  --kernel vX.Y            speak of this kernel version

Exit status: 0, or 2 when a name is unknown.
`;

/** Columns of the text. */
const explainColumns = 80;

/** Runs the command; the exit status. */
export async function explain(given: readonly string[], terminal: Terminal): Promise<number> {
	const { values, positionals } = readOptions(given, { kernel: { type: "string" } });
	if (positionals.length === 0) throw new UsageError("no NAME to explain");
	const version = values.kernel === undefined ? undefined : parseVersion(values.kernel);
	if (values.kernel !== undefined && version === undefined) {
		throw new UsageError(`--kernel ${values.kernel}: a version such as v6.5 is wanted`);
	}
	const model = new KernelModel();
	const book = buildRuleBook([...model.texts].map(([path, text]) => ({ file: kernelUri(path), tree: parse(text) })));
	const era = version === undefined ? undefined : ({ version, from: "setting" } as const);
	let status: number = exitStatus.met;
	for (const [index, name] of positionals.entries()) {
		const text = explainName(book, name, { era, width: explainColumns });
		if (text !== undefined) {
			terminal.out(`${index > 0 ? "\n" : ""}${text}\n`);
			continue;
		}
		const similar = similarNames(book, name);
		const hint = similar.length === 0 ? "" : `; did you mean ${similar.join(", ")}?`;
		terminal.error(`mmscn: the kernel model has no ${name}${hint}\n`);
		status = exitStatus.unusable;
	}
	return status;
}
