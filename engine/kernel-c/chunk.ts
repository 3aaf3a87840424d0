/**
 * Cuts a C file into pieces that can be parsed alone, so that a question about one place does not cost the parsing of
 * a file of 8,000 lines, and a macro that no parser understands spoils its own function only.
 */

/** A piece of a file, half-open, in UTF-16 code units. */
export interface Chunk {
	readonly start: number;
	readonly end: number;
}

/** A longer piece is cut down around the place asked for. In UTF-16 code units; parses in a few milliseconds. */
export const chunkLengthMax = 32 * 1024;

/**
 * The piece of a file that holds one top-level definition and what stands just before it. It relies on the kernel's coding
 * style: the brace that closes a function or a struct, and nothing else, stands in the first column.
 */
export function chunkAt(text: string, offset: number): Chunk {
	const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
	// The line feed before this line is at lineStart - 1; a negative place would count as 0.
	let start = lineStart < 2 ? -1 : text.lastIndexOf("\n}", lineStart - 2);
	start = start < 0 ? 0 : endOfLine(text, start + 1);
	let end = text[lineStart] === "}" ? lineStart : text.indexOf("\n}", offset);
	end = end < 0 ? text.length : endOfLine(text, text[end] === "\n" ? end + 1 : end);
	if (end - start <= chunkLengthMax) return { start, end };
	const from = Math.max(start, offset - chunkLengthMax / 2);
	const to = Math.min(end, offset + chunkLengthMax / 2);
	return {
		start: from === start ? start : endOfLine(text, from),
		end: to === end ? end : text.lastIndexOf("\n", to) + 1,
	};
}

function endOfLine(text: string, offset: number): number {
	const end = text.indexOf("\n", offset);
	return end < 0 ? text.length : end + 1;
}

/** The piece that defines `struct name { … }` or the union of that name; undefined when the file does not. */
export function structChunk(text: string, name: string): Chunk | undefined {
	const found = new RegExp(`^(?:typedef\\s+)?(?:struct|union)\\s+${literally(name)}\\s*\\{`, "m").exec(text);
	return found === null ? undefined : boundedChunk(text, found.index);
}

/** The head of the definition or declaration of a function at file level, up to its body; undefined when there is none. */
export function functionHeadChunk(text: string, name: string): Chunk | undefined {
	const found = new RegExp(`^[A-Za-z_][\\w \\t*]*[ \\t*]${literally(name)}\\(`, "m").exec(text);
	if (found === null) return undefined;
	const end = text.slice(found.index, found.index + chunkLengthMax).search(/\n\{|;/);
	return end < 0 ? undefined : { start: found.index, end: found.index + end + 1 };
}

/** The declaration of a variable at file level; undefined when there is none. */
export function variableChunk(text: string, name: string): Chunk | undefined {
	const found = new RegExp(
		`^(?![#}]|typedef|return|goto)[A-Za-z_][\\w \\t]*[ \\t*]${literally(name)}\\s*(?:\\[[^\\]\\n]*\\]\\s*)*[=;]`,
		"m",
	).exec(text);
	if (found === null) return undefined;
	const end = text.indexOf(";", found.index);
	return end < 0 || end - found.index > chunkLengthMax ? undefined : { start: found.index, end: end + 1 };
}

function boundedChunk(text: string, start: number): Chunk {
	const close = text.indexOf("\n}", start);
	const end = close < 0 ? text.length : endOfLine(text, close + 1);
	return { start, end: Math.min(end, start + chunkLengthMax) };
}

/** Names are identifiers, so nothing needs escaping; anything else must not become a pattern. */
function literally(name: string): string {
	return name.replace(/[^\w]/g, "\\$&");
}
