/** The counterexample view beside the editor: one panel, which follows the document last searched. */
import * as vscode from "vscode";
import type { CheckResult, Location, TraceStep } from "../engine/verdict/verdict.ts";
import { hasPicture, racingPair } from "./annotations.ts";
import { CounterexampleWebview, viewType } from "./counterexampleWebview.ts";
import { firstLook, GraphPictures } from "./graphPictures.ts";
import type { LanguageServer } from "./languageServer.ts";
import { insertFences, LineOfStep, openOffsets, openPlace, openStep, standsOn } from "./places.ts";
import type { ResultsByDocument } from "./results.ts";
import { type Run, runOnShow } from "./run.ts";
import { fingerprint, firstStep, lastLook, racesOnShow } from "./viewState.ts";
import { type WalkedCheck, Walks } from "./walks.ts";
import type { FromView, ToView, ViewState } from "./webview/messages.ts";

export class CounterexamplePanel implements vscode.Disposable {
	private uri: string | undefined;
	private step = 0;
	private readonly subscriptions: vscode.Disposable[];
	private readonly view: CounterexampleWebview;
	private readonly lineOfStep = new LineOfStep();

	/** Runs that the user walks by hand. */
	readonly walks: Walks;

	/** Fires with each message of the view, after it was heeded. */
	readonly onDidReceive: vscode.Event<FromView>;

	private readonly results: ResultsByDocument;
	private readonly graphs: GraphPictures;
	private readonly server: LanguageServer;

	constructor(extensionUri: vscode.Uri, results: ResultsByDocument, server: LanguageServer) {
		this.view = new CounterexampleWebview(extensionUri);
		this.onDidReceive = this.view.onDidReceive;
		this.results = results;
		this.server = server;
		this.graphs = new GraphPictures(server);
		this.walks = new Walks(server);
		this.subscriptions = [
			this.view.onDidReceive((message) => this.receive(message)),
			this.view.onDidClose(() => this.lineOfStep.mark(undefined)),
			results.onDidChange((uri) => this.follow(uri)),
			results.onDidMove((uri) => void this.walkAgain(uri)),
			vscode.window.registerWebviewPanelSerializer(viewType, {
				deserializeWebviewPanel: (panel, state: ViewState | undefined) => this.restore(panel, state),
			}),
			vscode.commands.registerCommand("mmscn.showCounterexample", () => {
				const uri = vscode.window.activeTextEditor?.document.uri.toString() ?? this.uri;
				this.show(
					uri !== undefined && this.results.shown(uri)
						? uri
						: (this.results.uris().find((one) => this.results.shown(one)) ?? ""),
				);
			}),
			vscode.commands.registerCommand("mmscn.goToOtherAccess", (given?: { location: Location }) =>
				this.goToOther(given?.location),
			),
		];
	}

	/** The last message of each kind that was posted to the view. */
	get posted(): ReadonlyMap<ToView["type"], ToView> {
		return this.view.posted;
	}

	/** URI of the searched document whose counterexample is on show. */
	get document(): string | undefined {
		return this.uri;
	}

	/** Opens the view on a document's counterexample, at the step where things go wrong. Does nothing where there is none. */
	show(uri: string): void {
		const result = this.results.shown(uri);
		if (!result || !hasPicture(result)) return;
		this.leaveWalk();
		this.uri = uri;
		this.step = firstStep(result);
		this.present();
	}

	/** What is on show, and of which check it is a run; undefined where no run is. */
	get standing(): { readonly check: WalkedCheck; readonly run: Run } | undefined {
		const state = this.state();
		const run = state && runOnShow(state);
		if (!state || !run) return undefined;
		if (this.walks.walked && state.walk) return { check: this.walks.walked, run };
		const result = state.results[state.shown];
		if (!result) return undefined;
		const { scenario, check } = result;
		return { check: { uri: state.uri, scenario, check, parameters: run.parameters }, run };
	}

	/**
	 * Shows where a schedule of a check leads, as far as it fits; from there the user goes on by hand. `said` is what the view says
	 * of that place. Rejects when the schedule is none, or the check cannot be run.
	 */
	async walk(check: WalkedCheck, schedule: string, said?: string): Promise<void> {
		const uri = vscode.Uri.parse(check.uri).toString();
		if (this.walks.walked?.uri !== uri) this.leaveWalk();
		await this.walks.go({ ...check, uri }, schedule);
		if (said !== undefined) this.walks.say(said);
		this.uri = uri;
		this.showWalk();
	}

	private showWalk(): void {
		const { standing } = this;
		if (standing) this.step = lastLook(standing.run);
		this.annotateWalk();
		this.present();
	}

	/** Annotates the lines of the run by hand rather than those of the counterexample. */
	private annotateWalk(): void {
		const { standing } = this;
		if (!standing || !this.isWalking) return;
		const { uri, scenario, check } = standing.check;
		this.results.setWalked(uri, { scenario, check, trace: standing.run, program: this.walks.program });
	}

