/** The kernel version that a place in a document speaks of. */
import type { SourceTree } from "../engine/language/syntax.ts";
import type { Era } from "../engine/rules/prose.ts";
import type { KernelTrees } from "./kernelTree.ts";
import type { SettingsByDocument } from "./settings.ts";

export class EraByDocument {
	private readonly settings: SettingsByDocument;
	private readonly kernelTrees: KernelTrees;

	constructor(settings: SettingsByDocument, kernelTrees: KernelTrees) {
		this.settings = settings;
		this.kernelTrees = kernelTrees;
	}

	/** By the scenario's `kernel` line, or the setting, or the kernel tree around the document; undefined when nothing says one. */
	async of(uri: string, tree?: SourceTree, offset = 0): Promise<Era | undefined> {
		const version = tree && scenarioVersion(tree, offset);
		if (version !== undefined) return { version, from: "scenario" };
		const { kernelVersion } = await this.settings.of(uri);
		if (kernelVersion !== undefined) return { version: kernelVersion, from: "setting" };
		const kernelTree = await this.kernelTrees.of(uri);
		return kernelTree && { version: kernelTree.version, from: "makefile" };
	}
}

/** The version of the scenario around an offset; for what stands outside, of the only scenario that names one. */
function scenarioVersion(tree: SourceTree, offset: number): Era["version"] | undefined {
	const versions = tree.items.flatMap((item) => {
		const member = item.kind === "scenario" ? item.members.find((one) => one.kind === "kernel_version") : undefined;
		return member === undefined ? [] : [{ item, version: { major: member.major, minor: member.minor } }];
	});
	const around = versions.find(({ item }) => item.pos <= offset && offset <= item.end);
	return around?.version ?? (versions.length === 1 ? versions[0]!.version : undefined);
}
