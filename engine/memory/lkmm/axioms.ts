/**
 * The axioms of the Linux-kernel memory model, over an execution that may still be growing: every relation here only gains
 * pairs as events, rf and co are added, so an inconsistent execution stays inconsistent and can be dropped at once.
 *
 * Relation names are those of tools/memory-model/linux-kernel.cat and lock.cat; the reasons behind them are in
 * tools/memory-model/Documentation/explanation.txt and in Alglave, Maranget, McKenney, Parri, Stern: "Frightening small
 * children and disconcerting grown-ups: Concurrency in the Linux kernel", ASPLOS 2018.
 */
import { isCoherent } from "./coherence.ts";
import { type Communication, notYet } from "./communication.ts";
import { rcuOrder } from "./rcuOrder.ts";
import {
	add,
	addIdentity,
	close,
	compose,
	eventSet,
	has,
	isIn,
	isReflexiveSomewhere,
	type Relation,
	relation,
	restrict,
	unite,
} from "./relation.ts";
import type { Skeleton } from "./skeleton.ts";

/** The axioms, by the names that linux-kernel.cat gives them; `sc` where sequential consistency is asked for. */
export type Axiom = "coherence" | "atomic" | "happens-before" | "propagation" | "rcu" | "plain-coherence" | "sc";

/** ww-xbstar, wr-xbstar and rw-xbstar with the fences of linux-kernel.cat's last part: what orders plain accesses. */
export interface PlainBounds {
	readonly writeWrite: Relation;
	readonly writeRead: Relation;
	readonly readWrite: Relation;
}

/** Relations of one execution, for its consistency and for what is asked about it afterwards. */
export class Relations {
	readonly skeleton: Skeleton;
	readonly rf: Relation;
	readonly co: Relation;
	readonly fr: Relation;
	readonly rfe: Relation;
	readonly strongFence: Relation;
	readonly cumulFence: Relation;
	readonly cumulFenceStar: Relation;
	readonly propagation: Relation;
	readonly happensBefore: Relation;
	readonly happensBeforeStar: Relation;
	readonly propagatesBefore: Relation;
	readonly propagatesBeforeStar: Relation;
	readonly rcuFence: Relation;
	readonly rcuBefore: Relation;
	/** Address dependencies, those carried through plain or marked accesses of the thread's own included. */
	address: Relation;
	data: Relation;
	rmwSequence: Relation | undefined;
	/** Undefined where there are no plain accesses, or they have not been judged. */
	bounds: PlainBounds | undefined;
	sleepableSections: [number, number][] = [];
	private inferred: Relation | undefined;
	private readonly a: Relation;
	private readonly b: Relation;

	constructor(skeleton: Skeleton) {
		const { size } = skeleton;
		this.skeleton = skeleton;
		this.rf = relation(size);
		this.co = relation(size);
		this.fr = relation(size);
		this.rfe = relation(size);
		this.strongFence = relation(size);
		this.cumulFence = relation(size);
		this.cumulFenceStar = relation(size);
		this.propagation = relation(size);
		this.happensBefore = relation(size);
		this.happensBeforeStar = relation(size);
		this.propagatesBefore = relation(size);
		this.propagatesBeforeStar = relation(size);
		this.rcuFence = relation(size);
		this.rcuBefore = relation(size);
		this.address = skeleton.address;
		this.data = skeleton.data;
		this.a = relation(size);
		this.b = relation(size);
	}

	/**
	 * Takes up an execution and returns the first axiom that it violates, or undefined when it is consistent (plain coherence left out).
	 * `inferred`: what will be in happens-before in every execution that this one becomes.
	 */
	violated(execution: Communication, sequential: boolean, inferred?: Relation): Axiom | undefined {
		this.bounds = undefined;
		this.inferred = inferred;
		if (!isCoherent(this.skeleton, execution)) return "coherence";
		if (!this.communicate(execution)) return "atomic";
		if (sequential && !this.isSequential()) return "sc";
		if (!this.happens()) return "happens-before";
		if (!this.propagates()) return "propagation";
		return this.obeysRcu(execution) ? undefined : "rcu";
	}

