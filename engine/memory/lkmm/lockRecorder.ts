/**
 * Locks on the path of a thread. The model has spinlocks; mutexes and bit locks are taken for such, and a lock that can be held shared is what
 * it is made of: an atomic count of its holders.
 */
import type { Place } from "../../program/program.ts";
import { freed } from "./programMemory.ts";
import { add, type Body, different, ProgramRecorder, same } from "./programRecorder.ts";
import { type LockInstruction, locksOf } from "./programWrites.ts";
import { noLoads, type Recorded, unionOf } from "./recorder.ts";
import { EventKind, type PathEnd, type Tag } from "./thread.ts";

/** Words of a lock that can be held shared: how many hold it so, or this. */
export const heldExclusively = -1;

export abstract class LockRecorder extends ProgramRecorder {
	/** A choice of the path; `follow` goes on along an alternative. */
	protected abstract choice(
		condition: number | undefined,
		alternatives: number,
		follow: (alternative: number, recorder: LockRecorder) => void,
	): PathEnd;

	protected lock(instruction: Body<"lock">): PathEnd | undefined {
		const place = this.place(instruction.lock, instruction.site);
		if (instruction.try === undefined && this.heldIndex(place) >= 0) {
			const detail = `${instruction.lock.text} is taken again by the thread that holds it: it waits for itself`;
			this.fail(instruction.site, { kind: "lock_misuse", detail });
			return { kind: "waiting", on: noLoads };
		}
		if (this.isCounted(instruction)) return this.lockCounted(instruction, place);
		if (instruction.try === undefined) {
			this.takeLock(place);
			this.took(instruction, place);
			this.pc = instruction.next;
			return undefined;
		}
		const register = instruction.try;
		return this.choice(undefined, 2, (taken, recorder) => {
			if (taken === 1) {
				recorder.takeLock(place);
				recorder.took(instruction, place);
				recorder.set(register, recorder.fixed(1));
			} else {
				const event = recorder.access(EventKind.SawLocked, "once", place, {});
				recorder.set(register, { ...recorder.fixed(0), data: [event] });
			}
			recorder.pc = instruction.next;
		});
	}

	/** After a lock was taken: of a bit lock, sets the bit as well. */
	protected took(instruction: Body<"lock">, place: Recorded): void {
		this.mustLive(instruction.lock, place, instruction.site);
		this.setBit(instruction, "acquire", true);
		this.asReader(() => this.held.push({ address: place, spinning: instruction.spinning, shared: instruction.shared }));
	}

	protected unlock(instruction: Body<"unlock">): PathEnd | undefined {
		const place = this.place(instruction.lock, instruction.site);
		this.check(this.holds(place, instruction.shared), instruction.site, () => ({
			kind: "lock_misuse",
			detail: `${instruction.lock.text} is unlocked by a thread that does not hold it`,
		}));
		this.setBit(instruction, "release", false);
		this.counter++;
		if (this.isCounted(instruction)) this.count(place, "release", instruction.shared ? -1 : -heldExclusively);
		else this.access(EventKind.Unlock, "release", place, {});
		const at = this.heldIndex(place);
		this.asReader(() => this.held.splice(at < 0 ? this.held.length - 1 : at, 1));
		this.pc = instruction.next;
		return undefined;
	}

	/** Whether a lock may be held shared somewhere. */
	protected isCounted(instruction: LockInstruction): boolean {
		return locksOf(this.program, instruction).some((address) => this.code.counted.has(address));
	}

	/** Adds to the count of a lock's holders. */
	protected count(place: Recorded, tag: Tag, change: number): void {
		const read = this.read(tag, place, true);
		const term = this.apply(add, this.readResult(read).term, this.constant(change));
		this.write(tag, place, { term, data: [read], control: noLoads }, read);
	}

