/**
 * Wraps C statements by meaning: after a comma, beside an operator, never inside a name, a number or a string.
 * Outer breaks are better than inner ones, so that what belongs together stays together.
 */

/** Continuation lines that cannot be aligned with the open parenthesis stand this many columns further in. */
const continuationIndent = 4;
/** How bad a break is by where it stands; a level of parentheses costs `depthCost` on top, an unused column `slackCost`. */
const breakCost = {
	comma: 0,
	logical: 0,
	assignment: 3,
	question: 2,
	operator: 4,
	space: 3,
	parenthesis: 9,
	member: 12,
	keyword: 25,
};
const depthCost = 5;
const slackCost = 0.45;

const keyword = /^(if|while|for|switch|return|do|else|goto|case|sizeof|struct|union|enum)$/;

const token =
	/"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\/\*|\*\/|[\p{L}\p{N}_$]+|->|<<=?|>>=?|&&|\|\||[-+*/%&|^=!<>]=|\+\+|--|\s+|./gsu;

interface Break {
	/** Index in the text at which the next line starts (white space there is dropped). */
	readonly at: number;
	readonly cost: number;
	/** Column behind the innermost open parenthesis; undefined outside of all. */
	readonly align: number | undefined;
}

/** Where the text may be broken, in order. */
function breaks(text: string): Break[] {
	const found: Break[] = [];
	const open: number[] = [];
	let end = 0;
	let before = "";
	const add = (at: number, cost: number) => {
		if (at > 0 && at < text.length) found.push({ at, cost: cost + open.length * depthCost, align: open.at(-1) });
	};
	for (const match of text.matchAll(token)) {
		const word = match[0];
		const start = match.index;
		const spaced = text[start - 1] === " " && text[start + word.length] === " ";
		end = start + word.length;
		if (/^\s/.test(word)) {
			// The operators on both sides of white space have said what a break there costs; prose has only this.
			if (
				/[\p{L}\p{N}_$.;:"')\]}]$/u.test(before) &&
				/^(?:[\p{L}\p{N}_$"'({]|[&*!~](?=[\w(&*]))/u.test(text.slice(end))
			) {
				add(end, keyword.test(before) ? breakCost.keyword : breakCost.space);
			}
			continue;
		}
		if (word === "(" || word === "[" || word === "{") {
			open.push(end);
			if (word !== "[") add(end, breakCost.parenthesis);
		} else if (word === ")" || word === "]" || word === "}") open.pop();
		else if (word === ",") add(end, breakCost.comma);
		else if (word === "&&" || word === "||") add(end, breakCost.logical);
		else if (word === ";") add(end, breakCost.comma);
		else if ((word === "?" || word === ":") && spaced) add(start, breakCost.question);
		else if (/^([-+*/%&|^]|<<|>>)?=$/.test(word) && spaced) add(end, breakCost.assignment);
		else if (/^([-+*/%&|^<>]|<<|>>|[=!<>]=)$/.test(word) && spaced) add(end, breakCost.operator);
		else if (word === "->") add(start, breakCost.member);
		before = word;
	}
	return found;
}

/**
 * The statement in lines of at most `width` columns; a line is longer only where a single name is. Continuation lines
 * are indented, under the open parenthesis where that leaves room.
 */
export function wrapStatement(text: string, width: number): string[] {
	const lines: string[] = [];
	let rest = text.trim();
	let indent = 0;
	while (indent + rest.length > width) {
		const room = width - indent;
		const all = breaks(rest);
		const fitting = all.filter((one) => rest.slice(0, one.at).trimEnd().length <= room);
		const best =
			fitting.reduce<{ one: Break; cost: number } | undefined>((soFar, one) => {
				const cost = one.cost + (room - one.at) * slackCost;
				return soFar === undefined || cost <= soFar.cost ? { one, cost } : soFar;
			}, undefined)?.one ?? all[0];
		if (best === undefined) break;
		lines.push(" ".repeat(indent) + rest.slice(0, best.at).trimEnd());
		const align = best.align === undefined || best.align === best.at ? undefined : indent + best.align;
		// Aligning must not push what is left to the edge: the longest piece that cannot be broken has to fit.
		const left = rest.slice(best.at).trimStart();
		const fits = align !== undefined && align + longestPiece(left) <= width && align <= width * 0.75;
		const usual = Math.max(indent, continuationIndent);
		indent = fits ? align : Math.min(usual, Math.max(0, width - longestPiece(left)));
		rest = left;
	}
	lines.push(" ".repeat(indent) + rest);
	return lines;
}

/** The width of the longest piece of the text that cannot be broken. */
export function longestPiece(text: string): number {
	let start = 0;
	let longest = 0;
	for (const { at } of [...breaks(text), { at: text.length }]) {
		longest = Math.max(longest, text.slice(start, at).trim().length);
		start = at;
	}
	return longest;
}

/** Prose in lines of at most `width` columns; a line is longer only where a single word is. No-break spaces do not break. */
export function wrapProse(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(/[ \t\r\n]+/).filter((one) => one !== "")) {
		if (line !== "" && line.length + 1 + word.length > width) {
			lines.push(line);
			line = word;
		} else line = line === "" ? word : `${line} ${word}`;
	}
	if (line !== "") lines.push(line);
	return lines;
}