	/** rf, co and fr; false when another thread's write stands between the halves of an update. */
	private communicate({ rf, location, coherence, position }: Communication): boolean {
		const { size, reads, threadOf, updates } = this.skeleton;
		this.rf.fill(0);
		this.rfe.fill(0);
		this.co.fill(0);
		this.fr.fill(0);
		for (const order of coherence) {
			for (let i = 0; i < order.length; i++) {
				for (let j = i + 1; j < order.length; j++) add(this.co, size, order[i] as number, order[j] as number);
			}
		}
		for (let read = 0; read < size.events; read++) {
			if (!isIn(reads, read)) continue;
			const source = rf[read] as number;
			if (source === notYet) continue;
			if (source >= 0) {
				add(this.rf, size, source, read);
				if (threadOf[source] !== threadOf[read]) add(this.rfe, size, source, read);
			}
			const order = coherence[location[read] as number];
			if (!order) continue;
			for (let i = source < 0 ? 0 : (position[source] as number); i < order.length; i++)
				add(this.fr, size, read, order[i] as number);
		}
		for (const [read, write] of updates) {
			const source = rf[read] as number;
			if (source === notYet || position[write] === 0) continue;
			const after = source < 0 ? 0 : (position[source] as number);
			if (position[write] !== after + 1) return false;
		}
		return true;
	}

	private isSequential(): boolean {
		const { a } = this;
		a.set(this.skeleton.po);
		unite(a, this.rf);
		unite(a, this.co);
		unite(a, this.fr);
		close(a, this.skeleton.size);
		return !isReflexiveSomewhere(a, this.skeleton.size);
	}

	/** Dependencies that data carries through a write and a read of the same thread: carry-dep of linux-kernel.bell. */
	private carryDependencies(): boolean {
		const { skeleton, rf } = this;
		const { size, threadOf, dataWrites, events } = skeleton;
		this.address = skeleton.address;
		this.data = skeleton.data;
		const carry = relation(size);
		let any = false;
		for (const write of dataWrites) {
			if (events[write]?.tag === "srcu") continue;
			for (let read = 0; read < size.events; read++) {
				if (threadOf[read] !== threadOf[write] || !has(rf, size, write, read)) continue;
				any = true;
				for (let from = 0; from < size.events; from++)
					if (has(skeleton.data, size, from, write)) add(carry, size, from, read);
			}
		}
		if (!any) return false;
		addIdentity(carry, size);
		close(carry, size);
		this.address = relation(size);
		this.data = relation(size);
		compose(this.address, size, carry, skeleton.address);
		compose(this.data, size, carry, skeleton.data);
		const control = this.b;
		control.fill(0);
		compose(control, size, carry, skeleton.control);
		return true;
	}

	/** ppo of linux-kernel.cat, into `out`. */
	private preservedProgramOrder(out: Relation): void {
		const { skeleton, a, b } = this;
		const { size, writes, reads, marked, hasPlain, threadOf } = skeleton;
		out.set(skeleton.staticOrder);
		if (skeleton.dataWrites.length > 0 && this.carryDependencies()) {
			// b holds the carried control dependencies.
			for (let i = 0; i < b.length; i++) {
				const word = i % size.words;
				const dep = (this.address[i] as number) | (this.data[i] as number);
				out[i] =
					(out[i] as number) |
					((dep | (b[i] as number)) & (writes[word] as number)) |
					((this.address[i] as number) & (reads[word] as number));
			}
			if (hasPlain) {
				a.set(this.address);
				restrict(a, size, undefined, skeleton.plain);
				compose(out, size, a, skeleton.writeFence);
			}
		}
		// dep ; [Marked] ; rfi
		for (const write of skeleton.dataWrites) {
			if (!isIn(marked, write)) continue;
			for (let read = 0; read < size.events; read++) {
				if (threadOf[read] !== threadOf[write] || !has(this.rf, size, write, read)) continue;
				for (let from = 0; from < size.events; from++) {
					if (has(this.data, size, from, write) || has(this.address, size, from, write)) add(out, size, from, read);
				}
			}
		}
		this.addressThenInternalRead(out);
		for (let event = 0; event < size.events; event++) {
			const own = skeleton.ofThread[threadOf[event] as number] as Uint32Array;
			for (let w = 0; w < size.words; w++) {
				const at = event * size.words + w;
				out[at] = (out[at] as number) | (((this.co[at] as number) | (this.fr[at] as number)) & (own[w] as number));
			}
		}
	}

