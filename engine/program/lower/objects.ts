/** Lays out objects in memory: cells, struct instances, pools. Objects of the kernel model only when a program reaches them. */
import type { VariableItem } from "../../language/syntax.ts";
import type { StructType, SymbolInfo, Type } from "../../language/types.ts";
import { nullPageBytes } from "../../memory/layout.ts";
import {
	type Cell,
	type Display,
	type LockClass,
	type ObjectLayout,
	objectAlignment,
	type Pool,
	type StructureInstance,
} from "../program.ts";
import { displayOf } from "./display.ts";
import { isStruct, mixesWordsAndStructs, sizeOf, structLayout } from "./layout.ts";

export interface LaidOut {
	readonly address: number;
	readonly type: Type;
	/** Index of the pool, or -1. */
	readonly pool: number;
	/** For percpu variables: bytes from one CPU's copy to the next. */
	readonly percpuStride: number;
}

const spinning = new Set(["spinlock_t", "raw_spinlock_t", "rwlock_t"]);

export class ObjectBuilder {
	readonly cells: (Cell & { initial: number })[] = [];
	readonly instances: StructureInstance[] = [];
	readonly objects: ObjectLayout[] = [];
	readonly pools: (Pool & { objects: number[] })[] = [];
	readonly structures: string[] = [];
	/** Structs with a union whose members should share memory and do not. */
	readonly unsharedUnions: string[] = [];
	private readonly structureIndex = new Map<StructType, number>();
	private readonly known = new Map<VariableItem, LaidOut>();
	private next = nullPageBytes;
	private readonly cellByAddress = new Map<number, number>();
	private readonly version: { readonly major: number; readonly minor: number };
	private readonly lookup: (name: string) => SymbolInfo | undefined;
	private readonly cpus: number;
	private readonly rankOf: (declaration: SymbolInfo["declaration"]) => number | undefined;

	constructor(
		version: { readonly major: number; readonly minor: number },
		cpus: number,
		lookup: (name: string) => SymbolInfo | undefined,
		rankOf: (declaration: SymbolInfo["declaration"]) => number | undefined,
	) {
		this.version = version;
		this.cpus = cpus;
		this.lookup = lookup;
		this.rankOf = rankOf;
	}

	/** Index of a struct type in `Program.structures`. */
	structure(type: StructType): number {
		const known = this.structureIndex.get(type);
		if (known !== undefined) return known;
		const index = this.structures.push(`${type.kind} ${type.name}`) - 1;
		if (mixesWordsAndStructs(type)) this.unsharedUnions.push(`${type.kind} ${type.name}`);
		this.structureIndex.set(type, index);
		return index;
	}

	/** The memory of a variable; `fresh` says that it was laid out only now and wants its initial values. */
	variable(
		declaration: VariableItem,
		type: Type,
		thread: number,
	): { readonly laidOut: LaidOut; readonly fresh: boolean } {
		const known = this.known.get(declaration);
		if (known) return { laidOut: known, fresh: false };
		const laidOut = this.layOut(declaration, type, thread);
		this.known.set(declaration, laidOut);
		return { laidOut, fresh: true };
	}

	/** Memory of its own for one copy of a thread's local variable whose address is taken, or that is a struct or array. */
	local(declaration: VariableItem, type: Type, thread: number): LaidOut {
		return this.layOut(declaration, type, thread);
	}

	/** Sets the initial value of the word at an address. */
	initialize(address: number, value: number): void {
		const cell = this.cells[this.cellByAddress.get(address) ?? -1];
		if (cell) cell.initial = value;
	}

