import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultLimits } from "../../../engine/search/limits.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { contributes } = manifest;
const properties: Record<string, { default: unknown; description?: string; markdownDescription?: string }> =
	contributes.configuration.properties;

const settingsMax = 12;

describe("the manifest", () => {
	it("has the engine's own limits as defaults", () => {
		for (const [name, value] of Object.entries(defaultLimits)) {
			assert.equal(properties[`mmscn.search.${name}`]?.default, value, name);
		}
	});

	it("describes every setting, and has no more than a dozen", () => {
		assert.ok(Object.keys(properties).length <= settingsMax);
		for (const [name, { description, markdownDescription }] of Object.entries(properties)) {
			assert.ok(description ?? markdownDescription, name);
		}
		const units = { statesMax: "states", secondsMax: "seconds", memoryMaxMiB: "MiB", stepsMax: "steps" };
		for (const [name, unit] of Object.entries(units)) {
			assert.match(properties[`mmscn.search.${name}`]?.markdownDescription ?? "", new RegExp(`\\*\\*${unit}\\*\\*`));
		}
	});

	it("contributes every command that its menus and walkthrough name", () => {
		const commands = new Set(contributes.commands.map(({ command }: { command: string }) => command));
		const named = [
			...JSON.stringify([contributes.menus, contributes.walkthroughs]).matchAll(/mmscn\.[a-zA-Z]+(?=[")])/g),
		]
			.map(([name]) => name)
			.filter((name) => !["mmscn.hasCounterexample", "mmscn.scenarioOpen", "mmscn.races"].includes(name));
		assert.ok(named.length > 0);
		assert.deepEqual(
			named.filter((name) => !commands.has(name)),
			[],
		);
	});

	it("names files that are there", () => {
		const files: string[] = [
			...contributes.languages.map(({ configuration }: { configuration: string }) => configuration),
			...contributes.grammars.map(({ path }: { path: string }) => path),
			...contributes.walkthroughs.flatMap(({ steps }: { steps: { media: { image: string } }[] }) =>
				steps.map(({ media }) => media.image),
			),
		];
		assert.deepEqual(
			files.filter((file) => !existsSync(join(root, file))),
			[],
		);
	});

	it("asks for no trust and works in virtual workspaces", () => {
		assert.equal(manifest.capabilities.untrustedWorkspaces.supported, true);
		assert.ok(manifest.capabilities.virtualWorkspaces.supported);
	});
});
