/** How fast text becomes a checked tree, which happens at every key press: there is no peer to compare with. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { analyze, ModuleCache, type Resolve } from "../../engine/language/analyze.ts";
import { parse } from "../../engine/language/parser.ts";
import { type BenchOptions, type Measurement, median, type Part, repetitions, timed } from "./measurement.ts";

const kernelFolder = join(dirname(fileURLToPath(import.meta.url)), "../../engine/kernel");
const parseSpeedTarget = 10; // MB/s
const checkTarget = 20; // ms

const kernelTexts: ReadonlyMap<string, string> = new Map(
	readdirSync(kernelFolder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".mmscn"))
		.sort()
		.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(kernelFolder, name), "utf8")]),
);

/** The kernel model only; what a file of the benchmark needs is in it. */
const resolveInKernel: Resolve = (path) => {
	const text = kernelTexts.get(path);
	return text === undefined ? undefined : { file: path, text };
};

/** A scenario of about `lines` lines: functions over folios and page tables, and threads that call them. */
export function longScenario(lines: number): string {
	const functions: string[] = [];
	for (let line = 0, index = 0; line < lines - 50; index++) {
		const text = functionText(index);
		functions.push(text);
		line += text.split("\n").length;
	}
	const threads = Array.from({ length: 4 }, (_, thread) => {
		const calls = functions.flatMap((_function, index) =>
			index % 8 === thread ? [`\t\tif (visit_${index}(&folio, flags))\n\t\t\tseen++;`] : [],
		);
		return `	thread user${thread} {\n\t\tint seen = 0;\n\n${calls.slice(0, 3).join("\n")}\n\t}\n`;
	});
	return `#include <mm/filemap.mmscn>
#include <mm/memory.mmscn>

${functions.join("\n")}
scenario long_scenario {
	kernel v6.12;
	param unsigned long flags = 0..3;

	struct folio folio = { ._refcount = 1, .flags = BIT(PG_uptodate) };

${threads.join("\n")}
	always (folio._refcount >= 0);
	finally (folio._refcount == 1);

	check all expect safe;
}
`;
}

const functionText = (
	index: number,
) => `/** Takes a reference, looks at the folio under its lock, and lets go of both: the ${index}th of many. */
static bool visit_${index}(struct folio *folio, unsigned long flags)
{
	struct address_space *mapping;
	bool found = false;
	int tries = ${index % 7};

	if (!folio_try_get(folio))
		return false;
	folio_lock(folio);
	mapping = READ_ONCE(folio->mapping);
	while (!found && tries > 0) {
		if (mapping == NULL || (flags & BIT(PG_dirty)) != 0)
			break;
		found = folio_test_uptodate(folio) && !folio_test_writeback(folio);
		tries--; /* once more */
	}
	if (found)
		folio->private = (folio->private + ${index}) & 0xff;
	folio_unlock(folio);
	folio_put(folio);
	return found;
}
`;

const megabytesPerSecond = (bytes: number, seconds: number) => bytes / 1e6 / seconds;

/** Medians after as many calls as the compiler needs to settle. */
async function warm(options: BenchOptions, call: () => unknown): Promise<number> {
	for (let run = 0; run < 20; run++) call();
	const seconds: number[] = [];
	for (let run = 0; run < 5 * repetitions(options); run++) seconds.push((await timed(call)).seconds);
	return median(seconds);
}

async function run(options: BenchOptions): Promise<readonly Measurement[]> {
	const measurements: Measurement[] = [];
	const add = (name: string, measure: string, ourSeconds: number, note: string) => {
		measurements.push({ peer: "none", name, measure, ourSeconds, note });
		options.log(`${name}: ${note}`);
	};
	const scenario = longScenario(1000);
	const speed = (bytes: number, seconds: number) =>
		`${(seconds * 1000).toFixed(2)} ms, ${megabytesPerSecond(bytes, seconds).toFixed(1)} MB/s (target ${parseSpeedTarget})`;

	const all = [...kernelTexts.values()];
	const allBytes = all.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
	const kernelSeconds = await warm(options, () => all.map((text) => parse(text)));
	add(
		`kernel model, ${all.length} files, ${Math.round(allBytes / 1000)} kB`,
		"parse",
		kernelSeconds,
		speed(allBytes, kernelSeconds),
	);

	const lines = scenario.split("\n").length - 1;
	const parseSeconds = await warm(options, () => parse(scenario));
	add(`scenario of ${lines} lines`, "parse", parseSeconds, speed(Buffer.byteLength(scenario), parseSeconds));

	// As in the editor: the files that it includes are unchanged, its own text is not.
	const cache = new ModuleCache();
	const { diagnostics } = analyze("long.mmscn", scenario, resolveInKernel, cache);
	if (diagnostics.length > 0) throw new Error(`the generated scenario: ${diagnostics[0]?.message}`);
	let edit = 0;
	const checkSeconds = await warm(options, () =>
		analyze("long.mmscn", `${scenario}// ${edit++}\n`, resolveInKernel, cache),
	);
	add(
		`scenario of ${lines} lines`,
		"check",
		checkSeconds,
		`${(checkSeconds * 1000).toFixed(2)} ms (target ${checkTarget})`,
	);

	const seconds = await warm(options, () => analyze("long.mmscn", scenario, resolveInKernel));
	add("the same with all that it includes", "check", seconds, `${(seconds * 1000).toFixed(1)} ms`);
	return measurements;
}

export const language: Part = { name: "language", run };