	private layOut(declaration: VariableItem, type: Type, thread: number): LaidOut {
		const name = declaration.name.text;
		const address = this.next;
		const isPool = declaration.storage === "pool" || declaration.storage === "typesafe_by_rcu_pool";
		const pool = isPool
			? this.pools.push({ name, objects: [], typesafeByRcu: declaration.storage === "typesafe_by_rcu_pool" }) - 1
			: -1;
		const stride = Math.ceil(sizeOf(type) / objectAlignment) * objectAlignment;
		if (declaration.storage === "percpu") {
			for (let cpu = 0; cpu < this.cpus; cpu++)
				this.object(`${name}[cpu${cpu}]`, type, declaration, -1, thread, address + cpu * stride);
			this.next = address + this.cpus * stride;
			return { address, type, pool, percpuStride: stride };
		}
		if (type.kind === "array" && (isPool || isStruct(type.of))) {
			for (let index = 0; index < type.length; index++) {
				this.object(`${name}[${index}]`, type.of, declaration, pool, thread, address + index * sizeOf(type.of));
			}
		} else {
			this.object(name, type, declaration, pool, thread, address);
		}
		this.next = address + stride;
		return { address, type, pool, percpuStride: 0 };
	}

	private object(
		name: string,
		type: Type,
		declaration: VariableItem,
		pool: number,
		thread: number,
		address: number,
	): void {
		const index = this.objects.length;
		this.objects.push({ name, type: typeText(type), address, pool, initiallyLive: pool < 0, thread });
		if (pool >= 0) this.pools[pool]?.objects.push(index);
		this.place(type, address, index, "", {
			kind: "object",
			name: declaration.name.text,
			type,
			file: "",
			declaration,
			doc: declaration.doc,
		});
	}

	private place(type: Type, address: number, object: number, field: string, symbol: SymbolInfo): void {
		if (isStruct(type)) {
			this.instances.push({ address, structure: this.structure(type), object, field });
			const layout = structLayout(type);
			const placed = new Set<number>();
			for (const member of layout.fields) {
				const offset = layout.offsets.get(member.name) ?? 0;
				// Members of a union lie over each other: the first one shows the word, structs all begin there.
				if (placed.has(offset) && !isStruct(member.type)) continue;
				placed.add(offset);
				const path = field === "" ? member.name : `${field}.${member.name}`;
				const inner: SymbolInfo = {
					kind: "field",
					name: member.name,
					type: member.type,
					file: "",
					declaration: member.node,
					doc: member.node.doc,
					owner: type,
				};
				this.place(member.type, address + offset, object, path, inner);
			}
			return;
		}
		if (type.kind === "array") {
			for (let index = 0; index < type.length; index++) {
				this.place(type.of, address + index * sizeOf(type.of), object, `${field}[${index}]`, symbol);
			}
			return;
		}
		this.cellByAddress.set(address, this.cells.length);
		this.cells.push({
			address,
			object,
			field,
			type: typeText(type),
			display: this.display(type, symbol),
			initial: 0,
			...(type.kind === "lock" ? { lock: this.lockClass(type.name, symbol) } : {}),
		});
	}

	private display(type: Type, symbol: SymbolInfo): Display {
		return displayOf(type, symbol.doc, this.version, this.lookup);
	}

	private lockClass(typeName: string, symbol: SymbolInfo): LockClass {
		const name = typeName === "bit_lock" && symbol.owner ? `${symbol.owner.name} lock` : symbol.name;
		return { name, rank: this.rankOf(symbol.declaration), spinning: spinning.has(typeName) };
	}
}

/** A type as a reader would write it. */
export function typeText(type: Type): string {
	switch (type.kind) {
		case "pointer": {
			const to = typeText(type.to);
			return to.endsWith("*") ? `${to}*` : `${to} *`;
		}
		case "array":
			return `${typeText(type.of)}[${type.length}]`;
		case "struct":
		case "union":
		case "enum":
			return `${type.kind} ${type.name}`;
		case "integer":
		case "lock":
			return type.name;
		default:
			return type.kind;
	}
}

/** Whether locks of this type are waited for by spinning. */
export const isSpinning = (typeName: string): boolean => spinning.has(typeName);
