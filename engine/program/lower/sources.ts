/** Text and places of all files that take part in a program. */
import { LineTable, sourceText } from "../../language/print.ts";
import type { Range } from "../../language/syntax.ts";
import type { Location } from "../../verdict/verdict.ts";

/** What lowering needs of a module: `analyze` makes these. */
export interface ModuleLike {
	readonly file: string;
	readonly text: string;
	readonly includes: readonly ModuleLike[];
}

export class Sources {
	private readonly files = new Map<string, { text: string; lines: LineTable }>();

	constructor(module: ModuleLike) {
		this.add(module);
	}

	/** The place of a range of a file, for people. */
	location(file: string, range: Range): Location {
		const source = this.files.get(file);
		return source ? source.lines.location(file, range) : { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
	}

	/** The text of a range of a file, white space folded. */
	text(file: string, range: Range): string {
		const source = this.files.get(file);
		return source ? sourceText(source.text, range) : "";
	}

	private add(module: ModuleLike): void {
		if (this.files.has(module.file)) return;
		this.files.set(module.file, { text: module.text, lines: new LineTable(module.text) });
		for (const include of module.includes) this.add(include);
	}
}
