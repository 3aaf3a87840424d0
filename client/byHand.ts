/** Commands about one check beyond its verdict: every race, a schedule replayed, a search from where a run stands. */
import * as vscode from "vscode";
import type { CheckArguments } from "../server/protocol.ts";
import type { CounterexamplePanel } from "./counterexamplePanel.ts";
import type { Searches } from "./explore.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { ResultsByDocument } from "./results.ts";
import { searchAccount } from "./searchAccount.ts";

export function registerByHand(
	server: LanguageServer,
	searches: Searches,
	results: ResultsByDocument,
	panel: CounterexamplePanel,
	output: vscode.LogOutputChannel,
): vscode.Disposable {
	return vscode.Disposable.from(
		vscode.commands.registerCommand("mmscn.findEveryRace", async (given?: CheckArguments) => {
			const check = given ?? (await chooseCheck("Find every race of"));
			if (!check) return;
			const found = await searches.ask(check.uri, `finding every race of ${check.check}`, (workDoneToken, token) =>
				server.request("mmscn/distinctRaces", { ...check, workDoneToken }, token),
			);
			if (!found) return;
			const { races, stats } = found;
			const count = races.length === 1 ? "1 distinct race" : `${races.length} distinct races`;
			output.info(`${check.check}: ${count}; ${searchAccount(stats)}`);
			results.setRaces(found);
			if (races.length > 0) {
				panel.show(vscode.Uri.parse(check.uri).toString());
				void vscode.commands.executeCommand("mmscn.races.focus", { preserveFocus: true });
			} else {
				const why = stats.limit === undefined ? "" : `; stopped by the limit on ${stats.limit}`;
				const weak =
					found.memory === "lkmm"
						? " It asks for the Linux-kernel memory model: explore it to find what takes weak memory."
						: "";
				void vscode.window.showInformationMessage(`mmscn: ${check.check}: no interleaving goes wrong${why}.${weak}`);
			}
		}),
		vscode.commands.registerCommand("mmscn.replaySchedule", async (given?: CheckArguments & { schedule: string }) => {
			const check = given ?? panel.standing?.check ?? (await chooseCheck("Replay a schedule of"));
			if (!check) return;
			const schedule =
				given?.schedule ??
				(await vscode.window.showInputBox({
					title: `Replay a schedule of ${check.check}`,
					prompt: "As a counterexample shows it, and as mmscn check prints it: a3bc.1a2",
					ignoreFocusOut: true,
				}));
			if (schedule === undefined) return;
			try {
				const { uri, scenario } = check;
				await panel.walk({ uri, scenario, check: check.check }, schedule);
			} catch (error) {
				void vscode.window.showErrorMessage(`mmscn: ${error instanceof Error ? error.message : String(error)}`);
			}
		}),
		panel.onDidReceive((message) => {
			if (message.type === "searchFrom") void searchFrom(server, searches, panel, message.steps, output);
		}),
	);
}

/** Searches on after the first steps of the run on show, and shows what was found. */
async function searchFrom(
	server: LanguageServer,
	searches: Searches,
	panel: CounterexamplePanel,
	steps: number,
	output: vscode.LogOutputChannel,
): Promise<void> {
	const { standing } = panel;
	if (!standing) return;
	const { check, run } = standing;
	const { uri, scenario, parameters } = check;
	const place = `step ${steps} of ${check.check}`;
	await searches.ask(uri, `searching from ${place}`, async (workDoneToken, token) => {
		const { schedule } = await panel.walks.walk(check, run.schedule, steps);
		const found = await server.request(
			"mmscn/exploreFrom",
			{ uri, scenario, check: check.check, schedule, workDoneToken, ...(parameters && { parameters }) },
			token,
		);
		output.info(`from ${place}: ${found.verdict}; ${searchAccount(found.stats)}`);
		const states = new Intl.NumberFormat("en").format(found.stats.states);
		if (found.trace) await panel.walk(check, found.trace.schedule, `Found from step ${steps} on, in ${states} states.`);
		else if (found.verdict === "safe")
			await panel.walk(check, schedule, `From here on no interleaving goes wrong: all ${states} states were searched.`);
		else await panel.walk(check, schedule, `Not searched to the end: the limit on ${found.stats.limit} was met.`);
	});
}

/** A check of the active scenario, nearest above the cursor first; the user chooses where there are several. */
async function chooseCheck(title: string): Promise<CheckArguments | undefined> {
	const editor = vscode.window.activeTextEditor;
	if (editor?.document.languageId !== "mmscn") {
		void vscode.window.showInformationMessage("mmscn: no scenario is open in the active editor.");
		return undefined;
	}
	const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
		"vscode.executeCodeLensProvider",
		editor.document.uri,
		1000,
	);
	const cursor = editor.selection.active.line;
	const distance = ({ range }: vscode.CodeLens) =>
		range.start.line <= cursor ? cursor - range.start.line : Number.MAX_SAFE_INTEGER;
	const checks = lenses
		.filter(({ command }) => command?.command === "mmscn.explore" && command.arguments?.[0]?.check !== undefined)
		.sort((one, two) => distance(one) - distance(two))
		.map(({ command }) => command?.arguments?.[0] as CheckArguments);
	if (checks.length <= 1) return checks[0];
	const items = checks.map((check) => ({ label: check.check, description: check.scenario, check }));
	return (await vscode.window.showQuickPick(items, { title }))?.check;
}
