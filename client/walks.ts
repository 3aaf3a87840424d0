/** Going on by hand: a schedule that the user chooses step by step, back and forth. */

import type { Parameters } from "../engine/byHand.ts";
import type { Walk } from "../engine/verdict/walk.ts";
import type { CheckArguments } from "../server/protocol.ts";
import type { LanguageServer } from "./languageServer.ts";
import type { WalkOnShow } from "./webview/messages.ts";

/** The check that is walked through. */
export interface WalkedCheck extends CheckArguments {
	readonly parameters?: Parameters;
}

/** Where a schedule led, and through which program. */
type Walked = Walk & { readonly program: string; readonly memory: WalkOnShow["memory"] };

export class Walks {
	private readonly server: LanguageServer;
	private check: WalkedCheck | undefined;
	/** Where the user has been, and where he stands among it. */
	private been: Walked[] = [];
	private at = 0;
	private said: string | undefined;

	constructor(server: LanguageServer) {
		this.server = server;
	}

	/** The check that is walked through; undefined when none is. */
	get walked(): WalkedCheck | undefined {
		return this.check;
	}

	/** The program that the walk leads through; "" without one. */
	get program(): string {
		return this.been[this.at]?.program ?? "";
	}

	/** What the view shows of the walk. */
	get onShow(): WalkOnShow | undefined {
		const walk = this.been[this.at];
		if (!this.check || !walk) return undefined;
		const { scenario, check } = this.check;
		return {
			scenario,
			check,
			memory: walk.memory,
			walk,
			undo: this.at > 0,
			redo: this.at + 1 < this.been.length,
			...(this.said === undefined ? {} : { said: this.said }),
		};
	}

	/** Goes where a schedule leads, as far as it fits. Rejects when it is none, or cannot be walked. */
	async go(check: WalkedCheck, schedule: string): Promise<void> {
		const walk = await this.walk(check, schedule);
		const same = sameCheck(this.check, check) && this.program === walk.program;
		this.been = [...(same ? this.been.slice(0, this.at + 1) : []), walk];
		this.at = this.been.length - 1;
		this.check = { ...check, parameters: walk.parameters };
		this.said = undefined;
	}

	/** The same walk through the text as it now is; its schedule is the same, its lines need not be. */
	async again(): Promise<void> {
		const [check, walk] = [this.check, this.been[this.at]];
		if (!check || !walk) return;
		const now = await this.walk(check, walk.schedule);
		// Somewhere else by now.
		if (this.been[this.at] === walk) this.been[this.at] = now;
	}

	/** The walk along the first steps of a schedule; its alternatives are what could run after them. */
	walk(check: WalkedCheck, schedule: string, steps?: number): Promise<Walked> {
		const { uri, scenario, parameters } = check;
		return this.server.request("mmscn/walk", {
			uri,
			scenario,
			check: check.check,
			schedule,
			...(steps !== undefined && { steps }),
			...(parameters && { parameters }),
		});
	}

	/** Back to where the user stood before, or forth again. */
	move(by: 1 | -1): void {
		if (this.been[this.at + by]) this.at += by;
		this.said = undefined;
	}

	/** What the view is to say about the place where the user stands. */
	say(text: string): void {
		this.said = text;
	}

	/** Takes up a walk where it stood before a reload. */
	resume(check: WalkedCheck, { walk, memory }: WalkOnShow, program: string): void {
		this.check = { ...check, parameters: walk.parameters };
		this.been = [{ ...walk, program, memory }];
		this.at = 0;
	}

	leave(): void {
		this.check = undefined;
		this.been = [];
		this.at = 0;
		this.said = undefined;
	}
}

function sameCheck(one: WalkedCheck | undefined, two: WalkedCheck): boolean {
	return one?.uri === two.uri && one.scenario === two.scenario && one.check === two.check;
}
