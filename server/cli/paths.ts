/** The files that the command line names. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";

/** Endings of the files that are taken from a folder. */
export const searchedExtensions = [".mmscn", ".litmus"];

/** Files longer than this are refused, in bytes: nobody writes such a scenario. */
export const fileLengthMax = 4 * 1024 * 1024;

export interface ExpandedPaths {
	/** As the user would write them, sorted within each folder; each file once. */
	readonly files: readonly string[];
	/** One line each, for standard error. */
	readonly errors: readonly string[];
}

/**
 * The files under these paths, folders recursively. A path that does not exist, and a folder without any such file, is an
 * error; a file that is named twice is taken once. `directory` is where relative paths start.
 */
export function expandPaths(paths: readonly string[], directory: string): ExpandedPaths {
	const files: string[] = [];
	const errors: string[] = [];
	const seen = new Set<string>();
	const add = (path: string) => {
		const real = realpathSync(resolve(directory, path));
		if (seen.has(real)) return;
		seen.add(real);
		files.push(path);
	};
	for (const path of paths) {
		try {
			const stat = statSync(resolve(directory, path));
			if (!stat.isDirectory()) {
				if (stat.isFile()) add(path);
				else errors.push(`${path}: error: not a file or a folder`);
				continue;
			}
			const inside = filesInside(resolve(directory, path));
			if (inside.length === 0) errors.push(`${path}: error: no ${searchedExtensions.join(" or ")} file in this folder`);
			for (const file of inside) add(join(path, file));
		} catch (error) {
			errors.push(`${path}: error: ${reason(error)}`);
		}
	}
	return { files, errors };
}

function filesInside(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory() && searchedExtensions.includes(extname(entry.name)))
		.map((entry) =>
			join(entry.parentPath, entry.name)
				.slice(folder.length)
				.replace(/^[\\/]+/, ""),
		)
		.filter((path) => !/(^|[\\/])(node_modules|\.git)[\\/]/.test(path))
		.sort();
}

/** Why a file could not be read, without the path and the system call. */
export function reason(error: unknown): string {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	switch (code) {
		case "ENOENT":
			return "no such file or folder";
		case "EACCES":
		case "EPERM":
			return "permission denied";
		case "EISDIR":
			return "is a folder";
		case "ELOOP":
			return "too many symbolic links";
		default:
			return error instanceof Error ? error.message : String(error);
	}
}
