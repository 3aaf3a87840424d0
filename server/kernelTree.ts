/** The kernel tree that a document lies in, and its version. */
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KernelVersion, versionOfMakefile } from "../engine/rules/era.ts";

/** What stands beside the top Makefile of every kernel tree. */
const landmarks = ["Kbuild", "MAINTAINERS"];
/** Folders that are looked at above a document. */
export const ancestorsMax = 32;

export interface KernelTree {
	readonly folder: string;
	readonly version: KernelVersion;
}

/** Finds kernel trees, and remembers for each folder what was found. */
export class KernelTrees {
	private readonly byFolder = new Map<string, Promise<KernelTree | undefined>>();

	/** The kernel tree around a document; undefined outside of one, and for a document that is no file. */
	of(uri: string): Promise<KernelTree | undefined> {
		if (!uri.startsWith("file:")) return Promise.resolve(undefined);
		try {
			return this.above(dirname(fileURLToPath(uri)), ancestorsMax);
		} catch {
			return Promise.resolve(undefined);
		}
	}

	private above(folder: string, depth: number): Promise<KernelTree | undefined> {
		let found = this.byFolder.get(folder);
		if (found === undefined) {
			const parent = dirname(folder);
			found = treeAt(folder).then(
				(tree) => tree ?? (parent === folder || depth === 0 ? undefined : this.above(parent, depth - 1)),
			);
			this.byFolder.set(folder, found);
		}
		return found;
	}
}

async function treeAt(folder: string): Promise<KernelTree | undefined> {
	try {
		await Promise.all(landmarks.map((name) => access(join(folder, name))));
		const version = versionOfMakefile(await readFile(join(folder, "Makefile"), "utf8"));
		return version && { folder, version };
	} catch {
		return undefined;
	}
}
