/** One litmus test against the verdict that herd7 gave. */
import { exploreLitmus, type LitmusResult } from "../../engine/litmus/explore.ts";
import { parseLitmus } from "../../engine/litmus/parse.ts";

/** A row of the CSV. */
export interface Expected {
	readonly suite: string;
	readonly path: string;
	readonly verdict: string;
	readonly positive: number;
	readonly negative: number;
	readonly states: number;
	readonly flags: string;
	readonly seconds: number;
	readonly sc: { readonly verdict: string; readonly positive: number; readonly negative: number };
}

export interface TestReport {
	readonly suite: string;
	readonly path: string;
	/** "not compared": herd7 did not finish the test. */
	readonly outcome: "agree" | "disagree" | "unsupported" | "inconclusive" | "not compared";
	readonly message: string;
	readonly seconds: number;
	readonly herdSeconds: number;
	readonly verdict?: string;
	readonly positive?: number;
	readonly negative?: number;
	readonly states?: number;
	readonly flags?: readonly string[];
}

/** The rows of verdicts.csv, which has a header line and no quoted fields. */
export function parseVerdicts(csv: string): Expected[] {
	const [header = "", ...lines] = csv.trim().split(/\r?\n/);
	const columns = header.split(",");
	return lines.map((line) => {
		const fields = line.split(",");
		const field = (name: string) => fields[columns.indexOf(name)] ?? "";
		return {
			suite: field("suite"),
			path: field("path"),
			verdict: field("herd_verdict"),
			positive: Number(field("positive")),
			negative: Number(field("negative")),
			states: Number(field("states")),
			flags: field("flags"),
			seconds: Number(field("seconds")),
			sc: {
				verdict: field("sc_verdict"),
				positive: Number(field("sc_positive")),
				negative: Number(field("sc_negative")),
			},
		};
	});
}

/** Runs a test and compares. `sequential`: under sequential consistency, against the CSV's sc columns. */
export function compareTest(
	text: string,
	row: Expected,
	options: { seconds: number; sequential: boolean },
): TestReport {
	const { suite, path } = row;
	const begin = performance.now();
	const parsed = parseLitmus(text);
	const result =
		parsed.litmus &&
		exploreLitmus(parsed.litmus, {
			model: options.sequential ? "sc" : "lkmm",
			limits: { seconds: options.seconds, witnesses: 1 },
		});
	const seconds = (performance.now() - begin) / 1000;
	const base = { suite, path, seconds, herdSeconds: row.seconds };
	const errors = result ? result.errors : parsed.errors;
	if (!result || errors.length > 0)
		return { ...base, outcome: "unsupported", message: errors.map((e) => e.message).join("; ") };
	const { verdict, positive, negative, flags } = result;
	const numbers = { verdict, positive, negative, states: result.states.length, flags };
	const message = `${describe(result)}, herd7: ${options.sequential ? describeSc(row) : describeHerd(row)}`;
	if (options.sequential ? row.sc.verdict === "" : row.verdict === "TIMEOUT")
		return { ...base, ...numbers, outcome: "not compared", message };
	if (result.limit)
		return { ...base, ...numbers, outcome: "inconclusive", message: `limit of ${result.limit} reached` };
	const agree = options.sequential
		? describeSc(row) === `${verdict} ${positive}/${negative}`
		: describeHerd(row) === describe(result);
	return { ...base, ...numbers, outcome: agree ? "agree" : "disagree", message };
}

function describe({ verdict, positive, negative, states, flags, limit }: LitmusResult): string {
	return `${verdict} ${positive}/${negative}, ${states.length} states${flags.map((flag) => `, ${flag}`).join("")}${limit ? ` (limit of ${limit})` : ""}`;
}

function describeHerd({ verdict, positive, negative, states, flags }: Expected): string {
	if (verdict === "TIMEOUT") return verdict;
	return `${verdict} ${positive}/${negative}, ${states} states${
		flags === ""
			? ""
			: flags
					.split(";")
					.map((flag) => `, ${flag}`)
					.join("")
	}`;
}

function describeSc({ sc }: Expected): string {
	return sc.verdict === "" ? "not finished" : `${sc.verdict} ${sc.positive}/${sc.negative}`;
}
