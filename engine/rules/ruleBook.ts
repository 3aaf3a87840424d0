/** The rule book: everything that the doc comments of the kernel model say, by symbol, by alias and by rule. */
import type { CType } from "../kernel-c/declarations.ts";
import type { KnownTypes } from "../kernel-c/expressionType.ts";
import type { Annotation, Enumerator, Field, Identifier, Item, SourceTree, TypeName } from "../language/syntax.ts";
import { type Description, describe, type Rule } from "./entry.ts";

export type EntryKind = "function" | "field" | "struct" | "enum" | "enumerator" | "constant" | "typedef" | "object";

/** A symbol of the kernel model. */
export interface Entry extends Description {
	readonly kind: EntryKind;
	readonly name: string;
	/** Struct or union of a field; enum of an enumerator, where it has a name. */
	readonly owner: string | undefined;
	/** File as the model knows itself, and the range of the name in it. */
	readonly file: string;
	readonly pos: number;
	readonly end: number;
	/** The declaration as C, without body and initializer: "struct address_space *folio_mapping(struct folio *folio)". */
	readonly declaration: string;
	/** Type of a field or object, or the type that a function returns. */
	readonly type: CType | undefined;
	/** Value of an enumerator or constant that is a plain number. */
	readonly value: number | undefined;
	/** The constant that gives a lock its place in the hierarchy. */
	readonly lockRank: string | undefined;
}

/** A rule, and the symbols at which it stands; the first is where its text is taken from. */
export interface RuleAt extends Rule {
	readonly entries: readonly Entry[];
}

export interface RuleBook {
	/** In the order of the files, and in each as written. */
	readonly entries: readonly Entry[];
	/** Entries of that name; else entries with it as an alias. Fields too, whatever their struct. */
	lookup(name: string): readonly Entry[];
	/** A field of a struct, or of the struct that has this struct's name as an alias. */
	field(struct: string, name: string): Entry | undefined;
	/** The entry whose name stands there. */
	at(file: string, pos: number): Entry | undefined;
	/** Every rule by id, sorted by letter and number. */
	readonly rules: ReadonlyMap<string, RuleAt>;
	/** The documented lock hierarchy, outer locks first. */
	readonly lockOrder: readonly { readonly constant: Entry; readonly locks: readonly Entry[] }[];
	/** Types for reading kernel C. */
	readonly known: KnownTypes;
}

/** One file of the kernel model. */
export interface ModelFile {
	readonly file: string;
	readonly tree: SourceTree;
}

/** Builds the rule book of the model's files. */
export function buildRuleBook(files: readonly ModelFile[]): RuleBook {
	const entries = files.flatMap((file) => file.tree.items.flatMap((item) => entriesOf(file, item)));
	const byName = grouped(entries, (entry) => [entry.name]);
	const byAlias = grouped(entries, (entry) => entry.aliases.map((alias) => alias.name));
	const lookup = (name: string) => byName.get(name) ?? byAlias.get(name) ?? [];
	const ownField = (struct: string, name: string) =>
		byName.get(name)?.find((entry) => entry.kind === "field" && entry.owner === struct);
	const field = (struct: string, name: string) => {
		const direct = ownField(struct, name);
		if (direct !== undefined) return direct;
		for (const entry of byAlias.get(struct) ?? []) {
			const found = entry.kind === "struct" ? ownField(entry.name, name) : undefined;
			if (found !== undefined) return found;
		}
		return byAlias.get(name)?.find((entry) => entry.kind === "field" && entry.owner === struct);
	};
	return {
		entries,
		lookup,
		field,
		at: (file, pos) => entries.find((entry) => entry.pos === pos && entry.file === file),
		rules: rulesOf(entries),
		lockOrder: lockOrderOf(entries),
		known: {
			field: (struct, name) => field(struct, name)?.type,
			returned: (name) => lookup(name).find((entry) => entry.kind === "function")?.type,
		},
	};
}

function grouped(entries: readonly Entry[], keys: (entry: Entry) => readonly string[]): Map<string, Entry[]> {
	const groups = new Map<string, Entry[]>();
	for (const entry of entries)
		for (const key of keys(entry)) {
			const group = groups.get(key);
			if (group === undefined) groups.set(key, [entry]);
			else group.push(entry);
		}
	return groups;
}

function rulesOf(entries: readonly Entry[]): ReadonlyMap<string, RuleAt> {
	const found = new Map<string, { rule: Rule; entries: Entry[] }>();
	for (const entry of entries)
		for (const rule of entry.rules) {
			const known = found.get(rule.id);
			// The same rule may stand at several symbols; elsewhere it may be only mentioned, without its text.
			if (known === undefined) found.set(rule.id, { rule, entries: [entry] });
			else {
				known.entries.push(entry);
				if (known.rule.statement === "") known.rule = rule;
			}
		}
	return new Map(
		[...found].sort(([a], [b]) => compareIds(a, b)).map(([id, { rule, entries }]) => [id, { ...rule, entries }]),
	);
}

/** "M2" before "M10"; letters in the order M, F, A, P, V, X, then any other. */
export function compareIds(a: string, b: string): number {
	const order = "MFAPVX";
	const place = (id: string) => (order.includes(id[0] ?? "?") ? order.indexOf(id[0] ?? "?") : order.length);
	return place(a) - place(b) || a.localeCompare(b, "en", { numeric: true });
}

function lockOrderOf(entries: readonly Entry[]): RuleBook["lockOrder"] {
	const locks = grouped(entries, (entry) => (entry.lockRank === undefined ? [] : [entry.lockRank]));
	return entries
		.filter((entry) => entry.kind === "constant" && entry.name.startsWith("LOCK_RANK_"))
		.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))
		.map((constant) => ({ constant, locks: locks.get(constant.name) ?? [] }));
}

