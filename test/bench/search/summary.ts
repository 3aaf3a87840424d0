/** The search's results in Markdown, as docs/benchmarks.md has them. */
import { type Measurement, median } from "../measurement.ts";

/** The targets, as ratios of our time to the peer's. */
const targets = { textToVerdict: 1 / 20, search: 1, transitions: 1.5 };

const seconds = (value: number | undefined) => (value === undefined ? "gave up" : value.toPrecision(3));
const count = (value: number | undefined) => (value === undefined ? "" : String(Math.round(value)));
const ratio = ({ ourSeconds, peerSeconds }: Measurement) =>
	peerSeconds === undefined ? "" : (ourSeconds / peerSeconds).toPrecision(2);

/** Tables and the figures that the targets speak of. */
export function summary(all: readonly Measurement[]): string {
	const isFamily = ({ name }: Measurement) => name.includes(", n = ");
	const of = (measure: string) => all.filter((each) => each.measure === measure && isFamily(each));
	const shipped = all.filter((each) => each.measure === "text-to-verdict" && !isFamily(each));
	const parts = [
		"Text to verdict of shipped checks:",
		share(shipped, targets.textToVerdict),
		table(
			["check", "ours, s", "SPIN, s", "SPIN / ours", "our states", "SPIN's"],
			shipped.map((each) => [
				each.name,
				seconds(each.ourSeconds),
				seconds(each.peerSeconds),
				each.peerSeconds === undefined ? "" : count(each.peerSeconds / each.ourSeconds),
				count(each.ourStates),
				count(each.peerStates),
			]),
		),
		"Text to verdict of the families:",
		families(of("text-to-verdict")),
		"Search alone, reductions on:",
		share(of("search"), targets.search),
		families(of("search")),
		"Every interleaving:",
		families(of("unreduced-search")),
		"A million transitions of these:",
		share(of("unreduced-million-transitions"), targets.transitions),
	];
	return parts.join("\n\n");
}

function share(measurements: readonly Measurement[], target: number): string {
	const ratios = measurements.flatMap(({ ourSeconds, peerSeconds }) =>
		peerSeconds === undefined ? [] : [ourSeconds / peerSeconds],
	);
	if (ratios.length === 0) return "nothing was measured";
	const met = ratios.filter((each) => each <= target).length;
	return `${met} of ${ratios.length} within ${target.toPrecision(2)} of SPIN's time; median ${median(ratios).toPrecision(2)}, worst ${Math.max(...ratios).toPrecision(2)}, best ${Math.min(...ratios).toPrecision(2)}`;
}

function families(measurements: readonly Measurement[]): string {
	return table(
		[
			"family",
			"ours, s",
			"SPIN, s",
			"ratio",
			"our states",
			"SPIN's",
			"our transitions",
			"SPIN's",
			"our B/state",
			"SPIN's",
		],
		measurements.map((each) => [
			each.name,
			seconds(each.ourSeconds),
			seconds(each.peerSeconds),
			ratio(each),
			count(each.ourStates),
			count(each.peerStates),
			count(each.ourTransitions),
			count(each.peerTransitions),
			count(each.ourBytesPerState),
			count(each.peerBytesPerState),
		]),
	);
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
	const rule = `|${heading.map((_, column) => (column === 0 ? "---|" : "---:|")).join("")}`;
	return [line(heading), rule, ...rows.map(line)].join("\n");
}
