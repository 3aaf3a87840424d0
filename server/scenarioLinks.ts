/** What a scenario that the rule book names runs as: the arguments of the command `mmscn.explore`. */
import { parse } from "../engine/language/parser.ts";
import type { ScenarioLink } from "../engine/rules/entry.ts";
import { type KernelModel, kernelUri, scenariosPrefix } from "./kernelModel.ts";
import type { ExploreArguments } from "./protocol.ts";

export class ScenarioLinks {
	private readonly model: KernelModel;
	/** Scenario names of a file, each with its checks. */
	private readonly known = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();

	constructor(model: KernelModel) {
		this.model = model;
	}

	/** Undefined when no such scenario comes with the program, or it has no such check. */
	arguments(link: ScenarioLink): ExploreArguments | undefined {
		for (const [scenario, checks] of this.scenarios(link.path)) {
			const uri = kernelUri(`${scenariosPrefix}${link.path}`);
			if (link.check === undefined) return { uri, scenario };
			if (checks.has(link.check)) return { uri, scenario, check: link.check };
		}
		return undefined;
	}

	/** A link for Markdown that runs it. */
	commandLink(link: ScenarioLink): string | undefined {
		const found = this.arguments(link);
		return found && `command:mmscn.explore?${encodeURIComponent(JSON.stringify([found]))}`;
	}

	private scenarios(path: string): ReadonlyMap<string, ReadonlySet<string>> {
		let found = this.known.get(path);
		if (found === undefined) {
			const text = this.model.text(`${scenariosPrefix}${path}`);
			const scenarios = text === undefined ? [] : parse(text).items.filter((item) => item.kind === "scenario");
			found = new Map(
				scenarios.map((scenario) => [
					scenario.name.text,
					new Set(scenario.members.filter((member) => member.kind === "check").map((check) => check.name.text)),
				]),
			);
			this.known.set(path, found);
		}
		return found;
	}
}
