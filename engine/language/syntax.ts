/**
 * The tree of a `.mmscn` file. Tokens and trivia cover every byte of the text (`SourceTree.tokens`); nodes carry half-open
 * ranges into it, in UTF-16 code units. Names and types are filled in by the checker (`symbol`, `type`), which owns them.
 *
 * A module is checked once with the modules it includes, so these fields never depend on who includes it.
 */
import type { SymbolInfo, Type } from "./types.ts";

/** Half-open range [pos, end) in UTF-16 code units. */
export interface Range {
	readonly pos: number;
	readonly end: number;
}

export interface Diagnostic extends Range {
	readonly severity: "error" | "warning" | "information";
	/** Stable, kebab-case: "unknown-name". One page of documentation each. */
	readonly code: string;
	readonly message: string;
	/** Other places that explain this one. */
	readonly related?: readonly {
		readonly file: string;
		readonly pos: number;
		readonly end: number;
		readonly message: string;
	}[];
	/** Edits in this file that would mend it, where there is one right way. */
	readonly fix?: {
		readonly title: string;
		readonly edits: readonly { readonly pos: number; readonly end: number; readonly text: string }[];
	};
}

/** A doc comment, as text without its stars, and its tags in order. */
export interface DocComment extends Range {
	/** Everything before the first tag, paragraphs kept. */
	readonly text: string;
	readonly tags: readonly {
		readonly name: string;
		readonly text: string;
		readonly pos: number;
		readonly end: number;
	}[];
}

export interface Identifier extends Range {
	readonly kind: "identifier";
	readonly text: string;
}

// ---------------------------------------------------------------------------------------------------------- types

/**
 * `const struct folio **x[4]` is base `struct folio`, pointers 2, arrays [4]. The type of a later declarator (`*b` in
 * `int a, *b`) has the range of its own stars; its base is that of the first, and lies before it.
 */
export interface TypeName extends Range {
	readonly kind: "type_name";
	readonly base:
		| { readonly kind: "named"; readonly name: Identifier } // void, bool, int, u32, pte_t, spinlock_t …
		| {
				readonly kind: "struct" | "union" | "enum";
				readonly name: Identifier | undefined;
				readonly body?: StructBody | EnumBody;
		  };
	readonly unsigned: boolean;
	readonly pointers: number;
	/** Annotations of kernel C: __rcu, __user, __must_hold(x) …; also those before the type, and after the name of a parameter. */
	readonly annotations: readonly Annotation[];
	type?: Type;
}

export interface Annotation extends Range {
	readonly kind: "annotation";
	readonly name: Identifier;
	readonly arguments: readonly Expression[];
}

export interface StructBody extends Range {
	readonly kind: "struct_body";
	readonly fields: readonly Field[];
}

export interface Field extends Range {
	readonly kind: "field";
	readonly doc: DocComment | undefined;
	readonly typeName: TypeName;
	/** Absent for an anonymous union or struct, whose fields belong to the outer one. */
	readonly name: Identifier | undefined;
	readonly arrayLengths: readonly Expression[];
	readonly annotations: readonly Annotation[];
	symbol?: SymbolInfo;
}

export interface EnumBody extends Range {
	readonly kind: "enum_body";
	readonly enumerators: readonly Enumerator[];
}

export interface Enumerator extends Range {
	readonly kind: "enumerator";
	readonly doc: DocComment | undefined;
	readonly name: Identifier;
	readonly value: Expression | undefined;
	symbol?: SymbolInfo;
}

// ---------------------------------------------------------------------------------------------------- file level

export interface SourceTree extends Range {
	readonly kind: "file";
	readonly text: string;
	readonly items: readonly Item[];
	/** The doc comment of the file itself: the first thing in it, with a blank line after it. */
	readonly doc?: DocComment;
	/** What the parser has to say; names and types are said elsewhere. */
	readonly errors: readonly Diagnostic[];
	readonly tokens: TokenTable;
}

/** Every token and every piece of trivia in order, without gaps: token i covers [start(i), start(i + 1)). */
export interface TokenTable {
	readonly count: number;
	readonly kinds: Uint8Array;
	/** `count + 1` entries; the last is the text's length. */
	readonly starts: Uint32Array;
}

export type Item =
	| IncludeItem
	| DefineItem
	| TypeItem
	| TypedefItem
	| FunctionItem
	| VariableItem
	| ScenarioItem
	| ErrorItem;

