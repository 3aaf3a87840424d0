/** What an execution adds to its skeleton: who reads from whom, and the order of writes. */

/** The communications of an execution, by events of its skeleton. */
export interface Communication {
	/** Write that each read reads from; `fromInitial` or `notYet`. */
	readonly rf: Int16Array;
	/** Location of each event; -1 for those that have none or whose address is not known yet. */
	readonly location: Int16Array;
	/** Writes of each location in coherence order, initial values left out; position 1 is the first. */
	readonly coherence: readonly (readonly number[])[];
	/** Position of each write in its coherence order; 0 for what has none (yet). */
	readonly position: Int16Array;
}

export const fromInitial = -1;
export const notYet = -2;
