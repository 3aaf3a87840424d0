/** One counterexample in each format that it can be written in. */
import { renderAscii, renderComment } from "./ascii.ts";
import { renderJson } from "./json.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderMermaid } from "./mermaid.ts";
import { renderSvg } from "./svg.ts";
import type { CheckResult } from "./verdict.ts";

/** `comment` is the ASCII diagram as a C comment. */
export const traceFormats = ["ascii", "comment", "markdown", "svg", "mermaid", "json"] as const;
export type TraceFormat = (typeof traceFormats)[number];

export interface RenderOptions {
	/** Every step, rather than those that one needs to see the race. JSON always has every step. */
	readonly full?: boolean;
}

/** The result in that format, as a text that ends with a newline. A result without a trace gives its headline. */
export function renderTrace(result: CheckResult, format: TraceFormat, options: RenderOptions = {}): string {
	switch (format) {
		case "ascii":
			return renderAscii(result, options);
		case "comment":
			return renderComment(result, options);
		case "markdown":
			return renderMarkdown(result, options);
		case "svg":
			return renderSvg(result, options);
		case "mermaid":
			return renderMermaid(result, options);
		case "json":
			return renderJson(result);
	}
}
