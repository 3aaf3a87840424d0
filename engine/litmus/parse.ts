/** `.litmus` text to a test. The bodies of the processes go through the scenario language's C parser. */
import { parseFunctionAt } from "../language/parser.ts";
import type { Diagnostic } from "../language/syntax.ts";
import { parseCondition, parsePlace, parseValue } from "./condition.ts";
import { Scanner, skipBlanks } from "./scanner.ts";
import type { Condition, InitialValue, LitmusTest, LitmusValue, Place, Process, Quantifier } from "./syntax.ts";

export interface ParsedLitmus {
	/** Absent when there are errors. */
	readonly litmus?: LitmusTest;
	readonly errors: readonly Diagnostic[];
}

const zero: LitmusValue = { kind: "number", value: 0 };

/** Parses a litmus test of the C flavour. Never throws; with errors there is no test. */
export function parseLitmus(text: string): ParsedLitmus {
	const scanner = new Scanner(text);
	const test = new Parser(text, scanner).test();
	const errors = [...scanner.errors].sort((a, b) => a.pos - b.pos || a.end - b.end);
	return errors.length === 0 && test ? { litmus: test, errors } : { errors };
}

class Parser {
	private readonly text: string;
	private readonly scanner: Scanner;

	constructor(text: string, scanner: Scanner) {
		this.text = text;
		this.scanner = scanner;
	}

	test(): LitmusTest | undefined {
		const name = this.header();
		if (name === undefined) return undefined;
		const initial = this.initialValues();
		const processes = this.processes();
		if (processes.length === 0) {
			this.scanner.error(this.scanner.peek(), "litmus-process", "a process is missing here: `P0(int *x) { … }`");
			return undefined;
		}
		return this.questions(name, initial, processes);
	}

	/** The first line, and everything up to the initial values. */
	private header(): string | undefined {
		const { scanner, text } = this;
		const architecture = scanner.next();
		if (architecture.text !== "C") {
			const message =
				architecture.kind === "end"
					? "a litmus test begins with `C` and its name"
					: `litmus tests for \`${architecture.text}\` are not supported: only the C flavour is, whose first line is \`C name\``;
			scanner.error(architecture, "litmus-architecture", message);
			return undefined;
		}
		const lineEnd = text.indexOf("\n", architecture.end);
		const name = text.slice(architecture.end, lineEnd < 0 ? text.length : lineEnd).trim();
		if (name === "") scanner.error(architecture, "litmus-name", "the name of the test is missing after `C`");
		scanner.moveTo(lineEnd < 0 ? text.length : lineEnd);
		while (scanner.peek().text !== "{" && scanner.peek().kind !== "end") scanner.next();
		if (scanner.peek().kind === "end") {
			scanner.error(
				scanner.peek(),
				"expected-token",
				"the initial values are missing: `{ x = 1; }`, or `{ }` when all are 0",
			);
			return undefined;
		}
		return name;
	}

	private initialValues(): InitialValue[] {
		const { scanner } = this;
		const initial: InitialValue[] = [];
		scanner.next();
		while (scanner.peek().text !== "}" && scanner.peek().kind !== "end") {
			if (scanner.eat(";")) continue;
			const before = scanner.errors.length;
			const value = this.initialValue();
			if (value) initial.push(value);
			if (scanner.errors.length > before) {
				while (![";", "}", ""].includes(scanner.peek().text)) scanner.next();
			} else if (scanner.peek().text !== "}") scanner.expect(";", "after this initial value");
		}
		scanner.expect("}", "to close the initial values");
		return initial;
	}

