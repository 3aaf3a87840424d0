/** Instructions in the making: labels instead of program counters, pruned and numbered at the end. */
import type { Display, Instruction, InstructionBody, Register } from "../program.ts";

/** A place in code that is jumped to. */
export interface Label {
	at: number;
}

type WithoutNext<T> = T extends { readonly next: number } ? Omit<T, "next"> : never;
/** An instruction that goes on with the one after it. */
export type Straight = WithoutNext<InstructionBody>;
type Branch = Extract<InstructionBody, { kind: "branch" }>;

type Draft =
	| { readonly kind: "straight"; readonly body: Straight; readonly site: number; readonly glued: boolean }
	| {
			readonly kind: "branch";
			readonly condition: Branch["condition"];
			readonly then: Label;
			readonly otherwise: Label;
			readonly site: number;
	  }
	| { readonly kind: "jump"; readonly to: Label }
	| { readonly kind: "end"; readonly site: number };

export class Code {
	readonly registers: Register[] = [];
	private readonly drafts: Draft[] = [];

	newLabel(): Label {
		return { at: -1 };
	}

	/** Instructions drafted so far. */
	get size(): number {
		return this.drafts.length;
	}

	newRegister(name: string | undefined, display: Display): number {
		return this.registers.push({ name, display }) - 1;
	}

	emit(body: Straight, site: number, glued: boolean): void {
		this.drafts.push({ kind: "straight", body, site, glued });
	}

	branch(condition: Branch["condition"], then: Label, otherwise: Label, site: number): void {
		if (condition.op === "constant") this.jump(condition.value !== 0 ? then : otherwise);
		else this.drafts.push({ kind: "branch", condition, then, otherwise, site });
	}

	jump(to: Label): void {
		this.drafts.push({ kind: "jump", to });
	}

	/** Binds a label to what is drafted next. */
	bind(label: Label): void {
		label.at = this.drafts.length;
	}

	end(site: number): void {
		this.drafts.push({ kind: "end", site });
	}

	/** The reachable instructions, jumps threaded, numbered in the order of the source. Entry is 0. */
	finish(): Instruction[] {
		const reachable = new Set<number>();
		const work = [this.target(0)];
		for (let at = work.pop(); at !== undefined; at = work.pop()) {
			if (reachable.has(at)) continue;
			reachable.add(at);
			const draft = this.drafts[at];
			if (draft?.kind === "straight") work.push(this.target(at + 1));
			else if (draft?.kind === "branch") work.push(this.target(draft.then.at), this.target(draft.otherwise.at));
		}
		const entry = this.target(0);
		const order = [entry, ...[...reachable].filter((at) => at !== entry).sort((a, b) => a - b)];
		const number = new Map(order.map((at, index) => [at, index]));
		const pc = (at: number) => number.get(this.target(at)) as number;
		return order.map((at): Instruction => {
			const draft = this.drafts[at] as Exclude<Draft, { kind: "jump" }>;
			if (draft.kind === "end") return { kind: "end", site: draft.site, glued: false };
			if (draft.kind === "branch") {
				return {
					kind: "branch",
					condition: draft.condition,
					then: pc(draft.then.at),
					otherwise: pc(draft.otherwise.at),
					site: draft.site,
					glued: false,
				};
			}
			return { ...draft.body, next: pc(at + 1), site: draft.site, glued: draft.glued } as Instruction;
		});
	}

	/** Where a draft's control really goes; a jump that only leads to itself is left standing as an endless loop. */
	private target(at: number): number {
		const seen = new Set<number>();
		let current = at;
		for (;;) {
			const draft = this.drafts[current];
			if (draft?.kind !== "jump") return current;
			if (seen.has(current)) return this.endless();
			seen.add(current);
			current = draft.to.at;
		}
	}

	private endlessAt = -1;

	/** `for (;;);` as an instruction: a wait for what never comes. */
	private endless(): number {
		if (this.endlessAt < 0) {
			const label = { at: this.drafts.length };
			this.endlessAt = label.at;
			this.drafts.push({
				kind: "straight",
				body: { kind: "await", condition: { op: "constant", value: 0 } },
				site: 0,
				glued: false,
			});
			this.drafts.push({ kind: "jump", to: label });
		}
		return this.endlessAt;
	}
}