	/** The text moved under the run by hand, which is as it was: its lines are elsewhere now. */
	private async walkAgain(uri: string): Promise<void> {
		if (uri !== this.uri || !this.isWalking || this.isStale) return;
		await this.walks.again().catch(() => undefined);
		if (uri !== this.uri || !this.isWalking) return;
		this.annotateWalk();
		this.draw();
	}

	private leaveWalk(): void {
		const uri = this.walks.walked?.uri;
		this.walks.leave();
		if (uri !== undefined) this.results.setWalked(uri, undefined);
	}

	private get isWalking(): boolean {
		return this.uri !== undefined && this.walks.walked?.uri === this.uri;
	}

	/** The text is no longer the one that what is on show belongs to. */
	private get isStale(): boolean {
		if (this.uri === undefined) return false;
		if (!this.isWalking) return this.results.get(this.uri)?.stale ?? false;
		return !this.results.isCurrent(this.uri, this.walks.program);
	}

	private present(): void {
		this.view.open();
		this.draw();
		void this.reveal(false);
	}

	private async restore(panel: vscode.WebviewPanel, state: ViewState | undefined): Promise<void> {
		this.view.attach(panel);
		if (!state) return;
		const uri = vscode.Uri.parse(state.uri);
		const document = await vscode.workspace.openTextDocument(uri).then(
			(opened) => opened,
			() => undefined,
		);
		const same = document !== undefined && fingerprint(document.getText()) === state.fingerprint;
		this.uri = uri.toString();
		this.step = state.step;
		// What is of another text is of no program that there is.
		const program = same ? (await this.results.programOf(this.uri)).program : "";
		if (state.walk) {
			const { scenario, check } = state.walk;
			this.walks.resume({ uri: this.uri, scenario, check }, state.walk, program);
			this.annotateWalk();
			// The view asked for what is to be shown before this was known.
			this.draw();
		}
		if (this.results.get(this.uri)) return;
		this.results.set({ uri: this.uri, version: document?.version ?? 0, program, results: state.results });
		const shown = state.results[state.shown];
		if (shown) this.results.show(this.uri, shown);
	}

	private follow(uri: string): void {
		if (uri !== this.uri || !this.view.isOpen) return;
		if (this.isWalking) {
			this.post({ type: "stale", stale: this.isStale });
			return;
		}
		const known = this.results.get(uri);
		const posted = this.posted.get("show");
		const shown = this.results.shown(uri);
		const same =
			posted?.type === "show" && posted.state.uri === uri && posted.state.results[posted.state.shown] === shown;
		if (!known) return;
		if (!shown || !hasPicture(shown)) {
			this.post({ type: "clear" });
			this.lineOfStep.mark(undefined);
		} else if (same) this.post({ type: "stale", stale: known.stale });
		else {
			this.step = Math.min(this.step, Math.max(0, (shown.trace?.steps.length ?? 0) - 1));
			this.draw();
		}
	}

	private draw(): void {
		const state = this.state();
		const result = state?.results[state.shown];
		if (state && result?.graph && !result.trace && !state.walk) void this.drawGraph(state, result);
		else if (state) this.post({ type: "show", state });
		this.markLine();
		void this.offerAlternatives();
		void this.tellRules();
	}

	/** Tells the view what the rules say that stand at the accesses of the run on show. */
	private async tellRules(): Promise<void> {
		const ids = this.standing?.run.why?.rules ?? [];
		const known = this.posted.get("rules");
		if (ids.length === 0 || (known?.type === "rules" && ids.every((id) => known.rules.some((one) => one.id === id))))
			return;
		const { rules } = await this.server.request("mmscn/rules", { ids }).catch(() => ({ rules: [] }));
		this.post({ type: "rules", rules });
	}

	/** Tells the view what could run instead of the selected step, unless it has moved on by then. */
	private async offerAlternatives(): Promise<void> {
		const { standing, step } = this;
		if (!standing || this.isStale) return;
		const { check, run } = standing;
		const { alternatives } = await this.walks.walk(check, run.schedule, step).catch(() => ({ alternatives: [] }));
		if (this.step !== step || this.standing?.run.schedule !== run.schedule) return;
		this.post({ type: "alternatives", schedule: run.schedule, step, alternatives });
	}

	/** Does what the user asked for in the view, on a run by hand. */
	private async byHand(message: FromView): Promise<void> {
		const { standing } = this;
		if (!standing) return;
		try {
			if (message.type === "walk") await this.walk(standing.check, message.schedule);
			else if (message.type === "copySchedule") {
				const { schedule } = await this.walks.walk(standing.check, standing.run.schedule, message.steps);
				const whole = message.steps === standing.run.steps.length;
				await vscode.env.clipboard.writeText(whole ? standing.run.schedule : schedule);
				void vscode.window.setStatusBarMessage("mmscn: schedule copied", 5000);
			} else if (message.type === "undo" || message.type === "redo") {
				this.walks.move(message.type === "undo" ? -1 : 1);
				this.showWalk();
			} else if (message.type === "leaveWalk") {
				this.leaveWalk();
				const shown = this.uri === undefined ? undefined : this.results.shown(this.uri);
				if (this.uri !== undefined && shown && hasPicture(shown)) this.show(this.uri);
				else this.post({ type: "clear" });
			}
		} catch (error) {
			void vscode.window.showErrorMessage(`mmscn: ${error instanceof Error ? error.message : String(error)}`);
		}
	}

