/**
 * The part of an execution that the threads' paths fix: its events, program order, dependencies and the orderings that fences
 * and markings give. Fences themselves are no events here: once what they order is known, no cycle needs them.
 *
 * Definitions: tools/memory-model/linux-kernel.{bell,cat} of the Linux kernel, in the revision whose tags are not built
 * into herd7 (variant lkmmv2); relation names follow it.
 */
import { add, addTo, eventSet, isIn, type Relation, relation, type Size, sizeOf } from "./relation.ts";
import { EventKind, firstFenceKind, type Path, type PathEvent } from "./thread.ts";

export interface Skeleton {
	readonly size: Size;
	readonly events: readonly PathEvent[];
	readonly threadOf: Uint8Array;
	/** Index in its path of each event; past its end for unlocks that are still to come. */
	readonly localOf: Uint16Array;
	/** Event of each index of each path; -1 for fences. */
	readonly denseOf: readonly Int16Array[];
	// ---- sets
	readonly memory: Uint32Array;
	readonly reads: Uint32Array;
	readonly writes: Uint32Array;
	readonly marked: Uint32Array;
	readonly plain: Uint32Array;
	readonly hasPlain: boolean;
	/** Reads that smp_rmb() orders. */
	readonly orderedByReadFence: Uint32Array;
	/** Events of the same thread, for each thread. */
	readonly ofThread: readonly Uint32Array[];
	// ---- relations inside threads
	readonly po: Relation;
	readonly address: Relation;
	readonly data: Relation;
	readonly control: Relation;
	readonly strongFence: Relation;
	readonly releaseOrder: Relation;
	readonly nonReadWriteFence: Relation;
	readonly writeFence: Relation;
	readonly readFence: Relation;
	readonly unlockLock: Relation;
	/** What keeps program order whatever is read: see `preservedProgramOrder`. */
	readonly staticOrder: Relation;
	readonly compilerBarrier: Relation;
	/** [Marked] ; rmb with its first read, and not noreturn: for the bounds of plain accesses. */
	readonly readFenceToAny: Relation;
	readonly readFenceFromAny: Relation;
	// ---- lists
	/** Read half and write half, locks included. */
	readonly updates: readonly (readonly [number, number])[];
	/** Marked stores that data flows into, and loads that may see them: whether dependencies can be carried. */
	readonly dataWrites: readonly number[];
	readonly locks: readonly { readonly read: number; readonly write: number }[];
	readonly unlocks: readonly number[];
	/**
	 * For each lock write, and each beginning of an RCU reader, whose thread has more to do and has not ended it yet: the unlock that is to
	 * come. Whoever gets the lock next comes after all that the thread has done so far, and grace periods wait for the reader.
	 */
	readonly unlocksToCome: ReadonlyMap<number, number>;
	readonly readerSections: readonly (readonly [number, number])[];
	readonly gracePeriods: readonly number[];
	readonly sleepableGracePeriods: readonly number[];
	readonly sleepableLocks: readonly number[];
	readonly sleepableUnlocks: readonly number[];
	readonly unmatchedReaderLock: boolean;
	readonly unmatchedReaderUnlock: boolean;
	/** For the lock reads that smp_mb__after_unlock_lock() follows: what stands after that fence. */
	readonly afterUnlockLock: ReadonlyMap<number, Uint32Array>;
	/** What stands before and after each event in program order. */
	readonly before: readonly Uint32Array[];
	readonly after: readonly Uint32Array[];
}

interface LocalEvent {
	readonly event: PathEvent;
	readonly dense: number;
	readonly before: Uint32Array;
	readonly after: Uint32Array;
	/** The read or write of an update that failed. */
	readonly failed: boolean;
}

const readKinds: readonly EventKind[] = [
	EventKind.Read,
	EventKind.LockRead,
	EventKind.SawLocked,
	EventKind.SawUnlocked,
];
const writeKinds: readonly EventKind[] = [EventKind.Write, EventKind.LockWrite, EventKind.Unlock];

/** Program order between events of one path. */
export function isBefore(a: PathEvent, b: PathEvent, aIndex: number): boolean {
	return a.statement < b.statement || (a.statement === b.statement && b.after.includes(aIndex));
}

