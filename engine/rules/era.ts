/** Kernel versions, and the spans of versions that rules speak of. */

export interface KernelVersion {
	readonly major: number;
	readonly minor: number;
}

/** Reads "v6.5", "6.5", "v6.5-rc1" or "6.5.3"; undefined for anything else. */
export function parseVersion(text: string): KernelVersion | undefined {
	const found = /^\s*v?(\d{1,3})\.(\d{1,3})(?![\d])/.exec(text);
	return found === null ? undefined : { major: Number(found[1]), minor: Number(found[2]) };
}

/** "v6.5" */
export function formatVersion(version: KernelVersion): string {
	return `v${version.major}.${version.minor}`;
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: KernelVersion, b: KernelVersion): number {
	return a.major - b.major || a.minor - b.minor;
}

/** A span of versions, both ends included; an absent end is open. */
export interface Span {
	readonly since: KernelVersion | undefined;
	readonly until: KernelVersion | undefined;
}

/** The span of a `@since` and an `@until` text; only the version that the text begins with counts, the rest is for the reader. */
export function spanOf(since: string | undefined, until: string | undefined): Span {
	return { since: parseVersion(since ?? ""), until: parseVersion(until ?? "") };
}

/** Where a version lies: `before` the span, `inside` it, or `after` it. Without a version everything is inside. */
export function placeIn(span: Span, version: KernelVersion | undefined): "before" | "inside" | "after" {
	if (version === undefined) return "inside";
	if (span.since !== undefined && compareVersions(version, span.since) < 0) return "before";
	if (span.until !== undefined && compareVersions(version, span.until) > 0) return "after";
	return "inside";
}

/** "since v5.16", "until v5.19", "v6.0 to v6.16"; undefined for a span without ends. */
export function formatSpan(span: Span): string | undefined {
	if (span.since !== undefined && span.until !== undefined)
		return `${formatVersion(span.since)} to ${formatVersion(span.until)}`;
	if (span.since !== undefined) return `since ${formatVersion(span.since)}`;
	return span.until === undefined ? undefined : `until ${formatVersion(span.until)}`;
}

/** The version in a kernel's top Makefile (`VERSION = 6`, `PATCHLEVEL = 5`); undefined when it is no such Makefile. */
export function versionOfMakefile(text: string): KernelVersion | undefined {
	const number = (name: string) => new RegExp(`^${name}[ \\t]*:?=[ \\t]*(\\d{1,3})[ \\t]*$`, "m").exec(text)?.[1];
	const [major, minor] = [number("VERSION"), number("PATCHLEVEL")];
	return major === undefined || minor === undefined || number("SUBLEVEL") === undefined
		? undefined
		: { major: Number(major), minor: Number(minor) };
}
