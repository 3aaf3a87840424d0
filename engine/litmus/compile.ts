/** A litmus test to a program that can be explored: locations, and code of each process. */
import type { Diagnostic } from "../language/syntax.ts";
import type { ThreadCode } from "../memory/lkmm/code.ts";
import { threadOf } from "../memory/lkmm/code.ts";
import type { LkmmProgram, MemoryLocation } from "../memory/lkmm/thread.ts";
import { compileProcess } from "./process.ts";
import type { Condition, LitmusTest, LitmusValue, Place } from "./syntax.ts";

/** Addresses of locations: far from every number that a test writes down, and far from one another. */
const firstAddress = 2 ** 44;
const addressStride = 2 ** 12;

export interface CompiledLitmus {
	readonly test: LitmusTest;
	readonly program: LkmmProgram;
	readonly codes: readonly ThreadCode[];
	/** Index of a location by its name. */
	readonly locations: ReadonlyMap<string, number>;
	/** What a value of a condition stands for. */
	readonly numberOf: (value: LitmusValue) => number;
	/** A value as a reader would write it: a number, the name of a location for its address, `?` for what nothing determines. */
	readonly show: (value: number) => string;
}

/** Compiles a parsed test; errors name what is not supported. */
export function compileLitmus(test: LitmusTest): {
	readonly compiled?: CompiledLitmus;
	readonly errors: readonly Diagnostic[];
} {
	const errors: Diagnostic[] = [];
	const names = locationNames(test);
	const locations = new Map(names.map((name, index) => [name, index]));
	const address = (index: number) => firstAddress + index * addressStride;
	const numberOf = (value: LitmusValue) =>
		value.kind === "number" ? value.value : address(locations.get(value.name) as number);
	const initial = new Map<string, number>();
	const registers = test.processes.map(() => new Map<string, number>());
	for (const { place, value } of test.initial) {
		if (place.process === undefined) initial.set(place.name, numberOf(value));
		else if (registers[place.process]) registers[place.process]?.set(place.name, numberOf(value));
		else errors.push(noProcess(place));
	}
	for (const place of placesOf(test))
		if (place.process !== undefined && !test.processes[place.process]) errors.push(noProcess(place));
	const codes = test.processes.map((process, index) => {
		for (const { name } of process.function.parameters) {
			const known = registers[index] as Map<string, number>;
			if (name && !known.has(name.text)) known.set(name.text, address(locations.get(name.text) as number));
		}
		return compileProcess(test.text, process, registers[index] as Map<string, number>, errors);
	});
	if (errors.length > 0) return { errors };
	const memory: MemoryLocation[] = names.map((name, index) => ({
		name,
		address: address(index),
		initial: initial.get(name) ?? 0,
	}));
	const locationAt = (at: number) => {
		const index = (at - firstAddress) / addressStride;
		return Number.isInteger(index) && index >= 0 && index < memory.length ? index : undefined;
	};
	const show = (value: number) => {
		if (!Number.isFinite(value)) return "?";
		const index = locationAt(value);
		return index === undefined ? String(value) : (names[index] as string);
	};
	const program: LkmmProgram = { threads: codes.map(threadOf), locations: memory, locationAt };
	return { compiled: { test, program, codes, locations, numberOf, show }, errors };
}

function noProcess(place: Place): Diagnostic {
	return {
		severity: "error",
		code: "litmus-process",
		pos: place.pos,
		end: place.end,
		message: `there is no process P${place.process} whose register this could be`,
	};
}

/** Every place that the questions name. */
export function placesOf(test: LitmusTest): Place[] {
	const places = [...test.locations];
	const visit = (condition: Condition): void => {
		if (condition.kind === "equal") places.push(condition.place);
		else if (condition.kind === "same") places.push(condition.left, condition.right);
		else if (condition.kind === "not") visit(condition.operand);
		else if (condition.kind !== "constant") {
			visit(condition.left);
			visit(condition.right);
		}
	};
	if (test.filter) visit(test.filter);
	visit(test.condition);
	return places;
}

/** Places of the condition and of `locations`, each once: what herd7's states show. */
export function observedPlaces(test: LitmusTest): Place[] {
	const seen = new Map<string, Place>();
	for (const place of placesOf({ ...test, filter: undefined })) seen.set(`${place.process ?? ""}:${place.name}`, place);
	return [...seen.values()].sort((a, b) => {
		if ((a.process === undefined) !== (b.process === undefined)) return a.process === undefined ? 1 : -1;
		return (a.process ?? 0) - (b.process ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
	});
}

function locationNames(test: LitmusTest): string[] {
	const names = new Set<string>();
	const value = (v: LitmusValue) => {
		if (v.kind === "address") names.add(v.name);
	};
	for (const initial of test.initial) {
		if (initial.place.process === undefined) names.add(initial.place.name);
		value(initial.value);
	}
	for (const { function: code } of test.processes)
		for (const { name } of code.parameters) if (name) names.add(name.text);
	for (const place of placesOf(test)) if (place.process === undefined) names.add(place.name);
	const visit = (condition: Condition): void => {
		if (condition.kind === "equal") value(condition.value);
		else if (condition.kind === "not") visit(condition.operand);
		else if (condition.kind !== "constant" && condition.kind !== "same") {
			visit(condition.left);
			visit(condition.right);
		}
	};
	if (test.filter) visit(test.filter);
	visit(test.condition);
	return [...names];
}
