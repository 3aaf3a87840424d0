import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Api } from "../../../client/extension.ts";
import type { ToView } from "../../../client/webview/messages.ts";
import type { CheckArguments } from "../../../server/protocol.ts";
import { exploreLenses, open, replace, start, until } from "./support.ts";

type Show = Extract<ToView, { type: "show" }>;

describe("one check beyond its verdict", () => {
	let api: Api;
	let document: vscode.TextDocument;
	let check: CheckArguments;
	const onShow = (): Show["state"] => {
		const posted = api.posted("show");
		return posted?.type === "show" ? posted.state : assert.fail("nothing is on show");
	};

	before(async () => {
		document = (await open("two_races.mmscn")).document;
		api = await start();
		check = { uri: document.uri.toString(), scenario: "two_races", check: "both" };
	});

	it("offers all races in the lens of a check that has one", async () => {
		const [lens] = await exploreLenses(document);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		const found = await until("the lens", async () => {
			const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
				"vscode.executeCodeLensProvider",
				document.uri,
				100,
			);
			return lenses.find(({ command }) => command?.command === "mmscn.findEveryRace");
		});
		assert.deepEqual(found.command?.arguments, [check]);
	});

	it("lists the races, and shows the one that is chosen", async () => {
		await vscode.commands.executeCommand("mmscn.findEveryRace", check);
		assert.deepEqual(
			api.races().map(({ label, races }) => [label, races.map((one) => one.label)]),
			[
				["assertion", ["line 19 ↯ line 12"]],
				["use after free", ["line 20 ↯ line 12"]],
			],
		);
		const last = api.races().at(-1)?.races[0] ?? assert.fail("no race");
		await vscode.commands.executeCommand("mmscn.showRace", last.at);
		assert.deepEqual(onShow().races, { at: 1, of: 2, count: 1 });
		const shown = onShow().results[onShow().shown] ?? assert.fail("no result");
		assert.equal(shown.violation?.kind, "use_after_free");
		// What is annotated is the race on show.
		const annotated = api.annotations().filter((one) => one.file === check.uri);
		assert.ok(annotated.some((one) => one.line === 20 && one.role === "earlier"));
	});

	it("replays a schedule, and says where one no longer fits", async () => {
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...check, schedule: "ba" });
		assert.equal(onShow().walk?.walk.trace?.violation.kind, "assertion");
		const annotated = () =>
			api
				.annotations()
				.filter((one) => one.file === check.uri)
				.map(({ line, role }) => [line, role]);
		assert.deepEqual(annotated(), [
			[19, "earlier"],
			[12, "violation"],
		]);
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...check, schedule: "b" });
		assert.deepEqual(annotated(), [[19, "step"]]);
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...check, schedule: "b9a" });
		const { walk } = onShow();
		assert.match(walk?.walk.misfit ?? "", /^step 3: owner cannot take a step here$/);
		assert.equal(walk?.walk.steps.length, 2);
		assert.equal(walk?.walk.trace, undefined);
		assert.equal(walk?.undo, true);
		await vscode.commands.executeCommand("mmscn.showCounterexample");
		assert.equal(onShow().walk, undefined);
	});

	it("says of a check under lkmm that a run by hand is an interleaving", async () => {
		const weak = (await open("scenarios/seeds/page_anon_exclusive.mmscn")).document.uri.toString();
		const asked = { uri: weak, scenario: "exclusive_clearing_weak", check: "without_mb_after_pin" };
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...asked, schedule: "a" });
		assert.equal(onShow().walk?.memory, "lkmm");
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...check, schedule: "b" });
		assert.equal(onShow().walk?.memory, "sc");
		await open("two_races.mmscn");
		await vscode.commands.executeCommand("mmscn.showCounterexample");
	});

	it("says that the races are of an earlier text, once it has changed", async () => {
		await replace(document, "x != 1", "x != 3");
		await until("a stale result", () => api.results(check.uri)?.stale);
		// The same program as before: the races are its races.
		await replace(document, "x != 3", "x != 1");
		await until("a result of this text", () => api.results(check.uri)?.stale === false);
		assert.equal(api.races().length, 2);
		await replace(document, "x != 1", "x != 3");
		// A new search of another program: the races of the old one are forgotten.
		await vscode.commands.executeCommand("mmscn.explore", check);
		assert.deepEqual(api.races(), []);
		await replace(document, "x != 3", "x != 1");
	});

	it("keeps the races, and a run by hand, on their lines when a comment comes above them", async () => {
		await vscode.commands.executeCommand("mmscn.findEveryRace", check);
		const labels = () => api.races().flatMap(({ races }) => races.map(({ label }) => label));
		assert.deepEqual(labels(), ["line 19 ↯ line 12", "line 20 ↯ line 12"]);
		await vscode.commands.executeCommand("mmscn.replaySchedule", { ...check, schedule: "ba" });
		await replace(document, "scenario two_races", "/* two\n * lines */\nscenario two_races");
		await until("the lines after the edit", () => labels()[0] === "line 21 ↯ line 14");
		await until("the run by hand after the edit", () => onShow().walk?.walk.steps[0]?.location.line === 21);
		assert.equal(onShow().stale, false);
		assert.deepEqual(
			api
				.annotations()
				.filter(({ file }) => file === check.uri)
				.map(({ line, stale }) => [line, stale]),
			[
				[21, false],
				[14, false],
			],
		);
		await replace(document, "/* two\n * lines */\n", "");
		await until("the lines as before", () => onShow().walk?.walk.steps[0]?.location.line === 19);
		await vscode.commands.executeCommand("mmscn.showCounterexample");
	});

	it("fades what no interleaving reached, until the program changes or it is switched off", async () => {
		const never = (await open("never_ran.mmscn")).document;
		const uri = never.uri.toString();
		const [lens] = await exploreLenses(never);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		assert.deepEqual(
			api.faded(uri).map(({ text, checks }) => [text, checks]),
			[["WRITE_ONCE(thing.value, 8);", ["all"]]],
		);
		await vscode.commands.executeCommand("mmscn.toggleInlineAnnotations");
		await until("nothing faded", () => api.faded(uri).length === 0);
		await vscode.commands.executeCommand("mmscn.toggleInlineAnnotations");
		await until("something faded", () => api.faded(uri).length === 1);
		await replace(never, "scenario", "// a line\nscenario");
		await until("what is faded, a line further down", () => api.faded(uri)[0]?.location.line === 12);
		await replace(never, "// a line\n", "");
		await replace(never, "== 7", "== 1");
		await until("nothing faded", () => api.faded(uri).length === 0);
		await vscode.commands.executeCommand("mmscn.explore", lens?.arguments);
		assert.deepEqual(api.faded(uri), []);
		await replace(never, "== 1", "== 7");
	});
});
