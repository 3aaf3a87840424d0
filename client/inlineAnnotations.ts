/** Draws the annotations of the counterexample on show at the ends of the lines. */
import * as vscode from "vscode";
import type { ExecutionGraph } from "../engine/verdict/executionGraph.ts";
import type { Violation } from "../engine/verdict/verdict.ts";
import { type Annotation, type AnnotationRole, annotate, saidAs, shiftedLine, spoken } from "./annotations.ts";
import { circledNumber } from "./circledNumber.ts";
import { annotateGraph } from "./graphAnnotations.ts";
import type { ResultsByDocument } from "./results.ts";
import type { Run } from "./run.ts";

const setting = "mmscn.inlineAnnotations";

/** An annotation as it is drawn now: on which line, grey or not. */
export interface DrawnAnnotation extends Annotation {
	readonly stale: boolean;
}

const colour: Readonly<Record<AnnotationRole | "stale", vscode.ThemeColor>> = {
	step: new vscode.ThemeColor("editorCodeLens.foreground"),
	earlier: new vscode.ThemeColor("editorWarning.foreground"),
	// The error colour is too dark for the background of the line that the view shows.
	violation: new vscode.ThemeColor("mmscn.violation"),
	stale: new vscode.ThemeColor("disabledForeground"),
};

/** A counterexample of a check, or a run by hand through it. */
interface Annotated {
	readonly scenario: string;
	readonly check: string;
	readonly trace?: Run;
	readonly graph?: ExecutionGraph;
	readonly violation?: Violation;
}

/** Escapes what Markdown would read as markup; for text in hovers. */
function plain(text: string): string {
	return text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&");
}

function code(text: string): string {
	return `\`${text.replaceAll("`", "ˋ")}\``;
}

export class InlineAnnotations implements vscode.Disposable {
	private readonly decoration = vscode.window.createTextEditorDecorationType({
		after: { margin: "0 0 0 3em" },
		rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
	});
	/** Marks whole lines of the racing pair, so that colour is not all that tells them apart: see the overview ruler. */
	private readonly raceLine = vscode.window.createTextEditorDecorationType({
		isWholeLine: true,
		overviewRulerLane: vscode.OverviewRulerLane.Full,
		overviewRulerColor: colour.violation,
		backgroundColor: new vscode.ThemeColor("diffEditor.removedLineBackground"),
	});
	private readonly subscriptions: vscode.Disposable[];
	/** By URI of the searched document: what its counterexample annotates, in whatever documents. */
	private readonly annotations = new Map<string, { result: Annotated; drawn: readonly DrawnAnnotation[] }>();

	private readonly results: ResultsByDocument;

	constructor(results: ResultsByDocument) {
		this.results = results;
		this.subscriptions = [
			results.onDidChange((uri) => this.take(uri)),
			vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
			vscode.workspace.onDidChangeTextDocument((event) => this.follow(event)),
			vscode.workspace.onDidChangeConfiguration((event) => {
				if (event.affectsConfiguration(setting)) this.draw();
			}),
			vscode.commands.registerCommand("mmscn.toggleInlineAnnotations", () => this.toggle()),
		];
	}

	/** What is drawn in open editors now; empty when the setting is off. */
	drawn(): readonly DrawnAnnotation[] {
		return this.enabled() ? [...this.annotations.values()].flatMap(({ drawn }) => drawn) : [];
	}

	private enabled(): boolean {
		return vscode.workspace.getConfiguration().get<boolean>(setting, true);
	}

	private async toggle(): Promise<void> {
		await vscode.workspace.getConfiguration().update(setting, !this.enabled(), vscode.ConfigurationTarget.Global);
	}

	private take(uri: string): void {
		const known = this.results.walked(uri) ?? this.results.get(uri);
		const result: Annotated | undefined = this.results.walked(uri)?.walked ?? this.results.shown(uri);
		const before = this.annotations.get(uri);
		if (!known || !(result?.trace || result?.graph)) this.annotations.delete(uri);
		else if (before?.result === result) {
			this.annotations.set(uri, { result, drawn: before.drawn.map((one) => ({ ...one, stale: known.stale })) });
		} else {
			const drawn = annotationsOf(uri, result).map((one) => ({
				...one,
				file: vscode.Uri.parse(one.file).toString(),
				stale: known.stale,
			}));
			this.annotations.set(uri, { result, drawn });
		}
		this.draw();
	}

