/** Every distinct race of a check as a tree: by violation, then by the pair of lines. Knows nothing of VS Code. */
import type { Location } from "../engine/verdict/verdict.ts";
import type { DistinctRacesResult } from "../server/protocol.ts";
import { counted, saidAs, spoken } from "./annotations.ts";

export interface RaceLeaf {
	/** Index into the races found. */
	readonly at: number;
	/** "line 31 ↯ line 15", "inode.mmscn:55 ↯ line 64". */
	readonly label: string;
	/** What races, as far as it fits. */
	readonly description: string;
	readonly tooltip: string;
}

export interface RaceGroup {
	/** "use after free". */
	readonly label: string;
	/** "2 races". */
	readonly description: string;
	readonly races: readonly RaceLeaf[];
}

/** The races grouped by violation, each group and each race in the order in which they were found. */
export function raceTree({ races }: DistinctRacesResult): RaceGroup[] {
	const groups = new Map<string, RaceLeaf[]>();
	for (const [at, race] of races.entries()) {
		const kind = spoken(race.result.violation?.kind ?? "");
		const leaf = leafOf(race, at);
		const known = groups.get(kind);
		if (known) known.push(leaf);
		else groups.set(kind, [leaf]);
	}
	return [...groups].map(([label, leaves]) => ({
		label,
		description: counted(leaves.length, "race", "races"),
		races: leaves,
	}));
}

/** "line 31"; "inode.mmscn:55" of a place in another file, such as a callback of the kernel model. */
function named({ file, line }: Location, searched: string): string {
	return file === searched ? `line ${line}` : `${file.split("/").pop() ?? file}:${line}`;
}

function leafOf({ result, lines, count }: DistinctRacesResult["races"][number], at: number): RaceLeaf {
	const { trace, violation } = result;
	const last = trace?.steps.findLast((step) => step.role === "violation") ?? trace?.steps.at(-1);
	return {
		at,
		label: lines.map((place) => named(place, result.file)).join(" ↯ "),
		description: `×${count} · ${last ? saidAs(last).text : ""}`,
		tooltip: [
			violation?.message ?? "",
			`${counted(trace?.contextSwitches ?? 0, "context switch", "context switches")}, ${counted(trace?.steps.length ?? 0, "step", "steps")} at the least`,
			`${counted(count, "transition or state violates", "transitions and states violate")} in this way`,
		].join("\n"),
	};
}