	/** `x = 1`, `int *y = &x`, `0:r1 = x`, `atomic_t v = ATOMIC_INIT(2)`, `int z`. */
	private initialValue(): InitialValue | undefined {
		const { scanner, text } = this;
		const pos = scanner.peek().pos;
		let place: Place | undefined;
		let typeEnd = pos;
		for (;;) {
			const at = scanner.peek();
			place = parsePlace(scanner);
			if (!place) return undefined;
			const following = scanner.peek();
			if (["=", ";", "}", "["].includes(following.text) || following.kind === "end") {
				typeEnd = at.pos;
				break;
			}
			while (scanner.eat("*"));
		}
		if (scanner.peek().text === "[") {
			scanner.error(scanner.peek(), "litmus-array", "arrays are not supported in litmus tests");
			return undefined;
		}
		const type = text.slice(pos, typeEnd).replaceAll(/\s+/g, " ").trim();
		let value: LitmusValue | undefined = zero;
		if (scanner.eat("=")) {
			if (scanner.eat("ATOMIC_INIT")) {
				scanner.expect("(", "after ATOMIC_INIT");
				value = parseValue(scanner);
				scanner.expect(")", "to close ATOMIC_INIT");
			} else if (scanner.peek().text === "{") {
				scanner.error(scanner.peek(), "litmus-array", "arrays and structs are not supported in litmus tests");
				return undefined;
			} else value = parseValue(scanner);
		}
		return value && { place, type: type === "" ? undefined : type, value, pos, end: scanner.offset };
	}

	private processes(): Process[] {
		const { scanner, text } = this;
		const processes: Process[] = [];
		for (;;) {
			const token = scanner.peek();
			const start = /^(?:static\s+)?(?:void\s+)?P[0-9]+\s*\(/.exec(text.slice(token.pos, token.pos + 200));
			if (!start) return processes;
			const parsed = parseFunctionAt(text, token.pos);
			if (!parsed) {
				scanner.error(token, "litmus-process", "a process has a name and parameters: `P0(int *x) { … }`");
				return processes;
			}
			scanner.errors.push(...parsed.errors);
			const { name } = parsed.function;
			const number = Number(name.text.slice(1));
			if (number !== processes.length) {
				scanner.error(name, "litmus-process", `processes are numbered from P0 on: this one is P${processes.length}`);
			}
			if (!parsed.function.body) scanner.error(name, "litmus-process", `${name.text} has no body`);
			processes.push({ number, function: parsed.function, pos: token.pos, end: parsed.end });
			scanner.moveTo(parsed.end);
		}
	}

	/** `locations`, `filter` and the condition. */
	private questions(name: string, initial: InitialValue[], processes: Process[]): LitmusTest | undefined {
		const { scanner, text } = this;
		const locations: Place[] = [];
		let filter: Condition | undefined;
		for (;;) {
			if (scanner.eat("locations")) {
				scanner.expect("[", "after `locations`");
				while (scanner.peek().text !== "]" && scanner.peek().kind !== "end") {
					if (scanner.eat(";")) continue;
					const place = parsePlace(scanner);
					if (!place) break;
					locations.push(place);
				}
				scanner.expect("]", "to close `locations`");
			} else if (scanner.eat("filter")) filter = parseCondition(scanner);
			else break;
		}
		const begin = scanner.peek();
		const quantifier = this.quantifier();
		if (!quantifier) return undefined;
		const condition = parseCondition(scanner);
		const end = lastTokenEnd(text, begin.pos, scanner.offset);
		while (scanner.eat(";"));
		const rest = scanner.peek();
		if (rest.kind !== "end" && scanner.errors.length === 0) {
			scanner.error(rest, "unexpected-token", `\`${rest.text}\` has no meaning after the condition`);
		}
		return {
			name,
			text,
			initial,
			processes,
			locations,
			filter,
			quantifier,
			condition,
			conditionText: withoutComments(text.slice(begin.pos, end)),
			conditionRange: { pos: begin.pos, end },
		};
	}

	private quantifier(): Quantifier | undefined {
		const { scanner } = this;
		const token = scanner.peek();
		if (scanner.eat("exists")) return "exists";
		if (scanner.eat("forall")) return "forall";
		if (scanner.eat("~") && scanner.eat("exists")) return "not_exists";
		scanner.error(
			token,
			"litmus-condition",
			"a condition is missing here: `exists (0:r1=1)`, `~exists (…)` or `forall (…)`",
		);
		return undefined;
	}
}

function lastTokenEnd(text: string, from: number, to: number): number {
	const scanner = new Scanner(text, from);
	let end = from;
	while (scanner.peek().pos < to && scanner.peek().kind !== "end") end = scanner.next().end;
	return end;
}

function withoutComments(text: string): string {
	let result = "";
	for (let at = 0; at < text.length; ) {
		const next = skipBlanks(text, at, () => undefined);
		if (next > at) result += " ";
		else result += text.charAt(at);
		at = Math.max(next, at + (next > at ? 0 : 1));
	}
	return result.trim();
}