/** The skeleton of an execution whose threads have gone these paths. */
export function buildSkeleton(paths: readonly Path[]): Skeleton {
	return new Builder(paths).build();
}

class Builder {
	private readonly size: Size;
	private readonly events: PathEvent[] = [];
	private readonly threadOf: number[] = [];
	private readonly localOf: number[] = [];
	private readonly denseOf: Int16Array[] = [];
	private readonly threads: LocalEvent[][] = [];
	private readonly unlocksToCome = new Map<number, number>();
	private readonly sets: Record<"memory" | "reads" | "writes" | "marked" | "plain" | "orderedByReadFence", Uint32Array>;

	constructor(paths: readonly Path[]) {
		const all = paths.map((path) => [...path.events, ...this.unlocksAfter(path)]);
		for (const [thread, events] of all.entries()) {
			const dense = new Int16Array(events.length).fill(-1);
			for (const [index, event] of events.entries()) {
				if (event.kind >= firstFenceKind) continue;
				dense[index] = this.events.length;
				this.events.push(event);
				this.threadOf.push(thread);
				this.localOf.push(index);
			}
			const past = (paths[thread] as Path).events.length;
			for (let index = past; index < events.length; index++) {
				const lock = (events[index] as PathEvent).after[0] as number;
				this.unlocksToCome.set(dense[lock] as number, dense[index] as number);
			}
			this.denseOf.push(dense);
		}
		this.size = sizeOf(this.events.length);
		const set = () => eventSet(this.size);
		this.sets = { memory: set(), reads: set(), writes: set(), marked: set(), plain: set(), orderedByReadFence: set() };
		for (const [thread, events] of all.entries()) this.threads.push(this.localEvents(thread, events));
		for (const [index, event] of this.events.entries()) this.classify(index, event);
	}

	/**
	 * The unlocks, of locks and of RCU readers, that have to come after a path which does not end here; each stands after what
	 * it ends.
	 */
	private unlocksAfter({ events, end }: Path): PathEvent[] {
		if (end.kind === "finished") return [];
		const statement = Number.MAX_SAFE_INTEGER;
		const readers: number[] = [];
		const result = events.flatMap((event, index): PathEvent[] => {
			if (event.kind === EventKind.ReaderLock) readers.push(index);
			if (event.kind === EventKind.ReaderUnlock) readers.pop();
			const isUnlock = ({ kind, address }: PathEvent, at: number) =>
				kind === EventKind.Unlock && address === event.address && at > index;
			if (event.kind !== EventKind.LockWrite || events.some(isUnlock)) return [];
			return [{ ...event, kind: EventKind.Unlock, tag: "release", readHalf: -1, statement, after: [index] }];
		});
		for (const reader of readers.reverse()) {
			const lock = events[reader] as PathEvent;
			result.push({ ...lock, kind: EventKind.ReaderUnlock, statement, after: [reader] });
		}
		return result;
	}

	private localEvents(thread: number, events: readonly PathEvent[]): LocalEvent[] {
		const dense = this.denseOf[thread] as Int16Array;
		const succeeded = new Set(events.map((event) => event.readHalf));
		const local = events.map((event, index) => ({
			event,
			dense: dense[index] as number,
			before: eventSet(this.size),
			after: eventSet(this.size),
			failed: event.atomic && event.kind === EventKind.Read && !succeeded.has(index),
		}));
		for (const [a, first] of local.entries()) {
			for (let b = 0; b < local.length; b++) {
				const second = local[b] as LocalEvent;
				if (!isBefore(first.event, second.event, a)) continue;
				if (second.dense >= 0) addTo(first.after, second.dense);
				if (first.dense >= 0) addTo(second.before, first.dense);
			}
		}
		return local;
	}

	private classify(index: number, event: PathEvent): void {
		const { sets } = this;
		const isRead = readKinds.includes(event.kind);
		const isWrite = writeKinds.includes(event.kind);
		if (isRead) addTo(sets.reads, index);
		if (isWrite) addTo(sets.writes, index);
		if (isRead || isWrite) addTo(sets.memory, index);
		if (isRead && event.tag !== "noreturn") addTo(sets.orderedByReadFence, index);
		const plain = event.tag === "plain" && (event.kind === EventKind.Read || event.kind === EventKind.Write);
		addTo(plain ? sets.plain : sets.marked, index);
	}