/** `#include <mm/filemap.mmscn>` (kernel model) or `#include "other.mmscn"` (next to this file). */
export interface IncludeItem extends Range {
	readonly kind: "include";
	readonly path: string;
	readonly system: boolean;
	readonly pathRange: Range;
}

/** `#define NAME expression`: a constant. */
export interface DefineItem extends Range {
	readonly kind: "define";
	readonly doc: DocComment | undefined;
	readonly name: Identifier;
	readonly value: Expression | undefined;
	symbol?: SymbolInfo;
}

/** `struct x { … };`, `union x { … };`, `enum x { … };` */
export interface TypeItem extends Range {
	readonly kind: "type";
	readonly doc: DocComment | undefined;
	readonly typeName: TypeName;
	symbol?: SymbolInfo;
}

export interface TypedefItem extends Range {
	readonly kind: "typedef";
	readonly doc: DocComment | undefined;
	readonly typeName: TypeName;
	readonly name: Identifier;
	readonly arrayLengths: readonly Expression[];
	symbol?: SymbolInfo;
}

export interface Parameter extends Range {
	readonly kind: "parameter";
	readonly typeName: TypeName;
	readonly name: Identifier | undefined;
	symbol?: SymbolInfo;
}

export interface FunctionItem extends Range {
	readonly kind: "function";
	readonly doc: DocComment | undefined;
	readonly returnType: TypeName;
	readonly name: Identifier;
	readonly parameters: readonly Parameter[];
	readonly annotations: readonly Annotation[];
	/** Marked `inline` (or `__always_inline`): the compiler sees through its call, and may repeat plain loads across it. */
	readonly inline: boolean;
	/** Absent for a prototype: a name of the machine (`builtin`) with its doc comment, or a forward declaration. */
	readonly body: Block | undefined;
	/** Its last parameter is `...`: a builtin whose demands the checker knows. */
	readonly variadic?: boolean;
	symbol?: SymbolInfo;
}

/** An object, at file level or in a scenario; or a local when inside a block. One node for each declarator. */
export interface VariableItem extends Range {
	readonly kind: "variable";
	readonly doc: DocComment | undefined;
	readonly typeName: TypeName;
	readonly name: Identifier;
	readonly arrayLengths: readonly Expression[];
	readonly initializer: Initializer | undefined;
	readonly annotations: readonly Annotation[];
	/**
	 * `percpu`: one copy per thread. `pool`: the objects of this array start unallocated and are handed out by
	 * `__allocate(pool)`; `typesafe_by_rcu` pools hand memory out again at once, and a stale pointer stays readable.
	 */
	readonly storage: "plain" | "percpu" | "pool" | "typesafe_by_rcu_pool";
	symbol?: SymbolInfo;
}

export type Initializer = Expression | InitializerList;

/** `{ .i_count = 1, [2] = 3, 4 }` */
export interface InitializerList extends Range {
	readonly kind: "initializer_list";
	readonly entries: readonly InitializerEntry[];
}

export interface InitializerEntry extends Range {
	readonly kind: "initializer_entry";
	readonly designators: readonly (
		| { readonly kind: "field"; readonly name: Identifier }
		| { readonly kind: "index"; readonly index: Expression }
	)[];
	readonly value: Initializer;
}

export interface ErrorItem extends Range {
	readonly kind: "error";
}

// ------------------------------------------------------------------------------------------------------- scenario

export interface ScenarioItem extends Range {
	readonly kind: "scenario";
	readonly doc: DocComment | undefined;
	readonly name: Identifier;
	readonly members: readonly ScenarioMember[];
	symbol?: SymbolInfo;
}

export type ScenarioMember =
	| KernelVersionMember
	| ParamMember
	| VariableItem
	| InitMember
	| ThreadMember
	| PropertyMember
	| CheckMember
	| ErrorItem;

/** `kernel v6.5;` */
export interface KernelVersionMember extends Range {
	readonly kind: "kernel_version";
	readonly major: number;
	readonly minor: number;
	readonly versionRange: Range;
}

/** `param bool locked;`, `param enum era e;`, `param int n = 1..3;` (a value that a check gives wins; a lone `= 2` is a default). */
export interface ParamMember extends Range {
	readonly kind: "param";
	readonly doc: DocComment | undefined;
	readonly typeName: TypeName;
	readonly name: Identifier;
	readonly low: Expression | undefined;
	readonly high: Expression | undefined;
	symbol?: SymbolInfo;
}

