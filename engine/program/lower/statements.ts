/** Statements: control flow over labels. */
import type {
	Block,
	CaseLabel,
	Range,
	Statement,
	SwitchStatement,
	Expression as Tree,
	VariableItem,
} from "../../language/syntax.ts";
import type { Type } from "../../language/types.ts";
import type { Label } from "./code.ts";
import { integer, lowerCondition, lowerEffects, lowerExpression, writeLvalue } from "./expressions.ts";
import { binary, constant } from "./fold.ts";
import { listedWords } from "./initial.ts";
import { isStruct, sizeOf, structLayout } from "./layout.ts";
import type { Lvalue, ThreadLowering } from "./thread.ts";

/** A function's or thread's body. */
export function lowerBody(t: ThreadLowering, body: Block): void {
	for (const statement of body.statements) lowerStatement(t, statement);
}

/** Instructions belong to this statement until the next; of `if` and loops only the head is shown. */
function begin(t: ThreadLowering, range: Range): void {
	t.statement = range;
	t.statementFile = t.activation.file;
}

const head = (statement: Range, condition: Range): Range => ({ pos: statement.pos, end: condition.end + 1 });

function lowerStatement(t: ThreadLowering, statement: Statement): void {
	switch (statement.kind) {
		case "block":
			lowerBody(t, statement);
			return;
		case "declaration":
			begin(t, statement);
			for (const variable of statement.variables) lowerDeclaration(t, variable);
			return;
		case "expression":
			begin(t, statement);
			lowerEffects(t, statement.expression);
			return;
		case "if":
			lowerIf(t, statement);
			return;
		case "while":
			lowerWhile(t, statement);
			return;
		case "do":
			lowerDo(t, statement);
			return;
		case "for":
			lowerFor(t, statement);
			return;
		case "switch":
			lowerSwitch(t, statement);
			return;
		case "case":
			throw t.error(statement, "a case label belongs directly into the switch's block");
		case "label":
			t.code.bind(t.label(statement.name.text));
			return;
		case "goto":
			t.code.jump(t.label(statement.label.text));
			return;
		case "break":
			jumpTo(t, t.loops[t.loops.length - 1]?.breakLabel, statement, "break");
			return;
		case "continue":
			jumpTo(t, t.loops.findLast((loop) => loop.continueLabel)?.continueLabel, statement, "continue");
			return;
		case "return":
			begin(t, statement);
			lowerReturn(t, statement.value);
			return;
		case "atomic":
			begin(t, statement);
			t.atomically(statement, () => lowerBody(t, statement.body));
			return;
		case "empty":
			return;
		case "error":
			throw t.error(statement, "this could not be read");
	}
}

function jumpTo(t: ThreadLowering, label: Label | undefined, range: Range, word: string): void {
	if (!label) throw t.error(range, `${word} stands outside of a loop`);
	t.code.jump(label);
}

function lowerReturn(t: ThreadLowering, value: Tree | undefined): void {
	const { returnRegister, returnLabel, returnType } = t.activation;
	if (value) {
		if (returnRegister === undefined) lowerEffects(t, value);
		else
			writeLvalue(
				t,
				{ kind: "register", register: returnRegister, type: returnType },
				lowerExpression(t, value),
				value,
				"plain",
				value.type,
			);
	}
	t.code.jump(returnLabel);
}

function lowerDeclaration(t: ThreadLowering, variable: VariableItem): void {
	const type: Type = variable.symbol?.type ?? variable.typeName.type ?? { kind: "unknown" };
	const binding = t.declare(variable, type);
	if (!variable.initializer) {
		// A declaration in a loop begins a new variable; what it held before is gone.
		if (binding.kind === "register")
			t.emit({ kind: "assign", register: binding.register, value: constant(0) }, variable);
		return;
	}
	if (variable.initializer.kind !== "initializer_list") {
		const value = lowerExpression(t, variable.initializer);
		if (binding.kind === "register") {
			const from = variable.initializer.type;
			writeLvalue(t, { kind: "register", register: binding.register, type }, value, variable, "plain", from);
		} else if (binding.kind === "memory") {
			const place = {
				base: constant(binding.laidOut.address),
				offset: constant(0),
				structure: -1,
				text: variable.name.text,
			};
			writeLvalue(t, { kind: "memory", place, type, private: !binding.shared, rules: [] }, value, variable, "plain");
		}
		return;
	}
	if (binding.kind !== "memory") throw t.error(variable, "a list initializes a struct or an array");
	lowerListInto(t, type, binding.laidOut.address, variable.initializer, !binding.shared, variable.name.text);
}