	private product(out: Relation, from: Uint32Array, to: Uint32Array, fromIn?: Uint32Array, toIn?: Uint32Array): void {
		const { events, words } = this.size;
		for (let i = 0; i < events; i++) {
			if (!isIn(from, i) || (fromIn && !isIn(fromIn, i))) continue;
			for (let w = 0; w < words; w++) {
				const at = i * words + w;
				out[at] = (out[at] as number) | ((to[w] as number) & (toIn ? (toIn[w] as number) : -1));
			}
		}
	}

	private withSelf(set: Uint32Array, event: number): Uint32Array {
		const result = set.slice();
		addTo(result, event);
		return result;
	}

	private single(event: number): Uint32Array {
		return this.withSelf(eventSet(this.size), event);
	}

	private each(visit: (event: LocalEvent, thread: readonly LocalEvent[]) => void): void {
		for (const thread of this.threads) for (const event of thread) visit(event, thread);
	}

	private isFull({ event, failed }: LocalEvent): boolean {
		return event.kind === EventKind.FullFence || (event.tag === "full" && event.kind <= EventKind.Write && !failed);
	}

	private isAcquire({ event, failed }: LocalEvent): boolean {
		return event.kind === EventKind.LockRead || (event.tag === "acquire" && event.kind === EventKind.Read && !failed);
	}

	private isRelease({ event }: LocalEvent): boolean {
		return event.kind === EventKind.Unlock || (event.tag === "release" && event.kind === EventKind.Write);
	}

	build(): Skeleton {
		const { size, sets } = this;
		const { memory, reads, writes, plain } = sets;
		const po = relation(size);
		this.each((e) => {
			if (e.dense >= 0) this.product(po, this.single(e.dense), e.after);
		});
		const fullFence = this.fullFences();
		const strongFence = fullFence.slice();
		this.each((e) => {
			if (e.event.kind !== EventKind.GracePeriod && e.event.kind !== EventKind.SleepableGracePeriod) return;
			this.product(strongFence, e.before, this.withSelf(e.after, e.dense));
		});
		const releaseOrder = relation(size);
		const acquireOrder = relation(size);
		const writeFence = relation(size);
		const readFence = relation(size);
		const readFenceToAny = relation(size);
		const readFenceFromAny = relation(size);
		this.each((e) => {
			if (this.isRelease(e)) this.product(releaseOrder, e.before, this.single(e.dense), memory);
			if (this.isAcquire(e)) this.product(acquireOrder, this.single(e.dense), e.after, undefined, memory);
			if (e.event.kind === EventKind.WriteFence) this.product(writeFence, e.before, e.after, writes, writes);
			if (e.event.kind !== EventKind.ReadFence) return;
			const { orderedByReadFence } = sets;
			this.product(readFence, e.before, e.after, orderedByReadFence, orderedByReadFence);
			this.product(readFenceToAny, e.before, e.after, orderedByReadFence);
			this.product(readFenceFromAny, e.before, e.after, undefined, orderedByReadFence);
		});
		this.excludeNoReturn(readFenceToAny, readFenceFromAny);
		const nonReadWriteFence = this.unite(strongFence, releaseOrder, acquireOrder);
		const unlockLock = this.unlockLock();
		const { address, data, control } = this.dependencies();
		const staticOrder = this.unite(nonReadWriteFence, writeFence, readFence, unlockLock);
		for (let i = 0; i < size.events; i++) {
			for (let w = 0; w < size.words; w++) {
				const at = i * size.words + w;
				const dep = (address[at] as number) | (data[at] as number);
				const toWrite = (dep | (control[at] as number)) & (writes[w] as number);
				const toRead = (address[at] as number) & (reads[w] as number);
				staticOrder[at] = (staticOrder[at] as number) | toWrite | toRead;
			}
		}
		this.throughPlain(staticOrder, address, plain, writeFence);
		return {
			...this.lists(),
			...sets,
			po,
			address,
			data,
			control,
			strongFence,
			releaseOrder,
			nonReadWriteFence,
			writeFence,
			readFence,
			unlockLock,
			staticOrder,
			readFenceToAny,
			readFenceFromAny,
			compilerBarrier: this.compilerBarrier(),
			hasPlain: plain.some((w) => w !== 0),
		};
	}

