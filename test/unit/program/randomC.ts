/**
 * Random single-threaded C: everything that a thread may compute with, nothing whose order or value C leaves open. The text is
 * C and the scenario language at once; only type names differ.
 */

/** A source of random numbers that gives the same ones for the same seed (mulberry32). */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed | 0;
	}

	/** An integer from 0 to `below` - 1. */
	below(below: number): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
	}

	chance(outOf: number): boolean {
		return this.below(outOf) === 0;
	}

	pick<T>(from: readonly T[]): T {
		return from[this.below(from.length)] as T;
	}
}

/** Names of types that are the same word in both languages. */
const types = ["int", "unsigned int", "u8", "s8", "u16", "s16", "bool", "long", "unsigned long"] as const;

export interface RandomProgram {
	/** Structs and functions. */
	readonly declarations: string;
	/** Variables outside of the thread, one for each line. */
	readonly objects: readonly string[];
	/** The thread's statements. */
	readonly body: string;
	/** Integer expressions over everything that the body changed. */
	readonly results: readonly string[];
}

const structs = (name: string) => `enum ${name}shade { ${name}DARK, ${name}GREY = 5, ${name}LIGHT = -3 };
struct ${name}inner { int a; u8 b; s16 c; int arr[4]; };
struct ${name}outer { int x; struct ${name}inner in; struct ${name}inner ins[2]; unsigned int u; struct ${name}outer *next; union { int w; unsigned int v; }; bool f; };
`;

/** A program; its names begin with `prefix`. */
export function randomProgram(seed: number, prefix: string): RandomProgram {
	return new Generator(seed, prefix).program();
}

class Generator {
	private readonly random: Random;
	private readonly prefix: string;
	/** Integer variables that an expression may read. */
	private scope: string[] = [];
	/** Integer lvalues that a statement may change. */
	private targets: string[] = [];
	/** Variables that only a side effect inside an expression changes, each once in a statement, read by none of its operands. */
	private sideEffects: string[] = [];
	private functions: { name: string; arguments: number }[] = [];
	private fresh = 0;
	private loops = 0;
	private pointers = false;

	constructor(seed: number, prefix: string) {
		this.random = new Random(seed);
		this.prefix = prefix;
	}

	program(): RandomProgram {
		const { prefix, random } = this;
		let declarations = structs(prefix);
		const functions = 1 + random.below(3);
		for (let index = 0; index < functions; index++) declarations += this.function(index);
		const mutator = `${prefix}set`;
		declarations += `static int ${mutator}(int *p, struct ${prefix}outer *o, int by)\n{\n\tif (by > 3)\n\t\treturn *p;\n\t*p += by;\n\to->in.c = *p;\n\to->ins[by & 1].arr[by & 3]++;\n\treturn o->in.c ^ by;\n}\n`;
		const scalars = types.map((type, index) => ({ type, name: `v${index}` }));
		const objects = [
			...scalars.slice(0, 4).map(({ type, name }) => `${type} ${prefix}g${name} = ${random.below(400)}`),
			`struct ${prefix}outer ${prefix}o = { .x = ${this.literal()}, .in = { .b = 300, .arr = { 1, [2] = 3 } }, .in.c = 7, .ins[1].a = 4, .next = &${prefix}o }`,
			`int ${prefix}array[4] = { 1, 2, [3] = 9 }`,
		];
		const globals = scalars.slice(0, 4).map(({ name }) => `${prefix}g${name}`);
		const o = `${prefix}o`;
		let body = "";
		for (const { type, name } of scalars) body += `\t${type} ${name} = ${this.literal()};\n`;
		body += `\tenum ${prefix}shade shade = ${prefix}${random.pick(["DARK", "GREY", "LIGHT"])};\n`;
		body += "\tint arr[4] = { 3, 1 };\n\tint s0 = 0;\n\tint s1 = 1;\n\tint count = 0;\n";
		body += `\tstruct ${prefix}inner local = { .c = 3, .arr = { [1] = 4 } };\n`;
		body += `\tstruct ${prefix}inner *q = &${o}.ins[${random.below(2)}];\n\tstruct ${prefix}outer *op = &${o};\n\tint *p = &arr[${random.below(4)}];\n`;
		const names = [...scalars.map(({ name }) => name), ...globals];
		const places = [
			`${o}.x`,
			`${o}.in.a`,
			`${o}.in.b`,
			`${o}.in.c`,
			`${o}.u`,
			`${o}.w`,
			`${o}.v`,
			`${o}.f`,
			"local.a",
			"local.b",
			"local.c",
			"q->a",
			"q->b",
			"q->c",
			"op->next->in.a",
			"op->in.c",
		];
		this.targets = [...names, ...places, "*p"];
		this.scope = [...names, ...places, "*p", "(int)shade", `${prefix}GREY`, `${prefix}LIGHT`, "count"];
		this.sideEffects = ["s0", "s1"];
		this.pointers = true;
		const statements = 4 + random.below(6);
		for (let index = 0; index < statements; index++) body += this.statement(1, 3);
		const elements = [0, 1, 2, 3].flatMap((index) => [
			`arr[${index}]`,
			`${prefix}array[${index}]`,
			`local.arr[${index}]`,
			`${o}.in.arr[${index}]`,
			`${o}.ins[0].arr[${index}]`,
			`${o}.ins[1].arr[${index}]`,
		]);
		return { declarations, objects, body, results: [...names, ...places, ...elements, "s0", "s1", "count", "p - arr"] };
	}

