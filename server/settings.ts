/** The settings `mmscn.*`, as the client holds them for one document. */
import type { Connection } from "vscode-languageserver";
import { type KernelVersion, parseVersion } from "../engine/rules/era.ts";
import { defaultLimits, type Limits } from "../engine/search/limits.ts";

export type SearchLimits = Limits;

export interface Settings {
	readonly kernelVersion: KernelVersion | undefined;
	/** `auto`: in kernel trees. */
	readonly kernelC: "auto" | "always" | "never";
	readonly limits: SearchLimits;
}

export const defaultSettings: Settings = { kernelVersion: undefined, kernelC: "auto", limits: defaultLimits };

/** Settings out of whatever the client sent; what is missing or of a wrong type has its default. */
export function settingsFrom(section: unknown): Settings {
	const at = (...path: string[]) =>
		path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), section);
	const kernelC = at("kernelC", "enable");
	const limit = (key: keyof Limits): number => {
		const value = at("search", key);
		return typeof value === "number" && value > 0 ? value : defaultLimits[key];
	};
	const version = at("kernelVersion");
	return {
		kernelVersion: typeof version === "string" ? parseVersion(version) : undefined,
		kernelC: kernelC === "always" || kernelC === "never" ? kernelC : "auto",
		limits: {
			statesMax: limit("statesMax"),
			secondsMax: limit("secondsMax"),
			memoryMaxMiB: limit("memoryMaxMiB"),
			stepsMax: limit("stepsMax"),
		},
	};
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

/** Asks the client for the settings of a document, once until they change. */
export class SettingsByDocument {
	private readonly known = new Map<string, Promise<Settings>>();
	private readonly connection: Connection;
	private readonly supported: () => boolean;

	/** `supported`: whether the client answers `workspace/configuration`; without it everything has its default. */
	constructor(connection: Connection, supported: () => boolean) {
		this.connection = connection;
		this.supported = supported;
	}

	/** The settings for a document; the defaults when the client does not answer. */
	of(uri: string): Promise<Settings> {
		if (!this.supported()) return Promise.resolve(defaultSettings);
		let settings = this.known.get(uri);
		if (settings === undefined) {
			settings = this.connection.workspace
				.getConfiguration({ scopeUri: uri, section: "mmscn" })
				.then(settingsFrom, () => defaultSettings);
			this.known.set(uri, settings);
		}
		return settings;
	}

	/** Settings may have changed: they are asked for again. */
	forget(uri?: string): void {
		if (uri === undefined) this.known.clear();
		else this.known.delete(uri);
	}
}
