/** Words as a reader understands them: pointers by the object's name, tags, flags and pte bits by theirs. */
import { exclusiveHolder, isHeld, sharedHolders, writerWaits } from "../memory/locks.ts";
import { type Display, objectAlignment, type Program } from "../program/program.ts";
import type { Value } from "./verdict.ts";

const lifetimes = ["unallocated", "live", "freed"];

export class ValueDisplay {
	private readonly names = new Map<number, string>();
	private readonly threads: readonly string[];

	constructor(program: Program) {
		this.threads = [...program.threads.map((thread) => thread.name), "init"];
		for (const cell of program.cells)
			this.names.set(cell.address, nameOf(program.objects[cell.object]?.name, cell.field));
		for (const instance of program.instances) {
			this.names.set(instance.address, nameOf(program.objects[instance.object]?.name, instance.field));
		}
	}

	/** The value of a cell or register that is shown as `display` says. */
	value(raw: number, display: Display): Value {
		return { raw, text: this.text(raw, display) };
	}

	lifetime(raw: number): Value {
		return { raw, text: lifetimes[raw] ?? String(raw) };
	}

	private text(raw: number, display: Display): string {
		switch (display.kind) {
			case "integer":
				return this.integer(raw, display.signed);
			case "bool":
				return raw === 0 ? "false" : "true";
			case "enum":
				return display.names[raw] ?? String(raw);
			case "flags":
				return bitNames(raw, display.bits, true);
			case "pointer":
				return this.pointer(raw, display.tags);
			case "entry":
				return this.entry(raw, display.bits);
			case "lock":
				return this.lock(raw);
		}
	}

	private integer(raw: number, signed: boolean): string {
		const target = raw >= 4096 ? this.names.get(raw & -objectAlignment) : undefined;
		if (target && (raw & (objectAlignment - 1)) < 8) return this.pointer(raw, undefined);
		return Math.abs(raw) < 4096 || signed ? String(raw) : `0x${(raw >>> 0).toString(16)}`;
	}

	private pointer(raw: number, tags: Readonly<Record<number, string>> | undefined): string {
		if (raw === 0) return "NULL";
		const tag = raw & 7;
		const address = raw & ~7;
		const name = this.names.get(address);
		const target = name ? `→ ${name}` : address === 0 ? "NULL" : `0x${(raw >>> 0).toString(16)}`;
		if (tag === 0) return target;
		const meaning = tags?.[tag];
		return `${tag.toString(2).padStart(2, "0")}b${meaning ? ` ${meaning}` : ""} ${target}`;
	}

	private entry(raw: number, bits: Readonly<Record<number, string>>): string {
		if (raw === 0) return "none";
		const address = raw & -objectAlignment;
		const low = raw & (objectAlignment - 1);
		const target = address === 0 ? "" : `→ ${this.names.get(address) ?? `0x${(address >>> 0).toString(16)}`}`;
		return [target, low === 0 ? "" : bitNames(low, bits, false)].filter(Boolean).join(" ");
	}

	private lock(raw: number): string {
		const waits = (raw & writerWaits) === 0 ? "" : ", a writer waits";
		if (!isHeld(raw)) return `free${waits}`;
		const holder = exclusiveHolder(raw);
		if (holder >= 0) return `held by ${this.threads[holder] ?? holder}${waits}`;
		const sharers = sharedHolders(raw).map((thread) => this.threads[thread] ?? thread);
		return `held shared by ${sharers.join(", ")}${waits}`;
	}
}

function nameOf(object: string | undefined, field: string): string {
	return field === "" ? (object ?? "?") : `${object ?? "?"}.${field}`;
}

function bitNames(raw: number, bits: Readonly<Record<number, string>>, zero: boolean): string {
	if (raw === 0) return zero ? "0" : "";
	const names: string[] = [];
	let rest = raw;
	for (let bit = 0; bit < 32; bit++) {
		const name = bits[bit];
		if (name === undefined || (raw & (1 << bit)) === 0) continue;
		names.push(name);
		rest &= ~(1 << bit);
	}
	if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
	return names.join("|");
}
