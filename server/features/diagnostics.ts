/** What the language says about a scenario or a litmus test as it is typed, and the expectations that the last search did not meet. */
import {
	type DiagnosticRelatedInformation,
	DiagnosticSeverity,
	type Diagnostic as LspDiagnostic,
} from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic } from "../../engine/language/syntax.ts";
import type { LoweringProblem } from "../../engine/program/lower/lower.ts";
import { sentence } from "../../engine/verdict/words.ts";
import { type Analysis, type Documents, isLitmusDocument, isScenarioDocument } from "../documents.ts";
import { parsedLitmus } from "../litmus.ts";
import type { ProgramOfVersion } from "../protocol.ts";
import { digest, type ResultStore } from "../results.ts";
import { type Feature, lspRange, type Services } from "../services.ts";
import { validationOf } from "../validation.ts";
import { checksOf, verdictText } from "./codeLens.ts";

/** How long typing has to rest before the document is checked. In milliseconds. */
export const diagnosticsDelayMilliseconds = 60;
/** More errors in one document help nobody. */
export const diagnosticsMax = 200;

export const diagnostics: Feature = {
	register(services) {
		const { documents, connection, changed } = services;
		const waiting = new Map<string, NodeJS.Timeout>();
		const schedule = (uri: string) => {
			clearTimeout(waiting.get(uri));
			waiting.set(
				uri,
				setTimeout(() => {
					waiting.delete(uri);
					// A fault of ours in one document must not end the server for all of them.
					try {
						publish(services, uri);
					} catch (error) {
						connection.console.error(`diagnostics of ${uri}: ${error instanceof Error ? error.stack : String(error)}`);
					}
				}, diagnosticsDelayMilliseconds),
			);
		};
		documents.open.onDidChangeContent(({ document }) => {
			if (!isScenarioDocument(document) && !isLitmusDocument(document)) return;
			schedule(document.uri);
			// Whoever includes this document may now be right or wrong in other places.
			for (const other of documents.openScenarios())
				if (other.uri !== document.uri && documents.includes(other.uri, document.uri)) schedule(other.uri);
		});
		documents.open.onDidClose(({ document }) => {
			clearTimeout(waiting.get(document.uri));
			waiting.delete(document.uri);
			if (isScenarioDocument(document) || isLitmusDocument(document))
				void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
		});
		changed.listen((uri) => schedule(uri));
		connection.onRequest("mmscn/program", ({ uri }: { readonly uri: string }) => programOf(services, uri));
	},
};

/** Which program a document is now; of a document that is none, one like no other. */
function programOf({ documents }: Services, uri: string): ProgramOfVersion {
	const document = documents.document(uri);
	if (document !== undefined && isLitmusDocument(document))
		return { version: document.version, program: digest(document.getText()) };
	const analysis = documents.analysis(uri);
	return { version: analysis?.document.version ?? 0, program: analysis?.fingerprint ?? "" };
}

/** Tells the client which program a document is after an edit, and where in it the results stand now. */
function tellProgram(services: Services, uri: string): void {
	const { connection, documents, results } = services;
	const analysis = documents.analysis(uri);
	if (analysis) results.follow(analysis);
	if (results.haveMoved(uri)) void connection.sendNotification("mmscn/results", results.newest(uri));
	void connection.sendNotification("mmscn/program", { uri, ...programOf(services, uri) });
}

function publish(services: Services, uri: string): void {
	const { connection, documents, results } = services;
	const document = documents.open.get(uri);
	if (document === undefined) return;
	tellProgram(services, uri);
	const send = (found: readonly LspDiagnostic[]) =>
		void connection.sendDiagnostics({
			uri: document.uri,
			version: document.version,
			diagnostics: found.slice(0, diagnosticsMax),
		});
	if (isLitmusDocument(document)) {
		// What the last exploration of this very text met is no less an error than what the parser sees.
		const met = results.problemsOf(uri, document.getText()).map((one) => problem(one));
		send([...parsedLitmus(document).errors, ...met].map((one) => languageDiagnostic(documents, document, one)));
		return;
	}
	const analysis = documents.analysis(uri);
	if (analysis === undefined) return;
	// What the search has to say comes first: it must not be lost behind a long list.
	send([
		...unmetExpectations(documents, analysis, results),
		...unsupported(analysis, results).map((one) => languageDiagnostic(documents, document, one)),
		...analysis.module.diagnostics.map((one) => languageDiagnostic(documents, document, one)),
		...validationOf(analysis).map((one) => languageDiagnostic(documents, document, one)),
	]);
}

/** What the last search found that it cannot do with this very text; said once, however many checks meet it. */
function unsupported({ document, tree }: Analysis, results: ResultStore): readonly Diagnostic[] {
	const problems = results.problemsOf(document.uri, tree.text).filter((one) => one.file === document.uri);
	const byPlace = new Map(problems.map((one) => [`${one.pos} ${one.message}`, one]));
	return [...byPlace.values()].map(problem);
}

function problem({ pos, end, message }: LoweringProblem): Diagnostic {
	return { severity: "error", code: "unsupported", pos, end, message };
}

const severities = {
	error: DiagnosticSeverity.Error,
	warning: DiagnosticSeverity.Warning,
	information: DiagnosticSeverity.Information,
} as const;

function languageDiagnostic(documents: Documents, document: TextDocument, diagnostic: Diagnostic): LspDiagnostic {
	const related = (diagnostic.related ?? []).flatMap((one): DiagnosticRelatedInformation[] => {
		const other = one.file === document.uri ? document : documents.document(one.file);
		return other === undefined
			? []
			: [{ location: { uri: one.file, range: lspRange(other, one) }, message: one.message }];
	});
	return {
		source: "mmscn",
		severity: severities[diagnostic.severity],
		code: diagnostic.code,
		message: diagnostic.message,
		range: lspRange(document, diagnostic),
		...(related.length > 0 && { relatedInformation: related }),
	};
}

/** A diagnostic on the `expect` of every check whose last result, of this very program, is another one. */
function unmetExpectations(documents: Documents, analysis: Analysis, results: ResultStore): LspDiagnostic[] {
	const { document, tree, fingerprint } = analysis;
	return tree.items.flatMap((item) => {
		if (item.kind !== "scenario") return [];
		return checksOf(item).flatMap((check): LspDiagnostic[] => {
			const known = results.of(document.uri, item.name.text, check.name.text);
			if (known === undefined || known.result.ok || known.fingerprint !== fingerprint) return [];
			const { result } = known;
			const first = check.expect[0] ?? check.name;
			const last = check.expect.at(-1) ?? check.name;
			const violation = result.violation;
			const place = violation && documents.document(violation.location.file);
			const start = violation && { line: violation.location.line - 1, character: violation.location.column - 1 };
			const end = violation && { line: violation.location.endLine - 1, character: violation.location.endColumn - 1 };
			return [
				{
					source: "mmscn",
					severity: result.verdict === "inconclusive" ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error,
					code: "unmet-expectation",
					range: lspRange(document, { pos: first.pos, end: last.end }),
					message: sentence(`${check.name.text}: ${verdictText(result)}`),
					...(place &&
						start &&
						end && {
							relatedInformation: [{ location: { uri: place.uri, range: { start, end } }, message: violation.message }],
						}),
				},
			];
		});
	});
}