// ---------------------------------------------------------------------------------------------------- from the tree

function entriesOf(file: ModelFile, item: Item): Entry[] {
	switch (item.kind) {
		case "function": {
			const to = item.body?.pos ?? item.end;
			return [
				entry(file, "function", item.name, item.doc, {
					declaration: text(file, item.returnType.pos, to),
					type: typeOf(item.returnType, 0),
				}),
			];
		}
		case "define":
			return [
				entry(file, "constant", item.name, item.doc, {
					declaration: text(file, item.pos, item.end, item.doc?.end),
					value: item.value?.kind === "number" ? item.value.value : undefined,
				}),
			];
		case "typedef":
			return [
				...bodyEntries(file, item.typeName),
				entry(file, "typedef", item.name, item.doc, {
					declaration: `typedef ${typeText(file, item.typeName)} ${item.name.text}`,
					type: typeOf(item.typeName, 0),
				}),
			];
		case "type":
			return typeEntries(file, item.typeName, item.doc);
		case "variable":
			return [
				entry(file, "object", item.name, item.doc, {
					declaration: text(file, item.typeName.pos, item.initializer?.pos ?? item.end).replace(/\s*=$/, ""),
					type: typeOf(item.typeName, item.arrayLengths.length),
					lockRank: lockRank(item.annotations),
				}),
			];
		default:
			return [];
	}
}

function typeEntries(file: ModelFile, typeName: TypeName, doc: Parameters<typeof describe>[0]): Entry[] {
	const base = typeName.base;
	if (base.kind === "named") return [];
	const kind = base.kind === "enum" ? "enum" : "struct";
	const own =
		base.name === undefined || (base.body === undefined && doc === undefined)
			? []
			: [entry(file, kind, base.name, doc, { declaration: `${base.kind} ${base.name.text}` })];
	return [...own, ...bodyEntries(file, typeName)];
}

function bodyEntries(file: ModelFile, typeName: TypeName, owner?: string): Entry[] {
	const base = typeName.base;
	if (base.kind === "named" || base.body === undefined) return [];
	const name = base.name?.text ?? owner;
	return base.body.kind === "enum_body"
		? enumeratorEntries(file, base.body.enumerators, name)
		: base.body.fields.flatMap((field) => fieldEntries(file, field, name));
}

function fieldEntries(file: ModelFile, field: Field, owner: string | undefined): Entry[] {
	const inner = bodyEntries(file, field.typeName, owner);
	if (field.name === undefined) return inner;
	return [
		entry(file, "field", field.name, field.doc, {
			owner,
			declaration: fieldText(file, field),
			type: typeOf(field.typeName, field.arrayLengths.length),
			lockRank: lockRank(field.annotations),
		}),
		...inner,
	];
}

function enumeratorEntries(file: ModelFile, enumerators: readonly Enumerator[], owner: string | undefined): Entry[] {
	let next: number | undefined = 0;
	return enumerators.map((enumerator) => {
		const value: number | undefined =
			enumerator.value === undefined ? next : enumerator.value.kind === "number" ? enumerator.value.value : undefined;
		next = value === undefined ? undefined : value + 1;
		return entry(file, "enumerator", enumerator.name, enumerator.doc, {
			owner,
			declaration:
				value === undefined ? text(file, enumerator.name.pos, enumerator.end) : `${enumerator.name.text} = ${value}`,
			value,
		});
	});
}

function entry(
	file: ModelFile,
	kind: EntryKind,
	name: Identifier,
	doc: Parameters<typeof describe>[0],
	rest: { declaration: string } & Partial<Pick<Entry, "owner" | "type" | "value" | "lockRank">>,
): Entry {
	const description = describe(doc);
	return {
		...description,
		// The sources that a file names at its head hold for all that names none itself.
		where: description.where.length > 0 ? description.where : describe(file.tree.doc).where,
		owner: undefined,
		type: undefined,
		value: undefined,
		lockRank: undefined,
		...rest,
		kind,
		name: name.text,
		file: file.file,
		pos: name.pos,
		end: name.end,
	};
}

/** Source text with comments left out and white space folded. */
function text(file: ModelFile, pos: number, end: number, after?: number): string {
	return file.tree.text
		.slice(Math.max(pos, after ?? pos), end)
		.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, " ")
		.replace(/\s+/g, " ")
		.replace(/[\s;]+$/, "")
		.trim();
}

function typeText(file: ModelFile, typeName: TypeName): string {
	const base = typeName.base;
	return base.kind !== "named" && base.body !== undefined
		? `${base.kind} ${base.name?.text ?? "{ … }"}`.trim()
		: text(file, typeName.pos, typeName.end);
}

function fieldText(file: ModelFile, field: Field): string {
	const base = field.typeName.base;
	if (base.kind === "named" || base.body === undefined) return text(file, field.typeName.pos, field.end);
	return `${typeText(file, field.typeName)} ${"*".repeat(field.typeName.pointers)}${field.name?.text ?? ""}`;
}

function typeOf(typeName: TypeName, arrays: number): CType {
	const base = typeName.base;
	const pointers = typeName.pointers + arrays;
	if (base.kind === "named") return { base: base.name.text, tag: undefined, pointers };
	return { base: base.name?.text ?? "", tag: base.kind, pointers };
}

function lockRank(annotations: readonly Annotation[]): string | undefined {
	const rank = annotations.find((annotation) => annotation.name.text === "__lock_rank")?.arguments[0];
	return rank?.kind === "name" ? rank.name.text : undefined;
}
