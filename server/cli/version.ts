import { readFileSync } from "node:fs";

/** The version of this program, from the package.json that it was built from or lies beside. */
export function programVersion(): string {
	const bundled = import.meta.url.endsWith(".js");
	const text = readFileSync(new URL(bundled ? "../package.json" : "../../package.json", import.meta.url), "utf8");
	return (JSON.parse(text) as { readonly version: string }).version;
}