/** `init { … }`: runs alone, before the threads. */
export interface InitMember extends Range {
	readonly kind: "init";
	readonly body: Block;
}

/** `thread name { … }`, `thread name on 1 { … }` (CPU), `thread name if (param) { … }` is not a thing: use a param inside. */
export interface ThreadMember extends Range {
	readonly kind: "thread";
	readonly doc: DocComment | undefined;
	readonly name: Identifier;
	readonly cpu: Expression | undefined;
	readonly body: Block;
	symbol?: SymbolInfo;
}

/** `always (e);`, `finally (e);`, `exists (e);`, `never (e);` over shared objects and `thread.variable`. */
export interface PropertyMember extends Range {
	readonly kind: "property";
	readonly doc: DocComment | undefined;
	readonly property: "always" | "finally" | "exists" | "never";
	readonly condition: Expression;
	/** Source text of the condition, white space folded. */
	readonly text: string;
}

/** `check name (locked = false, n = 2) under lkmm with data_races, leaks expect use_after_free;` */
export interface CheckMember extends Range {
	readonly kind: "check";
	readonly doc: DocComment | undefined;
	readonly name: Identifier;
	readonly arguments: readonly {
		readonly name: Identifier;
		readonly value: Expression;
		readonly pos: number;
		readonly end: number;
		symbol?: SymbolInfo;
	}[];
	readonly memory: Identifier | undefined;
	readonly options: readonly Identifier[];
	/** Empty when the expectation is missing (an error). More than one: any of them meets the expectation. */
	readonly expect: readonly Identifier[];
	symbol?: SymbolInfo;
}

// ----------------------------------------------------------------------------------------------------- statements

export type Statement =
	| Block
	| DeclarationStatement
	| ExpressionStatement
	| IfStatement
	| WhileStatement
	| DoStatement
	| ForStatement
	| SwitchStatement
	| CaseLabel
	| LabelStatement
	| GotoStatement
	| BreakStatement
	| ContinueStatement
	| ReturnStatement
	| AtomicStatement
	| EmptyStatement
	| ErrorStatement;

export interface Block extends Range {
	readonly kind: "block";
	readonly statements: readonly Statement[];
}

/** One statement may declare several variables: `int a, *b = &c;` */
export interface DeclarationStatement extends Range {
	readonly kind: "declaration";
	readonly variables: readonly VariableItem[];
}

export interface ExpressionStatement extends Range {
	readonly kind: "expression";
	readonly expression: Expression;
}

export interface IfStatement extends Range {
	readonly kind: "if";
	readonly condition: Expression;
	readonly then: Statement;
	readonly otherwise: Statement | undefined;
}

export interface WhileStatement extends Range {
	readonly kind: "while";
	readonly condition: Expression;
	readonly body: Statement;
}

export interface DoStatement extends Range {
	readonly kind: "do";
	readonly body: Statement;
	readonly condition: Expression;
}

export interface ForStatement extends Range {
	readonly kind: "for";
	readonly initial: DeclarationStatement | Expression | undefined;
	readonly condition: Expression | undefined;
	readonly update: Expression | undefined;
	readonly body: Statement;
}

/** Labels stand among the statements of the body, as in C. */
export interface SwitchStatement extends Range {
	readonly kind: "switch";
	readonly value: Expression;
	readonly body: Statement;
}

/** `case 1:` or `default:` (value absent); the labelled statement is the next one. */
export interface CaseLabel extends Range {
	readonly kind: "case";
	readonly value: Expression | undefined;
}

/** `unlock:`; the labelled statement is the next one. */
export interface LabelStatement extends Range {
	readonly kind: "label";
	readonly name: Identifier;
	symbol?: SymbolInfo;
}

export interface GotoStatement extends Range {
	readonly kind: "goto";
	readonly label: Identifier;
	symbol?: SymbolInfo;
}

export interface BreakStatement extends Range {
	readonly kind: "break";
}

export interface ContinueStatement extends Range {
	readonly kind: "continue";
}

export interface ReturnStatement extends Range {
	readonly kind: "return";
	readonly value: Expression | undefined;
}

/** `atomic { … }`: one step. */
export interface AtomicStatement extends Range {
	readonly kind: "atomic";
	readonly body: Block;
}

