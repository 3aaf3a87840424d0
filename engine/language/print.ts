/** Source text of nodes, and offsets as lines and columns. */
import type { Location } from "../verdict/verdict.ts";
import type { Range } from "./syntax.ts";

/** The text of a range with comments removed and white space folded to single blanks: "folio->mapping = NULL;". */
export function sourceText(text: string, range: Range): string {
	return text
		.slice(range.pos, range.end)
		.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\\\r?\n/g, (found) =>
			found.startsWith('"') || found.startsWith("'") ? found : " ",
		)
		.replace(/\s+/g, " ")
		.trim();
}

/** Where the lines of a text begin; turns offsets into lines and columns and back. */
export class LineTable {
	private readonly starts: Uint32Array;
	private readonly length: number;

	constructor(text: string) {
		const starts = [0];
		for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
		this.starts = Uint32Array.from(starts);
		this.length = text.length;
	}

	get lineCount(): number {
		return this.starts.length;
	}

	/** Line and column, both from 1, of an offset in UTF-16 code units. Offsets outside the text are moved to its ends. */
	position(offset: number): { readonly line: number; readonly column: number } {
		const at = Math.max(0, Math.min(offset, this.length));
		let low = 0;
		let high = this.starts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((this.starts[middle] as number) <= at) low = middle;
			else high = middle - 1;
		}
		return { line: low + 1, column: at - (this.starts[low] as number) + 1 };
	}

	/** Offset of a line and column, both from 1; a column past the end of its line is moved to the end. */
	offset(line: number, column: number): number {
		const index = Math.max(0, Math.min(line - 1, this.starts.length - 1));
		const start = this.starts[index] as number;
		const next = index + 1 < this.starts.length ? (this.starts[index + 1] as number) - 1 : this.length;
		return Math.max(start, Math.min(start + Math.max(0, column - 1), next));
	}

	/** A range as the place that diagnostics, traces and the terminal show. */
	location(file: string, range: Range): Location {
		const from = this.position(range.pos);
		const to = this.position(range.end);
		return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
	}
}
