/** Which file an include names. */
import { URI, Utils } from "vscode-uri";

/** The URI of a file next to another; undefined when that one has no place among others (an untitled document). */
export function includedFile(from: string, path: string): string | undefined {
	const uri = URI.parse(from);
	if (!uri.path.startsWith("/")) return undefined;
	return Utils.joinPath(Utils.dirname(uri), path).toString();
}