	/** A graph is shown once the server has laid it out, unless something else is on show by then. */
	private async drawGraph(state: ViewState, result: CheckResult): Promise<void> {
		const pictures = await this.graphs.of(result);
		if (this.uri !== state.uri || this.results.shown(state.uri) !== result) return;
		const stale = this.results.get(state.uri)?.stale ?? state.stale;
		this.post({ type: "show", state: { ...state, stale, graph: { pictures, ...firstLook(result) } } });
	}

	private state(): ViewState | undefined {
		const known = this.uri === undefined ? undefined : this.results.get(this.uri);
		const walk = this.isWalking ? this.walks.onShow : undefined;
		if (this.uri === undefined || (!walk && known?.shown === undefined)) return undefined;
		const races = known && racesOnShow(known);
		const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === this.uri);
		return {
			uri: this.uri,
			fingerprint: document && !this.isStale ? fingerprint(document.getText()) : "",
			stale: this.isStale,
			results: known?.results ?? [],
			shown: known?.shown ?? -1,
			step: this.step,
			everyStep: false,
			...(races && !walk ? { races } : {}),
			...(walk ? { walk } : {}),
		};
	}

	private post(message: ToView): void {
		this.view.post(message);
	}

	private receive(message: FromView): void {
		switch (message.type) {
			case "ready":
				this.draw();
				break;
			case "step":
				this.step = message.step;
				void this.reveal(message.focus);
				void this.offerAlternatives();
				break;
			case "choose": {
				if (this.uri === undefined) break;
				const result = this.results.get(this.uri)?.results[message.shown];
				if (!result || !hasPicture(result)) break;
				const wasWalking = this.isWalking;
				this.leaveWalk();
				this.step = firstStep(result);
				this.results.show(this.uri, result);
				if (wasWalking) this.draw();
				break;
			}
			case "race": {
				const race = this.uri === undefined ? undefined : this.results.get(this.uri)?.races?.found.races[message.at];
				if (this.uri === undefined || !race) break;
				this.step = firstStep(race.result);
				this.results.showRace(this.uri, message.at);
				void this.reveal(false);
				break;
			}
			case "walk":
			case "undo":
			case "redo":
			case "leaveWalk":
			case "copySchedule":
				void this.byHand(message);
				break;
			case "open":
				void this.open(message.location);
				break;
			case "openRange":
				if (this.uri !== undefined) void openOffsets(this.uri, message.pos, message.end);
				break;
			case "insertFences":
				if (this.uri !== undefined && !this.isStale) void insertFences(message.fix);
				break;
			case "export":
				void vscode.commands.executeCommand("mmscn.exportCounterexample", message.format, message.witness);
				break;
			case "searchFrom":
			case "png":
			case "noPng":
			case "drawn":
				break;
		}
	}

	/** A picture as PNG, drawn by the view; the view is opened where it is not. Rejects when it is not drawn in time. */
	png(uri: string, svg: string): Promise<Uint8Array> {
		if (this.view.isOpen && this.uri === uri) this.view.open();
		else this.show(uri);
		return this.view.png(svg);
	}

	private currentStep(): TraceStep | undefined {
		const state = this.state();
		return state && runOnShow(state)?.steps[this.step];
	}

	/** Moves the editor to the selected step. */
	private async reveal(focus: boolean): Promise<void> {
		const step = this.currentStep();
		if (!step) return;
		await openStep(step, focus);
		this.markLine();
	}

	private async open(location: Location): Promise<void> {
		await openPlace(location, true);
		this.markLine();
	}

	private markLine(): void {
		this.lineOfStep.mark(this.view.isOpen && !this.isStale ? this.currentStep() : undefined);
	}

	private async goToOther(given: Location | undefined): Promise<void> {
		if (given) return this.open(given);
		const editor = vscode.window.activeTextEditor;
		const uri = this.uri ?? editor?.document.uri.toString();
		const trace = this.isWalking ? this.standing?.run : uri === undefined ? undefined : this.results.shown(uri)?.trace;
		const pair = trace && racingPair(trace);
		if (!trace || !pair) {
			void vscode.window.showInformationMessage("mmscn: this counterexample is not about two accesses.");
			return;
		}
		const [earlier, later] = [trace.steps[pair[0]], trace.steps[pair[1]]];
		const onLater = later !== undefined && editor !== undefined && standsOn(editor, later);
		const target = onLater ? earlier : later;
		if (!target) return;
		this.step = onLater ? pair[0] : pair[1];
		this.post({ type: "select", step: this.step });
		await this.open(target.location);
	}

	dispose(): void {
		for (const one of [...this.subscriptions, this.lineOfStep, this.view]) one.dispose();
	}
}
