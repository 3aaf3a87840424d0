/** Doc comments: their text without the stars, and their tags. */
import type { DocComment } from "../syntax.ts";

type Tag = DocComment["tags"][number];

/** Tags that may also stand in the middle of a line; any other word after an `@` is a tag only at the beginning of one. */
const inlineTags = "origin|rule|where|since|until|source|see|context|note|enforced|scenario";
const tagPattern = new RegExp(`(^|\\n)[ \\t]*@([a-z][a-z_-]*)(?=\\s|$)|[ \\t]@(${inlineTags})(?=\\s|$)`, "g");

interface Line {
	readonly text: string;
	/** Offset of `text` in the file. */
	readonly pos: number;
}

/** The lines between the comment's delimiters, without their stars. */
function commentLines(comment: string, pos: number): Line[] {
	const lines: Line[] = [];
	const body = comment.slice(3, -2);
	let offset = pos + 3;
	for (const line of body.split("\n")) {
		// The blank after the star belongs to it; deeper indentation belongs to the text.
		const star = lines.length === 0 ? /^[ \t]?/ : /^[ \t]*(\*(?!\/) ?)?/;
		const skip = star.exec(line)?.[0].length ?? 0;
		lines.push({ text: line.slice(skip).trimEnd(), pos: offset + skip });
		offset += line.length + 1;
	}
	return lines;
}

/** Offset in the file of an offset into the joined lines. */
function fileOffset(lines: readonly Line[], joined: number): number {
	let rest = joined;
	for (const line of lines) {
		if (rest <= line.text.length) return line.pos + rest;
		rest -= line.text.length + 1;
	}
	return 0;
}

/** Splits on first use: most doc comments of an included file are never looked at. */
class LazyDocComment implements DocComment {
	readonly pos: number;
	readonly end: number;
	private readonly comment: string;
	private parts: { readonly text: string; readonly tags: readonly Tag[] } | undefined;

	constructor(source: string, pos: number, end: number) {
		this.pos = pos;
		this.end = end;
		this.comment = source.slice(pos, end);
	}

	get text(): string {
		return this.split().text;
	}

	get tags(): readonly Tag[] {
		return this.split().tags;
	}

	private split() {
		this.parts ??= splitDocComment(this.comment, this.pos);
		return this.parts;
	}
}

function splitDocComment(comment: string, pos: number): { text: string; tags: readonly Tag[] } {
	const lines = commentLines(comment, pos);
	const joined = lines.map((line) => line.text).join("\n");
	const tags: Tag[] = [];
	const found = [...joined.matchAll(tagPattern)];
	const text = joined.slice(0, found[0]?.index ?? joined.length).trim();
	for (const [index, match] of found.entries()) {
		const begin = match.index + match[0].indexOf("@");
		const bodyEnd = found[index + 1]?.index ?? joined.length;
		const body = joined.slice(match.index + match[0].length, bodyEnd);
		tags.push({
			name: match[2] ?? match[3] ?? "",
			text: body
				.trim()
				.split("\n")
				.map((line) => line.trim())
				.join("\n"),
			pos: fileOffset(lines, begin),
			end: fileOffset(lines, match.index + match[0].length + body.trimEnd().length),
		});
	}
	return { text, tags };
}

/** The doc comment that stands in `source` at [pos, end), delimiters included. */
export function docComment(source: string, pos: number, end: number): DocComment {
	return new LazyDocComment(source, pos, end);
}