	/** Keeps grey annotations on their lines while the text around them is edited. */
	private follow(event: vscode.TextDocumentChangeEvent): void {
		const file = event.document.uri.toString();
		for (const [uri, entry] of this.annotations) {
			if (!entry.drawn.some((one) => one.file === file)) continue;
			let { drawn } = entry;
			for (const change of event.contentChanges) {
				const edit = {
					startLine: change.range.start.line + 1,
					endLine: change.range.end.line + 1,
					linesAdded: change.text.split("\n").length - 1,
				};
				drawn = drawn.flatMap((one) => {
					const line = one.file === file ? shiftedLine(one.line, edit) : one.line;
					return line === undefined ? [] : [{ ...one, line }];
				});
			}
			this.annotations.set(uri, { ...entry, drawn });
		}
		this.draw();
	}

	private draw(): void {
		const on = this.enabled();
		for (const editor of vscode.window.visibleTextEditors) {
			const file = editor.document.uri.toString();
			const here = on
				? [...this.annotations.values()].flatMap(({ result, drawn }) =>
						drawn
							.filter((one) => one.file === file && one.line <= editor.document.lineCount)
							.map((one) => ({ one, result })),
					)
				: [];
			editor.setDecorations(
				this.decoration,
				here.map(({ one, result }) => this.options(editor.document, one, result)),
			);
			editor.setDecorations(
				this.raceLine,
				here
					.filter(({ one }) => one.role === "violation" && !one.stale)
					.map(({ one }) => editor.document.lineAt(one.line - 1).range),
			);
		}
	}

	private options(document: vscode.TextDocument, one: DrawnAnnotation, result: Annotated): vscode.DecorationOptions {
		const end = document.lineAt(one.line - 1).range.end;
		return {
			range: new vscode.Range(end, end),
			hoverMessage: hover(one, result),
			renderOptions: {
				after: {
					contentText: one.text,
					color: one.stale ? colour.stale : colour[one.role],
					fontStyle: one.stale ? "italic" : "normal",
					...(one.role === "violation" && !one.stale ? { fontWeight: "bold" } : {}),
				},
			},
		};
	}

	dispose(): void {
		for (const one of [...this.subscriptions, this.decoration, this.raceLine]) one.dispose();
	}
}

/** What a counterexample annotates: the lines of its steps, or those of its execution. */
function annotationsOf(uri: string, { trace, graph, violation }: Annotated): Annotation[] {
	if (trace) return annotate(trace);
	const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
	const lineAt = (pos: number) => document && { file: uri, line: document.positionAt(pos).line + 1 };
	return graph ? annotateGraph(graph, violation, lineAt) : [];
}

/** Everything that happened on a line, step by step, and the way to the other half of the race. */
function hover(one: DrawnAnnotation, result: Annotated): vscode.MarkdownString {
	const { trace, violation } = result;
	const lines = one.steps.map((index) => {
		const step = trace?.steps[index];
		if (!step) return "";
		const { within, text } = saidAs(step);
		const inside = within.join(" › ");
		const thread = trace?.threads[step.thread]?.name ?? "";
		return [
			`${circledNumber(index)} **CPU${step.cpu} ${plain(thread)}** ${code(text)}`,
			`${plain(step.effect)}${inside ? ` — in ${code(inside)}` : ""}${step.note ? ` — *${plain(step.note)}*` : ""}`,
		].join("  \n");
	});
	lines.push(...(one.notes ?? []).map(plain));
	const wrong = trace ? trace.violation : violation;
	if (wrong && one.role === "violation") {
		const rules = wrong.rules?.length ? ` Rules about it: ${wrong.rules.map(code).join(", ")}.` : "";
		lines.push(`**${spoken(wrong.kind)}**: ${plain(wrong.message)}.${rules}`);
		if (wrong.meaning) lines.push(`*${plain(wrong.meaning)}*`);
		for (const sentence of trace?.why?.story ?? []) lines.push(plain(sentence));
	}
	if (one.other) {
		const { step, location, source } = one.other;
		const link = `command:mmscn.goToOtherAccess?${encodeURIComponent(JSON.stringify([{ location }]))}`;
		lines.push(`Races with ${circledNumber(step)} ${code(source)}, [line ${location.line}](${link})`);
	}
	if (one.stale) lines.push("*The text has changed since this search.*");
	const message = new vscode.MarkdownString(
		[`mmscn: ${code(`${result.scenario}, ${result.check}`)}`, ...lines].join("\n\n"),
	);
	message.isTrusted = { enabledCommands: ["mmscn.goToOtherAccess"] };
	return message;
}