	/** A function that only computes. */
	private function(index: number): string {
		const { random, prefix } = this;
		const name = `${prefix}f${index}`;
		const parameters = Array.from({ length: 1 + random.below(3) }, (_, at) => `a${at}`);
		const declared = parameters.map((parameter) => `${random.pick(types)} ${parameter}`).join(", ");
		this.scope = [...parameters, "l0", "l1"];
		this.targets = random.chance(2) ? ["l0", "l1"] : [...parameters, "l0", "l1"];
		this.sideEffects = ["s0"];
		this.pointers = false;
		const inline = random.chance(2) ? "inline " : "";
		let text = `static ${inline}${random.pick(types)} ${name}(${declared})\n{\n`;
		text += `\t${random.pick(types)} l0 = ${this.literal()};\n\t${random.pick(types)} l1 = a0;\n\tint s0 = 0;\n\tint count = 0;\n`;
		for (let at = 1 + random.below(3); at > 0; at--) text += this.statement(1, 2);
		if (random.chance(2)) text += `\tif (${this.condition(1)})\n\t\treturn ${this.value()};\n`;
		if (random.chance(3))
			text += `\tfor (int i = 0; i < 3; i++) {\n\t\tif (${this.condition(1)} || i == 2)\n\t\t\treturn ${this.value()};\n\t}\n`;
		text += `\treturn ${this.expression(2)} + s0 + count;\n}\n`;
		this.functions.push({ name, arguments: parameters.length });
		return text;
	}

	private value(): string {
		return this.full(() => this.expression(2));
	}

	/** A full expression; what its side effects change is used once. */
	private full(make: () => string): string {
		const before = this.sideEffects;
		const text = make();
		this.sideEffects = before;
		return text;
	}

	private literal(): string {
		const { random } = this;
		switch (random.below(6)) {
			case 0:
				return String(random.below(10));
			case 1:
				return `-${1 + random.below(300)}`;
			case 2:
				return random.pick([
					"2147483647",
					"(-2147483647 - 1)",
					"0x80000000",
					"0xffffffff",
					"65535",
					"0x7fff",
					"255",
					"128",
				]);
			case 3:
				return `${random.below(100)}u`;
			default:
				return String(random.below(70_000));
		}
	}

	private condition(depth: number): string {
		return this.full(() => this.logical(depth));
	}

	private logical(depth: number): string {
		const { random } = this;
		if (depth > 0 && random.chance(3)) {
			return `(${this.logical(depth - 1)} ${random.pick(["&&", "||"])} ${this.logical(depth - 1)})`;
		}
		if (random.chance(6)) return `!(${this.logical(depth)})`;
		if (random.chance(6)) return `${random.pick(["likely", "unlikely"])}(${this.logical(depth)})`;
		if (random.chance(6)) return this.atom();
		return `${this.expression(depth)} ${random.pick(["<", ">", "<=", ">=", "==", "!="])} ${this.expression(depth)}`;
	}

	private atom(): string {
		const { random } = this;
		const index = () => `${this.scalar()} & 3`;
		if (this.pointers && random.chance(4)) {
			return random.pick([
				`arr[${index()}]`,
				`${this.prefix}array[${index()}]`,
				`local.arr[${index()}]`,
				`q->arr[${index()}]`,
				`${this.prefix}o.ins[${this.scalar()} & 1].arr[${index()}]`,
				`op->ins[${this.scalar()} & 1].c`,
				`*(arr + (${index()}))`,
				"(int)(p - arr)",
				"(int)(&arr[2] - p)",
				`(p == &arr[${random.below(4)}])`,
				"(p < &arr[2])",
				"(q == &op->ins[1])",
				"!q",
			]);
		}
		return random.chance(3) ? this.literal() : this.scalar();
	}

	private scalar(): string {
		return this.random.pick(this.scope);
	}

