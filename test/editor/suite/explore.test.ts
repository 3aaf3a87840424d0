import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Api } from "../../../client/extension.ts";
import type { FromView } from "../../../client/webview/messages.ts";
import type { ExploreArguments } from "../../../server/protocol.ts";
import { exploreLenses, file, hoverText, open, position, replace, seed, start, until } from "./support.ts";

const racyScenario = `scenario lost_update {
	kernel v6.8;
	int counter;
	thread one {
		WRITE_ONCE(counter, READ_ONCE(counter) + 1);
	}
	thread two {
		WRITE_ONCE(counter, READ_ONCE(counter) + 1);
	}
	finally (counter == 2);
	check both expect safe;
}
`;

type Drawn = Extract<FromView, { type: "drawn" }>;

describe("exploring interleavings", () => {
	let api: Api;
	let document: vscode.TextDocument;
	const drawn: Drawn[] = [];

	before(async () => {
		document = (await open(seed)).document;
		api = await start();
		api.onDidReceiveFromView((message) => {
			if (message.type === "drawn") drawn.push(message);
		});
	});

	it("runs from the lens over a check, and shows the counterexample", async () => {
		const lenses = await exploreLenses(document);
		const lens = lenses.find((one) => one.arguments.check !== undefined) ?? assert.fail("no lens over a check");
		await vscode.commands.executeCommand("mmscn.explore", lens.arguments);
		const known = api.results(document.uri.toString()) ?? assert.fail("no results");
		const result =
			known.results.find((one) => one.check === lens.arguments.check) ?? assert.fail("no result of the check");
		assert.equal(result.verdict, "race");
		assert.equal(result.violation?.kind, "use_after_free");
		assert.equal(known.version, document.version);
		const steps = result.trace?.steps.length ?? 0;
		const telling = result.trace?.decisive?.length ?? steps;
		const last = await until("the view", () => drawn.findLast((one) => one.rows === telling));
		assert.equal(last.lanes, result.trace?.threads.length);
		assert.match(last.announcement, new RegExp(`^Step \\d+ of ${steps}, CPU \\d`));
	});

	it("annotates the lines that took part, the violating one in its own role", () => {
		const here = api.annotations().filter((one) => one.file === document.uri.toString());
		assert.ok(here.length >= 2, JSON.stringify(here));
		assert.equal(here.filter((one) => one.role === "violation").length, 1);
		assert.ok(here.every((one) => !one.stale && one.line <= document.lineCount));
		assert.match(here.find((one) => one.role === "violation")?.text ?? "", /CPU\d use after free: /);
	});

	it("runs from the walkthrough, whose page lies over the scenario", async () => {
		await vscode.commands.executeCommand("workbench.action.closeAllEditors");
		await vscode.commands.executeCommand("mmscn.openSample");
		const sample = vscode.window.activeTextEditor?.document ?? assert.fail("no sample is open");
		await exploreLenses(sample);
		await vscode.commands.executeCommand("workbench.action.openWalkthrough", "mmscn.mmscn#start");
		await until("the walkthrough", () => vscode.window.activeTextEditor === undefined);
		await vscode.commands.executeCommand("mmscn.explore");
		const known = api.results(sample.uri.toString()) ?? assert.fail("nothing was searched");
		assert.equal(known.results[0]?.violation?.kind, "use_after_free");
		await vscode.window.showTextDocument(sample);
		await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
		await open(seed);
	});

	it("shows the verdict in the lens", async () => {
		await until("a lens with a verdict", async () =>
			(await exploreLenses(document)).find(({ title }) => /race|use.after.free/i.test(title)),
		);
	});

	it("searches every check of the scenario, and each meets its expectation", async () => {
		const lens =
			(await exploreLenses(document)).find((one) => one.arguments.check === undefined) ??
			assert.fail("no lens over the scenario");
		await vscode.commands.executeCommand("mmscn.explore", lens.arguments);
		const { results } = api.results(document.uri.toString()) ?? assert.fail("no results");
		assert.ok(results.length >= 5);
		assert.deepEqual(
			results.filter((one) => !one.ok).map(({ check, verdict }) => `${check}: ${verdict}`),
			[],
		);
	});

	it("switches annotations off and on", async () => {
		await vscode.commands.executeCommand("mmscn.toggleInlineAnnotations");
		await until("no annotations", () => api.annotations().length === 0);
		await vscode.commands.executeCommand("mmscn.toggleInlineAnnotations");
		await until("annotations", () => api.annotations().length > 0);
	});

	it("stays as it is, on its lines, when only comments and white space are edited", async () => {
		const here = () => api.annotations().filter((one) => one.file === document.uri.toString());
		const before = here().map(({ line, text }) => [line + 2, text]);
		await replace(document, "#include", "/* a line */\n\n#include");
		await until("results of the new version", () => {
			return api.results(document.uri.toString())?.version === document.version;
		});
		assert.deepEqual(
			here().map(({ line, text }) => [line, text]),
			before,
		);
		assert.ok(here().every(({ stale }) => !stale));
		const known = api.results(document.uri.toString()) ?? assert.fail("no results");
		const step = known.results[known.shown ?? 0]?.trace?.steps[0] ?? assert.fail("no step");
		assert.match(document.lineAt(step.threadLocation.line - 1).text, /folio_test_lru\(&folio\)/);
		await replace(document, "/* a line */\n\n", "");
	});

	it("greys what it shows at the first edit of the program, and renews it with the next run", async () => {
		const [old, other] = ["if (!folio_test_lru(&folio))", "if (folio_test_lru(&folio) == 0)"];
		const here = () => api.annotations().filter(({ file }) => file === document.uri.toString());
		const grey = (yes: boolean) => here().every(({ stale }) => stale === yes);
		await replace(document, old, other);
		await until("grey annotations", () => grey(true));
		assert.deepEqual(api.posted("stale"), { type: "stale", stale: true });
		// The edit taken back, it is the program that was searched.
		await replace(document, other, old);
		await until("annotations of this text", () => grey(false));
		await replace(document, old, other);
		await until("grey annotations", () => grey(true));
		const [lens] = await exploreLenses(document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		assert.ok(here().length > 0 && grey(false));
		await replace(document, other, old);
	});

	it("annotates the lines of an execution that takes weak memory, of a scenario and of a litmus test", async () => {
		const weak = await open("scenarios/seeds/page_anon_exclusive.mmscn");
		const uri = weak.document.uri.toString();
		const check = { uri, scenario: "exclusive_clearing_weak", check: "without_mb_after_pin" };
		await exploreLenses(weak.document);
		await vscode.commands.executeCommand("mmscn.explore", check);
		const at = (place: string, text: string) => {
			const one = api
				.annotations()
				.find(({ file: where, line }) => where === place && weakText(where, line).includes(text));
			return one?.text ?? assert.fail(`nothing stands beside ${text}`);
		};
		const weakText = (where: string, line: number) =>
			vscode.workspace.textDocuments.find((one) => one.uri.toString() === where)?.lineAt(line - 1).text ?? "";
		assert.match(at(uri, "WRITE_ONCE(pte, 0);"), /^[①-⑩] CPU0 writes pte = none ⟶ po ✓ [①-⑩]$/);
		assert.match(at(uri, "atomic_add(GUP_PIN_COUNTING_BIAS"), /^[①-⑩] CPU1 folio\._refcount: 1 ⇒ 1025 ⟶ po ✗ [①-⑩]$/);
		const litmus = await open("store_buffering.litmus");
		const [lens] = await exploreLenses(litmus.document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		assert.match(at(litmus.document.uri.toString(), "WRITE_ONCE(*x, 1)"), /CPU0 writes x = 1/);
		await open(seed);
	});

	it("goes from one half of the racing pair to the other", async () => {
		const [lens] = await exploreLenses(document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		const known = api.results(document.uri.toString()) ?? assert.fail("no results");
		const trace = known.results[known.shown ?? 0]?.trace ?? assert.fail("no trace");
		const [earlier, later] = trace.violation.pair ?? assert.fail("no pair");
		for (const half of [later, earlier, later]) {
			await vscode.commands.executeCommand("mmscn.goToOtherAccess");
			const place = trace.steps[half]?.location ?? assert.fail();
			const editor = vscode.window.activeTextEditor ?? assert.fail("no editor");
			assert.equal(editor.document.uri.toString(), vscode.Uri.parse(place.file).toString());
			assert.equal(editor.selection.active.line + 1, place.endLine);
			assert.deepEqual(api.posted("select"), { type: "select", step: half });
		}
		await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
	});

	it("renders only the rows that change, of a counterexample of two hundred steps", async () => {
		const long = await open("two_hundred_steps.mmscn");
		const [lens] = await exploreLenses(long.document);
		drawn.length = 0;
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		const first = await until("the view", () => drawn.find(({ rows }) => rows > 200));
		assert.ok((first.rendered ?? 0) >= first.rows);
		const steps = new Set<number>();
		for (let turn = 0; turn < 4; turn++) {
			const before = drawn.length;
			await vscode.commands.executeCommand("mmscn.goToOtherAccess");
			const next = await until("the next step", () => drawn[before]);
			steps.add(next.step);
			assert.equal(next.rows, first.rows);
			// The row that was selected, and the one that is.
			assert.ok((next.rendered ?? first.rows) <= 2, `${next.rendered} rows were rendered`);
		}
		assert.equal(steps.size, 2);
		await open(seed);
	});

	it("saves the counterexample as PNG", async () => {
		const [lens] = await exploreLenses(document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		const target = file("race.png");
		await vscode.commands.executeCommand("mmscn.exportCounterexample", "png", undefined, target);
		const bytes = await vscode.workspace.fs.readFile(target);
		assert.deepEqual([...bytes.slice(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
		const words = new DataView(bytes.buffer, bytes.byteOffset);
		// Width and height, of the header chunk.
		assert.ok(words.getUint32(16) > 600 && words.getUint32(20) > 300);
		// A page all of one colour would take far less.
		assert.ok(bytes.length > 20_000);
		await vscode.workspace.fs.delete(target);
	});

	it("exports the counterexample", async () => {
		const [lens] = await exploreLenses(document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		await vscode.commands.executeCommand("mmscn.exportCounterexample", "ascii");
		const text = await until("the clipboard", () => vscode.env.clipboard.readText());
		assert.match(text, /CPU\s?0.*CPU\s?1/);
	});

	it("runs the scenario that a hover links to, and opens it read-only", async () => {
		const text = await hoverText(document, position(document, "folio_mapping("));
		const [, encoded = ""] = /command:mmscn\.explore\?([^)]+)\)/.exec(text) ?? assert.fail(`no link in ${text}`);
		const [linked] = JSON.parse(decodeURIComponent(encoded)) as [ExploreArguments];
		await vscode.commands.executeCommand("mmscn.explore", linked);
		const { results } = api.results(linked.uri) ?? assert.fail("no results");
		assert.ok(results.some((one) => one.trace));
		const shown = await until("the linked scenario", () =>
			vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === linked.uri),
		);
		assert.equal(shown.document.uri.scheme, "mmscn-kernel");
		assert.ok(api.annotations().some((one) => one.file === linked.uri));
	});

	it("shows a counterexample no more once it is mended", async () => {
		const unsaved = await vscode.workspace.openTextDocument({ language: "mmscn", content: racyScenario });
		await vscode.window.showTextDocument(unsaved, vscode.ViewColumn.One);
		const [lens] = await exploreLenses(unsaved);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		const shown = api.posted("show");
		assert.equal(shown?.type === "show" && shown.state.uri, unsaved.uri.toString());
		await replace(unsaved, "WRITE_ONCE(counter, READ_ONCE(counter) + 1);", "atomic { counter = counter + 1; }");
		await replace(unsaved, "WRITE_ONCE(counter, READ_ONCE(counter) + 1);", "atomic { counter = counter + 1; }");
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		assert.deepEqual(
			api.results(unsaved.uri.toString())?.results.map(({ verdict }) => verdict),
			["safe"],
		);
		assert.deepEqual(api.posted("clear"), { type: "clear" });
		assert.deepEqual(
			api.annotations().filter((one) => one.file === unsaved.uri.toString()),
			[],
		);
	});

	it("cancels a long search", async () => {
		const long = (await open("long.mmscn")).document;
		const [lens] = await exploreLenses(long);
		const ended = new Promise<string>((resolve) => {
			const listening = api.onDidEndSearch(({ kind }) => {
				listening.dispose();
				resolve(kind);
			});
		});
		const running = vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		await new Promise((resolve) => setTimeout(resolve, 1000));
		const asked = Date.now();
		await vscode.commands.executeCommand("mmscn.cancelSearch");
		assert.equal(await ended, "cancelled");
		await running;
		assert.ok(Date.now() - asked < 10_000, "the search outlived its cancellation");
		assert.equal(
			api.results(file("long.mmscn").toString())?.results.some((one) => one.verdict === "safe") ?? false,
			false,
		);
	});
});