	/** addr ; [Marked] ; rfi, for writes that only an address dependency leads to. */
	private addressThenInternalRead(out: Relation): void {
		const { size, marked, threadOf, events, writes } = this.skeleton;
		for (let write = 0; write < size.events; write++) {
			const event = events[write];
			if (!event || event.addressDependencies.length === 0 || event.dataDependencies.length > 0) continue;
			if (!isIn(writes, write) || !isIn(marked, write)) continue;
			for (let read = 0; read < size.events; read++) {
				if (threadOf[read] !== threadOf[write] || !has(this.rf, size, write, read)) continue;
				for (let from = 0; from < size.events; from++)
					if (has(this.address, size, from, write)) add(out, size, from, read);
			}
		}
	}

	private markedOnly(r: Relation): void {
		const { size, marked, hasPlain } = this.skeleton;
		if (hasPlain) restrict(r, size, marked, marked);
	}

	/** Computes hb; false when it has a cycle. */
	private happens(): boolean {
		const {
			skeleton,
			a,
			b,
			propagation,
			happensBefore,
			happensBeforeStar,
			cumulFence,
			cumulFenceStar,
			strongFence,
			rfe,
		} = this;
		const { size, marked, hasPlain, threadOf } = skeleton;
		this.address = skeleton.address;
		this.data = skeleton.data;
		this.preservedProgramOrder(happensBefore);
		unite(happensBefore, rfe);
		strongFence.set(skeleton.strongFence);
		// a: po-unlock-lock-po, with locks handed over between threads
		a.set(skeleton.unlockLock);
		this.handOver(a);
		// cumul-fence
		b.set(strongFence);
		unite(b, skeleton.releaseOrder);
		cumulFence.set(b);
		cumulFenceStar.set(rfe);
		if (hasPlain) restrict(cumulFenceStar, size, undefined, marked);
		compose(cumulFence, size, cumulFenceStar, b);
		unite(cumulFence, skeleton.writeFence);
		unite(cumulFence, a);
		this.markedOnly(cumulFence);
		this.followUpdates(cumulFence);
		cumulFenceStar.set(cumulFence);
		close(cumulFenceStar, size);
		addIdentity(cumulFenceStar, size);
		// prop
		const { words } = size;
		for (let event = 0; event < size.events; event++) {
			const own = skeleton.ofThread[threadOf[event] as number] as Uint32Array;
			for (let w = 0; w < words; w++) {
				const at = event * words + w;
				a[at] = ((this.co[at] as number) | (this.fr[at] as number)) & ~(own[w] as number);
			}
		}
		b.set(cumulFenceStar);
		compose(b, size, a, cumulFenceStar);
		this.markedOnly(b);
		propagation.set(b);
		compose(propagation, size, b, rfe);
		this.markedOnly(propagation);
		// hb
		for (let event = 0; event < size.events; event++) {
			const own = skeleton.ofThread[threadOf[event] as number] as Uint32Array;
			for (let w = 0; w < words; w++) {
				const at = event * words + w;
				let row = (propagation[at] as number) & (own[w] as number);
				if (event >>> 5 === w) row &= ~(1 << (event & 31));
				happensBefore[at] = (happensBefore[at] as number) | row;
			}
		}
		if (this.inferred) unite(happensBefore, this.inferred);
		this.markedOnly(happensBefore);
		happensBeforeStar.set(happensBefore);
		close(happensBeforeStar, size);
		if (isReflexiveSomewhere(happensBeforeStar, size)) return false;
		addIdentity(happensBeforeStar, size);
		return true;
	}

	/** po ; [UL] ; rfe ; [LKR] ; po, into `out`; and smp_mb__after_unlock_lock() behind it, into the strong fences. */
	private handOver(out: Relation): void {
		const { skeleton, rfe, strongFence } = this;
		const { size, locks, memory } = skeleton;
		for (const { read } of locks) {
			for (const unlock of skeleton.unlocks) {
				if (!has(rfe, size, unlock, read)) continue;
				const before = skeleton.before[unlock] as Uint32Array;
				const after = skeleton.after[read] as Uint32Array;
				const fenced = skeleton.afterUnlockLock.get(read);
				for (let event = 0; event < size.events; event++) {
					if (!isIn(before, event)) continue;
					const fence = fenced !== undefined && isIn(memory, event);
					for (let w = 0; w < size.words; w++) {
						const at = event * size.words + w;
						out[at] = (out[at] as number) | (after[w] as number);
						if (fence) strongFence[at] = (strongFence[at] as number) | (fenced[w] as number);
					}
				}
			}
		}
	}