	/** addr ; [Plain] ; wmb orders what a plain access would not. */
	private throughPlain(out: Relation, address: Relation, plain: Uint32Array, writeFence: Relation): void {
		const { events, words } = this.size;
		for (let i = 0; i < events; i++) {
			for (let p = 0; p < events; p++) {
				if (!isIn(plain, p) || (((address[i * words + (p >>> 5)] as number) >>> (p & 31)) & 1) === 0) continue;
				for (let w = 0; w < words; w++)
					out[i * words + w] = (out[i * words + w] as number) | (writeFence[p * words + w] as number);
			}
		}
	}

	private excludeNoReturn(...relations: Relation[]): void {
		const { events, words } = this.size;
		for (const [i, event] of this.events.entries()) {
			if (event.tag !== "noreturn" || event.kind !== EventKind.Read) continue;
			for (const r of relations) {
				for (let w = 0; w < words; w++) r[i * words + w] = 0;
				for (let from = 0; from < events; from++) {
					const at = from * words + (i >>> 5);
					r[at] = (r[at] as number) & ~(1 << (i & 31));
				}
			}
		}
	}

	private unite(...relations: Relation[]): Relation {
		const result = relation(this.size);
		for (const r of relations)
			for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) | (r[i] as number);
		return result;
	}

	/** mb of linux-kernel.cat, but for what needs a lock handed over from another thread. */
	private fullFences(): Relation {
		const out = relation(this.size);
		const { memory } = this.sets;
		const product = (from: Uint32Array, to: Uint32Array) => this.product(out, from, to, memory, memory);
		this.each((e, thread) => {
			const { kind } = e.event;
			if (this.isFull(e)) {
				product(e.before, e.after);
				if (kind === EventKind.Read) product(e.before, this.single(e.dense));
				if (kind === EventKind.Write) product(this.single(e.dense), e.after);
			} else if (kind === EventKind.BeforeAtomic) {
				for (const x of thread) {
					if (x.event.atomic && isIn(e.after, x.dense)) product(e.before, this.withSelf(x.after, x.dense));
				}
			} else if (
				kind === EventKind.AfterAtomic ||
				kind === EventKind.AfterSpinlock ||
				kind === EventKind.AfterSleepableUnlock
			) {
				for (const x of thread) {
					if (x.dense < 0 || !isIn(e.before, x.dense)) continue;
					const matches =
						kind === EventKind.AfterAtomic
							? x.event.atomic
							: kind === EventKind.AfterSpinlock
								? x.event.kind === EventKind.LockWrite
								: x.event.kind === EventKind.Write && x.event.tag === "srcu";
					if (matches) product(this.withSelf(x.before, x.dense), e.after);
				}
			} else if (kind === EventKind.AfterUnlockLock) {
				for (const lock of thread) {
					if (lock.event.kind !== EventKind.LockRead || !isIn(e.before, lock.dense)) continue;
					for (const unlock of thread) {
						if (unlock.event.kind === EventKind.Unlock && isIn(lock.before, unlock.dense))
							product(unlock.before, e.after);
					}
				}
			}
		});
		return out;
	}

	/** po-unlock-lock-po inside a thread. */
	private unlockLock(): Relation {
		const out = relation(this.size);
		this.each((unlock, thread) => {
			if (unlock.event.kind !== EventKind.Unlock) return;
			for (const lock of thread) {
				if (lock.event.kind === EventKind.LockRead && isIn(unlock.after, lock.dense))
					this.product(out, unlock.before, lock.after);
			}
		});
		return out;
	}

	/** `barrier` of linux-kernel.cat: what keeps the compiler from merging a plain and a marked access. */
	private compilerBarrier(): Relation {
		const out = relation(this.size);
		const kinds: readonly EventKind[] = [
			EventKind.CompilerFence,
			EventKind.ReadFence,
			EventKind.WriteFence,
			EventKind.GracePeriod,
			EventKind.SleepableGracePeriod,
			EventKind.BeforeAtomic,
			EventKind.AfterAtomic,
			EventKind.ReaderLock,
			EventKind.ReaderUnlock,
		];
		this.each((e) => {
			const { kind, tag } = e.event;
			const acquire = this.isAcquire(e);
			const release = this.isRelease(e);
			const srcu = tag === "srcu" && kind <= EventKind.Write;
			if (kinds.includes(kind) || this.isFull(e) || acquire || release || srcu) this.product(out, e.before, e.after);
			if (release) this.product(out, e.before, this.single(e.dense));
			if (acquire) this.product(out, this.single(e.dense), e.after);
		});
		return out;
	}

	private dependencies(): { address: Relation; data: Relation; control: Relation } {
		const address = relation(this.size);
		const data = relation(this.size);
		const control = relation(this.size);
		for (const [thread, local] of this.threads.entries()) {
			const dense = this.denseOf[thread] as Int16Array;
			for (const { event, dense: to } of local) {
				if (to < 0) continue;
				for (const from of event.addressDependencies) add(address, this.size, dense[from] as number, to);
				for (const from of event.dataDependencies) add(data, this.size, dense[from] as number, to);
				for (const from of event.controlDependencies) add(control, this.size, dense[from] as number, to);
			}
		}
		return { address, data, control };
	}

	private lists() {
		const updates: [number, number][] = [];
		const locks: { read: number; write: number }[] = [];
		const readerSections: [number, number][] = [];
		const afterUnlockLock = new Map<number, Uint32Array>();
		let unmatchedReaderLock = false;
		let unmatchedReaderUnlock = false;
		for (const [thread, local] of this.threads.entries()) {
			const open: number[] = [];
			for (const { event, dense, after } of local) {
				if (event.readHalf >= 0) {
					const read = (this.denseOf[thread] as Int16Array)[event.readHalf] as number;
					updates.push([read, dense]);
					if (event.kind === EventKind.LockWrite) locks.push({ read, write: dense });
				}
				if (event.kind === EventKind.ReaderLock) open.push(dense);
				if (event.kind === EventKind.ReaderUnlock) {
					const begin = open.pop();
					if (begin === undefined) unmatchedReaderUnlock = true;
					else readerSections.push([begin, dense]);
				}
				if (event.kind === EventKind.AfterUnlockLock) {
					for (const lock of local) {
						if (lock.event.kind !== EventKind.LockRead || lock.event.statement >= event.statement) continue;
						const known = afterUnlockLock.get(lock.dense) ?? eventSet(this.size);
						for (let w = 0; w < known.length; w++)
							known[w] = (known[w] as number) | ((after[w] as number) & (this.sets.memory[w] as number));
						afterUnlockLock.set(lock.dense, known);
					}
				}
			}
			if (open.length > 0) unmatchedReaderLock = true;
		}
		const having = (test: (event: PathEvent) => boolean) =>
			this.events.flatMap((event, index) => (test(event) ? [index] : []));
		const flat = this.threads.flat().filter((e) => e.dense >= 0);
		return {
			size: this.size,
			events: this.events,
			threadOf: Uint8Array.from(this.threadOf),
			localOf: Uint16Array.from(this.localOf),
			denseOf: this.denseOf,
			ofThread: this.threads.map((local) => {
				const set = eventSet(this.size);
				for (const { dense } of local) if (dense >= 0) addTo(set, dense);
				return set;
			}),
			updates,
			locks,
			readerSections,
			unmatchedReaderLock,
			unmatchedReaderUnlock,
			afterUnlockLock,
			dataWrites: having((e) => e.kind === EventKind.Write && e.dataDependencies.length > 0),
			unlocks: having((e) => e.kind === EventKind.Unlock),
			gracePeriods: having((e) => e.kind === EventKind.GracePeriod),
			unlocksToCome: this.unlocksToCome,
			sleepableGracePeriods: having((e) => e.kind === EventKind.SleepableGracePeriod),
			sleepableLocks: having((e) => e.kind === EventKind.Read && e.tag === "srcu"),
			sleepableUnlocks: having((e) => e.kind === EventKind.Write && e.tag === "srcu"),
			before: flat.map((e) => e.before),
			after: flat.map((e) => e.after),
		};
	}
}