	private expression(depth: number): string {
		const { random } = this;
		if (depth <= 0) return this.atom();
		const operand = () => this.expression(depth - 1);
		switch (random.below(16)) {
			case 0:
			case 1:
			case 2:
				return `(${operand()} ${random.pick(["+", "-", "*"])} ${operand()})`;
			case 3:
				return `(${operand()} ${random.pick(["&", "|", "^"])} ${operand()})`;
			case 4:
				return `(${operand()} ${random.pick(["/", "%"])} ((${operand()} & 7) + 1))`;
			case 5:
				return `(${operand()} ${random.pick(["/", "%"])} ${random.pick(["3u", "7", "-3", "0x80000000", "255"])})`;
			case 6:
				return `(${operand()} ${random.pick(["<<", ">>"])} (${operand()} & 31))`;
			case 7:
				return `(${operand()} ${random.pick(["<", ">", "<=", ">=", "==", "!="])} ${operand()})`;
			case 8:
				return `${random.pick(["-", "~", "!", "+"])}(${operand()})`;
			case 9:
				return `((${random.pick(types)})${operand()})`;
			case 10:
				return `(${this.logical(1)} ? ${operand()} : ${operand()})`;
			case 11:
				return `(${this.logical(1)})`;
			case 12:
				return this.call(depth);
			case 13: {
				const [target, ...rest] = this.sideEffects;
				if (target === undefined) return this.atom();
				this.sideEffects = rest;
				return random.pick([
					`${target}++`,
					`--${target}`,
					`(${target} = ${operand()})`,
					`(${target} ${random.pick(["+=", "^=", "|=", "-="])} ${operand()})`,
					`(${target}++, ${operand()})`,
				]);
			}
			default:
				return this.atom();
		}
	}

	private call(depth: number): string {
		if (this.functions.length === 0) return this.atom();
		const called = this.random.pick(this.functions);
		const given = Array.from({ length: called.arguments }, () => this.expression(depth - 1));
		return `${called.name}(${given.join(", ")})`;
	}

