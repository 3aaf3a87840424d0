/** An exact set of states: each is stored whole and compared word by word; the hash only says where to look. */

const blockStates = 1 << 14;

export class StateTable {
	readonly words: number;
	private readonly blocks: Int32Array[] = [];
	private slots: Int32Array;
	private mask: number;
	private count = 0;

	/** `words` is the length of every state. */
	constructor(words: number) {
		this.words = words;
		this.slots = new Int32Array(1 << 10);
		this.mask = this.slots.length - 1;
	}

	get size(): number {
		return this.count;
	}

	/** Memory held, in bytes. */
	get bytes(): number {
		return this.blocks.length * blockStates * this.words * 4 + this.slots.length * 4;
	}

	/** The state's number; `~number` when it was there already. */
	add(state: Int32Array): number {
		let slot = hashWords(state, this.words) & this.mask;
		for (;;) {
			const found = (this.slots[slot] as number) - 1;
			if (found < 0) break;
			if (this.equals(found, state)) return ~found;
			slot = (slot + 1) & this.mask;
		}
		const index = this.count++;
		const block = index >>> 14;
		if (block === this.blocks.length) this.blocks.push(new Int32Array(blockStates * this.words));
		(this.blocks[block] as Int32Array).set(state.subarray(0, this.words), (index & (blockStates - 1)) * this.words);
		this.slots[slot] = index + 1;
		if (this.count * 2 > this.slots.length) this.grow();
		return index;
	}

	/** Copies state `index` into `into`. */
	get(index: number, into: Int32Array): void {
		const block = this.blocks[index >>> 14] as Int32Array;
		const from = (index & (blockStates - 1)) * this.words;
		for (let i = 0; i < this.words; i++) into[i] = block[from + i] as number;
	}

	private equals(index: number, state: Int32Array): boolean {
		const block = this.blocks[index >>> 14] as Int32Array;
		const from = (index & (blockStates - 1)) * this.words;
		for (let i = 0; i < this.words; i++) if (block[from + i] !== state[i]) return false;
		return true;
	}

	private grow(): void {
		this.slots = new Int32Array(this.slots.length * 2);
		this.mask = this.slots.length - 1;
		const scratch = new Int32Array(this.words);
		for (let index = 0; index < this.count; index++) {
			this.get(index, scratch);
			let slot = hashWords(scratch, this.words) & this.mask;
			while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
			this.slots[slot] = index + 1;
		}
	}
}

/** Murmur3's mixing over words (Appleby, public domain algorithm). */
export function hashWords(words: Int32Array, length: number): number {
	let hash = 0x9747b28c | 0;
	for (let i = 0; i < length; i++) {
		let word = Math.imul(words[i] as number, 0xcc9e2d51);
		word = (word << 15) | (word >>> 17);
		hash ^= Math.imul(word, 0x1b873593);
		hash = (hash << 13) | (hash >>> 19);
		hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
	}
	hash ^= hash >>> 16;
	hash = Math.imul(hash, 0x85ebca6b);
	hash ^= hash >>> 13;
	hash = Math.imul(hash, 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}

/** A list of numbers that grows without copying objects. */
export class NumberList {
	private values = new Int32Array(1 << 10);
	length = 0;

	push(value: number): number {
		if (this.length === this.values.length) {
			const larger = new Int32Array(this.values.length * 2);
			larger.set(this.values);
			this.values = larger;
		}
		this.values[this.length] = value;
		return this.length++;
	}

	at(index: number): number {
		return this.values[index] as number;
	}

	set(index: number, value: number): void {
		this.values[index] = value;
	}

	get bytes(): number {
		return this.values.length * 4;
	}
}