	protected lockCounted(instruction: Body<"lock">, place: Recorded): PathEnd | undefined {
		const { shared } = instruction;
		const read = this.read("acquire", place, true);
		const old = this.readResult(read);
		const free = shared
			? this.apply(different, old.term, this.constant(heldExclusively))
			: this.apply(same, old.term, this.constant(0));
		const take = (recorder: LockRecorder) => {
			const term = recorder.apply(add, old.term, recorder.constant(shared ? 1 : heldExclusively));
			recorder.write("acquire", place, { term, data: [read], control: noLoads }, read);
			recorder.took(instruction, place);
		};
		if (instruction.try === undefined) {
			this.assume({ ...old, term: free });
			take(this);
			this.pc = instruction.next;
			return undefined;
		}
		const register = instruction.try;
		return this.choice(free, 2, (taken, recorder) => {
			if (taken === 1) take(recorder);
			recorder.set(register, { ...recorder.fixed(taken), data: [read] });
			recorder.pc = instruction.next;
		});
	}

	/**
	 * Sets or clears the bit of a bit lock. To be taken it has to be clear; where it is clear before it is cleared, somebody stored to the
	 * word meanwhile, and the lock was free for anybody.
	 */
	protected setBit(instruction: Body<"lock"> | Body<"unlock">, tag: Tag, on: boolean): void {
		if (!instruction.bit) return;
		this.counter++;
		const word = this.place(instruction.bit.word, instruction.site);
		const bit = this.evaluate(instruction.bit.number, instruction.site);
		const read = this.read(tag, word, true);
		const old = this.readResult(read);
		const isSet = (value: number, nr: number) => (value & (1 << nr)) !== 0;
		if (on) {
			const isClear = this.apply((value, nr) => (isSet(value, nr) ? 0 : 1), old.term, bit.term);
			this.assume({ ...old, term: isClear });
		} else {
			const kept = this.apply((value, nr) => (isSet(value, nr) ? 1 : 0), old.term, bit.term);
			const detail = `${instruction.lock.text} is unlocked, but its bit in ${instruction.bit.word.text} is clear`;
			this.check({ ...old, term: kept }, instruction.site, () => ({ kind: "lock_misuse", detail }));
		}
		const term = this.apply((value, nr) => (on ? value | (1 << nr) : value & ~(1 << nr)), old.term, bit.term);
		this.write(tag, word, { term, data: [read], control: noLoads }, read);
		this.counter++;
	}

	protected heldIndex({ term }: Recorded): number {
		const known = this.known(term);
		return this.held.findIndex(
			({ address }) => address.term === term || (known !== undefined && this.known(address.term) === known),
		);
	}

	/** Whether this thread holds the lock at an address: known at once, or a comparison of addresses. Held exclusively is shared as well. */
	protected holds(place: Recorded, shared: boolean): Recorded {
		const found = this.held[this.heldIndex(place)];
		if (found && (shared || !found.shared)) return this.fixed(1);
		let result = this.fixed(0);
		for (const held of this.held) {
			if (held.shared && !shared) continue;
			const term = this.apply((a, b) => a | b, result.term, this.apply(same, place.term, held.address.term));
			result = { term, data: unionOf(result.data, place.data, held.address.data), control: noLoads };
		}
		return result;
	}

	/** A lock has no value that could tell of its object's end: the lifetime is read inside the critical section instead. */
	protected mustLive(lock: Place, place: Recorded, site: number): void {
		const { memory } = this.code;
		if (!memory.program.threads.some((thread) => thread.instructions.some(({ kind }) => kind === "free"))) return;
		const objectAt = (address: number) => {
			const location = memory.locationAt(address);
			return location === undefined ? -1 : (memory.program.cells[location]?.object ?? -1);
		};
		this.counter++;
		const address = this.apply((at) => memory.lifetimeAddress(Math.max(objectAt(at), 0)), place.term, place.term);
		const read = this.read("once", { term: address, data: place.data, control: noLoads });
		const result = this.readResult(read);
		this.check(
			{ ...result, term: this.apply((lifetime) => (lifetime === freed ? 0 : 1), result.term, result.term) },
			site,
			({ termValue }) => {
				return { kind: "use_after_free", detail: lock.text, object: objectAt(termValue(place.term)) };
			},
		);
	}
}
