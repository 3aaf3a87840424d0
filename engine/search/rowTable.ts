/** Exact sets of rows of words, and lists of numbers, in typed arrays that grow piece by piece, so that no insertion takes long. */

/** Rows that are allocated together. */
const blockRowsLog = 10;
const blockRows = 1 << blockRowsLog;
/** Slots that a new piece of the hash table has. */
const slotsFirst = 16;

/**
 * A set of rows of one width, numbered in the order of insertion: each is stored whole and compared word by word; the hash only
 * says where to look. The hash table is in pieces, each of which grows by itself. A slot is two words, the row's number + 1 and its
 * hash, so that neither growing nor passing by another row touches the rows.
 */
export class RowTable {
	readonly width: number;
	private readonly blocks: Int32Array[] = [];
	private readonly pieces: Int32Array[];
	private readonly used: Int32Array;
	private readonly pieceMask: number;
	private slotCount: number;
	private count = 0;

	/** `pieces`: of how many pieces the hash table is, a power of 2. */
	constructor(width: number, pieces: number) {
		this.width = width;
		this.pieces = Array.from({ length: pieces }, () => new Int32Array(slotsFirst * 2));
		this.used = new Int32Array(pieces);
		this.pieceMask = pieces - 1;
		this.slotCount = slotsFirst * pieces;
	}

	get size(): number {
		return this.count;
	}

	/** Memory held, in bytes. */
	get bytes(): number {
		return (this.blocks.length * blockRows * this.width + this.slotCount * 2) * 4;
	}

	/**
	 * The number of the row at `words[from]`; `~number` when it was there already. `near` is the same for equal rows; rows that are
	 * asked for at about the same time do well to have the same one, as their slots are then in the processor's cache. Absent: it
	 * goes by the hash.
	 */
	add(words: Int32Array, from: number, near = -1): number {
		const { width } = this;
		const hash = hashWords(words, from, width);
		const piece = (near < 0 ? hash >>> 24 : near) & this.pieceMask;
		const slots = this.pieces[piece] as Int32Array;
		const mask = slots.length - 2;
		let slot = (hash << 1) & mask;
		for (let found = slots[slot] as number; found !== 0; found = slots[slot] as number) {
			if (slots[slot + 1] === hash) {
				const block = this.blocks[(found - 1) >>> blockRowsLog] as Int32Array;
				let at = ((found - 1) & (blockRows - 1)) * width;
				let word = from;
				const end = from + width;
				while (word < end && block[at] === words[word]) {
					at++;
					word++;
				}
				if (word === end) return ~(found - 1);
			}
			slot = (slot + 2) & mask;
		}
		const index = this.count++;
		slots[slot] = index + 1;
		slots[slot + 1] = hash;
		const used = (this.used[piece] as number) + 1;
		this.used[piece] = used;
		// At most five slots of eight are in use.
		if (used * 16 > slots.length * 5) this.grow(piece);
		if (index >>> blockRowsLog === this.blocks.length) this.blocks.push(new Int32Array(blockRows * width));
		const block = this.blocks[index >>> blockRowsLog] as Int32Array;
		const at = (index & (blockRows - 1)) * width;
		for (let word = 0; word < width; word++) block[at + word] = words[from + word] as number;
		return index;
	}

	/** Copies row `index` to `into[at]`. */
	get(index: number, into: Int32Array, at: number): void {
		const block = this.blocks[index >>> blockRowsLog] as Int32Array;
		const from = (index & (blockRows - 1)) * this.width;
		for (let word = 0; word < this.width; word++) into[at + word] = block[from + word] as number;
	}

	/** Copies row `index` to the same place in two rows of words. */
	getTwice(index: number, one: Int32Array, two: Int32Array, at: number): void {
		const { width } = this;
		const block = this.blocks[index >>> blockRowsLog] as Int32Array;
		const from = (index & (blockRows - 1)) * width;
		for (let word = 0; word < width; word++) {
			const value = block[from + word] as number;
			one[at + word] = value;
			two[at + word] = value;
		}
	}

	private grow(piece: number): void {
		const old = this.pieces[piece] as Int32Array;
		const slots = new Int32Array(old.length * 2);
		this.slotCount += old.length >> 1;
		const mask = slots.length - 2;
		for (let index = 0; index < old.length; index += 2) {
			const row = old[index] as number;
			if (row === 0) continue;
			const hash = old[index + 1] as number;
			let slot = (hash << 1) & mask;
			while (slots[slot] !== 0) slot = (slot + 2) & mask;
			slots[slot] = row;
			slots[slot + 1] = hash;
		}
		this.pieces[piece] = slots;
	}
}

/** Murmur3's mixing over words (Appleby, public domain algorithm). */
export function hashWords(words: Int32Array, from: number, length: number): number {
	let hash = 0x9747b28c | 0;
	for (let i = from; i < from + length; i++) {
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
	return hash ^ (hash >>> 16);
}

const listBlockLog = 14;
const listBlock = 1 << listBlockLog;

/** A list of numbers that grows without copying more than a block. */
export class NumberList {
	private readonly blocks: Int32Array[] = [new Int32Array(64)];
	length = 0;

	push(value: number): number {
		const index = this.length++;
		const at = index & (listBlock - 1);
		let block = this.blocks[index >>> listBlockLog];
		if (!block) {
			block = new Int32Array(listBlock);
			this.blocks.push(block);
		} else if (at >= block.length) {
			// Only the first block starts small.
			const larger = new Int32Array(block.length * 2);
			larger.set(block);
			this.blocks[index >>> listBlockLog] = larger;
			block = larger;
		}
		block[at] = value;
		return index;
	}

	at(index: number): number {
		return (this.blocks[index >>> listBlockLog] as Int32Array)[index & (listBlock - 1)] as number;
	}

	set(index: number, value: number): void {
		(this.blocks[index >>> listBlockLog] as Int32Array)[index & (listBlock - 1)] = value;
	}

	get bytes(): number {
		return ((this.blocks.length - 1) * listBlock + (this.blocks[0] as Int32Array).length) * 4;
	}
}