	private statement(indent: number, depth: number): string {
		const { random } = this;
		const tabs = "\t".repeat(indent);
		const line = (text: string) => `${tabs}${text}\n`;
		const block = (limit: number) => {
			let text = "";
			for (let at = 1 + random.below(limit); at > 0; at--) text += this.statement(indent + 1, depth - 1);
			return text;
		};
		switch (depth <= 0 ? random.below(5) : random.below(15)) {
			case 0:
			case 1:
				return line(`${random.pick(this.targets)} = ${this.value()};`);
			case 2:
				return line(
					`${random.pick(this.targets)} ${random.pick(["+=", "-=", "*=", "&=", "|=", "^="])} ${this.value()};`,
				);
			case 3:
				return line(
					random.chance(2)
						? `${random.pick(this.targets)} ${random.pick(["<<=", ">>="])} ${this.full(() => this.expression(1))} & 31;`
						: `${random.pick(this.targets)} ${random.pick(["/=", "%="])} (${this.full(() => this.expression(1))} & 15) + 1;`,
				);
			case 4:
				return random.chance(2) ? line(this.step()) : this.pointerStatement(line);
			case 5:
			case 6: {
				let text = line(`if (${this.condition(2)}) {`) + block(2);
				if (random.chance(2)) text += line("} else {") + block(2);
				return text + line("}");
			}
			case 7: {
				const counter = `i${this.fresh++}`;
				const head = line(`for (int ${counter} = 0; ${counter} < ${1 + random.below(4)}; ${counter}++) {`);
				return head + this.within(counter, () => block(2)) + this.leave(indent + 1) + line("}");
			}
			case 8: {
				const counter = `i${this.fresh++}`;
				const head = `${line(`int ${counter} = ${1 + random.below(3)};`)}${line(`while (${counter}-- > 0) {`)}`;
				return head + this.within(counter, () => block(2)) + this.leave(indent + 1) + line("}");
			}
			case 9: {
				const counter = `i${this.fresh++}`;
				const head = `${line(`int ${counter} = 0;`)}${line("do {")}`;
				const end = line(`} while (++${counter} < ${1 + random.below(3)});`);
				return head + this.within(counter, () => block(2)) + this.leave(indent + 1) + end;
			}
			case 10:
			case 11:
				return this.switch(indent, depth);
			case 12: {
				const label = `out${this.fresh++}`;
				const tail = `${block(1)}${tabs}${label}:\n${line("\tcount++;")}${line("}")}`;
				return `${line("{")}${block(1)}${line(`\tif (${this.condition(1)})`)}${line(`\t\tgoto ${label};`)}${tail}`;
			}
			case 13: {
				const label = `again${this.fresh++}`;
				const counter = `i${this.fresh++}`;
				return `${line(`int ${counter} = 0;`)}${tabs}${label}:\n${line(`${counter}++;`)}${this.statement(indent, 0)}${line(`if (${counter} < ${2 + random.below(2)})`)}${line(`\tgoto ${label};`)}`;
			}
			default:
				return this.loopDeclarations(indent, line);
		}
	}

	/** Variables that are declared anew in each turn. */
	private loopDeclarations(indent: number, line: (text: string) => string): string {
		if (!this.pointers) return line(this.step());
		const name = `n${this.fresh++}`;
		const counter = `i${this.fresh++}`;
		const inside = "\t".repeat(indent + 1);
		const declared = this.random.pick([
			`struct ${this.prefix}inner ${name} = { .a = ${this.literal()}, .arr[1] = ${counter} };`,
			`struct ${this.prefix}inner ${name} = { 1, 2, 3, { 4, ${counter} } };`,
			`struct ${this.prefix}inner ${name} = { .arr = { [2] = ${counter} }, .b = 300 };`,
		]);
		const use = `count += ${name}.a + ${name}.b + ${name}.c + ${name}.arr[1] + ${name}.arr[2];`;
		const change = `${name}.a = ${name}.arr[1] = ${name}.arr[2] = ${name}.c = ${this.random.below(9)};`;
		return `${line(`for (int ${counter} = 0; ${counter} < 2; ${counter}++) {`)}${inside}${declared}\n${inside}${use}\n${inside}${change}\n${inside}${use}\n${line("}")}`;
	}

	private step(): string {
		const { random } = this;
		const target = random.pick(this.targets).replace(/^\*p$/, "(*p)");
		return random.pick([
			`${target}++;`,
			`--${target};`,
			`++${target};`,
			`${target}--;`,
			`count = ${target}++;`,
			`count += --${target};`,
		]);
	}

	private pointerStatement(line: (text: string) => string): string {
		const { random, prefix } = this;
		if (!this.pointers) return line(this.step());
		return line(
			random.pick([
				`p = &arr[${this.scalar()} & 3];`,
				`p = arr + ${random.below(4)};`,
				"if (p < &arr[3]) p++;",
				"if (p != arr) --p;",
				"if (p - arr < 2) p += 2;",
				"if (p > arr) *p-- = 5;",
				"if (p < arr + 3) count = *p++;",
				`q = &${prefix}o.ins[${this.scalar()} & 1];`,
				`q = ${this.condition(0)} ? &${prefix}o.in : &op->ins[0];`,
				`count = ${prefix}set(&arr[${this.scalar()} & 3], op, ${this.scalar()} & 7);`,
				`${prefix}set(p, &${prefix}o, 2);`,
				`arr[${this.scalar()} & 3] = ${this.value()};`,
				`q->arr[${this.scalar()} & 3] ^= ${this.value()};`,
				`op->ins[${this.scalar()} & 1].arr[${this.scalar()} & 3]++;`,
				`local.arr[${this.scalar()} & 3] -= ${this.value()};`,
				"q = &local;",
				`q = container_of(&q->c, struct ${prefix}inner, c);`,
			]),
		);
	}

	private within(counter: string, body: () => string): string {
		this.scope = [...this.scope, counter];
		this.loops++;
		const text = body();
		this.loops--;
		this.scope = this.scope.filter((name) => name !== counter);
		return text;
	}

	private leave(indent: number): string {
		if (!this.random.chance(2)) return "";
		const tabs = "\t".repeat(indent);
		return `${tabs}if (${this.condition(1)})\n${tabs}\t${this.random.pick(["break", "continue"])};\n${this.statement(indent, 0)}`;
	}

	private switch(indent: number, depth: number): string {
		const { random } = this;
		const tabs = "\t".repeat(indent);
		const value = this.full(() => this.expression(1));
		let text = `${tabs}switch (${random.chance(3) ? value : `${value} & 3`}) {\n`;
		const labels = ["case 0", "case 1", "case 2", "default", "case -1"].sort(() => random.below(3) - 1);
		for (const label of labels.slice(0, 2 + random.below(4))) {
			text += `${tabs}${label}:\n`;
			if (random.chance(4)) continue;
			text += this.statement(indent + 1, depth - 1).replace(/^(\t+)(int i\d+ = \d+;\n)/, "$1;\n$1$2");
			if (this.loops > 0 && random.chance(4)) text += `${tabs}\tif (${this.condition(0)})\n${tabs}\t\tcontinue;\n`;
			if (random.chance(2)) text += `${tabs}\tbreak;\n`;
		}
		return `${text}${tabs}\tcount++;\n${tabs}}\n`;
	}
}