	/** r ; rmw-sequence */
	private followUpdates(r: Relation): void {
		const { size, updates } = this.skeleton;
		this.rmwSequence = undefined;
		let sequence: Relation | undefined;
		for (const [read, write] of updates) {
			for (let source = 0; source < size.events; source++) {
				if (!has(this.rf, size, source, read)) continue;
				sequence ??= relation(size);
				add(sequence, size, source, write);
			}
		}
		if (!sequence) return;
		close(sequence, size);
		this.rmwSequence = sequence;
		const extended = r.slice();
		compose(extended, size, r, sequence);
		r.set(extended);
	}

	/** Computes pb; false when it has a cycle. */
	private propagates(): boolean {
		const { skeleton, a, propagatesBefore, propagatesBeforeStar } = this;
		const { size, marked, hasPlain } = skeleton;
		a.fill(0);
		compose(a, size, this.propagation, this.strongFence);
		propagatesBefore.fill(0);
		compose(propagatesBefore, size, a, this.happensBeforeStar);
		if (hasPlain) restrict(propagatesBefore, size, undefined, marked);
		propagatesBeforeStar.set(propagatesBefore);
		close(propagatesBeforeStar, size);
		if (isReflexiveSomewhere(propagatesBeforeStar, size)) return false;
		addIdentity(propagatesBeforeStar, size);
		return true;
	}

	/** Matches srcu_read_lock() with the srcu_read_unlock() that gets its value: srcu-rscs of linux-kernel.bell. */
	private matchSleepableSections({ location }: Communication): void {
		const { skeleton } = this;
		const { size, sleepableLocks, sleepableUnlocks } = skeleton;
		this.sleepableSections = [];
		if (sleepableLocks.length === 0 || sleepableUnlocks.length === 0) return;
		// The model's own, uncarried data dependencies: carry-srcu-data is defined before they are widened.
		const toWrite = skeleton.data.slice();
		const others = eventSet(size);
		others.fill(-1);
		for (const unlock of sleepableUnlocks)
			others[unlock >>> 5] = (others[unlock >>> 5] as number) & ~(1 << (unlock & 31));
		restrict(toWrite, size, undefined, others);
		const carry = relation(size);
		compose(carry, size, toWrite, this.rf);
		close(carry, size);
		addIdentity(carry, size);
		const match = relation(size);
		compose(match, size, carry, skeleton.data);
		for (const lock of sleepableLocks) {
			for (const unlock of sleepableUnlocks) {
				if (location[lock] === location[unlock] && has(match, size, lock, unlock))
					this.sleepableSections.push([lock, unlock]);
			}
		}
	}

	/** Computes rcu-fence and rb; false when rb is reflexive. */
	private obeysRcu(execution: Communication): boolean {
		const { skeleton, a, b, rcuFence, rcuBefore } = this;
		const { size, gracePeriods, sleepableGracePeriods, readerSections, po, marked, hasPlain } = skeleton;
		rcuFence.fill(0);
		rcuBefore.fill(0);
		this.matchSleepableSections(execution);
		if (gracePeriods.length === 0 && sleepableGracePeriods.length === 0) return true;
		// rcu-link = po? ; hb* ; pb* ; prop ; po
		const link = relation(size);
		a.set(po);
		addIdentity(a, size);
		b.fill(0);
		compose(b, size, a, this.happensBeforeStar);
		a.fill(0);
		compose(a, size, b, this.propagatesBeforeStar);
		b.fill(0);
		compose(b, size, a, this.propagation);
		compose(link, size, b, po);
		const order = rcuOrder(size, link, execution.location, {
			gracePeriods,
			sections: readerSections,
			sleepableGracePeriods,
			sleepableSections: this.sleepableSections,
		});
		// rcu-fence = po ; rcu-order ; po?
		a.fill(0);
		compose(a, size, po, order);
		rcuFence.set(a);
		compose(rcuFence, size, a, po);
		// rb = prop ; rcu-fence ; hb* ; pb* ; [Marked]
		a.fill(0);
		compose(a, size, this.propagation, rcuFence);
		b.fill(0);
		compose(b, size, a, this.happensBeforeStar);
		compose(rcuBefore, size, b, this.propagatesBeforeStar);
		if (hasPlain) restrict(rcuBefore, size, undefined, marked);
		return !isReflexiveSomewhere(rcuBefore, size);
	}
}
