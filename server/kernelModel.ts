/** The kernel model on disk: `*.mmscn` files beside the bundle, or in engine/kernel when run from source. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
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

/** Every text of the kernel model, read once. */
export class KernelModel {
	/** Text by path ("mm/filemap.mmscn"), sorted by path. */
	readonly texts: ReadonlyMap<string, string>;

	/** `folder` holds the model; by default the one that belongs to this program. Throws when it cannot be read. */
	constructor(folder: string = shippedFolder()) {
		const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".mmscn"))
			.map((name) => name.split(sep).join("/"))
			.sort();
		this.texts = new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
	}

	/** The text of a file; undefined when the model has none of that path. */
	text(path: string): string | undefined {
		return this.texts.get(path);
	}
}

function shippedFolder(): string {
	const bundled = import.meta.url.endsWith(".js");
	return fileURLToPath(new URL(bundled ? "kernel" : "../engine/kernel", import.meta.url));
}
