/**
 * Types and symbols of the scenario language. All integers are 32-bit words in memory; narrower types only mask on store.
 * `unsigned long` and pointers are one word.
 */
import type {
	CheckMember,
	DefineItem,
	DocComment,
	Enumerator,
	Field,
	FunctionItem,
	LabelStatement,
	Parameter,
	ParamMember,
	ScenarioItem,
	ThreadMember,
	TypedefItem,
	TypeItem,
	VariableItem,
} from "./syntax.ts";

export type Type =
	| { readonly kind: "void" }
	| { readonly kind: "bool" }
	/** `name` as written ("unsigned long", "u8", "gfp_t"); bits is 8, 16 or 32 (64-bit C types are 32 here). */
	| { readonly kind: "integer"; readonly name: string; readonly signed: boolean; readonly bits: 8 | 16 | 32 }
	| { readonly kind: "enum"; readonly name: string }
	| { readonly kind: "pointer"; readonly to: Type; readonly rcu?: boolean }
	| { readonly kind: "array"; readonly of: Type; readonly length: number }
	| StructType
	/** spinlock_t, rwlock_t, struct mutex, struct rw_semaphore, struct bit_lock: opaque, one word, knows its holder. */
	| { readonly kind: "lock"; readonly name: LockTypeName }
	| { readonly kind: "function"; readonly returns: Type; readonly parameters: readonly Type[] }
	/** After an error; agrees with everything, and is silent. */
	| { readonly kind: "unknown" };

export type LockTypeName = "spinlock_t" | "raw_spinlock_t" | "rwlock_t" | "mutex" | "rw_semaphore" | "bit_lock";

/** Struct or union. Nominal: compare by identity. Fields of anonymous members are listed flat in `fields`. */
export interface StructType {
	readonly kind: "struct" | "union";
	readonly name: string;
	/** Filled when the body is seen; undefined while only declared. */
	fields: readonly FieldType[] | undefined;
	symbol?: SymbolInfo;
}

export interface FieldType {
	readonly name: string;
	readonly type: Type;
	readonly node: Field;
	/** Fields with the same number ≥ 0 lie over each other (members of one anonymous union); -1: a place of its own. */
	readonly overlay: number;
}

export type SymbolKind =
	| "object" // file-level or scenario object
	| "local"
	| "parameter" // of a function
	| "param" // of a scenario
	| "field"
	| "function"
	| "builtin" // function of the machine: declared by a prototype in engine/kernel/machine.mmscn
	| "enumerator"
	| "constant" // #define
	| "type" // struct, union, enum, typedef
	| "scenario"
	| "thread"
	| "check"
	| "label";

export interface SymbolInfo {
	readonly kind: SymbolKind;
	readonly name: string;
	readonly type: Type;
	/** File of the declaration, as the module knows itself ("file:///…" or "mmscn-kernel:/mm/filemap.mmscn"). */
	readonly file: string;
	readonly declaration:
		| VariableItem
		| Parameter
		| ParamMember
		| Field
		| FunctionItem
		| Enumerator
		| DefineItem
		| TypeItem
		| TypedefItem
		| ScenarioItem
		| ThreadMember
		| CheckMember
		| LabelStatement;
	readonly doc: DocComment | undefined;
	/** Folded value of an enumerator or constant, when it does not depend on the kernel version. */
	readonly constant?: number;
	/** Struct or union that a field belongs to. */
	readonly owner?: StructType;
}
