/** How values of a type are to be shown; taken from the doc tags of the kernel model. */
import type { DocComment, EnumBody } from "../../language/syntax.ts";
import type { SymbolInfo, Type } from "../../language/types.ts";
import type { Display } from "../program.ts";

/** A kernel version as one number, as KERNEL_VERSION(major, minor, 0) has it. */
export const versionNumber = (version: { readonly major: number; readonly minor: number }): number =>
	(version.major << 16) | (version.minor << 8);

/** Whether an era ("v6.0..v6.16", "..v5.19", "v6.17..", "..") holds the version. */
export function eraHolds(era: string, version: { readonly major: number; readonly minor: number }): boolean {
	const match = /^(?:v(\d+)\.(\d+))?\.\.(?:v(\d+)\.(\d+))?$/.exec(era.trim());
	if (!match) return false;
	const at = versionNumber(version);
	const from = match[1] === undefined ? 0 : versionNumber({ major: Number(match[1]), minor: Number(match[2]) });
	const to =
		match[3] === undefined
			? Number.MAX_SAFE_INTEGER
			: versionNumber({ major: Number(match[3]), minor: Number(match[4]) });
	return at >= from && at <= to;
}

function tagsOf(
	doc: DocComment | undefined,
	version: { readonly major: number; readonly minor: number },
): Record<number, string> | undefined {
	const rows = doc?.tags.filter((tag) => tag.name === "tag") ?? [];
	if (rows.length === 0) return undefined;
	const tags: Record<number, string> = {};
	for (const row of rows) {
		const [era = "", bits = "", name = "", pointee = ""] = row.text.split("|").map((part) => part.trim());
		if (!/^[01]{2,}$/.test(bits) || !eraHolds(era, version)) continue;
		const short = /(?:struct )?(\w+) \*$/.exec(pointee)?.[1];
		tags[Number.parseInt(bits, 2)] = short ?? name;
	}
	return tags;
}

function enumBits(name: string, lookup: (name: string) => SymbolInfo | undefined): Record<number, string> | undefined {
	const declaration = lookup(name)?.declaration ?? lookup(`enum ${name}`)?.declaration;
	if (declaration?.kind !== "type" || declaration.typeName.base.kind !== "enum") return undefined;
	const body = declaration.typeName.base.body as EnumBody | undefined;
	const bits: Record<number, string> = {};
	let next = 0;
	for (const enumerator of body?.enumerators ?? []) {
		next = enumerator.symbol?.constant ?? next;
		if (!(next in bits)) bits[next] = enumerator.name.text;
		next++;
	}
	return bits;
}

function enumNames(type: Type, lookup: (name: string) => SymbolInfo | undefined): Record<number, string> {
	return type.kind === "enum" ? (enumBits(type.name, lookup) ?? {}) : {};
}

/** The display of a word of this type, whose declaration has this doc comment. */
export function displayOf(
	type: Type,
	doc: DocComment | undefined,
	version: { readonly major: number; readonly minor: number },
	lookup: (name: string) => SymbolInfo | undefined,
): Display {
	const docs = [doc, type.kind === "integer" ? lookup(type.name)?.doc : undefined];
	for (const comment of docs) {
		const listed = comment?.tags.filter((tag) => tag.name === "bit") ?? [];
		if (listed.length > 0) {
			const bits = Object.fromEntries(
				// The tag gives the bit as a mask, as headers do; a display wants its number.
				listed
					.map((tag) => tag.text.trim().split(/\s+/))
					.map(([mask, name]) => [31 - Math.clz32(Number(mask)), name ?? ""]),
			);
			return { kind: "entry", bits };
		}
		for (const tag of comment?.tags ?? []) {
			if (tag.name !== "bits" && tag.name !== "entry") continue;
			const bits = enumBits(
				tag.text
					.trim()
					.replace(/^enum\s+/, "")
					.split(/\s/)[0] ?? "",
				lookup,
			);
			if (bits) return { kind: tag.name === "bits" ? "flags" : "entry", bits };
		}
	}
	switch (type.kind) {
		case "pointer":
			return { kind: "pointer", tags: tagsOf(doc, version) };
		case "bool":
			return { kind: "bool" };
		case "enum":
			return { kind: "enum", names: enumNames(type, lookup) };
		case "lock":
			return { kind: "lock" };
		case "integer":
			return { kind: "integer", signed: type.signed };
		default:
			return { kind: "integer", signed: true };
	}
}