export interface EmptyStatement extends Range {
	readonly kind: "empty";
}

export interface ErrorStatement extends Range {
	readonly kind: "error";
}

// ---------------------------------------------------------------------------------------------------- expressions

export type Expression =
	| NameExpression
	| NumberExpression
	| StringExpression
	| CallExpression
	| MemberExpression
	| IndexExpression
	| UnaryExpression
	| UpdateExpression
	| BinaryExpression
	| AssignmentExpression
	| ConditionalExpression
	| CastExpression
	| CommaExpression
	| ParenthesizedExpression
	| ErrorExpression;

interface ExpressionBase extends Range {
	/** Filled in by the checker; the type of the value (arrays and functions as they are). */
	type?: Type;
	/** Folded value, where the expression is a compile-time constant that does not depend on params or kernel version. */
	constant?: number;
}

export interface NameExpression extends ExpressionBase {
	readonly kind: "name";
	readonly name: Identifier;
	symbol?: SymbolInfo;
}

/** Decimal, hexadecimal, octal, binary, with u/l suffixes; character constants. */
export interface NumberExpression extends ExpressionBase {
	readonly kind: "number";
	readonly value: number;
}

/** Only as an argument (WARN, messages). */
export interface StringExpression extends ExpressionBase {
	readonly kind: "string";
	readonly value: string;
}

/** `f(x)`; the callee is a name in every supported program. */
export interface CallExpression extends ExpressionBase {
	readonly kind: "call";
	readonly callee: Expression;
	/** A type stands as an argument in sizeof-like builtins (`container_of(p, struct inode, i_data)`). */
	readonly arguments: readonly (Expression | TypeName)[];
}

/** `a.b` (`thread.variable` in properties) or `a->b`. */
export interface MemberExpression extends ExpressionBase {
	readonly kind: "member";
	readonly object: Expression;
	readonly arrow: boolean;
	readonly name: Identifier;
	symbol?: SymbolInfo;
}

export interface IndexExpression extends ExpressionBase {
	readonly kind: "index";
	readonly object: Expression;
	readonly index: Expression;
}

export interface UnaryExpression extends ExpressionBase {
	readonly kind: "unary";
	readonly operator: "+" | "-" | "!" | "~" | "*" | "&";
	readonly operand: Expression;
}

/** `++x`, `x--` */
export interface UpdateExpression extends ExpressionBase {
	readonly kind: "update";
	readonly operator: "++" | "--";
	readonly prefix: boolean;
	readonly operand: Expression;
}

export type BinaryOperator =
	| "*"
	| "/"
	| "%"
	| "+"
	| "-"
	| "<<"
	| ">>"
	| "<"
	| ">"
	| "<="
	| ">="
	| "=="
	| "!="
	| "&"
	| "^"
	| "|"
	| "&&"
	| "||";

export interface BinaryExpression extends ExpressionBase {
	readonly kind: "binary";
	readonly operator: BinaryOperator;
	readonly left: Expression;
	readonly right: Expression;
}

export interface AssignmentExpression extends ExpressionBase {
	readonly kind: "assignment";
	readonly operator: "=" | "*=" | "/=" | "%=" | "+=" | "-=" | "<<=" | ">>=" | "&=" | "^=" | "|=";
	readonly target: Expression;
	readonly value: Expression;
}

export interface ConditionalExpression extends ExpressionBase {
	readonly kind: "conditional";
	readonly condition: Expression;
	/** Absent in `a ?: b`. */
	readonly then: Expression | undefined;
	readonly otherwise: Expression;
}

export interface CastExpression extends ExpressionBase {
	readonly kind: "cast";
	readonly typeName: TypeName;
	readonly operand: Expression;
}

export interface CommaExpression extends ExpressionBase {
	readonly kind: "comma";
	readonly left: Expression;
	readonly right: Expression;
}

export interface ParenthesizedExpression extends ExpressionBase {
	readonly kind: "parenthesized";
	readonly operand: Expression;
}

export interface ErrorExpression extends ExpressionBase {
	readonly kind: "error";
}

export type Node =
	| SourceTree
	| Item
	| ScenarioMember
	| Statement
	| Expression
	| TypeName
	| Annotation
	| StructBody
	| Field
	| EnumBody
	| Enumerator
	| Parameter
	| InitializerList
	| InitializerEntry
	| Identifier;