/** A local struct's or array's initializer: its words as stores, after the others have become zero. */
function lowerListInto(
	t: ThreadLowering,
	type: Type,
	address: number,
	list: Extract<NonNullable<VariableItem["initializer"]>, { kind: "initializer_list" }>,
	isPrivate: boolean,
	text: string,
): void {
	const words = listedWords(t.context, t.activation.file, type, address, list);
	const listed = new Set(words.map((word) => word.address));
	const lvalue = (at: number, of: Type, path: string, hidden: boolean): Lvalue => ({
		kind: "memory",
		place: { base: constant(at), offset: constant(0), structure: -1, text: `${text}${path}` },
		type: of,
		private: hidden,
		rules: [],
	});
	// The object begins here, so that nobody else can see its words become zero.
	for (const at of wordsOf(type, address))
		if (!listed.has(at)) writeLvalue(t, lvalue(at, integer, "", true), constant(0), list, "plain");
	for (const word of words)
		writeLvalue(
			t,
			lvalue(word.address, word.type, word.path, isPrivate),
			lowerExpression(t, word.value),
			word.value,
			"plain",
		);
}

/** Addresses of the words of an object of this type. */
function wordsOf(type: Type, address: number): Set<number> {
	if (type.kind === "array") {
		const elements = Array.from({ length: type.length }, (_, index) => [
			...wordsOf(type.of, address + index * sizeOf(type.of)),
		]);
		return new Set(elements.flat());
	}
	if (!isStruct(type)) return new Set([address]);
	const layout = structLayout(type);
	return new Set(
		layout.fields.flatMap((field) => [...wordsOf(field.type, address + (layout.offsets.get(field.name) ?? 0))]),
	);
}

function lowerIf(t: ThreadLowering, statement: Extract<Statement, { kind: "if" }>): void {
	begin(t, head(statement, statement.condition));
	const then = t.code.newLabel();
	const otherwise = t.code.newLabel();
	const done = t.code.newLabel();
	lowerCondition(t, statement.condition, then, otherwise);
	t.code.bind(then);
	lowerStatement(t, statement.then);
	if (statement.otherwise) {
		t.code.jump(done);
		t.code.bind(otherwise);
		lowerStatement(t, statement.otherwise);
	} else t.code.bind(otherwise);
	t.code.bind(done);
}

function lowerWhile(t: ThreadLowering, statement: Extract<Statement, { kind: "while" }>): void {
	const again = t.code.newLabel();
	const body = t.code.newLabel();
	const done = t.code.newLabel();
	t.code.bind(again);
	begin(t, head(statement, statement.condition));
	lowerCondition(t, statement.condition, body, done);
	t.code.bind(body);
	t.loops.push({ breakLabel: done, continueLabel: again });
	lowerStatement(t, statement.body);
	t.loops.pop();
	t.code.jump(again);
	t.code.bind(done);
}

function lowerDo(t: ThreadLowering, statement: Extract<Statement, { kind: "do" }>): void {
	const body = t.code.newLabel();
	const test = t.code.newLabel();
	const done = t.code.newLabel();
	t.code.bind(body);
	t.loops.push({ breakLabel: done, continueLabel: test });
	lowerStatement(t, statement.body);
	t.loops.pop();
	t.code.bind(test);
	begin(t, { pos: statement.body.end, end: statement.end });
	lowerCondition(t, statement.condition, body, done);
	t.code.bind(done);
}

function lowerFor(t: ThreadLowering, statement: Extract<Statement, { kind: "for" }>): void {
	const again = t.code.newLabel();
	const body = t.code.newLabel();
	const update = t.code.newLabel();
	const done = t.code.newLabel();
	const range = { pos: statement.pos, end: statement.body.pos };
	begin(t, range);
	if (statement.initial?.kind === "declaration")
		for (const variable of statement.initial.variables) lowerDeclaration(t, variable);
	else if (statement.initial) lowerEffects(t, statement.initial);
	t.code.bind(again);
	begin(t, range);
	if (statement.condition) lowerCondition(t, statement.condition, body, done);
	t.code.bind(body);
	t.loops.push({ breakLabel: done, continueLabel: update });
	lowerStatement(t, statement.body);
	t.loops.pop();
	t.code.bind(update);
	begin(t, range);
	if (statement.update) lowerEffects(t, statement.update);
	t.code.jump(again);
	t.code.bind(done);
}

function lowerSwitch(t: ThreadLowering, statement: SwitchStatement): void {
	begin(t, head(statement, statement.value));
	const value = t.stable(
		lowerExpression(t, statement.value),
		statement.value.type ?? { kind: "unknown" },
		statement.value,
	);
	const done = t.code.newLabel();
	const statements = statement.body.kind === "block" ? statement.body.statements : [statement.body];
	const cases = statements.filter((candidate): candidate is CaseLabel => candidate.kind === "case");
	const labels = new Map(cases.map((label) => [label, t.code.newLabel()]));
	let fallback = done;
	for (const label of cases) {
		const target = labels.get(label) as Label;
		if (!label.value) {
			fallback = target;
			continue;
		}
		const next = t.code.newLabel();
		t.branch(binary("equal", value, lowerExpression(t, label.value)), target, next, label);
		t.code.bind(next);
	}
	t.code.jump(fallback);
	t.loops.push({ breakLabel: done, continueLabel: undefined });
	for (const inner of statements) {
		const label = inner.kind === "case" ? labels.get(inner) : undefined;
		if (label) t.code.bind(label);
		else lowerStatement(t, inner);
	}
	t.loops.pop();
	t.code.bind(done);
}
