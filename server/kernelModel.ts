/** The kernel model on disk: `*.mmscn` files beside the bundle, or in engine/kernel when run from source. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type DeclaredIn, declarationsOf } from "../engine/language/missingIncludes.ts";
import type { KernelScheme } from "./protocol.ts";

export const kernelScheme: KernelScheme = "mmscn-kernel";
/** Included by every file, without being asked for. */
export const machinePath = "machine.mmscn";

/** The URI of a file of the kernel model, by its path under engine/kernel. */
export function kernelUri(path: string): string {
	return `${kernelScheme}:/${path}`;
}

/** The path that such a URI names; undefined for any other URI. */
export function kernelPath(uri: string): string | undefined {
	const prefix = `${kernelScheme}:/`;
	return uri.startsWith(prefix) ? decodeURIComponent(uri.slice(prefix.length)).replace(/^\/+/, "") : undefined;
}

/** Paths of the scenarios that come with the program begin with this, beside those of the model. */
export const scenariosPrefix = "scenarios/";

/** Every text of the kernel model, read once, and the scenarios that come with it. */
export class KernelModel {
	/** Text by path ("mm/filemap.mmscn"), sorted by path. */
	readonly texts: ReadonlyMap<string, string>;
	private readonly scenarios: ReadonlyMap<string, string>;

	/** The folders of the model and of the scenarios; by default those of this program. Throws when the model cannot be read. */
	constructor(folder: string = shippedFolder("kernel"), scenariosFolder: string = shippedFolder("scenarios")) {
		this.texts = readTexts(folder);
		this.declaredIn = declarationsOf(this.texts);
		this.scenarios = existsSync(scenariosFolder) ? readTexts(scenariosFolder) : new Map();
	}

	/** Which file of the model declares a name. */
	readonly declaredIn: DeclaredIn;

	/** The text of a file of the model ("mm/filemap.mmscn") or of a scenario ("scenarios/seeds/…"); undefined for any other path. */
	text(path: string): string | undefined {
		return path.startsWith(scenariosPrefix)
			? this.scenarios.get(path.slice(scenariosPrefix.length))
			: this.texts.get(path);
	}
}

function readTexts(folder: string): Map<string, string> {
	const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".mmscn"))
		.map((name) => name.split(sep).join("/"))
		.sort();
	return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

function shippedFolder(name: "kernel" | "scenarios"): string {
	const bundled = import.meta.url.endsWith(".js");
	const fromSource = { kernel: "../engine/kernel", scenarios: "../scenarios" }[name];
	return fileURLToPath(new URL(bundled ? name : fromSource, import.meta.url));
}
